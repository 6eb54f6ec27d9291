"""The expectation types that suites may use, each with two readings of one declaration.

In: one `ExpectationConfig`. Out: a `Rule` whose `check(as_of)` names the Great Expectations type with
its arguments, and the condition in SQL that finds the same rows. Invariant: both readings take nulls the
same way (missing values break only `not_be_null`). Does not belong here: running either.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from pydantic import Field, ValidationError, model_validator

from mdm_pipeline.config.base import Section
from mdm_pipeline.config.company import ExpectationConfig
from mdm_pipeline.hub import contract
from mdm_pipeline.hub.ddl import literal, quoted
from mdm_pipeline.quality.conditions import Condition, InvalidRule, RefusedCondition, checked_condition

AS_OF = "$as_of"
REGEX_TYPE = "expect_column_values_to_match_duckdb_regex"
# Column of the batch that holds the answer of a rule which Great Expectations has no type for.
ANSWER = "_answer_"


@dataclass(frozen=True)
class Check:
    """One rule made ready for one run.

    Args:
        gx_type: expectation type for Great Expectations.
        gx_arguments: its arguments.
        failing: SQL condition of the rows that break the rule.
        window: SQL condition over windows, where the rule compares rows.
        answer: SQL of a boolean column that the batch must carry under `ANSWER` + rule name.
    """

    gx_type: str
    gx_arguments: Mapping[str, Any]
    failing: str
    window: str | None = None
    answer: str | None = None


class _OneColumn(Section):
    column: str

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)


class _Regex(_OneColumn):
    regex: str


class _ValueSet(_OneColumn):
    value_set: list[str | bool | int | float] = Field(min_length=1)


class _Range(_OneColumn):
    min_value: date | float | str | None = None
    max_value: date | float | str | None = None

    @model_validator(mode="after")
    def _bounded(self) -> _Range:
        if self.min_value is None and self.max_value is None:
            raise ValueError("min_value or max_value must be given")
        for bound in (self.min_value, self.max_value):
            if isinstance(bound, str) and bound != AS_OF and not _is_date(bound):
                raise ValueError(f"{bound!r} is neither a number, nor a date (1900-01-31), nor {AS_OF}")
        return self


class _Lengths(_OneColumn):
    min_value: int | None = None
    max_value: int | None = None

    @model_validator(mode="after")
    def _bounded(self) -> _Lengths:
        if self.min_value is None and self.max_value is None:
            raise ValueError("min_value or max_value must be given")
        return self


class _Together(Section):
    column_list: list[str] = Field(min_length=2)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.column_list)


class _Pair(Section):
    column_A: str
    column_B: str

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column_A, self.column_B)


class _OrderedPair(_Pair):
    or_equal: bool = False


class _Referential(_OneColumn):
    table: str
    target: str

    @model_validator(mode="after")
    def _known(self) -> _Referential:
        if not self.table.startswith("landing."):
            try:
                contract.table(self.table).column(self.target)
            except KeyError as error:
                raise ValueError(str(error.args[0])) from error
        elif self.table.count(".") != 1:
            raise ValueError(f"{self.table!r} is not landing.<source>__<table>")
        return self


class _CustomSql(Section):
    condition: str


@dataclass(frozen=True)
class Rule:
    """One rule of a suite, checked."""

    config: ExpectationConfig
    arguments: Any
    where: Condition | None
    condition: Condition | None
    make: Callable[[Rule, date], Check] = field(repr=False)

    @property
    def name(self) -> str:
        """Name in the suite."""
        return self.config.name

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that the rule judges."""
        return self.condition.columns if self.condition else tuple(self.arguments.columns)

    def check(self, as_of: date) -> Check:
        """The rule made ready for a run of that day."""
        return self.make(self, as_of)


def _not_null(rule: Rule, as_of: date) -> Check:
    column = rule.arguments.column
    return Check(rule.config.expectation, {"column": column}, f"{quoted(column)} is null")


def _regex(rule: Rule, as_of: date) -> Check:
    a: _Regex = rule.arguments
    failing = f"not regexp_matches({quoted(a.column)}, {literal(a.regex)})"
    return Check(REGEX_TYPE, {"column": a.column, "regex": a.regex}, failing)


def _in_set(rule: Rule, as_of: date) -> Check:
    a: _ValueSet = rule.arguments
    values = ", ".join(_sql(value) for value in a.value_set)
    return Check(rule.config.expectation, a.model_dump(), f"{quoted(a.column)} not in ({values})")


def _between(rule: Rule, as_of: date) -> Check:
    a: _Range = rule.arguments
    low, high = _bound(a.min_value, as_of), _bound(a.max_value, as_of)
    return Check(
        rule.config.expectation,
        {"column": a.column, "min_value": low, "max_value": high},
        _outside(quoted(a.column), low, high),
    )


def _lengths(rule: Rule, as_of: date) -> Check:
    a: _Lengths = rule.arguments
    failing = _outside(f"length({quoted(a.column)})", a.min_value, a.max_value)
    return Check(rule.config.expectation, a.model_dump(), failing)


def _unique(rule: Rule, as_of: date) -> Check:
    column = quoted(rule.arguments.column)
    return Check(
        rule.config.expectation,
        {"column": rule.arguments.column},
        f"{column} is not null",
        f"count(*) over (partition by {column}) > 1",
    )


