"""A group with twenty customer systems of mixed kinds, each with the same few customers in its own way of delivering.

In: a folder, addresses of servers. Out: what all systems hold on a day, the company's YAML files, and the truth: the
customers in force per system. Does not belong here: running the company.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa
import xlsxwriter
import yaml

from mdm_pipeline_tests.sources.rest.server import Call, Reply

ROWS = 24
COLUMNS = ("no", "name", "phone", "mail", "city", "changed", "gone")
_SURNAMES = "王李張陳吳林周"
Row = dict[str, str]
KINDS = (
    "gb18030", "tsv", "bom", "utf16", "big5", "gzip", "jsonl", "parquet", "excel", "dated", "changes",
    "sqlite", "sqlite_cursor", "sqlite_keys", "sqlite_flag", "sqlite_query", "rest", "rest_deleted", "postgres",
    "mariadb",
)  # fmt: skip
_BY_CHANGES = {"sqlite_cursor", "sqlite_keys", "sqlite_flag", "rest", "rest_deleted", "postgres", "mariadb"}


def rows_of(kind: str, day: int) -> list[Row]:
    """What a system holds on a day, rows that are gone included with their flag."""
    number = KINDS.index(kind)
    return [
        {
            "no": f"{key:05}",
            "name": f"{_SURNAMES[(key + number) % 7]}大{key * 7 % 50:02}"
            + (f" v{_last_change(key, day)}" if _last_change(key, day) > 1 else ""),
            "phone": f"1390000{(key * 13 + number) % 1000:04}",
            "mail": f"c{key}@x{number}.example",
            "city": "上海",
            "changed": f"2026-02-{20 + _last_change(key, day):02} 10:00:00",
            "gone": "1" if _is_gone(key, day) else "0",
        }
        for key in range(1, ROWS + day)
    ]


def truth(kind: str, day: int) -> dict[str, str]:
    """Number and name of the customers in force."""
    return {row["no"]: row["name"] for row in rows_of(kind, day) if row["gone"] == "0"}


def _last_change(key: int, day: int) -> int:
    born = max(1, key - ROWS + 1)
    return max([born, *(d for d in range(2, day + 1) if (key + d) % 6 == 0 or (key == 3 and d == 2))])


def _is_gone(key: int, day: int) -> bool:
    return key == 3 and day >= 2


@dataclass
class Group:
    """The twenty systems.

    Args:
        folder: the systems' data and the configuration lie below it.
        api: base address of the service behind `rest` and `rest_deleted`; without it they are left out.
        databases: SQLAlchemy URLs of `postgres` and `mariadb`; without one the system is a SQLite file.
        only: the kinds wanted.
    """

    folder: Path
    api: str | None = None
    databases: Mapping[str, str] = field(default_factory=dict)
    only: Sequence[str] = KINDS
    day: int = 0

    @property
    def kinds(self) -> list[str]:
        """The systems there are."""
        return [kind for kind in KINDS if kind in self.only and (self.api or not kind.startswith("rest"))]

    def deliver(self, day: int) -> None:
        """Bring every system to a day."""
        self.day = day
        for kind in self.kinds:
            held = rows_of(kind, day)
            present = [row for row in held if row["gone"] == "0"]
            place = self.folder / "data" / kind
            place.mkdir(parents=True, exist_ok=True)
            if kind.startswith("rest"):
                continue
            if kind.startswith("sqlite") or kind in ("postgres", "mariadb"):
                self._database(kind, held if kind == "sqlite_flag" else present)
            else:
                _write_file(kind, place, held, present, day)

    def answer(self, call: Call) -> Reply:
        """The service behind the two systems of kind rest."""
        kind, _, what = call.path.strip("/").partition("/")
        held = rows_of(kind, self.day)
        since = call.query.get("since", "").replace("T", " ")[:19]
        wanted = [row for row in held if (row["gone"] == "1") == (what == "deleted") and row["changed"] >= since]
        if what == "keys":
            wanted = [{"no": row["no"]} for row in held if row["gone"] == "0"]
        first, size = int(call.query.get("offset", 0)), int(call.query.get("limit", 100))
        return Reply({"rows": wanted[first : first + size]})

    def config(self) -> Path:
        """Write company.yaml and one file per source; the folder."""
        folder = self.folder / "company"
        (folder / "sources").mkdir(parents=True, exist_ok=True)
        company = {"version": 1, "name": "group", "data_dir": str(self.folder / "data")}
        (folder / "company.yaml").write_text(yaml.safe_dump(company), encoding="utf-8")
        for kind in self.kinds:
            path = folder / "sources" / f"{kind}.yaml"
            path.write_text(yaml.safe_dump(self.source(kind), allow_unicode=True), encoding="utf-8")
        return folder

    def source(self, kind: str) -> dict[str, Any]:
        """One source's configuration."""
        table: dict[str, Any] = {
            "key": ["no"],
            "updated_at": "changed",
            "party": {
                "type": {"otherwise": "person"},
                "names": [{"full": "name"}],
                "contact_points": [{"kind": "phone", "column": "phone"}, {"kind": "email", "column": "mail"}],
                "addresses": [{"city": "city"}],
            },
        }
        if kind in _BY_CHANGES:
            table["cursor"] = {"column": "changed", "lag": "PT0S"}
            table["deletes"] = "by_keys" if kind not in ("sqlite_cursor", "sqlite_flag") else "by_absence"
        if kind in ("sqlite_flag", "changes"):
            table["deleted_flag"] = {"column": "gone"}
        if kind == "changes":
            table["delivers"] = "changes"
        if kind == "sqlite_cursor":
            table["cursor"] |= {"full_every": "P1D"}  # finds the deleted row
        if kind == "sqlite_query":
            table["query"] = f"select {', '.join(COLUMNS)} from customer where no > '0'"
        return {
            "version": 1,
            "name": kind,
            "connection": self._connection(kind, table),
            "tables": {"customer": table},
            "expected": {"every": "P1D"},
        }

    def _connection(self, kind: str, table: dict[str, Any]) -> dict[str, Any]:
        if kind.startswith("rest"):
            table["rest"] = _rest(kind)
            if kind == "rest_deleted":
                table["deletes"] = "by_absence"
            return {"kind": "rest", "base_url": self.api}
        if kind in self.databases:
            return {"kind": "sql", "url": self.databases[kind]}
        if kind.startswith("sqlite") or kind in ("postgres", "mariadb"):
            return {"kind": "sql", "url": f"sqlite:///{kind}/customers.sqlite"}
        table["files"] = ["{date:%Y-%m-%d}/customers.csv"] if kind == "dated" else [f"customers*.{_ENDINGS[kind]}"]
        if kind == "excel":
            table["format"] = {"format": "excel"}
        return {"kind": "files", "folder": kind}

    def _database(self, kind: str, rows: list[Row]) -> None:
        if kind in self.databases:
            engine = sa.create_engine(self.databases[kind])
            with engine.begin() as connection:
                columns = ", ".join(f"{name} varchar(60)" for name in COLUMNS)
                connection.exec_driver_sql(f"create table if not exists customer ({columns})")
                connection.exec_driver_sql("delete from customer")
                values = ", ".join(f":{name}" for name in COLUMNS)
                connection.execute(sa.text(f"insert into customer values ({values})"), rows)
            engine.dispose()
            return
        database = sqlite3.connect(self.folder / "data" / kind / "customers.sqlite")
        database.execute(f"create table if not exists customer ({', '.join(f'{name} text' for name in COLUMNS)})")
        database.execute("delete from customer")
        database.executemany(
            f"insert into customer values ({', '.join('?' * len(COLUMNS))})", [tuple(row.values()) for row in rows]
        )
        database.commit()
        database.close()


