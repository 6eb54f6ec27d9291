"""`mdm source check`: everything that can be known about a source before it goes live, on a sample.

In: a configured source, the company, its published file. Out: `Checked`: findings, and the forecast of a night.
Invariant: what is marked as holding back would hold the source back, or lose a good part of it; nothing is written
outside a temporary folder. Does not belong here: printing, correcting.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import polars as pl

from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.config.sources import SourceConfig, TableConfig
from mdm_pipeline.errors import PermanentError, SourceHeldBack
from mdm_pipeline.onboarding.forecast import Forecast, ForecastIssue, StagesOf, forecast
from mdm_pipeline.onboarding.sampling import Sample, sample_table
from mdm_pipeline.sources.delivery import Place, Since, did_you_mean
from mdm_pipeline.sources.read import open_source

# A key that is blank or repeated in more rows than this is not the key; see `unreadable` for values.
_BAD_KEYS = 0.01
_UNREADABLE = 0.2
_QUARANTINED = 0.2
_INVALID = 0.5
_KEY_RULES = ("key_is_filled", "key_is_unique")


@dataclass(frozen=True)
class Finding:
    """Something a person should know.

    Args:
        level: `stop` would hold the source back or lose much of it; `look` is worth a look.
        table: of the source; empty where it is about all of it.
        column: at the source, where one can be named.
        text: what, expected, what to do.
    """

    level: Literal["stop", "look"]
    table: str
    column: str
    text: str


@dataclass(frozen=True)
class CheckedTable:
    """What was seen of one table.

    Args:
        name: of the table.
        rows: rows sampled.
        is_whole: it has no more.
        columns: columns delivered.
        mapped: of these, how many the mapping names.
        encodings: of its files.
        key: its key columns.
        blank_keys: sampled rows with an empty part of the key.
        repeated_keys: sampled rows whose key another row has as well.
        filled: mapped column to the share of rows that fill it.
        unmapped: columns that the mapping does not name.
    """

    name: str
    rows: int
    is_whole: bool
    columns: int
    mapped: int
    encodings: tuple[str, ...]
    key: tuple[str, ...]
    blank_keys: int
    repeated_keys: int
    filled: dict[str, float] = field(default_factory=dict)
    unmapped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Checked:
    """The result of a check."""

    source: str
    tables: tuple[CheckedTable, ...]
    findings: tuple[Finding, ...]
    forecast: Forecast | None

    @property
    def is_good(self) -> bool:
        """Whether nothing would hold the source back."""
        return not any(finding.level == "stop" for finding in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """For machines; values of rows stand in messages of issues only."""
        return {**asdict(self), "is_good": self.is_good}


class NotConfigured(PermanentError):
    """There is no source of that name."""


def check_source(
    name: str,
    company: CompanyConfig,
    *,
    rows: int,
    stages_of: StagesOf,
    inbox: Path | None,
    published: Path,
    as_of: datetime,
) -> Checked:
    """Check one source.

    Args:
        name: of the source.
        company: the company that it is configured in.
        rows: rows to sample of each table.
        stages_of: makes the stages of a company.
        inbox: where files are dropped.
        published: the published file, which may not be there yet.
        as_of: now.

    Raises:
        NotConfigured: there is no such source.
        SourceHeldBack: no table of it can be read.
        TransientError: it does not answer.
    """
    source = _source(name, company)
    place = Place(company.data_path, inbox, as_of)
    findings: list[Finding] = []
    samples, troubles = _samples(source, place, rows)
    if not samples:
        raise troubles[0]
    findings += [Finding("stop", "", "", error.reason) for error in troubles]
    tables = []
    for table_name, sample in samples.items():
        tables.append(_table(source.tables[table_name], table_name, sample))
        findings += _about_columns(source.tables[table_name], table_name, sample)
        findings += _about_reading(source, table_name, sample, place)
        findings += _about_key(tables[-1])
    held = {finding.table for finding in findings if finding.level == "stop" and finding.text.startswith("no column")}
    whole = {table: sample.rows for table, sample in samples.items() if table not in held}
    made = forecast(source, company, whole, stages_of=stages_of, published=published, as_of=as_of) if whole else None
    if made is not None:
        findings += _about_forecast(made, {table.name: table.rows for table in tables}, source)
    ordered = sorted(findings, key=lambda finding: finding.level != "stop")
    return Checked(source.name, tuple(tables), tuple(ordered), made)


def _source(name: str, company: CompanyConfig) -> SourceConfig:
    names = [source.name for source in company.sources]
    if name not in names:
        raise NotConfigured(
            f"no source {name!r} in the configuration{did_you_mean(name, names)}; `mdm source add {name}` proposes one"
        )
    return company.source(name)


def _samples(source: SourceConfig, place: Place, rows: int) -> tuple[dict[str, Sample], list[SourceHeldBack]]:
    samples: dict[str, Sample] = {}
    troubles: list[SourceHeldBack] = []
    for name in source.tables:
        try:
            samples[name] = sample_table(source, place, name, rows)
        except SourceHeldBack as error:  # told with all the others: one check, all that is wrong
            troubles.append(error)
    return samples, troubles


def _named(table: TableConfig) -> dict[str, str]:
    """Source column to the path in the configuration that names it first."""
    named = {column: "key" for column in table.key}
    if table.updated_at:
        named.setdefault(table.updated_at, "updated_at")
    if table.cursor:
        named.setdefault(table.cursor.column, "cursor")
    if table.deleted_flag:
        named.setdefault(table.deleted_flag.column, "deleted_flag")
    mapping = table.party or table.event
    for column, where in mapping.source_columns("party" if table.party else "event") if mapping else ():
        named.setdefault(column, where)
    return named


def _table(table: TableConfig, name: str, sample: Sample) -> CheckedTable:
    spelled = {column.lower(): column for column in sample.rows.columns}
    named = {spelled[column.lower()] for column in _named(table) if column.lower() in spelled}
    key = [spelled[part.lower()] for part in table.key if part.lower() in spelled]
    total = sample.rows.height
    blank = repeated = 0
    if len(key) == len(table.key) and total:
        keys = sample.rows.select(pl.col(key).str.strip_chars())
        is_blank = keys.select(pl.any_horizontal((pl.col(key).is_null()) | (pl.col(key) == ""))).to_series()
        blank = int(is_blank.sum())
        repeated = int(keys.filter(~is_blank).is_duplicated().sum())
    filled = {
        column: round(1 - float((sample.rows[column].fill_null("").str.strip_chars() == "").mean() or 0.0), 4)  # type: ignore[arg-type]
        for column in sample.rows.columns
        if column in named and total
    }
    unmapped = tuple(column for column in sample.rows.columns if column not in named)
    return CheckedTable(
        name,
        total,
        sample.is_whole,
        len(sample.rows.columns),
        len(named),
        sample.encodings,
        tuple(table.key),
        blank,
        repeated,
        filled,
        unmapped,
    )


def _about_columns(table: TableConfig, name: str, sample: Sample) -> Iterator[Finding]:
    there = {column.lower() for column in sample.rows.columns}
    for column, where in _named(table).items():
        if column.lower() not in there:
            hint = did_you_mean(column, sample.rows.columns)
            yield Finding(
                "stop",
                name,
                column,
                f"no column {column!r} at the source{hint}; tables.{name}.{where} names it: correct it",
            )
    if not sample.rows.height:
        yield Finding("look", name, "", "no rows; nothing about its values can be told")
        return
    for column, where in _named(table).items():
        is_there = column.lower() in there and where != "deleted_flag"
        if is_there and sample.rows[_spelled(sample, column)].drop_nulls().is_empty():
            text = f"empty in every sampled row, though mapped to {where}; is it the right one?"
            yield Finding("look", name, column, text)


def _spelled(sample: Sample, column: str) -> str:
    return next(name for name in sample.rows.columns if name.lower() == column.lower())


def _about_reading(source: SourceConfig, name: str, sample: Sample, place: Place) -> Iterator[Finding]:
    lost = [problem for problem in sample.problems if problem.is_row_lost]
    if lost:
        level: Literal["stop", "look"] = "stop" if len(lost) > _UNREADABLE * max(sample.rows.height, 1) else "look"
        yield Finding(level, name, "", f"{len(lost):,} rows cannot be read, first {lost[0].location}: {lost[0].reason}")
    odd = len(sample.problems) - len(lost)
    if odd:
        first = next(problem for problem in sample.problems if not problem.is_row_lost)
        yield Finding(
            "look", name, first.column or "", f"{odd:,} oddities in reading, first {first.location}: {first.reason}"
        )
    configured = source.tables[name].format.encoding
    if sample.encodings and configured != "auto":
        detected = _detected(source, name, place)
        if detected and not _same_encoding(configured, detected):
            yield Finding(
                "stop",
                name,
                "",
                f"configured encoding {configured}, but the files look like {detected}; expected the encoding they are "
                "written in, or names turn into other signs; set `encoding: auto` or correct it",
            )
    if len(sample.encodings) > 1:
        yield Finding("look", name, "", f"its files have several encodings: {', '.join(sample.encodings)}")


def _detected(source: SourceConfig, name: str, place: Place) -> str:
    """The encoding that is found without being told."""
    table = source.tables[name]
    by_itself = table.model_copy(update={"format": table.format.model_copy(update={"encoding": "auto"})})
    with open_source(source.model_copy(update={"tables": {name: by_itself}}), place) as reader:
        files = reader.read(name, Since()).files
    return next((file.encoding for file in files if file.encoding), "")


def _same_encoding(configured: str, detected: str) -> bool:
    plain = [name.lower().replace("-", "").replace("_", "").removesuffix("sig") for name in (configured, detected)]
    families = ({"gbk", "gb2312", "gb18030"}, {"latin1", "iso88591", "cp1252", "windows1252"}, {"ascii", "utf8"})
    return plain[0] == plain[1] or any(set(plain) <= family for family in families)


def _about_key(table: CheckedTable) -> Iterator[Finding]:
    key = ", ".join(table.key)
    for count, what, expected in (
        (table.blank_keys, "is blank", "a value in every row"),
        (table.repeated_keys, "is the same as another row's", "one row per key"),
    ):
        if count:
            level: Literal["stop", "look"] = "stop" if count > _BAD_KEYS * table.rows else "look"
            yield Finding(
                level,
                table.name,
                key,
                f"the key {what} in {count:,} of {table.rows:,} rows; expected {expected}; name other columns in "
                f"tables.{table.name}.key, or correct the source",
            )


def _about_forecast(made: Forecast, rows: Mapping[str, int], source: SourceConfig) -> Iterator[Finding]:
    for reason in made.held_back:
        yield Finding("stop", "", "", f"a blocking rule would hold it back: {reason}")
    if made.parties and made.quarantined > _QUARANTINED * made.parties:
        yield Finding(
            "stop",
            "",
            "",
            f"{made.quarantined:,} of {made.parties:,} parties would wait in quarantine; see the rules below",
        )
    for issue in made.issues:
        if issue.rule not in _KEY_RULES and issue.rule != "code_is_mapped":
            yield from _about_issue(issue, rows, source.name)
    for one in made.validity:
        if one.found >= 5 and one.valid < _INVALID * one.found:
            yield Finding(
                "look",
                one.table,
                "",
                f"{one.kind}: {one.valid:,} of {one.found:,} are valid; right column, right country?",
            )
    yield from _about_codes(made.unmapped)


def _about_issue(issue: ForecastIssue, rows: Mapping[str, int], source: str) -> Iterator[Finding]:
    table = issue.table.removeprefix(f"{source}.").removeprefix(f"landing.{source}__")
    of = rows.get(table, 0)
    is_unreadable = issue.stage == "staging" and of >= 5 and issue.issues > _UNREADABLE * of
    if not (is_unreadable or issue.severity in ("block", "reject")):
        return
    level: Literal["stop", "look"] = "stop" if is_unreadable or issue.severity == "block" else "look"
    yield Finding(
        level,
        table if of else "",
        issue.column,
        f"{issue.rule}: {issue.issues:,}{f' of {of:,}' if of else ''} rows; for instance {issue.example}",
    )


def _about_codes(unmapped: Sequence[tuple[str, str, str, int]]) -> Iterator[Finding]:
    by_list: dict[tuple[str, str], list[str]] = {}
    for table, name, code, _ in unmapped:
        by_list.setdefault((table, name), []).append(code)
    for (table, name), codes in by_list.items():
        yield Finding(
            "look",
            table,
            "",
            f"{len(codes)} codes are in no code list {name}: {', '.join(codes[:8])}; map them under `codes.{name}`",
        )
