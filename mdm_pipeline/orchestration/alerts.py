"""The night watch: sensors that tell people of failed runs, of what was held back, and in a line of what changed.

In: the end of a run, its events and tags. Out: messages to the configured channels. Invariant: quiet while Dagster is
about to try the run again; a channel that cannot be reached is an error of the sensor's tick, never of the run.
Does not belong here: how a message travels (`delivery`), what happened in the hub (`night`).
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import dagster as dg
from dagster._core.events import JobFailureData
from dagster._core.storage.tags import (
    AUTO_RETRY_RUN_ID_TAG,
    RUN_FAILURE_REASON_TAG,
    SCHEDULE_NAME_TAG,
    WILL_RETRY_TAG,
)

from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.orchestration.delivery import Message, deliver
from mdm_pipeline.orchestration.night import NIGHT_TAG, PROOF_TAG, held_back_of

INTERVAL_S = 10
# on failed runs of which nobody has been told because Dagster said that it would try again
ALERT_TAG, WAITS = "mdm/alert", "waits"
RETRY_COMES_WITHIN_S = 600.0
# between the failure's event and the tag that says whether another try follows
_TAG_WAIT_S = 3.0
_LANDING_STEP = "land_"
_FIX_AND_RUN = "correct it and start {job} again; what was finished is kept"
_AFTER_A_BAD_PROOF = (
    "keep a backup (mdm backup), ask who has edited the hub by hand, then mdm run --full; if it comes again, report it"
)
_ADVICE = {
    "START_TIMEOUT": "look whether the code server runs and the machine has memory to spare, then start the job again",
    "RUN_EXCEPTION": "look at the run's log; when the database was away, start the job again once it is back",
    "UNEXPECTED_TERMINATION": "the process died: look for lack of memory or a restart, then start the job again",
}


class NotDelivered(Exception):
    """One or more channels could not be reached; shown in the sensor's tick."""


def alert_sensors(config: CompanyConfig) -> list[dg.SensorDefinition]:
    """The three sensors of one company; running unless somebody stops them."""

    @dg.run_failure_sensor(
        name="tell_of_failures",
        minimum_interval_seconds=INTERVAL_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells the configured channels of a failed run, once no other try follows.",
    )
    def tell_of_failures(context: dg.RunFailureSensorContext) -> None:
        run = _settled(context)
        if run.tags.get(WILL_RETRY_TAG) == "true":
            context.instance.add_run_tags(run.run_id, {ALERT_TAG: WAITS})
            context.log.info(f"run {run.run_id} failed and is tried again; nobody is told yet")
            return
        _tell(config, failure_message(config, run, context.failure_event, context.get_step_failure_events()), context)

    @dg.run_status_sensor(
        run_status=dg.DagsterRunStatus.SUCCESS,
        name="tell_of_nights",
        minimum_interval_seconds=INTERVAL_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells the configured channels what was held back and, after a scheduled run, what changed.",
    )
    def tell_of_nights(context: dg.RunStatusSensorContext) -> None:
        message = night_message(config, context.dagster_run)
        if message is not None:
            _tell(config, message, context)

    @dg.sensor(
        name="tell_of_lost_retries",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells the configured channels of a failed run whose announced other try never came.",
    )
    def tell_of_lost_retries(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        instance = context.instance
        waiting = instance.get_run_records(dg.RunsFilter(tags={ALERT_TAG: WAITS}))
        for record in waiting:
            run = record.dagster_run
            if AUTO_RETRY_RUN_ID_TAG in run.tags:
                instance.add_run_tags(run.run_id, {ALERT_TAG: "retried"})
            elif (
                run.tags.get(WILL_RETRY_TAG) != "true" or time.time() - (record.end_time or 0.0) > RETRY_COMES_WITHIN_S
            ):
                _tell(config, failure_of_record(config, instance, run), context)
                instance.add_run_tags(run.run_id, {ALERT_TAG: "told"})
        return dg.SkipReason(f"{len(waiting)} failed runs were waiting for another try")

    return [tell_of_failures, tell_of_lost_retries, tell_of_nights]


def failure_of_record(config: CompanyConfig, instance: dg.DagsterInstance, run: dg.DagsterRun) -> Message:
    """What people are told of a failed run, from its stored events."""
    kinds = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE}
    events = [e.dagster_event for e in instance.all_logs(run.run_id, of_type=kinds) if e.dagster_event is not None]
    (*_, failure) = [event for event in events if event.is_run_failure]
    return failure_message(config, run, failure, [event for event in events if event.is_step_failure])


