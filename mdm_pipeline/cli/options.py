"""Options and exit codes that every command shares."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DONE, FAILED, BAD_USE, HELD_BACK = 0, 1, 2, 3

HomeOption = Annotated[
    Path,
    typer.Option("--home", envvar="MDM_HOME", help="Folder with hub, published file and decisions of one company."),
]
ConfigOption = Annotated[
    str,
    typer.Option(
        "--config",
        envvar="MDM_CONFIG",
        help="Configuration folder, or the name of a shipped one: demo, senzing_truthset.",
    ),
]
DEFAULT_HOME = Path("data")
DEFAULT_CONFIG = "demo"
