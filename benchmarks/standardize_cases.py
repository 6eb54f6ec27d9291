"""How many of the hand-checked inputs each standardizer answers as it should, per kind, category and difficulty.

    python -m benchmarks.standardize_cases                  # all kinds, with every failure
    python -m benchmarks.standardize_cases phones emails    # these
    python -m benchmarks.standardize_cases --write          # and renew the committed accuracy.csv and failures.csv

The cases are `mdm_pipeline_tests/standardize/cases/<kind>.csv`: inputs, what is right (written before the code), and
difficulty, category, note. A module `case_answers*.py` beside them says how a kind's standardizer is asked. A case is
right when every expected column is, to the letter. Ends with one line of JSON: accuracy per kind and difficulty.
"""

from __future__ import annotations

import argparse
import importlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

import mdm_pipeline_tests.standardize as cases_package

Answers = Callable[[pl.DataFrame], pl.DataFrame]

FOLDER = Path(cases_package.__path__[0])
CASES = FOLDER / "cases"
ACCURACY = CASES / "accuracy.csv"
FAILURES = CASES / "failures.csv"
DIFFICULTIES = ("easy", "hard")
LEAST = {"easy": 0.98, "hard": 0.90}
_ABOUT = ("difficulty", "category", "note")
_EVERY = "(all)"


class CasesInvalid(Exception):
    """A file of cases contradicts the way its kind is asked."""


@dataclass(frozen=True)
class Checked:
    """The cases of one kind, judged.

    Args:
        kind: name of the cases file.
        cases: line (in the file), the inputs as one text, difficulty, category, is_right, expected and got as text.
    """

    kind: str
    cases: pl.DataFrame

    def accuracy(self, difficulty: str) -> float:
        """Share of right answers; 1 where there are no such cases."""
        judged = self.cases.filter(pl.col("difficulty") == difficulty)["is_right"]
        return int(judged.sum()) / len(judged) if len(judged) else 1.0


def kinds() -> list[str]:
    """The kinds that have cases."""
    return sorted(path.stem for path in CASES.glob("*.csv") if path not in (ACCURACY, FAILURES))


def all_answers() -> dict[str, Answers]:
    """How each kind is asked: `ANSWERS` of every module `case_answers*.py`."""
    found: dict[str, Answers] = {}
    for path in sorted(FOLDER.glob("case_answers*.py")):
        found |= importlib.import_module(f"{cases_package.__name__}.{path.stem}").ANSWERS
    return found


def read_cases(path: Path) -> pl.DataFrame:
    """All columns as text; an empty cell is the empty text.

    Raises:
        CasesInvalid: difficulty, category or note is missing or unknown.
    """
    cases = pl.read_csv(path, infer_schema=False).fill_null("")
    missing = [column for column in _ABOUT if column not in cases.columns]
    if missing:
        raise CasesInvalid(f"{path.name}: column {', '.join(missing)} is missing; every case says how hard it is")
    wrong = cases.with_row_index("line", offset=2).filter(~pl.col("difficulty").is_in(DIFFICULTIES))
    if wrong.height:
        raise CasesInvalid(
            f"{path.name}, line {wrong['line'][0]}: difficulty {wrong['difficulty'][0]!r} is none of easy, hard"
        )
    return cases


def check(kind: str, cases: pl.DataFrame, answers: Answers) -> Checked:
    """Ask and compare.

    Args:
        kind: name of the kind, for messages.
        cases: of `read_cases`.
        answers: gives the expected columns for all cases.

    Raises:
        CasesInvalid: the answers have other columns than the cases expect, or another number of rows.
    """
    got = answers(cases).cast(pl.String).fill_null("")
    unknown = [column for column in got.columns if column not in cases.columns]
    if unknown or not got.columns or got.height != cases.height:
        raise CasesInvalid(
            f"{kind}: {got.height} answers with columns {', '.join(got.columns)} for {cases.height} cases "
            f"with columns {', '.join(cases.columns)}; the answers have to be columns of the cases, row by row"
        )
    expected = cases.select(got.columns)
    right = {column: got[column] == expected[column] for column in got.columns}
    inputs = [column for column in cases.columns if column not in (*got.columns, *_ABOUT)]
    return Checked(
        kind,
        pl.DataFrame(
            {
                "line": pl.int_range(2, cases.height + 2, eager=True),
                "input": _as_text(cases.select(inputs)),
                "difficulty": cases["difficulty"],
                "category": cases["category"],
                "is_right": pl.DataFrame(right).select(pl.all_horizontal(pl.all()))[:, 0],
                "expected": _as_text(expected, right),
                "got": _as_text(got, right),
            }
        ),
    )


