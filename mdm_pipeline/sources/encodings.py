"""Text files of unknown encoding: which it is, and decoding that counts what it cannot read.

In: binary streams. Out: an encoding's name; chunks of text plus one `BadBytes` per undecodable sequence.
Invariant: decoding never stops and never drops bytes in silence: each bad sequence becomes U+FFFD and is
reported. DuckDB's own readers are slower here and fail silently (Big5: no rows; cp1252: one column), hence
our own. Does not belong here: lines, delimiters, columns.
"""

from __future__ import annotations

import codecs
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

REPLACEMENT = "\ufffd"
_CHUNK = 1 << 20
_SAMPLE = 1 << 18
# A file in the wrong encoding has millions of bad sequences.
_LISTED = 1000
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# The most frequent characters of running text and of customer data, in each script.
_FREQUENT_SIMPLIFIED = frozenset(
    "的一是不了人在有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里"
    "用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实"
    "公司限州市区省县路号街道楼室有限科技贸易商北京上海广东深圳江苏浙江杭南山四川湖福建安徽河西张王李刘陈杨"
    "赵黄周吴徐孙马朱胡林郭何高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁名称电话地址客户编联系男女伟芳娜秀英敏静丽强磊军洋"
)
_FREQUENT_TRADITIONAL = frozenset(
    "的一是不了人在有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡"
    "用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實"
    "公司限州市區省縣路號街道樓室有限科技貿易商臺灣香港北京上海廣東深圳新竹高雄中山張王李劉陳楊"
    "趙黃周吳徐孫馬朱胡林郭何高羅鄭梁謝宋唐許鄧馮韓曹曾彭蕭蔡潘田董袁名稱電話地址客戶編聯繫男女偉芳娜秀英敏靜麗強磊軍洋"
)
_HAN = re.compile("[\u3400-\u9fff]+")


@dataclass(frozen=True)
class BadBytes:
    """A sequence that the encoding does not have.

    Args:
        line: from 1.
        offset: in the file, from 0.
        content: the bytes; none where this stands for the ones that are not listed.
        more: how many follow that are not listed.
    """

    line: int
    offset: int
    content: bytes
    more: int = 0


def detect(stream: BinaryIO) -> str:
    """The encoding of a text file: byte order mark, strict UTF-8, GB18030 against Big5, else cp1252.

    Args:
        stream: at its start; read to the end, because one late line in another encoding decides.
    """
    start = stream.read(4096)
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding
    if wide := _wide_without_mark(start):
        return wide
    is_utf8, sample = _scan(start, stream)
    return "utf-8" if is_utf8 else _score(sample)


def decode(stream: BinaryIO, encoding: str, on_bad: Callable[[BadBytes], None]) -> Iterator[str]:
    """Chunks of text.

    Args:
        stream: at its start; a byte order mark of the encoding is skipped.
        encoding: any that Python knows.
        on_bad: called for the first thousand undecodable sequences, which become U+FFFD, and once for all others.

    Raises:
        LookupError: Python does not know the encoding.
    """
    plain, mark = _without_mark(encoding)
    decoder = codecs.getincrementaldecoder(plain)(_NOTING)
    data = stream.read(_CHUNK)
    base = len(mark) if mark and data.startswith(mark) else 0
    data = data[base:]
    lines = LineCount()
    listed = more = 0
    while True:
        is_end = not data
        # set anew for every step: between two of them the same thread may decode another file
        _noted.errors, _noted.room, _noted.more = [], _LISTED - listed, 0
        text = decoder.decode(data, final=is_end)
        noted, more = _noted.errors, more + _noted.more
        base += len(data)
        if noted:
            _report(noted, base, lines, plain, on_bad)
        else:
            lines.add(text)
        listed += len(noted)
        if text:
            yield text
        if is_end:
            break
        data = stream.read(_CHUNK)
    if more:
        on_bad(BadBytes(lines.line, base, b"", more))


class LineCount:
    """Counts the lines of a text that comes in pieces, whatever their line ends."""

    def __init__(self) -> None:
        self.line = 1
        self._is_after_return = False

    def add(self, text: str) -> None:
        """Go past a piece of text."""
        if not text:
            return
        self.line += text.count("\n")
        if "\r" in text:
            self.line += text.count("\r") - text.count("\r\n")
        if self._is_after_return and text[0] == "\n":
            self.line -= 1
        self._is_after_return = text[-1] == "\r"


class _Noted(threading.local):
    """Errors of the decoding step that runs in this thread: codecs know error handlers only by a global name."""

    def __init__(self) -> None:
        self.errors: list[tuple[bytes, int, int]] = []
        self.room = 0
        self.more = 0


_noted = _Noted()
_NOTING = "mdm_replace_and_note"


