"""A plain, well-written Splink 5 script: what a specialist gets in an afternoon. The yardstick of all benchmarks.

In: the raw files of the demo company, standardized only by SQL. Out: clusters and their agreement with the truth.
Six comparisons and five blocking rules per party type, u of equality levels counted (sampling sees no shared phone in a
large table), EM for m, threshold 0.95, connected components. The true party type is given to it.

    python -m benchmarks.baseline_splink --records 20000 --seed 1
"""

from __future__ import annotations

import argparse
import json
import logging
import resource
import sqlite3
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from mdm_pipeline.evaluation import Evaluation, evaluate, read_truth

THRESHOLD = 0.95
KEY = ["source", "source_table", "source_key"]
RAW = [*KEY, "name", "phone", "email", "tax_id", "birth_on", "address", "city"]


@dataclass(frozen=True)
class BaselineResult:
    """What the script found and what it cost; `seconds` is matching alone, files already read."""

    seconds: float
    cpu_seconds: float
    peak_mb: int
    evaluation: Evaluation
    clusters: pl.DataFrame

    def figures(self) -> dict[str, float]:
        """The keys that benchmarks print."""
        f1 = {kind: part.pairwise.f1 for kind, part in self.evaluation.by_party_type.items()}
        return {
            "baseline_seconds": round(self.seconds, 2),
            "baseline_cpu_seconds": round(self.cpu_seconds, 2),
            "baseline_f1_person": round(f1.get("person", 0.0), 4),
            "baseline_f1_organization": round(f1.get("organization", 0.0), 4),
            "peak_mb": self.peak_mb,
        }


def run_baseline(data: Path, seed: int = 1) -> BaselineResult:
    """Match the demo company in `data` and compare with its truth.

    Args:
        data: folder written by the demo generator.
        seed: of the sample from which u of fuzzy levels is estimated.
    """
    logging.getLogger("splink").setLevel(logging.ERROR)
    truth = read_truth(data / "truth.csv")
    raw = read_raw(data).join(
        truth.select("source", pl.col("table").alias("source_table"), "source_key", "party_type"), on=KEY
    )
    started, cpu_started = time.perf_counter(), time.process_time()
    con = duckdb.connect(":memory:")
    con.register("raw_records", raw)
    con.execute((Path(__file__).parent / "baseline_splink.sql").read_text(encoding="utf-8"))
    parts = []
    for party_type in ("person", "organization"):
        records = con.execute(
            "select * from standardized where party_type = $type order by unique_id", {"type": party_type}
        ).pl()
        parts.append(cluster(records, party_type, seed))
    clusters = pl.concat(parts)
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_started
    return BaselineResult(
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        evaluation=evaluate(clusters.rename({"source_table": "table"}), truth),
        clusters=clusters,
    )


def read_raw(data: Path) -> pl.DataFrame:
    """One frame of the party records of the three systems, as the files have them."""
    with sqlite3.connect(data / "crm" / "crm.db") as crm:
        account = pl.read_database("select * from account", crm, infer_schema_length=None)
        contact = pl.read_database("select * from contact", crm, infer_schema_length=None)
    erp = pl.read_csv((data / "erp" / "customers.csv").read_bytes().decode("gb18030").encode(), infer_schema=False)
    sheet = data / "finance" / "billing_customers.xlsx"
    billing = (
        pl.read_excel(sheet, infer_schema_length=0)
        if sheet.is_file()
        else pl.read_csv(sheet.with_suffix(".csv"), infer_schema=False)
    )
    nothing = pl.lit(None, dtype=pl.String)
    frames = [
        account.select(
            _source("crm"),
            _table("account"),
            source_key="account_id",
            name="account_name",
            phone="phone",
            email="email",
            tax_id="tax_no",
            birth_on="birth_date",
            address="address",
            city="city",
        ),
        contact.select(
            _source("crm"),
            _table("contact"),
            source_key="contact_id",
            name="full_name",
            phone=pl.coalesce("mobile", "phone"),
            email="email",
            tax_id="id_number",
            birth_on="birth_date",
            address="address",
            city="city",
        ),
        erp.select(
            _source("erp"),
            _table("customers"),
            source_key="customer_no",
            name=pl.concat_str("name1", "name2", ignore_nulls=True),
            phone="phone",
            email="email",
            tax_id="reg_no",
            birth_on="birth_date",
            address="street",
            city="city",
        ),
        billing.select(
            _source("finance"),
            _table("billing_customers"),
            source_key="客户编码",
            name="发票抬头",
            phone=pl.coalesce("收票手机", "注册电话"),
            email="收票邮箱",
            tax_id="纳税人识别号",
            birth_on=nothing,
            address="注册地址",
            city=nothing,
        ),
    ]
    return pl.concat([frame.with_columns(pl.all().cast(pl.String)).select(RAW) for frame in frames])


def _source(name: str) -> pl.Expr:
    return pl.lit(name).alias("source")


