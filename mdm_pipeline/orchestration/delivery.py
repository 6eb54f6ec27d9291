"""Delivers a message to the configured channels: webhook, e-mail, WeCom and DingTalk robots.

In: a `Message` and channels. Out: one line per channel that could not be reached. Invariant: channels are served side
by side, each with its own time limit and tries; one that fails never keeps a message from the others, and no address,
key or password gets into an error. Does not belong here: when somebody is told, and of what.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import smtplib
import ssl
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import httpx
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from mdm_pipeline.config.company import Channel, DingtalkChannel, EmailChannel, WebhookChannel, WecomChannel
from mdm_pipeline.errors import PermanentError, TransientError

TIMEOUT_S = 5.0
TRIES = 3
# a robot's limit is 4,096 bytes (WeCom); a Chinese character takes three
_ROBOT_BYTES = 3900
# answers of the robots that pass by themselves: busy, too many messages a minute
_BUSY_CODES = frozenset({-1, 45009, 45033, 130101, 410100})
# httpx logs whole addresses, and the robots' keys are part of them
logging.getLogger("httpx").setLevel(logging.WARNING)


class ChannelRefuses(PermanentError):
    """The channel answered that it does not take the message; another try cannot help."""


class ChannelAway(TransientError):
    """The channel could not be reached or is busy."""


@dataclass(frozen=True)
class Message:
    """What people are told.

    Args:
        subject: one line.
        fields: labelled lines, e.g. ("source", "crm").
        link: address of the run in the UI.
    """

    subject: str
    fields: tuple[tuple[str, str], ...] = ()
    link: str | None = None

    @property
    def text(self) -> str:
        """The message for e-mail and logs."""
        lines = [self.subject, *(f"{label}: {value}" for label, value in self.fields)]
        return "\n".join([*lines, f"run: {self.link}"] if self.link else lines)

    @property
    def markdown(self) -> str:
        """The message for robots; values are data and may not become links."""
        lines = [f"**{_plain(self.subject)}**", *(f"> {label}: {_plain(value)}" for label, value in self.fields)]
        end = f"\n\n[run]({self.link})" if self.link else ""
        return _cut("\n\n".join(lines), _ROBOT_BYTES - len(end.encode())) + end


def deliver(message: Message, channels: Sequence[Channel], *, pause_s: float = 1.0) -> list[str]:
    """Send a message to every channel at the same time.

    Args:
        message: what to send.
        channels: where to.
        pause_s: pause before the second try; it doubles with each further one.

    Returns:
        One line per channel that failed, without secrets.
    """
    if not channels:
        return []
    with ThreadPoolExecutor(max_workers=len(channels)) as pool:
        outcomes = list(pool.map(lambda channel: _with_tries(message, channel, pause_s), channels))
    return [outcome for outcome in outcomes if outcome is not None]


def _with_tries(message: Message, channel: Channel, pause_s: float) -> str | None:
    try:
        for attempt in Retrying(
            stop=stop_after_attempt(TRIES),
            wait=wait_exponential(multiplier=pause_s),
            retry=retry_if_exception_type(ChannelAway),
            reraise=True,
        ):
            with attempt:
                _send(message, channel)
    except (ChannelAway, ChannelRefuses) as error:
        return f"notify, channel {channel.kind}: {error}"
    return None


def _send(message: Message, channel: Channel) -> None:
    match channel:
        case WebhookChannel():
            fields = {"subject": message.subject, "text": message.text, "fields": dict(message.fields)}
            headers = {name: value.get_secret_value() for name, value in channel.headers.items()}
            _post(channel.url.get_secret_value(), fields | {"link": message.link}, headers)
        case WecomChannel():
            body = {"msgtype": "markdown", "markdown": {"content": message.markdown}}
            _accepted(_post(channel.url.get_secret_value(), body))
        case DingtalkChannel():
            body = {"msgtype": "markdown", "markdown": {"title": message.subject, "text": message.markdown}}
            _accepted(_post(_signed(channel, int(time.time() * 1000)), body))
        case EmailChannel():
            _mail(message, channel)


def _post(url: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> httpx.Response:
    try:
        answer = httpx.post(url, json=body, headers=headers, timeout=TIMEOUT_S, follow_redirects=False)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        raise ChannelRefuses("its url is no web address; correct notify.channels in company.yaml") from None
    except httpx.TransportError as error:
        raise ChannelAway(f"cannot be reached ({type(error).__name__}); check address, proxy and firewall") from None
    if answer.status_code == 429 or answer.status_code >= 500:
        raise ChannelAway(f"answered HTTP {answer.status_code}")
    if not answer.is_success:
        raise ChannelRefuses(f"answered HTTP {answer.status_code}; check its url and headers")
    return answer


def _accepted(answer: httpx.Response) -> None:
    """Robots answer 200 to everything; what happened stands in `errcode`."""
    try:
        said = answer.json()
    except ValueError:
        raise ChannelRefuses("did not answer as a robot does; check its url") from None
    code = said.get("errcode") if isinstance(said, dict) else None
    if code == 0:
        return
    told = f"refused the message, errcode {code} {said.get('errmsg', '') if isinstance(said, dict) else ''}".rstrip()
    if code in _BUSY_CODES:
        raise ChannelAway(told)
    raise ChannelRefuses(f"{told}; check key, keyword and signature of the robot")


def _signed(channel: DingtalkChannel, now_ms: int) -> str:
    url = channel.url.get_secret_value()
    if channel.sign_secret is None:
        return url
    secret = channel.sign_secret.get_secret_value()
    digest = hmac.new(secret.encode(), f"{now_ms}\n{secret}".encode(), hashlib.sha256).digest()
    return str(httpx.URL(url).copy_merge_params({"timestamp": now_ms, "sign": base64.b64encode(digest).decode()}))


def _mail(message: Message, channel: EmailChannel) -> None:
    mail = EmailMessage()
    mail["Subject"] = message.subject
    mail["From"] = channel.sender
    mail["To"] = ", ".join(channel.recipients)
    mail.set_content(message.text + "\n")
    try:
        with _smtp(channel) as server:
            if channel.security == "starttls":
                server.starttls(context=_trust(channel))
            if channel.user is not None:
                server.login(channel.user, channel.password.get_secret_value() if channel.password else "")
            server.send_message(mail)
    except smtplib.SMTPAuthenticationError:
        raise ChannelRefuses(f"{channel.host} does not accept user and password") from None
    except smtplib.SMTPRecipientsRefused:
        raise ChannelRefuses(f"{channel.host} refuses every recipient; check notify.channels") from None
    except smtplib.SMTPResponseException as error:
        kind = ChannelAway if 400 <= error.smtp_code < 500 else ChannelRefuses
        raise kind(f"{channel.host} answered {error.smtp_code}") from None
    except ssl.SSLCertVerificationError as error:
        raise ChannelRefuses(
            f"the certificate of {channel.host} is not trusted ({error.verify_message}); "
            "set ca_file to the certificate of the authority that made it"
        ) from None
    except smtplib.SMTPNotSupportedError as error:
        raise ChannelRefuses(f"{channel.host}:{channel.port} does not offer what is configured ({error})") from None
    except (OSError, smtplib.SMTPException) as error:
        raise ChannelAway(f"{channel.host}:{channel.port} cannot be used ({type(error).__name__})") from None


def _smtp(channel: EmailChannel) -> smtplib.SMTP:
    if channel.security == "tls":
        return smtplib.SMTP_SSL(channel.host, channel.port, timeout=TIMEOUT_S, context=_trust(channel))
    return smtplib.SMTP(channel.host, channel.port, timeout=TIMEOUT_S)


def _trust(channel: EmailChannel) -> ssl.SSLContext:
    """Whom the server's certificate has to be by: the system's authorities, or the configured one alone."""
    try:
        return ssl.create_default_context(cafile=channel.ca_file)
    except OSError as error:  # also where it is no PEM file
        raise ChannelRefuses(
            f"ca_file {channel.ca_file} cannot be read ({type(error).__name__}); expected certificates in PEM form"
        ) from None


def _plain(text: str) -> str:
    return text.replace("](", "] (").replace("<", "‹").replace(">", "›")


def _cut(text: str, limit: int) -> str:
    encoded = text.encode()
    return text if len(encoded) <= limit else encoded[: limit - 3].decode(errors="ignore") + "…"
