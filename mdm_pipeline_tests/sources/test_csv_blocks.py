"""The block parser: the careful parser's rows, only faster, or nothing."""

from __future__ import annotations

import io
from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from mdm_pipeline.config.connections import FileFormat
from mdm_pipeline.sources.csv_blocks import parse_block
from mdm_pipeline.sources.csv_files import CsvFile
from mdm_pipeline.sources.csv_rows import Dialect
from mdm_pipeline.sources.delivery import ReadProblem

Read = tuple[list[dict[str, str | None]], list[ReadProblem]]


def read(content: bytes, block_size: int, file_format: FileFormat, columns: tuple[str, ...]) -> Read:
    dialect = Dialect(
        file_format.delimiter, file_format.quote, file_format.escape, file_format.doubled_quotes, file_format.comment
    )
    file = CsvFile(
        "c.csv", lambda: io.BytesIO(content), file_format, "utf-8", dialect, columns, file_format.header_row, block_size
    )
    problems: list[ReadProblem] = []
    rows = [row for batch in file.batches(problems) for row in batch.to_pylist()]
    # of a row that is too long, the careful parser alone may know that no quote was open: the advice differs by that
    return rows, [replace(one, reason=one.reason.removesuffix("; correct its quotes")) for one in problems]


pieces = st.sampled_from(
    ["a", "1", ",", ",", '"', '"', "\n", "\n", "\r\n", "\r", " ", '""', '","', '"\n"', "上", "\0", "\\", "#", "\ufeff"]
)
plain_lines = st.lists(
    st.sampled_from(["a,b", '"a","b"', '1,"x\ny"', ",", '"",""', "甲,乙", '"q""q",2', ""]), max_size=30
)
formats = st.builds(
    FileFormat,
    delimiter=st.just(","),
    quote=st.sampled_from(['"', '"', '"', "", "'"]),
    escape=st.sampled_from(["", "", "\\"]),
    doubled_quotes=st.sampled_from([True, True, False]),
    comment=st.sampled_from(["", "", "#"]),
    header_row=st.integers(0, 1),
    skip_footer=st.integers(0, 2),
    longest_row=st.sampled_from([8, 30, 1_000_000]),
)


@settings(max_examples=600)
@given(
    st.one_of(st.lists(pieces, max_size=40).map("".join), plain_lines.map("\n".join), plain_lines.map("\r\n".join)),
    formats,
    st.integers(1, 3),
    st.sampled_from([1, 7, 64, 1 << 22]),
)
@example('a,b\n1,"x\ny"\n\n2,"z"\n', FileFormat(delimiter=","), 2, 7)
@example("a,b\n\ufeff1,2\n", FileFormat(delimiter=","), 2, 4)
def test_both_parsers_give_the_same_rows_lines_and_problems(
    text: str, file_format: FileFormat, width: int, block_size: int
) -> None:
    columns = tuple(f"c{number}" for number in range(width))
    careful = read(text.encode(), 0, file_format, columns)
    assert read(text.encode(), block_size, file_format, columns) == careful


def test_a_plain_block_is_parsed_up_to_its_last_whole_row_with_the_lines_before_each() -> None:
    block = b'1,a\r\n\r\n"2","b\nb"\r\n3,'
    parsed = parse_block(block, Dialect(","), 2, 1_000, is_last=False)
    assert parsed is not None
    assert [column.to_pylist() for column in parsed.columns] == [["1", "2"], ["a", "b\nb"]]
    assert (parsed.lines.tolist(), parsed.length, parsed.line_count) == ([0, 2], len(block) - 2, 4)


def test_whatever_is_odd_is_left_to_the_careful_parser() -> None:
    odd = {
        "a quote within a field": b'1,a"b\n',
        "text behind a closing quote": b'1,"a"b\n',
        "an open quote": b'1,"a\n2,b\n',
        "another width": b"1,a\n2\n",
        "a carriage return alone": b"1,a\r2,b\n",
        "NUL": b"1,\0\n",
        "a mark": b"\xef\xbb\xbf1,a\n",
        "a long row": b"1," + b"a" * 2000 + b"\n",
    }
    dialect = Dialect(",")
    assert {name for name, block in odd.items() if parse_block(block, dialect, 2, 1_000, is_last=True)} == set()
    assert parse_block(b"#1,a\n", replace(dialect, comment="#"), 2, 1_000, is_last=True) is None
    assert parse_block(b"1,\\a\n", replace(dialect, escape="\\"), 2, 1_000, is_last=True) is None
