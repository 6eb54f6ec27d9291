"""A service does not start on a port that is served."""

from __future__ import annotations

import socket

import pytest

from mdm_pipeline.operations.ports import PortTaken, refuse_taken_port


def test_a_port_that_is_shared_by_its_listener_is_refused_all_the_same() -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # as gRPC does
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(PortTaken, match=f"code server: port {port} on 127.0.0.1 is taken"):
            refuse_taken_port("127.0.0.1", port, "code server")
        with pytest.raises(PortTaken):
            refuse_taken_port("0.0.0.0", port, "code server")
    refuse_taken_port("127.0.0.1", port, "code server")


def test_an_address_of_another_machine_is_told() -> None:
    with pytest.raises(PortTaken, match="cannot listen on 192.0.2.1:4266"):
        refuse_taken_port("192.0.2.1", 4266, "code server")
