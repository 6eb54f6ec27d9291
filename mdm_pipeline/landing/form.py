"""The schema contract: what a delivery's form may be, and what happens where it is another one.

In: a loaded delivery, the table as landed, its profiles. Out: columns that are not landed, rows that are refused, cells
that are emptied, findings for `quality.issue`, or `SourceHeldBack`. Invariant: with `evolve` every delivered cell lands
as it came; nothing is left out without an issue that says so. Does not belong here: whether rows are missing (guards).
"""

# ruff: noqa: S608  statements are built from quoted column names of the delivery; values never enter the text

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from duckdb import DuckDBPyConnection

from mdm_pipeline.config.sources import SourceConfig
from mdm_pipeline.errors import SourceHeldBack
from mdm_pipeline.hub.contract.landing import RESERVED_COLUMNS, landed_column, source_table
from mdm_pipeline.hub.ddl import quoted
from mdm_pipeline.landing.columns import mapped_columns
from mdm_pipeline.landing.tables import columns_of

Content = Literal["integer", "number", "date", "text"]
FormRule = Literal["column_is_known", "type_is_kept"]
FORM_RULES: tuple[FormRule, ...] = get_args(FormRule)
# with less, nobody can say what a column holds
_VALUES_NEEDED = 20
_ALMOST_ALL = 0.99
_ROWS_LOOKED_AT = 20_000
_NUMBER = r"^\s*[-+]?[0-9][0-9,. ]*([eE][-+]?[0-9]+)?\s*$"
_INTEGER = r"^\s*[-+]?[0-9]+\s*$"
_DATE = r"^\s*([0-9]{4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2,4}([ T]|$))"
# whole dates without separators are integers too, and epoch seconds are dates to their source: both stay numbers
_PATTERNS: dict[Content, str] = {"integer": _NUMBER, "number": _NUMBER, "date": _DATE}


@dataclass(frozen=True)
class Finding:
    """One thing about the form of a delivery that was not so before."""

    column: str
    rule: FormRule
    value: str | None
    message: str
    is_reject: bool = False


@dataclass(frozen=True)
class Profile:
    """What a column holds, from a sample of its filled values."""

    column: str
    content: Content
    values_seen: int


def new_columns(con: DuckDBPyConnection, source: SourceConfig, table: str, delivered: Sequence[str]) -> list[str]:
    """Delivered columns that the landed table lacks; none where nothing is landed yet."""
    stored = {name.lower() for name in columns_of(con, source_table(source.name, table, ()))}
    return [name for name in delivered if stored and landed_column(name).lower() not in stored]


def ignored_columns(source: SourceConfig, table: str, new: Sequence[str]) -> tuple[str, ...]:
    """The new columns that the contract keeps out of landing.

    Raises:
        SourceHeldBack: the contract is `freeze`.
    """
    contract = source.contract_of(table).new_columns
    mapped = {name.lower() for name in mapped_columns(source.tables[table])}
    unasked = [name for name in new if name.lower() not in mapped]  # what the configuration names is wanted
    if contract == "freeze" and unasked:
        raise SourceHeldBack(
            source.name,
            f"{table}: the delivery has new columns {', '.join(map(repr, unasked[:5]))}, and its schema_contract is "
            "`freeze`; expected the columns that are landed; deliver those, or set `schema_contract: evolve` once",
        )
    return tuple(unasked) if contract in ("discard_row", "discard_value") else ()


def judge_new_columns(
    con: DuckDBPyConnection, source: SourceConfig, table: str, new: Sequence[str], ignored: Sequence[str]
) -> list[Finding]:
    """Report new columns; with `discard_row`, rows that have something in one go to `landing_discarded`."""
    contract = source.contract_of(table).new_columns
    findings = []
    for name in new:
        done = "it is landed" if name not in ignored else "it is not landed"
        if name in ignored and contract == "discard_row":
            done += ", rows that have a value in it are refused"
            _discard(con, name, "column_is_known", f"{quoted(landed_column(name))} is not null")
        message = f"column {name!r} was never delivered before; {done}; map it if it is needed"
        findings.append(Finding(name, "column_is_known", None, message))
    return findings


def judge_types(
    con: DuckDBPyConnection, source: SourceConfig, table: str, delivered: Sequence[str], *, has_go_ahead: bool
) -> tuple[list[Finding], bool]:
    """Compare what the mapped columns hold with what they held so far.

    Args:
        con: the hub; `landing_delivered` is loaded, `landing_discarded` exists.
        source: the source.
        table: its table.
        delivered: the delivered columns.
        has_go_ahead: somebody allowed this delivery: then the contract is `evolve`.

    Returns:
        Findings, and whether cells were emptied (the row hashes have to be made again).

    Raises:
        SourceHeldBack: a type changed and the contract is `freeze`.
    """
    known = _profiles(con, source.name, table)
    contract = source.contract_of(table)
    action = "evolve" if has_go_ahead else contract.changed_types
    findings: list[Finding] = []
    is_emptied = False
    for column in _mapped(source, table, delivered):
        profile = known.get(column.lower())
        if profile is None or profile.content == "text":
            continue
        values, others, example = _other_values(con, column, profile.content)
        if not others or others <= contract.type_share * values:
            continue
        what = (
            f"column {column!r}: {others} of {values} values are no {profile.content} as they were so far, "
            f"for instance {example!r}; expected at most {contract.type_share:.0%}"
        )
        if action == "freeze":
            raise SourceHeldBack(
                source.name,
                f"{table}, {what}; deliver it as before, or allow it with `mdm source accept {source.name}.{table}`",
            )
        is_wrong = f"not {_is(column, profile.content)}"
        if action == "discard_row":
            _discard(con, column, "type_is_kept", is_wrong)
        elif action == "discard_value" and column.lower() not in {k.lower() for k in source.tables[table].key}:
            name = quoted(landed_column(column))
            con.execute(f"update landing_delivered set {name} = null where {is_wrong}")
            is_emptied = True
        done = {"discard_row": "the rows are refused", "discard_value": "the values are left out"}.get(
            action, "they are taken"
        )
        findings.append(Finding(column, "type_is_kept", example, f"{what}; {done}; correct the source or the mapping"))
    return findings, is_emptied


