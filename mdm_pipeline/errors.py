"""The two roots of every error that the product raises on purpose.

A `PermanentError` wants somebody to fix something (configuration, data, disk); trying again cannot help.
A `TransientError` may pass by itself (a lock, a network, a server that restarts) and is retried.
Wording of every message: what, where, expected, what to do. Small subclasses live beside the code that raises them.
"""

from __future__ import annotations


class MdmError(Exception):
    """Root of all errors of the product; never raised itself."""


class PermanentError(MdmError):
    """Somebody has to change something before another try can succeed."""


class TransientError(MdmError):
    """The same call may succeed a little later."""


class SourceHeldBack(PermanentError):
    """One source cannot be taken tonight; its last good state stays in force and the others go on.

    Args:
        source: the source's name in the configuration.
        reason: one line, worded what, where, expected, what to do.
    """

    def __init__(self, source: str, reason: str) -> None:
        self.source = source
        self.reason = reason
        super().__init__(f"{source}: {reason}")
