"""Mart: the 360° view and the events behind it, keyed by customer."""

from __future__ import annotations

from mdm_pipeline.hub.contract import fields as f
from mdm_pipeline.hub.contract import staging
from mdm_pipeline.hub.contract.master import CUSTOMER
from mdm_pipeline.hub.contract.model import Column, Pii, Table

GROUP_AMOUNT = Column("group_amount", f.AMOUNT, "Net amount (gross for payments) in group currency.", "本位币金额")
_OWNER = Column("master_id", "VARCHAR", "Customer it belongs to; null when its party is unknown.", "客户编码")


def _events(source: Table, name: str, doc: str, doc_zh: str, *extra: Column) -> Table:
    """A staging event with its customer: the same columns, the customer code in front."""
    return Table(
        "mart",
        name,
        doc,
        doc_zh,
        (_OWNER, *source.columns, *extra),
        key=("record_id",),
        writer="mart",
        change_key="record_id",
    )


CUSTOMER_ORDER = _events(staging.SALES_ORDER, "customer_order", "Orders with their customer.", "客户订单", GROUP_AMOUNT)
CUSTOMER_INVOICE = _events(
    staging.INVOICE,
    "customer_invoice",
    "Invoices and credit notes with their customer and open amount.",
    "客户发票",
    GROUP_AMOUNT,
    Column("paid_amount", f.AMOUNT, "Payments (fees included) and credit notes that reference it.", "已付金额"),
    Column("open_amount", f.AMOUNT, "Gross less what was paid or credited.", "未清金额"),
)
CUSTOMER_PAYMENT = _events(
    staging.PAYMENT, "customer_payment", "Payments with their customer.", "客户收款", GROUP_AMOUNT
)
CUSTOMER_OPPORTUNITY = _events(
    staging.OPPORTUNITY, "customer_opportunity", "Opportunities with their customer.", "客户商机", GROUP_AMOUNT
)
CUSTOMER_ACTIVITY = _events(staging.ACTIVITY, "customer_activity", "Activities with their customer.", "客户跟进")
CUSTOMER_CASE = _events(staging.SERVICE_CASE, "customer_case", "Service cases with their customer.", "客户工单")

CUSTOMER_360 = Table(
    "mart",
    "customer_360",
    "One wide row per customer: who it is, who knows it, what it bought, owes and paid.",
    "客户360视图",
    (
        *CUSTOMER.columns,
        Column("aliases", "VARCHAR", "Other names, joined by ' | '.", "其他名称"),
        Column("contact_count", "BIGINT", "Customers linked to it as contact.", "联系人数"),
        Column("order_count", "BIGINT", "Orders.", "订单数"),
        Column("order_amount", f.AMOUNT, "Orders net of VAT, group currency.", "订单金额(本位币)"),
        Column("first_order_on", "DATE", "First order.", "首次下单"),
        Column("last_order_on", "DATE", "Last order.", "最近下单"),
        Column("invoice_count", "BIGINT", "Invoices and credit notes.", "发票数"),
        Column(
            "invoiced_amount", f.AMOUNT, "Invoices less credit notes, net of VAT, group currency.", "开票金额(本位币)"
        ),
        Column("open_amount", f.AMOUNT, "Open receivables in group currency.", "应收余额(本位币)"),
        Column("overdue_amount", f.AMOUNT, "Of that, past due on the as-of day.", "逾期金额(本位币)"),
        Column("payment_count", "BIGINT", "Payments.", "收款笔数"),
        Column("paid_amount", f.AMOUNT, "Payments in group currency.", "收款金额(本位币)"),
        Column("last_payment_on", "DATE", "Last payment.", "最近收款"),
        Column("opportunity_count", "BIGINT", "Opportunities.", "商机数"),
        Column("open_opportunity_amount", f.AMOUNT, "Open opportunities, group currency.", "在途商机金额(本位币)"),
        Column("won_opportunity_amount", f.AMOUNT, "Won opportunities, group currency.", "赢单金额(本位币)"),
        Column("activity_count", "BIGINT", "Activities.", "跟进次数"),
        Column("last_activity_at", "TIMESTAMP", "Last activity (UTC).", "最近跟进"),
        Column("open_case_count", "BIGINT", "Service cases not closed.", "未结工单数"),
        Column("match_key", "VARCHAR", "Why its records are one, in words: +name +phone ...", "匹配依据"),
    ),
    key=("master_id",),
    writer="mart",
    change_key="master_id",
)

BILLING_CHECK = Table(
    "mart",
    "billing_check",
    "Billing profiles whose next e-invoice (数电票) will be rejected, by the business registry, and what is at stake.",
    "开票信息核验",
    (
        _OWNER,
        f.RECORD_ID,
        f.RECORD_REF,
        Column("profile_no", "INTEGER", "Billing profile of the record.", "序号", is_required=True),
        f.LEGAL_ENTITY,
        Column(
            "finding",
            "VARCHAR",
            "Why it will be rejected.",
            "问题",
            is_required=True,
            values=(
                "deregistered",
                "revoked",
                "tax_id_missing",
                "tax_id_invalid",
                "tax_id_unknown",
                "tax_id_differs",
                "title_is_former_name",
                "title_differs",
            ),
        ),
        Column("title", "VARCHAR", "Title as it stands.", "发票抬头", pii=Pii.NAME),
        Column("tax_id", "VARCHAR", "Tax number as it stands.", "纳税人识别号", pii=Pii.IDENTIFIER),
        Column("registered_name", "VARCHAR", "Title that would pass.", "登记名称", pii=Pii.NAME),
        Column("registered_tax_id", "VARCHAR", "Tax number that would pass.", "登记税号", pii=Pii.IDENTIFIER),
        Column("registered_status", "VARCHAR", "Status as the registry says.", "登记状态"),
        Column(
            "open_order_amount",
            f.AMOUNT,
            "The customer's orders that no invoice names yet, group currency: the most urgent come first.",
            "待开票订单金额(本位币)",
        ),
    ),
    key=("record_id", "profile_no"),
    writer="mart",
)

TABLES = (
    CUSTOMER_ORDER,
    CUSTOMER_INVOICE,
    CUSTOMER_PAYMENT,
    CUSTOMER_OPPORTUNITY,
    CUSTOMER_ACTIVITY,
    CUSTOMER_CASE,
    CUSTOMER_360,
    BILLING_CHECK,
)
