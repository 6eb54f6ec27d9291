"""Staging: the canonical model, one form for all sources. Party and its children, then business events."""

from __future__ import annotations

from mdm_pipeline.hub.contract import fields as f
from mdm_pipeline.hub.contract.model import Column, Pii, Table

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
    Column("core_name", "VARCHAR", "Name without legal form, folded (organizations).", "核心名称", pii=Pii.NAME),
    Column("core_key", "VARCHAR", "Core name in Latin letters (pinyin for Han).", "核心名称(拼音)", pii=Pii.NAME),
    Column("legal_form", "VARCHAR", "Code of the legal form (organizations).", "企业组织形式"),
    Column("region_word", "VARCHAR", "Leading place name of a Chinese company name.", "行政区划"),
    Column("trade_name", "VARCHAR", "字号: the distinguishing part of a company name.", "字号", pii=Pii.NAME),
    Column("branch_word", "VARCHAR", "Branch tail of the name (上海分公司).", "分支机构"),
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
            "match: takes part in matching; pass_through: its own customer, never merged; excluded: no customer.",
            "匹配范围",
            is_required=True,
            values=("match", "pass_through", "excluded"),
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
        Column("status", "VARCHAR", "Status as the source says.", "状态"),
        Column("owner", "VARCHAR", "Our employee in charge, as the source says.", "负责人"),
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

