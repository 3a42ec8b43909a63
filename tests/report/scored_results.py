"""Stored reports with per-case scores, made of runs that are written and not made: scores of any shape in no time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.io import file_sha256, write_text
from bench.report.board import Page, gather
from bench.report.groups import grouped
from bench.report.render import to_json
from bench.report.scored import Scored, scored
from bench.report.scored_file import write_scored
from bench.rng import stream
from bench.store import Run
from bench.tables import Scores, write_scores

CASES = 120
Table = NDArray[np.float64]


def drawn(names: Sequence[str], cases: int = CASES, shift: float = 0.03) -> dict[str, Table]:
    """Return scores as rankings have them: few distinct values, each system a little better than the one before."""
    rng = stream(0, "stored scores")
    ranks = rng.integers(1, 30, cases)
    found = {}
    for number, name in enumerate(names):
        rank = np.where(rng.random(cases) < 0.5, ranks, rng.integers(1, 30, cases))
        gain = np.where(rank <= 10, 1 / np.log2(1 + rank), 0.0)
        found[name] = np.where(rng.random(cases) < number * shift, 1.0, gain)
    return found


def write_run(
    folder: Path, system: str, values: Table, seed: int = 0, more: bool = True, owners: int = 0, **told: Any
) -> Run:
    """Write the run of a system with these scores; of `owners` users (0: a case each) the cases are dealt in turn."""
    cases = tuple(f"case-{number:05d}" for number in range(len(values)))
    users = tuple(f"user-{number % (owners or len(values)):05d}" for number in range(len(values)))
    no = np.zeros(len(values), dtype=np.bool_)
    facts = {"history_length": np.ones(len(values)), "target_popularity": np.ones(len(values))}
    slices = {name: ("5-9",) * len(values) for name in ("history", "popularity")}
    place = folder / system / str(seed)
    write_scores(place / "scores.parquet", Scores(cases, users, no, facts, slices, {"main@10": values}))
    mean = float(np.nanmean(values))
    figure = {"value": mean, "low": None, "high": None, "cases": len(values), "higher_is_better": more}
    content: dict[str, Any] = {
        "schema": 1,
        "key": f"{system}{seed}".ljust(12, "0"),
        "asked": "2025-01-01T00:00:00+00:00",
        "task": {"id": "own/made/next-item", "version": "1", "primary": "main@10", "scorers": ["main@10"]},
        "system": {"name": system, "config": {}, "changed": {}},
        "seed": seed,
        "limit": None,
        "seen": "keep",
        "device": {"name": "cpu", "dtype": "float32"},
        "data": {"fingerprint": "f" * 64},
        "code": {"asked": "", "judged": "", "figures": ""},
        "policies": {"level": 0.95, "resamples": 2000},
        "counts": {"cases": len(cases), "users": len(set(users)), "failed": 0, "reasons": {}},
        "figures": {"main@10": figure},
        "seconds": {"ask": 1.0, "attempts": 1},
        "host": {"python": "3", "platform": "here", "cores": 1, "packages": {}},
        "files": {"answers.parquet": "", "scores.parquet": file_sha256(place / "scores.parquet")},
        **told,
    }
    run = Run(place)
    run.write_manifest(content)
    return run


def write_runs(folder: Path, tables: Mapping[str, Table], **about: Any) -> list[Run]:
    """Write a run a system."""
    return [write_run(folder, name, values, **about) for name, values in tables.items()]


def store_scored(folder: Path, **reports: Sequence[Run]) -> Path:
    """Write reports NAME.json with NAME.parquet beside them into a folder and return it."""
    for name, runs in reports.items():
        write_text(folder / f"{name}.json", to_json(gather(runs)))
        write_scored(scored(grouped(runs)), folder / f"{name}.parquet")
    return folder


def pages_of(runs: Sequence[Run]) -> tuple[list[Page], list[Scored]]:
    """Return what a report of runs holds, and its scores."""
    return gather(runs), scored(grouped(runs))
