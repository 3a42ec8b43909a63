"""The card of a trained model: what it is, how it was made, and the sha256 of every file, beside the files."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.io import file_sha256, write_text

CARD = "README.md"


def spell(system: str, options: Mapping[str, object], assigned: Sequence[str]) -> str:
    """Return the command that trains this again, into a folder of another name; options of no value are left out."""
    words = ["navibench", "train", system]
    for name, value in options.items():
        if value not in (None, ""):
            words += [f"--{name}", str(value)]
    for text in assigned:
        words += ["--set", text]
    return shlex.join([*words, "--to", "FOLDER"])


def write_card(folder: Path, title: str, command: str, facts: Sequence[str]) -> None:
    """Write the card of what lies in a folder; a card that is there is replaced."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in {CARD, "lock"})
    lines = [
        f"# {title}",
        "",
        *facts,
        "",
        "```console",
        command,
        "```",
        "",
        "| file | bytes | sha256 |",
        "|---|---:|---|",
    ]
    lines += [
        f"| `{path.relative_to(folder).as_posix()}` | {path.stat().st_size:,} | `{file_sha256(path)}` |"
        for path in files
    ]
    write_text(folder / CARD, "\n".join(lines) + "\n")
