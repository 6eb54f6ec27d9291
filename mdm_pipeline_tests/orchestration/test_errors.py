"""Only transient errors are retried."""

from __future__ import annotations

import dagster as dg
import pytest

from mdm_pipeline.errors import PermanentError, TransientError
from mdm_pipeline.orchestration.assets.run_stage_op import RETRIES, only_transient_errors_are_retried


def tries_of(error: Exception) -> tuple[int, str]:
    tries = []

    @dg.op(retry_policy=dg.RetryPolicy(max_retries=RETRIES.max_retries))
    def stage() -> None:
        tries.append(1)
        with only_transient_errors_are_retried("staging"):
            raise error

    @dg.job
    def job() -> None:
        stage()

    result = job.execute_in_process(
        raise_on_error=False, run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    )
    (failure,) = [e for e in result.all_events if e.is_step_failure]
    data = failure.step_failure_data.user_failure_data
    return len(tries), data.description or "" if data else ""


@pytest.mark.parametrize(
    ("error", "tries", "said"),
    [
        (TransientError("the server restarts"), 4, ""),
        (PermanentError("crm.account: no column phone"), 1, "crm.account: no column phone"),
        (ZeroDivisionError("division by zero"), 1, "staging: ZeroDivisionError: division by zero"),
    ],
)
def test_tries_and_first_line_of_the_failure(error: Exception, tries: int, said: str) -> None:
    assert tries_of(error) == (tries, said)
