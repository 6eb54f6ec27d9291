"""Assets of the rooms behind landing: one multi-asset per stage, an asset per contract table.

No `from __future__ import annotations` here: Dagster reads the annotations of functions made inside functions.
"""

from dataclasses import dataclass

import dagster as dg

from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.hub.contract import Table, mart, master, matching, quality, staging, steward
from mdm_pipeline.hub.contract.model import Column
from mdm_pipeline.orchestration.assets.keys import key_of, landing_keys_behind, spec_of
from mdm_pipeline.orchestration.assets.run_stage_op import (
    LAST_STAGE,
    POOL,
    PROOF_CHECK,
    RETRIES,
    AssetEvents,
    stage_events,
)
from mdm_pipeline.orchestration.checks.registry import CHECKS
from mdm_pipeline.orchestration.stage_run import StageRunner

PUBLISHED = Table(
    "publish",
    "customers_file",
    "The DuckDB file that analysts open; built beside, swapped in by an atomic rename.",
    "分析人员使用的发布文件",
    (Column("generation", "BIGINT", "Counts the publications."),),
    key=("generation",),
    writer="publish",
)


@dataclass(frozen=True)
class Room:
    """One stage as Dagster shows it."""

    stage: str
    doc: str
    tables: tuple[Table, ...]
    upstream: tuple[Table, ...] = ()


_EVENTS_OF_MART = (
    staging.SALES_ORDER,
    staging.INVOICE,
    staging.PAYMENT,
    staging.OPPORTUNITY,
    staging.ACTIVITY,
    staging.SERVICE_CASE,
    staging.FX_RATE,
)
ROOMS = (
    Room("steward", "Take the decisions in force as of the start of the run.", steward.TABLES),
    Room("staging", "Give every source row its canonical, standardized form.", staging.TABLES),
    Room(
        "quality",
        "Run the expectation suites; put what must not pass into quarantine.",
        (quality.QUARANTINED, quality.ISSUE, quality.VALIDATION_RUN, quality.EXPECTATION_RESULT),
        (*staging.TABLES, steward.DECISION),
    ),
    Room(
        "matching",
        "Find which records are the same person or organization.",
        matching.TABLES,
        (
            staging.PARTY,
            staging.PARTY_NAME,
            staging.PARTY_IDENTIFIER,
            staging.PARTY_CONTACT_POINT,
            staging.PARTY_ADDRESS,
            quality.QUARANTINED,
            steward.DECISION,
        ),
    ),
    Room(
        "master",
        "Give clusters their customer code; choose the surviving values.",
        master.TABLES,
        (
            matching.CLUSTER,
            staging.PARTY,
            staging.PARTY_NAME,
            staging.PARTY_ADDRESS,
            staging.PARTY_CONTACT_POINT,
            staging.PARTY_IDENTIFIER,
            staging.BILLING_PROFILE,
            staging.PARTY_LINK,
        ),
    ),
    Room(
        "mart",
        "Tie orders, invoices, payments and contacts to customers; build the 360° view.",
        mart.TABLES,
        (master.CUSTOMER, master.XREF, master.RELATIONSHIP, matching.PAIR, *_EVENTS_OF_MART),
    ),
    Room("publish", "Build the analysts' file and swap it in.", (PUBLISHED,), (*master.TABLES, *mart.TABLES)),
)


def room_assets(config: CompanyConfig) -> list[dg.AssetsDefinition]:
    """One definition per room."""
    return [_room_assets(config, room) for room in ROOMS]


def _room_assets(config: CompanyConfig, room: Room) -> dg.AssetsDefinition:
    checks = [check for check in CHECKS if check.stage == room.stage]
    check_specs = [
        dg.AssetCheckSpec(c.name, asset=key_of(c.table), blocking=c.is_blocking, description=c.doc) for c in checks
    ]
    if room.stage == "quality":
        check_specs.append(
            dg.AssetCheckSpec(
                "suites_let_pass",
                asset=key_of(room.tables[0]),
                description="No suite is broken and no blocking rule is violated; if not, the run ends held back.",
            )
        )

    if room.stage == LAST_STAGE:
        check_specs.append(
            dg.AssetCheckSpec(
                PROOF_CHECK,
                asset=key_of(room.tables[0]),
                description="Components rebuilt from raw landing at the end of the run equal what stands in the hub.",
            )
        )

    @dg.multi_asset(
        name=room.stage,
        description=room.doc,
        specs=[spec_of(table, _deps(config, room, table)) for table in room.tables],
        check_specs=check_specs,
        retry_policy=RETRIES,
        pool=POOL,
    )
    def run_room(stages: dg.ResourceParam[StageRunner]) -> AssetEvents:
        yield from stage_events(stages, room.stage, room.tables, checks)

    return run_room


def _deps(config: CompanyConfig, room: Room, table: Table) -> list[dg.AssetKey]:
    if room.stage == "staging":
        return landing_keys_behind(config, table)
    return [key_of(upstream) for upstream in room.upstream]