def _table(name: str) -> pl.Expr:
    return pl.lit(name).alias("source_table")


def settings(party_type: str) -> SettingsCreator:
    """Six comparisons and five blocking rules."""
    if party_type == "person":
        comparisons = [
            cl.JaroWinklerAtThresholds("name", [0.95, 0.88]),
            _date_of_birth(),
            cl.ExactMatch("phone"),
            cl.ExactMatch("email"),
            cl.JaroWinklerAtThresholds("address", [0.95, 0.88]),
            cl.ExactMatch("city"),
        ]
        rules = [
            block_on("phone"),
            block_on("email"),
            block_on("name", "city"),
            block_on("birth_on"),
            block_on("address"),
        ]
    else:
        comparisons = [
            cl.JaroWinklerAtThresholds("name", [0.95, 0.88]),
            cl.ExactMatch("tax_id"),
            cl.ExactMatch("phone"),
            cl.ExactMatch("email"),
            cl.JaroWinklerAtThresholds("address", [0.95, 0.88]),
            cl.ExactMatch("city"),
        ]
        rules = [
            block_on("tax_id"),
            block_on("phone"),
            block_on("email"),
            block_on("name"),
            block_on("address"),
        ]
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=rules,
        retain_matching_columns=False,
        linker_uid=f"baseline_{party_type}",
    )


def _date_of_birth() -> cl.CustomComparison:
    return cl.CustomComparison(
        output_column_name="birth_on",
        comparison_levels=[
            cll.NullLevel("birth_on"),
            cll.ExactMatchLevel("birth_on"),
            cll.DamerauLevenshteinLevel("birth_on", 1),
            cll.ExactMatchLevel("birth_year"),
            cll.ElseLevel(),
        ],
    )


TRAINING = {
    "person": (block_on("name", "birth_on"), block_on("phone"), block_on("email")),
    "organization": (block_on("name"), block_on("tax_id"), block_on("phone")),
}
DETERMINISTIC = {
    "person": ["l.name = r.name and l.birth_on = r.birth_on", "l.phone = r.phone and l.name = r.name"],
    "organization": [
        "l.tax_id = r.tax_id and l.name_start = r.name_start",
        "l.name = r.name and l.phone = r.phone",
    ],
}


def cluster(records: pl.DataFrame, party_type: str, seed: int) -> pl.DataFrame:
    """Train, score and cluster the records of one party type."""
    api = DuckDBAPI()
    table = api.register(records.to_arrow(), dataset_display_name="records")
    linker = Linker(table, settings(party_type), log_level=None)
    linker.training.estimate_probability_two_random_records_match(DETERMINISTIC[party_type], recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=seed)
    trained = with_counted_u(linker.misc.save_model_to_json(), records)
    # A fresh interface: the cache of the first one belongs to it, not to its linker.
    api = DuckDBAPI()
    table = api.register(records.to_arrow(), dataset_display_name="records")
    linker = Linker(table, trained, log_level=None)
    for rule in TRAINING[party_type]:
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    pairs = linker.inference.predict(threshold_match_probability=THRESHOLD)
    found = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold_match_probability=THRESHOLD)
    clusters = api.duckdb_con.execute(f"select unique_id, cluster_id from {found.physical_name}").pl()
    return records.select("unique_id", *KEY).join(clusters, on="unique_id").select(*KEY, "cluster_id")


def with_counted_u(model: dict[str, Any], records: pl.DataFrame) -> dict[str, Any]:
    """Replace u of every exact level by its count: pairs that share the value, less the expected matches among them."""
    expected_m = 0.7
    prior = model["probability_two_random_records_match"]
    for comparison in model["comparisons"]:
        column = comparison["output_column_name"]
        values = records[column].drop_nulls()
        sizes = values.value_counts()["count"].cast(pl.Float64)
        shared = float((sizes * (sizes - 1)).sum()) / max(values.len() * (values.len() - 1), 1)
        exact = f'"{column}_l" = "{column}_r"'
        for level in comparison["comparison_levels"]:
            if level["sql_condition"] == exact:
                level["u_probability"] = max(shared - expected_m * prior, shared * 0.02, 1e-9)
    return model


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=20_000, help="party records of the generated company")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, help="a demo company that exists already; otherwise one is generated")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        data = arguments.data
        if data is None:
            from mdm_pipeline.demo.generator import generate

            data = Path(scratch)
            generate(data, records=arguments.records, seed=arguments.seed)
        result = run_baseline(data, arguments.seed)
    for kind, part in result.evaluation.by_party_type.items():
        print(
            f"{kind}: {part.records} records, precision {part.pairwise.precision:.4f}, "
            f"recall {part.pairwise.recall:.4f}, F1 {part.pairwise.f1:.4f}, B-cubed F1 {part.b_cubed.f1:.4f}, "
            f"exact customers {part.exact_clusters:.4f}"
        )
    print(json.dumps(result.figures()))


if __name__ == "__main__":
    main()
