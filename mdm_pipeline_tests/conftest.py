"""Fixtures for every test folder."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from duckdb import DuckDBPyConnection
from hypothesis import HealthCheck, settings

from mdm_pipeline.hub.connection import open_in_memory

# A busy machine is no failure; in CI the examples are the same each time, so that red means the change is wrong.
settings.register_profile(
    "house", deadline=None, derandomize=bool(os.environ.get("CI")), suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")


@pytest.fixture
def con() -> Iterator[DuckDBPyConnection]:
    """An empty hub in memory with the whole contract."""
    connection = open_in_memory()
    yield connection
    connection.close()
