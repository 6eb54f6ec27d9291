"""Six more systems of other companies: they measure, `foreign` was learned from. No word was ever added for them.

In: nothing. Out: `SYSTEMS`, in the form of `foreign`. Whoever adds words or rules after looking at what is missed
here has to invent new ones.
"""

from __future__ import annotations

from collections.abc import Sequence

from mdm_pipeline_tests.onboarding.foreign import (
    Foreign,
    System,
    amount,
    day,
    de_company,
    en_company,
    fr_company,
    german_vat,
    numbered,
    of,
    referring,
    uscc,
    zh_person,
)

SYSTEMS: Sequence[System] = (
    System(
        "yiyao",
        "CN",
        is_database=True,
        tables=(
            Foreign(
                "医疗机构档案",
                "party",
                {
                    "档案编码": ("key", numbered("H{:04}")),
                    "医院全名": ("names", lambda n: f"上海市第{n}人民医院"),
                    "机构信用代码": ("identifiers", uscc),
                    "总机电话": ("contact_points", lambda n: f"021-{62000000 + n * 17}"),
                    "院办电邮": ("contact_points", numbered("office{}@yiyuan-test.cn")),
                    "坐落地址": ("addresses", lambda n: f"上海市徐汇区漕溪北路{n}号"),
                    "所属省市": ("addresses", of("上海市", "江苏省")),
                    "区域经理": ("owner", of("孙伟", "钱芳")),
                    "回款账期": ("credit", of("30天", "60天")),
                    "末次变更时间": ("updated_at", day("2025-{m:02}-{d:02} 10:00:00")),
                },
            ),
            Foreign(
                "发货开票",
                "invoice",
                {
                    "票据号码": ("invoice_no", numbered("FP{:06}")),
                    "医院档案编码": ("party_ref", referring("H{:04}")),
                    "开具日期": ("invoiced_on", day("2025-{m:02}-{d:02}")),
                    "票面不含税": ("net_amount", amount()),
                    "票面税额": ("tax_amount", amount()),
                    "票面价税合计": ("gross_amount", amount()),
                },
            ),
        ),
    ),
    System(
        "verein",
        "DE",
        is_database=False,
        delimiter=";",
        tables=(
            Foreign(
                "Mitgliederverzeichnis",
                "party",
                {
                    "MitglNr": ("key", numbered("M{:05}")),
                    "Familienname": ("names", lambda n: ("Meier", "Schulz", "Fischer", "Klein", "Wolf")[n % 5]),
                    "Vornamen": ("names", lambda n: ("Anna", "Jonas", "Lena", "Paul", "Marie")[n % 5]),
                    "GebDatum": ("birth_date", day("{d:02}.{m:02}.1978")),
                    "m_w_Geschlecht": ("gender", of("m", "w")),
                    "Wohnanschrift": ("addresses", lambda n: f"Lindenweg {n}"),
                    "PLZ_Wohnort": ("addresses", lambda n: f"{80331 + n}"),
                    "Mobilnr": ("contact_points", lambda n: f"0171 {2345000 + n}"),
                    "eMail_privat": ("contact_points", numbered("mitglied{}@verein-test.de")),
                    "IBAN_Beitragskonto": ("billing|bank_accounts", lambda n: f"DE8937040044053201{n:04}"),
                    "Eintritt": ("", day("{d:02}.{m:02}.2015")),
                },
            ),
        ),
    ),
    System(
        "distri",
        "FR",
        is_database=True,
        tables=(
            Foreign(
                "T_CLI",
                "party",
                {
                    "CLI_CODE": ("key", numbered("{:06}")),
                    "CLI_RAISON_SOC": ("names", fr_company),
                    "CLI_ADR1": ("addresses", lambda n: f"{n} avenue Jean Jaurès"),
                    "CLI_CPOST": ("addresses", lambda n: f"{69001 + n % 9}"),
                    "CLI_VILLE": ("addresses", of("Lyon", "Villeurbanne")),
                    "CLI_TEL_FIXE": ("contact_points", lambda n: f"04 78 {n % 90 + 10} 12 {n % 80 + 10}"),
                    "CLI_EMAIL_COMPTA": ("contact_points", numbered("compta{}@client-test.fr")),
                    "CLI_ENCOURS_MAX": ("credit", amount("{:.0f}")),
                    "CLI_DT_MODIF": ("updated_at", day("2025-{m:02}-{d:02} 11:00:00")),
                },
            ),
            Foreign(
                "T_REGLT",
                "payment",
                {
                    "RGL_NUM": ("payment_no", numbered("R{:05}")),
                    "CLI_CODE": ("party_ref", referring("{:06}")),
                    "RGL_DATE": ("received_on", day("2025-{m:02}-{d:02}")),
                    "RGL_MONTANT": ("amount", amount()),
                    "RGL_DEVISE": ("currency", of("EUR")),
                },
            ),
        ),
    ),
    System(
        "saas",
        "US",
        is_database=True,
        tables=(
            Foreign(
                "tenants",
                "party",
                {
                    "tenant_uuid": ("key", numbered("7f3c-{:08}")),
                    "legalEntityName": ("names", en_company),
                    "dba_name": ("names", lambda n: f"{en_company(n).split()[0]} Group"),
                    "fed_tax_id": ("identifiers", lambda n: f"12-34567{n:02}"),
                    "hq_street": ("addresses", lambda n: f"{n} Market Street"),
                    "hq_city": ("addresses", of("Boston", "Austin")),
                    "hq_state": ("addresses", of("MA", "TX")),
                    "hq_zip5": ("addresses", lambda n: f"{2110 + n:05}"),
                    "main_phone": ("contact_points", lambda n: f"(617) 555-{n + 1000}"),
                    "billing_contact_email": ("contact_points|billing", numbered("ap{}@tenant-test.com")),
                    "web_domain": ("website", numbered("www.tenant{}-test.com")),
                    "vertical": ("industry", of("Retail", "Health")),
                    "csm_owner": ("owner", of("Dana", "Lee")),
                    "last_touched_at": ("updated_at", day("2025-{m:02}-{d:02} 10:00:00")),
                },
            ),
            Foreign(
                "subscription_deals",
                "opportunity",
                {
                    "deal_uuid": ("opportunity_no", numbered("d-{:07}")),
                    "tenant_uuid": ("party_ref", referring("7f3c-{:08}")),
                    "deal_title": ("name", numbered("Renewal {}")),
                    "pipeline_stage": ("stage|stage_code", of("demo", "quote", "won")),
                    "forecast_amt": ("amount", amount()),
                    "target_close_dt": ("close_on", day("2026-{m:02}-{d:02}")),
                },
            ),
        ),
    ),
    System(
        "b1",
        "DE",
        is_database=True,
        tables=(
            Foreign(
                "OCRD",
                "party",
                {
                    "CardCode": ("key", numbered("C{:05}")),
                    "CardName": ("names", de_company),
                    "Phone1": ("contact_points", lambda n: f"+49 40 {3006500 + n}"),
                    "E_Mail": ("contact_points", numbered("kontakt{}@kunde-test.de")),
                    "LicTradNum": ("identifiers", german_vat),
                    "MailAddres": ("addresses", lambda n: f"Gartenstraße {n}"),
                    "MailZipCod": ("addresses", lambda n: f"{50667 + n}"),
                    "MailCity": ("addresses", of("Köln", "Bonn")),
                    "MailCountr": ("country", of("DE")),
                    "CreditLine": ("credit", amount("{:.0f}")),
                    "UpdateDate": ("updated_at", day("2025-{m:02}-{d:02} 00:00:00")),
                },
            ),
            Foreign(
                "ORDR",
                "sales_order",
                {
                    "DocEntry": ("order_no", lambda n: str(5000 + n)),
                    "CardCode": ("party_ref", referring("C{:05}")),
                    "DocDate": ("ordered_on", day("2025-{m:02}-{d:02}")),
                    "DocDueDate": ("requested_on", day("2025-{m:02}-{d:02}")),
                    "DocCur": ("currency", of("EUR")),
                    "DocTotal": ("net_amount", amount()),
                },
            ),
        ),
    ),
    System(
        "huiyuan",
        "CN",
        is_database=False,
        encoding="gb18030",
        tables=(
            Foreign(
                "huiyuan_xinxi",
                "party",
                {
                    "hy_kahao": ("key", lambda n: f"{88000000 + n}"),
                    "hy_xingming": ("names", zh_person),
                    "shouji_haoma": ("contact_points", lambda n: f"138{n * 6661 % 100_000_000:08}"),
                    "sheng_ri": ("birth_date", day("1988-{m:02}-{d:02}")),
                    "xing_bie": ("gender", of("男", "女")),
                    "lianxi_dz": ("addresses", lambda n: f"北京市朝阳区建国路{n}号"),
                    "huiyuan_zt": ("status", of("正常", "冻结")),
                    "zhuce_qudao": ("channel", of("小程序", "门店")),
                    "gengxin_shijian": ("updated_at", day("2025-{m:02}-{d:02} 09:00:00")),
                    "jifen": ("", amount("{:.0f}")),
                },
            ),
            Foreign(
                "xiaofei_dingdan",
                "sales_order",
                {
                    "dingdan_hao": ("order_no", numbered("XF{:06}")),
                    "hy_kahao": ("party_ref", lambda n: f"{88000001 + n % 20}"),
                    "xiadan_rq": ("ordered_on", day("2025-{m:02}-{d:02}")),
                    "shifu_je": ("net_amount", amount()),
                    "dingdan_zt": ("status", of("已完成", "退款")),
                },
            ),
        ),
    ),
)
