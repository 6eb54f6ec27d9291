"""Answers of the slow standardizers, remembered from one full run to the next.

In: distinct inputs of a standardizer. Out: its answers, looked up where the last full run has asked the same.
Invariant: never a source of difference: files that are damaged, of another version, or that answer a sample otherwise
than the standardizer does now are thrown away, and without the folder a run is only slower. Does not belong here: a
night's few changed records (their answers are computed), and anything that must not be deleted.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError
from polars.testing import assert_frame_equal

from mdm_pipeline.standardize.registry import STANDARDIZERS

Answer = Callable[[pl.DataFrame], pl.DataFrame]

# What every standardizer is built on.
_BASES = ("text", "countries")
_SAMPLE = 200
_WHOLE = "whole"  # holds the digest of the other files; written last, so that a killed run leaves none
_IN, _OUT, _IS_ANSWER, _ROW = "i.", "o.", "is_answer", "row"


@dataclass
class Memory:
    """What one full run remembers, in `<folder>/<standardizer>/<version and columns>/`.

    Args:
        folder: below which everything may be deleted at any time.
        version: of whatever else the answers depend on.
    """

    folder: Path
    version: str
    _known: dict[Path, pl.DataFrame | None] = field(default_factory=dict)
    _written: dict[Path, int] = field(default_factory=dict)

    def answers(self, name: str, frame: pl.DataFrame, answer: Answer) -> pl.DataFrame:
        """Answers to distinct inputs, some of them remembered.

        Args:
            name: of the standardizer, as in the registry.
            frame: distinct inputs.
            answer: gives rows with `row`, the index of the input; in the order of the inputs.

        Returns:
            What `answer(frame)` gives.
        """
        place = self._place(name, frame)
        if place not in self._known:
            self._known[place] = self._recalled(place, answer)
        known = self._known[place]
        answers = answer(frame) if known is None else _looked_up(known, frame, answer)
        self._write(place, frame, answers)
        return answers

    def keep(self) -> None:
        """Put what this run has asked in the place of what earlier ones have."""
        for place in self._written:
            new = place.with_suffix(".new")
            (new / _WHOLE).write_text(_digest(new), encoding="ascii")
            # Other versions of the same standardizer are of no use any more.
            for old in place.parent.iterdir():
                if old != new and (old.suffix == ".new" or _columns_of(old) == _columns_of(place)):
                    shutil.rmtree(old)
            new.rename(place)
        self._written.clear()
        self._known.clear()

    def _place(self, name: str, frame: pl.DataFrame) -> Path:
        versions = [f"{base}={STANDARDIZERS[base].version}" for base in (*_BASES, name)]
        version = hashlib.sha256(" ".join([self.version, pl.__version__, *versions]).encode()).hexdigest()[:12]
        columns = hashlib.sha256(str(frame.schema).encode()).hexdigest()[:8]
        return self.folder / name / f"{columns}-{version}"

    def _recalled(self, place: Path, answer: Answer) -> pl.DataFrame | None:
        """What the last full run left, if it is whole and still right; otherwise it is deleted."""
        try:
            if (place / _WHOLE).read_text(encoding="ascii") == _digest(place):
                known = _without_repeats(pl.read_parquet(sorted(place.glob("*.parquet"))))
                if _is_right(known, answer):
                    return known
        except (OSError, UnicodeDecodeError, PolarsError):
            pass  # as if it had never been there
        shutil.rmtree(place, ignore_errors=True)
        return None

    def _write(self, place: Path, frame: pl.DataFrame, answers: pl.DataFrame) -> None:
        new = place.with_suffix(".new")
        if place not in self._written:
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir(parents=True)
            self._written[place] = 0
        kept = _as_kept(frame, answers).with_columns(pl.lit(self._written[place], dtype=pl.Int32).alias("part"))
        kept.write_parquet(new / f"{self._written[place]:04}.parquet", compression="lz4", statistics=False)
        self._written[place] += 1


_in_force: ContextVar[Memory | None] = ContextVar("memory", default=None)


@contextmanager
def remembering(memory: Memory | None) -> Iterator[None]:
    """Have standardizers look up their answers; what they answer is kept when the block ends well."""
    token = _in_force.set(memory)
    try:
        yield
        if memory is not None:
            memory.keep()
    finally:
        _in_force.reset(token)


def answered(name: str | None, frame: pl.DataFrame, answer: Answer) -> pl.DataFrame:
    """What `answer(frame)` gives, looked up where a memory is in force.

    Args:
        name: of a standardizer worth remembering; None: it is quicker than looking up.
        frame: distinct inputs.
        answer: gives rows with `row`, the index of the input; in the order of the inputs.
    """
    memory = _in_force.get()
    if memory is None or name is None or frame.is_empty():
        return answer(frame)
    return memory.answers(name, frame, answer)


def _as_kept(frame: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """One row per answer, with its inputs; an input without answer has one row too."""
    inputs = frame.rename(lambda column: _IN + column).with_row_index(_ROW)
    out = answers.rename(lambda column: column if column == _ROW else _OUT + column)
    out = out.with_columns(pl.col(_ROW).cast(pl.UInt32), pl.lit(True).alias(_IS_ANSWER))
    return inputs.join(out, on=_ROW, how="left", maintain_order="left_right").drop(_ROW)


def _without_repeats(kept: pl.DataFrame) -> pl.DataFrame:
    """Each input as the first part that asked it has it."""
    inputs = [column for column in kept.columns if column.startswith(_IN)]
    return kept.filter(pl.col("part") == pl.col("part").min().over(inputs)).drop("part")


def _looked_up(known: pl.DataFrame, frame: pl.DataFrame, answer: Answer) -> pl.DataFrame:
    inputs = [_IN + column for column in frame.columns]
    asked = frame.rename(lambda column: _IN + column).with_row_index(_ROW)
    joined = asked.join(known, on=inputs, how="left", nulls_equal=True, maintain_order="left_right", coalesce=True)
    hit = asked.select(_ROW).join(asked.join(known, on=inputs, how="semi", nulls_equal=True), on=_ROW, how="semi")
    found = joined.filter(pl.col(_IS_ANSWER)).drop(*inputs, _IS_ANSWER)
    found = found.rename(lambda column: column.removeprefix(_OUT))
    missed = asked.select(_ROW).join(hit, on=_ROW, how="anti", maintain_order="left")[_ROW]
    if missed.is_empty():
        return found
    new = answer(frame[missed])
    new = new.with_columns(missed.gather(new[_ROW]).alias(_ROW))
    return pl.concat([found.select(new.columns), new]).sort(_ROW, maintain_order=True)


def _is_right(known: pl.DataFrame, answer: Answer) -> bool:
    """Whether a sample is answered now as it was then, columns and types included."""
    inputs = [column for column in known.columns if column.startswith(_IN)]
    asked = known.select(inputs).unique(maintain_order=True)
    asked = asked.gather_every(max(asked.height // _SAMPLE, 1))
    frame = asked.rename(lambda column: column.removeprefix(_IN))
    try:
        now = answer(frame)
        then = known.join(asked.with_row_index(_ROW), on=inputs, how="inner", nulls_equal=True).sort(
            _ROW, maintain_order=True
        )
        then = then.filter(pl.col(_IS_ANSWER)).select(pl.col(_ROW), pl.col(f"^{_OUT}.*$").name.replace(f"^{_OUT}", ""))
        assert_frame_equal(now.with_columns(pl.col(_ROW).cast(pl.UInt32)), then, check_column_order=False)
    except AssertionError:
        return False
    return True


def _digest(folder: Path) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(folder.glob("*.parquet")):
        digest.update(path.name.encode())
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _columns_of(place: Path) -> str:
    return place.name.partition("-")[0]
