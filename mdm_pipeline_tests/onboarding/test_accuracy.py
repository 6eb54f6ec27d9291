"""How well foreign systems are understood: in six languages and manners, and in six more that no word was added for."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdm_pipeline_tests.onboarding import foreign, unseen
from mdm_pipeline_tests.onboarding.accuracy import measure
from mdm_pipeline_tests.onboarding.foreign import System


@pytest.mark.parametrize("system", foreign.SYSTEMS, ids=lambda system: system.name)
def test_at_least_four_of_five_columns_of_a_foreign_system_are_proposed_right(system: System, tmp_path: Path) -> None:
    found = measure(system, tmp_path)
    assert found.share >= 0.8, found.misses
    assert (found.kinds_right, found.invented) == (found.kinds, 0)


@pytest.mark.long
def test_most_columns_of_systems_never_seen_are_proposed_right_and_nothing_is_invented(tmp_path: Path) -> None:
    found = [measure(system, tmp_path) for system in unseen.SYSTEMS]
    assert sum(one.right for one in found) / sum(one.mappable for one in found) >= 0.75
    assert sum(one.invented for one in found) == 0
