"""Refuses to start a service on a port that another process already serves.

gRPC shares ports: a second code server starts without an error, and old and new code then answer in turn. So the port
is bound once without sharing before a service starts; the system refuses that where anybody listens.
"""

from __future__ import annotations

import errno
import socket

from mdm_pipeline.errors import PermanentError


class PortTaken(PermanentError):
    """Somebody serves this port already."""


def refuse_taken_port(host: str, port: int, service: str) -> None:
    """Return when nobody listens on the port.

    Args:
        host: address that the service will listen on.
        port: its port.
        service: its name, for the message.

    Raises:
        PortTaken: another process listens there, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # connections of a service that has just ended are no reason to refuse; a listener still is
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise PortTaken(
                    f"{service}: cannot listen on {host}:{port} ({error.strerror}); choose another"
                ) from error
            raise PortTaken(
                f"{service}: port {port} on {host} is taken by a process that is still running; expected a free port: "
                "stop that process (a code server left over from before?) or choose another port"
            ) from error
