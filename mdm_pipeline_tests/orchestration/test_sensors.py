"""The inbox sensor starts one sync per arrival, and never on a file that is still being written."""

from __future__ import annotations

import os
import time
from pathlib import Path

import dagster as dg

from mdm_pipeline.hub.connection import Home
from mdm_pipeline.orchestration.sensors import inbox_sensor, settled_files


def put(home: Home, name: str, age_s: float) -> None:
    path = home.inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("id,name\n1,x\n", encoding="utf-8")
    then = time.time() - age_s
    os.utime(path, (then, then))


def evaluate(home: Home, cursor: str | None) -> dg.SensorResult | dg.SkipReason:
    context = dg.build_sensor_context(cursor=cursor)
    result = inbox_sensor(home)(context)
    assert isinstance(result, dg.SensorResult | dg.SkipReason)
    return result


def test_a_file_still_being_written_is_waited_for(tmp_path: Path) -> None:
    home = Home(tmp_path)
    put(home, "erp/customers.csv", age_s=0)
    assert settled_files(home.inbox, time.time()) == ([], "erp/customers.csv")
    assert isinstance(evaluate(home, None), dg.SkipReason)


def test_each_arrival_starts_one_run(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.create()
    assert isinstance(evaluate(home, None), dg.SkipReason)
    put(home, "erp/customers.csv", age_s=60)
    first = evaluate(home, None)
    assert isinstance(first, dg.SensorResult)
    assert len(first.run_requests or []) == 1
    assert isinstance(evaluate(home, first.cursor), dg.SkipReason)
    put(home, "erp/orders.csv", age_s=50)
    second = evaluate(home, first.cursor)
    assert isinstance(second, dg.SensorResult)
    assert (second.run_requests or [])[0].run_key != (first.run_requests or [])[0].run_key
