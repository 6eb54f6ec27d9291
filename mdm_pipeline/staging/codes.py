"""Codes of sources as canonical codes.

In: `code_lists/*.csv`, the company's lists and those of each source. Out: canonical codes of a column, and the tables
of codes. Invariant: the same text of the same source always means the same; a source's own entry wins over the
company's, that one over the shipped names; what nobody knows is null, never a guess by likeness.
Does not belong here: which column goes by which list (contract and mappings).
"""

from __future__ import annotations

import csv
import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import get_args

import polars as pl

from mdm_pipeline.config.codes import CodesConfig, ListName
from mdm_pipeline.config.sources import SourceConfig
from mdm_pipeline.errors import PermanentError
from mdm_pipeline.staging.distinct import per_row
from mdm_pipeline.staging.values import plain_text
from mdm_pipeline.standardize.countries import standardize_countries
from mdm_pipeline.standardize.tables import read_rows

LISTS: tuple[str, ...] = get_args(ListName)
_FOLDER = Path(__file__).parent / "code_lists"
_EVERY_SOURCE = "*"


class CodeUnknown(PermanentError):
    """A code list is asked for, or mapped to, what does not exist."""


@dataclass(frozen=True)
class CanonicalCode:
    """One code of a canonical list."""

    code: str
    name: str = ""
    name_zh: str = ""
    parent_code: str | None = None
    aliases: tuple[str, ...] = ()
    base_unit: str | None = None
    factor: Decimal | None = None