IDENTIFIER_SCHEME = Table(
    "staging",
    "identifier_scheme",
    "What an identifier of each scheme identifies.",
    "编码体系",
    (
        Column("scheme", "VARCHAR", "Code of the scheme.", "编码体系", is_required=True),
        Column(
            "identifies", "VARCHAR", "legal_entity | site | tax_group | person | account.", "标识对象", is_required=True
        ),
        Column("doc", "VARCHAR", "In words.", "说明"),
    ),
    key=("scheme",),
    writer="staging",
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
        Column("street", "VARCHAR", "Street.", "街道", pii=Pii.ADDRESS),
        Column("house_number", "VARCHAR", "House number.", "门牌号", pii=Pii.ADDRESS),
        Column("unit", "VARCHAR", "Unit, room, flat.", "单元", pii=Pii.ADDRESS),
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
    "What an invoice to this party must carry (开票信息).",
    "开票信息",
    (
        f.RECORD_ID,
        Column("profile_no", "INTEGER", "Order in the record.", "序号", is_required=True),
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

CREDIT_LIMIT = Table(
    "staging",
    "credit_limit",
    "Credit limit of a party per legal entity and currency.",
    "信用额度",
    (
        f.RECORD_ID,
        f.LEGAL_ENTITY,
        f.CURRENCY,
        Column("amount", f.AMOUNT, "Limit.", "额度"),
        Column("payment_terms", "VARCHAR", "Terms of payment as the source says.", "付款条件"),
        Column("is_blocked", "BOOLEAN", "Blocked for orders at the source.", "是否冻结"),
    ),
    key=("record_id",),
    writer="staging",
    change_key="record_id",
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
    ),
    key=("record_id", "role"),
    writer="staging",
    change_key="record_id",
)


def _event(name: str, doc: str, doc_zh: str, *columns: Column) -> Table:
    """A business event: its record, where it came from, its columns."""
    return Table(
        "staging",
        name,
        doc,
        doc_zh,
        (f.RECORD_ID, f.RECORD_REF, f.SOURCE, *columns),
        key=("record_id",),
        writer="staging",
        change_key="record_id",
    )


def _text(name: str, doc: str, doc_zh: str, pii: Pii | None = None) -> Column:
    return Column(name, "VARCHAR", doc, doc_zh, pii=pii)


def _amount(name: str, doc: str, doc_zh: str) -> Column:
    return Column(name, f.AMOUNT, doc, doc_zh)


def _on(name: str, doc: str, doc_zh: str) -> Column:
    return Column(name, "DATE", doc, doc_zh)


def _at(name: str, doc: str, doc_zh: str) -> Column:
    return Column(name, "TIMESTAMP", doc, doc_zh)


PRODUCT = _event(
    "product",
    "What is sold.",
    "产品",
    _text("product_no", "Product number.", "产品编号").required,
    _text("product_name", "Name.", "产品名称"),
    _text("product_line", "Product line.", "产品线"),
    _text("unit", "Unit of quantity.", "单位"),
    _amount("list_price", "List price.", "标价"),
    f.CURRENCY,
)
SALES_ORDER = _event(
    "sales_order",
    "An order of a customer.",
    "销售订单",
    f.PARTY_REF,
    _text("order_no", "Order number.", "订单号").required,
    _on("ordered_on", "Day of the order.", "下单日期"),
    _text("status", "Status as the source says.", "状态"),
    f.LEGAL_ENTITY,
    f.BUSINESS_UNIT,
    f.CURRENCY,
    _amount("net_amount", "Net of VAT, in `currency`.", "未税金额"),
    f.UPDATED_AT,
)
SALES_ORDER_LINE = _event(
    "sales_order_line",
    "A line of an order.",
    "订单行",
    _text("order_no", "Order number.", "订单号").required,
    _text("line_no", "Line number.", "行号").required,
    _text("product_no", "Product number.", "产品编号"),
    Column("quantity", "DECIMAL(18, 4)", "Quantity in the product's unit.", "数量"),
    Column("unit_price", "DECIMAL(18, 4)", "Price per unit.", "单价"),
    _amount("net_amount", "Net of VAT, in the order's currency.", "未税金额"),
)
INVOICE = _event(
    "invoice",
    "An invoice or credit note (红字); credit notes carry negative amounts.",
    "发票",
    f.PARTY_REF,
    _text("invoice_no", "Invoice number.", "发票号").required,
    Column("kind", "VARCHAR", "invoice | credit_note.", "种类", values=("invoice", "credit_note")),
    _text("original_invoice_no", "The invoice that a credit note takes back.", "原发票号"),
    _text("order_no", "Order it bills.", "订单号"),
    _on("invoiced_on", "Invoice date.", "开票日期"),
    _on("due_on", "Due date.", "到期日"),
    f.LEGAL_ENTITY,
    f.CURRENCY,
    _amount("net_amount", "Net of VAT.", "未税金额"),
    _amount("tax_amount", "VAT.", "税额"),
    _amount("gross_amount", "With VAT.", "价税合计"),
)
PAYMENT = _event(
    "payment",
    "Money received, as the bank reports it.",
    "收款",
    f.PARTY_REF,
    _text("payment_no", "Payment number.", "收款号").required,
    _text("invoice_no", "Invoice it references, where it does.", "发票号"),
    _on("received_on", "Day of receipt.", "到账日期"),
    _text("payer_name", "Payer as the bank writes it.", "付款人", Pii.NAME),
    _text("payer_account", "Account of the payer.", "付款账号", Pii.BANK),
    f.LEGAL_ENTITY,
    f.CURRENCY,
    _amount("amount", "Amount received.", "金额"),
    _amount("fee", "Fee deducted by the bank.", "手续费"),
    _text("remark", "Purpose text.", "摘要"),
)
OPPORTUNITY = _event(
    "opportunity",
    "A chance to sell.",
    "商机",
    f.PARTY_REF,
    _text("opportunity_no", "Number.", "商机编号").required,
    _text("name", "Name.", "名称"),
    _text("stage", "Present stage.", "阶段"),
    Column("outcome", "VARCHAR", "open | won | lost.", "结果", values=("open", "won", "lost")),
    f.CURRENCY,
    _amount("amount", "Expected amount.", "预计金额"),
    _on("close_on", "Expected or real day of closing.", "预计成交日"),
    _text("owner", "Our employee.", "负责人"),
    _text("lost_reason", "Why it was lost.", "丢单原因"),
    _at("created_at", "Created (UTC).", "创建时间"),
    f.UPDATED_AT,
)
OPPORTUNITY_STAGE = _event(
    "opportunity_stage",
    "Stage history of opportunities.",
    "商机阶段历史",
    _text("opportunity_no", "Number.", "商机编号").required,
    Column("step", "INTEGER", "Order.", "步骤"),
    _text("stage", "Stage entered.", "阶段"),
    _at("entered_at", "When (UTC).", "进入时间"),
)
ACTIVITY = _event(
    "activity",
    "Contact with a customer: call, visit, mail.",
    "跟进活动",
    f.PARTY_REF,
    _text("contact_ref", "The contact person's record.", "联系人引用"),
    _text("kind", "Kind.", "种类"),
    _text("subject", "Subject.", "主题"),
    _text("owner", "Our employee.", "负责人"),
    _at("happened_at", "When (UTC).", "发生时间"),
)
SERVICE_CASE = _event(
    "service_case",
    "A request or complaint.",
    "服务工单",
    f.PARTY_REF,
    _text("contact_ref", "The contact person's record.", "联系人引用"),
    _text("subject", "Subject.", "主题"),
    _text("priority", "Priority.", "优先级"),
    _text("status", "Status.", "状态"),
    _at("opened_at", "Opened (UTC).", "开启时间"),
    _at("closed_at", "Closed (UTC).", "关闭时间"),
)
FX_RATE = _event(
    "fx_rate",
    "Value of one unit of a currency in group currency from a day on.",
    "汇率",
    f.CURRENCY,
    _on("valid_on", "First day of the rate.", "生效日期"),
    Column("rate", "DECIMAL(18, 8)", "Group currency per unit.", "汇率"),
)

PARTY_TABLES = (
    PARTY,
    PARTY_NAME,
    PARTY_IDENTIFIER,
    PARTY_CONTACT_POINT,
    PARTY_ADDRESS,
    BILLING_PROFILE,
    CREDIT_LIMIT,
)
EVENT_TABLES = (
    PRODUCT,
    SALES_ORDER,
    SALES_ORDER_LINE,
    INVOICE,
    PAYMENT,
    OPPORTUNITY,
    OPPORTUNITY_STAGE,
    ACTIVITY,
    SERVICE_CASE,
    FX_RATE,
)
TABLES = (*PARTY_TABLES, PARTY_LINK, *EVENT_TABLES, IDENTIFIER_SCHEME)
