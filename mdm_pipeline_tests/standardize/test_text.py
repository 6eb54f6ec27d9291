import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm_pipeline.standardize import text
from mdm_pipeline_tests.standardize.frames import series

CLEANED = [
    ("  Ｂｏｂ\u3000Ｓｍｉｔｈ ", "Bob Smith"),
    ("a\u200bb\ufeff", "ab"),
    ("a\tb\r\nc", "a b c"),
    ("e\u0301", "é"),
    ("", None),
    (" \u3000\u200b ", None),
    (None, None),
    ("㈱", "(株)"),
]
FOLDED = [
    ("Müller-Straße", "muller strasse"),
    ("O’Brien & Söhne", "obrien sohne"),
    ("劉德華", "刘德华"),
    ("臺北市", "台北市"),
    ("ООО «Ромашка»", "ooo romashka"),
    ("トヨタ", "toyota"),
    ("삼성", "samseong"),
    ("华为（中国）", "华为 中国"),
    ("Łódź", "lodz"),
    ("İstanbul", "istanbul"),
    ("---", None),
    (None, None),
]
SCRIPTS = [
    ("李伟", "han"),
    ("Müller", "latin"),
    ("IBM中国", "mixed"),
    ("Ромашка", "other"),
    ("トヨタ", "other"),
    ("123", "other"),
    ("", None),
]
PINYIN = [
    ("李伟", "li wei"),
    ("重庆长安", "zhong qing chang an"),
    ("劉備", "liu bei"),
    ("IBM中国", "ibm zhong guo"),
    ("吕布", "lv bu"),
    ("Bob", "bob"),
    (None, None),
]
PLACEHOLDERS = [
    ("N/A", True),
    ("暂无", True),
    ("测试", True),
    ("TEST", True),
    ("xxx", True),
    ("XX", True),
    ("00000", True),
    ("---", True),
    ("李伟", False),
    ("Xavier", False),
    (None, None),
    ("  ", None),
]


@pytest.mark.parametrize(
    ("function", "table"),
    [
        (text.clean, CLEANED),
        (text.fold, FOLDED),
        (text.script, SCRIPTS),
        (text.pinyin, PINYIN),
        (text.is_placeholder, PLACEHOLDERS),
    ],
    ids=["clean", "fold", "script", "pinyin", "is_placeholder"],
)
def test_values_by_hand(function, table):
    assert function(series(value for value, _ in table)).to_list() == [expected for _, expected in table]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.none(), st.text()), max_size=8))
def test_clean_and_fold_are_idempotent_and_keep_the_height(values):
    once_clean, once_folded = text.clean(series(values)), text.fold(series(values))
    assert once_clean.equals(text.clean(once_clean), null_equal=True)
    assert once_folded.equals(text.fold(once_folded), null_equal=True)
    assert len(once_clean) == len(once_folded) == len(values)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(alphabet=st.characters(min_codepoint=0x3400, max_codepoint=0x9FFF)), max_size=8))
def test_folding_ideographs_is_idempotent_and_goes_character_by_character(values):
    folded = text.fold(series(values))
    assert folded.equals(text.fold(folded), null_equal=True)
    whole = text.simplify(series(values)).to_list()
    apart = ["".join(text.simplify(series(list(value))).to_list()) for value in values]
    assert whole == apart


def test_an_empty_series_stays_empty():
    for function in (text.clean, text.fold, text.script, text.pinyin, text.is_placeholder):
        assert len(function(pl.Series("value", [], dtype=pl.String))) == 0


def test_what_is_taken_for_clean_would_not_be_changed_by_cleaning():
    points = [point for point in range(0x30000) if not 0xD800 <= point < 0xE000]
    for form in ("{}", "a{}b", "é{} 李"):
        values = series([form.format(chr(point)) for point in points])
        assert text.clean(values).equals(text._cleaned(values), null_equal=True)


@given(st.lists(st.text(alphabet=st.characters(max_codepoint=0x3FF)), max_size=8))
def test_clean_text_stays_clean_beside_any_other(values):
    given_values = series(values)
    assert text.clean(given_values).equals(text._cleaned(given_values), null_equal=True)
