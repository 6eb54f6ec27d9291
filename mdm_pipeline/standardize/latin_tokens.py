"""What can be said of a single word of a name in Latin letters.

In: words as written. Out: per word its folded form and a set of traits as bits.
Invariant: the traits of a word do not depend on the words beside it.
Does not belong here: the order of words, which one is the family name (`latin_order`).
"""

from __future__ import annotations

import re
from functools import cache

import polars as pl

from mdm_pipeline.standardize.surname_spellings import pinyin_syllables, readings, surname_ranks
from mdm_pipeline.standardize.surnames import compound_surnames, surname_readings
from mdm_pipeline.standardize.tables import read_lines, read_rows
from mdm_pipeline.standardize.text import fold

# Stands for a blank inside one token (Mc Donald, Ou Yang).
JOINT = "\x01"
SUFFIXES = {"jr": "jr", "junior": "jr", "sr": "sr", "senior": "sr"} | {w: w for w in ("ii", "iii", "iv")}
_PARTICLES = (
    "van von de der den da di del della dello degli dos das do du des la le las los bin binti binte bte ibn ben al el "
    "ter ten te zu zur zum vom af av st san santa"
)
_DEVOTIONS = "carmen pilar mar rosario angeles rocio socorro consuelo sol mercedes"
# Letters that no other language writes.
_VIETNAMESE_LETTERS = "(?i)[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]"
_PATRONYMIC = r"(?:[oe]v|yov)(?:ich|ych|na)$|ichna$|ivna$"
_GREEK = {
    "ου": "ou",
    "ού": "ou",
    "Ου": "Ou",
    "αυ": "av",
    "αύ": "av",
    "ευ": "ev",
    "εύ": "ev",
    "γγ": "ng",
    "γκ": "gk",
    "μπ": "b",
    "Μπ": "B",
}
_TOP, _FREQUENT, _USUAL, _KNOWN = 10, 25, 60, 150


class Trait:
    """What a word can be; plain numbers, because an enumeration takes longer to test than the rules do."""

    NOTHING = 1 << 0
    COMMA = 1 << 1
    UPPER = 1 << 2
    LOWER = 1 << 3
    INITIAL = 1 << 4
    NO_VOWEL = 1 << 5
    HYPHEN = 1 << 6
    FRONT_TITLE = 1 << 7
    END_TITLE = 1 << 8
    COMMA_TITLE = 1 << 9
    SUFFIX = 1 << 10
    PARTICLE = 1 << 11
    ARTICLE = 1 << 12
    JOINER = 1 << 13
    DEVOTION = 1 << 14
    GIVEN = 1 << 15
    EITHER = 1 << 16
    SURNAME = 1 << 17
    CHINESE = 1 << 18
    CHINESE_TOP = 1 << 19
    CHINESE_FREQUENT = 1 << 20
    CHINESE_USUAL = 1 << 21
    CHINESE_SURNAME = 1 << 22
    CANTONESE = 1 << 23
    WADE_GILES = 1 << 24
    KOREAN_SURNAME = 1 << 25
    KOREAN = 1 << 26
    KOREAN_WHOLE = 1 << 27
    VIETNAMESE = 1 << 28
    VIETNAMESE_LIKELY = 1 << 29
    VIETNAMESE_MIDDLE = 1 << 30
    JAPANESE = 1 << 31
    HUNGARIAN = 1 << 32
    IBERIAN = 1 << 33
    IBERIAN_GIVEN = 1 << 34
    PATRONYMIC = 1 << 35
    VIETNAMESE_LETTERS = 1 << 36
    CHINESE_ONLY = 1 << 37
    NEVER_GIVEN = 1 << 38


def read_tokens(tokens: pl.Series) -> pl.DataFrame:
    """Describe distinct words.

    Returns:
        token (as given), shown (without the dots and commas around it), folded, traits (bits of `Trait`).
    """
    shown = pl.col("token").str.replace_all(JOINT, " ").str.replace_all(r"^[.,'’`\-]+|[.,'’`\-]+$", "")
    work = pl.DataFrame({"token": tokens}).with_columns(shown.alias("shown"))
    work = work.with_columns(_respelled(pl.col("shown")).alias("respelled"))
    # The umlaut of pinyin is no German one: Lü is lv.
    pinyin_u = pl.when(pl.col("shown").str.contains(r"(?i)^[ln][üǖǘǚǜ]e?$")).then(
        pl.col("shown").str.replace(r"(?i)[üǖǘǚǜ]", "v")
    )
    work = work.with_columns(
        fold(work.select(pinyin_u.otherwise("respelled").alias("token")).to_series()).fill_null("").alias("folded")
    )
    work = work.with_columns(pl.col("folded").str.replace_all(" ", "").alias("plain"))
    traits = [pl.when(rule).then(pl.lit(trait, dtype=pl.Int64)).otherwise(0) for trait, rule in _rules()]
    return work.with_columns(pl.sum_horizontal(traits).alias("traits")).select("token", "shown", "folded", "traits")


