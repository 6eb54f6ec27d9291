"""Messages reach local receivers as each channel wants them; a channel that fails neither blocks nor betrays others."""

from __future__ import annotations

import base64
import hashlib
import hmac
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from mdm_pipeline.config.company import DingtalkChannel, EmailChannel, WebhookChannel, WecomChannel
from mdm_pipeline.orchestration.delivery import Message, deliver
from mdm_pipeline_tests.orchestration.receivers import Certificate, certificate_for, mail_receiver, web_receiver

MESSAGE = Message(
    "mdm 示例集团: nightly_sync failed",
    (("source", "crm"), ("stage", "landing"), ("reason", "account: no column <phone>")),
    "http://ui.example/runs/1",
)
TEXT = """\
mdm 示例集团: nightly_sync failed
source: crm
stage: landing
reason: account: no column <phone>
run: http://ui.example/runs/1"""
MARKDOWN = """\
**mdm 示例集团: nightly_sync failed**

> source: crm

> stage: landing

> reason: account: no column ‹phone›

[run](http://ui.example/runs/1)"""


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def webhook(url: str, **headers: str) -> WebhookChannel:
    return WebhookChannel(kind="webhook", url=SecretStr(url), headers={k: SecretStr(v) for k, v in headers.items()})


def email(port: int) -> EmailChannel:
    return EmailChannel(
        kind="email",
        host="127.0.0.1",
        port=port,
        security="none",
        sender="mdm@example.com",
        recipients=["lin@example.com", "ops@example.com"],
    )


def test_a_webhook_gets_json_with_its_headers() -> None:
    with web_receiver() as receiver:
        assert deliver(MESSAGE, [webhook(f"{receiver.url}/hook", Authorization="Bearer t0ken")]) == []
    ((path, headers, body),) = receiver.requests
    assert path == "/hook"
    assert headers["authorization"] == "Bearer t0ken"
    assert body == {
        "subject": MESSAGE.subject,
        "text": TEXT,
        "fields": dict(MESSAGE.fields),
        "link": "http://ui.example/runs/1",
    }


def test_a_wecom_robot_gets_markdown_within_its_limit() -> None:
    with web_receiver() as receiver:
        channel = WecomChannel(kind="wecom", url=SecretStr(f"{receiver.url}/cgi-bin/webhook/send?key=k3y"))
        assert deliver(MESSAGE, [channel]) == []
        assert deliver(Message("很长", (("reason", "客户" * 5000),), "http://ui.example/runs/2"), [channel]) == []
    assert receiver.requests[0][0] == "/cgi-bin/webhook/send?key=k3y"
    assert receiver.bodies[0] == {"msgtype": "markdown", "markdown": {"content": MARKDOWN}}
    long = receiver.bodies[1]["markdown"]["content"]
    assert 3500 < len(long.encode()) <= 4096
    assert long.endswith("…\n\n[run](http://ui.example/runs/2)")


def test_a_dingtalk_robot_gets_a_signature_that_it_can_verify() -> None:
    with web_receiver() as receiver:
        channel = DingtalkChannel(
            kind="dingtalk",
            url=SecretStr(f"{receiver.url}/robot/send?access_token=t0ken"),
            sign_secret=SecretStr("SECabc"),
        )
        assert deliver(MESSAGE, [channel]) == []
    ((path, _, body),) = receiver.requests
    asked = parse_qs(urlsplit(path).query)
    (timestamp,), (sign,), (token,) = asked["timestamp"], asked["sign"], asked["access_token"]
    expected = hmac.new(b"SECabc", f"{timestamp}\nSECabc".encode(), hashlib.sha256).digest()
    assert base64.b64decode(sign) == expected
    assert token == "t0ken"
    assert body == {"msgtype": "markdown", "markdown": {"title": MESSAGE.subject, "text": MARKDOWN}}


def test_a_mail_goes_to_every_recipient() -> None:
    with mail_receiver() as receiver:
        assert deliver(MESSAGE, [email(receiver.port)]) == []
    ((recipients, mail),) = receiver.mails
    assert recipients == ["lin@example.com", "ops@example.com"]
    assert mail["Subject"] == MESSAGE.subject
    assert mail["From"] == "mdm@example.com"
    assert mail.get_content().replace("\r\n", "\n").strip() == TEXT


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate_for("127.0.0.1", tmp_path_factory.mktemp("certificates"))


