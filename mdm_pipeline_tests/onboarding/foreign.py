"""Six small systems of other companies, each in its own language and manner, and what their columns really are.

In: nothing. Out: `SYSTEMS`: tables with rows, and per column the field of the mapping that it belongs in ("" where the
canonical model has no place for it). Does not belong here: how well they are understood (`test_accuracy`).
"""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROWS = 40
Cell = Callable[[int], str | None]


@dataclass(frozen=True)
class Foreign:
    """A table of another company.

    Args:
        name: as it is called there.
        kind: what it is.
        columns: name to (field that it belongs in, value of the n-th row).
    """

    name: str
    kind: str
    columns: dict[str, tuple[str, Cell]]

    @property
    def rows(self) -> list[list[str | None]]:
        """Its rows."""
        return [[cell(number) for _, cell in self.columns.values()] for number in range(1, ROWS + 1)]


@dataclass(frozen=True)
class System:
    """A system of another company, and whether it is a database or a folder of CSV files."""

    name: str
    country: str
    is_database: bool
    tables: tuple[Foreign, ...]
    encoding: str = "utf-8"
    delimiter: str = ","

    def create(self, folder: Path) -> Path:
        """Write it; the database file or the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        if not self.is_database:
            for table in self.tables:
                with (folder / f"{table.name}.csv").open("w", encoding=self.encoding, newline="") as stream:
                    writer = csv.writer(stream, delimiter=self.delimiter)
                    writer.writerow(list(table.columns))
                    writer.writerows([["" if cell is None else cell for cell in row] for row in table.rows])
            return folder
        path = folder / f"{self.name}.db"
        con = sqlite3.connect(path)
        for table in self.tables:
            columns = ", ".join(f'"{column}" text' for column in table.columns)
            con.execute(f'create table "{table.name}" ({columns})')
            marks = ", ".join("?" * len(table.columns))
            con.executemany(f'insert into "{table.name}" values ({marks})', table.rows)  # noqa: S608
        con.commit()
        con.close()
        return path


def of(*values: str | None) -> Cell:
    """The values in turn."""
    return lambda number: values[number % len(values)]


def numbered(form: str) -> Cell:
    """A text with the row's number in it."""
    return lambda number: form.format(number)


def referring(form: str) -> Cell:
    """The key of another table's row."""
    return lambda number: form.format(number % 20 + 1)


def amount(form: str = "{:.2f}") -> Cell:
    """Amounts with cents."""
    return lambda number: form.format(number * 137.35 + 12.5)


def day(form: str) -> Cell:
    """Days of 2025: `{d}`, `{m}`."""
    return lambda number: form.format(d=number % 28 + 1, m=number % 12 + 1)


def uscc(number: int) -> str:
    """A unified social credit code with the right check character."""
    letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    body = f"91310115{'MA1K'}{number:05}"
    weights = [3**place % 31 for place in range(17)]
    total = sum(letters.index(letter) * weight for letter, weight in zip(body, weights, strict=True))
    return body + letters[(31 - total % 31) % 31]


def german_vat(number: int) -> str:
    """A German VAT number with the right check digit."""
    body = f"{12345000 + number:08}"
    product = 10
    for digit in body:
        total = (int(digit) + product) % 10 or 10
        product = 2 * total % 11
    return f"DE{body}{(11 - product) % 10}"


def french_vat(number: int) -> str:
    """A French VAT number on a valid SIREN."""
    for siren in range(732_829_000 + number * 100, 732_829_000 + number * 100 + 100):
        digits = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(str(siren))]
        if sum(digit - 9 if digit > 9 else digit for digit in digits) % 10 == 0:
            return f"FR{(12 + 3 * (siren % 97)) % 97:02}{siren}"
    raise AssertionError("every hundred numbers hold ten valid ones")


_ZH_WORDS = ("华兴", "瑞丰", "金鼎", "东方", "宏达", "天成", "永泰", "新宇", "海纳", "博远")
_ZH_TRADES = ("机械", "电子", "贸易", "科技", "物流")
_DE_NAMES = ("Müller", "Schmidt", "Weber", "Wagner", "Becker", "Hoffmann", "Schäfer", "Koch", "Bauer", "Richter")
_FR_NAMES = ("Dupont", "Durand", "Lefèvre", "Moreau", "Laurent", "Simon", "Michel", "Garcia", "Roux", "Fournier")
_EN_NAMES = ("Harrison", "Walker", "Thompson", "Bennett", "Collins", "Parker", "Hughes", "Foster", "Morgan", "Bailey")


