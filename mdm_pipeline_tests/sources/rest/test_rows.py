"""The buffer between reading and delivering: last of every key, all columns, bounded batches."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdm_pipeline.sources.rest import rows as rows_module
from mdm_pipeline.sources.rest.answers import at_path, json_text, parsed
from mdm_pipeline.sources.rest.rows import RowBuffer, flat
from mdm_pipeline.sources.rest.template import rendered

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
ROWS = st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["a", "b", None])), max_size=40)


def delivered(buffer: RowBuffer) -> list[dict[str, Any]]:
    return [row for batch in buffer.batches() for row in batch.to_pylist()]


@given(ROWS, st.integers(1, 7))
def test_the_last_row_of_every_key_is_delivered_whatever_the_size_of_batches(
    given_rows: list[tuple[int, str | None]], size: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows_module, "_ROWS_IN_MEMORY", size)
        buffer = RowBuffer(["id"])
        for number, (key, value) in enumerate(given_rows):
            buffer.add({"ID": str(key), "v": value}, f"row {number}")
        last = {str(key): (value, f"row {number}") for number, (key, value) in enumerate(given_rows)}
        assert {r["ID"]: (r["v"], r["_location"]) for r in delivered(buffer)} == last
        assert buffer.distinct_keys == len(last)
        assert [row["ID"] for batch in buffer.key_batches() for row in batch.to_pylist()] == [
            r["ID"] for r in delivered(buffer)
        ]
        buffer.close()


def test_rows_without_a_key_are_delivered_all_of_them_for_landing_to_reject() -> None:
    buffer = RowBuffer(["id", "line"])
    for line in (None, None, "1"):
        buffer.add({"id": "7", "line": line}, "p")
    assert len(delivered(buffer)) == 3


def test_columns_are_the_union_of_all_rows_after_the_configured_ones() -> None:
    buffer = RowBuffer(["id"], ["name", "id"])
    buffer.add({"id": "1", "x": None, "Owner": None}, "p1")
    buffer.add({"id": "2", "Name": "n", "Owner.id": "7", "X": "other"}, "p2")
    assert buffer.delivered_columns == ("Name", "id", "x", "Owner.id", "X_1")
    assert delivered(buffer) == [
        {"Name": None, "id": "1", "x": None, "Owner.id": None, "X_1": None, "_location": "p1"},
        {"Name": "n", "id": "2", "x": None, "Owner.id": "7", "X_1": "other", "_location": "p2"},
    ]
    assert RowBuffer(["id"], ["a"]).never_filled == ["a"]


@given(VALUES)
def test_a_nested_value_survives_as_json_text(value: Any) -> None:
    assert json.loads(json_text(parsed(json.dumps(value).encode()))) == value


@given(st.dictionaries(st.text(min_size=1, max_size=4), VALUES, max_size=4))
def test_no_value_of_a_row_is_lost_when_it_is_flattened(row: dict[str, Any]) -> None:
    def leaves(value: Any) -> int:
        return sum(map(leaves, value.values())) if isinstance(value, dict) and value else 1

    assert len(flat(row)) == sum(map(leaves, row.values()))


@given(VALUES)
def test_a_template_without_variables_is_what_it_says(value: Any) -> None:
    def has_braces(part: Any) -> bool:
        return "{{" in json.dumps(part)

    if not has_braces(value):
        assert rendered(value, {}, "t") == value


def test_paths_find_names_that_hold_dots() -> None:
    value = {"a": {"b": [1, {"c": 2}]}, "@odata.nextLink": "n", "a.b": "dotted"}
    assert at_path(value, "a.b.1.c") == 2
    assert at_path(value, "a.b") == "dotted"
    assert at_path(value, "@odata.nextLink") == "n"
    assert at_path(value, "") is value
