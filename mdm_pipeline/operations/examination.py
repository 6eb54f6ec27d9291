"""The examination behind `mdm doctor`."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.config.loader import load_company
from mdm_pipeline.errors import MdmError
from mdm_pipeline.hub.connection import Home, open_read_only
from mdm_pipeline.hub.migrations import MIGRATIONS, version_of
from mdm_pipeline.sources.read import peek

_PINNED = {"duckdb": "1.5.", "splink": "5.0.", "dagster": "1.13.", "great-expectations": "1.24", "polars": "2."}
_SPARE_BYTES = 2**30


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
    findings = [_python(), *_packages(), _writable(home), _space(home), _hub(home), _published(home)]
    try:
        config = load_company(config_name)
    except MdmError as error:
        return [*findings, Finding("configuration", False, str(error), "correct the lines named above")]
    findings.append(Finding("configuration", True, f"{config.name}, {len(config.sources)} sources"))
    return findings + _sources(config)


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


def _space(home: Home) -> Finding:
    free = shutil.disk_usage(_existing(home.root)).free
    hub = home.hub_file.stat().st_size if home.hub_file.exists() else 0
    needed = 2 * hub + _SPARE_BYTES
    return Finding(
        "disk",
        free >= needed,
        f"{free / 2**30:.1f} GB free, a run wants {needed / 2**30:.1f} GB",
        "free some space, or move the home to a larger disk",
    )


def _hub(home: Home) -> Finding:
    if not home.hub_file.exists():
        return Finding("hub", True, "none yet; the first run creates it")
    try:
        con = open_read_only(home.hub_file)
    except duckdb.IOException as error:
        if "lock" in str(error):
            return Finding("hub", True, f"a run is writing: {str(error).splitlines()[0]}")
        return Finding("hub", False, str(error).splitlines()[0], "move the file away, or restore a backup")
    except duckdb.Error as error:
        return Finding(
            "hub", False, str(error).splitlines()[0], "the next `mdm run` sets the damaged log aside by itself"
        )
    try:
        version = version_of(con)
    finally:
        con.close()
    return Finding(
        "hub",
        version <= len(MIGRATIONS),
        f"schema version {version}, {home.hub_file.stat().st_size / 2**20:.0f} MB",
        "this hub was written by a newer release; install that release",
    )


def _published(home: Home) -> Finding:
    if not home.published_file.exists():
        return Finding("published file", True, "none yet; the first run publishes it")
    try:
        con = open_read_only(home.published_file)
        row = con.execute("select count(*) from customers").fetchone()
        con.close()
    except duckdb.Error as error:
        return Finding("published file", False, str(error).splitlines()[0], "delete it and run: mdm run")
    return Finding("published file", True, f"{row[0] if row else 0:,} customers")


def _sources(config: CompanyConfig) -> list[Finding]:
    return [
        _source(f"{source.name}.{table}", lambda s=source, t=table: peek(s, t, config.data_path))  # type: ignore[misc]
        for source in config.sources
        for table in source.tables
    ]


def _source(subject: str, look: Callable[[], object]) -> Finding:
    try:
        look()
    except MdmError as error:
        return Finding(subject, False, str(error), "see the message; `connection` and `tables` stand in sources/*.yaml")
    return Finding(subject, True, "reachable")
