"""Value profiles: whose a value is, by who shares it, night by night."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from duckdb import DuckDBPyConnection
from hypothesis import given as draw
from hypothesis import settings
from hypothesis import strategies as st

from mdm_pipeline.hub.connection import open_in_memory
from mdm_pipeline.staging import profiles
from mdm_pipeline_tests.rows import fetch
from mdm_pipeline_tests.staging.landed_rows import company, delete, land, stage

COMPANY = company(
    """
t:
  key: [id]
  party:
    type: {column: kind, map: {P: person}, otherwise: organization}
    scope: {column: role, map: {test: excluded}, otherwise: match}
    names: [{full: name}]
    birth_date: born
    contact_points: [{kind: phone, column: phone}, {kind: email, column: email}]
    addresses: [{kind: main, raw: address}]
"""
)
Row = dict[str, str | None]
HOME = "浙江省杭州市西湖区文三路{}号"
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张"
NA = "nobody@strangers.cn"


def person(name: str, house: int | None = None, **cells: str) -> Row:
    return {"kind": "P", "name": name, "address": HOME.format(house) if house else None, **cells}


def firm(name: str, house: int | None = None, **cells: str) -> Row:
    return person(name, house, **cells) | {"kind": "O"}


def strangers(number: int, **cells: str) -> list[Row]:
    """People of different surnames, each at another address."""
    return [person(f"{SURNAMES[n]}建国", n + 1, **cells) for n in range(number)]


def staged(con: DuckDBPyConnection, rows: Iterable[Row]) -> None:
    land(con, COMPANY, "s.t", dict(enumerate(rows, start=1)))
    stage(con, COMPANY)


def profile(con: DuckDBPyConnection, kind: str, value: str) -> dict[str, object] | None:
    found = fetch(
        con,
        f"select * exclude (kind, value) from staging.value_profile where kind = '{kind}' and value = '{value}'",  # noqa: S608
    )
    return found[0] if found else None


def class_of(con: DuckDBPyConnection, kind: str, value: str) -> object:
    found = profile(con, kind, value)
    return found and found["class"]


PHONE = "13588899901"
E164 = "+8613588899901"
LINE = "0571-87654321"
LINE_E164 = "+8657187654321"
MAIL = "zhang@hangzhou-tech.cn"


@pytest.mark.parametrize(
    ("rows", "value", "expected"),
    [
        # gold numbers that one owner bought are kept, and a number on several records of one person is that person's
        ([person("张伟", phone="13988888888")], "+8613988888888", "personal"),
        ([person("张伟", phone=PHONE), person("Zhang Wei", phone=PHONE)], E164, "personal"),
        ([person("Bob Smith", phone=PHONE), person("Robert Smith", phone=PHONE)], E164, "personal"),
        ([person("张伟", 1, phone=PHONE), person("张强国", 2, phone=PHONE)], E164, "household"),
        # spouses keep their surnames; two strangers of other addresses are no family
        ([person("张伟", 1, phone=PHONE), person("李娜", 1, phone=PHONE)], E164, "household"),
        ([person("张伟", 1, phone=PHONE), person("李娜", 2, phone=PHONE)], E164, "shared"),
        # an owner and the firm; a firm and its people; two firms
        ([firm("杭州中科软件有限公司", 1, phone=PHONE), person("张伟", 1, phone=PHONE)], E164, "personal"),
        (
            [firm("杭州中科软件有限公司", 1, phone=LINE), person("张伟", 2, phone=LINE), person("李娜", 3, phone=LINE)],
            LINE_E164,
            "switchboard",
        ),
        (
            [firm("杭州中科软件有限公司", 1, phone=LINE), firm("杭州大地物流有限公司", 1, phone=LINE)],
            LINE_E164,
            "switchboard",
        ),
        (
            [firm("杭州中科软件有限公司", 1, phone=PHONE), firm("杭州大地物流有限公司", 2, phone=PHONE)],
            E164,
            "shared",
        ),
        # a crowd: at many addresses it is nobody's number, on one fixed line it is a house's
        (strangers(24, phone=PHONE), E164, "placeholder"),
        (strangers(12, phone=PHONE), E164, "shared"),
        (strangers(24, phone=LINE), LINE_E164, "switchboard"),
        # what the lists know needs no crowd
        ([person("张伟", phone="13800138000")], "+8613800138000", "placeholder"),
        ([person("张伟", phone="123456")], "123456", "placeholder"),
        ([person("张伟", phone="N/A")], "n/a", "placeholder"),
    ],
)
def test_a_phone_is_classed_by_who_shares_it(
    con: DuckDBPyConnection, rows: list[Row], value: str, expected: str
) -> None:
    staged(con, rows)
    assert class_of(con, "phone", value) == expected


def test_an_address_on_hundreds_of_customers_is_no_evidence(con: DuckDBPyConnection) -> None:
    staged(con, [row | {"address": None} for row in strangers(24, email=NA)])
    assert profile(con, "email", NA) == {
        "class": "placeholder",
        "records": 24,
        "people": 24,
        "surnames": 24,
        "companies": 0,
        "places": 0,
        "why": "more unrelated holders than one contact point has",
    }


@pytest.mark.parametrize(
    ("rows", "kind", "value", "expected"),
    [
        ([person("张伟", email=MAIL)], "email", MAIL, "personal"),
        ([person("张伟", email="test@test.com")], "email", "test@test.com", "placeholder"),
        ([person("张伟", email="无")], "email", "无", "placeholder"),
        ([person("张伟", born="1988-05-03")], "birth_date", "1988-05-03", "personal"),
        # year-only dates are kept, as what they are
        ([person("张伟", born="1988-01-01"), person("李娜", born="1988-01-01")], "birth_date", "1988-01-01", "shared"),
        ([person("张伟", born="1988-05-03"), person("李娜", born="1988-05-03")], "birth_date", "1988-05-03", "shared"),
        ([person("张伟")], "name", "张伟", "personal"),
        ([person("张伟", born="1988-05-03"), person("张伟", born="1961-02-03")], "name", "张伟", "shared"),
    ],
)
def test_mails_dates_and_names_are_classed(
    con: DuckDBPyConnection, rows: list[Row], kind: str, value: str, expected: str
) -> None:
    staged(con, rows)
    assert class_of(con, kind, value) == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([person("张伟", 5)], "personal"),
        ([person("张伟", 5), person("李娜", 5)], "household"),
        ([row | {"address": HOME.format(5)} for row in strangers(9)], "shared"),
        ([firm("杭州中科软件有限公司", 5), firm("杭州大地物流有限公司", 5)], "shared"),
        ([firm("杭州中科软件有限公司", 5), person("张伟", 5), person("李娜", 5)], "switchboard"),
        ([person("张伟") | {"address": "北京市"}], "placeholder"),
    ],
)
def test_an_address_is_classed_by_who_lives_there(con: DuckDBPyConnection, rows: list[Row], expected: str) -> None:
    staged(con, rows)
    assert fetch(con, "select distinct class from staging.value_profile where kind = 'address'") == [
        {"class": expected}
    ]


def test_test_records_and_masked_values_count_for_nothing(con: DuckDBPyConnection) -> None:
    staged(
        con,
        [
            person("张伟", phone=PHONE),
            person("李娜", phone=PHONE) | {"role": "test"},
            person("王芳", phone="138****1234"),
        ],
    )
    assert fetch(con, "select value, class, records from staging.value_profile where kind = 'phone'") == [
        {"value": E164, "class": "personal", "records": 1}
    ]


def test_a_flipped_class_names_every_record_that_holds_the_value(con: DuckDBPyConnection) -> None:
    staged(con, [person("张伟", 1, phone=PHONE), person("王芳", 2)])
    land(con, COMPANY, "s.t", {3: person("李娜", 3, phone=PHONE)})
    stage(con, COMPANY)
    assert class_of(con, "phone", E164) == "shared"
    last = "(select max(seq) from staging.change)"
    flipped = f"select key from staging.change where entity = 'value_profile' and seq = {last} order by 1"  # noqa: S608
    assert fetch(con, flipped) == [{"key": 1}, {"key": 3}]
    delete(con, "s.t", 3)
    report = stage(con, COMPANY)
    assert class_of(con, "phone", E164) == "personal"
    assert fetch(con, flipped) == [{"key": 1}]
    assert (report.read, report.written, report.unchanged) == (1, 1, 0)


CELLS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["P", "P", "O"]),
        "role": st.sampled_from([None, None, None, "test"]),
        "name": st.sampled_from(
            ["张伟", "张强国", "李娜", "Zhang Wei", "杭州中科软件有限公司", "大地物流有限公司", None]
        ),
        "phone": st.sampled_from([PHONE, LINE, "N/A", "138****1234", None]),
        "email": st.sampled_from([MAIL, "n/a", "test@test.com", None]),
        "address": st.sampled_from([HOME.format(1), HOME.format(2), "北京市", None]),
        "born": st.sampled_from(["1988-01-01", "1988-05-03", "1988", None]),
    }
)
NIGHTS = st.lists(
    st.dictionaries(st.integers(1, 6), st.one_of(CELLS, st.none()), min_size=1, max_size=4), min_size=2, max_size=4
)


def _live(con: DuckDBPyConnection, nights: list[dict[int, Row | None]]) -> None:
    known: set[int] = set()
    for night in nights:
        for number, row in night.items():
            if row is not None:
                land(con, COMPANY, "s.t", {number: row})
                known.add(number)
            elif number in known:
                delete(con, "s.t", number)
        stage(con, COMPANY)


def _ends_as_a_rebuild(nights: list[dict[int, Row | None]]) -> bool:
    by_nights, at_once = open_in_memory(), open_in_memory()
    try:
        _live(by_nights, nights)
        last: dict[int, Row | None] = {}
        for night in nights:
            last |= night
        _live(at_once, [last])
        profiles_of = "from staging.value_profile order by all"
        return by_nights.execute(profiles_of).fetchall() == at_once.execute(profiles_of).fetchall()
    finally:
        by_nights.close()
        at_once.close()


@settings(max_examples=10, deadline=None)
@draw(NIGHTS)
def test_nights_end_as_a_rebuild(nights: list[dict[int, Row | None]]) -> None:
    assert _ends_as_a_rebuild(nights)


def test_without_the_old_values_nights_do_not_end_as_a_rebuild(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who no longer holds a value must be remembered before the rows are written."""
    both: list[dict[int, Row | None]] = [
        {1: person("张伟", 1, phone=PHONE), 2: person("李娜", 2, phone=PHONE)},
        {2: person("李娜", 2)},
    ]
    assert _ends_as_a_rebuild(both)
    noted = profiles.note_values

    def only_new(con: DuckDBPyConnection) -> None:
        noted(con)
        con.execute("delete from profile_touched")

    monkeypatch.setattr("mdm_pipeline.staging.stage.note_values", only_new)
    assert not _ends_as_a_rebuild(both)
