"""Conditions that people write in YAML: parsed, checked by a whitelist, written out from the checked tree.

In: text of one boolean SQL expression. Out: a `Condition` that renders to SQL for a run's date.
Invariant: only the checked tree is ever run, never the text; no subquery, no function outside the list,
no column but the table's own. Does not belong here: running anything.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from mdm_pipeline.errors import PermanentError

_PREDICATES: tuple[type[exp.Expression], ...] = (
    exp.And,
    exp.Or,
    exp.Not,
    exp.EQ,
    exp.NEQ,
    exp.GT,
    exp.GTE,
    exp.LT,
    exp.LTE,
    exp.Is,
    exp.In,
    exp.Between,
    exp.Like,
    exp.ILike,
    exp.RegexpLike,
    exp.StartsWith,
    exp.NullSafeEQ,
    exp.NullSafeNEQ,
)
_ALLOWED: tuple[type[exp.Expression], ...] = (
    *_PREDICATES,
    exp.Paren,
    exp.Column,
    exp.Identifier,
    exp.Literal,
    exp.Boolean,
    exp.Null,
    exp.Placeholder,
    exp.Add,
    exp.Sub,
    exp.Mul,
    exp.Div,
    exp.Neg,
    exp.Escape,
    exp.Case,
    exp.If,
    exp.Cast,
    exp.TryCast,
    exp.DataType,
    exp.DataTypeParam,
    exp.Coalesce,
    exp.Nullif,
    exp.Lower,
    exp.Upper,
    exp.Length,
    exp.Trim,
    exp.Abs,
    exp.Substring,
    exp.Left,
    exp.Right,
    exp.Concat,
    exp.DPipe,
    exp.Year,
    exp.Month,
    exp.Day,
)
_DATE_PARAMETER = "as_of"


class InvalidRule(PermanentError):
    """A rule in quality.yaml cannot be taken.

    Args:
        suite: name of the suite.
        rule: name of the rule.
        reason: what is wrong and what is expected.
    """

    def __init__(self, suite: str, rule: str, reason: str) -> None:
        self.suite = suite
        self.rule = rule
        self.reason = reason
        super().__init__(f"quality.yaml, suite {suite}, rule {rule}: {reason}")


class RefusedCondition(PermanentError):
    """A condition has something in it that conditions may not have."""


@dataclass(frozen=True)
class Condition:
    """A checked boolean expression over the columns of one table."""

    tree: exp.Expression

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that it names, in order of appearance."""
        return tuple(dict.fromkeys(column.name for column in self.tree.find_all(exp.Column, bfs=False)))

    def sql(self, as_of: date) -> str:
        """The expression in parentheses, with the run's date for `$as_of`."""
        dated = self.tree.transform(lambda node: _day(as_of) if isinstance(node, exp.Placeholder) else node)
        return "(" + dated.sql(dialect="duckdb", identify=True, comments=False) + ")"


def checked_condition(text: str, columns: Collection[str] | None) -> Condition:
    """Parse a condition and check every node of it.

    Args:
        text: one boolean expression; `$as_of` stands for the day of the run.
        columns: the table's columns; None where they are known only at run time (landed source tables).

    Raises:
        RefusedCondition: it is no single boolean expression, or has something that is not whitelisted.
    """
    tree = _only_expression(text)
    for node in tree.walk():
        _check(node, columns)
    if not isinstance(tree.unnest(), (*_PREDICATES, exp.Column)):
        raise RefusedCondition(f"{text!r} is not a yes-or-no expression; expected a comparison")
    return Condition(tree)


def _only_expression(text: str) -> exp.Expression:
    try:
        statements = sqlglot.parse(f"select 1 where {text}", read="duckdb")  # noqa: S608  parsed, never run
    except SqlglotError as error:
        raise RefusedCondition(f"{text!r} cannot be read as SQL ({str(error).splitlines()[0]})") from error
    statement = statements[0] if len(statements) == 1 else None
    if not isinstance(statement, exp.Select):
        raise RefusedCondition(f"{text!r} is more than one expression; expected a single condition")
    clauses = {name for name, value in statement.args.items() if value} - {"expressions", "where"}
    where = statement.args.get("where")
    if clauses or where is None:
        raise RefusedCondition(f"{text!r} is more than a condition; expected no further clauses")
    tree = where.this
    if not isinstance(tree, exp.Expression):
        raise RefusedCondition(f"{text!r} is not an expression")
    return tree


def _check(node: exp.Expr, columns: Collection[str] | None) -> None:
    if not isinstance(node, _ALLOWED):
        shown = node.sql(dialect="duckdb")
        raise RefusedCondition(
            f"{shown!r} is not allowed in a condition; allowed are comparisons, and/or/not, in (values), "
            "like, arithmetic, case, casts and the plain text functions"
        )
    if isinstance(node, exp.In) and (node.args.get("query") or node.args.get("unnest") or node.args.get("field")):
        raise RefusedCondition("`in` takes a list of values here; use a `referential` rule to look into another table")
    if isinstance(node, exp.Placeholder) and node.name != _DATE_PARAMETER:
        raise RefusedCondition(f"parameter ${node.name} is unknown; there is only `$as_of`, the day of the run")
    if isinstance(node, exp.Column):
        if node.table:
            raise RefusedCondition(f"column {node.sql()!r} is qualified; name the column alone")
        if columns is not None and node.name not in columns:
            raise RefusedCondition(f"the table has no column {node.name!r}; it has {', '.join(columns)}")


def _day(day: date) -> exp.Expression:
    return exp.cast(exp.Literal.string(day.isoformat()), "date")
