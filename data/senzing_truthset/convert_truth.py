"""Writes truth.csv from the truth set's own key.

In: actual_truthset_key.csv and the three data files beside this script. Out: truth.csv (source, table,
source_key, truth_id, party_type), one row per record, sorted. Invariant: every record has exactly one row.
"""

from __future__ import annotations

import csv
from pathlib import Path

_HERE = Path(__file__).parent
_TABLE = "records"


def main() -> None:
    """Convert and check."""
    kinds = {}
    for source in ("customers", "reference", "watchlist"):
        for row in _rows(f"{source}.csv"):
            kinds[source, row["RECORD_ID"]] = row["RECORD_TYPE"].lower()
    truth = {
        (row["DATA_SOURCE"].lower(), row["RECORD_ID"]): row["CLUSTER_ID"] for row in _rows("actual_truthset_key.csv")
    }

    if truth.keys() != kinds.keys():
        odd = sorted(truth.keys() ^ kinds.keys())
        raise SystemExit(f"actual_truthset_key.csv and the data files name different records: {odd}")
    with (_HERE / "truth.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["source", "table", "source_key", "truth_id", "party_type"])
        for (source, key), cluster in sorted(truth.items()):
            writer.writerow([source, _TABLE, key, cluster, kinds[source, key]])


def _rows(name: str) -> list[dict[str, str]]:
    with (_HERE / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
