"""A real HTTP server on the loopback that plays a service: a function answers each call; all calls are remembered."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Call:
    """One call as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.content) if self.content else None


@dataclass(frozen=True)
class Reply:
    """What is sent back: a value as JSON, or bytes as they are; `is_cut` closes the connection half way."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    is_cut: bool = False

    @property
    def content(self) -> bytes:
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body, ensure_ascii=False).encode()


Answering = Callable[[Call], Reply]


class Service:
    """The running server."""

    def __init__(self, answer: Answering) -> None:
        self.calls: list[Call] = []
        self.answer = answer
        self._lock = threading.Lock()
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1  # headers and body in one packet: otherwise each answer takes 40 ms

            def _do(self) -> None:
                address = urlsplit(self.path)
                size = int(self.headers.get("content-length", 0))
                call = Call(
                    self.command,
                    address.path,
                    dict(parse_qsl(address.query, keep_blank_values=True)),
                    {k.lower(): v for k, v in self.headers.items()},
                    self.rfile.read(size),
                )
                with service._lock:
                    service.calls.append(call)
                reply = service.answer(call)
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if reply.status not in (204, 304):
                    self.send_header("Content-Length", str(len(reply.content)))
                self.end_headers()
                if reply.is_cut:
                    self.wfile.write(reply.content[: len(reply.content) // 2])
                    self.close_connection = True
                else:
                    self.wfile.write(reply.content)

            do_GET = do_POST = _do

            def log_message(self, *_: Any) -> None:
                return

        class Server(ThreadingHTTPServer):
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def of(self, path_ending: str) -> list[Call]:
        """Calls whose path ends so."""
        return [call for call in self.calls if call.path.endswith(path_ending)]


@contextmanager
def serving(answer: Answering) -> Iterator[Service]:
    """A service for the length of a test."""
    service = Service(answer)
    try:
        yield service
    finally:
        service.close()
