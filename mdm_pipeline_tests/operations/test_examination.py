"""`mdm doctor`: every planted fault is found and comes with a way to fix it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mdm_pipeline import demo
from mdm_pipeline.config.loader import COMPANIES
from mdm_pipeline.hub.connection import Home, open_hub
from mdm_pipeline.operations.examination import Finding, examine


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    demo.generate(tmp_path / "data", customers=20, seed=1)
    monkeypatch.setenv("MDM_DEMO_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def faults(home: Path, config: str = "demo") -> dict[str, Finding]:
    return {finding.subject: finding for finding in examine(home, config) if not finding.is_fine}


def test_a_whole_installation_has_no_faults(data: Path, tmp_path: Path) -> None:
    assert faults(tmp_path / "home") == {}


def test_a_missing_database_and_a_missing_file_are_found(data: Path, tmp_path: Path) -> None:
    (data / "crm" / "crm.db").unlink()
    (data / "erp" / "customers.csv").unlink()
    found = faults(tmp_path / "home")
    assert {"crm.account", "crm.contact", "erp.customers"} <= set(found)
    assert "customers.csv" in found["erp.customers"].detail
    assert all(finding.fix for finding in found.values())


def test_a_key_that_the_source_does_not_have_is_found(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "config"
    shutil.copytree(COMPANIES / "demo", folder)
    erp = folder / "sources" / "erp.yaml"
    erp.write_text(erp.read_text(encoding="utf-8").replace("key: [product_no]", "key: [product_id]"), encoding="utf-8")
    assert "no key column product_id" in faults(tmp_path / "home", str(folder))["erp.products"].detail


def test_a_hub_of_a_newer_release_is_found(data: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    with open_hub(home.hub_file) as hub:
        hub.con.execute("insert into hub.version values (99, '9.0', '1.5.5', null)")
    assert "newer release" in faults(home.root)["hub"].fix


def test_configuration_mistakes_are_told_with_file_and_line(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "config"
    shutil.copytree(COMPANIES / "demo", folder)
    (folder / "matching.yaml").write_text("version: 1\npersn: {}\n", encoding="utf-8")
    assert "matching.yaml:2" in faults(tmp_path / "home", str(folder))["configuration"].detail
