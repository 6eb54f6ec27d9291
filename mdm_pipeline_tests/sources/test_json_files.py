"""JSON files: values as they stand, keys that differ from line to line, and what is broken."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdm_pipeline.config.connections import FileFormat
from mdm_pipeline.errors import SourceHeldBack
from mdm_pipeline.sources.json_files import open_json
from mdm_pipeline_tests.sources.deliveries import delivered, files_source, read_table, write


def test_numbers_are_the_text_of_the_file_and_objects_become_columns(tmp_path: Path) -> None:
    long = "1" * 50
    content = (
        f'{{"id": "007", "amount": 1.10, "big": {long}, "huge": 1e400, "owner": {{"id": 5, "name": "张伟"}}}}\n'
        '{"id": "008", "tags": [1.0, {"x": null}], "is_new": true, "owner": null, "note": ""}\n'
    )
    write(tmp_path, "c.jsonl", content)
    delivery, rows = delivered(files_source("*.jsonl"), tmp_path)
    nothing = dict.fromkeys(delivery.columns)
    assert rows == [
        nothing
        | {"id": "007", "amount": "1.10", "big": long, "huge": "1e400", "owner.id": "5", "owner.name": "张伟"}
        | {"_location": "c.jsonl:1"},
        nothing | {"id": "008", "tags": '[1.0, {"x": null}]', "is_new": "true", "note": "", "_location": "c.jsonl:2"},
    ]
    assert delivery.problems == []


def test_objects_may_stay_json_text(tmp_path: Path) -> None:
    write(tmp_path, "c.ndjson", '{"id": 1, "owner": {"rate": 2.50}}\n')
    assert delivered(files_source("*.ndjson", format={"flatten": False}), tmp_path)[1] == [
        {"id": "1", "owner": '{"rate": 2.50}', "_location": "c.ndjson:1"}
    ]


def test_a_broken_line_is_rejected_and_the_next_one_is_read(tmp_path: Path) -> None:
    content = '{"id": 1}\n{"id": \n\n5\n{"id": 2} x\n{"id": 3, "id": 4}\n{"id": "\\u0000a\\ud800"}\n'
    write(tmp_path, "c.jsonl", content + '{"id": "' + "x" * 900 + '"}\n{"id": 9}')
    delivery, rows = delivered(files_source("*.jsonl", format={"longest_row": 500}), tmp_path)
    assert [(r["id"], r["_location"]) for r in rows] == [
        ("1", "c.jsonl:1"),
        ("4", "c.jsonl:6"),
        ("a\ufffd", "c.jsonl:7"),
        ("9", "c.jsonl:9"),
    ]
    assert [(p.location, p.column, p.is_row_lost) for p in delivery.problems] == [
        ("c.jsonl:2", None, True),
        ("c.jsonl:4", None, True),
        ("c.jsonl:5", None, True),
        ("c.jsonl:6", "id", False),
        ("c.jsonl:7", "id", False),
        ("c.jsonl:8", None, True),
    ]


def test_an_array_is_read_element_by_element_with_their_lines(tmp_path: Path) -> None:
    write(tmp_path, "c.json", '\n [ {"id": 1},\n{"id":\n2}\n, 7 ]\n')
    delivery, rows = delivered(files_source("*.json"), tmp_path)
    assert rows == [{"id": "1", "_location": "c.json:2"}, {"id": "2", "_location": "c.json:3"}]
    assert [(p.location, p.value, p.is_row_lost) for p in delivery.problems] == [("c.json:5", "7", True)]


def test_an_array_may_stand_within_a_document(tmp_path: Path) -> None:
    write(tmp_path, "c.json", '{"data": {"items": [{"id": 1.0}], "count": 1}}')
    source = files_source("*.json", format={"records": "data.items"})
    assert delivered(source, tmp_path)[1] == [{"id": "1.0", "_location": "c.json:1"}]


def test_declared_columns_are_taken_and_other_keys_reported_once(tmp_path: Path) -> None:
    write(tmp_path, "c.jsonl", '{"x": 1, "id": 1}\n{"x": 2}\n')
    delivery, rows = delivered(files_source("*.jsonl", format={"columns": ["id"]}), tmp_path)
    assert [r["id"] for r in rows] == ["1", None]
    assert [(p.location, p.column) for p in delivery.problems] == [("c.jsonl:1", "x")]


@pytest.mark.parametrize(
    ("content", "message", "file_format"),
    [
        ('[{"id": 1},\n{"id": 2', "line 2: an element is broken", {}),
        ('[{"id": 1}\n{"id": 2}]', r"line 2: '\{' where '\]' is expected", {}),
        ('[{"id": 1}] x', "line 1: text follows the end of the array", {}),
        ("[" * 100_000, r"line 1: an element is broken \(nested too deeply\)", {}),
        ('{"data": {}}', "records: no key 'items' of path 'data.items'", {"records": "data.items"}),
        ("{" + ",".join(f'"k{n}": 1' for n in range(2001)) + "}", "more than 2000 keys by line 1", {}),
    ],
)
def test_what_cannot_be_read_on_is_refused_as_a_whole(
    tmp_path: Path, content: str, message: str, file_format: dict[str, Any]
) -> None:
    write(tmp_path, "c.json", content)
    with pytest.raises(SourceHeldBack, match=rf"file c\.json: cannot be read \({message}"):
        read_table(files_source("*.json", format=file_format), "customers", tmp_path)


values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.floats(allow_nan=False)),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=4,
)
records = st.lists(st.dictionaries(st.sampled_from(["id", "a", "b"]), values, min_size=1), min_size=1, max_size=5)


@given(records, st.booleans())
def test_what_a_json_writer_wrote_comes_back_as_lines_and_as_an_array(
    rows: list[dict[str, Any]], is_array: bool
) -> None:
    texts = [json.dumps(row, ensure_ascii=True) for row in rows]
    content = ("[" + ",\n".join(texts) + "]" if is_array else "\n".join(texts)).encode()
    found = [row for batch in _open(content).batches([]) for row in batch.to_pylist()]
    assert [{k: v for k, v in row.items() if v is not None and k != "_location"} for row in found] == [
        {key: _text(value) for key, value in row.items() if value is not None} for row in rows
    ]


def _open(content: bytes) -> Any:
    return open_json("c.json", lambda: io.BytesIO(content), FileFormat())


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.replace("\0", "") if isinstance(value, str) else text
