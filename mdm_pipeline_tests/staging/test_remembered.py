"""Remembered answers: the same as computed ones, whatever became of the files."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from mdm_pipeline.hub.connection import open_in_memory
from mdm_pipeline.hub.worklist import plan_work
from mdm_pipeline.staging.distinct import per_part, per_row
from mdm_pipeline.staging.remembered import Memory, remembering
from mdm_pipeline.staging.stage import make_stage
from mdm_pipeline_tests.staging.landed_rows import AS_OF, everything, land, shipped

TEXT = st.one_of(st.none(), st.text(alphabet="ab ,李", max_size=4))
FRAMES = st.lists(st.tuples(TEXT, TEXT), max_size=8).map(
    lambda rows: pl.DataFrame(rows, schema={"a": pl.String, "b": pl.String}, orient="row")
)


class Counted:
    """Standardizers that count what they are asked."""

    def __init__(self) -> None:
        self.asked = 0

    def joined(self, frame: pl.DataFrame) -> pl.DataFrame:
        self.asked += frame.height
        return frame.select(pl.concat_str("a", "b").alias("a"), pl.col("b").str.len_chars().alias("size"))

    def words(self, frame: pl.DataFrame) -> pl.DataFrame:
        self.asked += frame.height
        split = frame.with_row_index("row").select("row", pl.col("a").str.split(" ").alias("word"))
        return split.explode("word").filter(pl.col("word").fill_null("") != "")


def both(frame: pl.DataFrame, by: Counted) -> tuple[pl.DataFrame, pl.DataFrame]:
    return per_row(frame, by.joined, name="person_names"), per_part(frame, by.words, name="phones")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def garble(path: Path) -> None:
    path.write_bytes(b"\x00" * path.stat().st_size)


def poison(path: Path) -> None:
    """Another answer, in a file that is whole in itself."""
    frame = pl.read_parquet(path)
    outputs = [column for column in frame.columns if column.startswith("o.") and frame[column].dtype == pl.String]
    frame.with_columns(pl.lit("poison").alias(column) for column in outputs).write_parquet(path)


def truth(path: Path) -> None:
    """Nothing at all."""


def remove(path: Path) -> None:
    path.unlink()


@settings(max_examples=25)
@given(st.lists(FRAMES, min_size=1, max_size=4), st.sampled_from([cut, garble, poison, remove, truth]))
def test_whatever_became_of_the_files_answers_are_those_that_are_computed(
    tmp_path_factory: pytest.TempPathFactory, frames: list[pl.DataFrame], spoil: Callable[[Path], None]
) -> None:
    folder = tmp_path_factory.mktemp("cache")
    for _ in range(2):
        for frame in frames:
            expected = both(frame, Counted())
            # Twice in one run, as two tables of a company ask.
            with remembering(Memory(folder, "1")):
                for got in (both(frame, Counted()), both(frame, Counted())):
                    assert_frame_equal(got[0], expected[0])
                    assert_frame_equal(got[1], expected[1])
            for path in sorted(folder.rglob("*.parquet"))[:1]:
                spoil(path)


def test_what_was_asked_before_is_not_computed_again(tmp_path: Path) -> None:
    rows = pl.DataFrame({"a": [f"x{i} y" for i in range(1000)], "b": ["b"] * 1000})
    by = Counted()
    with remembering(Memory(tmp_path, "1")):
        both(rows, by)
    first, by.asked = by.asked, 0
    with remembering(Memory(tmp_path, "1")):
        both(rows.vstack(pl.DataFrame({"a": ["new"], "b": ["b"]})), by)
    # Only samples, and the new one.
    assert (first, by.asked) == (2000, 2 * 200 + 2)


def test_a_standardizer_that_answers_otherwise_forgets_all(tmp_path: Path) -> None:
    rows = pl.DataFrame({"a": ["x", "y"], "b": ["b", "c"]})
    with remembering(Memory(tmp_path, "1")):
        per_row(rows, lambda frame: frame.select(pl.col("a")), name="emails")
    with remembering(Memory(tmp_path, "1")):
        got = per_row(rows, lambda frame: frame.select(pl.col("a").str.to_uppercase()), name="emails")
    assert got["a"].to_list() == ["X", "Y"]


def test_another_version_starts_anew_and_leaves_nothing_behind(tmp_path: Path) -> None:
    rows = pl.DataFrame({"a": ["x"], "b": ["b"]})
    for version in ("1", "2"):
        with remembering(Memory(tmp_path, version)):
            both(rows, Counted())
    assert len(list(tmp_path.glob("person_names/*"))) == 1


def test_a_run_that_fails_keeps_what_was_remembered_before(tmp_path: Path) -> None:
    rows = pl.DataFrame({"a": ["x"], "b": ["b"]})
    with remembering(Memory(tmp_path, "1")):
        both(rows, Counted())
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.parquet")}
    with pytest.raises(RuntimeError), remembering(Memory(tmp_path, "1")):
        both(rows.with_columns(a=pl.lit("other")), Counted())
        raise RuntimeError
    assert {path: path.read_bytes() for path in before} == before


def test_a_full_run_with_memory_stages_what_one_without_does(tmp_path: Path) -> None:
    rows = {
        1: {
            "account_name": "李伟",
            "phone": "13912345678;010-62345678",
            "city": "杭州市",
            "address": "西湖区文三路1号",
        },
        2: {"account_name": "Smith, Bob", "phone": "", "email": "Bob@Acme.com", "tax_no": "911"},
        3: {"account_name": "北京中科有限公司", "account_kind": "企业", "phone": "138****1234"},
    }
    demo = shipped("demo")
    staged = []
    for cache in (None, tmp_path, tmp_path):
        con = open_in_memory()
        land(con, demo, "crm.account", rows)
        made = make_stage(demo, cache)
        work = plan_work(con, stage=made.name, upstreams=made.upstreams, fingerprint=made.fingerprint)
        made.function(con, made.section, work, AS_OF)
        staged.append(everything(con))
        con.close()
    assert staged[1] == staged[0]
    assert staged[2] == staged[0]
    assert {path.name for path in (tmp_path / "standardized").iterdir()} >= {"person_names", "phones", "addresses"}