def keep_profiles(
    con: DuckDBPyConnection, source: SourceConfig, table: str, delivered: Sequence[str], findings: Sequence[Finding]
) -> None:
    """Store what the columns of a taken delivery hold, the first time and where a change of type was taken.

    A night's changes may be of one kind where the table has several, so a profile never gets narrower by itself; and a
    few rows say nothing.
    """
    known = _profiles(con, source.name, table)
    changed = {finding.column.lower() for finding in findings if finding.rule == "type_is_kept"}
    for column in _mapped(source, table, delivered):
        before = known.get(column.lower())
        if before and column.lower() not in changed:
            continue
        profile = _profile(con, column)
        if profile is None or (before and before.content == profile.content):
            continue
        parameters = {"source": source.name, "table": table, "column": column}
        con.execute(
            "delete from landing.column_profile where source = $source and source_table = $table "
            "and lower(column_name) = lower($column)",
            parameters,
        )
        con.execute(
            "insert into landing.column_profile (source, source_table, column_name, content, values_seen) "
            "values ($source, $table, $column, $content, $seen)",
            {**parameters, "content": profile.content, "seen": profile.values_seen},
        )


def create_discarded(con: DuckDBPyConnection) -> None:
    """The empty `landing_discarded`: delivered rows that are not taken, with the reason."""
    con.execute(
        "create or replace temp table landing_discarded (_row bigint, column_name varchar, rule varchar, value varchar)"
    )


def _mapped(source: SourceConfig, table: str, delivered: Iterable[str]) -> list[str]:
    mapped = {name.lower() for name in mapped_columns(source.tables[table])}
    return [name for name in delivered if name.lower() in mapped and name.lower() not in RESERVED_COLUMNS]


def _profiles(con: DuckDBPyConnection, source: str, table: str) -> dict[str, Profile]:
    rows = con.execute(
        "select column_name, content, values_seen from landing.column_profile "
        "where source = $source and source_table = $table",
        {"source": source, "table": table},
    ).fetchall()
    return {str(row[0]).lower(): Profile(*row) for row in rows}


def _profile(con: DuckDBPyConnection, column: str) -> Profile | None:
    name = quoted(landed_column(column))
    row = con.execute(
        f"select count(*), count(*) filter (regexp_matches(v, $integer)), "
        "count(*) filter (regexp_matches(v, $number)), count(*) filter (regexp_matches(v, $date)) "
        f"from (select {name} as v from landing_delivered where _row % {_step(con)} = 0 and trim({name}) <> '' "
        "and _row not in (select _row from landing_discarded))",
        {"integer": _INTEGER, "number": _NUMBER, "date": _DATE},
    ).fetchone()
    seen, integers, numbers, dates = row or (0, 0, 0, 0)
    if seen < _VALUES_NEEDED:
        return None
    needed = _ALMOST_ALL * seen
    if dates >= needed:
        return Profile(column, "date", seen)
    if integers >= needed:
        return Profile(column, "integer", seen)
    return Profile(column, "number" if numbers >= needed else "text", seen)


def _step(con: DuckDBPyConnection) -> int:
    row = con.execute("select count(*) from landing_delivered").fetchone()
    return max(1, (int(row[0]) if row else 0) // _ROWS_LOOKED_AT)


def _other_values(con: DuckDBPyConnection, column: str, content: Content) -> tuple[int, int, str | None]:
    name = quoted(landed_column(column))
    row = con.execute(
        f"select count(*), count(*) filter (not {_is(column, content)}), "
        f"any_value({name}) filter (not {_is(column, content)}) from landing_delivered "
        f"where _row % {_step(con)} = 0 and trim({name}) <> ''"
    ).fetchone()
    return row or (0, 0, None)


def _is(column: str, content: Content) -> str:
    """SQL: the cell is empty or what the column held so far."""
    name = quoted(landed_column(column))
    return f"(coalesce(trim({name}), '') = '' or regexp_matches({name}, '{_PATTERNS[content]}'))"


def _discard(con: DuckDBPyConnection, column: str, rule: str, condition: str) -> None:
    con.execute(
        "insert into landing_discarded "
        f"select _row, $column, $rule, {quoted(landed_column(column))} from landing_delivered where {condition} "
        "and _row not in (select _row from landing_discarded)",
        {"column": column, "rule": rule},
    )
