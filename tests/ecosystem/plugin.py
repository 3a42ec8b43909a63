"""The plug-in of examples/ as an installation leaves it: metadata with its entry points beside the source."""

from __future__ import annotations

import tomllib
from pathlib import Path

from tests.conftest import REPOSITORY

PLUGIN = REPOSITORY / "examples" / "navibench-plugin"


def installed(folder: Path) -> tuple[Path, Path]:
    """Write the metadata that an editable installation would write; return the folders for the module path."""
    told = tomllib.loads((PLUGIN / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    info = folder / f"{told['name'].replace('-', '_')}-{told['version']}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {told['name']}\nVersion: {told['version']}\n")
    points = [
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in lines.items())
        for group, lines in told["entry-points"].items()
    ]
    (info / "entry_points.txt").write_text("\n".join(points))
    return folder, PLUGIN
