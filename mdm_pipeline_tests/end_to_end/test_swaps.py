"""A hundred publications under twenty readers: nobody sees a failure, half a file, or two publications mixed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mdm_pipeline.publish.stage import make_stage
from mdm_pipeline_tests.master.company import company, run
from mdm_pipeline_tests.publish.world import fill, open_home

READERS = 20
# of which so many keep one connection open over several swaps
HOLDERS = 5
SWAPS = 100

# What one reader process does until it is told to stop: open, ask several tables, compare. `city` of every customer is
# the mark of the publication, so a mixture shows as more than one mark, or as one that the generation does not have.
READER = """
import json, os, sys, time, duckdb
path, stop, holds = sys.argv[1], sys.argv[2], sys.argv[3] == "holds"
ASK = '''select (select any_value(generation) from generation), (select count(*) from generation),
    (select count(distinct city) from customers), (select count(distinct city) from customer_360),
    (select any_value(city) from customers), (select any_value(city) from customer_360),
    (select count(*) from customers), (select count(*) from customer_360), (select count(*) from customer_search)'''
opens = reads = 0
seen, wrong = {}, []
def ask(con):
    generation, one, marks, marks_360, mark, mark_360, *counts = con.execute(ASK).fetchone()
    if (one, marks, marks_360) != (1, 1, 1) or mark != mark_360 or len(set(counts)) != 1:
        wrong.append([generation, one, marks, marks_360, mark, mark_360, counts])
    if seen.setdefault(generation, mark) != mark:
        wrong.append([generation, seen[generation], mark])
    return generation
print("ready", flush=True)
while not os.path.exists(stop):
    try:
        con = duckdb.connect(path, read_only=True, config={"threads": 1})
        opens += 1
        first = ask(con)
        reads += 1
        until = time.monotonic() + (3 if holds else 0)
        while time.monotonic() < until:
            time.sleep(0.3)
            if ask(con) != first:
                wrong.append(["an open reader was moved to another publication", first])
            reads += 1
        con.close()
    except Exception as error:
        wrong.append([type(error).__name__, str(error)[:200]])
    time.sleep(0.2)  # twenty of them shall not starve the one that publishes
print(json.dumps({"opens": opens, "reads": reads, "seen": seen, "wrong": wrong}))
"""


@pytest.mark.long
def test_a_hundred_swaps_under_twenty_readers(tmp_path: Path) -> None:
    home, hub = open_home(tmp_path / "home")
    fill(hub.con, customers=40)
    stage = make_stage(company(), home)
    stop = tmp_path / "stop"
    marks: dict[int, str] = {}

    def publish(number: int) -> None:
        hub.con.execute("update master.customer set city = $mark", {"mark": f"city {number}"})
        hub.con.execute("update mart.customer_360 set city = $mark", {"mark": f"city {number}"})
        report = run(hub.con, stage, force_full=True)
        assert report is not None
        marks[report.metadata["generation"]] = f"city {number}"

    publish(0)
    readers = [
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                READER,
                str(home.published_file),
                str(stop),
                "holds" if number < HOLDERS else "reopens",
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(READERS)
    ]
    try:
        for reader in readers:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "ready\n"
        for number in range(1, SWAPS + 1):
            publish(number)
        stop.touch()
        answers = []
        for reader in readers:
            out, err = reader.communicate(timeout=120)
            assert (reader.returncode, err) == (0, "")
            answers.append(json.loads(out))
    finally:
        for reader in readers:
            reader.kill()
            reader.wait()
        hub.close()
    assert [answer["wrong"] for answer in answers] == [[]] * READERS
    for answer in answers:
        assert answer["seen"].items() <= {str(g): mark for g, mark in marks.items()}.items()
    seen = {generation for answer in answers for generation in answer["seen"]}
    total = {name: sum(answer[name] for answer in answers) for name in ("opens", "reads")}
    print(f"{SWAPS} swaps, {READERS} readers ({HOLDERS} holding), {total['opens']} opens, {total['reads']} reads")
    print(f"{len(seen)} of {len(marks)} publications seen, 0 failed, 0 mixed")
    assert min(answer["opens"] for answer in answers) > 1
    assert len(seen) >= SWAPS / 2