def _unique_together(rule: Rule, as_of: date) -> Check:
    names = [quoted(name) for name in rule.columns]
    return Check(
        rule.config.expectation,
        {"column_list": list(rule.columns), "ignore_row_if": "any_value_is_missing"},
        " and ".join(f"{name} is not null" for name in names),
        f"count(*) over (partition by {', '.join(names)}) > 1",
    )


def _pair_ordered(rule: Rule, as_of: date) -> Check:
    a: _OrderedPair = rule.arguments
    wrong = "<" if a.or_equal else "<="
    return Check(
        rule.config.expectation,
        {**a.model_dump(), "ignore_row_if": "either_value_is_missing"},
        f"{quoted(a.column_A)} {wrong} {quoted(a.column_B)}",
    )


def _pair_equal(rule: Rule, as_of: date) -> Check:
    a: _Pair = rule.arguments
    return Check(
        rule.config.expectation,
        {**a.model_dump(), "ignore_row_if": "either_value_is_missing"},
        f"{quoted(a.column_A)} <> {quoted(a.column_B)}",
    )


def _referential(rule: Rule, as_of: date) -> Check:
    a: _Referential = rule.arguments
    schema, name = a.table.split(".")
    column, target = quoted(a.column), quoted(a.target)
    # identifiers only, quoted
    known = f"select o.{target} from {quoted(schema)}.{quoted(name)} as o where o.{target} is not null"  # noqa: S608
    return _answered(rule, f"case when {column} is not null then {column} in ({known}) end")


def _custom_sql(rule: Rule, as_of: date) -> Check:
    if rule.condition is None:
        raise InvalidRule("", rule.name, "custom_sql has no condition")
    return _answered(rule, rule.condition.sql(as_of))


def _answered(rule: Rule, answer: str) -> Check:
    """A rule whose answer is a column of the batch: true, false, or null where it does not apply."""
    column = ANSWER + rule.name
    arguments = {"column": column, "value_set": [True]}
    return Check("expect_column_values_to_be_in_set", arguments, f"{quoted(column)} is false", answer=answer)


_TYPES: Mapping[str, tuple[type[Section], Callable[[Rule, date], Check]]] = {
    "expect_column_values_to_not_be_null": (_OneColumn, _not_null),
    "expect_column_values_to_match_regex": (_Regex, _regex),
    "expect_column_values_to_be_in_set": (_ValueSet, _in_set),
    "expect_column_values_to_be_between": (_Range, _between),
    "expect_column_value_lengths_to_be_between": (_Lengths, _lengths),
    "expect_column_values_to_be_unique": (_OneColumn, _unique),
    "expect_compound_columns_to_be_unique": (_Together, _unique_together),
    "expect_column_pair_values_a_to_be_greater_than_b": (_OrderedPair, _pair_ordered),
    "expect_column_pair_values_to_be_equal": (_Pair, _pair_equal),
    "referential": (_Referential, _referential),
    "custom_sql": (_CustomSql, _custom_sql),
}
EXPECTATION_TYPES = tuple(_TYPES)


def checked_rule(suite: str, config: ExpectationConfig, columns: Collection[str] | None) -> Rule:
    """Check one rule's type, arguments and conditions.

    Args:
        suite: name of its suite, for errors.
        config: the rule as configured.
        columns: columns of the suite's table; None where they are known only at run time.

    Raises:
        InvalidRule: unknown type, wrong arguments, or a refused condition.
    """
    if config.expectation not in _TYPES:
        raise InvalidRule(
            suite,
            config.name,
            f"expectation {config.expectation!r} is unknown; use one of {', '.join(_TYPES)}",
        )
    model, make = _TYPES[config.expectation]
    try:
        arguments = model.model_validate(config.arguments)
        where = checked_condition(config.where, columns) if config.where is not None else None
        condition = None
        if isinstance(arguments, _CustomSql):
            condition = checked_condition(arguments.condition, columns)
            if not condition.columns:
                raise RefusedCondition(f"{arguments.condition!r} looks at no column of the table")
    except RefusedCondition as error:
        raise InvalidRule(suite, config.name, str(error)) from error
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'arguments'}: {e['msg']}" for e in error.errors())
        raise InvalidRule(suite, config.name, f"arguments of {config.expectation}: {problems}") from error
    return Rule(config, arguments, where, condition, make)


def _bound(value: date | float | str | None, as_of: date) -> datetime | float | None:
    """Great Expectations takes numbers and datetimes."""
    if isinstance(value, str):
        value = as_of if value == AS_OF else date.fromisoformat(value)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001  TIMESTAMP columns are naive UTC
    return float(value) if value is not None else None


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _outside(value: str, low: datetime | float | None, high: datetime | float | None) -> str:
    parts = [f"{value} < {_sql(low)}"] if low is not None else []
    parts += [f"{value} > {_sql(high)}"] if high is not None else []
    return "(" + " or ".join(parts) + ")"


def _sql(value: str | bool | float | datetime) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return literal(value)
    if isinstance(value, datetime):
        return f"timestamp {literal(value.isoformat(sep=' '))}"
    return f"cast({value!r} as double)" if isinstance(value, float) else repr(value)
