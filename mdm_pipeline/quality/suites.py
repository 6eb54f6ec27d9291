"""Suites made ready: checked rules, grouped into batches of rows.

In: `QualityConfig`. Out: `Suite`s, and for one run the select statement of each `Batch`. Invariant:
Great Expectations and our own query read the same batch, so that a `where` can never apply to one of
them only. Does not belong here: running suites.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from mdm_pipeline.config.company import QualityConfig, SuiteConfig
from mdm_pipeline.hub.contract import TABLES, Table
from mdm_pipeline.hub.contract.landing import BATCH, RECORD, VERSION
from mdm_pipeline.hub.contract.staging import PARTY_TABLES
from mdm_pipeline.hub.ddl import literal, quoted
from mdm_pipeline.quality.conditions import InvalidRule
from mdm_pipeline.quality.rules import ANSWER, Rule, checked_rule

_CONTRACT: Mapping[str, Table] = {table.full_name: table for table in TABLES}
_PARTIES = frozenset(table.full_name for table in PARTY_TABLES)
_LANDING_OWN = frozenset(table.full_name for table in (RECORD, BATCH, VERSION))


@dataclass(frozen=True)
class Batch:
    """Rows that some rules of a suite look at: those of the suite that satisfy one `where`."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Suite:
    """One suite, checked."""

    name: str
    table: str
    source: str | None
    batches: tuple[Batch, ...]

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules, by name."""
        return tuple(sorted((rule for batch in self.batches for rule in batch.rules), key=lambda rule: rule.name))

    def rows_sql(self, batch: Batch, stored: Collection[str], as_of: date) -> str:
        """The select statement of a batch.

        Args:
            batch: one of the suite's.
            stored: the table's columns as they stand in the hub.
            as_of: the day of the run.
        """
        schema, name = self.table.split(".")
        checks = ((rule, rule.check(as_of)) for rule in batch.rules)
        answers = [f"{check.answer} as {quoted(ANSWER + rule.name)}" for rule, check in checks if check.answer]
        conditions = self._conditions(stored)
        where = batch.rules[0].where
        if where is not None:
            conditions.append(where.sql(as_of))
        # identifiers quoted, conditions rendered from checked trees
        return (
            f"select {', '.join(['*', *answers])} from {quoted(schema)}.{quoted(name)}"  # noqa: S608
            f" where {' and '.join(conditions) or 'true'}"
        )

    def _conditions(self, stored: Collection[str]) -> list[str]:
        conditions = ["_deleted_at is null"] if is_landed(self.table) and "_deleted_at" in stored else []
        if self.source is not None:
            source = literal(self.source)
            if "source" in stored and not is_landed(self.table):
                conditions.append(f"source = {source}")
            else:
                conditions.append(
                    f"record_id in (select r.record_id from landing.record as r where r.source = {source})"  # noqa: S608
                )
        return conditions


def is_landed(table: str) -> bool:
    """Whether the table is one of a source's own, known only at run time."""
    return table.startswith("landing.") and table not in _LANDING_OWN and table != "landing.change"


def checked_suites(config: QualityConfig) -> tuple[Suite, ...]:
    """Check all suites of a company.

    Raises:
        InvalidRule: the first thing that is wrong, with suite and rule.
    """
    return tuple(_checked_suite(name, suite) for name, suite in sorted(config.suites.items()))


def _checked_suite(name: str, config: SuiteConfig) -> Suite:
    columns = _columns(name, config)
    groups: dict[str, list[Rule]] = {}
    seen: set[str] = set()
    for expectation in config.expectations:
        if expectation.name in seen:
            raise InvalidRule(name, expectation.name, "the name occurs twice in the suite")
        seen.add(expectation.name)
        if expectation.severity == "quarantine" and not (config.table in _PARTIES or is_landed(config.table)):
            raise InvalidRule(
                name,
                expectation.name,
                f"{config.table} holds no party records, only those can be quarantined; use warn or block",
            )
        rule = checked_rule(name, expectation, columns)
        groups.setdefault(expectation.where or "", []).append(rule)
    return Suite(name, config.table, config.source, tuple(Batch(tuple(rules)) for rules in groups.values()))


def _columns(name: str, config: SuiteConfig) -> tuple[str, ...] | None:
    if is_landed(config.table) and config.table.count(".") == 1:
        return None
    if config.table not in _CONTRACT:
        raise InvalidRule(name, "(table)", f"the hub has no table {config.table!r}; expected schema.name")
    return _CONTRACT[config.table].column_names
