"""Space is checked before a run; a full disk is told in one line wherever it shows."""

from __future__ import annotations

import errno
from pathlib import Path

import duckdb
import pytest

from mdm_pipeline.hub.connection import Home
from mdm_pipeline.hub.space import (
    DiskFull,
    as_disk_full,
    ballast_file,
    check_space,
    disk_full_told,
    drop_ballast,
    free_bytes,
    keep_ballast,
    needed_bytes,
)


def home_with(tmp_path: Path, *, hub: int, published: int) -> Home:
    home = Home(tmp_path / "home")
    home.create()
    home.hub_file.write_bytes(bytes(hub))
    home.published_file.write_bytes(bytes(published))
    return home


def test_a_run_wants_twice_the_hub_the_published_file_and_a_reserve(tmp_path: Path) -> None:
    assert needed_bytes(home_with(tmp_path, hub=3000, published=500), 10_000) == 16_500
    assert needed_bytes(Home(tmp_path / "new"), 10_000) == 10_000


def test_a_run_that_would_not_fit_is_refused_in_one_line(tmp_path: Path) -> None:
    home = home_with(tmp_path, hub=3000, published=500)
    check_space(home, 10_000)
    with pytest.raises(DiskFull, match=r"GB free, a run wants .* GB .*mdm doctor --repair") as refused:
        check_space(home, free_bytes(home.root) + 2**30)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("error", "where"),
    [
        (duckdb.IOException('IO Error: Could not write file "/d/mdm.duckdb": No space left on device'), " mdm.duckdb"),
        (duckdb.TransactionException('Failed to commit: Could not write file "/d/x.wal": File too large'), " x.wal"),
        (duckdb.FatalException('Failed to create checkpoint because of error: Could not write file "/d/h": '
                               "File too large"), " h"),
        (duckdb.OutOfMemoryException("failed to offload data block of size 128.0 KiB (9.5 MiB/9.5 MiB used).\n"
                                     "This limit was set by the 'max_temp_directory_size' setting."), ""),
        (OSError(errno.ENOSPC, "No space left on device"), ""),
        (OSError(errno.EFBIG, "File too large", "/d/customers.building"), " /d/customers.building"),
    ],
)  # fmt: skip
def test_every_form_of_a_full_disk_is_recognized(error: Exception, where: str) -> None:
    full = as_disk_full(error)
    assert full is not None
    assert str(full).startswith(f"disk full{' while writing' + where if where else ''}: nothing is lost")
    with pytest.raises(DiskFull), disk_full_told():
        try:
            raise error
        except type(error) as inner:
            raise RuntimeError("something in between") from inner


def test_other_errors_stay_what_they_are() -> None:
    assert as_disk_full(duckdb.OutOfMemoryException("could not allocate block (2.0 GiB/2.0 GiB used)")) is None
    with pytest.raises(FileNotFoundError), disk_full_told():
        raise FileNotFoundError(errno.ENOENT, "no such file")


def test_the_ballast_is_laid_down_and_dropped(tmp_path: Path) -> None:
    home = home_with(tmp_path, hub=0, published=0)
    keep_ballast(home, 2)
    assert ballast_file(home).stat().st_size == 2 * 2**20
    assert drop_ballast(home) == 2 * 2**20
    assert drop_ballast(home) == 0
    keep_ballast(home, 1)
    keep_ballast(home, 0)
    assert not ballast_file(home).exists()