def _note(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    if len(_noted.errors) < _noted.room:
        _noted.errors.append((error.object, error.start, error.end))
    else:
        _noted.more += 1
    return REPLACEMENT, error.end


codecs.register_error(_NOTING, _note)


def _report(
    noted: list[tuple[bytes, int, int]],
    end: int,
    lines: LineCount,
    encoding: str,
    on_bad: Callable[[BadBytes], None],
) -> None:
    """The errors of one step with their places; afterwards `lines` stands at the step's end."""
    whole = noted[0][0]
    first = end - len(whole)
    past = 0
    for _, start, stop in noted:
        lines.add(codecs.decode(whole[past:start], encoding, "replace"))
        on_bad(BadBytes(lines.line, first + start, whole[start:stop]))
        lines.add(REPLACEMENT)
        past = stop
    lines.add(codecs.decode(whole[past:], encoding, "replace"))


def _without_mark(encoding: str) -> tuple[str, bytes]:
    """The encoding without the variant that reads a mark by itself, and the mark to skip."""
    name = codecs.lookup(encoding).name
    plain = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(name, name)
    return plain, next((mark for mark, of in _MARKS if of == plain), b"")


def _wide_without_mark(start: bytes) -> str | None:
    """UTF-16 without a mark: the digits, delimiters and line ends have a zero in the same half of their two bytes.

    A few Chinese characters (一 is 4E00) have one in the other half.
    """
    start = start[: len(start) // 2 * 2]
    low, high = start[0::2].count(0), start[1::2].count(0)
    for encoding, zeros, others in (("utf-16-le", high, low), ("utf-16-be", low, high)):
        if zeros > 0.1 * len(start) / 2 and zeros > 3 * others and _bad_share(start, encoding) < 0.05:
            return encoding
    return None


def _scan(start: bytes, stream: BinaryIO) -> tuple[bool, bytes]:
    """Whether all of it is UTF-8 (a cut last character allowed), and its lines that are not plain ASCII."""
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    is_utf8, sample, data = True, b"", start
    while data:
        if is_utf8:
            try:
                decoder.decode(data)
            except UnicodeDecodeError:
                is_utf8 = False
        if len(sample) < _SAMPLE and not data.isascii():
            # Whole chunks may begin within a line; a cut character at the edge weighs nothing in the score.
            sample += b"\n".join(line for line in data.split(b"\n") if not line.isascii())
        if not is_utf8 and len(sample) >= _SAMPLE:
            break
        data = stream.read(_CHUNK)
    return is_utf8, sample[:_SAMPLE]


def _score(sample: bytes) -> str:
    """Which encoding a text that is not clean UTF-8 is in."""
    if _bad_share(sample, "utf-8") < 0.05:
        return "utf-8"
    scores = {
        "gb18030": _frequent_share(sample, "gb18030", _FREQUENT_SIMPLIFIED),
        "big5": _frequent_share(sample, "big5", _FREQUENT_TRADITIONAL),
    }
    best = max(scores, key=lambda name: scores[name])
    if scores[best] > 0.02:
        return best
    # too few words to hold a frequent character: Chinese still runs on, where accented letters stand alone
    shapes = {"gb18030": _running_share(sample, "gb18030"), "big5": _running_share(sample, "big5")}
    best = max(shapes, key=lambda name: shapes[name])
    return best if shapes[best] > 0.5 else "cp1252"


def _running_share(sample: bytes, encoding: str) -> float:
    """How much of the text beyond ASCII is common Chinese with more of it beside."""
    text = sample.decode(encoding, errors="replace")
    runs = [run for run in _HAN.findall(text) if len(run) > 1]
    foreign = sum(character > "\x7f" for character in text)
    common = sum(_is_common(character, encoding) for run in runs for character in run)
    return common / max(foreign, 1) - 5 * text.count(REPLACEMENT) / max(foreign, 1)


def _is_common(character: str, encoding: str) -> bool:
    """Whether the encoding's first table, of characters in daily use, has it."""
    code = character.encode(encoding, errors="replace")
    if encoding == "big5":
        return b"\xa4" <= code[:1] <= b"\xc6"
    return len(code) == 2 and b"\xb0" <= code[:1] <= b"\xf7" and code[1:] >= b"\xa1"


def _bad_share(sample: bytes, encoding: str) -> float:
    text = sample.decode(encoding, errors="replace")
    foreign = sum(character > "\x7f" for character in text)
    return text.count(REPLACEMENT) / max(foreign, 1)


def _frequent_share(sample: bytes, encoding: str, frequent: frozenset[str]) -> float:
    text = sample.decode(encoding, errors="replace")
    foreign = sum(character > "\x7f" for character in text)
    hits = sum(character in frequent for character in text)
    return hits / max(foreign, 1) - 5 * text.count(REPLACEMENT) / max(foreign, 1)
