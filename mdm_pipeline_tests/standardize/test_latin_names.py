import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm_pipeline.standardize.glued_names import apart_if_glued, two_words
from mdm_pipeline.standardize.latin_order import order_of
from mdm_pipeline.standardize.latin_tokens import Trait, read_tokens, wade_giles_syllables
from mdm_pipeline_tests.standardize.frames import series

TRAITS = [value for name, value in vars(Trait).items() if name.isupper()]


@pytest.mark.parametrize(
    ("word", "apart"),
    [
        ("liwei", "li wei"),
        ("LIWEI", "LI WEI"),
        ("LiWei", "Li Wei"),
        ("zhangxiaoming", "zhang xiaoming"),
        ("ouyangnana", "ouyang nana"),
        ("wangang", "wan gang"),
        ("Maria", "Maria"),
        ("Linda", "Linda"),
        ("Smith", "Smith"),
        ("Li Wei", "Li Wei"),
    ],
)
def test_names_in_one_word(word, apart):
    assert apart_if_glued(series([word])).to_list() == [apart]


@given(st.text("abcdeghilnouwxyz", max_size=12))
def test_taking_a_word_apart_adds_one_blank_at_most(word):
    assert two_words(word).replace(" ", "") == word
    assert two_words(word).count(" ") <= 1


@settings(max_examples=300)
@given(st.lists(st.lists(st.sampled_from(TRAITS), max_size=4).map(sum), max_size=6), st.booleans())
def test_every_word_has_one_role_whatever_its_traits(traits, apart):
    order = order_of(tuple(traits), apart)
    assert len(order.roles) == len(traits)
    assert set(order.roles) <= set("FGMSTND")
    assert all(place < len(traits) for place in order.alias)


def test_traits_of_words():
    read = read_tokens(series(["Dr.", "van", "Smith", "Wei", ","]))
    has = {token: traits for token, traits in read.select("token", "traits").iter_rows()}
    assert has["Dr."] & Trait.FRONT_TITLE
    assert has["van"] & Trait.PARTICLE
    assert has["Smith"] & Trait.SURNAME
    assert has["Wei"] & Trait.CHINESE
    assert has[","] & Trait.COMMA


def test_wade_giles_by_rule():
    assert {"hsiao", "kuo", "tzu", "chih", "jen", "hsueh", "chiang", "yeh"} <= wade_giles_syllables()
