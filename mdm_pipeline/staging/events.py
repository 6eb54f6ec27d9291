"""Rows of a table that are business events, or links between parties, with typed columns.

In: landed rows with an event mapping. Out: rows of one staging table. Invariant: a value that cannot be
read is null and has an issue; a row without a value that identifies the event is rejected, with an issue.
Does not belong here: what events mean to a customer (mart).
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from mdm_pipeline.config.sources import EventColumn, EventMapping
from mdm_pipeline.hub.contract import Column, Table
from mdm_pipeline.hub.contract import staging as contract
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

_GIVEN = ("record_id", "record_ref", "source")
_WORDS = {
    "DECIMAL": "number",
    "INTEGER": "whole number",
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
    columns: dict[str, pl.Series] = {
        "record_id": landed.ids,
        "record_ref": landed.frame["record_ref"],
        "source": pl.repeat(landed.source.name, landed.frame.height, dtype=pl.String, eager=True),
    }
    rejected = pl.repeat(False, landed.frame.height, dtype=pl.Boolean, eager=True)
    for column in table.columns:
        if column.name in _GIVEN:
            continue
        mapping = mapped.get(column.name, EventColumn())
        values = _typed(landed, column, mapping, event, findings)
        columns[column.name] = values
        if column.is_required:
            missing = values.is_null()
            _reject(landed, column, mapping, missing, findings)
            rejected = rejected | missing
    return pl.DataFrame(columns).filter(~rejected).select(table.column_names)


def _typed(
    landed: LandedRows, column: Column, mapping: EventColumn, event: EventMapping, findings: Findings
) -> pl.Series:
    raw = _source_text(landed, mapping)
    if mapping.party is not None:
        key = raw.str.strip_chars()
        reference = pl.when(pl.col("key") != "").then(pl.concat_str(pl.lit(f"{mapping.party}:"), "key"))
        return key.to_frame("key").select(reference).to_series()
    text = _mapped(raw, mapping)
    kind = column.type.split("(")[0]
    readers: dict[str, Callable[[], Typed]] = {
        "DECIMAL": lambda: numbers(text, *_precision(column)),
        "INTEGER": lambda: integers(text),
        "BOOLEAN": lambda: booleans(text),
        "DATE": lambda: dates(text, event.date_order),
        "TIMESTAMP": lambda: timestamps(text, event.date_order, landed.source.time_zone),
    }
    word = _WORDS.get(kind, "")
    if kind in readers:
        typed = readers[kind]()
    elif column.name == "currency":
        typed, word = currencies(text), "currency code"
    else:
        typed, word = _known(plain_text(text), column), f"known value ({', '.join(column.values)})"
    findings.add(
        typed.bad,
        column=mapping.column or column.name,
        rule=f"{column.name}_unreadable",
        value=raw,
        expected=f"is no {word} for {column.name}; it is left empty, correct the source or the mapping",
    )
    return typed.values


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
