"""Time to build a leaderboard of 200 systems on 40 tasks, and to open its pages in Chromium."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from bench.leaderboard.merge import merge
from bench.leaderboard.site import write
from bench.leaderboard.sources import opened
from bench.rng import stream
from tests.report.boards import made_page, store
from tests.report.browser import ABSENT, chromium

SYSTEMS = 200
SIZES = ((20, 40), (1, 4))  # reports and tasks: many small reports; one that compares all pairs


def make(folder: Path, reports: int, tasks: int) -> Path:
    """Write reports that share three baselines; one report alone compares every pair of all systems."""
    rng = stream(0, "bench board")
    values = rng.random((tasks, SYSTEMS)).tolist()
    names = [f"system-{number:03d}" for number in range(SYSTEMS)]
    each = SYSTEMS // reports
    for report in range(reports):
        part = sorted({0, 1, 2, *range(report * each, (report + 1) * each)})
        pages = [
            made_page({names[place]: values[task][place] for place in part}, f"own/task-{task:02d}/next-item")
            for task in range(tasks)
        ]
        store(folder, **{f"report{report:02d}": pages})
    return folder


def main() -> None:
    """Print seconds and sizes for many small reports and for one that compares all pairs."""
    for reports, tasks in SIZES:
        with tempfile.TemporaryDirectory() as room:
            folder = Path(room)
            results = make(folder / "results", reports, tasks)
            stored = sum(path.stat().st_size for path in results.iterdir())
            started, spent = time.perf_counter(), time.process_time()
            with opened(results) as sources:
                read = time.perf_counter()
                site = write(merge(sources), folder / "site")
            done, spent = time.perf_counter(), time.process_time() - spent
            size = sum(path.stat().st_size for path in site.folder.rglob("*") if path.is_file())
            print(f"{SYSTEMS} systems x {tasks} tasks in {reports} reports, {stored / 1e6:.0f} MB stored:")
            print(f"  build {done - started:.1f} s, {read - started:.1f} s of them reading; {spent:.1f} s of computing")
            print(f"  {size / 1e6:.0f} MB of site")
            if ABSENT:
                print(f"  {ABSENT}")
                continue
            task = min((site.folder / "task").glob("*.html"))
            ready = "document.getElementById('result').dataset.shown"
            with chromium(folder / "profile") as browser:
                browser.reset()  # a browser that has just started is busy with itself
                for name, page, condition in (
                    ("index", site.folder / "index.html", "document.readyState === 'complete'"),
                    ("task", task, "document.readyState === 'complete'"),
                    ("task with its contrasts", task, ready),
                    ("system", min((site.folder / "system").glob("*.html")), "document.readyState === 'complete'"),
                ):
                    browser.open(site.folder / "assets" / "style.css")
                    started = time.perf_counter()
                    browser.open(page)
                    browser.until(condition)
                    took = time.perf_counter() - started
                    print(f"  open {name}: {took:.2f} s; {page.stat().st_size / 1e3:.0f} kB of page")


if __name__ == "__main__":
    main()
