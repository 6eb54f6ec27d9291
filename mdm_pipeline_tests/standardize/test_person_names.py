import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm_pipeline.standardize.person_names import standardize_person_names
from mdm_pipeline.standardize.text import clean
from mdm_pipeline_tests.standardize.frames import frame, series

COLUMNS = ["full_name", "family_name", "given_name"]
# full name -> family, given, middle, family_key, given_key
FULL = [
    ("李伟", "李", "伟", None, "li", "wei"),
    ("劉德華", "劉", "德華", None, "liu", "dehua"),
    ("欧阳娜娜", "欧阳", "娜娜", None, "ouyang", "nana"),
    ("万俟卨", "万俟", "卨", None, "moqi", "xie"),
    ("尉迟恭", "尉迟", "恭", None, "yuchi", "gong"),
    ("单田芳", "单", "田芳", None, "shan", "tianfang"),
    ("仇英", "仇", "英", None, "qiu", "ying"),
    ("查良镛", "查", "良镛", None, "zha", "liangyong"),
    ("曾志偉", "曾", "志偉", None, "zeng", "zhiwei"),
    ("张先生", "张", None, None, "zhang", None),
    ("欧阳女士", "欧阳", None, None, "ouyang", None),
    ("李 小明", "李", "小明", None, "li", "xiaoming"),
    ("田中 太郎", "田中", "太郎", None, "tanaka", "taro"),
    ("约翰·史密斯", "史密斯", "约翰", None, "shimisi", "yuehan"),
    ("王伟(David)", "王", "伟", None, "wang", "wei"),
    ("Li Wei", "Li", "Wei", None, "li", "wei"),
    ("Wei Li", "Li", "Wei", None, "li", "wei"),
    ("Wei LI", "LI", "Wei", None, "li", "wei"),
    ("LI Wei", "LI", "Wei", None, "li", "wei"),
    ("Li Xiao-Ming", "Li", "Xiao-Ming", None, "li", "xiaoming"),
    ("Xiaoming Li", "Li", "Xiaoming", None, "li", "xiaoming"),
    ("Chan Tai Man", "Chan", "Tai Man", None, "chen", "taiman"),
    ("Jackie Chan", "Chan", "Jackie", None, "chen", "jackie"),
    ("Robert Lee", "Lee", "Robert", None, "lee", "robert"),
    ("David Wang", "Wang", "David", None, "wang", "david"),
    ("Smith, Bob", "Smith", "Bob", None, "smith", "bob"),
    ("Dr. Robert J. Smith Jr.", "Smith", "Robert", "J", "smith", "robert"),
    ("Ludwig van Beethoven", "van Beethoven", "Ludwig", None, "van beethoven", "ludwig"),
    ("Kim Min-jun", "Kim", "Min-jun", None, "kim", "minjun"),
    ("Nguyễn Văn An", "Nguyễn", "An", "Văn", "nguyen", "an"),
    ("José García Márquez", "García Márquez", "José", None, "garcia marquez", "jose"),
    ("Conan O'Brien", "O'Brien", "Conan", None, "obrien", "conan"),
    ("Владимир Путин", "Путин", "Владимир", None, "putin", "vladimir"),
    ("Mr Smith", "Smith", None, None, "smith", None),
    (None, None, None, None, None, None),
    ("  ", None, None, None, None, None),
]


@pytest.mark.parametrize(("full_name", "family", "given", "middle", "family_key", "given_key"), FULL)
def test_full_names_by_hand(full_name, family, given, middle, family_key, given_key):
    found = standardize_person_names(frame(COLUMNS, [(full_name,)]))
    parts = found.select("family", "given", "middle", "family_key", "given_key").row(0)
    assert parts == (family, given, middle, family_key, given_key)


def test_given_parts_win_over_the_full_name():
    rows = [("somebody else", "Smith", "Bob J"), ("李芳", "李", "伟"), (None, "王", "David")]
    found = standardize_person_names(frame(COLUMNS, rows))
    assert found.select("name_norm", "family_key", "given_key").rows() == [
        ("bob j smith", "smith", "bob"),
        ("李伟", "li", "wei"),
        ("david 王", "wang", "david"),
    ]


