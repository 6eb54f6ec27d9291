"""Who is told of what: failures once no other try follows, what was held back, and a line after a scheduled night."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from duckdb import DuckDBPyConnection

from mdm_pipeline.config.company import CompanyConfig, NotifyConfig, WecomChannel
from mdm_pipeline.config.loader import load_company
from mdm_pipeline.errors import PermanentError
from mdm_pipeline.hub.contract import hub, landing, mart, master, quality
from mdm_pipeline.hub.contract import table as contract_table
from mdm_pipeline.hub.worklist import Report
from mdm_pipeline.landing.lateness import Late
from mdm_pipeline.orchestration.alerts import alert_sensors, failure_message, night_message
from mdm_pipeline.orchestration.assets.run_stage_op import failure
from mdm_pipeline.orchestration.night import HELD_BACK_TAG, NIGHT_TAG, held_back_of, night_line, night_tags
from mdm_pipeline.orchestration.stage_run import Outcome
from mdm_pipeline_tests.orchestration.receivers import WebReceiver, web_receiver
from mdm_pipeline_tests.rows import rows

NOW = datetime(2026, 11, 23, tzinfo=UTC).replace(tzinfo=None)
SCHEDULED = {"dagster/schedule_name": "every_night"}
LINE = "customers: 2 new, 1 merged, 0 split, 3 changed; sources late: none; rows quarantined: 0 new, 0 waiting"


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[WebReceiver]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with web_receiver() as opened:
        yield opened


def company(url: str = "http://127.0.0.1:1", **more: object) -> CompanyConfig:
    channel = WecomChannel.model_validate({"kind": "wecom", "url": url})
    notify = NotifyConfig.model_validate({"channels": [channel], "ui_url": "https://mdm.example/", **more})
    return load_company("demo").model_copy(update={"notify": notify, "title": "Acme"})


def failing_run(error: Exception, step: str, instance: dg.DagsterInstance, **tags: str) -> dg.ExecuteInProcessResult:
    @dg.op(name=step)
    def stage() -> None:
        raise failure(step, error)

    @dg.job(name="nightly_sync", tags=tags)
    def job() -> None:
        stage()

    return job.execute_in_process(
        raise_on_error=False,
        instance=instance,
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
    )


def evaluate(config: CompanyConfig, result: dg.ExecuteInProcessResult, instance: dg.DagsterInstance) -> None:
    tell_of_failures, _, _ = alert_sensors(config)
    run = instance.get_run_by_id(result.run_id)
    assert run is not None
    (event,) = [e for e in result.all_events if e.is_run_failure]
    with dg.build_run_status_sensor_context("tell_of_failures", event, instance, run) as context:
        tell_of_failures(context.for_run_failure())


def told(receiver: WebReceiver) -> list[str]:
    return [body["markdown"]["content"] for body in receiver.bodies]


def test_a_failure_is_told_with_source_stage_reason_advice_and_link(receiver: WebReceiver) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        error = PermanentError(
            "crm.account: no column phone, delivered were id, name; correct the mapping\nmore detail"
        )
        result = failing_run(error, "land_finance", instance)
        evaluate(company(receiver.url), result, instance)
    assert told(receiver) == [
        "**mdm Acme: nightly_sync failed**\n\n> source: finance (财务 · Finance)\n\n> stage: landing\n\n"
        "> reason: crm.account: no column phone, delivered were id, name\n\n> what to do: correct the mapping\n\n"
        f"[run](https://mdm.example/runs/{result.run_id})"
    ]


def test_a_defect_in_a_room_is_told_without_a_source() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        result = failing_run(ZeroDivisionError("division by zero"), "master", instance)
        (failed,) = [e for e in result.all_events if e.is_run_failure]
        steps = [e for e in result.all_events if e.is_step_failure]
        message = failure_message(company(), result.dagster_run, failed, steps)
    assert message.fields == (
        ("stage", "master"),
        ("reason", "master: ZeroDivisionError: division by zero"),
        ("what to do", "correct it and start nightly_sync again; what was finished is kept"),
    )


def test_a_worker_that_died_is_told_by_what_monitoring_says() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run = instance.create_run_for_job(dg.GraphDefinition(name="nothing").to_job())
        event = instance.report_run_failed(run, "process 77 of this run is gone: it was killed")
        message = failure_message(company(), run, event, [])
    assert message.fields == (
        ("stage", "none"),
        ("reason", "process 77 of this run is gone: it was killed"),
        (
            "what to do",
            "the process died: look for lack of memory or a restart, then start the job again",
        ),
    )


def test_nobody_is_told_while_the_run_is_tried_again(receiver: WebReceiver) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        result = failing_run(PermanentError("away"), "staging", instance, **{"dagster/will_retry": "true"})
        evaluate(company(receiver.url), result, instance)
        assert told(receiver) == []
        assert tags_of(instance, result)["mdm/alert"] == "waits"
        look_for_lost_retries(company(receiver.url), instance)
        assert told(receiver) == []
        instance.add_run_tags(result.run_id, {"dagster/auto_retry_run_id": "r2"})
        look_for_lost_retries(company(receiver.url), instance)
        assert told(receiver) == []
        assert tags_of(instance, result)["mdm/alert"] == "retried"


def test_people_are_told_once_when_the_announced_retry_is_given_up(receiver: WebReceiver) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        result = failing_run(PermanentError("away"), "staging", instance, **{"dagster/will_retry": "true"})
        evaluate(company(receiver.url), result, instance)
        instance.add_run_tags(result.run_id, {"dagster/will_retry": "false"})  # as Dagster does when it cannot
        look_for_lost_retries(company(receiver.url), instance)
        look_for_lost_retries(company(receiver.url), instance)
    assert [message.splitlines()[0] for message in told(receiver)] == ["**mdm Acme: nightly_sync failed**"]
    assert "> reason: away" in told(receiver)[0]


def look_for_lost_retries(config: CompanyConfig, instance: dg.DagsterInstance) -> None:
    _, tell_of_lost_retries, _ = alert_sensors(config)
    with dg.build_sensor_context(instance=instance) as context:
        tell_of_lost_retries(context)


def tags_of(instance: dg.DagsterInstance, result: dg.ExecuteInProcessResult) -> dict[str, str]:
    run = instance.get_run_by_id(result.run_id)
    assert run is not None
    return dict(run.tags)


def test_a_channel_that_cannot_be_reached_is_an_error_of_the_tick() -> None:
    with dg.DagsterInstance.ephemeral() as instance, web_receiver([(403, {})]) as refusing:
        result = failing_run(PermanentError("away"), "staging", instance)
        with pytest.raises(Exception, match="channel wecom: answered HTTP 403"):
            evaluate(company(refusing.url), result, instance)


def run_with(tags: dict[str, str]) -> dg.DagsterRun:
    return dg.DagsterRun(job_name="nightly_sync", run_id="r1", tags=tags)


@pytest.mark.parametrize(
    ("tags", "subject"),
    [
        ({NIGHT_TAG: LINE, **SCHEDULED}, f"mdm Acme: {LINE}"),
        ({NIGHT_TAG: LINE}, None),
        (SCHEDULED, None),
    ],
)
def test_one_line_after_a_scheduled_night_and_none_after_others(tags: dict[str, str], subject: str | None) -> None:
    message = night_message(company(), run_with(tags))
    assert (message.subject if message else None) == subject


def test_the_line_can_be_switched_off_but_not_what_was_held_back() -> None:
    config = company(nightly_line=False)
    assert night_message(config, run_with({NIGHT_TAG: LINE, **SCHEDULED})) is None
    held = json.dumps(
        [["landing.erp", "erp: customers: empty delivery; ask its owner"], ["quality", "party: 40 % fail"]]
    )
    message = night_message(config, run_with({NIGHT_TAG: LINE, HELD_BACK_TAG: held}))
    assert message is not None
    assert message.subject == "mdm Acme: nightly_sync held back"
    assert message.fields == (
        ("source", "erp"),
        ("stage", "landing"),
        ("reason", "customers: empty delivery"),
        ("what to do", "ask its owner"),
        ("stage", "quality"),
        ("reason", "party: 40 % fail"),
        ("what to do", "correct the source; its last good rows stay in force"),
        ("night", LINE),
    )


def test_the_line_counts_since_the_last_run_that_came_to_its_end(con: DuckDBPyConnection) -> None:
    for run_id, outcome in (("old", "done"), ("killed", "failed"), ("new", "done")):
        rows(con, hub.RUN, {"run_id": run_id, "as_of": NOW, "outcome": outcome})
    for seq, run_id in ((1, "old"), (2, "killed"), (3, "new")):
        rows(con, hub.STAGE_COMMIT, {"seq": seq, "stage": "master", "run_id": run_id, "as_of": NOW, "is_full": False})
    events = [
        ("old", "created", "C1"),
        ("killed", "created", "C2"),
        ("new", "merged_into", "C3"),
        ("new", "split_from", "C4"),
    ]
    for number, (run_id, event, code) in enumerate(events):
        rows(
            con,
            master.ID_EVENT,
            {"event_no": number, "run_id": run_id, "event": event, "master_id": code, "at": NOW},
        )
    for code in ("C1", "C2", "C4"):
        rows(con, master.CUSTOMER, {"master_id": code, "party_type": "person"})
    for seq, code in ((1, "C1"), (2, "C2"), (2, "C1"), (3, "C1"), (3, "C3")):
        rows(con, contract_table("master.change"), {"seq": seq, "entity": "customer", "key": code})
    for seq, record in ((1, 1), (3, 2), (3, 3)):
        rows(con, contract_table("quality.change"), {"seq": seq, "entity": "quarantined", "key": record})
    for record in (1, 2):
        rows(con, quality.QUARANTINED, {"record_id": record, "rules": "r"})
    for number, (source, status) in enumerate((("crm", "held_back"), ("crm", "taken"), ("erp", "held_back"))):
        rows(con, landing.BATCH, {"batch_id": number, "source": source, "status": status})
    line = "customers: 1 new, 1 merged, 1 split, 1 changed; sources late: erp; rows quarantined: 1 new, 2 waiting"
    assert night_line(con, "new") == line
    late = [Late("shop", "orders", None), Late("shop", "customers", None), Late("erp", "customers", NOW)]
    assert night_line(con, "new", late) == line.replace("late: erp", "late: erp, shop")
    assert "sources late: erp, shop;" in night_tags(con, "new", [], late=late)[NIGHT_TAG]
    held = Outcome("landing.erp", Report(), held_back=("erp: 企业 away",))
    tags = night_tags(con, "new", [Outcome("landing.crm", Report()), held])
    assert tags[NIGHT_TAG] == line
    assert held_back_of(tags) == [("landing.erp", "erp: 企业 away")]


def test_secrets_of_channels_come_from_the_environment(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    shipped = load_company("demo").folder
    for source in (shipped / "sources").glob("*.yaml"):
        (tmp_path / "sources" / source.name).write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    text = (shipped / "company.yaml").read_text(encoding="utf-8")
    channels = "notify:\n  channels:\n    - {kind: dingtalk, url: '${ROBOT_URL}', sign_secret: '${ROBOT_SECRET}'}\n"
    (tmp_path / "company.yaml").write_text(text + channels, encoding="utf-8")
    config = load_company(tmp_path, {"ROBOT_URL": "https://robot.example/?access_token=t0ken", "ROBOT_SECRET": "SECx"})
    assert "t0ken" not in repr(config)
    assert "SECx" not in repr(config)


def test_the_line_tells_of_invoices_that_will_be_rejected(con: DuckDBPyConnection) -> None:
    assert "rejected" not in night_line(con, "new")
    rows(
        con,
        mart.BILLING_CHECK,
        {"record_id": 1, "profile_no": 1, "finding": "title_differs", "open_order_amount": 120},
        {"record_id": 2, "profile_no": 1, "finding": "deregistered", "open_order_amount": 0},
    )
    told = "; billing profiles that invoices will be rejected for: 2, 1 with open orders"
    assert night_line(con, "new").endswith(told)
