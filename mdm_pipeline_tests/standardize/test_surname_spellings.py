import pytest

from mdm_pipeline.standardize.surname_spellings import readings, spellings, spellings_of, surname_ranks
from mdm_pipeline.standardize.surnames import known_surnames, ranked_surnames, surname_readings
from mdm_pipeline.standardize.tables import read_rows


@pytest.mark.parametrize(
    ("manner", "spelling", "pinyin"),
    [
        ("any", "chan", "chen"),
        ("any", "wong", None),
        ("pinyin", "wong", "huang"),
        ("pinyin", "tang", None),
        ("cantonese", "tang", "deng"),
        ("wade_giles", "tang", "tang"),
        ("wade_giles", "chang", "zhang"),
        ("cantonese", "cheng", "zheng"),
        ("cantonese", "goh", "wu"),
    ],
)
def test_a_spelling_reads_by_the_manner_of_the_given_name(manner, spelling, pinyin):
    assert readings(manner).get(spelling) == pinyin


@pytest.mark.parametrize(
    ("surname", "some"),
    [("陳", {"chen", "chan", "tan"}), ("陈", {"chen", "chan", "tan"}), ("吴", {"wu", "ng", "goh"}), ("单", {"shan"})],
)
def test_spellings_of_a_surname_in_either_script(surname, some):
    assert some <= set(spellings_of(surname))


def test_the_table_holds_the_usual_surnames_once_with_their_reading():
    rows = read_rows("surname_spellings.csv")
    names = [row["surname"] for row in rows]
    assert len(names) == len(set(names)) >= 150
    usual = {name: reading for name, reading in ranked_surnames()}
    assert {name: usual.get(name) for name in names if name in usual} == {
        row["surname"]: row["pinyin"] for row in rows if row["surname"] in usual
    }


def test_every_spelling_is_a_known_surname_with_a_rank():
    assert {one.spelling for one in spellings()} <= set(surname_ranks())


def test_rare_surnames_are_read_as_surnames():
    rare = {"单": "shan", "仇": "qiu", "曾": "zeng", "查": "zha", "解": "xie", "区": "ou", "朴": "piao", "盖": "ge"}
    rare |= {"缪": "miao", "乐": "yue", "翟": "zhai", "员": "yun", "尉": "wei", "尉迟": "yuchi", "长孙": "zhangsun"}
    assert {name: surname_readings()[name] for name in rare} == rare
    assert set(rare) <= set(known_surnames())
