"""Reads a company's YAML files; reports every mistake at once, each with file, line, path and what was expected.

In: a configuration folder. Out: `CompanyConfig`. Invariant: `${NAME}` and `${NAME:-default}` are taken
from the environment,
nothing else is; a missing variable is an error naming it. Does not belong here: meaning of sections.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mdm_pipeline.config.base import Section
from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.config.sources import SourceConfig
from mdm_pipeline.errors import PermanentError

COMPANIES = Path(__file__).parent / "companies"
_SECTIONS = ("matching", "mastering", "quality", "codes")
_VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)(?::-([^}]*))?\}")
Location = tuple[str | int, ...]


@dataclass(frozen=True)
class Mistake:
    """One thing wrong in one place of one file."""

    file: str
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.path}: {self.message}"


class ConfigInvalid(PermanentError):
    """The configuration cannot be used; `mistakes` lists all that is wrong."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = mistakes
        noun = "mistake" if len(mistakes) == 1 else "mistakes"
        super().__init__("\n".join([f"configuration: {len(mistakes)} {noun}", *map(str, mistakes)]))


def config_folder(name_or_path: str | Path) -> Path:
    """Folder of a shipped company by name (`demo`), or the path itself.

    Raises:
        ConfigInvalid: there is no such folder or company.
    """
    path = Path(name_or_path)
    if (path / "company.yaml").is_file():
        return path.resolve()
    shipped = COMPANIES / str(name_or_path)
    if (shipped / "company.yaml").is_file():
        return shipped
    names = sorted(p.name for p in COMPANIES.iterdir() if (p / "company.yaml").is_file())
    raise ConfigInvalid(
        [
            Mistake(
                str(name_or_path),
                0,
                "",
                "no company.yaml here and no shipped company of this name; "
                "expected a folder with company.yaml, or one of "
                + ", ".join(names)
                + _did_you_mean(str(name_or_path), names),
            )
        ]
    )


def load_company(folder: str | Path, environment: Mapping[str, str] | None = None) -> CompanyConfig:
    """Load and validate the configuration of one company.

    Args:
        folder: folder with company.yaml, or the name of a shipped company.
        environment: where `${NAME}` is looked up; by default the process's.

    Raises:
        ConfigInvalid: with every mistake found in any file.
    """
    return _Loader(config_folder(folder), os.environ if environment is None else environment).load()


