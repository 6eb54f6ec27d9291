"""Small frames of text columns for the tables below."""

import polars as pl


def series(values) -> pl.Series:
    return pl.Series("value", list(values), dtype=pl.String)


def frame(columns: list[str], rows) -> pl.DataFrame:
    """Rows may be shorter than the columns; what is missing is null."""
    filled = [[*row, *[None] * (len(columns) - len(row))] for row in rows]
    return pl.DataFrame(filled, schema={column: pl.String for column in columns}, orient="row")
