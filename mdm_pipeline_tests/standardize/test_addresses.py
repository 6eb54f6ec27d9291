import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm_pipeline.standardize.addresses import standardize_addresses
from mdm_pipeline.standardize.divisions import code_in_year
from mdm_pipeline_tests.standardize.frames import frame

COLUMNS = ["raw", "country", "province", "city", "district", "postcode"]
# raw -> city, district, street, house number, division code
CHINESE = [
    (["浙江省杭州市西湖区文三路123号5幢201室"], "杭州市", "西湖区", "文三路", "123", "330106"),
    (["中国浙江省杭州市西湖区文三路123号"], "杭州市", "西湖区", "文三路", "123", "330106"),
    (["文三路123号", None, "浙江省", "杭州市", "西湖区"], "杭州市", "西湖区", "文三路", "123", "330106"),
    (
        ["浙江省杭州市西湖区文三路123号", "CN", "浙江省", "杭州市"],
        "杭州市",
        "西湖区",
        "文三路",
        "123",
        "330106",
    ),
    (["深圳南山科技园路5号"], "深圳市", "南山区", "科技园路", "5", "440305"),
    (["上海浦东张江路100弄5号"], "上海市", "浦东新区", "张江路", "100弄5", "310115"),
    (["吉林省吉林市昌邑区解放路1号"], "吉林市", "昌邑区", "解放路", "1", "220202"),
    (["广东省中山市中山路5号"], "中山市", None, "中山路", "5", "442000"),
    (["北京市朝阳区建国路88号"], "北京市", "朝阳区", "建国路", "88", "110105"),
    (["重庆渝北区龙溪街道金龙路8号"], "重庆市", "渝北区", "金龙路", "8", "500112"),
    (["湖北省仙桃市沔州大道1号"], None, "仙桃市", "沔州大道", "1", "429004"),
    (["苏州工业园区星湖街328号"], "苏州市", "工业园区", "星湖街", "328", "320500"),
    (["萧山市城厢镇人民路1号"], "杭州市", "萧山区", "人民路", "1", "330109"),
    (["臺北市信義區信義路五段7號"], "台北市", "信义区", "信义路五段", "7", "710000"),
    (["香港弥敦道100号"], None, None, "弥敦道", "100", "810000"),
    (["中山路5号"], None, None, "中山路", "5", None),
]
# raw -> country, city, street, house number, postcode, key
LATIN = [
    (
        ["100 Main St, Springfield, IL 62701"],
        "US",
        "Springfield",
        "main street",
        "100",
        "62701",
        "62701 100 main",
    ),
    (
        ["100 MAIN STREET, Springfield, IL 62701-1234"],
        "US",
        "Springfield",
        "main street",
        "100",
        "62701",
        "62701 100 main",
    ),
    (
        ["350 Fifth Ave Apt 21, New York, NY 10118"],
        "US",
        "New York",
        "fifth avenue",
        "350",
        "10118",
        "10118 350 fifth",
    ),
    (
        ["Hauptstr. 12, 10115 Berlin, Germany"],
        "DE",
        "Berlin",
        "hauptstrasse",
        "12",
        "10115",
        "10115 12 hauptstrasse",
    ),
    (
        ["Hauptstraße 12, 10115 Berlin", "DE"],
        "DE",
        "Berlin",
        "hauptstrasse",
        "12",
        "10115",
        "10115 12 hauptstrasse",
    ),
    (
        ["Musterstraße 5a, 80331 München", "DE"],
        "DE",
        "München",
        "musterstrasse",
        "5a",
        "80331",
        "80331 5a musterstrasse",
    ),
    (
        ["12 rue de la Paix, 75002 Paris, France"],
        "FR",
        "Paris",
        "rue de la paix",
        "12",
        "75002",
        "75002 12 paix",
    ),
    (
        ["221B Baker Street, London NW1 6XE"],
        "GB",
        "London",
        "baker street",
        "221b",
        "NW1 6XE",
        "nw16xe 221b baker",
    ),
    (
        ["10 Downing St", "GB", None, "London", None, "SW1A2AA"],
        "GB",
        "London",
        "downing street",
        "10",
        "SW1A 2AA",
        "sw1a2aa 10 downing",
    ),
    ([None], None, None, None, None, None, None),
]


@pytest.mark.parametrize(("row", "city", "district", "street", "house_number", "division_code"), CHINESE)
def test_chinese_addresses_by_hand(row, city, district, street, house_number, division_code):
    found = standardize_addresses(frame(COLUMNS, [row]))
    parts = found.select("city", "district", "street", "house_number", "division_code").row(0)
    assert parts == (city, district, street, house_number, division_code)


