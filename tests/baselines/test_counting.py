"""The counting baselines by hand: what each of them counts, and that equal sums tie."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.chance import Random
from baselines.ease import Ease
from baselines.encode import Columns, pad_left
from baselines.item_knn import ItemKNN
from baselines.popularity import Popularity
from baselines.recent import Recent
from baselines.transitions import Markov, Transitions
from bench.api import Answer, Context, Item, Query, Ranker, Ranking, Train
from bench.errors import BenchError

ITEMS = "abcdef"


def train_on(*histories: str) -> Train:
    sequences = {f"u{number}": tuple(history) for number, history in enumerate(histories)}
    return Train({name: Item(name) for name in ITEMS}, sequences)


def ask(system: Ranker, train: Train, history: str, k: int = 3, exclude: str = "") -> Answer:
    system.fit(train)
    return system.rank([Query("q", "u", tuple(history), tuple(exclude))], k)[0]


def test_popularity_counts_training_events() -> None:
    train = train_on("abb", "cb", "ca")
    assert ask(Popularity(), train, "") == Ranking(("b", "a", "c"), (1, 2))
    assert ask(Popularity(), train, "", k=9, exclude="b") == Ranking(("a", "c"), (2,), 3)


def test_recent_puts_the_last_occurrence_first() -> None:
    assert ask(Recent(), train_on("a"), "abcab") == Ranking(("b", "a", "c"))
    assert ask(Recent(), train_on("a"), "abcab", exclude="abc") == Ranking((), (), 3)


def test_markov_counts_directed_neighbours_within_a_user() -> None:
    train = train_on("abac", "ab", "ba", "ad")
    assert ask(Markov(), train, "ba") == Ranking(("b", "c", "d"), (1, 2))
    assert ask(Markov(), train, "d") == Ranking((), (), 6)
    assert ask(Markov(back_off=True), train, "d", k=4) == Ranking(("a", "b", "c", "d"), (1, 1, 2))


def test_weights_that_sum_to_the_same_tie_exactly() -> None:
    # d scores 0.3 from one source, e 0.2 + 0.1 from two: not the same float.
    assert 0.3 != 0.2 + 0.1
    assert ask(Transitions((0.3, 0.2, 0.1), window=1), train_on("ad", "be", "ce"), "cba") == Ranking(
        ("d", "e"), (2,), 4
    )


def slow_transitions(
    histories: Sequence[str], asked: str, weights: Sequence[float], window: int, decay: str, backward: float
) -> list[Fraction]:
    scores = [Fraction(0)] * len(ITEMS)
    for depth, source in enumerate(reversed(asked[-len(weights) :])):
        for history in histories:
            for i, left in enumerate(history):
                for j in range(i + 1, min(i + window, len(history) - 1) + 1):
                    share = Fraction(1, j - i) if decay == "1/distance" else Fraction(1)
                    if left == source:
                        scores[ITEMS.index(history[j])] += Fraction(str(weights[depth])) * share
                    if history[j] == source:
                        scores[ITEMS.index(left)] += Fraction(str(weights[depth])) * share * Fraction(str(backward))
    return scores


@given(
    st.lists(st.text("abcdef", max_size=7), max_size=4),
    st.text("abcdef", max_size=6),
    st.lists(st.sampled_from([1.0, 0.5, 0.3, 0.2, 0.0]), min_size=1, max_size=4),
    st.integers(1, 5),
    st.sampled_from(["1/distance", "none"]),
    st.sampled_from([0.0, 0.3, 1.0]),
)
@settings(max_examples=80, deadline=None)
def test_transitions_match_a_slow_exact_sum(
    histories: list[str], asked: str, weights: list[float], window: int, decay: str, backward: float
) -> None:
    answer = ask(Transitions(tuple(weights), window, decay, backward), train_on(*histories), asked, k=6)
    assert isinstance(answer, Ranking)
    scores = slow_transitions(histories, asked, weights, window, decay, backward)
    levels = sorted(set(scores), reverse=True)
    groups = [[name for name, score in zip(ITEMS, scores, strict=True) if score == level] for level in levels]
    rest = len(groups.pop()) if len(groups[-1]) > 1 else 0
    sizes = tuple(len(group) for group in groups)
    listed = tuple(name for group in groups for name in group)
    assert answer == Ranking(listed, sizes if set(sizes) - {1} else (), rest)


def test_item_knn_similarity_by_hand() -> None:
    train = train_on("abc", "ab", "bd", "aa")
    system = ItemKNN(neighbours=0)
    assert ask(system, train, "a") == Ranking(("b", "c"), (), 4)
    wanted = {"b": 2 / 3, "c": 1 / np.sqrt(3)}
    row = system.similarity.toarray()[0]
    assert {ITEMS[column]: row[column] for column in np.flatnonzero(row)} == pytest.approx(wanted)
    assert ask(ItemKNN(neighbours=1), train, "a") == Ranking(("b",), (), 5)
    shrunk = ItemKNN(neighbours=0, shrinkage=3.0)
    shrunk.fit(train)
    assert shrunk.similarity.toarray()[0][1] == pytest.approx(2 / 6)


def test_item_knn_keeps_what_ties_with_the_last_neighbour() -> None:
    train = train_on("ab", "ab", "ac", "ad")
    kept = ItemKNN(neighbours=2)
    kept.fit(train)
    assert np.flatnonzero(kept.similarity.toarray()[0]).tolist() == [1, 2, 3]
    kept = ItemKNN(neighbours=1)
    kept.fit(train)
    assert np.flatnonzero(kept.similarity.toarray()[0]).tolist() == [1]


@pytest.mark.parametrize(("precision", "close"), [("float64", 1e-10), ("float32", 1e-4)])
def test_ease_matches_the_closed_form(precision: str, close: float) -> None:
    rng = np.random.default_rng(0)
    train = train_on(*["".join(rng.choice(list(ITEMS), size=4)) for _ in range(40)])
    system = Ease(regularisation=3.0, precision=precision)
    system.fit(train)
    x = np.array([[name in history for name in ITEMS] for history in train.sequences.values()], dtype=float)
    p = np.linalg.inv(x.T @ x + 3.0 * np.eye(6))
    wanted = np.eye(6) - p / np.diag(p)
    assert system.weights is not None
    assert np.abs(system.weights - wanted).max() < close


def test_ease_minimises_its_objective_under_a_zero_diagonal() -> None:
    """The gradient of |X - XB|^2 + lambda |B|^2 vanishes off the diagonal, and the diagonal is zero."""
    rng = np.random.default_rng(1)
    train = train_on(*["".join(rng.choice(list(ITEMS), size=3)) for _ in range(30)])
    system = Ease(regularisation=5.0)
    system.fit(train)
    x = np.array([[name in history for name in ITEMS] for history in train.sequences.values()], dtype=float)
    assert system.weights is not None
    gradient = x.T @ (x @ system.weights - x) + 5.0 * system.weights
    assert np.abs(gradient[~np.eye(6, dtype=bool)]).max() < 1e-10
    assert np.all(np.diag(system.weights) == 0)


def test_random_depends_on_seed_and_query_alone() -> None:
    train = train_on("a")

    def orders(seed: int, ids: Sequence[str]) -> list[Answer]:
        system = Random(context=Context(seed=seed))
        system.fit(train)
        return list(system.rank([Query(name, "u", ()) for name in ids], 6))

    assert orders(0, ["p", "q"]) == orders(0, ["q", "p"])[::-1]
    assert orders(0, ["p"]) != orders(1, ["p"])
    firsts = [answer.items[0] for answer in orders(0, [str(n) for n in range(3000)]) if isinstance(answer, Ranking)]
    counts = np.array([firsts.count(name) for name in ITEMS])
    assert ((counts - 500) ** 2 / 500).sum() < 20.5  # chi-square with 5 degrees of freedom: p > .001


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Transitions(decay="1/distanc"), "did you mean decay=1/distance"),
        (lambda: Transitions(weights=()), "weights >= 0, at least one"),
        (lambda: Markov(window=0), "Markov: expected window >= 1"),
        (lambda: ItemKNN(neighbours=-1), "neighbours >= 0"),
        (lambda: Ease(regularisation=0), "regularisation is 0"),
        (lambda: Ease(precision="float16"), "precision=float16"),
        (lambda: Ease(largest=5).fit(train_on("ab")), "6 items need about 0.0 GB; set largest=6"),
        (lambda: Popularity().fit(Train({}, {})), "catalogue is empty"),
        (lambda: Transitions(weights=(1e-15, 1.0), window=40).fit(train_on("ab")), "exceed exact integers"),
    ],
)
def test_refuses(make: object, says: str) -> None:
    with pytest.raises(BenchError, match=says):
        make()  # type: ignore[operator]


def test_histories_as_arrays() -> None:
    columns = Columns.of(["b", "a", "c", "a"])
    assert columns.names == ("a", "b", "c")
    assert columns.encode(["c", "x", "a"]) == [2, 0]
    assert pad_left([[1, 2, 0], [], [2]], 2, 9).tolist() == [[2, 0], [9, 9], [9, 2]]
