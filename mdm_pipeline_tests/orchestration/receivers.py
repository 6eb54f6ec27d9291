"""Local receivers of messages: a web server with scripted answers, and a mail server."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast


@dataclass
class WebReceiver:
    """What a web server was told; `answers` are given in order, the last one for ever."""

    url: str
    requests: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)

    @property
    def bodies(self) -> list[Any]:
        return [body for _, _, body in self.requests]


@contextmanager
def web_receiver(
    answers: Sequence[tuple[int, Any]] = ((200, {"errcode": 0, "errmsg": "ok"}),),
) -> Iterator[WebReceiver]:
    """A web server on this machine that notes every POST."""
    left = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            receiver.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            status, answer = left.pop(0) if len(left) > 1 else left[0]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: Any) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = WebReceiver(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class MailReceiver:
    """The mails that a mail server took."""

    port: int
    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)


@contextmanager
def mail_receiver(refuse_with: str = "") -> Iterator[MailReceiver]:
    """A mail server on this machine; with `refuse_with` it answers that to every recipient."""
    loop = asyncio.new_event_loop()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        recipients: list[str] = []

        async def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())
            await writer.drain()

        await say("220 here")
        while line := (await reader.readline()).decode().strip():
            match line.split(":")[0].split()[0].upper():
                case "EHLO" | "HELO" | "MAIL" | "RSET":
                    await say("250 fine")
                case "RCPT":
                    recipients.append(line.split("<")[1].split(">")[0])
                    await say(refuse_with or "250 fine")
                case "DATA":
                    await say("354 go on")
                    content = await reader.readuntil(b"\r\n.\r\n")
                    mail = message_from_bytes(content[:-5], policy=policy.default)
                    receiver.mails.append((recipients, cast(EmailMessage, mail)))
                    await say("250 taken")
                case "QUIT":
                    await say("221 bye")
                    break
                case _:
                    await say("502 not here")
        writer.close()

    async def serve() -> asyncio.Server:
        return await asyncio.start_server(talk, "127.0.0.1", 0)

    server = loop.run_until_complete(serve())
    receiver = MailReceiver(server.sockets[0].getsockname()[1])
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield receiver
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
