"""Problems found while staging, worded for the issue log: what, where, expected, what to do.

In: which rows and values are wrong. Out: rows of the temporary tables `found_issue` and `wanted_uncoded`.
Invariant: a message names table, key and column. Does not belong here: deciding what is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import polars as pl
from duckdb import DuckDBPyConnection

from mdm_pipeline.staging.landed import LandedRows

Severity = Literal["warn", "reject"]


@dataclass
class Findings:
    """Problems of the rows of one table."""

    landed: LandedRows
    frames: list[pl.DataFrame] = field(default_factory=list)
    uncoded: list[pl.DataFrame] = field(default_factory=list)

    def add(
        self,
        bad: pl.Series,
        *,
        column: str,
        rule: str,
        value: pl.Series | None,
        expected: str,
        severity: Severity = "warn",
    ) -> None:
        """Note the rows where `bad` is true.

        Args:
            bad: one boolean per landed row; null counts as false.
            column: the column at the source.
            rule: short name of what is broken.
            value: the values as delivered, where there are any.
            expected: the end of the sentence after the value: what was expected and what happens now.
            severity: `reject` where the row is not staged.
        """
        mask = bad.fill_null(False)
        if not mask.any():
            return
        rows = self.landed.frame.filter(mask).select("record_id", "source_key")
        given = value.filter(mask) if value is not None else pl.repeat(None, rows.height, dtype=pl.String, eager=True)
        shown = (
            pl.when(pl.col("value").is_null())
            .then(pl.lit("(empty)"))
            .otherwise(pl.concat_str(pl.lit("'"), pl.col("value").str.slice(0, 100), pl.lit("'")))
        )
        where = pl.format("{}, key {}, column {}: ", pl.lit(self.landed.entity), "source_key", pl.lit(column))
        self.frames.append(
            rows.with_columns(given.alias("value")).select(
                pl.lit(self.landed.source.name).alias("source"),
                pl.lit(self.landed.entity).alias("table_name"),
                "record_id",
                pl.lit(None, dtype=pl.String).alias("location"),
                pl.lit(column).alias("column_name"),
                pl.lit(rule).alias("rule"),
                pl.lit(severity).alias("severity"),
                "value",
                pl.concat_str(where, shown, pl.lit(f" {expected}")).alias("message"),
            )
        )

    def add_uncoded(self, unknown: pl.Series, *, column: str, codes: str, value: pl.Series) -> None:
        """Note the rows whose value a code list does not know.

        Args:
            unknown: one boolean per landed row; null counts as false.
            column: the canonical column that stays empty.
            codes: the code list.
            value: the values, cleaned.
        """
        mask = unknown.fill_null(False)
        if not mask.any():
            return
        self.uncoded.append(
            self.landed.frame.filter(mask).select(
                "record_id",
                pl.lit(self.landed.source.name).alias("source"),
                pl.lit(self.landed.name).alias("source_table"),
                pl.lit(column).alias("column_name"),
                pl.lit(codes).alias("list"),
                value.filter(mask).alias("source_code"),
            )
        )

    def write(self, con: DuckDBPyConnection) -> None:
        """Append to `found_issue` and `wanted_uncoded`."""
        for frame in self.uncoded:
            con.register("staging_uncoded", frame)
            con.execute("insert into wanted_uncoded by name select * from staging_uncoded")
            con.unregister("staging_uncoded")
        for frame in self.frames:
            con.register("staging_findings", frame)
            con.execute("insert into found_issue by name select * from staging_findings")
            con.unregister("staging_findings")
