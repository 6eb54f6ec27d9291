"""A model as it is frozen: Splink settings, name frequencies, stop list; stored, shipped, adapted.

In: rates from training or from a shipped file. Out: `Model`, and rows of `matching.model`.
Invariant: what is in force is content-addressed; a run never changes the numbers it scores with.
Does not belong here: estimating (`training`), scoring (`scoring`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from mdm_pipeline.config.mappings import PartyType
from mdm_pipeline.errors import PermanentError
from mdm_pipeline.matching import organization, person
from mdm_pipeline.matching.comparisons import Comparison, Parameters, Rates, splink_settings

_SHIPPED = Path(__file__).parent / "models"
_DIGITS = 6
# Share of a part of a name that is not in the frequency table.
RARE_SHARE = 2e-5


class UnknownModel(PermanentError):
    """A shipped model is missing or does not fit this release."""


def comparisons_of(party_type: PartyType) -> tuple[Comparison, ...]:
    """What is compared of two parties of a type."""
    return person.COMPARISONS if party_type == "person" else organization.COMPARISONS


@cache
def form_of(party_type: PartyType) -> str:
    """Hash of the declared comparisons: numbers of another form cannot be used."""
    return hashlib.sha256(repr(comparisons_of(party_type)).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Frequencies:
    """What is frozen besides the rates: shares of name parts, and keys that have to be split."""

    shares: Mapping[str, Mapping[str, float]]
    stops: Sequence[int] = ()


@dataclass(frozen=True)
class Model:
    """One model in force.

    Args:
        party_type: what it matches.
        origin: 'trained' on this company's data, or 'shipped' and adapted to its size.
        parameters: m and u by comparison and level.
        prior: probability that two random records match.
        records: size of the table that the rates belong to.
        frequencies: frozen tables.
        metrics: what training measured.
    """

    party_type: PartyType
    origin: str
    parameters: Parameters
    prior: float
    records: int
    frequencies: Frequencies
    metrics: Mapping[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, Any]:
        """The Splink settings."""
        return splink_settings(comparisons_of(self.party_type), self.parameters, self.prior, f"mdm_{self.party_type}")

    @property
    def model_id(self) -> str:
        """Hash of the content."""
        content = [self.party_type, self.settings, self.frequencies.shares, list(self.frequencies.stops)]
        text = json.dumps(content, sort_keys=True, ensure_ascii=False)
        return f"{self.party_type}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"

    def as_row(self, as_of: datetime) -> dict[str, Any]:
        """The row of `matching.model`, in force."""
        return {
            "model_id": self.model_id,
            "party_type": self.party_type,
            "origin": self.origin,
            "settings": _json(self.settings),
            "frequencies": _json({"shares": self.frequencies.shares, "stops": list(self.frequencies.stops)}),
            "metrics": _json({"form": form_of(self.party_type), "records": self.records, **self.metrics}),
            "is_active": True,
            "trained_at": as_of.replace(tzinfo=None),
        }


def active_model(con: DuckDBPyConnection, party_type: PartyType) -> Model | None:
    """The model in force; None where there is none, or only one of an earlier form of the comparisons."""
    row = con.execute(
        "select origin, settings, frequencies, metrics from matching.model "
        "where party_type = $type and is_active order by trained_at desc, model_id limit 1",
        {"type": party_type},
    ).fetchone()
    if row is None:
        return None
    origin, settings, frequencies, metrics = row[0], *(json.loads(text) for text in row[1:])
    if metrics.pop("form", None) != form_of(party_type):
        return None
    parameters = {
        comparison["output_column_name"]: {
            level["label_for_charts"]: Rates(level["m_probability"], level["u_probability"])
            for level in comparison["comparison_levels"]
            if not level.get("is_null_level")
        }
        for comparison in settings["comparisons"]
    }
    return Model(
        party_type,
        origin,
        parameters,
        settings["probability_two_random_records_match"],
        metrics.pop("records"),
        Frequencies(frequencies["shares"], tuple(frequencies["stops"])),
        metrics,
    )


def models_in_force(con: DuckDBPyConnection) -> str:
    """Ids of the active models, for the stage's fingerprint."""
    row = con.execute(
        "select coalesce(string_agg(model_id, ' ' order by party_type, model_id), '') from matching.model "
        "where is_active"
    ).fetchone()
    return str(row[0]) if row else ""


@cache
def shipped_model(party_type: PartyType) -> Model:
    """The default that comes with the product, trained on the demo company.

    Raises:
        UnknownModel: the file is missing or of another form; benchmarks/ship_models.py makes it.
    """
    path = _SHIPPED / f"{party_type}.json"
    if not path.is_file():
        raise UnknownModel(f"shipped model {path.name}: not in the package; make it with benchmarks/ship_models.py")
    content = json.loads(path.read_text(encoding="utf-8"))
    parameters: dict[str, dict[str, Rates]] = {
        name: {level: Rates(m, u) for level, (m, u) in levels.items()} for name, levels in content["rates"].items()
    }
    expected = {c.name: {level.name for level in c.levels} for c in comparisons_of(party_type)}
    if {name: set(levels) for name, levels in parameters.items()} != expected:
        raise UnknownModel(
            f"shipped model {path.name}: its levels are not those of this release; train it again on the demo company"
        )
    return Model(
        party_type,
        "shipped",
        parameters,
        content["prior"],
        content["records"],
        Frequencies(content["shares"]),
        {},
    )


def write_shipped(model: Model, folder: Path) -> Path:
    """Write a trained model as the default that comes with the product."""
    content = {
        "party_type": model.party_type,
        "records": model.records,
        "prior": _rounded(model.prior),
        "rates": {
            name: {level: [_rounded(r.m), _rounded(r.u)] for level, r in levels.items()}
            for name, levels in model.parameters.items()
        },
        "shares": {
            part: {value: _rounded(share, 3) for value, share in values.items()}
            for part, values in model.frequencies.shares.items()
        },
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{model.party_type}.json"
    path.write_text(json.dumps(content, ensure_ascii=False, indent=0, sort_keys=True) + "\n", encoding="utf-8")
    return path


def shipped_fingerprint() -> str:
    """Hash of the shipped files and of the forms: part of the stage's fingerprint."""
    digest = hashlib.sha256()
    for party_type in ("person", "organization"):
        digest.update(form_of(party_type).encode())
        path = _SHIPPED / f"{party_type}.json"
        digest.update(path.read_bytes() if path.is_file() else b"none")
    return digest.hexdigest()[:16]


def at_size(model: Model, records: int) -> Parameters:
    """The rates of a model for a table of another size.

    How many strangers share a household's phone does not depend on the table, but their share of all pairs does.
    """
    factor = model.records / max(records, 2)
    per_record = {
        (comparison.name, level.name)
        for comparison in comparisons_of(model.party_type)
        for level in comparison.levels
        if level.per_record
    }
    return {
        name: {
            level: Rates(r.m, min(r.u * factor, 0.2)) if (name, level) in per_record else r
            for level, r in levels.items()
        }
        for name, levels in model.parameters.items()
    }


def _rounded(number: float, digits: int = _DIGITS) -> float:
    return float(f"{number:.{digits}g}")


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True)
