"""The whole pipeline on a demo company of N records, beside the plain Splink script on the same files.

    python -m benchmarks.end_to_end --records 100000 --seed 1

Each of the two runs in a process of its own. Prints the stages, then one line of JSON with the keys matching_seconds,
baseline_seconds, pipeline_seconds (stages), f1_person, f1_organization, baseline_f1_person, baseline_f1_organization,
peak_mb, and the CPU seconds beside them.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from mdm_pipeline import demo
from mdm_pipeline.evaluation import evaluate, read_truth
from mdm_pipeline.hub.connection import Home, open_read_only

ROOT = Path(__file__).parents[1]


def run_json(program: list[str], environment: dict[str, str]) -> tuple[dict[str, Any], float, float]:
    """Run a program whose last line is JSON; also its CPU seconds and peak memory in MB."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(program, capture_output=True, text=True, cwd=ROOT, env={**os.environ, **environment})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(done.stderr or done.stdout)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(done.stdout.splitlines()[-1]), cpu, after.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, required=True, help="party records over the three systems")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data, home = Path(folder) / "data", Home(Path(folder) / "home")
        demo.generate(data, records=arguments.records, seed=arguments.seed)
        run, run_cpu, peak_mb = run_json(
            [sys.executable, "-m", "mdm_pipeline", "run", "--home", str(home.root), "--json"],
            {"MDM_DEMO_DATA": str(data)},
        )
        baseline, baseline_cpu, _ = run_json(
            [sys.executable, "-m", "benchmarks.baseline_splink", "--data", str(data), "--seed", str(arguments.seed)], {}
        )
        con = open_read_only(home.published_file)
        predicted = con.execute(
            'select source, source_table as "table", source_key, master_id as cluster_id from crosswalk'
        ).pl()
        con.close()
        figures = evaluate(predicted, read_truth(data / "truth.csv")).by_party_type
    for stage, said in run["stages"].items():
        print(f"{stage:<18} {said['seconds']:8.2f} s {said['written']:>12,} rows changed")
    print(
        json.dumps(
            {
                "records": arguments.records,
                "seed": arguments.seed,
                "matching_seconds": run["stages"]["matching"]["seconds"],
                "baseline_seconds": baseline["baseline_seconds"],
                "pipeline_seconds": run["stage_seconds"],
                "f1_person": round(figures["person"].pairwise.f1, 4),
                "f1_organization": round(figures["organization"].pairwise.f1, 4),
                "baseline_f1_person": baseline["baseline_f1_person"],
                "baseline_f1_organization": baseline["baseline_f1_organization"],
                "peak_mb": round(peak_mb),
                "pipeline_cpu_seconds": round(run_cpu, 1),
                "baseline_process_cpu_seconds": round(baseline_cpu, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
