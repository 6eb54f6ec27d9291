"""Staging, parties: persons and organizations with their names, numbers, addresses, accounts, links."""

from __future__ import annotations

from mdm_pipeline.hub.contract import fields as f
from mdm_pipeline.hub.contract.model import Column, Kind, Pii, Table

NAME_FORMS = (
    Column("name_original", "VARCHAR", "The name as the source wrote it.", "原始名称", pii=Pii.NAME),
    f.DISPLAY_NAME,
    Column("name_script", "VARCHAR", "han | latin | mixed | other.", "文字"),
    Column(
        "name_norm",
        "VARCHAR",
        "Folded: NFKC, lower case, simplified, no accents, no punctuation.",
        "规范名称",
        pii=Pii.NAME,
    ),
    Column(
        "name_key",
        "VARCHAR",
        "Order-free key in Latin letters (pinyin for Han): sorted tokens.",
        "名称键",
        pii=Pii.NAME,
    ),
    Column("family_name", "VARCHAR", "Family name as written (persons).", "姓", pii=Pii.NAME),
    Column("given_name", "VARCHAR", "Given name as written (persons).", "名", pii=Pii.NAME),
    Column(
        "family_key", "VARCHAR", "Family name in Latin letters, pinyin by our surname table.", "姓(拼音)", pii=Pii.NAME
    ),
    Column("given_key", "VARCHAR", "Given name in Latin letters.", "名(拼音)", pii=Pii.NAME),
    Column("nickname_root", "VARCHAR", "Given name with nicknames resolved (bob -> robert).", "昵称归并", pii=Pii.NAME),
    Column("middle_name", "VARCHAR", "Middle name or initial (persons).", "中间名", pii=Pii.NAME),
    Column("name_suffix", "VARCHAR", "jr, sr, ii ... (persons).", "后缀"),
    Column(
        "name_mark",
        "VARCHAR",
        "masked | joint (several persons) | organization | not_a_name, where a person's name is not plain; "
        "masked ones are kept and never compared.",
        "姓名标记",
    ),
    Column("core_name", "VARCHAR", "Name without legal form, folded (organizations).", "核心名称", pii=Pii.NAME),
    Column("core_key", "VARCHAR", "Core name in Latin letters (pinyin for Han).", "核心名称(拼音)", pii=Pii.NAME),
    Column("legal_form", "VARCHAR", "Code of the legal form (organizations).", "企业组织形式"),
    Column(
        "legal_class",
        "VARCHAR",
        "limited, joint_stock, partnership, cooperative, sole_trader, association ...: comparable between countries.",
        "组织类别",
    ),
    Column("region_word", "VARCHAR", "Place in a Chinese company name, at its start or in brackets.", "行政区划"),
    Column("trade_name", "VARCHAR", "字号: the distinguishing part of a company name.", "字号", pii=Pii.NAME),
    Column("branch_word", "VARCHAR", "Branch tail of the name (上海分公司).", "分支机构"),
    Column("head_name", "VARCHAR", "Name of the head office in the name of a branch.", "总机构名称", pii=Pii.NAME),
    Column("owner_name", "VARCHAR", "Owner of a sole trader's shop, named with it.", "经营者", pii=Pii.NAME),
)

