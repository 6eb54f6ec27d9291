"""Staging, business events: what happened between us and the parties, one row per source record."""

from __future__ import annotations

from mdm_pipeline.hub.contract import fields as f
from mdm_pipeline.hub.contract.model import Column, Pii, Table

_QUANTITY = "DECIMAL(18, 4)"


def event(name: str, doc: str, doc_zh: str, *columns: Column) -> Table:
    """A business event, or an entry of reference data: its record, where it came from, its columns."""
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


def text(name: str, doc: str, doc_zh: str, pii: Pii | None = None) -> Column:
    """A column of plain text."""
    return Column(name, "VARCHAR", doc, doc_zh, pii=pii)


def code(name: str, doc: str, doc_zh: str, codes: str) -> Column:
    """A column of canonical codes."""
    return Column(name, "VARCHAR", doc, doc_zh, codes=codes)


def amount(name: str, doc: str, doc_zh: str) -> Column:
    """An amount in the row's currency."""
    return Column(name, f.AMOUNT, doc, doc_zh)


def quantity(name: str, doc: str, doc_zh: str) -> Column:
    """A quantity in the row's unit."""
    return Column(name, _QUANTITY, doc, doc_zh)


def on(name: str, doc: str, doc_zh: str) -> Column:
    """A day."""
    return Column(name, "DATE", doc, doc_zh)


def at(name: str, doc: str, doc_zh: str) -> Column:
    """A moment in UTC."""
    return Column(name, "TIMESTAMP", doc, doc_zh)


