"""Local receivers of messages: a web server with scripted answers, and a mail server."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


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
    """The mails that a mail server took, and whether each came encrypted and after a login."""

    port: int
    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    came: list[tuple[bool, str | None]] = field(default_factory=list)


@dataclass(frozen=True)
class MailRules:
    """What a mail server wants of those who bring mail: see `mail_receiver`."""

    refuse_with: str = ""
    starttls: ssl.SSLContext | None = None
    account: tuple[str, str] | None = None


@dataclass
class _MailTalk:
    """One conversation of a mail server."""

    rules: MailRules
    receiver: MailReceiver
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    recipients: list[str] = field(default_factory=list)
    user: str | None = None

    @property
    def is_encrypted(self) -> bool:
        return self.writer.get_extra_info("sslcontext") is not None

    @property
    def wants_starttls(self) -> bool:
        return self.rules.starttls is not None and not self.is_encrypted

    async def hold(self) -> None:
        """Answer until the client goes."""
        try:
            await self._say("220 here")
            while line := (await self.reader.readline()).decode().strip():
                command = line.split(":")[0].split()[0].upper()
                refusal = self._refusal(command)
                await (self._say(refusal) if refusal else self._answer(command, line))
                if command == "QUIT":
                    break
        except (ssl.SSLError, ConnectionError):
            pass  # a client that does not trust us just goes
        self.writer.close()

    def _refusal(self, command: str) -> str:
        if command in ("MAIL", "AUTH") and self.wants_starttls:
            return "530 STARTTLS first"
        return "530 log in first" if command == "MAIL" and self.rules.account and self.user is None else ""

    async def _answer(self, command: str, line: str) -> None:
        match command:
            case "EHLO":
                offers = ["STARTTLS"] if self.wants_starttls else ["AUTH PLAIN"] if self.rules.account else []
                await self._say("250-here", *(f"250-{offer}" for offer in offers), "250 HELP")
            case "HELO" | "MAIL" | "RSET":
                await self._say("250 fine")
            case "STARTTLS" if self.rules.starttls is not None:
                await self._say("220 go on")
                await self.writer.start_tls(self.rules.starttls)
            case "AUTH":
                _, name, password = base64.b64decode(line.split()[2]).decode().split("\0")
                self.user = name if (name, password) == self.rules.account else None
                await self._say("235 welcome" if self.user else "535 no")
            case "RCPT":
                self.recipients.append(line.split("<")[1].split(">")[0])
                await self._say(self.rules.refuse_with or "250 fine")
            case "DATA":
                await self._take()
            case "QUIT":
                await self._say("221 bye")
            case _:
                await self._say("502 not here")

    async def _take(self) -> None:
        await self._say("354 go on")
        content = await self.reader.readuntil(b"\r\n.\r\n")
        mail = message_from_bytes(content[:-5], policy=policy.default)
        self.receiver.mails.append((self.recipients, mail))
        self.receiver.came.append((self.is_encrypted, self.user))
        await self._say("250 taken")

    async def _say(self, *lines: str) -> None:
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await self.writer.drain()


@contextmanager
def mail_receiver(
    refuse_with: str = "",
    *,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    account: tuple[str, str] | None = None,
) -> Iterator[MailReceiver]:
    """A mail server on this machine.

    Args:
        refuse_with: its answer to every recipient.
        starttls: it takes nothing before STARTTLS, for which it has this certificate.
        tls: it is encrypted from the start with this certificate.
        account: user and password without which it takes nothing.
    """
    loop = asyncio.new_event_loop()
    rules = MailRules(refuse_with, starttls, account)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _MailTalk(rules, receiver, reader, writer).hold()

    async def serve() -> asyncio.Server:
        return await asyncio.start_server(talk, "127.0.0.1", 0, ssl=tls)

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


@dataclass(frozen=True)
class Certificate:
    """A certificate authority of its own and a server's certificate by it."""

    ca_file: Path
    server: ssl.SSLContext


def certificate_for(address: str, folder: Path) -> Certificate:
    """Make an authority, and by it the certificate of a server at an IP address."""
    now = datetime.now(UTC)
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Company CA")])

    def made(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(authority)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
        )

    of_authority = made(authority, authority_key.public_key()).add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    )
    of_server = made(x509.Name([]), key.public_key()).add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False
    )
    ca_file, server_file = folder / "company_ca.pem", folder / "server.pem"
    pem = serialization.Encoding.PEM
    ca_file.write_bytes(of_authority.sign(authority_key, hashes.SHA256()).public_bytes(pem))
    plain = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    server_file.write_bytes(plain + of_server.sign(authority_key, hashes.SHA256()).public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server_file)
    return Certificate(ca_file, context)
