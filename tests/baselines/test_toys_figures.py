"""Figures that are known to four digits, from the real logs: the counting rows of Amazon Toys 2014, and anchors.

Leave-last-out, full catalogue, expected ties: a user's last event is the target, the history is everything before it,
and training events are all but the last two. These are the conventions the systems ship with. Each row gives recall@5,
NDCG@5, recall@10 and NDCG@10 with the history kept, then masked.
"""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from baselines.item_knn import ItemKNN
from baselines.popularity import Popularity
from baselines.transitions import Markov, Transitions
from bench.api import Case, Cases, Example, Item, Query, Ranker, Train
from bench.scorers.ranking import NDCG, Recall

TOYS = "product/amazon-toys-2014"
KUAIRAND = "short_video/kuairand-pure-5k"
STEAM = "game/steam-reviews-au"
TABLE: list[tuple[Ranker, str, str]] = [
    (Popularity(), ".0055 .0038 .0089 .0049", ".0055 .0038 .0090 .0049"),
    (Markov(), ".0561 .0433 .0670 .0468", ".0565 .0438 .0672 .0473"),
    (Transitions(weights=(1.0, 0.5), window=1), ".0621 .0463 .0780 .0515", ".0632 .0482 .0785 .0532"),
    (Transitions(), ".0716 .0520 .0922 .0586", ".0744 .0557 .0940 .0620"),
]


@cache
def read(path: Path) -> dict[str, tuple[str, ...]]:
    with gzip.open(path / "sequences.tsv.gz", "rt") as lines:
        rows = dict(line.rstrip("\n").split("\t") for line in lines)
    return {user: tuple(rows[user].split()) for user in sorted(rows)}


def figures(system: Ranker, path: Path, held_out: int, mask: bool) -> str:
    """Return the four means; `held_out` events of every user are kept out of training (0 trains on the test too)."""
    logs = read(path)
    items = sorted({item for events in logs.values() for item in events})
    training = {user: events[: len(events) - held_out] for user, events in logs.items()}
    train = Train({name: Item(name) for name in items}, training)
    examples = [
        Example(Query(user, user, events[:-1], tuple(sorted(set(events[:-1]))) if mask else ()), events[-1:])
        for user, events in logs.items()
        if len(events) > 2
    ]
    system.fit(train)
    answers = system.rank([example.query for example in examples], 10)
    cases = Cases(tuple(Case(example, answer) for example, answer in zip(examples, answers, strict=True)), train)
    means = [
        np.mean([value or 0.0 for value in scorer(cases)]) for scorer in (Recall(5), NDCG(5), Recall(10), NDCG(10))
    ]
    return " ".join(f"{mean:.4f}".removeprefix("0") for mean in means)


@pytest.mark.slow
@pytest.mark.parametrize(("system", "kept", "masked"), TABLE, ids=["popularity", "markov", "two items", "four items"])
def test_counting_rows(real_logs: Path, system: Ranker, kept: str, masked: str) -> None:
    assert figures(system, real_logs / TOYS, 2, mask=False) == kept
    assert figures(system, real_logs / TOYS, 2, mask=True) == masked


@pytest.mark.slow
def test_the_published_popularity_row_counts_the_test_events(real_logs: Path) -> None:
    """The leak, on purpose: only with the test events counted does popularity equal the row others print."""
    assert figures(Popularity(), real_logs / TOYS, 0, mask=False) == ".0066 .0046 .0113 .0060"
    assert figures(Popularity(), real_logs / TOYS, 0, mask=True) == ".0066 .0046 .0113 .0061"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("log", "system", "recall"),
    [
        (KUAIRAND, Popularity(), ".0554"),
        (KUAIRAND, Markov(back_off=True), ".0524"),
        (KUAIRAND, ItemKNN(neighbours=0), ".0784"),
        (STEAM, Popularity(), ".2652"),
        (STEAM, Markov(back_off=True), ".2190"),
    ],
)
def test_anchors_of_other_conventions(real_logs: Path, log: str, system: Ranker, recall: str) -> None:
    """Hit rates that train on all but the last event, mask the history and break Markov's ties by popularity."""
    assert figures(system, real_logs / log, 1, mask=True).split()[2] == recall
