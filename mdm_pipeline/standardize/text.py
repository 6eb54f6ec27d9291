"""Plain text: cleaning, folding, script detection, pinyin.

In: series of text as a source delivered it. Out: series of the same height and order; blank gives null.
Invariant: every function is pure and never raises on rubbish; `clean` and `fold` are idempotent.
Does not belong here: anything that knows what the text means (names, addresses, numbers).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import polars as pl
from anyascii import anyascii
from opencc import OpenCC
from pypinyin.constants import PINYIN_DICT
from pypinyin.contrib.tone_convert import to_normal

from mdm_pipeline.standardize.tables import read_lines

# Han ideographs as a character class body that both Rust's and Python's regex engines read alike.
HAN = "\u2e80-\u2fdf\u3005\u3007\u3021-\u3029\u3038-\u303b\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"

# Format characters, fillers and the blank braille cell: they carry no content and hide differences.
_INVISIBLE = r"[\p{Cf}\u{115f}\u{1160}\u{3164}\u{ffa0}\u{2800}\u{fe00}-\u{fe0f}]"
_BLANKS = r"[\s\p{Cc}]+"
# What cleaning may change: nothing else than these characters, blanks at an end or in a row, and the empty text. NFKC
# leaves the ones named here as they are, whatever stands beside them.
_UNCLEAN = r"^$|^ | $|  |[^ -~\u{c0}-\u{ff}\u{4e00}-\u{9fff}]"
_UNFOLDED = rf"^$|^ | $|  |[^a-z0-9 {HAN}]"
_OTHER_LETTERS = rf"[\p{{L}}&&[^{HAN}\p{{Latin}}]]"
_NEITHER_ASCII_NOR_HAN = re.compile(rf"[^\x00-\x7f{HAN}]+")
_ALL_CJK = [chr(point) for start, end in ((0x3400, 0x4DC0), (0x4E00, 0xA000)) for point in range(start, end)]
# Variants that OpenCC's traditional-to-simplified table leaves alone.
_EXTRA_SIMPLIFIED = {"甯": "宁", "菓": "果", "鍾": "钟", "锺": "钟", "峯": "峰", "堃": "坤", "喆": "哲"}


def clean(s: pl.Series) -> pl.Series:
    """Return text in NFKC without control or invisible characters, blanks collapsed, '' as null."""
    return _where(_as_text(s), _UNCLEAN, _cleaned)


def _cleaned(s: pl.Series) -> pl.Series:
    text = pl.col("text").str.replace_all(_INVISIBLE, "").str.normalize("NFKC")
    text = text.str.replace_all(_BLANKS, " ").str.strip_chars(" ")
    return s.to_frame("text").select(pl.when(text != "").then(text)).to_series()


def fold(s: pl.Series) -> pl.Series:
    """Return the form for comparing: lower case, simplified Han, everything else in ASCII letters and digits.

    Apostrophes vanish (O'Brien -> obrien), other punctuation becomes one blank. Simplification goes character
    by character, so that a part of a name folds to the same part of the folded name.
    """
    return _fold_clean(clean(s))


def _fold_clean(s: pl.Series) -> pl.Series:
    text = simplify(s.str.to_lowercase())
    text = _where(text, rf"[^\x00-\x7f{HAN}]", _by_lines(_to_ascii)).rename(s.name)
    return _where(text, _UNFOLDED, _without_punctuation)


def _without_punctuation(s: pl.Series) -> pl.Series:
    text = pl.col("text").str.replace_all(r"['`]", "").str.replace_all(rf"[^a-z0-9{HAN}]+", " ").str.strip_chars(" ")
    return s.to_frame("text").select(pl.when(text != "").then(text)).to_series()


def simplify(s: pl.Series) -> pl.Series:
    """Return the text with traditional characters replaced by simplified ones; nothing else changes."""
    return _where(s, _traditional(), _by_lines(lambda lines: _translate(lines, _simplified_table())))


def simplify_text(text: str) -> str:
    """Return one text with traditional characters replaced by simplified ones."""
    return text.translate(_simplified_table())


def script(s: pl.Series) -> pl.Series:
    """Return 'han', 'latin', 'mixed' (both) or 'other' (any other letters, or none); blank is null."""
    text = pl.col("text")
    has_han = text.str.contains(f"[{HAN}]")
    has_latin = text.str.contains(r"\p{Latin}")
    has_other = text.str.contains(_OTHER_LETTERS)
    kind = (
        pl.when(text.is_null())
        .then(None)
        .when(has_other)
        .then(pl.lit("other"))
        .when(has_han & has_latin)
        .then(pl.lit("mixed"))
        .when(has_han)
        .then(pl.lit("han"))
        .when(has_latin)
        .then(pl.lit("latin"))
        .otherwise(pl.lit("other"))
    )
    return clean(s).to_frame("text").select(kind.alias(s.name)).to_series()


def pinyin(s: pl.Series) -> pl.Series:
    """Return the folded text with each Han character as its toneless pinyin syllable, separated by blanks."""
    text = fold(s).rename("text")
    text = _where(text, f"[{HAN}]", _by_lines(lambda lines: _translate(lines, _pinyin_table())))
    spaced = pl.col("text").str.replace_all(" +", " ").str.strip_chars(" ")
    return text.to_frame("text").select(spaced.alias(s.name)).to_series()


def is_placeholder(s: pl.Series) -> pl.Series:
    """Return true where a text stands for no value or a test (N/A, 无, 测试, xxx, ---); blank is null."""
    text = clean(s)
    folded = _fold_clean(text)
    frame = pl.DataFrame({"text": text.rename("text"), "folded": folded.rename("folded")})
    dense = pl.col("folded").str.replace_all(" ", "")
    repeated = dense.str.contains(_one_character_repeated())
    known = dense.is_in(_placeholders())
    answer = (
        pl.when(pl.col("text").is_null())
        .then(None)
        .when(pl.col("folded").is_null())
        .then(pl.lit(True))
        .otherwise(known | repeated)
    )
    return frame.select(answer.alias(s.name)).to_series()


def _as_text(s: pl.Series) -> pl.Series:
    return s if s.dtype == pl.String else s.cast(pl.String, strict=False)


def _where(s: pl.Series, pattern: str, convert: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Apply `convert` to the values that contain `pattern`; the others stay as they are."""
    hit = s.str.contains(pattern).fill_null(False)
    if not hit.any():
        return s
    if hit.all():
        return convert(s).rename(s.name)
    indices = hit.arg_true()
    return s.clone().scatter(indices, convert(s.gather(indices)))


def _by_lines(convert: Callable[[list[str]], list[str]]) -> Callable[[pl.Series], pl.Series]:
    """A conversion of lists of texts as one of series."""
    return lambda s: pl.Series(s.name, convert(s.to_list()), dtype=pl.String)


def _translate(lines: list[str], table: dict[int, str]) -> list[str]:
    # One call over the joined text instead of one per value; cleaned values hold no line break.
    converted = "\n".join(lines).translate(table).split("\n")
    return converted if len(converted) == len(lines) else [line.translate(table) for line in lines]


def _to_ascii(lines: list[str]) -> list[str]:
    def ascii_of(match: re.Match[str]) -> str:
        return str(anyascii(match.group()))

    return [_NEITHER_ASCII_NOR_HAN.sub(ascii_of, line).lower() for line in lines]


class _CharacterTable(dict[int, str]):
    """A translate table that remembers unknown characters as themselves; a miss would raise and cost more."""

    def __missing__(self, point: int) -> str:
        self[point] = chr(point)
        return self[point]


@cache
def _simplified_table() -> dict[int, str]:
    return _CharacterTable(_simplified_changes())


@cache
def _simplified_changes() -> dict[int, str]:
    simplified = OpenCC("t2s").convert("\n".join(_ALL_CJK)).split("\n")
    table = dict(zip(_ALL_CJK, simplified, strict=True)) | _EXTRA_SIMPLIFIED
    changed = {before: after for before, after in table.items() if before != after and len(after) == 1}
    # Follow chains to their end: folding twice must give what folding once gives.
    return {ord(before): changed.get(after, after) for before, after in changed.items()}


@cache
def _traditional() -> str:
    """A character class of all that simplification changes."""
    return f"[{''.join(map(chr, sorted(_simplified_changes())))}]"


@cache
def _pinyin_table() -> dict[int, str]:
    table = _CharacterTable()
    plain = {reading: _toneless(reading) for reading in {first.partition(",")[0] for first in PINYIN_DICT.values()}}
    for point, readings in PINYIN_DICT.items():
        syllable = plain[readings.partition(",")[0]]
        if syllable.isalpha() and point > 0x2E80:
            table[point] = f" {syllable} "
    table.update({ord(char): f" {syllable} " for char, syllable in _usual_readings().items()})
    return table


def _toneless(reading: str) -> str:
    return str(anyascii(to_normal(reading, v_to_u=False).replace("ü", "v"))).lower()


@cache
def _usual_readings() -> dict[str, str]:
    return {char: reading for char, reading in (line.split() for line in read_lines("usual_readings.txt"))}


@cache
def pinyin_syllables() -> frozenset[str]:
    """Return every syllable that `pinyin` can give."""
    return frozenset(syllable.strip() for point, syllable in _pinyin_table().items() if 0x4E00 <= point <= 0x9FFF)


@cache
def _placeholders() -> list[str]:
    folded = fold(pl.Series("text", read_lines("placeholders.txt"), dtype=pl.String))
    return folded.drop_nulls().str.replace_all(" ", "").unique().sort().to_list()


@cache
def _one_character_repeated() -> str:
    letters = "|".join(f"{letter}{{3,}}" for letter in "abcdefghijklmnopqrstuvyz0123456789")
    return f"^(?:x{{2,}}|{letters}|[某无测]{{2,}})$"
