"""`mdm source add`: what is written, and what is not."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mdm_pipeline.config.loader import ConfigInvalid, load_company
from mdm_pipeline.errors import SourceHeldBack
from mdm_pipeline.onboarding.add import AddRefused, AddRequest, add_source, templates
from mdm_pipeline.onboarding.introspection import NothingFound, entry_name
from mdm_pipeline_tests.onboarding.companies import new_company, write_csv

KUNDEN = [[f"K{n:03}", f"Meyer {n} GmbH", f"info{n}@meyer{n}-test.de"] for n in range(1, 13)]


def _folder_source(tmp_path: Path) -> Path:
    config = new_company(tmp_path)
    write_csv(tmp_path / "data" / "shop" / "kunden.csv", ["KdNr", "Firma", "E-Mail"], KUNDEN)
    return config


def test_the_file_written_loads_and_says_what_was_found(tmp_path: Path) -> None:
    config = _folder_source(tmp_path)
    added = add_source(AddRequest("shop", str(config), folder="shop"))
    table = load_company(config).source("shop").tables["kunden"]
    assert (table.key, table.files) == (["KdNr"], ["kunden.csv"])
    assert table.party is not None
    assert [name.full for name in table.party.names] == ["Firma"]
    assert [(point.kind, point.column) for point in table.party.contact_points] == [("email", "E-Mail")]
    assert [(one.name, one.kind, one.mapped, one.columns) for one in added.tables] == [("kunden", "party", 3, 3)]
    assert load_company(config).source("shop").default_country == "DE"


def test_a_file_that_is_there_stays_unless_forced(tmp_path: Path) -> None:
    config = _folder_source(tmp_path)
    add_source(AddRequest("shop", str(config), folder="shop"))
    target = config / "sources" / "shop.yaml"
    edited = target.read_text("utf-8") + "# edited\n"
    target.write_text(edited, "utf-8")
    with pytest.raises(AddRefused, match="--force"):
        add_source(AddRequest("shop", str(config), folder="shop"))
    assert target.read_text("utf-8") == edited
    add_source(AddRequest("shop", str(config), folder="shop", is_forced=True))
    assert "# edited" not in target.read_text("utf-8")


def test_a_broken_file_can_be_made_anew_but_not_beside_other_broken_ones(tmp_path: Path) -> None:
    config = _folder_source(tmp_path)
    add_source(AddRequest("other", str(config), folder="shop"))
    (config / "sources" / "shop.yaml").write_text("version: 2\n", "utf-8")
    add_source(AddRequest("shop", str(config), folder="shop", is_forced=True))
    assert [source.name for source in load_company(config).sources] == ["other", "shop"]
    (config / "sources" / "other.yaml").write_text("version: 2\n", "utf-8")
    with pytest.raises(ConfigInvalid, match=r"sources/other\.yaml"):
        add_source(AddRequest("shop", str(config), folder="shop", is_forced=True))


def test_a_table_of_a_named_schema_can_be_asked_for(tmp_path: Path) -> None:
    config = new_company(tmp_path)
    con = sqlite3.connect(tmp_path / "data" / "c.db")
    con.execute("create table customers (customer_no text primary key, company_name text, email text)")
    con.execute("create table orders (order_no text, order_date text, total_amount text)")
    con.executemany("insert into customers values (?, ?, ?)", KUNDEN)
    con.commit()
    con.close()
    add_source(AddRequest("crm", str(config), url="sqlite:///c.db", tables=("main.customers",)))
    tables = load_company(config).source("crm").tables
    assert {name: (table.table, table.key) for name, table in tables.items()} == {
        "main_customers": ("main.customers", ["customer_no"])
    }
    with pytest.raises(SourceHeldBack, match="no table 'nothing'; expected one of customers, orders"):
        add_source(AddRequest("x", str(config), url="sqlite:///c.db", tables=("nothing",)))


def test_the_shipped_configurations_are_never_written() -> None:
    with pytest.raises(AddRefused, match="copy it to a folder of your own"):
        add_source(AddRequest("shop", "demo", template="zoho_crm"))


@pytest.mark.parametrize("name", ["Shop", "1shop", "web-shop", "", "a b"])
def test_a_name_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(AddRefused, match="expected lower case letters"):
        add_source(AddRequest(name, str(new_company(tmp_path)), folder="x"))


def test_exactly_one_way_has_to_be_given(tmp_path: Path) -> None:
    config = str(new_company(tmp_path))
    for request in (AddRequest("a", config), AddRequest("a", config, url="sqlite:///x", folder="x")):
        with pytest.raises(AddRefused, match="exactly one"):
            add_source(request)


@pytest.mark.parametrize("name", sorted(templates()))
def test_every_template_becomes_a_source_of_another_name(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = new_company(tmp_path)
    added = add_source(AddRequest("our_system", str(config), template=name))
    for variable in added.exports:
        monkeypatch.setenv(variable, "https://example.test")
    assert [source.name for source in load_company(config).sources] == ["our_system"]


def test_an_unknown_template_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(AddRefused, match="no template 'zoho'; there are .*zoho_crm"):
        add_source(AddRequest("a", str(new_company(tmp_path)), template="zoho"))


def test_a_folder_without_anything_known_writes_nothing(tmp_path: Path) -> None:
    config = new_company(tmp_path)
    write_csv(tmp_path / "data" / "x" / "log.csv", ["aa", "bb"], [["1", "2"]])
    with pytest.raises(NothingFound, match="nothing is written"):
        add_source(AddRequest("x", str(config), folder="x"))
    with pytest.raises(NothingFound, match="no folder nowhere"):
        add_source(AddRequest("x", str(config), folder="nowhere"))
    assert not (config / "sources").exists()


def test_files_of_several_days_are_one_table(tmp_path: Path) -> None:
    config = new_company(tmp_path)
    for day in ("20260101", "20260102"):
        write_csv(tmp_path / "data" / "shop" / f"kunden_{day}.csv", ["KdNr", "Firma", "E-Mail"], KUNDEN)
    add_source(AddRequest("shop", str(config), folder="shop"))
    tables = load_company(config).source("shop").tables
    assert {name: table.files for name, table in tables.items()} == {"kunden": ["kunden_{date:%Y%m%d}.csv"]}


def test_a_database_gives_keys_references_and_a_cursor(tmp_path: Path) -> None:
    config = new_company(tmp_path)
    con = sqlite3.connect(tmp_path / "data" / "crm.db")
    con.executescript(
        "create table customers (code text, row_id integer primary key, company_name text, phone text, "
        "last_modified text not null);"
        "create index by_change on customers (last_modified);"
        "create table orders (order_no text primary key, who integer references customers (row_id), "
        "order_date text, total_amount text);"
    )
    for n in range(1, 9):
        stamp = f"2026-01-0{n} 10:00:00"
        con.execute(
            "insert into customers values (?, ?, ?, ?, ?)", ("x", n, f"Acme {n} Ltd", f"+442079460{n}00", stamp)
        )
        con.execute("insert into orders values (?, ?, ?, ?)", (f"O{n}", n, f"2026-01-0{n}", "12.50"))
    con.commit()
    con.close()
    add_source(AddRequest("crm", str(config), url="sqlite:///crm.db"))
    tables = load_company(config).source("crm").tables
    assert tables["customers"].key == ["row_id"]
    assert tables["customers"].cursor is not None
    assert tables["customers"].cursor.column == "last_modified"
    assert tables["customers"].deletes == "by_keys"
    assert tables["orders"].event is not None
    party = tables["orders"].event.columns["party_ref"]
    assert (party.column, party.party) == ("who", "crm.customers")


def test_a_password_is_neither_in_the_file_nor_in_what_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = new_company(tmp_path)
    con = sqlite3.connect(tmp_path / "data" / "c.db")
    con.execute("create table customers (customer_no text, company_name text, email text)")
    con.executemany("insert into customers values (?, ?, ?)", KUNDEN)
    con.commit()
    con.close()
    added = add_source(AddRequest("crm", str(config), url="sqlite:///c.db?token=hunter2"))
    assert "hunter2" not in added.file.read_text("utf-8") + repr(added)
    assert added.exports == ("CRM_TOKEN",)
    monkeypatch.setenv("CRM_TOKEN", "hunter2")
    assert load_company(config).source("crm").tables["customers"].key == ["customer_no"]


def test_names_of_entries_are_plain() -> None:
    assert [entry_name(name) for name in ("t_客户", "Kunden-Liste 2", "2024", "Größe")] == [
        "t_ke_hu",
        "kunden_liste_2",
        "t_2024",
        "grosse",
    ]


_HEADERS = st.lists(
    st.text(
        st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="$\r\n\x85\u2028\u2029"),
        min_size=1,
        max_size=12,
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda text: text.strip().lower(),
)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_HEADERS)
def test_whatever_columns_are_called_the_file_written_loads(tmp_path: Path, names: list[str]) -> None:
    root = tmp_path / os.urandom(6).hex()
    config = new_company(root)
    header = ["客户编号", "客户名称", "手机", *names]
    rows = [[f"K{n}", f"上海华兴{n}有限公司", "13912345678", *["12" for _ in names]] for n in range(1, 6)]
    write_csv(root / "data" / "s" / "客户.csv", header, rows)
    add_source(AddRequest("s", str(config), folder="s"))
    (table,) = load_company(config).source("s").tables.values()
    assert table.party is not None
    assert yaml.safe_load((config / "sources" / "s.yaml").read_text("utf-8"))["name"] == "s"