PARTY = Table(
    "staging",
    "party",
    "One row per source record that describes a person or an organization, in canonical form, with its main name.",
    "主体(源记录标准化)",
    (
        f.RECORD_ID,
        f.RECORD_REF,
        f.SOURCE,
        f.SOURCE_TABLE,
        f.SOURCE_KEY,
        f.PARTY_TYPE,
        Column("is_sole_trader", "BOOLEAN", "The shop of a sole trader (个体工商户).", "是否个体工商户"),
        Column(
            "scope",
            "VARCHAR",
            "match: takes part in matching; pass_through: its own customer, never merged; excluded: no customer; "
            "reference: a registry's row, which joins the customer that has its number or full name.",
            "匹配范围",
            is_required=True,
            values=("match", "pass_through", "excluded", "reference"),
        ),
        Column(
            "roles",
            "VARCHAR",
            "Roles, sorted, joined by ',': customer, lead, contact, partner, supplier, competitor.",
            "角色",
        ),
        *NAME_FORMS,
        Column(
            "birth_on",
            "DATE",
            "Birth date (persons) or registration date (organizations).",
            "出生/成立日期",
            pii=Pii.BIRTH,
        ),
        Column("birth_precision", "VARCHAR", "day | month | year.", "日期精度"),
        Column("gender", "VARCHAR", "f | m | x.", "性别"),
        Column("industry", "VARCHAR", "Industry as the source says.", "行业"),
        Column("industry_code", "VARCHAR", "GB/T 4754 section or division.", "行业代码", codes="industry"),
        Column("region_code", "VARCHAR", "Region of the party, GB/T 2260 for China.", "地区代码", codes="region"),
        Column("legal_form_code", "VARCHAR", "Legal form as registered.", "组织形式代码", codes="legal_form"),
        Column("status", "VARCHAR", "Status as the source says.", "状态"),
        Column("channel", "VARCHAR", "How the party came to us, as the source says.", "来源渠道"),
        Column("owner", "VARCHAR", "Our employee in charge, as the source says.", "负责人"),
        f.OWNER_REF,
        Column("website", "VARCHAR", "Domain of the web site.", "网站"),
        f.LEGAL_ENTITY,
        f.BUSINESS_UNIT,
        f.UPDATED_AT,
    ),
    key=("record_id",),
    writer="staging",
    change_key="record_id",
)

PARTY_NAME = Table(
    "staging",
    "party_name",
    "Every name of a party, the main one included.",
    "主体名称",
    (
        f.RECORD_ID,
        Column("name_no", "INTEGER", "1 is the main name.", "序号", is_required=True),
        Column(
            "kind",
            "VARCHAR",
            "What kind of name it is.",
            "名称种类",
            is_required=True,
            values=("legal", "trading", "former", "alias", "transliterated", "native"),
        ),
        *NAME_FORMS,
    ),
    key=("record_id", "name_no"),
    writer="staging",
    change_key="record_id",
)

PARTY_IDENTIFIER = Table(
    "staging",
    "party_identifier",
    "Identifiers of a party with their scheme; invalid and masked ones kept, marked, never compared.",
    "主体证件号",
    (
        f.RECORD_ID,
        Column("identifier_no", "INTEGER", "Order in the record.", "序号", is_required=True),
        Column("scheme", "VARCHAR", "cn_uscc, cn_id, vat, lei ...", "编码体系", is_required=True),
        Column("value", "VARCHAR", "Normalized value.", "规范值", pii=Pii.IDENTIFIER),
        Column("raw", "VARCHAR", "As delivered.", "原始值", pii=Pii.IDENTIFIER),
        Column("country", "VARCHAR", "ISO 3166 alpha-2 of the issuer, where known.", "签发国家"),
        f.IS_VALID,
        f.IS_MASKED,
        f.IS_USABLE,
    ),
    key=("record_id", "identifier_no"),
    writer="staging",
    change_key="record_id",
)

PARTY_CONTACT_POINT = Table(
    "staging",
    "party_contact_point",
    "Phones, e-mails and messenger ids of a party.",
    "联系方式",
    (
        f.RECORD_ID,
        Column("contact_no", "INTEGER", "Order in the record.", "序号", is_required=True),
        Column(
            "kind", "VARCHAR", "Kind of contact point.", "种类", is_required=True, values=("phone", "email", "wechat")
        ),
        Column("value", "VARCHAR", "E.164, canonical e-mail, or id.", "规范值", pii=Pii.PHONE),
        Column(
            "match_key",
            "VARCHAR",
            "What is compared: E.164 without extension, e-mail without dots and tags.",
            "比对键",
            pii=Pii.PHONE,
        ),
        Column("raw", "VARCHAR", "As delivered.", "原始值", pii=Pii.PHONE),
        Column("detail", "VARCHAR", "mobile, fixed, toll_free; role, personal, public.", "细类"),
        Column("extension", "VARCHAR", "Extension of a phone.", "分机"),
        f.IS_VALID,
        f.IS_MASKED,
        f.IS_PLACEHOLDER,
        f.IS_USABLE,
    ),
    key=("record_id", "contact_no"),
    writer="staging",
    change_key="record_id",
)

