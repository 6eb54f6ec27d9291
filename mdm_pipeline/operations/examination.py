"""The examination behind `mdm doctor`."""

from __future__ import annotations

import importlib.metadata
import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.config.loader import load_company
from mdm_pipeline.config.sources import SourceConfig
from mdm_pipeline.errors import MdmError
from mdm_pipeline.hub.connection import Home, open_read_only
from mdm_pipeline.hub.migrations import MIGRATIONS, version_of
from mdm_pipeline.hub.recovery import is_damage
from mdm_pipeline.hub.space import RESERVE_BYTES, free_bytes, needed_bytes
from mdm_pipeline.hub.sql import run_sql
from mdm_pipeline.operations.repair import leftovers
from mdm_pipeline.sources.delivery import Place, Since
from mdm_pipeline.sources.read import open_source
from mdm_pipeline.sources.rest.reader import RestReader

_PINNED = {"duckdb": "1.5.", "splink": "5.0.", "dagster": "1.13.", "great-expectations": "1.24", "polars": "2."}
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    subject: str
    is_fine: bool
    detail: str
    fix: str = ""


def examine(home_folder: Path, config_name: str) -> list[Finding]:
    """Look at everything a run needs; a part that cannot be looked at is a finding, not an exception."""
    home = Home(home_folder)
    config, mistakes = _configuration(config_name)
    reserve = int(config.operations.free_space_gb * 2**30) if config else RESERVE_BYTES
    findings = [_python(), *_packages(), _writable(home), _space(home, reserve), *_hub(home), _published(home)]
    if config is None:
        return [*findings, Finding("configuration", False, mistakes, "correct the lines named above")]
    findings.append(Finding("configuration", True, f"{config.name}, {len(config.sources)} sources"))
    return findings + _sources(config)


def _configuration(config_name: str) -> tuple[CompanyConfig | None, str]:
    try:
        return load_company(config_name), ""
    except MdmError as error:
        return None, str(error)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding(
        "python",
        (3, 11) <= sys.version_info[:2] <= (3, 13),
        version,
        "use Python 3.11 to 3.13: make clean setup PYTHON=python3.12",
    )


def _packages() -> list[Finding]:
    findings = []
    for name, prefix in _PINNED.items():
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            findings.append(Finding(name, False, "not installed", "make setup"))
            continue
        findings.append(Finding(name, version.startswith(prefix), version, f"expected {prefix}x; run: make setup"))
    return findings


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)


def _writable(home: Home) -> Finding:
    existing = _existing(home.root)
    return Finding(
        "home", os.access(existing, os.W_OK), str(home.root), f"make {existing} writable or choose another --home"
    )


def _space(home: Home, reserve_bytes: int) -> Finding:
    free, needed = free_bytes(home.root), needed_bytes(home, reserve_bytes)
    return Finding(
        "disk",
        free >= needed,
        f"{free / 2**30:.1f} GB free, a run wants {needed / 2**30:.1f} GB",
        "free some space, or move the home to a larger disk; mdm doctor --repair names what can go",
    )


def _hub(home: Home) -> list[Finding]:
    if not home.hub_file.exists():
        return [Finding("hub", True, "none yet; the first run creates it")]
    try:
        con = open_read_only(home.hub_file)
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        if "lock" in reason:
            return [Finding("hub", True, f"a run is writing: {reason}")]
        if is_damage(error):
            fix = "mdm doctor --repair, or the next mdm run, sets the damaged log aside or brings the spare copy back"
            return [Finding("hub", False, reason, fix)]
        return [Finding("hub", False, reason, "move the file away, or restore a backup: mdm restore")]
    try:
        version = version_of(con)
        dead = run_sql(con, _HERE / "dead_runs.sql").fetchall() if 0 < version <= len(MIGRATIONS) else []
    finally:
        con.close()
    size = f"{home.hub_file.stat().st_size / 2**20:.0f} MB"
    findings = [
        Finding(
            "hub",
            version <= len(MIGRATIONS),
            f"schema version {version}, {size}",
            "this hub was written by a newer release; install that release",
        )
    ]
    spill = home.hub_file.with_name(home.hub_file.name + ".tmp")
    left = [str(p.relative_to(home.root)) for p in (*leftovers(home), *([spill] if spill.exists() else []))]
    left += [f"run {run_id}, still marked as running" for run_id, _ in dead]
    if left:
        findings.append(
            Finding("killed run", False, f"left {', '.join(left)}", "mdm doctor --repair, or the next mdm run")
        )
    return findings


def _published(home: Home) -> Finding:
    if not home.published_file.exists():
        return Finding("published file", True, "none yet; the first run publishes it")
    try:
        con = open_read_only(home.published_file)
        row = con.execute("select count(*) from customers").fetchone()
        con.close()
    except duckdb.Error as error:
        return Finding("published file", False, str(error).splitlines()[0], "mdm doctor --repair, then mdm run")
    return Finding("published file", True, f"{row[0] if row else 0:,} customers")


def _sources(config: CompanyConfig) -> list[Finding]:
    return [_source_table(config, source, name) for source in config.sources for name in source.tables]


def _source_table(config: CompanyConfig, source: SourceConfig, name: str) -> Finding:
    """Open one source table and read its first rows, as a run would."""
    subject = f"{source.name}.{name}"
    try:
        with open_source(source, Place(config.data_path, None, datetime.now(UTC))) as reader:
            # a service is asked for one page only: reading would walk through all of them
            delivery = reader.sample(name) if isinstance(reader, RestReader) else reader.read(name, Since())
            missing = [column for column in source.tables[name].key if column not in delivery.columns]
            first = next(iter(delivery.batches), None)
    except MdmError as error:
        return Finding(subject, False, str(error), "see the message; `connection` and `tables` stand in sources/*.yaml")
    if missing:
        return Finding(
            subject,
            False,
            f"no key column {', '.join(missing)}; it has {', '.join(delivery.columns)}",
            f"correct `key` of {name} in sources/{source.name}.yaml",
        )
    rows = first.num_rows if first is not None else 0
    return Finding(subject, True, f"{len(delivery.columns)} columns, {rows:,} rows in the first batch")
