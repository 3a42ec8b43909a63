"""Prints what the planted world holds, a part at a time; `--measure` computes signal and wishes anew first."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np

from bench.api import Dataset
from bench.config import build
from bench.io import write_text
from bench.report.board import Page
from bench.report.calibrate import DataSet, rows_of, verdicts
from bench.report.render import difference, from_json, interval, number, probability
from tasks.world.load import load
from tasks.world.strengths import DEFAULTS
from tasks.world.truth import next_attributes, signal
from tasks.world.world import World, make_world

RESULTS = Path(__file__).parent.parent / "results"
OPTIMUM = "tasks.world.truth:BayesOptimal"
LEARNT = ("transitions", "markov", "ease", "sasrec-bce", "sasrec-sampled-softmax", "sasrec-softmax")


def ladder() -> str:
    """Return the rungs of every next-item card: the optimum, the best classic system, item-kNN, popularity, random."""
    lines = [
        "| card | rung | ndcg@10 [95%] | recall@10 | minus the next rung | p (Holm) |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for page in from_json(RESULTS / "world.json"):
        rungs = [OPTIMUM, best(page), "item-knn", "popularity", "random"]
        rows = {row.system: row for row in page.rows}
        for place, name in enumerate(rungs):
            row = rows[name]
            shown = "best possible" if name == OPTIMUM else name
            cells = [
                page.question.task,
                shown,
                interval(row.figures["ndcg@10"]),
                number(row.figures["recall@10"].value),
            ]
            lines.append("| " + " | ".join([*cells, *gap(page, rungs[place : place + 2])]) + " |")
    return "\n".join(lines)


def best(page: Page) -> str:
    """Return the learnt classic system that leads the page."""
    return next(row.system for row in page.rows if row.system in LEARNT)


def gap(page: Page, pair: list[str]) -> list[str]:
    """Return the paired difference of two systems of a page with its corrected p; blank for the last rung."""
    if len(pair) < 2:
        return ["", ""]
    line = next(line for line in page.contrasts if [line.a, line.b] == pair)
    return [difference(line.difference, line.low, line.high), probability(line.p_holm)]


def measured() -> dict[str, dict[str, dict[str, float]]]:
    """Return, per domain, what observers gain, and how often each attribute of the next item is guessed."""
    found = {}
    for name, usual in DEFAULTS.items():
        world, data = make_world(name, usual, 0), load(None, domain=name)
        queries = [example.query for example in data.examples]
        told = signal(world, queries, [example.targets[0] for example in data.examples])
        gains = {observer: round(nats, 4) for observer, (nats, _) in told.items()}
        hits = {observer: round(hit, 4) for observer, (_, hit) in told.items()}
        found[name] = {"gain": gains, "hits": hits, **guesses(world, data)}
    return found


def guesses(world: World, data: Dataset) -> dict[str, dict[str, float]]:
    """Return how often three guesses of each attribute are right: the optimum's, the history's, everybody's."""
    terms = {item.id: item.attributes["terms"] for item in data.train.items.values()}
    seen = [terms[item] for sequence in data.train.sequences.values() for item in sequence]
    right: dict[str, dict[str, float]] = {"best possible": {}, "history": {}, "everybody": {}}
    likely = [next_attributes(world, example.query) for example in data.examples]
    for place, attribute in enumerate(world.shelf.domain.attributes):
        usual = most([term[place] for term in seen])
        truth = [terms[example.targets[0]][place] for example in data.examples]
        told = {
            "best possible": [max(one[attribute.name].items(), key=lambda pair: pair[1])[0] for one in likely],
            "history": [most([terms[item][place] for item in one.query.history]) for one in data.examples],
            "everybody": [usual] * len(truth),
        }
        for who, guess in told.items():
            right[who][attribute.name] = round(float(np.mean([a == b for a, b in zip(guess, truth, strict=True)])), 4)
    return right


def most(values: list[str]) -> str:
    """Return the most frequent value, the first in order of the alphabet among equals."""
    return max(sorted(set(values)), key=values.count)


def observers() -> str:
    """Return the gain of each observer over a uniform guess, in nats a case, and its hit rate at 10."""
    lines = ["| domain | who knows | nats gained | hit rate at 10 |", "|---|---|---:|---:|"]
    for domain, told in stored().items():
        for name, nats in told["gain"].items():
            lines.append(f"| {domain} | {name} | {nats:.2f} | {number(told['hits'][name])} |")
        left = np.log(DEFAULTS[domain].items) - told["gain"]["everything"]
        lines.append(f"| {domain} | *left to chance* | {left:.2f} | |")
    return "\n".join(lines)


def wishes() -> str:
    """Return how often each attribute of the next item is guessed right."""
    lines = ["| domain | guess | attribute: share right | mean |", "|---|---|---|---:|"]
    for domain, told in stored().items():
        for who in ("best possible", "history", "everybody"):
            shares = ", ".join(f"{name} {share:.2f}" for name, share in told[who].items())
            lines.append(f"| {domain} | {who} | {shares} | {np.mean(list(told[who].values())):.3f} |")
    return "\n".join(lines)


def legibility() -> str:
    """Return how often a small network names each attribute right (`docs/legibility.py`)."""
    lines = ["| shown | attribute: accuracy |", "|---|---|"]
    for shown, shares in json.loads((RESULTS / "measured" / "legibility.json").read_text()).items():
        lines.append(f"| {shown} | " + ", ".join(f"{name} {share:.3f}" for name, share in shares.items()) + " |")
    return "\n".join(lines)


def calibration() -> str:
    """Return the world beside the real logs, as `navibench data calibrate --json` told it where the logs are."""
    told = json.loads((RESULTS / "measured" / "calibrate.json").read_text())
    sets = [build(DataSet, one, "calibrate.json") for one in told]
    names, rows = rows_of(sets)
    lines = ["| " + " | ".join(names) + " |", "|---|---|" + "---:|" * (len(names) - 2)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([*lines, "", *(f"{line}." for line in verdicts(sets))])


def parameters() -> str:
    """Return the parameters of every domain."""
    names = list(DEFAULTS)
    lines = ["| parameter | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names)]
    told = {domain: asdict(usual) for domain, usual in DEFAULTS.items()}
    lines += [
        f"| `{name}` | " + " | ".join(f"{told[domain][name]:g}" for domain in names) + " |" for name in told[names[0]]
    ]
    return "\n".join(lines)


def stored() -> dict[str, dict[str, dict[str, float]]]:
    """Return what `--measure` kept."""
    found: dict[str, dict[str, dict[str, float]]] = json.loads((RESULTS / "measured" / "world-truth.json").read_text())
    return found


PARTS: Mapping[str, Callable[[], str]] = {
    "ladder": ladder,
    "signal": observers,
    "wishes": wishes,
    "strengths": parameters,
    "legibility": legibility,
    "calibration": calibration,
}


def main() -> None:
    """Print one part."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("part", choices=PARTS)
    options.add_argument("--measure", action="store_true", help="compute signal and wishes anew: some minutes")
    asked = options.parse_args()
    if asked.measure:
        write_text(RESULTS / "measured" / "world-truth.json", json.dumps(measured(), indent=1) + "\n")
    print(PARTS[asked.part]())


if __name__ == "__main__":
    main()
