"""Time to compare all pairs of a sheet that no report compared, and size of the scores, by kind of score."""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

from bench.leaderboard.merge import merge
from bench.leaderboard.sources import opened
from bench.rng import stream
from tests.report.scored_results import Table, drawn, store_scored, write_run


def seeds_of(kind: str, systems: int, cases: int) -> list[dict[str, Table]]:
    """Return the scores of every system, a dictionary a seed: those of rankings, or no two alike."""
    names = [f"system-{number:02d}" for number in range(systems)]
    if kind == "no two scores alike":
        rng = stream(0, "continuous")
        return [{name: rng.random(cases) for name in names}]
    count = 3 if kind == "ranking, three seeds" else 1
    tables = list(drawn([str(number) for number in range(systems * count)], cases, 0.002).values())
    return [dict(zip(names, tables[seed::count], strict=True)) for seed in range(count)]


def main() -> None:
    """Print how many pairs were compared, in which time, and the bytes of a row's scores; every report has one row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--systems", type=int, default=20)
    parser.add_argument("--cases", type=int, default=3200)
    given = parser.parse_args()
    print(f"{given.systems} systems x {given.cases:,} cases, {len(os.sched_getaffinity(0))} cores")
    for kind in ("ranking, one seed", "ranking, three seeds", "no two scores alike"):
        with tempfile.TemporaryDirectory() as room:
            folder = Path(room)
            seeds = seeds_of(kind, given.systems, given.cases)
            reports = {
                name: [write_run(folder / "runs", name, table[name], seed) for seed, table in enumerate(seeds)]
                for name in seeds[0]
            }
            results = store_scored(folder / "results", **reports)
            size = sum(path.stat().st_size for path in results.glob("*.parquet")) / given.systems
            started = time.perf_counter()
            with opened(results) as sources:
                read, spent = time.perf_counter(), time.process_time()
                (sheet,) = merge(sources).sheets
                done, spent = time.perf_counter(), time.process_time() - spent
        pairs = len(sheet.here)
        print(f"  {kind}: {pairs} pairs in {done - read:.1f} s, {1e3 * spent / pairs:.0f} ms of computing a pair;")
        print(
            f"    scores: {size / 1e3:.1f} kB a row, read in {1e3 * (read - started) / given.systems:.0f} ms a report"
        )


if __name__ == "__main__":
    main()