def _respelled(shown: pl.Expr) -> pl.Expr:
    """Greek pairs of letters and Arabic names, which go into Latin letters as wholes and not letter by letter."""
    greek = shown.str.replace_many(_GREEK)
    arabic = shown.replace(
        {word: reading for word, reading in (line.split() for line in read_lines("arabic_names.txt"))}
    )
    return (
        pl.when(shown.str.contains(r"\p{Greek}"))
        .then(greek)
        .when(shown.str.contains(r"\p{Arabic}"))
        .then(arabic)
        .otherwise(shown)
    )


def _rules() -> list[tuple[int, pl.Expr]]:
    token, plain, shown = pl.col("token"), pl.col("plain"), pl.col("shown")
    length = plain.str.len_chars()
    # Several syllables that are a known given name of Europe (Lina, Susan) are that name.
    western = plain.is_in(_givens()) & (length > 3)
    chinese = (plain.str.contains(chinese_pattern()) & ~western) | plain.is_in(_words("cantonese_syllables.txt"))
    return [
        (Trait.NOTHING, plain == ""),
        (Trait.COMMA, token.eq(",")),
        (Trait.UPPER, shown.str.contains(r"^\p{Lu}[\p{Lu}'’\- ]+$")),
        (Trait.LOWER, shown.str.contains(r"^\p{Ll}")),
        (Trait.INITIAL, length == 1),
        (Trait.NO_VOWEL, ~plain.str.contains("[aeiouy]") & (length == 2)),
        (
            Trait.HYPHEN,
            shown.str.contains(r"^\p{L}{1,6}-\p{Ll}{1,7}$")
            & ~pl.col("folded").str.split(" ").list.first().is_in(_givens()),
        ),
        (
            Trait.FRONT_TITLE,
            plain.is_in(_titles("front")) | (plain.is_in(_titles("dotted")) & token.str.ends_with(".")),
        ),
        (Trait.END_TITLE, plain.is_in(_titles("end"))),
        (Trait.COMMA_TITLE, plain.is_in(_titles("comma"))),
        (Trait.SUFFIX, plain.is_in(sorted(SUFFIXES))),
        (Trait.PARTICLE, plain.is_in(_PARTICLES.split())),
        (Trait.ARTICLE, plain.is_in(["al", "el", "as", "ash", "ad", "an"]) & ~shown.str.contains("-")),
        (Trait.JOINER, plain.is_in(["y", "e"]) & shown.str.contains(r"^\p{Ll}$")),
        (Trait.DEVOTION, plain.is_in(_DEVOTIONS.split())),
        (Trait.GIVEN, plain.is_in(_givens())),
        (Trait.EITHER, plain.is_in(_words("given_or_surname.txt"))),
        (Trait.SURNAME, plain.is_in(_words("western_surnames.txt"))),
        (Trait.CHINESE, chinese),
        (Trait.CHINESE_TOP, plain.is_in(_surnames_until(_TOP))),
        (Trait.CHINESE_FREQUENT, plain.is_in(_surnames_until(_FREQUENT))),
        (Trait.CHINESE_USUAL, plain.is_in(_surnames_until(_USUAL))),
        (Trait.CHINESE_SURNAME, plain.is_in(sorted(surname_ranks())) & ~western),
        (Trait.CHINESE_ONLY, plain.is_in(_only_chinese())),
        (Trait.NEVER_GIVEN, plain.is_in(_words("never_given_syllables.txt"))),
        (Trait.CANTONESE, pl.col("folded").str.contains(_some_of(_only_cantonese()))),
        (Trait.WADE_GILES, pl.col("folded").str.contains(_some_of(_only_wade_giles()))),
        (Trait.KOREAN_SURNAME, plain.is_in(_second_words("korean_surnames.txt"))),
        (Trait.KOREAN, plain.str.contains(rf"^(?:{_korean()}){{1,2}}$")),
        (
            Trait.KOREAN_WHOLE,
            plain.str.contains(rf"^(?:{_korean()}){{2}}$") & ~plain.is_in(_givens()) & (length > 3),
        ),
        (Trait.VIETNAMESE, plain.is_in(_vietnamese()[0])),
        (Trait.VIETNAMESE_LIKELY, plain.is_in(_vietnamese()[1])),
        (Trait.VIETNAMESE_MIDDLE, plain.is_in(["thi"]) | (plain == "van")),
        (Trait.VIETNAMESE_LETTERS, shown.str.contains(_VIETNAMESE_LETTERS)),
        (Trait.JAPANESE, plain.is_in(_second_words("japanese_surnames.txt"))),
        (Trait.HUNGARIAN, plain.is_in(_words("hungarian_surnames.txt"))),
        (Trait.IBERIAN, plain.is_in(_words("iberian_surnames.txt"))),
        (Trait.IBERIAN_GIVEN, plain.is_in(_words("iberian_given_names.txt"))),
        (Trait.PATRONYMIC, plain.str.contains(_PATRONYMIC) & (length > 6)),
    ]


