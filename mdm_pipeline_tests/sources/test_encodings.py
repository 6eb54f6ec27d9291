"""Which encoding a file is in, and what becomes of bytes that are not in it."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdm_pipeline.sources.encodings import BadBytes, decode, detect

SIMPLIFIED = "编号,名称,地址\n1,上海远景贸易有限公司,上海市浦东新区世纪大道100号\n2,张伟,北京市朝阳区建国路88号\n"
TRADITIONAL = "編號,名稱,地址\n1,臺灣遠景貿易有限公司,臺北市信義區市府路1號\n2,張偉,新竹市東區光復路二段101號\n"
WESTERN = "id;name\n1;Müller Söhne GmbH\n2;Café Zoé\n3;Señor Muñoz, São Paulo\n"
CASES = {
    "plain ASCII": (b"id,name\n1,Smith\n", "utf-8"),
    "UTF-8": (SIMPLIFIED.encode(), "utf-8"),
    "UTF-8 with mark": (b"\xef\xbb\xbf" + SIMPLIFIED.encode(), "utf-8"),
    "UTF-8 with one bad byte": (SIMPLIFIED.encode() + b"3,\xff,x\n", "utf-8"),
    "UTF-8 cut within a character": (SIMPLIFIED.encode()[:-4] + "路".encode()[:2], "utf-8"),
    "UTF-16 with mark": (b"\xff\xfe" + SIMPLIFIED.encode("utf-16-le"), "utf-16-le"),
    "UTF-16 without mark": ("id,name\n1,Smith\n".encode("utf-16-be"), "utf-16-be"),
    "GB18030": (SIMPLIFIED.encode("gb18030"), "gb18030"),
    "GB18030, ten bytes": ("张伟,李娜\n".encode("gb18030"), "gb18030"),
    "GB18030 with one bad byte": (SIMPLIFIED.encode("gb18030") * 5 + b"\xff\n", "gb18030"),
    "GB18030 in one late line": (
        b"id,name\n" + b"1,Smith\n" * 200_000 + "2,上海公司\n".encode("gbk"),
        "gb18030",
    ),
    "Big5": (TRADITIONAL.encode("big5"), "big5"),
    "Western": (WESTERN.encode("cp1252"), "cp1252"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_encoding_is_found(name: str) -> None:
    content, encoding = CASES[name]
    assert detect(io.BytesIO(content)) == encoding


def test_bad_bytes_are_marked_and_reported_with_line_and_offset() -> None:
    bad: list[BadBytes] = []
    content = "1,上海\n2,北".encode() + b"\xff" + "京\n".encode()
    assert "".join(decode(io.BytesIO(content), "utf-8", bad.append)) == "1,上海\n2,北\ufffd京\n"
    assert bad == [BadBytes(2, content.index(b"\xff"), b"\xff")]


def test_a_character_cut_by_the_end_of_the_file_is_reported() -> None:
    bad: list[BadBytes] = []
    assert "".join(decode(io.BytesIO("路".encode()[:2]), "utf-8", bad.append)) == "\ufffd"
    assert bad == [BadBytes(1, 0, "路".encode()[:2])]


@given(
    st.text(st.sampled_from("a,\n上海é\U00020000"), max_size=60),
    st.sampled_from(["utf-8", "gb18030", "utf-16-le", "utf-16-be"]),
)
def test_text_comes_back_whatever_the_encoding(text: str, encoding: str) -> None:
    bad: list[BadBytes] = []
    assert "".join(decode(io.BytesIO(text.encode(encoding)), encoding, bad.append)) == text
    assert bad == []