PARTY_ADDRESS = Table(
    "staging",
    "party_address",
    "Addresses of a party, taken apart.",
    "地址",
    (
        f.RECORD_ID,
        Column("address_no", "INTEGER", "Order in the record.", "序号", is_required=True),
        Column("kind", "VARCHAR", "main, mailing, registered, delivery ...", "种类", is_required=True),
        Column("raw", "VARCHAR", "As delivered, parts joined.", "原始地址", pii=Pii.ADDRESS),
        Column("country", "VARCHAR", "ISO 3166 alpha-2.", "国家"),
        Column("province", "VARCHAR", "Province or state.", "省"),
        Column("city", "VARCHAR", "City.", "市"),
        Column("district", "VARCHAR", "District or county.", "区县"),
        Column("town", "VARCHAR", "Town, township, subdistrict; a locality of Hong Kong or Macao.", "乡镇街道"),
        Column("street", "VARCHAR", "Street.", "街道", pii=Pii.ADDRESS),
        Column("house_number", "VARCHAR", "House number.", "门牌号", pii=Pii.ADDRESS),
        Column("building", "VARCHAR", "Building, block, estate.", "楼栋", pii=Pii.ADDRESS),
        Column("unit", "VARCHAR", "Unit, room, flat: all that leads to the door.", "单元", pii=Pii.ADDRESS),
        Column("room", "VARCHAR", "Room or flat, with its entrance; a floor as '5f'.", "房间", pii=Pii.ADDRESS),
        Column("postcode", "VARCHAR", "Postcode.", "邮编"),
        Column("division_code", "VARCHAR", "Chinese division code, six digits.", "行政区划代码"),
        Column("address_norm", "VARCHAR", "Folded address.", "规范地址", pii=Pii.ADDRESS),
        Column("address_key", "VARCHAR", "Key for equality.", "地址键", pii=Pii.ADDRESS),
    ),
    key=("record_id", "address_no"),
    writer="staging",
    change_key="record_id",
)

BILLING_PROFILE = Table(
    "staging",
    "billing_profile",
    "What an invoice to this party must carry (开票信息); several per party and legal entity.",
    "开票信息",
    (
        f.RECORD_ID,
        Column("profile_no", "INTEGER", "Order in the record.", "序号", is_required=True),
        f.SOURCE,
        f.PARTY_REF,
        f.LEGAL_ENTITY,
        Column("title", "VARCHAR", "Invoice title.", "发票抬头", pii=Pii.NAME),
        Column("tax_id", "VARCHAR", "Tax number on the invoice.", "纳税人识别号", pii=Pii.IDENTIFIER),
        Column("registered_address", "VARCHAR", "Registered address.", "注册地址", pii=Pii.ADDRESS),
        Column("registered_phone", "VARCHAR", "Registered phone.", "注册电话", pii=Pii.PHONE),
        Column("bank_name", "VARCHAR", "Bank.", "开户银行"),
        Column("bank_account", "VARCHAR", "Account.", "银行账号", pii=Pii.BANK),
        Column("invoice_kind", "VARCHAR", "Kind of invoice.", "发票类型"),
        Column("delivery_email", "VARCHAR", "Where invoices are sent.", "收票邮箱", pii=Pii.EMAIL),
        Column("delivery_phone", "VARCHAR", "Phone for delivery.", "收票手机", pii=Pii.PHONE),
    ),
    key=("record_id", "profile_no"),
    writer="staging",
    change_key="record_id",
)

