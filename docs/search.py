"""What searching for an instruction gains over one draft, and what it costs, with the scripted teacher.

`--measure` teaches held-out (validation) histories of the planted world's three domains, some minutes long, and writes
results/measured/search.json; without it, what was measured is printed. A sample is a user's history; its fitness is the
one that the search believes in (`navigen.teacher.fitness`). The best of some noisy scores is flattered by its noise, so
the instruction that was kept is also judged again, without noise.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.api import Kind, Train
from bench.io import write_text
from bench.report.render import difference
from bench.rng import hash_order
from bench.stats import compare_paired
from docs.ablations import MEASURED as COMPARED
from docs.measured import Row, read
from navigen.teacher.asking import sample_facts
from navigen.teacher.critic import assess
from navigen.teacher.fitness import Scores, find_named, mark
from navigen.teacher.grammar import Words
from navigen.teacher.lessons import teach
from navigen.teacher.sample import Lesson, Sample, Teaching
from navigen.teacher.settings import SCRIPTED, TeacherSettings, open_desk
from tasks.suites import DOMAINS
from tasks.world.load import load

MEASURED = COMPARED.with_name("search.json")
SINGLE = "single draft"
ARMS: Mapping[str, Teaching] = {
    SINGLE: Teaching(search="single", thoughts=False),
    **{f"R = {rounds}": Teaching(rounds, thoughts=False) for rounds in (0, 1, 2, 4)},
}
SAMPLES = 1000


def keep(samples: int) -> None:
    """Write a row a domain and search, of so many validation histories a domain."""
    write_text(MEASURED, json.dumps([row for one in DOMAINS for row in rows_of(one, samples)], indent=1) + "\n")


def rows_of(domain: str, samples: int) -> list[dict[str, Any]]:
    """Return a row a search: fitness, the paired difference from a single draft, and the calls a sample took."""
    asked = world_samples(load(None, domain=domain).train, samples)
    marks, calls = {}, {}
    for name, settings in ARMS.items():
        lessons = taught(asked, settings)
        calls[name] = float(np.mean([one.trace["calls"] for one in lessons]))
        marks[name] = np.array([[one.fitness, judged_again(one, settings.conceal)] for one in lessons], dtype=float)
    rows = []
    for name, own in marks.items():
        row: dict[str, Any] = {"domain": domain, "search": name, "samples": len(asked), "calls": calls[name]}
        lines = compare_paired(own, marks[SINGLE], np.arange(len(asked)), seed=0)
        for place, what in enumerate(("judged", "again")):
            row[what] = float(own[:, place].mean())
            if name != SINGLE:
                span = lines[place].interval
                row |= {f"{what}_gain": [lines[place].difference, span.low, span.high]}
        rows.append(row)
    return rows


def world_samples(train: Train, samples: int) -> list[Sample]:
    """Return validation histories, one a user, chosen by hash; to be drawn and filmed in turn."""
    order = hash_order([one.query.id for one in train.validation], "search")[:samples]
    asked = [train.validation[place] for place in order]
    return [
        Sample(
            one.query.user,
            tuple(train.items[name] for name in one.query.history),
            train.items[one.targets[0]],
            (Kind.IMAGE, Kind.VIDEO)[turn % 2],
        )
        for turn, one in enumerate(asked)
    ]


def taught(samples: Sequence[Sample], settings: Teaching) -> list[Lesson]:
    """Return what the scripted teacher makes of samples, in order; it fails at none."""
    with tempfile.TemporaryDirectory() as folder:
        found = teach(samples, open_desk(TeacherSettings("scripted"), Path(folder)), settings)
    lessons = [one for sample in samples if isinstance(one := found[sample.id], Lesson)]
    if len(lessons) < len(samples):
        raise RuntimeError(f"{SCRIPTED} failed at {len(samples) - len(lessons)} samples")
    return lessons


def judged_again(lesson: Lesson, conceal: str) -> float:
    """Return the fitness of a lesson's instruction by the scripted judge without noise."""
    facts = sample_facts(lesson.sample, lesson.terms)
    scores, _ = assess(lesson.instruction, Words.of(facts), facts)
    return mark(Scores(**scores), find_named(lesson.instruction, lesson.sample.target, lesson.terms, conceal)).fitness


def table(rows: Sequence[Row]) -> str:
    """Return the rows as Markdown: means, minus a single draft [95%], and that gain divided by the calls."""
    heads = ["domain", "search", "samples", "calls"]
    heads += [f"{what} | minus {SINGLE} [95%] | a call" for what in ("judged fitness", "judged again without noise")]
    lines = [f"| {' | '.join(heads)} |", "|---|---|---:|---:|" + "---:|---|---:|" * 2]
    for row in rows:
        cells = [row["domain"], row["search"], f"{row['samples']:,}", f"{row['calls']:g}"]
        for what in ("judged", "again"):
            cells.append(f"{row[what]:.3f}")
            gain = row.get(f"{what}_gain")
            cells += ["", ""] if gain is None else [difference(*gain), f"{gain[0] / row['calls']:+.3f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="validation histories a domain")
    told = parser.parse_args()
    if told.measure:
        keep(told.samples)
    print(table(read(MEASURED)))
