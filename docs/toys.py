"""Prints the Amazon Toys 2014 table: published rows beside measured ones; with --leak, what counting the test gives."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from baselines.popularity import Popularity
from bench import catalogue
from bench.api import Case, Cases, Dataset, Train
from bench.report.render import from_json, number
from bench.scorers.ranking import NDCG, Recall

TASK = "product/amazon-toys-2014/next-item"
METRICS = ("recall@5", "ndcg@5", "recall@10", "ndcg@10")
RESULTS = [Path(__file__).parent.parent / "results" / name for name in ("classic.json", "codes.json")]
PUBLISHED = (
    ("PopRec", ".0066 .0046 .0113 .0061", "full-ranking table of the S3-Rec repository; counts the test events"),
    ("GRU4Rec", ".0097 .0059 .0176 .0084", "TIGER, arXiv 2305.05065"),
    ("BERT4Rec", ".0116 .0071 .0203 .0099", "TIGER, arXiv 2305.05065"),
    ("SASRec (binary cross-entropy)", ".0463 .0306 .0675 .0374", "TIGER, arXiv 2305.05065"),
    ("S3-Rec", ".0443 .0294 .0700 .0376", "TIGER, arXiv 2305.05065"),
    ("TIGER", ".0521 .0371 .0712 .0432", "arXiv 2305.05065"),
    ("OneRec-Think", ".0579 .0412 .0797 .0482", "arXiv 2510.11639"),
    ("SASRec, sampled softmax", "- - .0970 .0580", "eSASRec, arXiv 2508.06450"),
)


def compared() -> str:
    """Return published rows, then the measured ones of both pages (history kept, history masked)."""
    head = ["| row | " + " | ".join(METRICS) + " | source |", "|---|" + "---:|" * len(METRICS) + "---|"]
    rows = [f"| *{name}* | " + " | ".join(values.split()) + f" | {source} |" for name, values, source in PUBLISHED]
    shown: set[tuple[str, str]] = set()
    pages = [page for path in RESULTS for page in from_json(path)]
    for page in sorted(pages, key=lambda page: page.question.seen):
        if page.question.task == TASK:
            for row in page.rows:
                if (row.label, page.question.seen) in shown:
                    continue
                shown.add((row.label, page.question.seen))
                cells = " | ".join(number(row.figures[name].value) for name in METRICS)
                # A masked run takes over what the run that keeps the history has learnt: its time says nothing.
                masked = "history masked" if page.question.seen == "mask" else ""
                minutes = "interrupted" if row.seconds is None else f"{row.seconds / 60:.1f} min"
                kept = f"history kept, {minutes}"
                rows.append(f"| {row.label} | {cells} | measured, {masked or kept} |")
    return "\n".join([*head, *rows])


def leaked(root: Path) -> str:
    """Return popularity with honest counts and with every event counted, both with the history masked."""
    card = catalogue.task(TASK)
    dataset: Dataset = catalogue.resolve(card.data.loader)(root, **card.data.options)
    honest = dataset.train.sequences
    whole = {example.query.user: (*example.query.history, *example.targets) for example in dataset.examples}
    rows = [("training events", honest), ("all events, the test's too", {**honest, **whole})]
    lines = [f"| popularity counts | {' | '.join(METRICS)} |", "|---|" + "---:|" * len(METRICS)]
    for name, sequences in rows:
        lines.append(f"| {name} | " + " | ".join(figures(dataset, Train(dataset.train.items, sequences))) + " |")
    return "\n".join(lines)


def figures(dataset: Dataset, train: Train) -> list[str]:
    """Return the four means of popularity fitted on `train`."""
    queries = [replace(one.query, exclude=tuple(sorted(set(one.query.history)))) for one in dataset.examples]
    system = Popularity()
    system.fit(train)
    answers = system.rank(queries, 10)
    examples = [replace(one, query=query) for one, query in zip(dataset.examples, queries, strict=True)]
    cases = Cases(tuple(map(Case, examples, answers)), train)
    scorers = (Recall(5), NDCG(5), Recall(10), NDCG(10))
    return [number(float(np.mean([score or 0.0 for score in scorer(cases)]))) for scorer in scorers]


def main() -> int:
    """Print the table that was asked for."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--leak", action="store_true", help="needs the data: NAVIBENCH_DATA")
    if not options.parse_args().leak:
        print(compared())
        return 0
    print(leaked(Path(os.environ["NAVIBENCH_DATA"])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
