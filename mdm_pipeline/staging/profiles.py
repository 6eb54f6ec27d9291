"""Value profiles: whose phone, e-mail, address, name or date it is, by who shares it.

In: the written `staging.party*` tables, the scope of the night. Out: `staging.value_profile`, and in the change log
every record that holds a value whose class became another one. Invariant: a value's class follows from its own
holders alone; so only values that the night's records had or have are judged anew, and nights end as a rebuild does.
Does not belong here: reading values; what a class is worth as evidence (matching).
"""

from __future__ import annotations

import csv
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import polars as pl
from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.contract.staging import VALUE_PROFILE
from mdm_pipeline.hub.sql import run_sql, sql_text
from mdm_pipeline.hub.worklist import Work, fingerprint_of
from mdm_pipeline.hub.writing import Counts, log_changes, write_changes
from mdm_pipeline.standardize.tables import read_lines
from mdm_pipeline.standardize.text import fold

_HERE = Path(__file__).parent
_LIST = _HERE / "value_placeholders.csv"
_SQL = tuple(_HERE / f"profile_{name}.sql" for name in ("held", "touched", "classes"))
# Kinds in which the words for "no value" (N/A, 无, test) mean nobody.
_KINDS_WITH_WORDS = ("phone", "email", "wechat", "address", "name")


@dataclass(frozen=True)
class Thresholds:
    """Where sharing stops to be a family, a company, and a value at all.

    Args:
        crowd: differently named holders from which a contact point is nobody's. A family has up to eight, a sales
            desk writes its own number on a dozen records; `na@na.com` stands on hundreds.
        crowd_names: surnames and companies among them: a large clan of one surname is no crowd.
        line_places: addresses up to which a crowd may be one company's people: head office and branches.
        line_companies: companies up to which a fixed line, a toll-free number or an info@ may be one group's.
        family_names: surnames at one address up to which it is a household: spouses keep theirs in China, and a
            grandparent or a boarder adds one.
        family_members: people up to which it is one.
        name_places: addresses from which one name is taken for namesakes where no birth date tells: a person has
            moved once, seldom twice.
    """

    crowd: int = 20
    crowd_names: int = 10
    line_places: int = 4
    line_companies: int = 3
    family_names: int = 3
    family_members: int = 6
    name_places: int = 3


THRESHOLDS = Thresholds()


@cache
def profile_fingerprint() -> str:
    """What decides classes besides the records: thresholds, lists, statements."""
    return fingerprint_of([asdict(THRESHOLDS), _listed().to_dicts()], 1, *(sql_text(path) for path in _SQL))


def note_values(con: DuckDBPyConnection) -> None:
    """Remember the values that the records in scope hold before they are written.

    Args:
        con: the hub; `staging_scope` holds the records.
    """
    run_sql(con, _HERE / "profile_held.sql")
    con.execute("create or replace temp table profile_touched (key varchar)")
    run_sql(con, _HERE / "profile_touched.sql")


def write_profiles(con: DuckDBPyConnection, work: Work) -> Counts:
    """Judge the values that the records in scope had or have, and write those whose profile changed.

    Args:
        con: the hub after the party tables were written, and after `note_values`.
        work: supplies the sequence number, and whether every value is judged.
    """
    run_sql(con, _HERE / "profile_touched.sql")
    con.register("listed_values", _listed())
    con.execute("create or replace temp table profile_listed as from listed_values")
    con.unregister("listed_values")
    run_sql(con, _HERE / "profile_classes.sql", {"is_full": work.is_full, **asdict(THRESHOLDS)})
    scope = None if work.is_full else "profile_touched"
    counts = write_changes(con, VALUE_PROFILE, "wanted_value_profile", seq=work.seq, scope=scope, scope_column="value")
    log_changes(con, VALUE_PROFILE.schema, VALUE_PROFILE.name, "select record_id from profile_flipped", work.seq)
    for name in (
        "profile_touched",
        "profile_held",
        "profile_value",
        "profile_holder",
        "profile_listed",
        "wanted_value_profile",
        "profile_flipped",
    ):
        con.execute(f'drop table "{name}"')
    return counts


@cache
def _listed() -> pl.DataFrame:
    """Values known to stand for nobody: kind, value, why; each once."""
    with _LIST.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    own = pl.DataFrame(rows, schema={"kind": pl.String, "value": pl.String, "why": pl.String})
    own = own.with_columns(pl.col("value").str.replace_all(" ", ""))
    raw = pl.Series("value", read_lines("placeholders.txt"), dtype=pl.String)
    both = pl.concat([raw.str.to_lowercase(), fold(raw)]).drop_nulls().str.replace_all(" ", "").unique().sort()
    words = both.to_frame().join(pl.DataFrame({"kind": list(_KINDS_WITH_WORDS)}), how="cross")
    words = words.select("kind", "value", pl.lit("says that there is none, or is a test").alias("why"))
    return pl.concat([own, words]).unique(["kind", "value"], keep="first", maintain_order=True)