BANK_ACCOUNT = Table(
    "staging",
    "bank_account",
    "Bank accounts of a party, each with the SEPA mandate that lets us collect from it.",
    "银行账户",
    (
        f.RECORD_ID,
        Column("account_no", "INTEGER", "Order in the record.", "序号", is_required=True),
        f.SOURCE,
        f.PARTY_REF,
        f.LEGAL_ENTITY,
        Column(
            "account", "VARCHAR", "Account number or IBAN, without blanks.", "银行账号", is_required=True, pii=Pii.BANK
        ),
        Column("is_iban", "BOOLEAN", "It is an IBAN by form and check digits.", "是否IBAN"),
        Column("holder", "VARCHAR", "Account holder.", "账户名", pii=Pii.NAME),
        Column("bank_name", "VARCHAR", "Bank.", "开户银行"),
        Column("bank_code", "VARCHAR", "BIC, 联行号 or another code of the bank.", "银行代码"),
        f.CURRENCY,
        Column("mandate_no", "VARCHAR", "SEPA mandate reference.", "SEPA授权编号"),
        Column("mandate_signed_on", "DATE", "Mandate signed on.", "授权签署日期"),
        Column(
            "mandate_sequence",
            "VARCHAR",
            "Sequence type of the next collection.",
            "授权扣款类型",
            values=("one_off", "first", "recurring", "final"),
        ),
        Column(
            "mandate_status",
            "VARCHAR",
            "Status of the mandate.",
            "授权状态",
            values=("active", "canceled", "expired", "suspended"),
        ),
    ),
    key=("record_id", "account_no"),
    writer="staging",
    change_key="record_id",
)

CREDIT_LIMIT = Table(
    "staging",
    "credit_limit",
    "Credit limit of a party per legal entity and currency.",
    "信用额度",
    (
        f.RECORD_ID,
        f.SOURCE,
        f.PARTY_REF,
        f.LEGAL_ENTITY,
        f.CURRENCY,
        Column("amount", f.AMOUNT, "Limit.", "额度"),
        Column("payment_terms", "VARCHAR", "Terms of payment as the source says.", "付款条件"),
        Column("payment_term_code", "VARCHAR", "Terms of payment.", "付款条件代码", codes="payment_term"),
        Column("is_blocked", "BOOLEAN", "Blocked for orders at the source.", "是否冻结"),
        Column("valid_from", "DATE", "First day.", "生效日期"),
        Column("valid_to", "DATE", "Last day.", "失效日期"),
    ),
    key=("record_id",),
    writer="staging",
    change_key="record_id",
)

REGISTRATION = Table(
    "staging",
    "registration",
    "What a business registry (工商, GLEIF) says of a party besides its names, numbers and addresses.",
    "工商登记信息",
    (
        f.RECORD_ID,
        f.SOURCE,
        f.PARTY_REF,
        Column("registered_name", "VARCHAR", "The name as registered.", "登记名称", pii=Pii.NAME),
        Column("status", "VARCHAR", "Status as the registry says.", "登记状态(来源)"),
        Column(
            "status_code",
            "VARCHAR",
            "Status; null where the registry's word is not known.",
            "登记状态",
            values=("active", "moved_out", "suspended", "liquidation", "revoked", "deregistered"),
        ),
        Column("legal_representative", "VARCHAR", "Legal representative (法定代表人).", "法定代表人", pii=Pii.NAME),
        Column("capital", "DECIMAL(24, 2)", "Registered capital, in `currency`.", "注册资本"),
        f.CURRENCY,
        Column("established_on", "DATE", "Day of registration.", "成立日期"),
    ),
    key=("record_id",),
    writer="staging",
    change_key="record_id",
)

REGISTRY_EVENT = Table(
    "staging",
    "registry_event",
    "What changed in a business registry from one run to the next: renamed, deregistered, another representative.",
    "工商变更记录",
    (
        f.RECORD_ID,
        f.RECORD_REF,
        Column("attribute", "VARCHAR", "Column of staging.registration; `record`: the row vanished.", "变更事项"),
        Column("old_value", "VARCHAR", "Before.", "变更前", pii=Pii.NAME),
        Column("new_value", "VARCHAR", "After.", "变更后", pii=Pii.NAME),
        Column("noticed_at", "TIMESTAMP", "Time of the run that saw it (UTC).", "发现时间", is_required=True),
    ),
    key=("record_id", "attribute", "noticed_at"),
    writer="staging",
    kind=Kind.LOG,
)

