"""Every source that the guide shows is a valid one, and combinations that cannot work are refused with the reason."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from mdm_pipeline.config.sources import SourceConfig

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "add-a-source.md"
SHOWN = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
EVENT = {"entity": "product", "columns": {}}


@pytest.mark.parametrize("text", SHOWN, ids=lambda text: str(yaml.safe_load(text)["name"]))
def test_a_source_of_the_guide_is_valid(text: str) -> None:
    assert SourceConfig.model_validate(yaml.safe_load(text)).name


def test_the_guide_shows_sources() -> None:
    assert len(SHOWN) == 5


@pytest.mark.parametrize(
    ("kind", "table", "reason"),
    [
        ("files", {"cursor": {"column": "at"}}, "files have none; expected `delivers: changes`, or neither"),
        ("files", {"deletes": "by_keys"}, "files have no list of keys"),
        ("sql", {"delivers": "changes"}, "`changes` is for files; expected a `cursor`"),
        ("sql", {"renumbered_from": ["a", "b"]}, "`renumbered_from` has 2 columns, `key` has 1"),
    ],
)
def test_what_a_connection_cannot_tell_is_refused(kind: str, table: dict[str, Any], reason: str) -> None:
    connection = {"kind": "files", "folder": "f"} if kind == "files" else {"kind": "sql", "url": "sqlite:///x"}
    given = {"name": "s", "connection": connection, "tables": {"t": {"key": ["id"], "event": EVENT, **table}}}
    with pytest.raises(ValidationError, match=re.escape(reason)):
        SourceConfig.model_validate(given)


def test_a_time_of_day_is_for_days() -> None:
    with pytest.raises(ValidationError, match="expected `every` of a day"):
        SourceConfig.model_validate(
            {
                "name": "s",
                "connection": {"kind": "files", "folder": "f"},
                "expected": {"every": "PT6H", "at": "06:00"},
                "tables": {"t": {"key": ["id"], "event": EVENT}},
            }
        )