class _Loader:
    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.environment = environment
        self.mistakes: list[Mistake] = []
        self.documents: dict[str, _Document] = {}

    def load(self) -> CompanyConfig:
        company = self._read(self.folder / "company.yaml")
        sections = {
            name: self._section(CompanyConfig.model_fields[name].annotation, self.folder / f"{name}.yaml")
            for name in _SECTIONS
            if (self.folder / f"{name}.yaml").is_file()
        }
        source_files = sorted((self.folder / "sources").glob("*.yaml"))
        for path in source_files:
            self._read_queries(self._read(path))
        sources = [self._section(SourceConfig, path) for path in source_files]
        if not source_files:
            self.mistakes.append(Mistake("sources/", 0, "", "no *.yaml here; expected one file per source system"))
        # sections that failed are already reported: stand-ins keep them from being reported twice
        body: dict[str, Any] = {**company.value, "folder": self.folder}
        body |= {name: section for name, section in sections.items() if section is not None}
        body["sources"] = [source for source in sources if source is not None] or None
        loaded: CompanyConfig | None = None
        try:
            loaded = CompanyConfig.model_validate(body)
        except ValidationError as error:
            self._report(error, company, CompanyConfig, ignore=("sources",) if not all(sources) or not sources else ())
        if loaded is not None and all(sources):
            self._across(loaded, source_files)
        if self.mistakes or loaded is None:
            raise ConfigInvalid(self.mistakes)
        return loaded

    def _section(self, model: Any, path: Path) -> Section | None:
        document = self._read(path)
        before = len(self.mistakes)
        try:
            section: Section = model.model_validate(document.value)
        except ValidationError as error:
            self._report(error, document, model)
            return None
        return section if len(self.mistakes) == before else None

    def _read_queries(self, document: _Document) -> None:
        """Put the text of every `query_file` in the place of `query`: what runs at a source is part of its settings."""
        tables = document.value.get("tables")
        for name, table in tables.items() if isinstance(tables, dict) else ():
            named = table.get("query_file") if isinstance(table, dict) else None
            if not isinstance(named, str):
                continue
            path = (self.folder / named).resolve()
            if table.get("query") is not None:
                fault = "`query` is given as well; expected one of them"
            elif not path.is_relative_to(self.folder.resolve()) or path.suffix.lower() != ".sql":
                fault = f"expected a .sql file below the configuration folder; found {named!r}"
            elif not path.is_file():
                fault = f"file {named} does not exist; expected it below the configuration folder"
            elif not (text := path.read_text(encoding="utf-8-sig").strip()):
                fault = f"file {named} is empty; expected a SELECT"
            else:
                table["query"] = text
                continue
            self.mistakes.append(document.mistake(("tables", name, "query_file"), fault))

    def _read(self, path: Path) -> _Document:
        name = str(path.relative_to(self.folder))
        if name not in self.documents:
            self.documents[name] = self._parsed(name, path)
        return self.documents[name]

    def _parsed(self, name: str, path: Path) -> _Document:
        if not path.is_file():
            self.mistakes.append(Mistake(name, 0, "", "missing; expected this file"))
            return _Document(name, None, {})
        text = path.read_text(encoding="utf-8")
        try:
            node = yaml.compose(text, Loader=yaml.SafeLoader)
            value = yaml.safe_load(text)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 0
            self.mistakes.append(Mistake(name, line, "", f"not valid YAML: {error.problem}"))
            return _Document(name, None, {})
        if not isinstance(value, dict):
            self.mistakes.append(Mistake(name, 1, "", "expected a mapping of fields"))
            return _Document(name, node, {})
        document = _Document(name, node, {})
        return _Document(name, node, self._expanded(value, document, ()))

    def _expanded(self, value: Any, document: _Document, at: Location) -> Any:
        if isinstance(value, dict):
            return {k: self._expanded(v, document, (*at, k)) for k, v in value.items()}
        if isinstance(value, list):
            return [self._expanded(v, document, (*at, i)) for i, v in enumerate(value)]
        if isinstance(value, str):
            return _VARIABLE.sub(lambda match: self._variable(match, document, at), value)
        return value

    def _variable(self, match: re.Match[str], document: _Document, at: Location) -> str:
        name, default = match.group(1), match.group(2)
        found = self.environment.get(name, default)
        if found is None:
            self.mistakes.append(document.mistake(at, f"environment variable {name} is not set; set it before the run"))
            return ""
        return found

    def _report(self, error: ValidationError, document: _Document, model: Any, ignore: tuple[str, ...] = ()) -> None:
        for detail in error.errors(include_url=False, include_input=True):
            if detail["loc"] and detail["loc"][0] in ignore:
                continue
            at = _without_tags(detail["loc"], document.value)
            self.mistakes.append(document.mistake(at, _worded(detail, model, at)))

    def _across(self, company: CompanyConfig, source_files: list[Path]) -> None:
        """Mistakes that only show when sections are held against each other."""
        tables = {f"{s.name}.{t}" for s in company.sources for t in s.tables}
        seen: set[str] = set()
        for source, path in zip(company.sources, source_files, strict=True):
            document = self._read(path)
            if source.name in seen:
                self.mistakes.append(document.mistake(("name",), f"source {source.name!r} is defined twice"))
            seen.add(source.name)
            for at, target in _references(source):
                if target not in tables:
                    self.mistakes.append(
                        document.mistake(
                            at,
                            f"no source table {target!r}; expected source.table{_did_you_mean(target, sorted(tables))}",
                        )
                    )
        known = tables | {source.name for source in company.sources}
        matching = self._read(self.folder / "matching.yaml") if company.matching.duplicate_free_sources else None
        for number, name in enumerate(company.matching.duplicate_free_sources):
            if name not in known and matching is not None:
                self.mistakes.append(
                    matching.mistake(
                        ("duplicate_free_sources", number),
                        f"no source or table {name!r}{_did_you_mean(name, sorted(known))}",
                    )
                )


