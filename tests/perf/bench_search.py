"""What the search for an instruction gains over one draft, and what it costs, with the scripted teacher.

    python -m tests.perf.bench_search [--limit 200] [--noise 0.5] [--conceal title] [--keep best]

The usual settings are published by `python -m docs.search`; here noise, rules and speed can be tried.
Samples are the validation histories of the three domains of the planted world, to be drawn and filmed in turn. Quality:
the final text judged once more by the scripted judge without noise, after what concealment costs; judged: the fitness
that the search believes in. The gain is the paired difference in quality to a single draft with its interval, a sample
(and a user) a case. f1: the benchmark's own attribute-f1 of the final texts, which the scripted judge does not compute.
Calls are those of the search, a sample; seconds are those of the arm.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

import numpy as np

from bench.api import Case, Cases, Example, Instruction, Query, Train
from bench.scorers.instruction import AttributeF1
from bench.stats import compare_paired
from docs.search import judged_again, world_samples
from navigen.teacher.evolve import count_calls
from navigen.teacher.lessons import teach
from navigen.teacher.sample import Lesson, Teaching
from navigen.teacher.scripted import Scripted
from tasks.world.load import load
from tasks.world.taxonomy import DOMAINS
from tests.navigen.teacher.desk import Plain


def attribute_f1(lessons: Sequence[Lesson], train: Train) -> float:
    """Return the mean attribute-f1 of the instructions."""
    rows = [
        Case(Example(Query(one.sample.id, one.sample.id, ()), (one.sample.target.id,)), Instruction(one.instruction))
        for one in lessons
    ]
    scores = AttributeF1()(Cases(tuple(rows), train))
    return float(np.mean([score for score in scores if score is not None]))


def main() -> None:
    """Print a table a domain."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--limit", type=int, default=200)
    parser.add_argument("--noise", type=float, default=0.5)
    parser.add_argument("--conceal", default="title")
    parser.add_argument("--keep", default="best")
    told = parser.parse_args()
    arms = {"single": Teaching(search="single", conceal=told.conceal, keep=told.keep, thoughts=False)}
    for rounds in (0, 1, 2, 4):
        arms[f"R = {rounds}"] = Teaching(rounds, conceal=told.conceal, keep=told.keep, thoughts=False)
    for domain in DOMAINS:
        train = load(None, domain=domain).train
        samples = world_samples(train, told.limit)
        print(f"{domain}: {len(samples)} samples, noise {told.noise}, conceal {told.conceal}, keep {told.keep}")
        print(f"{'':8} quality  judged     f1   gain      95% interval  calls  gain/call   sec")
        base: list[float] = []
        for name, settings in arms.items():
            start = time.perf_counter()
            found = teach(samples, Plain(Scripted(told.noise)), settings).values()
            seconds = time.perf_counter() - start
            lessons = [one for one in found if isinstance(one, Lesson)]
            assert len(lessons) == len(samples), "a lesson failed"
            good = [judged_again(one, settings.conceal) for one in lessons]
            base = base or good
            judged = np.mean([one.fitness or 0.0 for one in lessons])
            calls = count_calls(settings)
            pair = compare_paired(np.array([good]).T, np.array([base]).T, np.arange(len(samples)), seed=0)[0]
            gain = pair.difference or 0.0
            span = f"[{pair.interval.low:.3f}, {pair.interval.high:.3f}]"
            print(
                f"{name:8}{np.mean(good):8.3f}{judged:8.3f}{attribute_f1(lessons, train):7.3f}{gain:7.3f}{span:>18}"
                f"{calls:7}{gain / calls:11.3f}{seconds:6.1f}"
            )


if __name__ == "__main__":
    main()