def failure_message(
    config: CompanyConfig,
    run: dg.DagsterRun,
    failure: dg.DagsterEvent,
    steps: Sequence[dg.DagsterEvent],
) -> Message:
    """What people are told of a failed run: source, stage, first line of the reason, what to do, link.

    Args:
        config: the company.
        run: the failed run.
        failure: the event with which it failed.
        steps: its failed steps.
    """
    fields: list[tuple[str, str]] = []
    for step in steps:
        stage = _stage_of(step.step_key or "")
        reason, advice = _reason_and_advice(_reason_of_step(step))
        fields += [
            *_where(config, stage),
            ("reason", reason),
            ("what to do", advice or _FIX_AND_RUN.format(job=run.job_name)),
        ]
    if not steps:
        reason, advice = _reason_and_advice(_reason_of_run(failure))
        known = _ADVICE.get(run.tags.get(RUN_FAILURE_REASON_TAG, ""), _ADVICE["UNEXPECTED_TERMINATION"])
        fields += [("stage", "none"), ("reason", reason), ("what to do", advice or known)]
    return Message(f"mdm {_name(config)}: {run.job_name} failed", tuple(fields), run_link(config, run.run_id))


def night_message(config: CompanyConfig, run: dg.DagsterRun) -> Message | None:
    """What people are told of a run that came to its end; None when there is nothing to tell."""
    line = run.tags.get(NIGHT_TAG, "")
    held = held_back_of(run.tags)
    link = run_link(config, run.run_id)
    proof = run.tags.get(PROOF_TAG, "")
    if held or proof:
        fields: list[tuple[str, str]] = []
        for stage, told in held:
            reason, advice = _reason_and_advice(told.removeprefix(f"{stage.partition('.')[2]}: "))
            what = "correct the source; its last good rows stay in force"
            fields += [*_where(config, stage), ("reason", reason), ("what to do", advice or what)]
        if proof:
            fields += [("stage", "self-proof"), ("reason", proof), ("what to do", _AFTER_A_BAD_PROOF)]
        what = "held back" if held else "done, but its self-proof failed"
        return Message(
            f"mdm {_name(config)}: {run.job_name} {what}", (*fields, *([("night", line)] if line else [])), link
        )
    if line and config.notify.nightly_line and SCHEDULE_NAME_TAG in run.tags:
        return Message(f"mdm {_name(config)}: {line}", (), link)
    return None


def run_link(config: CompanyConfig, run_id: str) -> str | None:
    """Address of a run in the UI, where that is configured."""
    return f"{config.notify.ui_url.rstrip('/')}/runs/{run_id}" if config.notify.ui_url else None


def _tell(
    config: CompanyConfig, message: Message, context: dg.RunStatusSensorContext | dg.SensorEvaluationContext
) -> None:
    failed = deliver(message, config.notify.channels)
    if failed:
        raise NotDelivered("\n".join(failed))
    context.log.info(f"told {len(config.notify.channels)} channels: {message.subject}")


def _settled(context: dg.RunFailureSensorContext) -> dg.DagsterRun:
    """The run with the tag that says whether it is tried again; Dagster sets it just after the failure's event."""
    run = context.dagster_run
    until = time.monotonic() + _TAG_WAIT_S
    while context.instance.run_retries_enabled and WILL_RETRY_TAG not in run.tags and time.monotonic() < until:
        time.sleep(0.2)
        run = context.instance.get_run_by_id(run.run_id) or run
    return run


def _name(config: CompanyConfig) -> str:
    return config.title or config.name


def _stage_of(step_key: str) -> str:
    return f"landing.{step_key.removeprefix(_LANDING_STEP)}" if step_key.startswith(_LANDING_STEP) else step_key


def _where(config: CompanyConfig, stage: str) -> list[tuple[str, str]]:
    room, _, source = stage.partition(".")
    titles = {s.name: s.title or s.name for s in config.sources}
    named = titles.get(source, source)
    shown = source if named.casefold() == source.casefold() else f"{source} ({named})"
    return ([("source", shown)] if source else []) + [("stage", room)]


def _reason_of_step(step: dg.DagsterEvent) -> str:
    data = step.step_failure_data
    described = data.user_failure_data.description if data.user_failure_data else None
    return described or _innermost(data.error)


def _reason_of_run(failure: dg.DagsterEvent) -> str:
    data = failure.event_specific_data
    if isinstance(data, JobFailureData) and data.error is not None:
        return _innermost(data.error)
    return failure.message or "the run's process ended without a word"


def _innermost(error: dg.SerializableErrorInfo | None) -> str:
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message.strip().split(": ", 1)[-1] if error else "unknown error"


def _reason_and_advice(told: str) -> tuple[str, str]:
    """First line of an error; ours are worded `what, where; what to do`, and what stands behind the `;` is advice."""
    lines = told.strip().splitlines()
    first = lines[0] if lines else "unknown error"
    reason, _, advice = first.rpartition("; ")
    return (reason, advice) if reason else (advice, "")