@dataclass(frozen=True)
class _Document:
    name: str
    node: yaml.Node | None
    value: dict[str, Any]

    def mistake(self, at: Location, message: str) -> Mistake:
        return Mistake(self.name, self._line(at), ".".join(map(str, at)) or "(top)", message)

    def _line(self, at: Location) -> int:
        """Line of the deepest part of the path that stands in the file."""
        node, line = self.node, 1
        for part in at:
            found: yaml.Node | None = None
            if isinstance(node, yaml.MappingNode):
                for key, value in node.value:
                    if key.value == str(part):
                        found, line = value, key.start_mark.line + 1
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                found = node.value[part]
                line = found.start_mark.line + 1
            if found is None:
                break
            node = found
        return line


def _references(source: SourceConfig) -> list[tuple[Location, str]]:
    found: list[tuple[Location, str]] = []
    for name, table in source.tables.items():
        if table.party:
            found += [
                (("tables", name, "party", "links", i, "to_table"), link.to_table)
                for i, link in enumerate(table.party.links)
            ]
            if table.party.owner_table:
                found.append((("tables", name, "party", "owner_table"), table.party.owner_table))
        if table.event:
            found += [
                (("tables", name, "event", "columns", column, "party" if mapping.party else "employee"), target)
                for column, mapping in table.event.columns.items()
                if (target := mapping.refers_to)
            ]
    return found


def _without_tags(location: Location, value: Any) -> Location:
    """The path as it stands in the file: pydantic inserts tags of unions, which the user never wrote."""
    path: list[str | int] = []
    for position, part in enumerate(location):
        if isinstance(value, dict):
            if part in value:
                value = value[part]
                path.append(part)
            elif position == len(location) - 1:
                path.append(part)  # a missing or an additional field
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
            path.append(part)
    return tuple(path)


def _worded(detail: ErrorDetails, model: Any, at: Location) -> str:
    kind = detail["type"]
    if kind == "extra_forbidden":
        names = _fields_at(model, at[:-1])
        return f"unknown field; expected one of {', '.join(names)}{_did_you_mean(str(at[-1]), names)}"
    if kind == "missing":
        return "missing; this field is required"
    if kind == "literal_error":
        expected = [part.strip(" '") for part in re.split(r",| or ", detail["ctx"]["expected"])]
        given = str(detail["input"])
        return f"{given!r} is not allowed; expected {' | '.join(expected)}{_did_you_mean(given, expected)}"
    if kind == "union_tag_invalid":
        return f"kind {detail['ctx']['tag']!r} is not known; expected {detail['ctx']['expected_tags']}"
    if kind == "union_tag_not_found":
        return "missing field `kind`"
    message = detail["msg"].removeprefix("Value error, ")
    given = detail["input"]
    return message if isinstance(given, dict | list) else f"{message}; found {given!r}"


def _fields_at(model: Any, at: Location) -> list[str]:
    """Field names of the section at a path; several sections' where a union stands there."""
    models = [model]
    for part in at:
        following: list[Any] = []
        for candidate in models:
            if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                if part in candidate.model_fields:
                    following += _sections_in(candidate.model_fields[str(part)].annotation)
            else:
                following.append(candidate)
        models = following or models
    names: list[str] = []
    for candidate in models:
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            names += [name for name in candidate.model_fields if name not in names and name != "folder"]
    return names


def _sections_in(annotation: Any) -> list[Any]:
    origin = get_origin(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if origin is dict:
        return _sections_in(get_args(annotation)[1])
    if origin in (list, tuple, Union, UnionType) or origin is not None:
        return [section for part in get_args(annotation) for section in _sections_in(part)]
    return []


def _did_you_mean(given: str, names: list[str]) -> str:
    close = difflib.get_close_matches(given, names, n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""
