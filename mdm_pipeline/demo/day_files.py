"""Reading a delivered day back and writing the next one over it.

In: the folders of a day, or its tables. Out: its tables, or the folders of the next day.
Invariant: a table read and written without change has the same rows; the CRM is touched where rows differ.
What does not belong here: what changes overnight (`next_day`).
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import sqlalchemy as sa

from mdm_pipeline.demo import crm
from mdm_pipeline.demo.sinks import EXCEL_LIMIT, CsvSink, write_sheet

MONEY = ("net_amount", "tax_amount", "gross_amount", "amount", "fee")


def read_day(folder: Path, engine: sa.Engine) -> dict[str, pl.DataFrame]:
    """All tables of a day that can change."""
    tables = {}
    with engine.connect() as connection:
        for name, table in crm.metadata().tables.items():
            rows = connection.execute(sa.select(table).order_by(*table.primary_key.columns)).fetchall()
            schema = {c.name: crm.POLARS_TYPES.get(c.name, pl.String) for c in table.columns}
            tables[f"crm.{name}"] = pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row")
    text = (folder / "erp" / "customers.csv").read_bytes().decode("gb18030")
    tables["erp.customers"] = pl.read_csv(text.encode(), infer_schema=False)
    for name in ("orders", "order_lines"):
        tables[f"erp.{name}"] = pl.read_parquet(folder / "erp" / f"{name}.parquet")
    for name in ("billing_customers", "invoices", "payments"):
        tables[f"finance.{name}"] = _read_sheet(folder / "finance", name)
    tables["truth"] = pl.read_csv(folder / "truth.csv", infer_schema=False)
    return tables


def _read_sheet(folder: Path, name: str) -> pl.DataFrame:
    """A sheet of finance with text as text and money as decimals."""
    workbook = folder / f"{name}.xlsx"
    if workbook.exists():
        frame = pl.read_excel(workbook, read_options={"dtypes": "string"})
    else:
        frame = pl.read_csv(folder / f"{name}.csv", infer_schema=False)
    return frame.with_columns(
        pl.col(column).cast(pl.Float64).round(2).cast(pl.Decimal(18, 2)) for column in MONEY if column in frame.columns
    )


def write_crm(tables: dict[str, pl.DataFrame], engine: sa.Engine) -> None:
    """Bring the database to the day's state, touching only rows that differ."""
    with engine.begin() as connection:
        for name, table in crm.metadata().tables.items():
            key = list(crm.KEYS[name])
            schema = {c.name: crm.POLARS_TYPES.get(c.name, pl.String) for c in table.columns}
            rows = [tuple(row) for row in connection.execute(sa.select(table)).fetchall()]
            before = pl.DataFrame(rows, schema=schema, orient="row")
            after = tables[f"crm.{name}"]
            gone = before.join(after, on=before.columns, how="anti", nulls_equal=True)
            come = after.join(before, on=before.columns, how="anti", nulls_equal=True, maintain_order="left")
            same_key = come.join(before, on=key, how="semi", maintain_order="left")
            dead = gone.join(after, on=key, how="anti")
            new = come.join(before, on=key, how="anti", maintain_order="left")
            where = sa.and_(*[table.c[k] == sa.bindparam(f"key_{k}") for k in key])
            if dead.height:
                connection.execute(table.delete().where(where), _keyed(dead.select(key), key))
            if same_key.height:
                connection.execute(table.update().where(where), _keyed(same_key, key))
            if new.height:
                connection.execute(table.insert(), new.rows(named=True))


def _keyed(frame: pl.DataFrame, key: list[str]) -> list[dict[str, object]]:
    """Rows as parameters: the key under names of its own, the other columns under theirs."""
    return frame.rename({k: f"key_{k}" for k in key}).rows(named=True)


def write_files(tables: dict[str, pl.DataFrame], out: Path) -> None:
    """ERP and finance deliver whole files."""
    sink = CsvSink(out / "erp" / "customers.csv", encoding="gb18030")
    sink.write(tables["erp.customers"])
    sink.close()
    for name in ("orders", "order_lines"):
        tables[f"erp.{name}"].write_parquet(out / "erp" / f"{name}.parquet")
    for name in ("billing_customers", "invoices", "payments"):
        frame = tables[f"finance.{name}"]
        for kind in ("xlsx", "csv"):
            (out / "finance" / f"{name}.{kind}").unlink(missing_ok=True)
        if frame.height <= EXCEL_LIMIT:
            write_sheet(out / "finance" / f"{name}.xlsx", frame)
        else:
            large = CsvSink(out / "finance" / f"{name}.csv", bom=True)
            large.write(frame)
            large.close()
    truth = CsvSink(out / "truth.csv")
    truth.write(tables["truth"])
    truth.close()
