"""A delivery in the hub's temporary tables: all rows, in order, and errors as the reader raised them."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest
from duckdb import DuckDBPyConnection
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm_pipeline.errors import TransientError
from mdm_pipeline.hub.connection import open_in_memory
from mdm_pipeline.landing.deleted_keys import load_keys
from mdm_pipeline.landing.loading import load_delivery
from mdm_pipeline.sources.delivery import Delivery, text_batch


def delivery_of(*batches: list[str | None]) -> Delivery:
    def read() -> Iterator[pa.RecordBatch]:
        for values in batches:
            yield text_batch(["id"], [pa.array(values, pa.string())], [f"file:{value}" for value in values])

    return Delivery(("id",), read())


@settings(max_examples=15)
@given(
    batches=st.lists(st.lists(st.one_of(st.none(), st.text(alphabet="ab|\\\0中", max_size=3)), max_size=4), max_size=5)
)
def test_rows_keep_their_order_and_text_however_they_are_cut(batches: list[list[str | None]]) -> None:
    con = open_in_memory()
    con.execute("set preserve_insertion_order = false")
    wanted = [value for values in batches for value in values]
    assert load_delivery(con, delivery_of(*batches), ["id"]) == len(wanted)
    rows = con.execute("select _row, _location, id from landing_delivered order by _row").fetchall()
    assert rows == [(number, f"file:{value}", value) for number, value in enumerate(wanted)]
    keys = con.execute("select _row, source_key from landing_delivered_key order by _row").fetchall()
    assert keys == [(n, value if value is not None and value.strip(" ") else None) for n, value in enumerate(wanted)]
    con.close()


def test_what_a_reader_raises_comes_through_as_it_is(con: DuckDBPyConnection) -> None:
    class GoneAway(TransientError):
        """The source left."""

    def read() -> Iterator[pa.RecordBatch]:
        yield text_batch(["id"], [pa.array(["1"])], ["table row 1"])
        raise GoneAway("crm.account: the database does not answer")

    con.execute("begin")
    with pytest.raises(GoneAway, match=r"^crm.account: the database does not answer$"):
        load_delivery(con, Delivery(("id",), read()), ["id"])
    con.execute("rollback")


def test_batches_are_not_held_until_the_transaction_ends(con: DuckDBPyConnection) -> None:
    """Arrow memory is free again when the delivery is loaded, though the transaction goes on."""
    before = pa.total_allocated_bytes()
    con.execute("begin")
    load_delivery(con, delivery_of(*([["x" * 1000] * 1000] * 20)), ["id"])
    assert pa.total_allocated_bytes() - before < 5_000_000
    con.execute("rollback")


def test_neither_are_lists_of_keys(con: DuckDBPyConnection) -> None:
    def keys() -> Iterator[pa.RecordBatch]:
        for number in range(20):
            values = [f"{number}-{i}-" + "x" * 1000 for i in range(1000)]
            yield text_batch(["ID"], [pa.array(values)], [""] * 1000)

    before = pa.total_allocated_bytes()
    con.execute("begin")
    load_keys(con, Delivery(("id",), iter(()), present_keys=keys(), deleted_keys=keys()), ["id"])
    assert pa.total_allocated_bytes() - before < 5_000_000
    for table in ("landing_present_key", "landing_gone_key"):
        assert con.execute(f"select count(distinct source_key) from {table}").fetchone() == (20_000,)  # noqa: S608
    con.execute("rollback")


def test_what_a_list_of_keys_raises_comes_through_as_it_is(con: DuckDBPyConnection) -> None:
    def keys() -> Iterator[pa.RecordBatch]:
        yield text_batch(["id"], [pa.array(["1"])], [""])
        raise TransientError("crm.account: the database does not answer")

    con.execute("begin")
    with pytest.raises(TransientError, match=r"^crm.account: the database does not answer$"):
        load_keys(con, Delivery(("id",), iter(()), present_keys=keys()), ["id"])
    con.execute("rollback")