def zh_company(number: int) -> str:
    """A Chinese company."""
    return f"上海{_ZH_WORDS[number % 10]}{_ZH_TRADES[number // 10 % 5]}有限公司"


def zh_person(number: int) -> str:
    """A Chinese person."""
    return "王李张刘陈杨赵黄周吴"[number % 10] + ("建国", "丽华", "志强", "晓明", "秀英")[number // 10 % 5]


def de_company(number: int) -> str:
    """A German company."""
    return f"{_DE_NAMES[number % 10]} {('Maschinenbau', 'Elektro', 'Logistik', 'Handel')[number // 10 % 4]} GmbH"


def fr_company(number: int) -> str:
    """A French company."""
    return f"{_FR_NAMES[number % 10]} {('Industrie', 'Distribution', 'Conseil', 'Transports')[number // 10 % 4]} SARL"


def en_company(number: int) -> str:
    """An English company."""
    return f"{_EN_NAMES[number % 10]} {('Tools', 'Freight', 'Components', 'Foods')[number // 10 % 4]} Ltd"


_CN_PHONE: Cell = lambda number: f"139{number * 7919 % 100_000_000:08}"  # noqa: E731
_CN_FIXED: Cell = lambda number: f"021-{58000000 + number * 371}"  # noqa: E731
_DE_PHONE: Cell = lambda number: f"+49 30 {9018200 + number * 7}"  # noqa: E731
_FR_PHONE: Cell = lambda number: f"01 42 68 {number % 90 + 10} {number * 3 % 90 + 10}"  # noqa: E731
_UK_PHONE: Cell = lambda number: f"+44 20 7946 0{number % 900 + 100}"  # noqa: E731
_ZH_ADDRESS: Cell = lambda number: f"上海市浦东新区张江路{number * 3}号{number % 9 + 1}幢{number}室"  # noqa: E731

CHINESE = System(
    "huadong",
    "CN",
    is_database=True,
    tables=(
        Foreign(
            "t_往来客户",
            "party",
            {
                "内部码": ("key", numbered("K{:05}")),
                "客户单位全称": ("names", zh_company),
                "客户税务识别号": ("identifiers", uscc),
                "办公座机": ("contact_points", _CN_FIXED),
                "采购人手机号": ("contact_points", _CN_PHONE),
                "对方邮箱": ("contact_points", numbered("buyer{}@huaxing-test.cn")),
                "厂址": ("addresses", _ZH_ADDRESS),
                "开户支行": ("billing|bank_accounts", of("工商银行张江支行", "建设银行陆家嘴支行", "中国银行浦东分行")),
                "对公账号": ("billing|bank_accounts", lambda n: f"622202{n * 7919 % 10**10:010}"),
                "跟单业务员": ("owner", of("孙伟", "钱芳", "郑洁")),
                "赊销信用额度": ("credit", amount("{:.0f}")),
                "最近修改时间": ("updated_at", day("2025-{m:02}-{d:02} 10:20:30")),
                "打印次数": ("", of("1", "2", "3")),
            },
        ),
        Foreign(
            "t_销售订货单",
            "sales_order",
            {
                "订货单编号": ("order_no", numbered("SO2025{:04}")),
                "客户内部码": ("party_ref", referring("K{:05}")),
                "订货日": ("ordered_on", day("2025-{m:02}-{d:02}")),
                "结算币种": ("currency", of("CNY", "USD")),
                "不含税总金额": ("net_amount", amount()),
                "单据状态": ("status", of("已审核", "未审核", "关闭")),
            },
        ),
    ),
)

GERMAN = System(
    "werkstatt",
    "DE",
    is_database=False,
    encoding="cp1252",
    delimiter=";",
    tables=(
        Foreign(
            "Kundenliste",
            "party",
            {
                "Kd-Nr.": ("key", lambda n: str(10000 + n)),
                "Firmenname_Kunde": ("names", de_company),
                "Strasse_HausNr": ("addresses", lambda n: f"Hauptstraße {n}"),
                "PLZ_Firma": ("addresses", lambda n: f"{10115 + n * 13}"),
                "Ort_Firma": ("addresses", of("Berlin", "Hamburg", "München", "Köln")),
                "Telefon_Zentrale": ("contact_points", _DE_PHONE),
                "Mailadr_Einkauf": ("contact_points", lambda n: f"einkauf{n}@firma{n}-test.de"),
                "USt-Ident": ("identifiers", german_vat),
                "Branchenschlüssel": ("industry", of("Maschinenbau", "Handel", "Chemie")),
                "Kundenbetreuer/in": ("owner", of("K. Vogel", "S. Lang")),
                "Zahlungsziel_Tage": ("credit", of("14", "30", "60")),
                "Letzte_Aenderung_am": ("updated_at", day("{d:02}.{m:02}.2025 08:15:00")),
                "Lieferhinweis": ("", of("Rampe 2", "Tor 5", None)),
            },
        ),
        Foreign(
            "Ausgangsrechnungen",
            "invoice",
            {
                "Rechnungsnr": ("invoice_no", numbered("RE-{:05}")),
                "Kunde": ("party_ref", lambda n: str(10001 + n % 20)),
                "Rech_Datum": ("invoiced_on", day("{d:02}.{m:02}.2025")),
                "Faellig": ("due_on", day("{d:02}.{m:02}.2025")),
                "Betrag_netto": ("net_amount", lambda n: f"{n * 137.35:.2f}".replace(".", ",")),
                "MwSt_Betrag": ("tax_amount", lambda n: f"{n * 26.1:.2f}".replace(".", ",")),
                "Betrag_brutto": ("gross_amount", lambda n: f"{n * 163.45:.2f}".replace(".", ",")),
                "Währung": ("currency", of("EUR")),
            },
        ),
    ),
)

FRENCH = System(
    "atelier",
    "FR",
    is_database=True,
    tables=(
        Foreign(
            "fiches_clients",
            "party",
            {
                "CodeTiers": ("key", numbered("CL{:04}")),
                "RaisonSocialeTiers": ("names", fr_company),
                "NoTvaIntra": ("identifiers", french_vat),
                "AdresseRue": ("addresses", lambda n: f"{n} rue de la République"),
                "CPostal": ("addresses", lambda n: f"{75001 + n % 20}"),
                "VilleFact": ("addresses", of("Paris", "Lyon", "Lille")),
                "TelBureau": ("contact_points", _FR_PHONE),
                "CourrielContact": ("contact_points", lambda n: f"achat{n}@societe{n}-test.fr"),
                "SiteInternetClient": ("website", lambda n: f"www.societe{n}-test.fr"),
                "CommercialAttitre": ("owner", of("J. Petit", "A. Blanc")),
                "DateDerniereMaj": ("updated_at", day("2025-{m:02}-{d:02} 09:00:00")),
                "Observ": ("", of("Livrer le matin", None)),
            },
        ),
        Foreign(
            "entetes_commandes",
            "sales_order",
            {
                "NumCommandeClient": ("order_no", numbered("CMD{:05}")),
                "CodeTiers": ("party_ref", referring("CL{:04}")),
                "DateCde": ("ordered_on", day("{d:02}/{m:02}/2025")),
                "MontantHTCde": ("net_amount", amount()),
                "Devise": ("currency", of("EUR")),
            },
        ),
    ),
)

ENGLISH = System(
    "loyalty",
    "GB",
    is_database=False,
    tables=(
        Foreign(
            "crm_shoppers_20250930",
            "party",
            {
                "shopperRef": ("key", numbered("S-{:06}")),
                "forenames": ("names", of("John", "Mary", "Peter", "Alice", "Robert", "Susan")),
                "surname_txt": ("names", lambda n: _EN_NAMES[n % 10]),
                "primaryEmailAddr": ("contact_points", lambda n: f"shopper{n}@mail-test.com"),
                "cellNo": ("contact_points", _UK_PHONE),
                "addrLine1": ("addresses", lambda n: f"{n} High Street"),
                "postTown": ("addresses", of("London", "Leeds", "Bath")),
                "zipOrPostcode": ("addresses", lambda n: f"SW1A {n % 9}AA"),
                "countryIso": ("country", of("GB")),
                "dateOfBirth": ("birth_date", day("1980-{m:02}-{d:02}")),
                "sexCode": ("gender", of("F", "M")),
                "signupChannel": ("channel", of("web", "store")),
                "rowModifiedTs": ("updated_at", day("2025-{m:02}-{d:02}T12:00:00")),
                "pointsBalance": ("", amount("{:.0f}")),
            },
        ),
        Foreign(
            "baskets",
            "sales_order",
            {
                "orderRef": ("order_no", numbered("B{:06}")),
                "shopper": ("party_ref", referring("S-{:06}")),
                "placedOnDate": ("ordered_on", day("2025-{m:02}-{d:02}")),
                "orderTotalNet": ("net_amount", amount()),
                "ccyCode": ("currency", of("GBP", "EUR")),
            },
        ),
    ),
)

SHORT = System(
    "sapcopy",
    "DE",
    is_database=True,
    tables=(
        Foreign(
            "ZKNA1_COPY",
            "party",
            {
                "KUNNR": ("key", lambda n: f"{n:010}"),
                "KTOKD": ("", of("0001", "KUNA")),
                "NAME1": ("names", de_company),
                "SORTL": ("names", lambda n: _DE_NAMES[n % 10].upper()),
                "STRAS": ("addresses", lambda n: f"Bahnhofstraße {n}"),
                "PSTLZ": ("addresses", lambda n: f"{20095 + n}"),
                "ORT01": ("addresses", of("Hamburg", "Bremen")),
                "LAND1": ("country", of("DE", "AT")),
                "TELF1": ("contact_points", _DE_PHONE),
                "SMTP_ADDR": ("contact_points", lambda n: f"info@kunde{n}-test.de"),
                "STCEG": ("identifiers", german_vat),
                "BRSCH": ("industry", of("M001", "H002")),
                "LOEVM": ("deleted_flag", of(None, None, "X")),
                "ERDAT": ("", day("2020{m:02}{d:02}")),
            },
        ),
        Foreign(
            "ZVBRK",
            "invoice",
            {
                "VBELN": ("invoice_no", numbered("90{:08}")),
                "KUNRG": ("party_ref", lambda n: f"{n % 20 + 1:010}"),
                "FKDAT": ("invoiced_on", day("2025{m:02}{d:02}")),
                "WAERK": ("currency", of("EUR", "CHF")),
                "NETWR": ("net_amount", amount()),
                "MWSBK": ("tax_amount", amount("{:.2f}")),
            },
        ),
    ),
)

PINYIN = System(
    "jxc",
    "CN",
    is_database=True,
    tables=(
        Foreign(
            "kehu_dangan",
            "party",
            {
                "kehu_bh": ("key", numbered("A{:04}")),
                "kehu_mingcheng": ("names", zh_company),
                "kh_jiancheng": ("names", lambda n: _ZH_WORDS[n % 10] + _ZH_TRADES[n // 10 % 5]),
                "nashuiren_sbh": ("identifiers", uscc),
                "lianxi_shouji": ("contact_points", _CN_PHONE),
                "dianzi_youxiang": ("contact_points", numbered("k{}@jxc-test.cn")),
                "xiangxi_dz": ("addresses", _ZH_ADDRESS),
                "khh_mc": ("billing|bank_accounts", of("农业银行", "招商银行")),
                "yinhang_zh": ("billing|bank_accounts", lambda n: f"621700{n * 104729 % 10**10:010}"),
                "suoshu_hy": ("industry", of("制造业", "批发业")),
                "fuzeren_xm": ("owner", of("孙伟", "钱芳")),
                "xiugai_sj": ("updated_at", day("2025-{m:02}-{d:02} 08:00:00")),
                "beizhu_xx": ("", of("老客户", None)),
            },
        ),
        Foreign(
            "shoukuan_dan",
            "payment",
            {
                "danju_bianhao": ("payment_no", numbered("SK{:05}")),
                "kehu_bh": ("party_ref", referring("A{:04}")),
                "shoukuan_rq": ("received_on", day("2025-{m:02}-{d:02}")),
                "shoukuan_jine": ("amount", amount()),
                "bizhong": ("currency", of("CNY")),
                "zhaiyao": ("remark", of("货款", "定金")),
            },
        ),
    ),
)

SYSTEMS: Sequence[System] = (CHINESE, GERMAN, FRENCH, ENGLISH, SHORT, PINYIN)