def test_one_whole_row():
    found = standardize_person_names(frame(COLUMNS, [("Dr. Bob J. Smith Jr.",)]))
    assert found.row(0, named=True) == {
        "display": "Dr. Bob J. Smith Jr.",
        "family": "Smith",
        "given": "Bob",
        "middle": "J",
        "suffix": "jr",
        "honorific": "dr",
        "script": "latin",
        "name_norm": "bob j smith",
        "family_raw": "smith",
        "family_key": "smith",
        "given_key": "bob",
        "nickname_root": "robert",
        "initials": "bs",
        "name_key": "bob smith",
        "mark": None,
        "further": None,
    }


@pytest.mark.parametrize(
    "spellings",
    [
        ["李伟", "Li Wei", "Wei LI", "LI Wei", "李 伟", "李伟先生"],
        ["陈大文", "Chen Dawen", "Dawen Chen"],
        ["Robert Smith", "Smith, Robert", "SMITH Robert", "Mr Robert Smith"],
    ],
)
def test_spellings_of_one_name_share_the_key(spellings):
    found = standardize_person_names(frame(COLUMNS, [(spelling,) for spelling in spellings]))
    assert found["name_key"].n_unique() == 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[st.one_of(st.none(), st.text(max_size=12), st.text("李王 ,.·J'rDr", max_size=10))] * 3)))
def test_rubbish_never_raises_and_keeps_the_height(rows):
    assert len(standardize_person_names(frame(COLUMNS, rows))) == len(rows)


@pytest.mark.parametrize(
    ("full_name", "mark"),
    [("张*伟", "masked"), ("J*** S****", "masked"), ("12345", "not_a_name"), ("bob@example.com", "not_a_name")],
)
def test_what_is_masked_or_no_name_is_kept_marked_and_has_no_keys(full_name, mark):
    found = standardize_person_names(frame(COLUMNS, [(full_name,)])).row(0, named=True)
    assert (found["display"], found["mark"]) == (full_name, mark)
    keys = ("name_norm", "name_key", "family_key", "given_key", "nickname_root", "initials")
    assert [found[key] for key in keys] == [None] * len(keys)


def test_a_company_in_the_field_is_compared_as_a_whole():
    found = standardize_person_names(frame(COLUMNS, [("Acme Ltd",)])).row(0, named=True)
    assert (found["mark"], found["family"], found["given_key"]) == ("organization", None, None)
    assert (found["name_norm"], found["name_key"]) == ("acme ltd", "acme ltd")


@pytest.mark.parametrize(
    ("parts", "mark", "family_key"),
    [
        ((None, "张", "*伟"), "masked", None),
        ((None, "Smith", "J***"), "masked", None),
        ((None, "李", "伟先生"), None, "li"),
    ],
)
def test_parts_that_a_source_keeps_apart_are_marked_alike(parts, mark, family_key):
    found = standardize_person_names(frame(COLUMNS, [parts])).row(0, named=True)
    assert (found["mark"], found["family_key"]) == (mark, family_key)


@pytest.mark.parametrize(
    ("left", "right"),
    [("陈大文", "Chan Dawen"), ("黄秋生", "Wong Chau Sang"), ("徐志摩", "Hsu Chih-mo"), ("欧阳修", "Au Yeung Sau")],
)
def test_a_surname_has_one_key_in_both_scripts_and_all_spellings(left, right):
    found = standardize_person_names(frame(COLUMNS, [(left,), (right,)]))
    assert found["family_key"].n_unique() == 1


_ODD = "李王张伟欧阳某*×田中太郎さん김민 ,.·()/&-'\"1@XxéÜДив née geb. Jr Dr and 公司 曾用名：Smith Wei Li Chan Tai Man"


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.text(max_size=14), st.text(_ODD, max_size=14)), max_size=6))
def test_any_text_keeps_its_original_and_further_names_are_words_of_the_cell(names):
    found = standardize_person_names(frame(COLUMNS, [(name,) for name in names]))
    assert found["display"].equals(clean(series(names)).rename("display"), null_equal=True)
    for row in found.iter_rows(named=True):
        if row["mark"] in ("masked", "not_a_name"):
            assert (row["name_norm"], row["name_key"]) == (None, None)
        elif row["display"] is not None and row["mark"] is None and row["name_norm"] is None:
            assert row["family"] is None
            assert row["given"] is None


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from([name for name, *_ in FULL if name]), min_size=1, max_size=8))
def test_a_name_reads_the_same_alone_and_among_others(names):
    together = standardize_person_names(frame(COLUMNS, [(name,) for name in names]))
    alone = pl.concat([standardize_person_names(frame(COLUMNS, [(name,)])) for name in names])
    assert together.equals(alone, null_equal=True)
