"""A CRM in a real PostgreSQL delivers the same text as the same CRM in SQLite, next day included."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

import pytest

from mdm_pipeline import demo
from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.config.loader import load_company
from mdm_pipeline.errors import SourceHeldBack, TransientError
from mdm_pipeline_tests.orchestration.services import Postgres, server_binaries
from mdm_pipeline_tests.sources.deliveries import read_table

BINARIES = server_binaries()
pytestmark = pytest.mark.skipif(BINARIES is None, reason="no PostgreSQL server programs on this machine")


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    assert BINARIES is not None
    with tempfile.TemporaryDirectory() as folder:  # pytest's own are closed to the server's user
        Path(folder).chmod(0o755)
        server = Postgres(BINARIES, Path(folder) / "server")
        server.start()
        yield server
        server.stop()


def url_of(server: Postgres) -> str:
    return f"postgresql+psycopg2://mdm:{quote(server.password, safe='')}@127.0.0.1:{server.port}/postgres"


def delivered(config: CompanyConfig, table: str) -> list[dict[str, str | None]]:
    delivery = read_table(config.source("crm"), table, config.data_path)
    rows = [row for batch in delivery.batches for row in batch.to_pylist()]
    for row in rows:
        row.pop("_location")
        for name, value in row.items():  # a real number in SQLite, a decimal in PostgreSQL
            if value and re.fullmatch(r"-?\d+\.\d+", value):
                row[name] = f"{Decimal(value):f}".rstrip("0").rstrip(".")
    return sorted(rows, key=lambda row: [value or "" for value in row.values()])


def test_both_databases_deliver_the_same_text_and_a_server_that_is_gone_is_transient(
    postgres: Postgres, tmp_path: Path
) -> None:
    url = url_of(postgres)
    demo.generate(tmp_path / "a", customers=120, seed=5, crm_url=url)
    demo.generate(tmp_path / "b", customers=120, seed=5)
    in_postgres = load_company("demo", {"MDM_DEMO_DATA": str(tmp_path / "a"), "MDM_DEMO_CRM_URL": url})
    in_sqlite = load_company("demo", {"MDM_DEMO_DATA": str(tmp_path / "b")})
    for day in range(2):
        for table in in_sqlite.source("crm").tables:
            rows = delivered(in_sqlite, table)
            assert rows
            assert delivered(in_postgres, table) == rows
        if day == 0:
            demo.next_day(tmp_path / "a", tmp_path / "a", seed=6, crm_url=url)
            demo.next_day(tmp_path / "b", tmp_path / "b", seed=6)

    misspelt = in_postgres.source("crm").model_copy(
        update={
            "tables": {"acount": in_postgres.source("crm").tables["account"].model_copy(update={"table": "acount"})}
        }
    )
    with pytest.raises(SourceHeldBack, match="acount"):
        read_table(misspelt, "acount", in_postgres.data_path)

    postgres.stop()
    with pytest.raises(TransientError, match="does not answer") as caught:
        read_table(in_postgres.source("crm"), "account", in_postgres.data_path)
    assert postgres.password not in str(caught.value)
    postgres.start()
