"""Train the models that come with the product on a staged hub of the demo company and write them into the package.

In: a hub whose staging is filled (100,000 records give steady frequencies). Out: mdm_pipeline/matching/models/*.json.

    python -m benchmarks.ship_models --hub HOME/hub/mdm.duckdb
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mdm_pipeline.hub.connection import open_hub
from mdm_pipeline.matching.model import write_shipped
from mdm_pipeline.matching.model_making import train
from mdm_pipeline.matching.stage import PARTY_TYPES

MODELS = Path(__file__).parents[1] / "mdm_pipeline" / "matching" / "models"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hub", type=Path, required=True, help="hub with the staged demo company")
    parser.add_argument("--out", type=Path, default=MODELS, help="folder of the shipped models")
    arguments = parser.parse_args()
    with open_hub(arguments.hub) as hub:
        for party_type in PARTY_TYPES:
            model = train(hub.con, party_type)
            path = write_shipped(model, arguments.out)
            print(f"{path.name}: {model.records} records, {model.metrics['matching_pairs']} matching pairs")


if __name__ == "__main__":
    main()