def check_all(wanted: Sequence[str] = ()) -> list[Checked]:
    """Judge the wanted kinds, or all.

    Raises:
        CasesInvalid: nobody says how a kind is asked.
    """
    answers = all_answers()
    checked = []
    for kind in wanted or kinds():
        if kind not in answers:
            raise CasesInvalid(f"cases/{kind}.csv: no module case_answers*.py has ANSWERS[{kind!r}]; add it")
        checked.append(check(kind, read_cases(CASES / f"{kind}.csv"), answers[kind]))
    return checked


def accuracy_table(checked: Sequence[Checked]) -> pl.DataFrame:
    """Rows kind, category, difficulty, cases, right, accuracy; category `(all)` sums a kind's difficulty up."""
    cases = pl.concat([one.cases.with_columns(pl.lit(one.kind).alias("kind")) for one in checked])
    cases = pl.concat([cases.with_columns(pl.lit(_EVERY).alias("category")), cases])
    counted = cases.group_by("kind", "category", "difficulty").agg(
        pl.len().cast(pl.Int64).alias("cases"), pl.col("is_right").sum().cast(pl.Int64).alias("right")
    )
    accuracy = (pl.col("right") / pl.col("cases")).round(4).alias("accuracy")
    return counted.with_columns(accuracy).sort("kind", pl.col("category") != _EVERY, "difficulty", "category")


def failures_table(checked: Sequence[Checked]) -> pl.DataFrame:
    """The cases that are answered wrongly, with the columns that differ."""
    frames = [
        one.cases.filter(~pl.col("is_right")).select(pl.lit(one.kind).alias("kind"), pl.all().exclude("is_right"))
        for one in checked
    ]
    return pl.concat(frames)


def write(checked: Sequence[Checked], folder: Path = CASES) -> None:
    """Renew the two committed tables."""
    accuracy_table(checked).write_csv(folder / ACCURACY.name)
    failures_table(checked).write_csv(folder / FAILURES.name)


def figures(checked: Sequence[Checked]) -> dict[str, dict[str, float]]:
    """Accuracy per kind and difficulty."""
    return {one.kind: {name: round(one.accuracy(name), 4) for name in DIFFICULTIES} for one in checked}


def _as_text(frame: pl.DataFrame, right: Mapping[str, pl.Series] | None = None) -> pl.Series:
    """The filled columns as `name=value; name=value`; with `right`, the columns that are not right, filled or not."""
    shown = []
    for column in frame.columns:
        wanted = frame[column] != "" if right is None else ~right[column]
        text = pl.format(f"{column}={{}}", pl.col(column))
        shown.append(pl.when(pl.lit(wanted)).then(text).alias(column))
    return frame.select(pl.concat_str(shown, separator="; ", ignore_nulls=True).alias("text"))["text"]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", help="of cases/<kind>.csv; all by default")
    parser.add_argument("--write", action="store_true", help="renew accuracy.csv and failures.csv")
    arguments = parser.parse_args()
    if arguments.write and arguments.kinds:
        parser.error("--write renews the tables of all kinds; name none")
    checked = check_all(arguments.kinds)
    for kind, line, shown, difficulty, category, expected, got in failures_table(checked).iter_rows():
        print(f"{kind}.csv, line {line} ({difficulty}, {category}): {shown} -> {got}, expected {expected}")
    for kind, category, difficulty, cases, right, accuracy in accuracy_table(checked).iter_rows():
        print(f"{kind:<20} {category:<28} {difficulty:<5} {right:>5} of {cases:>5}  {accuracy:.3f}")
    if arguments.write:
        write(checked)
    print(json.dumps({"accuracy": figures(checked)}))


if __name__ == "__main__":
    main()
