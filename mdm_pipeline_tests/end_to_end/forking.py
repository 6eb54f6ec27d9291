"""Runs things to be killed in forked children of one warm process: a kill then costs a second, not ten of imports.

In: a JSON object a line: `{"args": [...], "out": file}` runs the command line, `{"call": "module:function", "given":
...}` a function with one argument, `{"wait": pid}` waits. Out: a line each, pid or exit code.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path


class Forker:
    """The warm process, seen from the test."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )

    def start(self, args: list[str], out: Path) -> int:
        """Start `mdm ARGS` with its output in a file; its pid."""
        return self._ask({"args": args, "out": str(out)})

    def call(self, function: str, given: object) -> int:
        """Call `module:function` with one argument in a child; its exit code, negative for the signal that ended it."""
        return self.wait(self._ask({"call": function, "given": given}))

    def wait(self, pid: int) -> int:
        """Its exit code; negative for the signal that ended it."""
        return self._ask({"wait": pid})

    def kill(self, pid: int) -> int:
        """kill -9."""
        os.kill(pid, signal.SIGKILL)
        return self.wait(pid)

    def close(self) -> None:
        self._process.communicate()

    def _ask(self, question: dict[str, object]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def _run(args: list[str], out: str) -> None:
    handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    code = 1
    try:
        from mdm_pipeline.cli import main

        main.app(args, standalone_mode=True)
    except SystemExit as done:
        code = int(done.code or 0)
    finally:
        os._exit(code)


def _call(name: str, given: object) -> None:
    os.dup2(2, 1)  # standard output belongs to the answers
    code = 1
    try:
        module, function = name.split(":")
        getattr(importlib.import_module(module), function)(given)
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(code)


def main() -> None:
    import great_expectations  # noqa: F401
    import splink  # noqa: F401

    import mdm_pipeline.cli.run
    import mdm_pipeline.orchestration.launcher  # noqa: F401

    for line in sys.stdin:
        question = json.loads(line)
        if "wait" in question:
            _, status = os.waitpid(question["wait"], 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
            continue
        pid = os.fork()
        if pid == 0:
            if "call" in question:
                _call(question["call"], question["given"])
            _run(question["args"], question["out"])
        print(pid, flush=True)


if __name__ == "__main__":
    main()
