"""Delivered days as frames, read the way a user of the files would."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from mdm_pipeline.demo import crm
from mdm_pipeline.demo.day_files import read_day
from mdm_pipeline.demo.generator import DemoReport, generate


def read_company(folder: Path, crm_url: str | None = None) -> dict[str, pl.DataFrame]:
    engine = sa.create_engine(crm_url or f"sqlite:///{folder / 'crm' / 'crm.db'}")
    try:
        return read_day(folder, engine)
    finally:
        engine.dispose()


@pytest.fixture(scope="session")
def read() -> Callable[..., dict[str, pl.DataFrame]]:
    return read_company


@pytest.fixture(scope="session")
def company_report(tmp_path_factory: pytest.TempPathFactory) -> DemoReport:
    return generate(tmp_path_factory.mktemp("company"), customers=2000, seed=3)


@pytest.fixture(scope="session")
def company(company_report: DemoReport) -> dict[str, pl.DataFrame]:
    return read_company(company_report.out)


KEYS = crm.KEYS
