import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm_pipeline.standardize.person_names import standardize_person_names
from mdm_pipeline_tests.standardize.frames import frame

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
    ("田中 太郎", "田中", "太郎", None, "tianzhong", "tailang"),
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
    ("Kim Min-jun", "Kim", "Min-jun", None, "kim", "min jun"),
    ("Nguyễn Văn An", "Nguyễn", "An", "Văn", "nguyen", "an"),
    ("José García Márquez", "Márquez", "José", "García", "marquez", "jose"),
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
