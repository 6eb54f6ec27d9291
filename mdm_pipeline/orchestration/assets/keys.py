"""Asset keys and specs, from the contract: schema = group, table = asset."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.hub.contract import Table, staging
from mdm_pipeline.hub.contract.landing import landed_name


def key_of(table: Table) -> dg.AssetKey:
    """Asset key of a contract table."""
    return dg.AssetKey([table.schema, table.name])


def landing_key(source: str, table: str) -> dg.AssetKey:
    """Asset key of a landed source table."""
    return dg.AssetKey(["landing", landed_name(source, table)])


def spec_of(table: Table, deps: Sequence[dg.AssetKey]) -> dg.AssetSpec:
    """Asset spec of a contract table, with its columns as Dagster shows them."""
    return dg.AssetSpec(
        key_of(table),
        deps=deps,
        description=f"{table.doc}\n\n{table.doc_zh}",
        group_name=table.schema,
        kinds={"duckdb"},
        metadata={
            "dagster/table_name": table.full_name,
            "dagster/column_schema": dg.TableSchema(
                columns=[
                    dg.TableColumn(
                        column.name,
                        column.type,
                        description=column.doc,
                        constraints=dg.TableColumnConstraints(nullable=not column.is_required),
                    )
                    for column in table.columns
                ]
            ),
        },
    )


def landing_keys_behind(config: CompanyConfig, table: Table) -> list[dg.AssetKey]:
    """Landed tables whose rows become rows of one staging table."""
    party_tables = {t.name for t in staging.PARTY_TABLES}
    keys = []
    for source in config.sources:
        for name, mapping in source.tables.items():
            is_behind = (
                (mapping.event is not None and mapping.event.entity == table.name)
                or (mapping.party is not None and table.name in party_tables)
                or (table is staging.PARTY_LINK and mapping.party is not None and bool(mapping.party.links))
                or (table is staging.PARTY_REDIRECT and mapping.party is not None and bool(mapping.party.merged_into))
            )
            if is_behind:
                keys.append(landing_key(source.name, name))
    return keys
