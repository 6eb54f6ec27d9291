"""A company whose only source is a shipped template, landed night by night."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from duckdb import DuckDBPyConnection

from mdm_pipeline.config import templates
from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.config.loader import load_company
from mdm_pipeline.hub.worklist import Report, plan_work
from mdm_pipeline.landing.stage import make_stages
from mdm_pipeline_tests.sources.rest.server import Service
from mdm_pipeline_tests.sources.rest.services import fxiaoke, kingdee, zoho

TEMPLATES = Path(templates.__file__).parent
FIRST_NIGHT = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)


def environment(service: Service) -> dict[str, str]:
    """The variables of all three templates, as one would export them."""
    return {
        "ZOHO_ACCOUNTS_URL": service.url,
        "ZOHO_CLIENT_ID": zoho.CLIENT["client_id"],
        "ZOHO_CLIENT_SECRET": zoho.CLIENT["client_secret"],
        "ZOHO_REFRESH_TOKEN": zoho.CLIENT["refresh_token"],
        "FXIAOKE_URL": service.url,
        "FXIAOKE_APP_ID": fxiaoke.APP["appId"],
        "FXIAOKE_APP_SECRET": fxiaoke.APP["appSecret"],
        "FXIAOKE_PERMANENT_CODE": fxiaoke.APP["permanentCode"],
        "FXIAOKE_MOBILE": fxiaoke.MOBILE,
        "KINGDEE_URL": f"{service.url}/k3cloud",
        "KINGDEE_ACCOUNT_ID": kingdee.LOGIN["acctID"],
        "KINGDEE_USER": kingdee.LOGIN["username"],
        "KINGDEE_APP_ID": kingdee.LOGIN["appId"],
        "KINGDEE_APP_SECRET": kingdee.LOGIN["appSecret"],
    }


def company(folder: Path, template: str, service: Service, **defaults: dict[str, Any]) -> CompanyConfig:
    """A configuration folder with a template as its only source, loaded as the product loads it.

    Args:
        defaults: sections of `connection.defaults` to be changed.
    """
    (folder / "sources").mkdir(parents=True, exist_ok=True)
    (folder / "company.yaml").write_text("version: 1\nname: test\ndata_dir: .\n", encoding="utf-8")
    written = yaml.safe_load((TEMPLATES / f"{template}.yaml").read_text(encoding="utf-8"))
    for section, changes in defaults.items():
        written["connection"]["defaults"][section] |= changes
    text = yaml.safe_dump(written, allow_unicode=True)
    (folder / "sources" / f"{template}.yaml").write_text(text, encoding="utf-8")
    return load_company(folder, environment(service))


def land(con: DuckDBPyConnection, config: CompanyConfig, night: int = 1, *, full: bool = False) -> Report:
    """One night of the only source, in a transaction as the product does it."""
    stage = make_stages(config)[0]
    con.execute("begin")
    try:
        work = plan_work(
            con,
            stage=stage.name,
            upstreams=stage.upstreams,
            fingerprint=stage.fingerprint,
            run_id=f"run-{night}",
            force_full=full,
        )
        report = stage.function(con, stage.section, work, FIRST_NIGHT + timedelta(days=night - 1))
    except BaseException:
        con.execute("rollback")
        raise
    con.execute("commit")
    return report


def live(con: DuckDBPyConnection, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """Live rows of a landed table."""
    names = ", ".join(f'"{column}"' for column in columns)
    return con.execute(f"select {names} from landing.{table} where _deleted_at is null order by all").fetchall()


def ledger(con: DuckDBPyConnection, table: str) -> list[tuple[Any, ...]]:
    """Read, inserted, updated, deleted, unchanged per batch of a source table."""
    return con.execute(
        "select rows_read, rows_inserted, rows_updated, rows_deleted, rows_unchanged from landing.batch "
        "where source_table = $table order by batch_id",
        {"table": table},
    ).fetchall()