PARTY_LINK = Table(
    "staging",
    "party_link",
    "A link between two party records as a source says: contact of, branch of, owner of, former name of.",
    "主体关系",
    (
        f.RECORD_ID,
        f.RECORD_REF,
        Column("from_ref", "VARCHAR", "The one who has the role, as source.table:key.", "起点", is_required=True),
        Column("to_ref", "VARCHAR", "The one it has it towards.", "终点", is_required=True),
        Column(
            "role", "VARCHAR", "contact_of, branch_of, subsidiary_of, owner_of, spouse_of ...", "关系", is_required=True
        ),
        Column("role_detail", "VARCHAR", "The source's own word.", "来源用词"),
        Column("is_primary", "BOOLEAN", "The main one of its kind.", "是否主要"),
        Column("started_on", "DATE", "Since.", "开始日期"),
        Column("ended_on", "DATE", "Until.", "结束日期"),
        Column(
            "origin",
            "VARCHAR",
            "name: proposed, because the names say so; empty: the source says so.",
            "关系依据",
        ),
    ),
    key=("record_id", "role"),
    writer="staging",
    change_key="record_id",
)

PARTY_REDIRECT = Table(
    "staging",
    "party_redirect",
    "Rows that their source merged into another one: what points to them means the row that remained.",
    "来源内合并指向",
    (
        f.RECORD_ID,
        f.SOURCE,
        Column("from_ref", "VARCHAR", "The row that was merged.", "被合并记录", is_required=True),
        Column("merged_into_ref", "VARCHAR", "The row it was merged into, as delivered.", "合并目标", is_required=True),
        Column(
            "to_ref",
            "VARCHAR",
            "The row that remained at the end of the chain; in a circle the smallest of its references.",
            "最终记录",
            is_required=True,
        ),
    ),
    key=("record_id",),
    writer="staging",
    change_key="record_id",
)

VALUE_PROFILE = Table(
    "staging",
    "value_profile",
    "Whose each phone, e-mail, address, name and date is, by who shares it; masked values are left out.",
    "取值画像",
    (
        Column(
            "kind",
            "VARCHAR",
            "What kind of value.",
            "种类",
            is_required=True,
            values=("phone", "email", "wechat", "address", "name", "birth_date", "registration_date"),
        ),
        Column(
            "value",
            "VARCHAR",
            "As it is compared: match_key, address_key, name_norm, date; what could not be read as written, in lower "
            "case.",
            "取值",
            is_required=True,
            pii=Pii.PHONE,
        ),
        Column(
            "class",
            "VARCHAR",
            "One party's own; a family's; shared by strangers; a company's line or seat; or nobody's.",
            "类别",
            is_required=True,
            values=("personal", "household", "shared", "switchboard", "placeholder"),
        ),
        Column("records", "BIGINT", "Records that hold it.", "记录数", is_required=True),
        Column(
            "people",
            "BIGINT",
            "Different people among them, by surname and first letter; null where one record holds it.",
            "不同人数",
        ),
        Column("surnames", "BIGINT", "Different surnames among them.", "不同姓氏数"),
        Column("companies", "BIGINT", "Differently named organizations among them.", "不同企业数"),
        Column("places", "BIGINT", "Different addresses among them.", "不同地址数"),
        Column("why", "VARCHAR", "The reason for the class.", "判定依据", is_required=True),
    ),
    key=("kind", "value"),
    writer="staging",
)

PARTY_TABLES = (
    PARTY,
    PARTY_NAME,
    PARTY_IDENTIFIER,
    PARTY_CONTACT_POINT,
    PARTY_ADDRESS,
    BILLING_PROFILE,
    BANK_ACCOUNT,
    CREDIT_LIMIT,
    REGISTRATION,
)