@cache
def nickname_roots() -> dict[str, str]:
    """Return short and variant given names with the name they stand for."""
    return {form: row["root"] for row in read_rows("nicknames.csv") for form in row["forms"].split()}


@cache
def chinese_pattern() -> str:
    """Return a pattern of given names in pinyin (up to three syllables), Wade-Giles or Cantonese spelling."""
    known = _alternatives(pinyin_syllables())
    romanized = _alternatives({*_words("cantonese_syllables.txt"), *wade_giles_syllables()})
    return rf"^(?:(?:{known}){{1,3}}|(?:{romanized}){{1,2}})$"


@cache
def wade_giles_syllables() -> frozenset[str]:
    """Return the syllables of Wade-Giles without apostrophes and umlauts, as passports of Taiwan show them."""
    regular = {_wade_giles(syllable) for syllable in pinyin_syllables()}
    return frozenset({*regular, *_words("taiwan_syllables.txt")})


def _wade_giles(pinyin: str) -> str:
    special = {"zi": "tzu", "ci": "tzu", "si": "szu", "zhi": "chih", "chi": "chih", "shi": "shih", "ri": "jih"}
    special |= {"er": "erh", "yi": "i", "you": "yu", "yan": "yen", "ye": "yeh", "yue": "yueh", "e": "o", "he": "ho"}
    special |= {"ge": "ko", "ke": "ko", "guo": "kuo", "kuo": "kuo", "huo": "huo", "shuo": "shuo", "gui": "kuei"}
    special |= {"kui": "kuei", "yong": "yung"}
    if pinyin in special:
        return special[pinyin]
    for before, after in (("zh", "ch"), ("ch", "ch"), ("sh", "sh")):
        if pinyin.startswith(before):
            return after + _wade_giles_final(pinyin[2:])
    first = {"b": "p", "d": "t", "g": "k", "j": "ch", "q": "ch", "x": "hs", "z": "ts", "c": "ts", "r": "j"}
    initial = pinyin[0] if pinyin[0] not in "aeo" else ""
    return first.get(initial, initial) + _wade_giles_final(pinyin[len(initial) :])


def _wade_giles_final(final: str) -> str:
    changed = {"ian": "ien", "ie": "ieh", "ue": "ueh", "ve": "ueh", "ong": "ung", "iong": "iung", "e": "e", "uo": "o"}
    return changed.get(final, final.replace("v", "u"))


def _alternatives(words: frozenset[str] | set[str]) -> str:
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))


@cache
def _words(name: str) -> list[str]:
    return sorted({word for line in read_lines(name) for word in line.split()})


@cache
def _second_words(name: str) -> list[str]:
    return sorted({word for line in read_lines(name) for word in line.split()[1:]})


@cache
def _givens() -> list[str]:
    listed = {
        *_words("given_names.txt"),
        *_words("iberian_given_names.txt"),
        *_second_words("japanese_given_names.txt"),
    }
    return sorted({*listed, *nickname_roots(), *nickname_roots().values()} - {"lin", "li", "wei"})


@cache
def _titles(place: str) -> list[str]:
    return [row["word"] for row in read_rows("name_titles.csv") if row["place"] == place]


@cache
def _surnames_until(rank: int) -> list[str]:
    # Surnames of two characters are rare, but hardly anything else.
    compounds = {surname_readings()[surname] for surname in compound_surnames()} if rank > _TOP else set()
    return sorted({*(spelling for spelling, place in surname_ranks().items() if place < rank), *compounds})


@cache
def _only_chinese() -> list[str]:
    """Spellings of surnames that no other language has; zh, x and q begin hardly any other name."""
    return sorted({*readings("any"), *(word for word in surname_ranks() if re.match("zh|x|q", word))})


@cache
def _only_cantonese() -> frozenset[str]:
    return frozenset(_words("cantonese_syllables.txt")) - pinyin_syllables() - wade_giles_syllables()


@cache
def _only_wade_giles() -> frozenset[str]:
    return wade_giles_syllables() - pinyin_syllables() - frozenset(_words("cantonese_syllables.txt"))


def _some_of(words: frozenset[str]) -> str:
    return rf"(?:^| )(?:{_alternatives(words)})(?:$| )"


@cache
def _korean() -> str:
    return _alternatives({word for word in _words("korean_syllables.txt") if word.isalpha()})


@cache
def _vietnamese() -> tuple[list[str], list[str]]:
    sure, likely = (line.split() for line in _two_parts("vietnamese_surnames.txt"))
    return sure, likely


def _two_parts(name: str) -> tuple[str, str]:
    first, *rest = read_lines(name)
    return first, " ".join(rest)
