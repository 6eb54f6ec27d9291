"""`mdm source add`: writes a source's file by looking at the source, or from a shipped template.

In: what was asked for, the company's folder. Out: the file below `sources/`, and `Added`: what it did and what a person
has to look at. Invariant: a file that is there stays unless told otherwise; the file written loads. Does not belong
here: printing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import yaml

from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.config.loader import COMPANIES, ConfigInvalid, config_folder, load_company
from mdm_pipeline.config.sources import SourceConfig
from mdm_pipeline.errors import PermanentError
from mdm_pipeline.onboarding.introspection import Found, NothingFound, introspect_database, introspect_folder
from mdm_pipeline.onboarding.mapping import Mapped, mapping_of
from mdm_pipeline.onboarding.meanings import guess_country, understand
from mdm_pipeline.onboarding.source_text import Heading, source_text
from mdm_pipeline.onboarding.source_url import SafeUrl, safe_url
from mdm_pipeline.onboarding.table_proposal import Proposal, propose
from mdm_pipeline.onboarding.word_tables import read_rows

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)(:-[^}]*)?\}")
_UNSURE = 0.75


class AddRefused(PermanentError):
    """The source is not added; nothing was written."""


@dataclass(frozen=True)
class AddRequest:
    """What to add; one of `url`, `folder` and `template`.

    Args:
        name: of the source.
        config: configuration folder of the company.
        url: SQLAlchemy URL, `${VARIABLE}`s allowed.
        folder: folder of files, absolute or below the company's data folder.
        patterns: only these files.
        template: name of a shipped configuration or recipe.
        tables: only these tables (databases).
        country: default country; guessed if None.
        rows: rows to sample of each table.
        is_forced: overwrite a file that is there.
    """

    name: str
    config: str
    url: str | None = None
    folder: str | None = None
    patterns: Sequence[str] = ()
    template: str | None = None
    tables: Sequence[str] = ()
    country: str | None = None
    rows: int = 1000
    is_forced: bool = False


@dataclass(frozen=True)
class AddedTable:
    """One proposed table: what it is taken for, and how many of its columns are mapped."""

    name: str
    kind: str
    confidence: float
    key: tuple[str, ...]
    mapped: int
    columns: int


@dataclass(frozen=True)
class Added:
    """What was written.

    Args:
        file: the source's file.
        tables: what was proposed; empty for a template.
        left_out: tables in which nothing was known.
        exports: variables that have to be set before a run.
        look_at: what a person should check or decide, the most urgent first.
    """

    file: Path
    tables: tuple[AddedTable, ...]
    left_out: tuple[str, ...] = ()
    exports: tuple[str, ...] = ()
    look_at: tuple[str, ...] = field(default=())


def templates() -> dict[str, str]:
    """Text of every shipped configuration and recipe, by name."""
    folder = files("mdm_pipeline.config.templates")
    places = [*folder.iterdir(), *folder.joinpath("recipes").iterdir()]
    return {
        place.name.removesuffix(".yaml"): place.read_text(encoding="utf-8")
        for place in sorted(places, key=lambda place: place.name)
        if place.name.endswith(".yaml")
    }


def add_source(request: AddRequest) -> Added:
    """Propose a source and write its file.

    Raises:
        AddRefused: the name is none, the file is there already, the configuration is a shipped one, or not exactly one
            of url, folder and template is given.
        NothingFound: the source has no table that looks like anything.
        ConfigInvalid: the company's own configuration has mistakes.
        SourceHeldBack: the source refuses.
        TransientError: it does not answer.
    """
    folder = _allowed_folder(request)
    target = folder / "sources" / f"{request.name}.yaml"
    if target.exists() and not request.is_forced:
        raise AddRefused(f"{request.name}: sources/{target.name} is there already; choose another name, or add --force")
    if sum(bool(way) for way in (request.url, request.folder, request.template)) != 1:
        raise AddRefused(f"{request.name}: expected exactly one of --url, --folder and --template")
    if request.template:
        return _from_template(request, folder, target)
    company = _company(folder, besides=request.name)
    data_path = company.data_path if company else folder
    safe = safe_url(request.name, request.url) if request.url else None
    if safe is not None:
        found = introspect_database(request.name, safe.url, data_path, rows=request.rows, only=request.tables)
    else:
        found = introspect_folder(
            request.name, request.folder or "", data_path, rows=request.rows, patterns=request.patterns
        )
    text, proposals, left = _proposed(request, found, safe, company)
    exports = _write(text, target, safe.exports if safe else {})
    zone = [] if "time_zone: UTC" not in text else ["time_zone: UTC is written, for the country has several or is new"]
    return Added(
        target,
        tuple(_told(one, mapped) for one, mapped in proposals),
        left,
        exports,
        (*_to_look_at(proposals), *zone, *found.unread, *_dependence(safe, request)),
    )


def proposals_of(name: str, found: Found, country: str) -> tuple[list[tuple[Proposal, Mapped]], list[str]]:
    """What would be written for each table, and the tables that are left out."""
    understood = [(table, understand(table.sample, country)) for table in found.tables]
    proposals, left = propose(name, understood)
    return [(one, mapping_of(one)) for one in proposals], [table.origin for table in left]


def _proposed(
    request: AddRequest, found: Found, safe: SafeUrl | None, company: CompanyConfig | None
) -> tuple[str, list[tuple[Proposal, Mapped]], tuple[str, ...]]:
    sources = company.sources if company else []
    known = sources[0].default_country if sources else "CN"
    country = request.country or guess_country([table.sample for table in found.tables], known)
    proposals, left = proposals_of(request.name, found, country)
    if not proposals:
        raise NothingFound(
            f"{request.name}: in none of {', '.join(left[:8])} is there anything like customers, orders, invoices or "
            "payments; nothing is written; name tables with --table, or write the file by hand from the guide"
        )
    connection = {"kind": "sql", "url": safe.text} if safe else {"kind": "files", "folder": request.folder or ""}
    zone = next((row["zone"] for row in read_rows("zones.csv") if row["country"] == country), "UTC")
    heading = Heading(request.name, connection, country, zone, safe is not None)
    unknown = [table for table in found.tables if table.origin in left]
    return source_text(heading, proposals, unknown), proposals, tuple(left)


def _allowed_folder(request: AddRequest) -> Path:
    if not _NAME.fullmatch(request.name):
        raise AddRefused(
            f"source name {request.name!r}: expected lower case letters, digits and _, beginning with a letter "
            "(web_shop); it becomes part of every record reference"
        )
    folder = config_folder(request.config)
    if folder.is_relative_to(COMPANIES):
        raise AddRefused(
            f"{request.name}: the configuration {folder.name!r} ships with the program and is not changed; copy it to "
            "a folder of your own and name that with --config"
        )
    return folder


def _company(folder: Path, *, besides: str) -> CompanyConfig | None:
    """The company as it is; None where it has no source yet but the one that is made anew."""
    others = [path for path in (folder / "sources").glob("*.yaml") if path.stem != besides]
    if not others:
        return _without_sources(folder)
    try:
        return load_company(folder, _with_stand_ins(folder))
    except ConfigInvalid as error:
        if all(mistake.file == f"sources/{besides}.yaml" for mistake in error.mistakes):
            return _without_sources(folder)  # the file that is broken is the one that is made anew
        raise


def _without_sources(folder: Path) -> CompanyConfig | None:
    """Where the data lies is all that a first source needs of its company."""
    said = yaml.safe_load((folder / "company.yaml").read_text(encoding="utf-8"))
    if not isinstance(said, dict) or not isinstance(said.get("data_dir"), str):
        return None
    data_dir = _VARIABLE.sub(lambda match: os.environ.get(match[1], (match[2] or ":-")[2:]), said["data_dir"])
    return CompanyConfig.model_construct(name="new", data_dir=data_dir, folder=folder, sources=[])


def _with_stand_ins(folder: Path) -> dict[str, str]:
    """The environment, and something for variables that only other sources need."""
    named = {
        found[1]
        for path in [folder / "company.yaml", *(folder / "sources").glob("*.yaml")]
        for found in _VARIABLE.finditer(path.read_text(encoding="utf-8"))
        if not found[2]
    }
    return {**dict.fromkeys(named, "not-set"), **os.environ}


def _write(text: str, target: Path, exports: Mapping[str, str]) -> tuple[str, ...]:
    """Check the text and put it in its place; the variables that it needs and that are not set."""
    environment = {**os.environ, **exports}
    SourceConfig.model_validate(_expanded(yaml.safe_load(text), environment))
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(target)
    named = dict.fromkeys(found[1] for found in _VARIABLE.finditer(_without_comments(text)) if not found[2])
    return tuple(variable for variable in named if variable not in os.environ)


def _without_comments(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))


def _expanded(value: object, environment: Mapping[str, str]) -> object:
    if isinstance(value, dict):
        return {name: _expanded(part, environment) for name, part in value.items()}
    if isinstance(value, list):
        return [_expanded(part, environment) for part in value]
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: environment.get(match[1], (match[2] or ":-x")[2:]), value)
    return value


def _from_template(request: AddRequest, folder: Path, target: Path) -> Added:
    known = templates()
    if request.template not in known:
        raise AddRefused(f"no template {request.template!r}; there are {', '.join(known)}")
    text = known[request.template]
    shipped = str(yaml.safe_load(_without_comments(text))["name"])
    text = re.sub(rf"(?m)^name: {shipped}\s*$", f"name: {request.name}", text)
    # references between its own tables carry the source's name
    text = re.sub(rf"((?:party|employee|to_table|owner_table): ){shipped}\.", rf"\g<1>{request.name}.", text)
    exports = _write(text, target, {})
    look_at = ("tables and field names against your own system: remove what you do not have",)
    return Added(target, (), (), exports, look_at)


def _told(one: Proposal, mapped: Mapped) -> AddedTable:
    used = {*mapped.used, *one.key}
    return AddedTable(one.table.name, one.kind, one.confidence, one.key, len(used), len(one.columns))


def _to_look_at(proposals: Sequence[tuple[Proposal, Mapped]]) -> list[str]:
    urgent: list[str] = []
    unsure: list[str] = []
    for one, mapped in proposals:
        if not one.is_key_proven:
            urgent.append(f"tables.{one.table.name}.key: no column is unique and filled in the sample; name one")
        urgent += [f"tables.{one.table.name}: {warning}" for warning in mapped.warnings]
        if one.confidence < _UNSURE:
            unsure.append(f"tables.{one.table.name}: taken for {one.kind} with {one.confidence:.0%} only")
        doubtful = [column.name for column in one.columns if column.name in mapped.used and column.confidence < _UNSURE]
        doubtful = [name for name in doubtful if name not in one.key]
        if doubtful:
            unsure.append(f"tables.{one.table.name}, marked `?`: {', '.join(doubtful)}")
    return urgent + unsure


def _dependence(safe: SafeUrl | None, request: AddRequest) -> list[str]:
    if safe is not None and safe.exports:
        return ["the password is not in the file; characters such as @ : / # in it have to be percent-encoded"]
    if request.folder and Path(request.folder).is_absolute():
        return [f"the folder is absolute ({request.folder}): it has to be there wherever the pipeline runs"]
    return []
