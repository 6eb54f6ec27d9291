"""Columns of events that follow from other columns of the same row.

In: typed rows of one staging table. Out: the same rows with those columns filled. Invariant: a value that the source
gave stays; nothing is computed from a value that is missing; decimals are computed exactly.
Does not belong here: anything that needs another row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Context, Decimal

import polars as pl

from mdm_pipeline.hub.contract import Table
from mdm_pipeline.staging.codes import CanonicalCode
from mdm_pipeline.staging.distinct import per_row
from mdm_pipeline.staging.findings import Findings
from mdm_pipeline.staging.landed import LandedRows
from mdm_pipeline.standardize.identifiers import standardize_identifiers

_EXACT = Context(prec=60)
_QUANTITY = Decimal("0.0001")
_RATE = Decimal("0.00000001")
_LARGEST_RATE = Decimal(10) ** 10
_LARGEST_QUANTITY = Decimal(10) ** 14

Cell = str | None
Derivation = Callable[[pl.DataFrame, LandedRows, Findings], pl.DataFrame]


def derive(table: Table, frame: pl.DataFrame, landed: LandedRows, findings: Findings) -> pl.DataFrame:
    """Fill what follows from other columns.

    Args:
        table: the staging table.
        frame: its rows, one per landed row, decimals as text.
        landed: the rows they come from.
        findings: receives what contradicts itself.
    """
    rule = _DERIVED.get(table.name)
    return rule(frame, landed, findings) if rule else frame


def accounts(raw: pl.Series) -> pl.DataFrame:
    """Account numbers without blanks, and whether each is an IBAN."""

    def read(frame: pl.DataFrame) -> pl.DataFrame:
        plain = frame["raw"].str.replace_all(r"[\s.-]", "").str.to_uppercase()
        plain = plain.set((plain == "").fill_null(False), None)
        inputs = pl.DataFrame({"raw": plain}).with_columns(
            pl.lit(None, dtype=pl.String).alias("country"), pl.lit("iban").alias("scheme_hint")
        )
        valid = standardize_identifiers(inputs)["is_valid"].fill_null(False)
        is_iban = valid & plain.str.contains(r"^[A-Z]{2}\d{2}[0-9A-Z]{10,30}$").fill_null(False)
        return pl.DataFrame({"account": plain, "is_iban": is_iban.set(plain.is_null(), None)})

    return per_row(raw.to_frame("raw"), read)


def _lead(frame: pl.DataFrame, landed: LandedRows, findings: Findings) -> pl.DataFrame:
    took = (pl.col("first_contact_at") - pl.col("created_at")).dt.total_minutes()
    early = frame.select((pl.col("first_contact_at") < pl.col("created_at")).alias("early"))["early"]
    findings.add(
        early,
        column="first_contact_at",
        rule="contact_before_lead",
        value=frame["first_contact_at"].dt.to_string("%Y-%m-%d %H:%M:%S"),
        expected="(UTC) lies before the lead came in, so it has no response time; correct one of the two at the source",
    )
    computed = pl.when(took >= 0).then(took).cast(pl.Int64)
    given = pl.col("response_minutes").cast(pl.Int64)
    return frame.with_columns(pl.coalesce(given, computed).alias("response_minutes"))


def _order_line(frame: pl.DataFrame, landed: LandedRows, findings: Findings) -> pl.DataFrame:
    units = landed.codes.canonical("unit")
    cells = frame.select("quantity", "delivered_quantity", "unit_code")

    def read(distinct: pl.DataFrame) -> pl.DataFrame:
        rows = [_quantities(units, *row) for row in distinct.iter_rows()]
        return pl.DataFrame(rows, schema=dict.fromkeys(("open", "base", "base_unit"), pl.String), orient="row")

    computed = per_row(cells, read)
    return frame.with_columns(
        pl.coalesce("open_quantity", pl.lit(computed["open"])).alias("open_quantity"),
        pl.coalesce("base_quantity", pl.lit(computed["base"])).alias("base_quantity"),
        pl.coalesce("base_unit", pl.lit(computed["base_unit"])).alias("base_unit"),
    )


def _quantities(
    units: Mapping[str, CanonicalCode], quantity: Cell, delivered: Cell, unit: Cell
) -> tuple[Cell, Cell, Cell]:
    """Open quantity, quantity in the base unit, base unit."""
    ordered = Decimal(quantity) if quantity is not None else None
    left = None
    if ordered is not None and delivered is not None:
        rest = ordered - Decimal(delivered)
        left = str(max(rest, Decimal(0)) if ordered >= 0 else min(rest, Decimal(0)))
    known = units.get(unit) if unit is not None else None
    if known is None or known.base_unit is None or known.factor is None:
        return left, None, None
    if ordered is None:
        return left, None, known.base_unit
    based = _EXACT.multiply(ordered, known.factor)
    fits = abs(based) < _LARGEST_QUANTITY
    return left, _rounded(based, _QUANTITY) if fits else None, known.base_unit


def _asset(frame: pl.DataFrame, landed: LandedRows, findings: Findings) -> pl.DataFrame:
    months = pl.col("life_months")
    lasting = months.is_between(1, 1200)
    due = pl.col("installed_on").dt.offset_by(pl.concat_str(pl.when(lasting).then(months), pl.lit("mo")))
    return frame.with_columns(pl.coalesce("replace_on", due).alias("replace_on"))


def _rate(frame: pl.DataFrame, landed: LandedRows, findings: Findings) -> pl.DataFrame:
    quoted = frame.select(pl.coalesce("quoted_rate", "rate"))["quoted_rate"]
    cells = frame.select(quoted.alias("quoted"), "rate_unit", "is_inverse")

    def read(distinct: pl.DataFrame) -> pl.DataFrame:
        rates = [_per_unit(*row) for row in distinct.iter_rows()]
        return pl.DataFrame({"rate": pl.Series(rates, dtype=pl.String)})

    rate = per_row(cells, read)["rate"]
    findings.add(
        quoted.is_not_null() & rate.is_null(),
        column="rate",
        rule="rate_not_usable",
        value=quoted,
        expected="is no rate above zero for a positive number of units; it is left empty, correct the source",
    )
    return frame.with_columns(
        rate.alias("rate"),
        quoted.alias("quoted_rate"),
        pl.col("rate_unit").fill_null(1),
        pl.col("is_inverse").fill_null(False),
    )


def _per_unit(quoted: Cell, unit: int | None, is_inverse: bool | None) -> Cell:
    """Group currency for one unit of the currency."""
    if quoted is None:
        return None
    value, units = Decimal(quoted), Decimal(1 if unit is None else unit)
    if value <= 0 or units <= 0:
        return None
    rate = _EXACT.divide(units, value) if is_inverse else _EXACT.divide(value, units)
    text = _rounded(rate, _RATE)
    return text if rate < _LARGEST_RATE and Decimal(text) > 0 else None


def _account(frame: pl.DataFrame, landed: LandedRows, findings: Findings) -> pl.DataFrame:
    read = accounts(frame["account"])
    return frame.with_columns(read["account"], read["is_iban"])


def _rounded(value: Decimal, step: Decimal) -> str:
    return format(value.quantize(step, rounding=ROUND_HALF_UP, context=_EXACT), "f")


_DERIVED: Mapping[str, Derivation] = {
    "lead": _lead,
    "sales_order_line": _order_line,
    "installed_asset": _asset,
    "fx_rate": _rate,
    "bank_account": _account,
}
