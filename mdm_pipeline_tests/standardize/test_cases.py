"""The hand-checked cases: what is promised of every standardizer, and that the committed figures are today's."""

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from benchmarks.standardize_cases import (
    ACCURACY,
    CASES,
    FAILURES,
    LEAST,
    CasesInvalid,
    Checked,
    accuracy_table,
    check,
    check_all,
    failures_table,
    kinds,
    read_cases,
    write,
)

# Cases that a kind has at least.
SIZES = {
    "person_names": 300,
    "organization_names": 300,
    "phones": 300,
    "addresses": 300,
    "identifiers": 300,
    "emails": 150,
    "dates": 150,
    "party_types": 60,
}
UPPER = pl.DataFrame(
    {
        "raw": ["a", "b", "ß", ""],
        "upper": ["A", "B", "ẞ", ""],
        "size": ["1", "1", "1", "0"],
        "difficulty": ["easy", "easy", "hard", "hard"],
        "category": ["ascii", "ascii", "german", "empty"],
        "note": ["", "", "capital sharp s", ""],
    }
)


@pytest.fixture(scope="module")
def checked() -> list[Checked]:
    return check_all()


def test_every_kind_answers_its_easy_and_its_hard_cases(checked: list[Checked]) -> None:
    reached = {(one.kind, name): one.accuracy(name) for one in checked for name in LEAST}
    assert {key: share for key, share in reached.items() if share < LEAST[key[1]]} == {}


def test_the_committed_figures_and_failures_are_those_of_today(checked: list[Checked], tmp_path: Path) -> None:
    write(checked, tmp_path)
    told = "differs; run `python -m benchmarks.standardize_cases --write` and look at what changed"
    for path in (ACCURACY, FAILURES):
        assert (tmp_path / path.name).read_text("utf-8") == path.read_text("utf-8"), f"{path.name} {told}"


def test_there_are_enough_cases_and_enough_hard_ones() -> None:
    assert {kind for kind in SIZES if kind not in kinds()} == set()
    for kind in kinds():
        cases = read_cases(CASES / f"{kind}.csv")
        hard = (cases["difficulty"] == "hard").sum() / cases.height
        assert (cases.height >= SIZES.get(kind, 100), hard >= 0.4) == (True, True), f"{kind}: {cases.height}, {hard}"


def test_no_case_stands_twice(checked: list[Checked]) -> None:
    for one in checked:
        twice = one.cases.filter(pl.col("input").is_duplicated())
        assert twice.select("line", "input").rows() == [], one.kind


def test_a_case_is_right_when_every_expected_column_is() -> None:
    def upper(cases: pl.DataFrame) -> pl.DataFrame:
        return cases.select(
            pl.col("raw").str.to_uppercase().alias("upper"), pl.col("raw").str.len_chars().alias("size")
        )

    judged = check("upper", UPPER, upper)
    assert (judged.accuracy("easy"), judged.accuracy("hard")) == (1.0, 0.5)
    assert failures_table([judged]).rows() == [
        ("upper", 4, "raw=ß", "hard", "german", "upper=ẞ", f"upper={'ß'.upper()}")
    ]
    expected = pl.DataFrame(
        [
            ("upper", "(all)", "easy", 2, 2, 1.0),
            ("upper", "(all)", "hard", 2, 1, 0.5),
            ("upper", "ascii", "easy", 2, 2, 1.0),
            ("upper", "empty", "hard", 1, 1, 1.0),
            ("upper", "german", "hard", 1, 0, 0.0),
        ],
        schema=["kind", "category", "difficulty", "cases", "right", "accuracy"],
        orient="row",
    )
    assert_frame_equal(accuracy_table([judged]), expected)


def test_an_answer_that_is_missing_or_unasked_is_an_error() -> None:
    with pytest.raises(CasesInvalid, match="1 answers with columns upper for 4 cases"):
        check("upper", UPPER, lambda cases: cases.select("upper").head(1))
    with pytest.raises(CasesInvalid, match="columns lower for 4 cases"):
        check("upper", UPPER, lambda cases: cases.select(lower="raw"))


def test_a_case_without_difficulty_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "upper.csv"
    UPPER.with_columns(difficulty=pl.lit("medium")).write_csv(path)
    with pytest.raises(CasesInvalid, match=r"upper.csv, line 2: difficulty 'medium' is none of easy, hard"):
        read_cases(path)
