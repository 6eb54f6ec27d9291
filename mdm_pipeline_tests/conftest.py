"""Fixtures for every test folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.connection import open_in_memory


@pytest.fixture
def con() -> Iterator[DuckDBPyConnection]:
    """An empty hub in memory with the whole contract."""
    connection = open_in_memory()
    yield connection
    connection.close()
