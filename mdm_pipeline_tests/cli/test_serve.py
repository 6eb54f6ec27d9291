"""Production commands: they refuse what would go wrong later, and a test message says which channel takes it."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mdm_pipeline.cli.main import app
from mdm_pipeline.config.loader import config_folder
from mdm_pipeline.operations.ports import PortTaken
from mdm_pipeline_tests.orchestration.receivers import web_receiver

DEPLOY = Path(__file__).parents[2] / "deploy"
runner = CliRunner()


def test_without_its_settings_a_service_does_not_start(tmp_path: Path) -> None:
    result = runner.invoke(app, ["serve", "daemon", "--home", str(tmp_path)])
    assert result.exit_code == 2
    assert result.output == f"{tmp_path}/dagster/dagster.yaml is missing; copy deploy/dagster.yaml there\n"


@pytest.mark.parametrize(("service", "option"), [("code", "--port"), ("web", "--web-port")])
def test_a_second_service_on_one_port_is_refused(service: str, option: str, tmp_path: Path) -> None:
    (tmp_path / "dagster").mkdir()
    for name in ("dagster.yaml", "workspace.yaml"):
        shutil.copy(DEPLOY / name, tmp_path / "dagster")
    with socket.socket() as first:
        first.bind(("127.0.0.1", 0))
        first.listen()
        port = str(first.getsockname()[1])
        result = runner.invoke(app, ["serve", service, "--home", str(tmp_path), option, port])
        assert isinstance(result.exception, PortTaken)
        assert f"port {port} on 127.0.0.1 is taken" in str(result.exception)
        ui = runner.invoke(app, ["ui", "--home", str(tmp_path), "--port", port])
        assert isinstance(ui.exception, PortTaken)


def test_a_test_message_says_which_channel_takes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    folder = tmp_path / "company"
    shutil.copytree(config_folder("demo"), folder)
    assert runner.invoke(app, ["notify", "--config", str(folder)]).exit_code == 2
    with web_receiver() as takes, web_receiver([(404, {})]) as refuses:
        with (folder / "company.yaml").open("a", encoding="utf-8") as file:
            file.write("notify:\n  channels:\n")
            file.writelines(f"    - {{kind: wecom, url: '{r.url}'}}\n" for r in (takes, refuses))
        result = runner.invoke(app, ["notify", "--config", str(folder)])
    assert result.exit_code == 1
    assert "1 of 2 channels took the message" in result.output
    assert "answered HTTP 404" in result.output
    assert len(takes.requests) == 1