_ENDINGS = {
    "gb18030": "csv",
    "tsv": "tsv",
    "bom": "csv",
    "utf16": "csv",
    "big5": "csv",
    "gzip": "csv.gz",
    "jsonl": "jsonl",
    "parquet": "parquet",
    "excel": "xlsx",
    "changes": "csv",
}
_ENCODINGS = {"gb18030": "gb18030", "bom": "utf-8-sig", "utf16": "utf-16", "big5": "big5"}


def _rest(kind: str) -> dict[str, Any]:
    listed = {"offset": "{{offset}}", "limit": "{{limit}}", "since": "{{since}}"}
    rest: dict[str, Any] = {
        "request": {"path": f"/{kind}/list", "query": listed},
        "rows": "rows",
        "pages": {"by": "offset", "size": 10, "short_page_is_last": True},
        "cursor_format": "iso",
    }
    if kind == "rest_deleted":
        rest["deleted"] = {"request": {"path": f"/{kind}/deleted", "query": listed}, "rows": "rows"}
    else:
        rest["keys"] = {"path": f"/{kind}/keys"}
    return rest


def _write_file(kind: str, place: Path, held: list[Row], present: list[Row], day: int) -> None:
    if kind == "dated":
        folder = place / f"2026-03-{day:02}"
        folder.mkdir(exist_ok=True)
        (folder / "customers.csv").write_text(_csv(present), encoding="utf-8")
    elif kind == "changes":
        new = [row for row in held if row["changed"] == f"2026-02-{20 + day:02} 10:00:00"]
        (place / f"customers-{day:02}.csv").write_text(_csv(new), encoding="utf-8")
    elif kind == "gzip":
        (place / "customers.csv.gz").write_bytes(gzip.compress(_csv(present).encode(), mtime=0))
    elif kind == "jsonl":
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in present)
        (place / "customers.jsonl").write_text(lines, encoding="utf-8")
    elif kind == "parquet":
        pq.write_table(pa.Table.from_pylist(present), place / "customers.parquet")
    elif kind == "excel":
        with xlsxwriter.Workbook(place / "customers.xlsx") as book:
            sheet = book.add_worksheet()
            for number, line in enumerate([COLUMNS, *(tuple(row.values()) for row in present)]):
                sheet.write_row(number, 0, line)
    else:
        text = _csv(present, "\t" if kind == "tsv" else ";" if kind == "bom" else ",")
        (place / f"customers.{_ENDINGS[kind]}").write_text(text, encoding=_ENCODINGS.get(kind, "utf-8"))


def _csv(rows: Sequence[Row], delimiter: str = ",") -> str:
    return "".join(delimiter.join(line) + "\n" for line in [COLUMNS, *(tuple(row.values()) for row in rows)])
