"""Time to write a report of 5,000 cases of six systems with as many pictures, and to open it in Chromium."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

import numpy as np

from bench.api import Instruction
from bench.io import file_sha256
from bench.pixels import save_pixels
from bench.report.html.site import write_runs
from bench.rng import stream
from bench.store import Run, canonical_lines, folder_for
from bench.tables import Scores, read_answers, read_scores, write_answers, write_media, write_scores
from tests.report.browser import ABSENT, chromium
from tests.report.made import make_runs
from tests.report.reading import the_gallery

CASES, SYSTEMS, PICTURES = 5000, 6, 5000


def make(folder: Path) -> list[Run]:
    """Return runs blown up from small ones: the answers of a few users given to many."""
    small = make_runs(folder / "small", 130)
    rng = stream(0, "bench html")
    out = folder / "runs"
    pictures = [out / "media" / f"{number}.png" for number in range(PICTURES)]
    for path in pictures:
        save_pixels(path, rng.integers(0, 256, (1, 64, 64, 3), dtype=np.uint8))
    texts = [answer.text for answer in read_answers(small[0].answers).values() if isinstance(answer, Instruction)]
    cases = tuple(f"u{number:05d}@5" for number in range(CASES))
    found = []
    for number in range(SYSTEMS):
        told = {**small[0].manifest, "key": f"{number:064d}"}
        told["system"] = {**told["system"], "changed": {"step": number}}
        run = Run(folder_for(out, told["task"]["id"], told["system"]["name"], 0, told["key"]))
        write_answers(run.answers, cases, [Instruction(texts[place % len(texts)]) for place in range(CASES)])
        order = rng.integers(0, PICTURES, CASES)
        write_media(run.media, {case: pictures[place] for case, place in zip(cases, order, strict=True)}, out)
        old = read_scores(small[0].scores)
        new = Scores(
            cases=cases,
            users=cases,
            failed=np.zeros(CASES, dtype=np.bool_),
            facts={name: np.resize(values, CASES) for name, values in old.facts.items()},
            slices={name: tuple(np.resize(values, CASES)) for name, values in old.slices.items()},
            metrics={name: rng.random(CASES) for name in old.metrics},
        )
        write_scores(run.scores, new)
        told["files"] = {path.name: file_sha256(path) for path in (run.answers, run.scores)}
        told["counts"] = {**told["counts"], "cases": CASES, "users": CASES, "failed": 0}
        run.folder.joinpath("run.json").write_text(canonical_lines(json.loads(json.dumps(told))))
        found.append(run)
    return found


def main() -> None:
    """Print what writing and opening take, in seconds, and what the largest file weighs."""
    with tempfile.TemporaryDirectory() as room:
        folder = Path(room)
        runs = make(folder)
        started = time.perf_counter()
        site = write_runs(runs, folder / "report")
        print(f"write {CASES:,} cases x {SYSTEMS} systems: {time.perf_counter() - started:.1f} s")
        files = [path for path in site.folder.rglob("*") if path.is_file()]
        largest = max((path for path in files if path.suffix == ".js"), key=lambda path: path.stat().st_size)
        print(f"{len(files):,} files; the largest script, {largest.name}: {largest.stat().st_size / 1e3:.0f} kB")
        if ABSENT:
            print(ABSENT)
            return
        gallery = the_gallery(site.folder) / "index.html"
        with chromium(folder / "profile") as browser:
            browser.reset()  # a browser that has just started is busy with itself
            for name, page, ready in (
                ("figures", site.folder / "index.html", "document.querySelector('table')"),
                ("gallery", gallery, "document.body.dataset.ready"),
            ):
                started = time.perf_counter()
                browser.open(page)
                browser.until(ready)
                print(f"open {name}: {time.perf_counter() - started:.2f} s")
            started = time.perf_counter()
            browser.run("""const order = document.getElementById('order'); order.value = 'differ';
                order.dispatchEvent(new Event('change'))""")
            browser.until("document.body.dataset.ready !== '1'")
            print(f"order by difference: {time.perf_counter() - started:.2f} s")
            started = time.perf_counter()
            browser.run(
                """document.getElementById('goto').value = arguments[0];
                document.querySelector('.tool button').click()""",
                f"u{CASES - 7:05d}@5",
            )
            browser.until("document.querySelector('.asked')")
            print(f"go to a case: {time.perf_counter() - started:.2f} s")


if __name__ == "__main__":
    main()