@pytest.mark.parametrize(("row", "country", "city", "street", "house_number", "postcode", "key"), LATIN)
def test_latin_addresses_by_hand(row, country, city, street, house_number, postcode, key):
    found = standardize_addresses(frame(COLUMNS, [row]))
    parts = found.select("country", "city", "street", "house_number", "postcode", "address_key").row(0)
    assert parts == (country, city, street, house_number, postcode, key)


def test_a_street_without_a_city_has_no_key():
    found = standardize_addresses(frame(COLUMNS, [["中山路5号"], ["浙江省杭州市西湖区文三路123号2楼"]]))
    assert found["address_key"].to_list() == [None, "浙江省|杭州市|西湖区|文三路|123"]


def test_a_phone_inside_an_address_is_taken_out():
    found = standardize_addresses(frame(COLUMNS, [["北京市朝阳区建国路88号 电话13912345670"]]))
    assert found.select("street", "unit", "embedded_phone").row(0) == ("建国路", None, "13912345670")


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.text(max_size=20), st.text("上海市浦东新区中山路12号 St.,DE", max_size=16)),
            st.sampled_from([None, "CN", "US", "DE", "Germany", "??"]),
        ),
        max_size=6,
    )
)
def test_rubbish_never_raises_and_keeps_the_height(rows):
    assert len(standardize_addresses(frame(COLUMNS, rows))) == len(rows)


def test_a_city_after_many_addresses_without_one_is_taken():
    columns = ["raw", "country", "province", "city", "district", "postcode"]
    many = frame(columns, [["somewhere", "GB"]] * 300 + [["12 High Street, Leeds LS1 4AB", "GB"]])
    found = standardize_addresses(many).row(300, named=True)
    assert (found["city"], found["postcode"]) == ("Leeds", "LS1 4AB")


def test_a_town_a_building_and_a_room_are_told_apart():
    found = standardize_addresses(frame(COLUMNS, [["浙江省杭州市萧山区瓜沥镇航坞路188号阳光花园5幢2单元301室"]]))
    parts = found.select("town", "street", "house_number", "building", "unit", "room").row(0)
    assert parts == ("瓜沥镇", "航坞路", "188", "阳光花园5", "阳光花园5幢2单元301室", "2-301")


def test_a_merged_district_gives_the_code_of_today_and_that_of_its_year():
    found = standardize_addresses(frame(COLUMNS, [["北京市密云县鼓楼东大街3号"], ["上海市闸北区共和新路1000号"]]))
    assert found["division_code"].to_list() == ["110118", "310106"]
    assert code_in_year(pl.Series("code", ["110118", "310106", None]), 2000).to_list() == ["110228", "310106", None]


def test_two_spellings_of_one_door_have_one_key():
    rows = [
        ["Hauptstraße 5, 10115 Berlin", "DE"],
        ["HAUPTSTR. 5, D-10115 BERLIN"],
        ["Hauptstr. 5\n10115 Berlin\nGermany"],
    ]
    assert standardize_addresses(frame(COLUMNS, rows))["address_key"].to_list() == ["10115 5 hauptstrasse"] * 3


@pytest.mark.parametrize(
    "text", ["臺北市信義區信義路五段7號", "浙江省杭州市西湖区文三路18号之3", "上海市闵行区莘庄镇水清路588弄12号"]
)
def test_the_parts_of_an_address_put_together_give_the_same_parts(text):
    once = standardize_addresses(frame(COLUMNS, [[text]])).row(0, named=True)
    whole = (
        "".join(once[name] or "" for name in ("province", "city", "district", "town", "street", "house_number")) + "号"
    )
    again = standardize_addresses(frame(COLUMNS, [[whole]])).row(0, named=True)
    names = ("province", "city", "district", "town", "street", "house_number", "division_code")
    assert {name: again[name] for name in names} == {name: once[name] for name in names}


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.one_of(st.text(max_size=30), st.text("省市区县镇路街号弄幢室-之0123 A,浙江杭州西湖/香港臺", max_size=24)),
        max_size=5,
    )
)
def test_an_address_is_read_the_same_alone_and_among_others(texts):
    together = standardize_addresses(frame(COLUMNS, [[text] for text in texts]))
    alone = [standardize_addresses(frame(COLUMNS, [[text]])) for text in texts]
    assert together.rows() == [row for answer in alone for row in answer.rows()]
    assert together["raw"].to_list() == texts
