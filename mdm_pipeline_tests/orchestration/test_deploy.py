"""What `deploy/` says can be read by the programs it is for, as far as that can be told without a container engine."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
INSTRUCTIONS = {"FROM", "WORKDIR", "COPY", "RUN", "USER", "ENTRYPOINT", "ENV", "ARG", "EXPOSE", "LABEL", "HEALTHCHECK"}


def dockerfile() -> list[tuple[str, str]]:
    """Instructions of the Dockerfile, continued lines joined."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    joined = re.sub(r"\\\n\s*", "", text)
    lines = [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines)]


def compose() -> dict[str, Any]:
    loaded = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd on this machine")
@pytest.mark.parametrize("service", ["code", "web", "daemon"])
def test_systemd_takes_every_unit_without_a_word(service: str, tmp_path: Path) -> None:
    unit = DEPLOY / "systemd" / f"mdm-{service}.service"
    text = unit.read_text(encoding="utf-8").replace("/opt/mdm/.venv/bin/mdm", "/bin/true")
    (tmp_path / unit.name).write_text(text, encoding="utf-8")
    assert verified(tmp_path / unit.name) == ""
    (tmp_path / unit.name).write_text(text.replace("Restart=always", "Restart=sometimes"), encoding="utf-8")
    assert "sometimes" in verified(tmp_path / unit.name)  # it does look


def verified(unit: Path) -> str:
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(unit)], capture_output=True, text=True
    )
    return done.stdout + done.stderr


def test_the_image_is_made_of_files_that_are_there_and_runs_as_nobody_special() -> None:
    parts = dockerfile()
    assert {name for name, _ in parts} <= INSTRUCTIONS
    copied = [rest.split() for name, rest in parts if name == "COPY"]
    sources = [word for words in copied for word in words[:-1] if not word.startswith("--")]
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert [rest for name, rest in parts if name == "USER"] == ["mdm"]
    assert parts[-1] == ("ENTRYPOINT", '["mdm"]')
    python = re.search(r'requires-python = ">=(3\.\d+)', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert python is not None
    assert parts[0] == ("FROM", f"python:{python.group(1)}-slim")
    installs = [rest for name, rest in parts if name == "RUN" and "requirements.lock" in rest]
    assert all("--require-hashes" in rest and "--compile-bytecode" in rest for rest in installs)


def test_every_part_of_the_compose_file_refers_to_one_that_is_there() -> None:
    content = compose()
    services, volumes = content["services"], content["volumes"]
    for name, service in services.items():
        assert set(service.get("depends_on", [])) <= set(services), name
        named = [volume.split(":")[0] for volume in service["volumes"] if not volume.startswith(("$", ".", "/"))]
        assert set(named) <= set(volumes), name
    context = DEPLOY / content["x-mdm"]["build"]["context"]
    assert context.resolve() == ROOT
    assert (context / content["x-mdm"]["build"]["dockerfile"]).is_file()


def test_compose_variables_have_a_default_or_stand_in_the_example() -> None:
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    example = (DEPLOY / "mdm.env.example").read_text(encoding="utf-8")
    used = set(re.findall(r"\$\{(\w+)(:-|:\?|\})", text))
    assert used
    assert [name for name, how in sorted(used) if how != ":-" and f"\n{name}=" not in example] == []


def test_nothing_is_offered_to_the_open_network() -> None:
    ports = {name: service.get("ports", []) for name, service in compose()["services"].items()}
    assert {name: p for name, p in ports.items() if p} == {"web": ["127.0.0.1:${MDM_WEB_PORT:-3000}:3000"]}


def test_dagsters_settings_are_those_of_a_local_home_but_for_where_records_lie() -> None:
    from mdm_pipeline.orchestration.instance import _SETTINGS

    served = yaml.safe_load((DEPLOY / "dagster.yaml").read_text(encoding="utf-8"))
    local = yaml.safe_load(_SETTINGS)
    assert served.pop("storage")["postgres"]["postgres_db"]["scheme"] == "postgresql+psycopg2"
    assert served["run_monitoring"].pop("free_slots_after_run_end_seconds") == 60
    assert served == local
