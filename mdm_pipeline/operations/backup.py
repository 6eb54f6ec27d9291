"""Backup and restore: hub, decisions and configuration of one home in one archive.

In: a home, also while a run is going on. Out: a tar archive with a manifest; from it, another home. Invariant: an
archive gets its name after its hub was opened and its files read back; a restore touches no home that has a hub.
Does not belong here: the spare copy (`hub.spare`), which is beside the hub and lost with its disk.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import tarfile
import tempfile
import zlib
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path, PurePosixPath

import duckdb
from sqlalchemy import MetaData, Table, create_engine, inspect, select
from sqlalchemy.engine import make_url

from mdm_pipeline import __version__
from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.errors import PermanentError
from mdm_pipeline.hub.connection import Home, HubLocked, open_hub, open_read_only
from mdm_pipeline.hub.migrations import MIGRATIONS, HubTooNew, version_of
from mdm_pipeline.hub.space import disk_full_told
from mdm_pipeline.hub.spare import copy_of_open_hub, spare_of, sync

_MANIFEST = "manifest.json"
_HUB, _PUBLISHED, _DECISIONS, _CONFIGURATION = "mdm.duckdb", "customers.duckdb", "decisions.sqlite", "configuration"


class NothingToBackUp(PermanentError):
    """The home has no hub."""


class ArchiveUnusable(PermanentError):
    """The archive is no backup, or is damaged."""


class HomeInUse(PermanentError):
    """The home to restore to has a hub already."""


@dataclass(frozen=True)
class Manifest:
    """What an archive holds.

    Args:
        company: name in the configuration.
        generation: number of the hub's last commit.
        schema_version: of the hub.
        origin: `hub`, or `spare` when a run held the hub: then it is the state after the last good run.
        taken_at: when (UTC).
        product_version: release that took it.
        decisions_from: `home`, or `server` when they were read from a database server.
        digests: SHA-256 by file.
    """

    company: str
    generation: int
    schema_version: int
    origin: str
    taken_at: str
    product_version: str
    decisions_from: str
    digests: dict[str, str]


@disk_full_told()
def back_up(home: Home, config: CompanyConfig, out: Path, *, at: datetime, wait_s: float = 900.0) -> Manifest:
    """Write one archive with hub, decisions, configuration and, where it belongs to that hub, the published file.

    Args:
        home: what to back up.
        config: its configuration; the YAML files of its folder go in, secrets stand in the environment and do not.
        out: the archive to write; gzip-compressed when the name ends in `gz`. An old one is replaced at the end.
        at: now, for the manifest.
        wait_s: how long to wait for a run to end when there is no spare copy yet.

    Returns:
        The manifest.

    Raises:
        NothingToBackUp: no hub.
        HubLocked: a run is going on and there is no spare copy yet.
        ArchiveUnusable: the archive could not be read back.
        DiskFull: no room.
    """
    if not home.hub_file.exists():
        raise NothingToBackUp(f"home {home.root}: has no hub yet; run first: mdm run")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".backup-") as name:
        folder = Path(name)
        origin = _copy_hub(home, folder / _HUB, wait_s)
        generation, schema_version = _examine(folder / _HUB)
        _copy_published(home, folder)
        decisions_from = _copy_decisions(home, config, folder / _DECISIONS)
        _copy_configuration(config, folder / _CONFIGURATION)
        manifest = Manifest(
            config.name,
            generation,
            schema_version,
            origin,
            at.isoformat(timespec="seconds"),
            __version__,
            decisions_from,
            {str(p.relative_to(folder)): _digest(p) for p in sorted(folder.rglob("*")) if p.is_file()},
        )
        (folder / _MANIFEST).write_text(json.dumps(asdict(manifest), indent=2, ensure_ascii=False), encoding="utf-8")
        packed = folder / "packed"
        _pack(folder, packed, is_compressed=out.name.endswith("gz"))
        read_manifest(packed)
        sync(packed)
        packed.replace(out)
        sync(out.parent)
    return manifest


@disk_full_told()
def restore(archive: Path, home: Home) -> Manifest:
    """Unpack a backup into a home that has no hub.

    Args:
        archive: what `back_up` wrote.
        home: a new home; its configuration comes to `<home>/configuration`.

    Returns:
        The manifest.

    Raises:
        HomeInUse: the home has a hub.
        ArchiveUnusable: no backup, or damaged.
        HubTooNew: it was taken by a newer release.
        DiskFull: no room.
    """
    if home.hub_file.exists():
        raise HomeInUse(f"home {home.root}: has a hub already; restore to another --home, or move it away first")
    home.root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.root, prefix=".restoring-") as name:
        folder = Path(name)
        manifest = _unpack(archive, folder)
        if manifest.schema_version > len(MIGRATIONS):
            raise HubTooNew(manifest.schema_version, len(MIGRATIONS))
        _examine(folder / _HUB)
        home.create()
        places = {
            _DECISIONS: home.decisions_file,
            _CONFIGURATION: home.root / _CONFIGURATION,
            _PUBLISHED: home.published_file,
            _HUB: home.hub_file,  # last: with it the home is in use
        }
        for part, place in places.items():
            if (folder / part).exists():
                if place.is_dir():
                    shutil.rmtree(place)
                (folder / part).rename(place)
                sync(place)
                sync(place.parent)
    return manifest


def read_manifest(archive: Path) -> Manifest:
    """The manifest of an archive, every file's digest checked.

    Raises:
        ArchiveUnusable: no backup, or damaged.
    """
    return _with_archive(archive, into=None)


def _unpack(archive: Path, folder: Path) -> Manifest:
    return _with_archive(archive, into=folder)


def _with_archive(archive: Path, into: Path | None) -> Manifest:
    try:
        with tarfile.open(archive) as tar:
            manifest = _manifest_of(tar)
            for name, digest in manifest.digests.items():
                path = PurePosixPath(name)
                if path.is_absolute() or ".." in path.parts:
                    raise _unusable(archive, f"{name} leads out of the archive")
                if _take(tar, name, into) != digest:
                    raise _unusable(archive, f"{name} is damaged")
            return manifest
    except (tarfile.TarError, KeyError, ValueError, EOFError, FileNotFoundError, zlib.error) as error:
        raise _unusable(archive, str(error)) from error


def _manifest_of(tar: tarfile.TarFile) -> Manifest:
    file = tar.extractfile(_MANIFEST)
    content = json.load(file) if file is not None else {}
    if set(content) != {field.name for field in fields(Manifest)}:
        raise ValueError(f"{_MANIFEST} is not one of ours")
    return Manifest(**content)


def _take(tar: tarfile.TarFile, name: str, into: Path | None) -> str:
    """Digest of one file of the archive, which is written below `into` on the way."""
    file = tar.extractfile(name)
    if file is None:
        return ""
    digest = hashlib.sha256()
    with ExitStack() as stack:
        sink = None
        if into is not None:
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            sink = stack.enter_context((into / name).open("wb"))
        while piece := file.read(2**20):
            digest.update(piece)
            if sink:
                sink.write(piece)
    return digest.hexdigest()


def _unusable(archive: Path, reason: str) -> ArchiveUnusable:
    return ArchiveUnusable(f"backup {archive}: cannot be used ({reason}); expected what mdm backup wrote; take another")


def _copy_hub(home: Home, target: Path, wait_s: float) -> str:
    spare = spare_of(home.hub_file)
    try:
        with open_hub(home.hub_file, wait_s=0 if spare.exists() else wait_s) as hub:
            hub.checkpoint()
            copy_of_open_hub(home.hub_file, target)
        return "hub"
    except HubLocked:
        if not spare.exists():
            raise
        shutil.copyfile(spare, target)  # replaced by rename only: what is open here stays whole
        return "spare"


def _examine(hub_file: Path) -> tuple[int, int]:
    """Generation and schema version of a copied hub; reading them opens it."""
    try:
        with closing(open_read_only(hub_file)) as con:
            row = con.execute("select coalesce(max(seq), 0) from hub.stage_commit").fetchone()
            return (int(row[0]) if row else 0), version_of(con)
    except duckdb.Error as error:
        raise ArchiveUnusable(
            f"copy of the hub: cannot be opened ({str(error).splitlines()[0]}); run mdm doctor on the home"
        ) from error


def _copy_published(home: Home, folder: Path) -> None:
    """The published file, if it is the one of the copied hub; otherwise the next run publishes anew."""
    if not home.published_file.exists():
        return
    target = folder / _PUBLISHED
    shutil.copyfile(home.published_file, target)
    with closing(open_read_only(folder / _HUB)) as hub, closing(open_read_only(target)) as published:
        last = hub.execute("select max(seq) from hub.stage_commit where stage = 'publish'").fetchone()
        generation = published.execute("select generation from generation").fetchone()
    if last != generation:
        target.unlink()


def _copy_decisions(home: Home, config: CompanyConfig, target: Path) -> str:
    url = config.decision_store.get_secret_value() if config.decision_store else home.decision_store_url
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        if Path(parsed.database).exists():
            with closing(sqlite3.connect(parsed.database)) as old, closing(sqlite3.connect(target)) as new:
                old.backup(new)
        return "home"
    _copy_from_server(url, target)
    return "server"


def _copy_from_server(url: str, target: Path) -> None:
    server, file = create_engine(url), create_engine(f"sqlite:///{target}")
    try:
        if not inspect(server).has_table("decision"):
            return
        table = Table("decision", MetaData(), autoload_with=server)
        with server.connect() as source:
            rows = [dict(row._mapping) for row in source.execute(select(table))]
        table.metadata.create_all(file)
        with file.begin() as sink:
            if rows:
                sink.execute(table.insert(), rows)
    finally:
        server.dispose()
        file.dispose()


def _copy_configuration(config: CompanyConfig, target: Path) -> None:
    for path in sorted(config.folder.rglob("*.yaml")):
        place = target / path.relative_to(config.folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)


def _pack(folder: Path, packed: Path, *, is_compressed: bool) -> None:
    entries = [p for p in sorted(folder.iterdir()) if p != packed]
    if is_compressed:
        with tarfile.open(packed, "w:gz", compresslevel=1) as tar:
            _add(tar, entries)
    else:
        with tarfile.open(packed, "w") as tar:
            _add(tar, entries)


def _add(tar: tarfile.TarFile, entries: list[Path]) -> None:
    for entry in entries:
        tar.add(entry, arcname=entry.name)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
