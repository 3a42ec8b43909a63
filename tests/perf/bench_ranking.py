"""Time and peak memory of ranking and scoring 22,000 users over 12,000 items, and the ratio to a common library."""

from __future__ import annotations

import resource
import sys
import time
from importlib.util import find_spec

import numpy as np

from bench.api import Case, Cases, Example, Item, Query, Ranking, Train
from bench.catalogue import resolve
from bench.scorers import SCORERS
from bench.topk import blocks, top_rankings

USERS, ITEMS, DEPTH, EVENTS = 22_000, 12_000, 50, 170_000
CUTS = (5, 10, 50)
REPEATS = 3  # the fastest counts


def peak() -> float:
    """Return the peak resident memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def rank(names: list[str], rng: np.random.Generator) -> tuple[list[Ranking], float]:
    """Return rankings of random scores, and the seconds that ranking took."""
    rankings: list[Ranking] = []
    seconds = 0.0
    for rows in blocks(USERS, 512):
        scores = rng.standard_normal((rows.stop - rows.start, ITEMS), dtype=np.float32)
        barred = [[1, 2, 3]] * len(scores)
        start = time.perf_counter()
        rankings.extend(top_rankings(scores, names, DEPTH, barred))
        seconds += time.perf_counter() - start
    return rankings, seconds


def make_cases(rankings: list[Ranking], names: list[str], rng: np.random.Generator) -> Cases:
    """Return cases with one target each, for a third of them inside the ranking."""
    drawn = rng.integers(0, ITEMS, size=(USERS, 2))
    rows = []
    for user, (ranking, (far, near)) in enumerate(zip(rankings, drawn.tolist(), strict=True)):
        target = ranking.items[near % DEPTH] if user % 3 == 0 else names[far]
        rows.append(Case(Example(Query(str(user), str(user), (), (names[1],)), (target,)), ranking))
    events = rng.integers(0, ITEMS, size=EVENTS).tolist()
    train = Train({name: Item(name) for name in names}, {"all": tuple(names[event] for event in events)})
    return Cases(tuple(rows), train)


def score(cases: Cases) -> tuple[dict[str, float], float]:
    """Return the mean of every scorer at every cut, and the seconds that scoring took with nothing remembered."""
    cases = Cases(cases.rows, cases.train)
    means: dict[str, float] = {}
    start = time.perf_counter()
    for name, entry in SCORERS.items():
        for k in CUTS:
            scorer = resolve(entry.target)(k=k)
            if hasattr(scorer, "measure"):
                means[f"{name}={k}"] = scorer.measure(cases)
            else:
                means[f"{name}={k}"] = float(np.mean([value for value in scorer(cases) if value is not None]))
    return means, time.perf_counter() - start


def score_with_ranx(cases: Cases) -> tuple[dict[str, float], float]:
    """Return ranx's means and seconds (after its compilation) for recall, NDCG and MRR."""
    from ranx import Qrels, Run, evaluate

    metrics = [f"{name}@{k}" for name in ("recall", "ndcg", "mrr") for k in CUTS]

    def run(rows: tuple[Case, ...]) -> dict[str, float]:
        truth = {case.example.query.id: dict.fromkeys(case.example.targets, 1) for case in rows}
        answers = {}
        for case in rows:
            items = case.answer.items if isinstance(case.answer, Ranking) else ()
            answers[case.example.query.id] = {item: float(DEPTH - place) for place, item in enumerate(items)}
        return dict(evaluate(Qrels(truth), Run(answers), metrics))

    run(cases.rows[:100])
    start = time.perf_counter()
    means = run(cases.rows)
    return means, time.perf_counter() - start


def main() -> None:
    """Print the table."""
    rng = np.random.default_rng(0)
    names = [f"item-{number:05}" for number in range(ITEMS)]
    base = peak()
    rankings, ranking_seconds = rank(names, rng)
    ranked = peak()
    cases = make_cases(rankings, names, rng)
    made = peak()
    means, seconds = min((score(cases) for _ in range(REPEATS)), key=lambda result: result[1])
    print(f"rank   {USERS} x {ITEMS}, depth {DEPTH}: {ranking_seconds:6.2f} s, peak memory + {ranked - base:.0f} MB")
    print(f"score  {len(means)} figures: {seconds:6.2f} s, peak memory + {peak() - made:.0f} MB")
    if find_spec("ranx") is None:
        print("ranx is not installed: no ratio", file=sys.stderr)
        return
    theirs, their_seconds = min((score_with_ranx(cases) for _ in range(REPEATS)), key=lambda result: result[1])
    apart = max(abs(means[name.replace("@", "@k=")] - value) for name, value in theirs.items())
    print(f"ranx   {len(theirs)} of the figures: {their_seconds:6.2f} s, {their_seconds / seconds:.1f} times ours")
    print(f"largest difference of a mean: {apart:.1e}")


if __name__ == "__main__":
    main()
