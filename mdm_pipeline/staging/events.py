"""Rows of a table that are business events, reference data, or links between parties, with typed columns.

In: landed rows with an event mapping. Out: rows of one staging table. Invariant: a value that cannot be
read is null and has an issue; a row without a value that identifies the event is rejected, with an issue.
Does not belong here: what events mean to a customer (mart).
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from mdm_pipeline.config.mappings import EventColumn, EventMapping
from mdm_pipeline.hub.contract import Column, Table
from mdm_pipeline.hub.contract import staging as contract
from mdm_pipeline.staging.derived import derive
from mdm_pipeline.staging.distinct import per_row
from mdm_pipeline.staging.findings import Findings
from mdm_pipeline.staging.landed import LandedRows
from mdm_pipeline.staging.values import (
    Typed,
    booleans,
    currencies,
    dates,
    integers,
    numbers,
    plain_text,
    timestamps,
)
from mdm_pipeline.standardize.text import is_placeholder

_GIVEN = ("record_id", "record_ref", "source", "profile_no", "account_no")
# Decimals stay text until they are stored.
_DTYPES = {
    "INTEGER": pl.Int32(),
    "BIGINT": pl.Int64(),
    "BOOLEAN": pl.Boolean(),
    "DATE": pl.Date(),
    "TIMESTAMP": pl.Datetime("us"),
}
_WORDS = {
    "DECIMAL": "number",
    "INTEGER": "whole number",
    "BIGINT": "whole number",
    "BOOLEAN": "yes or no",
    "DATE": "date",
    "TIMESTAMP": "date or time",
}


def event_table(event: EventMapping) -> Table:
    """The staging table that a mapping fills."""
    return next(table for table in contract.TABLES if table.name == event.entity)


def stage_events(landed: LandedRows, event: EventMapping, findings: Findings) -> pl.DataFrame:
    """Type the rows of one table.

    Args:
        landed: the rows.
        event: their mapping.
        findings: receives what could not be read, and which rows are rejected.

    Returns:
        Rows of `event_table(event)`; amounts are still text, fit for their column.
    """
    table = event_table(event)
    mapped = dict(event.columns)
    if "updated_at" in table.column_names and "updated_at" not in mapped and landed.table.updated_at:
        mapped["updated_at"] = EventColumn(column=landed.table.updated_at)
    columns = _given(landed, table)
    for column in table.columns:
        if column.name not in columns:
            columns[column.name] = _typed(landed, column, mapped.get(column.name, EventColumn()), event, findings)
    frame = derive(table, pl.DataFrame(columns).select(table.column_names), landed, findings)
    rejected = landed.frame.select(pl.lit(False).alias("no"))["no"]
    for column in table.columns:
        if column.is_required and column.name not in _GIVEN:
            missing = frame[column.name].is_null()
            _reject(landed, column, mapped.get(column.name, EventColumn()), missing, findings)
            rejected = rejected | missing
    return frame.filter(~rejected)


def _given(landed: LandedRows, table: Table) -> dict[str, pl.Series]:
    """The columns that do not depend on the mapping."""
    one = pl.repeat(1, landed.frame.height, dtype=pl.Int32, eager=True)
    given = {
        "record_id": landed.ids,
        "record_ref": landed.frame["record_ref"],
        "source": landed.same(landed.source.name),
        # A row of its own holds one profile or account.
        "profile_no": one,
        "account_no": one,
    }
    return {name: given[name] for name in _GIVEN if name in table.column_names}


def _typed(
    landed: LandedRows, column: Column, mapping: EventColumn, event: EventMapping, findings: Findings
) -> pl.Series:
    if mapping.column is None and mapping.constant is None:
        return pl.repeat(None, landed.frame.height, dtype=_DTYPES.get(column.type, pl.String()), eager=True)
    raw = _source_text(landed, mapping)
    if mapping.refers_to is not None:
        return landed.reference(mapping.refers_to, raw)
    text = _mapped(raw, mapping)
    codes = mapping.codes or column.codes
    if codes is not None and column.name != "currency":
        return coded(landed, text, column=column.name, codes=codes, findings=findings)
    typed, word = _read(landed, column, mapping, event, text)
    findings.add(
        typed.bad,
        column=mapping.column or column.name,
        rule=f"{column.name}_unreadable",
        value=raw,
        expected=f"is no {word} for {column.name}; it is left empty, correct the source or the mapping",
    )
    return typed.values


def _read(
    landed: LandedRows, column: Column, mapping: EventColumn, event: EventMapping, text: pl.Series
) -> tuple[Typed, str]:
    """The values, and what they were expected to be in words."""
    zone = event.time_zone or landed.source.time_zone
    readers: dict[str, Callable[[], Typed]] = {
        "DECIMAL": lambda: numbers(text, *_precision(column), decimal=event.decimal, unit=mapping.amount_unit),
        "INTEGER": lambda: integers(text),
        "BIGINT": lambda: integers(text),
        "BOOLEAN": lambda: booleans(text),
        "DATE": lambda: dates(text, event.date_order, event.number_dates, zone),
        "TIMESTAMP": lambda: timestamps(text, event.date_order, zone, event.number_dates),
    }
    kind = column.type.split("(")[0]
    if kind in readers:
        return readers[kind](), _WORDS[kind]
    if column.name == "currency":
        return currencies(landed.codes.configured(landed.source.name, "currency", text)), "currency code"
    return _known(plain_text(text), column), f"known value ({', '.join(column.values)})"


def coded(landed: LandedRows, text: pl.Series, *, column: str, codes: str, findings: Findings) -> pl.Series:
    """Canonical codes of a column; what the list does not know is null and goes to the work list.

    Args:
        landed: the rows.
        text: codes or words as delivered.
        column: the canonical column.
        codes: the code list.
        findings: receives what is unknown.
    """
    code = landed.codes.translate(landed.source.name, codes, text)
    given = plain_text(text)
    unknown = code.is_null() & given.is_not_null() & ~is_placeholder(given).fill_null(False)
    findings.add_uncoded(unknown, column=column, codes=codes, value=given)
    return code


def _source_text(landed: LandedRows, mapping: EventColumn) -> pl.Series:
    if mapping.constant is not None:
        return pl.repeat(mapping.constant, landed.frame.height, dtype=pl.String, eager=True)
    return landed.column(mapping.column)


def _mapped(raw: pl.Series, mapping: EventColumn) -> pl.Series:
    if not mapping.map:
        return raw
    known = {key.strip().lower(): value for key, value in mapping.map.items()}
    folded = plain_text(raw).str.to_lowercase()
    answer = folded.replace_strict(
        pl.Series(list(known), dtype=pl.String),
        pl.Series(list(known.values()), dtype=pl.String),
        default=None,
    )
    return answer.zip_with(answer.is_not_null(), raw)


def _known(text: pl.Series, column: Column) -> Typed:
    if not column.values:
        return Typed(text, pl.repeat(False, len(text), dtype=pl.Boolean, eager=True))
    values = per_row(
        text.to_frame("text"),
        lambda frame: frame.select(pl.when(pl.col("text").is_in(list(column.values))).then("text").alias("text")),
    )
    return Typed(values["text"], values["text"].is_null() & text.is_not_null())


def _reject(landed: LandedRows, column: Column, mapping: EventColumn, missing: pl.Series, findings: Findings) -> None:
    findings.add(
        missing,
        column=mapping.column or column.name,
        rule=f"{column.name}_missing",
        value=_source_text(landed, mapping),
        expected=f"gives no {column.name}, which every row needs; the row is not staged, correct the source",
        severity="reject",
    )


def _precision(column: Column) -> tuple[int, int]:
    precision, scale = column.type.removeprefix("DECIMAL(").removesuffix(")").split(",")
    return int(precision), int(scale)
