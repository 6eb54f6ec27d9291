"""The run ledger in the hub: one row a run, opened at its start and closed at its end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from mdm_pipeline import __version__
from mdm_pipeline.hub.connection import Hub
from mdm_pipeline.hub.sql import run_sql
from mdm_pipeline.operations.self_proof import Proof

_HERE = Path(__file__).parent


def open_run(hub: Hub, run_id: str, as_of: datetime) -> None:
    """Note that a run starts; runs that a kill left `running` are closed as failed."""
    run_sql(
        hub.con,
        _HERE / "run_open.sql",
        {"run_id": run_id, "as_of": as_of.replace(tzinfo=None), "version": __version__},
    )


def close_run(
    hub: Hub, run_id: str, *, failed: Sequence[str], held_back: Sequence[str], proof: Proof | None = None
) -> str:
    """Note how a run ended and what it proved of itself.

    Returns:
        done | held_back | failed.
    """
    outcome = "failed" if failed else "held_back" if held_back else "done"
    run_sql(
        hub.con,
        _HERE / "run_close.sql",
        {
            "run_id": run_id,
            "outcome": outcome,
            "held_back": "; ".join(held_back) or None,
            "components": proof.components if proof else None,
            "differences": proof.differences if proof else None,
            "proof": proof.report if proof else None,
        },
    )
    return outcome
