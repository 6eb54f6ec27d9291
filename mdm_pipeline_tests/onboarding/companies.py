"""A company's configuration folder for tests."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path


def new_company(folder: Path) -> Path:
    """A company without any source; its data lies in `data` beside `config`."""
    config = folder / "config"
    config.mkdir(parents=True)
    (folder / "data").mkdir()
    (config / "company.yaml").write_text("version: 1\nname: group\ndata_dir: ../data\ngroup_currency: EUR\n", "utf-8")
    return config


def write_csv(
    path: Path, header: Sequence[str], rows: Sequence[Sequence[str]], *, encoding: str = "utf-8", delimiter: str = ","
) -> None:
    """A CSV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream, delimiter=delimiter)
        writer.writerow(header)
        writer.writerows(rows)
