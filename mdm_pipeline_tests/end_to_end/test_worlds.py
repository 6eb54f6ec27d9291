"""The named worlds as a person would tell them: each is run from its three systems' files to its customers."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mdm_pipeline.config.loader import COMPANIES
from mdm_pipeline.demo import WORLDS, write_world
from mdm_pipeline.evaluation import evaluate, read_truth
from mdm_pipeline.hub.connection import Home, open_read_only
from mdm_pipeline.orchestration.launcher import launch


@pytest.fixture(scope="module")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo configuration with the shipped models: nothing can be learnt from five records."""
    folder = tmp_path_factory.mktemp("configuration") / "worlds"
    shutil.copytree(COMPANIES / "demo", folder)
    matching = folder / "matching.yaml"
    matching.write_text(matching.read_text(encoding="utf-8").replace("train", "shipped"), encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", WORLDS)
def test_the_customers_of_a_world_are_those_of_its_story(
    name: str, configuration: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_world(WORLDS[name], tmp_path / "data")
    monkeypatch.setenv("MDM_DEMO_DATA", str(tmp_path / "data"))
    home = Home(tmp_path / "home")
    assert launch(home.root, str(configuration)).errors == ()
    con = open_read_only(home.published_file)
    predicted = con.execute(
        'select source, source_table as "table", source_key, master_id as cluster_id from crosswalk'
    ).pl()
    con.close()
    found = evaluate(predicted, read_truth(tmp_path / "data" / "truth.csv")).overall
    assert (found.predicted_pairs, found.correct_pairs) == (found.true_pairs, found.true_pairs), WORLDS[name].story
