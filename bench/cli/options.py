"""Options that several verbs share, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DataRoot = Annotated[
    Path | None,
    typer.Option("--data-root", envvar="NAVIBENCH_DATA", help="Folder that holds the data sets.", show_default=False),
]
Out = Annotated[Path, typer.Option("--out", help="Folder of the runs.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Config = Annotated[
    str | None,
    typer.Option("--config", help="A named configuration (smollm2, paper, ...) or a TOML file of settings."),
]
RUNS = Path("runs")


def split(text: str | None) -> list[str]:
    """Return the names in "a,b"."""
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def read_config(name: str | None) -> dict[str, object]:
    """Return the settings of a named configuration, or of a TOML file that lists them."""
    if name is None:
        return {}
    from bench import catalogue
    from bench.config import read_toml

    if name.endswith(".toml"):
        return read_toml(Path(name))
    return catalogue.config(name)