def company_mail(port: int, **fields: Any) -> EmailChannel:
    given = {"security": "starttls", "user": "mdm", "password": SecretStr("s3cret"), **fields}
    return email(port).model_copy(update=given)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_goes_encrypted_after_a_login_to_a_server_of_the_companys_own_authority(
    certificate: Certificate, security: str
) -> None:
    with mail_receiver(**{security: certificate.server}, account=("mdm", "s3cret")) as receiver:  # type: ignore[arg-type]
        channel = company_mail(receiver.port, security=security, ca_file=certificate.ca_file)
        assert deliver(MESSAGE, [channel]) == []
    ((recipients, mail),) = receiver.mails
    assert recipients == ["lin@example.com", "ops@example.com"]
    assert mail["Subject"] == MESSAGE.subject
    assert receiver.came == [(True, "mdm")]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_that_cannot_prove_who_it_is_gets_neither_password_nor_mail(
    certificate: Certificate, security: str
) -> None:
    with mail_receiver(**{security: certificate.server}) as receiver:  # type: ignore[arg-type]
        failed = deliver(MESSAGE, [company_mail(receiver.port, security=security)], pause_s=0.01)
    assert failed == [
        "notify, channel email: the certificate of 127.0.0.1 is not trusted "
        "(unable to get local issuer certificate); set ca_file to the certificate of the authority that made it"
    ]
    assert receiver.mails == []


def test_what_is_wrong_with_a_mail_account_is_told_without_the_password(
    certificate: Certificate, tmp_path: Path
) -> None:
    (tmp_path / "no.pem").write_text("no certificate\n", encoding="utf-8")
    with (
        mail_receiver(starttls=certificate.server, account=("mdm", "other")) as receiver,
        mail_receiver() as plain,
    ):
        trusted = {"ca_file": certificate.ca_file}
        failed = deliver(
            MESSAGE,
            [
                company_mail(receiver.port, **trusted),
                company_mail(plain.port, **trusted),
                company_mail(receiver.port, ca_file=tmp_path / "missing.pem"),
                company_mail(receiver.port, ca_file=tmp_path / "no.pem"),
            ],
            pause_s=0.01,
        )
    assert failed == [
        "notify, channel email: 127.0.0.1 does not accept user and password",
        f"notify, channel email: 127.0.0.1:{plain.port} does not offer what is configured "
        "(STARTTLS extension not supported by server.)",
        f"notify, channel email: ca_file {tmp_path}/missing.pem cannot be read (FileNotFoundError); "
        "expected certificates in PEM form",
        f"notify, channel email: ca_file {tmp_path}/no.pem cannot be read (SSLError); "
        "expected certificates in PEM form",
    ]
    assert receiver.mails == plain.mails == []


def test_a_certificate_file_is_named_from_the_root() -> None:
    with pytest.raises(ValueError, match="must be absolute"):
        EmailChannel(kind="email", host="mail", sender="a@b", recipients=["c@d"], ca_file=Path("ca.pem"))


@pytest.mark.parametrize(
    ("answers", "tries", "said"),
    [
        ([(500, {}), (503, {}), (200, {"errcode": 0})], 3, None),
        ([(200, {"errcode": 45009, "errmsg": "api freq out of limit"}), (200, {"errcode": 0})], 2, None),
        ([(500, {})], 3, "notify, channel wecom: answered HTTP 500"),
        ([(404, {})], 1, "notify, channel wecom: answered HTTP 404; check its url and headers"),
        (
            [(200, {"errcode": 93000, "errmsg": "invalid webhook url"})],
            1,
            "notify, channel wecom: refused the message, errcode 93000 invalid webhook url; "
            "check key, keyword and signature of the robot",
        ),
        (
            [(200, "hello")],
            1,
            "notify, channel wecom: refused the message, errcode None; check key, keyword and signature of the robot",
        ),
    ],
)
def test_what_may_pass_is_tried_again_and_a_refusal_is_told(
    answers: list[tuple[int, Any]], tries: int, said: str | None
) -> None:
    with web_receiver(answers) as receiver:
        channel = WecomChannel(kind="wecom", url=SecretStr(receiver.url))
        assert deliver(MESSAGE, [channel], pause_s=0.01) == ([said] if said else [])
    assert len(receiver.requests) == tries


def test_a_channel_that_fails_keeps_nothing_from_the_others_and_its_secret_to_itself() -> None:
    with web_receiver() as receiver, mail_receiver() as mail, mail_receiver("550 no such user") as refusing:
        failed = deliver(
            MESSAGE,
            [
                webhook("http://127.0.0.1:1/hook?key=s3cret"),
                webhook("no address s3cret"),
                email(1),
                email(refusing.port),
                email(mail.port),
                webhook(receiver.url),
            ],
            pause_s=0.01,
        )
    assert failed == [
        "notify, channel webhook: cannot be reached (ConnectError); check address, proxy and firewall",
        "notify, channel webhook: its url is no web address; correct notify.channels in company.yaml",
        "notify, channel email: 127.0.0.1:1 cannot be used (ConnectionRefusedError)",
        "notify, channel email: 127.0.0.1 refuses every recipient; check notify.channels",
    ]
    assert len(receiver.requests) == 1
    assert len(mail.mails) == 1
