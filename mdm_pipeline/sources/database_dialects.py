"""What databases say differently: quoting, the text of a value, a snapshot, their own clock.

In: the dialect's name, columns with the type word that the database gave. Out: pieces of its SQL. Invariant: an
expression gives the text that the database itself prints for the value, the same in every session. Does not belong
here: connections, whole statements.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column of a source as the database describes it.

    Args:
        name: exactly as the database spells it.
        type_word: its type in the database's own word, lower case; empty where the dialect's text needs none.
    """

    name: str
    type_word: str = ""


@dataclass(frozen=True)
class Dialect:
    """How one kind of database wants to be spoken to.

    Args:
        name: SQLAlchemy's name of it.
        quotes: opening and closing quote of an identifier.
        text: SQL of a column's text, from the quoted column and its type word.
        epoch: expression of its own clock, seconds since 1970 in UTC.
        isolation: isolation level under which all statements see one moment; None: none is set.
        session: statements that make texts independent of the server's settings, inside the transaction.
        opening: statements that take the snapshot, before all others.
    """

    name: str
    quotes: str
    text: Callable[[str, str], str]
    epoch: str
    isolation: str | None = None
    session: tuple[str, ...] = ()
    opening: tuple[str, ...] = ()
    alias: str = "as delivered"
    clock_from: str = ""

    def quoted(self, identifier: str) -> str:
        """An identifier, whatever characters it has."""
        closing = self.quotes[1]
        return f"{self.quotes[0]}{identifier.replace(closing, closing * 2)}{closing}"

    def literal(self, text: str) -> str:
        """A text as a literal; with MySQL's backslashes, which it reads even inside quotes."""
        escaped = text.replace("'", "''")
        if self.name in ("mysql", "mariadb"):
            escaped = escaped.replace("\\", "\\\\")
        return f"'{escaped}'"

    @property
    def clock(self) -> str:
        """Statement that gives the database's own time."""
        return f"select {self.epoch}{self.clock_from}"  # noqa: S608


def dialect_of(name: str) -> Dialect | None:
    """The dialect by SQLAlchemy's name; None for one whose values come as the driver makes them."""
    return _DIALECTS.get(name)


# The type codes of MySQL's protocol whose text is not simply that of a cast.
_MYSQL_WORDS = {16: "bit", 255: "geometry"} | dict.fromkeys((15, 249, 250, 251, 252, 253, 254), "string")


def mysql_type_word(type_code: object) -> str:
    """The type word for a type code in a MySQL result."""
    return _MYSQL_WORDS.get(type_code, "") if isinstance(type_code, int) else ""


def _mysql_text(column: str, type_word: str) -> str:
    if type_word == "bit":
        return f"cast({column} + 0 as char)"
    if type_word == "geometry":
        return f"st_astext({column})"
    if type_word == "string":  # of bytes or of characters; the latter in whatever encoding the table has
        return (
            f"case when charset({column}) = 'binary' then concat('0x', hex({column})) "
            f"else convert({column} using utf8mb4) end"
        )
    return f"cast({column} as char)"


# by the beginning of the type's name; the numbers are SQL Server's styles: 121 ISO, 3 every digit, 1 with 0x
_MSSQL_TEXT = {
    "date": "convert(nvarchar(40), {}, 121)",
    "time": "convert(nvarchar(40), {}, 121)",
    "smalldatetime": "convert(nvarchar(40), {}, 121)",
    "float": "convert(nvarchar(40), {}, 3)",
    "real": "convert(nvarchar(40), {}, 3)",
    "money": "convert(nvarchar(40), {}, 2)",
    "smallmoney": "convert(nvarchar(40), {}, 2)",
    "binary": "convert(varchar(max), convert(varbinary(max), {}), 1)",
    "varbinary": "convert(varchar(max), convert(varbinary(max), {}), 1)",
    "image": "convert(varchar(max), convert(varbinary(max), {}), 1)",
    "timestamp": "convert(varchar(max), convert(varbinary(max), {}), 1)",
    "rowversion": "convert(varchar(max), convert(varbinary(max), {}), 1)",
    "geo": "{}.ToString()",
    "hierarchyid": "{}.ToString()",
    "sql_variant": "convert(nvarchar(4000), {})",
}


def _mssql_text(column: str, type_word: str) -> str:
    found = [beginning for beginning in _MSSQL_TEXT if type_word.startswith(beginning)]
    template = _MSSQL_TEXT[max(found, key=len)] if found else "convert(nvarchar(max), {})"
    return template.format(column)


def _oracle_text(column: str, type_word: str) -> str:
    if type_word in ("number", "binary_float", "binary_double", "date") or type_word.startswith(
        ("timestamp", "interval")
    ):
        return f"to_char({column})"
    if type_word == "raw":
        return f"rawtohex({column})"
    if type_word == "rowid":
        return f"rowidtochar({column})"
    return column  # characters are text already, large objects become text in Python


_MYSQL = Dialect(
    name="mysql",
    quotes="``",
    text=_mysql_text,
    epoch="unix_timestamp(now(6))",
    isolation="REPEATABLE READ",
    opening=("start transaction with consistent snapshot, read only",),
)
_DIALECTS = {
    "postgresql": Dialect(
        name="postgresql",
        quotes='""',
        text=lambda column, _: f"{column}::text",
        epoch="extract(epoch from clock_timestamp())",
        isolation="REPEATABLE READ",
        session=(
            "set local timezone = 'UTC'",
            "set local datestyle = 'ISO, YMD'",
            "set local intervalstyle = 'postgres'",
            "set local bytea_output = 'hex'",
            "set local extra_float_digits = 1",
        ),
    ),
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
    "sqlite": Dialect(
        name="sqlite",
        quotes='""',
        text=lambda column, _: f"cast({column} as text)",
        epoch="(julianday('now') - 2440587.5) * 86400.0",
        opening=("begin",),
    ),
    "mssql": Dialect(
        name="mssql", quotes="[]", text=_mssql_text, epoch="datediff_big(ms, '1970', sysutcdatetime())/1e3"
    ),
    "oracle": Dialect(
        name="oracle",
        quotes='""',
        text=_oracle_text,
        epoch="(cast(sys_extract_utc(systimestamp) as date) - date '1970-01-01') * 86400",
        clock_from=" from dual",
        opening=("set transaction read only",),
        session=(
            "alter session set nls_date_format = 'YYYY-MM-DD HH24:MI:SS'",
            "alter session set nls_timestamp_format = 'YYYY-MM-DD HH24:MI:SS.FF'",
            "alter session set nls_timestamp_tz_format = 'YYYY-MM-DD HH24:MI:SS.FF TZH:TZM'",
            "alter session set nls_numeric_characters = '.,'",
        ),
        alias="delivered",
    ),
}
