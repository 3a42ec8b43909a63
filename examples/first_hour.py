"""Runs the commands of docs/first-hour.md, one after the other, and says how long each step took.

python -m examples.first_hour            # run and time the steps; a minute or two
python -m examples.first_hour --save     # and keep the times that the documents show
python -m examples.first_hour --stored   # print the kept times
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "first-hour.md"
STORED = ROOT / "results" / "measured" / "first-hour.json"
STEP = re.compile(r"^## (\d+\. .+?)\n(.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE)
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Step:
    """A section of the page with its commands; the first one installs and is left to the reader."""

    title: str
    commands: tuple[str, ...]


def steps() -> list[Step]:
    """Return the numbered sections of the page after the installation."""
    made = []
    for title, text in STEP.findall(PAGE.read_text(encoding="utf-8")):
        lines = [line for block in BLOCK.findall(text) for line in block.splitlines()]
        made.append(Step(title, tuple(lines)))
    return made[1:]


def arguments(command: str, folder: Path) -> list[str]:
    """Return a command for this interpreter; what pip installs goes into a folder of the walk's own."""
    words = shlex.split(command, comments=True)
    if words[0] == "navibench":
        return [sys.executable, "-m", "bench", *words[1:]]
    if words[:4] == ["python", "-m", "pip", "install"]:
        own = ["--quiet", "--target", str(folder / "site")]
        if find_spec("setuptools") is not None:
            own.append("--no-build-isolation")  # nothing has to be downloaded
        return [sys.executable, *words[1:4], *own, *(word for word in words[4:] if word != "-e")]
    raise ValueError(f"{command}: expected navibench or python -m pip install")


def walk(folder: Path, chosen: Sequence[Step]) -> dict[str, list[float]]:
    """Run the commands of the steps in `folder`, which is empty; a failure stops the walk.

    Returns what each step took: seconds on the clock, and seconds that its processes computed.
    """
    (folder / "results").symlink_to(ROOT / "results")
    shutil.copytree(ROOT / "examples", folder / "examples")  # pip builds beside the source
    places = os.pathsep.join([str(ROOT), str(folder / "site")])
    environment = {**os.environ, "PYTHONPATH": places}
    taken: dict[str, list[float]] = {}
    for step in chosen:
        begun, computed = time.monotonic(), children()
        for command in step.commands:
            print(f"$ {command}", file=sys.stderr)
            done = subprocess.run(
                arguments(command, folder), cwd=folder, env=environment, capture_output=True, text=True, check=False
            )
            if done.returncode:
                sys.exit(f"{command}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        taken[step.title] = [round(time.monotonic() - begun, 1), round(children() - computed, 1)]
        print(f"{step.title}: {taken[step.title][0]:.1f} s", file=sys.stderr)
    return taken


def children() -> float:
    """Return the seconds that the processes started here have computed so far."""
    told = os.times()
    return told.children_user + told.children_system


def table(taken: Mapping[str, Sequence[float]], machine: str) -> str:
    """Return the times as Markdown."""
    lines = ["| step | commands | seconds | of them computing |", "|---|---:|---:|---:|"]
    counts = {step.title: len(step.commands) for step in steps()}
    if counts.keys() != taken.keys():
        raise SystemExit("the page has other steps than were timed: python -m examples.first_hour --save")
    totals = [sum(values) for values in zip(*taken.values(), strict=True)]
    rows = [*((title, count, taken[title]) for title, count in counts.items()), ("all", sum(counts.values()), totals)]
    lines += [f"| {title} | {count} | {clock:.0f} | {computed:.0f} |" for title, count, (clock, computed) in rows]
    return "\n".join([*lines, "", f"After the installation, on {machine}, which had other work to do as well."])


def main() -> None:
    """Walk, or print the kept times."""
    parser = argparse.ArgumentParser(description="Run and time the commands of docs/first-hour.md.")
    parser.add_argument("--stored", action="store_true", help="print the kept times, run nothing")
    parser.add_argument("--save", action="store_true", help="keep the times that the documents show")
    chosen = parser.parse_args()
    if chosen.stored:
        told = json.loads(STORED.read_text(encoding="utf-8"))
        print(table(told["seconds"], told["machine"]))
        return
    with tempfile.TemporaryDirectory() as folder:
        taken = walk(Path(folder), steps())
    threads = os.environ.get("OMP_NUM_THREADS", "all")
    machine = f"{os.cpu_count()} cores ({threads} thread each process), Python {platform.python_version()}"
    if chosen.save:
        kept = {"machine": machine, "seconds": taken}
        STORED.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    print(table(taken, machine))


if __name__ == "__main__":
    main()