@dataclass(frozen=True)
class Codes:
    """The code lists of one company.

    Args:
        config: lists that hold for all sources.
        by_source: lists of each source.
    """

    config: CodesConfig = CodesConfig()
    by_source: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)

    @property
    def _for_all(self) -> Mapping[str, Mapping[str, str]]:
        return {str(name): entries for name, entries in self.config.lists.items()}

    def translate(self, source: str, name: str, text: pl.Series) -> pl.Series:
        """Canonical code per value; null where the text is empty or no list knows it.

        Args:
            source: whose codes these are.
            name: the list.
            text: codes or words as delivered.
        """
        known = self._known(source, name)

        def read(frame: pl.DataFrame) -> pl.DataFrame:
            folded = plain_text(frame["text"]).str.to_lowercase()
            code = folded.replace_strict(
                pl.Series(list(known), dtype=pl.String),
                pl.Series(list(known.values()), dtype=pl.String),
                default=None,
                return_dtype=pl.String,
            )
            if name == "country":
                code = code.zip_with(code.is_not_null(), standardize_countries(frame["text"]))
            return code.to_frame("code")

        return per_row(text.cast(pl.String).to_frame("text"), read)["code"]

    def configured(self, source: str, name: str, text: pl.Series) -> pl.Series:
        """The text with what the configuration maps replaced by canonical codes; all else as it is."""
        entries = self._configured(source, name)
        if not entries:
            return text
        folded = plain_text(text).str.to_lowercase()
        code = folded.replace_strict(
            pl.Series(list(entries), dtype=pl.String),
            pl.Series(list(entries.values()), dtype=pl.String),
            default=None,
            return_dtype=pl.String,
        )
        return code.zip_with(code.is_not_null(), text)

    def canonical(self, name: str) -> dict[str, CanonicalCode]:
        """All codes of a list: the shipped ones and the company's own."""
        codes = dict(shipped(name))
        own = {str(listed): entries for listed, entries in self.config.canonical.items()}
        for code, label in own.get(name, {}).items():
            codes[code] = CanonicalCode(code, label, label)
        if name == "unit":
            for code, conversion in self.config.units.items():
                base = codes.get(code, CanonicalCode(code))
                codes[code] = CanonicalCode(
                    code, base.name, base.name_zh, base.parent_code, base.aliases, conversion.base, conversion.factor
                )
        return codes

    def check(self) -> None:
        """Refuse entries that lead to codes which no list has.

        Raises:
            CodeUnknown: names file, list, entry and the nearest code.
        """
        places = [("codes.yaml, lists", self._for_all)]
        places += [(f"sources/{source}.yaml, codes", lists) for source, lists in self.by_source.items()]
        for where, lists in places:
            for name, entries in lists.items():
                for text, code in entries.items():
                    self._check_code(f"{where}.{name}.{text}", name, code)
        for code, conversion in self.config.units.items():
            self._check_code(f"codes.yaml, units.{code}", "unit", code)
            self._check_code(f"codes.yaml, units.{code}.base", "unit", conversion.base)

    def map_rows(self) -> pl.DataFrame:
        """Rows of `staging.code_map`."""
        lists = [(_EVERY_SOURCE, self._for_all), *self.by_source.items()]
        rows = [
            (source, name, text, code)
            for source, by_list in lists
            for name, entries in by_list.items()
            for text, code in entries.items()
        ]
        columns = ("source", "list", "source_code", "canonical_code")
        return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")

    def canonical_rows(self) -> pl.DataFrame:
        """Rows of `staging.canonical_code`; factors are text, fit for their column."""
        rows = [
            (name, c.code, c.name, c.name_zh, c.parent_code, c.base_unit, None if c.factor is None else str(c.factor))
            for name in LISTS
            for c in self.canonical(name).values()
        ]
        columns = ("list", "code", "name", "name_zh", "parent_code", "base_unit", "factor")
        return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")

    def _check_code(self, where: str, name: str, code: str) -> None:
        known = self.canonical(name)
        if code not in known:
            near = difflib.get_close_matches(code, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise CodeUnknown(
                f"{where}: the code list {name} has no code {code!r}{hint}; expected one of those in "
                f"staging.canonical_code, or add it under `canonical` in codes.yaml"
            )

    def _configured(self, source: str, name: str) -> dict[str, str]:
        entries = {**self._for_all.get(name, {}), **self.by_source.get(source, {}).get(name, {})}
        return {text.strip().lower(): code for text, code in entries.items()}

    def _known(self, source: str, name: str) -> dict[str, str]:
        codes = self.canonical(name).values()
        known: dict[str, str] = {}
        for words in (
            ((c.code, c.code) for c in codes),
            ((word, c.code) for c in codes for word in (c.name_zh, c.name)),
            ((word, c.code) for c in codes for word in c.aliases),
        ):
            for word, code in words:
                known.setdefault(word.strip().lower(), code)
        known.pop("", None)
        return known | self._configured(source, name)


def codes_of(config: CodesConfig, sources: Iterable[SourceConfig]) -> Codes:
    """The code lists of a company.

    Raises:
        CodeUnknown: an entry leads to a code that no list has.
    """
    codes = Codes(config, {s.name: {str(n): dict(m) for n, m in s.codes.items()} for s in sources if s.codes})
    codes.check()
    return codes


@lru_cache(maxsize=len(LISTS))
def shipped(name: str) -> dict[str, CanonicalCode]:
    """The shipped codes of a list.

    Raises:
        CodeUnknown: there is no such list.
    """
    if name not in LISTS:
        raise CodeUnknown(f"code list {name!r}: no such list; expected one of {', '.join(LISTS)}")
    if name == "country":
        return {row["alpha_2"]: _country(row) for row in read_rows("countries.csv")}
    with (_FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return {row["code"]: _code(row) for row in csv.DictReader(lines)}


@cache
def shipped_fingerprint() -> str:
    """Changes with the content of the shipped lists."""
    return repr([(name, list(shipped(name).values())) for name in LISTS])


def _code(row: Mapping[str, str]) -> CanonicalCode:
    factor = row.get("factor")
    return CanonicalCode(
        code=row["code"],
        name=row["name"],
        name_zh=row["name_zh"],
        parent_code=row["parent_code"] or None,
        aliases=tuple(word for word in row["aliases"].split("|") if word),
        base_unit=row.get("base_unit") or None,
        factor=Decimal(factor) if factor else None,
    )


def _country(row: Mapping[str, str]) -> CanonicalCode:
    names = row["names"].split("|")
    return CanonicalCode(row["alpha_2"], names[0], names[1] if len(names) > 1 else "", None, (row["alpha_3"],))
