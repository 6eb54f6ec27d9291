"""Which encoding a file is in, and what becomes of bytes that are not in it."""

from __future__ import annotations

import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdm_pipeline.sources.encodings import REPLACEMENT, BadBytes, decode, detect

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
    "UTF-16 without mark, mostly Chinese": (SIMPLIFIED.encode("utf-16-le"), "utf-16-le"),
    "UTF-8 with zero bytes here and there": (b"id,name\n1,Sm\0ith\n2,Jones\n", "utf-8"),
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


# words as they stand in customer files, none of them taken from the detector's own list of characters
SIMPLIFIED_WORDS = [
    "苏州工业园区",
    "软件技术",
    "责任",
    "股份",
    "集团",
    "医药器械",
    "华东",
    "办事处",
    "订单",
    "发票",
    "银行账户",
    "采购部",
]
TRADITIONAL_WORDS = [
    "資訊",
    "股份有限公司",
    "統一編號",
    "國際",
    "電子",
    "實業",
    "訂單",
    "發票",
    "銀行帳戶",
    "採購",
    "營業部",
    "企業社",
]
WESTERN_WORDS = [
    "Société",
    "Grüße",
    "Åkesson",
    "Núñez",
    "façade",
    "Bäckerei",
    "coöperatie",
    "Æblegård",
    "naïve",
    "Zürich",
    "Être",
]


def file_of(words: list[str]) -> str:
    """A file with one word per row beside Latin cells."""
    return "id,name,code\n" + "".join(f"{number},{word},A-{number}\n" for number, word in enumerate(words))


@pytest.mark.parametrize(
    ("words", "encoding", "found"),
    [
        (SIMPLIFIED_WORDS, "gb18030", "gb18030"),
        (SIMPLIFIED_WORDS, "gbk", "gb18030"),
        (SIMPLIFIED_WORDS, "utf-8", "utf-8"),
        (SIMPLIFIED_WORDS, "utf-8-sig", "utf-8"),
        (SIMPLIFIED_WORDS, "utf-16-le", "utf-16-le"),
        (TRADITIONAL_WORDS, "big5", "big5"),
        (TRADITIONAL_WORDS, "utf-16-be", "utf-16-be"),
        (TRADITIONAL_WORDS, "utf-16", "utf-16-le"),
        (WESTERN_WORDS, "cp1252", "cp1252"),
        (WESTERN_WORDS, "latin-1", "cp1252"),
        (WESTERN_WORDS, "utf-8", "utf-8"),
    ],
)
@given(data=st.data())
def test_files_of_common_words_come_back_in_every_encoding(
    data: st.DataObject, words: list[str], encoding: str, found: str
) -> None:
    text = file_of(data.draw(st.lists(st.sampled_from(words), min_size=6, max_size=60)))
    content = text.encode(encoding)
    assert detect(io.BytesIO(content)) == found
    bad: list[BadBytes] = []
    assert "".join(decode(io.BytesIO(content), found, bad.append)) == text
    assert bad == []


@given(st.lists(st.sampled_from([b"a", b"\n", b"\r", b"\r\n", "上".encode(), b"\xff", b"\x81", b"\xe4"]), max_size=40))
def test_every_bad_sequence_has_the_line_and_offset_where_it_stands(parts: list[bytes]) -> None:
    content = b"".join(parts)
    bad: list[BadBytes] = []
    text = "".join(decode(io.BytesIO(content), "utf-8", bad.append))
    assert text == content.decode("utf-8", errors="replace")
    assert text.count(REPLACEMENT) == len(bad)
    for found in bad:
        before = content[: found.offset].decode("utf-8", errors="replace")
        assert content[found.offset :].startswith(found.content)
        assert found.line == len(f"{before}.".splitlines())


def test_a_file_in_the_wrong_encoding_is_decoded_in_time_that_its_length_allows() -> None:
    content = (SIMPLIFIED * 20_000).encode("gb18030")
    bad: list[BadBytes] = []
    started = time.process_time()
    for _ in decode(io.BytesIO(content), "utf-8", bad.append):
        pass
    assert (len(bad), bad[-1].content) == (1001, b"")
    assert bad[-1].more > 100_000
    assert time.process_time() - started < 10