CAMPAIGN = event(
    "campaign",
    "A marketing campaign and what it cost.",
    "市场活动",
    text("campaign_no", "Number.", "活动编号").required,
    text("name", "Name.", "名称"),
    text("kind", "Kind, as the source says.", "类型"),
    f.CHANNEL,
    text("status", "Status as the source says.", "状态"),
    on("started_on", "First day.", "开始日期"),
    on("ended_on", "Last day.", "结束日期"),
    f.BUSINESS_UNIT,
    f.CURRENCY,
    amount("budget_amount", "Budget.", "预算"),
    amount("cost_amount", "What it really cost.", "实际花费"),
    f.OWNER,
    f.OWNER_REF,
)
CAMPAIGN_MEMBER = event(
    "campaign_member",
    "Who was addressed by a campaign, and whether they responded.",
    "活动成员",
    text("campaign_no", "Campaign.", "活动编号").required,
    f.PARTY_REF,
    f.CONTACT_REF,
    text("lead_no", "Lead.", "线索编号"),
    text("status", "Status as the source says.", "状态"),
    at("responded_at", "Responded (UTC).", "响应时间"),
)
LEAD = event(
    "lead",
    "Interest not yet qualified, and how fast we answered.",
    "线索",
    f.PARTY_REF.named("party_ref", "The party it became or belongs to, as source.table:key; null before.", "所属主体"),
    f.CONTACT_REF,
    text("lead_no", "Number.", "线索编号").required,
    text("name", "Who is interested.", "姓名", Pii.NAME),
    text("company_name", "Of which company.", "公司名称", Pii.NAME),
    text("phone", "Phone as given.", "电话", Pii.PHONE),
    text("email", "E-mail as given.", "邮箱", Pii.EMAIL),
    f.CHANNEL,
    text("campaign_no", "Campaign it came from.", "活动编号"),
    text("status", "Status as the source says.", "状态"),
    Column("outcome", "VARCHAR", "What became of it.", "结果", values=("open", "converted", "disqualified")),
    text("lost_reason", "Why it was given up.", "无效原因"),
    text("converted_to", "Opportunity it became.", "转化商机"),
    at("converted_at", "Converted (UTC).", "转化时间"),
    f.OWNER,
    f.OWNER_REF,
    at("created_at", "Came in (UTC).", "创建时间"),
    at("first_contact_at", "First contact by us (UTC).", "首次联系时间"),
    Column("response_minutes", "BIGINT", "Whole minutes from coming in to the first contact.", "首次响应时长(分钟)"),
    f.UPDATED_AT,
)
OPPORTUNITY = event(
    "opportunity",
    "A chance to sell.",
    "商机",
    f.PARTY_REF,
    text("opportunity_no", "Number.", "商机编号").required,
    text("name", "Name.", "名称"),
    text("stage", "Present stage as the source says.", "阶段"),
    code("stage_code", "Present stage.", "阶段代码", "stage"),
    Column("outcome", "VARCHAR", "open | won | lost.", "结果", values=("open", "won", "lost")),
    Column("probability", "DECIMAL(5, 2)", "Chance of winning in percent.", "赢单概率(%)"),
    f.LEGAL_ENTITY,
    f.BUSINESS_UNIT,
    f.CHANNEL,
    text("campaign_no", "Campaign it came from.", "活动编号"),
    text("lead_no", "Lead it came from.", "线索编号"),
    f.CURRENCY,
    amount("amount", "Expected amount.", "预计金额"),
    on("close_on", "Expected or real day of closing.", "预计成交日"),
    f.OWNER,
    f.OWNER_REF,
    text("won_reason", "Why it was won.", "赢单原因"),
    text("lost_reason", "Why it was lost.", "丢单原因"),
    text("competitor", "Who else bid, or won.", "竞争对手"),
    at("created_at", "Created (UTC).", "创建时间"),
    f.UPDATED_AT,
)
OPPORTUNITY_STAGE = event(
    "opportunity_stage",
    "Stage history of opportunities.",
    "商机阶段历史",
    text("opportunity_no", "Number.", "商机编号").required,
    Column("step", "INTEGER", "Order.", "步骤"),
    text("stage", "Stage entered, as the source says.", "阶段"),
    code("stage_code", "Stage entered.", "阶段代码", "stage"),
    at("entered_at", "When (UTC).", "进入时间"),
)
OPPORTUNITY_CONTACT = event(
    "opportunity_contact",
    "Who on the customer's side takes part in an opportunity, in which role, with which attitude.",
    "商机联系人",
    text("opportunity_no", "Number.", "商机编号").required,
    f.CONTACT_REF.required,
    Column(
        "role",
        "VARCHAR",
        "Role in the decision.",
        "角色",
        values=("decision_maker", "approver", "buyer", "influencer", "user", "technical", "finance", "other"),
    ),
    text("role_detail", "The source's own word for the role.", "来源用词"),
    Column(
        "attitude", "VARCHAR", "How they stand to us.", "态度", values=("champion", "supporter", "neutral", "opponent")
    ),
    Column("is_primary", "BOOLEAN", "The main contact.", "是否主要"),
)
CONTRACT = event(
    "contract",
    "An agreement with a customer.",
    "合同",
    f.PARTY_REF,
    text("contract_no", "Number.", "合同编号").required,
    text("name", "Name.", "名称"),
    text("kind", "Kind, as the source says.", "类型"),
    text("status", "Status as the source says.", "状态"),
    text("opportunity_no", "Opportunity it came from.", "商机编号"),
    on("signed_on", "Signed.", "签订日期"),
    on("starts_on", "First day.", "开始日期"),
    on("ends_on", "Last day.", "结束日期"),
    Column("is_auto_renewed", "BOOLEAN", "Renews itself.", "是否自动续约"),
    f.LEGAL_ENTITY,
    f.BUSINESS_UNIT,
    text("payment_terms", "Terms of payment as the source says.", "付款条件"),
    code("payment_term_code", "Terms of payment.", "付款条件代码", "payment_term"),
    f.CURRENCY,
    amount("amount", "Value of the contract, net of VAT.", "合同金额"),
    f.OWNER,
    f.OWNER_REF,
    f.UPDATED_AT,
)
SALES_ORDER = event(
    "sales_order",
    "An order of a customer.",
    "销售订单",
    f.PARTY_REF,
    text("order_no", "Order number.", "订单号").required,
    on("ordered_on", "Day of the order.", "下单日期"),
    on("requested_on", "Day of delivery that the customer asked for.", "要求交货日期"),
    text("status", "Status as the source says.", "状态"),
    f.CHANNEL,
    text("contract_no", "Contract it draws on.", "合同编号"),
    text("opportunity_no", "Opportunity it came from.", "商机编号"),
    f.LEGAL_ENTITY,
    f.BUSINESS_UNIT,
    f.CURRENCY,
    amount("net_amount", "Net of VAT, in `currency`.", "未税金额"),
    f.OWNER,
    f.OWNER_REF,
    f.UPDATED_AT,
)
SALES_ORDER_LINE = event(
    "sales_order_line",
    "A line of an order.",
    "订单行",
    text("order_no", "Order number.", "订单号").required,
    text("line_no", "Line number.", "行号").required,
    text("product_no", "Product number.", "产品编号"),
    quantity("quantity", "Quantity ordered, in `unit`.", "数量"),
    text("unit", "Unit as the source says.", "单位"),
    code("unit_code", "Unit.", "单位代码", "unit"),
    quantity("base_quantity", "Quantity ordered, in `base_unit`.", "基本单位数量"),
    code("base_unit", "The unit that `unit_code` counts in (a dozen counts in pieces).", "基本单位", "unit"),
    quantity("delivered_quantity", "Delivered so far, in `unit`.", "已交数量"),
    quantity("open_quantity", "Not yet delivered, in `unit`; never below 0 when computed.", "未交数量"),
    Column("unit_price", _QUANTITY, "Price per unit.", "单价"),
    amount("net_amount", "Net of VAT, in the order's currency.", "未税金额"),
)
INVOICE = event(
    "invoice",
    "An invoice or credit note (红字); credit notes carry negative amounts.",
    "发票",
    f.PARTY_REF,
    text("invoice_no", "Invoice number.", "发票号").required,
    Column("kind", "VARCHAR", "invoice | credit_note.", "种类", values=("invoice", "credit_note")),
    text("original_invoice_no", "The invoice that a credit note takes back.", "原发票号"),
    text("order_no", "Order it bills.", "订单号"),
    text("contract_no", "Contract it bills.", "合同编号"),
    on("invoiced_on", "Invoice date.", "开票日期"),
    on("due_on", "Due date.", "到期日"),
    f.LEGAL_ENTITY,
    f.BUSINESS_UNIT,
    f.CURRENCY,
    amount("net_amount", "Net of VAT.", "未税金额"),
    amount("tax_amount", "VAT.", "税额"),
    amount("gross_amount", "With VAT.", "价税合计"),
)
PAYMENT = event(
    "payment",
    "Money received, as the bank reports it.",
    "收款",
    f.PARTY_REF,
    text("payment_no", "Payment number.", "收款号").required,
    text("invoice_no", "Invoice it references, where it does.", "发票号"),
    on("received_on", "Day of receipt.", "到账日期"),
    text("payer_name", "Payer as the bank writes it.", "付款人", Pii.NAME),
    text("payer_account", "Account of the payer.", "付款账号", Pii.BANK),
    f.CHANNEL,
    f.LEGAL_ENTITY,
    f.CURRENCY,
    amount("amount", "Amount received.", "金额"),
    amount("fee", "Fee deducted by the bank.", "手续费"),
    text("remark", "Purpose text.", "摘要"),
)
INSTALLED_ASSET = event(
    "installed_asset",
    "What stands at a customer's, and when it should be replaced.",
    "装机设备",
    f.PARTY_REF,
    f.CONTACT_REF,
    text("asset_no", "Number.", "设备编号").required,
    text("product_no", "Product number.", "产品编号"),
    text("serial_no", "Serial number.", "序列号"),
    quantity("quantity", "Quantity, in `unit`.", "数量"),
    text("unit", "Unit as the source says.", "单位"),
    code("unit_code", "Unit.", "单位代码", "unit"),
    text("order_no", "Order it came with.", "订单号"),
    text("contract_no", "Contract that covers its service.", "合同编号"),
    text("status", "Status as the source says.", "状态"),
    text("site_address", "Where it stands.", "安装地址", Pii.ADDRESS),
    on("installed_on", "Installed.", "安装日期"),
    on("warranty_until", "Last day of warranty.", "质保到期日"),
    Column("life_months", "INTEGER", "Months after which it should be replaced.", "设计寿命(月)"),
    on("replace_on", "Due for replacement; where not given, installed_on plus life_months.", "应更换日期"),
)
ACTIVITY = event(
    "activity",
    "Contact with a customer: call, visit, mail.",
    "跟进活动",
    f.PARTY_REF,
    f.CONTACT_REF,
    text("kind", "Kind.", "种类"),
    f.CHANNEL,
    text("subject", "Subject.", "主题"),
    text("result", "What came of it.", "结果"),
    text("opportunity_no", "Opportunity it is about.", "商机编号"),
    text("lead_no", "Lead it is about.", "线索编号"),
    f.OWNER,
    f.OWNER_REF,
    at("happened_at", "When (UTC).", "发生时间"),
)
SERVICE_CASE = event(
    "service_case",
    "A request or complaint.",
    "服务工单",
    f.PARTY_REF,
    f.CONTACT_REF,
    text("case_no", "Number.", "工单号"),
    text("kind", "Kind, as the source says.", "类型"),
    f.CHANNEL,
    text("subject", "Subject.", "主题"),
    text("product_no", "Product it is about.", "产品编号"),
    text("asset_no", "Installed asset it is about.", "设备编号"),
    text("priority", "Priority.", "优先级"),
    text("status", "Status.", "状态"),
    f.OWNER,
    f.OWNER_REF,
    at("opened_at", "Opened (UTC).", "开启时间"),
    at("first_response_at", "First answer (UTC).", "首次响应时间"),
    at("closed_at", "Closed (UTC).", "关闭时间"),
)
SALES_TARGET = event(
    "sales_target",
    "What an employee, unit or product line is to reach in a period.",
    "销售目标",
    on("starts_on", "First day of the period.", "开始日期").required,
    on("ends_on", "Last day of the period.", "结束日期").required,
    text("measure", "What is measured: revenue, orders, payments, new_customers ...", "指标").required,
    f.OWNER,
    f.OWNER_REF,
    f.LEGAL_ENTITY,
    f.BUSINESS_UNIT,
    text("product_line", "Product line.", "产品线"),
    f.CURRENCY,
    amount("amount", "Target as money.", "目标金额"),
    quantity("quantity", "Target as a number.", "目标数量"),
)
CONSENT = event(
    "consent",
    "A decision of a person about being contacted or about their data.",
    "授权同意",
    f.PARTY_REF,
    f.CONTACT_REF,
    text("purpose", "What for: marketing, newsletter, profiling ...", "用途").required,
    f.CHANNEL,
    text("contact_point", "Phone or e-mail that it is about, where it is about one.", "联系方式", Pii.PHONE),
    Column("status", "VARCHAR", "given | withdrawn.", "状态", is_required=True, values=("given", "withdrawn")),
    at("decided_at", "When (UTC).", "决定时间").required,
    on("expires_on", "Valid until.", "有效期至"),
    text("legal_basis", "Legal basis, as the source says.", "法律依据"),
    text("evidence", "Where the proof is.", "凭证"),
)

EVENT_TABLES = (
    CAMPAIGN,
    CAMPAIGN_MEMBER,
    LEAD,
    OPPORTUNITY,
    OPPORTUNITY_STAGE,
    OPPORTUNITY_CONTACT,
    CONTRACT,
    SALES_ORDER,
    SALES_ORDER_LINE,
    INVOICE,
    PAYMENT,
    INSTALLED_ASSET,
    ACTIVITY,
    SERVICE_CASE,
    SALES_TARGET,
    CONSENT,
)
