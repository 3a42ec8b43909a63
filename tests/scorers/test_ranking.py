"""Ranking scorers: agreement with ranx and torchmetrics, maximum for the gold answer, failures, order, errors."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from bench.api import Case, Cases, Example, Failure, Instruction, Item, Query, Ranking, Train
from bench.catalogue import resolve
from bench.errors import BenchError
from bench.scorers import SCORERS
from bench.scorers.ranking import MRR, NDCG, Coverage, PopularityBias, Recall
from bench.scorers.slices import history_slices, popularity_slices, slices, target_popularity

N = 40
NAMES = [f"i{number:02}" for number in range(N)]
MINE = {name: entry for name, entry in SCORERS.items() if entry.target.startswith("bench.scorers.ranking:")}
TRAIN = Train({name: Item(name) for name in NAMES}, {"u": tuple(NAMES[i] for i in range(N) for _ in range(i % 7))})


def make_case(number: int, items: tuple[str, ...], targets: tuple[str, ...], exclude: tuple[str, ...] = ()) -> Case:
    return Case(Example(Query(f"q{number}", "u", (), exclude), targets), Ranking(items))


def random_cases(count: int, most: int) -> Cases:
    """Return strict rankings of depth 20 with 1 .. `most` targets."""
    rng = np.random.default_rng(most)
    rows = []
    for number in range(count):
        order = rng.permutation(N)[:20]
        targets = rng.choice(N, size=rng.integers(1, most + 1), replace=False)
        rows.append(make_case(number, tuple(NAMES[i] for i in order), tuple(NAMES[i] for i in targets)))
    return Cases(tuple(rows), TRAIN)


@pytest.mark.parametrize("k", [1, 5, 10, 20])
def test_torchmetrics_agrees(k: int) -> None:
    torch = pytest.importorskip("torch")
    functional = pytest.importorskip("torchmetrics.functional.retrieval")
    made = random_cases(120, 4)
    got = {kind: kind(k)(made) for kind in (Recall, NDCG, MRR)}
    for place, case in enumerate(made.rows):
        assert isinstance(case.answer, Ranking)
        scores = torch.zeros(N)
        for rank, item in enumerate(case.answer.items):
            scores[NAMES.index(item)] = float(N - rank)
        truth = torch.tensor([name in case.example.targets for name in NAMES])
        m = len(case.example.targets)
        recall = float(functional.retrieval_recall(scores, truth, top_k=k)) * m / min(k, m)
        assert got[Recall][place] == pytest.approx(recall, abs=1e-6)
        assert got[MRR][place] == pytest.approx(
            float(functional.retrieval_reciprocal_rank(scores, truth, top_k=k)), abs=1e-6
        )
        # torchmetrics shares the gain among tied scores: the unlisted tail must not tie into the first k.
        assert got[NDCG][place] == pytest.approx(
            float(functional.retrieval_normalized_dcg(scores, truth, top_k=k)), abs=1e-6
        )


@pytest.mark.slow
@pytest.mark.parametrize("k", [1, 10])
def test_ranx_agrees(k: int) -> None:
    ranx = pytest.importorskip("ranx")
    made = random_cases(60, 1)
    truth = {case.example.query.id: dict.fromkeys(case.example.targets, 1) for case in made.rows}
    answers = {
        case.example.query.id: {item: 100.0 - place for place, item in enumerate(case.answer.items)}
        for case in made.rows
        if isinstance(case.answer, Ranking)
    }
    theirs = ranx.evaluate(ranx.Qrels(truth), ranx.Run(answers), [f"recall@{k}", f"ndcg@{k}", f"mrr@{k}"])
    for name, kind in (("recall", Recall), ("ndcg", NDCG), ("mrr", MRR)):
        assert np.mean([value or 0.0 for value in kind(k)(made)]) == pytest.approx(theirs[f"{name}@{k}"], abs=1e-12)


@pytest.mark.parametrize("k", [1, 3, 50])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_gold_scores_exactly_one_and_nothing_beats_it(k: int, count: int) -> None:
    gold = Cases((make_case(0, (*NAMES[7 : 7 + count], "i30"), tuple(reversed(NAMES[7 : 7 + count]))),), TRAIN)
    for kind in (Recall, NDCG, MRR):
        assert kind(k)(gold) == [1.0]
        assert max(value for value in kind(k)(random_cases(50, 3)) if value is not None) <= 1.0


def test_a_failure_scores_nought_and_stays_in_the_denominator() -> None:
    hit = make_case(0, ("i01",), ("i01",))
    failed = Case(Example(Query("q1", "u", ()), ("i01",)), Failure("no answer"))
    made = Cases((hit, failed), TRAIN)
    for kind in (Recall, NDCG, MRR):
        assert kind(5)(made) == [1.0, 0.0]
    assert PopularityBias(5)(made) == [0.0, None]
    assert Coverage(5).measure(made) == 1 / N


def test_what_is_no_candidate_earns_nothing() -> None:
    barred = make_case(0, ("i01", "i02"), ("i01",), exclude=("i01",))
    strange = make_case(1, ("nowhere", "i02"), ("nowhere",))
    for kind in (Recall, NDCG, MRR):
        assert kind(5)(Cases((barred, strange), TRAIN)) == [0.0, 0.0]


def test_no_target_is_not_judged() -> None:
    made = Cases((make_case(0, ("i01",), ()),), TRAIN)
    assert [kind(5)(made) for kind in (Recall, NDCG, MRR, PopularityBias)] == [[None]] * 4
    assert Recall(5)(Cases((), TRAIN)) == []
    assert Coverage(5).measure(Cases((), TRAIN)) == 0.0


def test_popularity_bias_by_hand() -> None:
    made = Cases((make_case(0, ("i06", "i05", "i00"), ("i01", "i02")),), TRAIN)
    wanted = (math.log(7) + math.log(6)) / 2 - (math.log(2) + math.log(3)) / 2
    assert PopularityBias(2)(made)[0] == pytest.approx(wanted)


def test_order_of_cases_changes_no_digit() -> None:
    rows = list(random_cases(80, 3).rows)
    rows += [Case(case.example, Ranking(case.example.targets, (len(case.example.targets),), 0)) for case in rows[:30]]
    rows += [Case(case.example, Ranking((), (), N)) for case in rows[:9]]
    shuffled = random.Random(0).sample(range(len(rows)), len(rows))
    made, mixed = Cases(tuple(rows), TRAIN), Cases(tuple(rows[place] for place in shuffled), TRAIN)
    for entry in MINE.values():
        scorer = resolve(entry.target)(k=10)
        if hasattr(scorer, "measure"):
            assert scorer.measure(made) == scorer.measure(mixed)
        else:
            straight = scorer(made)
            assert [straight[place] for place in shuffled] == scorer(mixed)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Ranking(("i01", "i01")), "q0: the ranking lists an item twice"),
        (Ranking(("i01", "i02"), (1,)), "q0: ties must be sizes"),
        (Ranking(("i01", "i02"), (3, -1)), "q0: ties must be sizes"),
        (Ranking(("i01",), (), 1), "q0: rest is 1; expected 0 or the number of unlisted candidates, 39"),
        (Instruction("a cat"), "q0: ranking scorers judge a Ranking, got Instruction"),
    ],
)
def test_answers_that_could_earn_undue_credit_are_refused(answer: Ranking | Instruction, says: str) -> None:
    made = Cases((Case(Example(Query("q0", "u", ()), ("i05",)), answer),), TRAIN)
    with pytest.raises(BenchError, match=says):
        Recall(5)(made)


@pytest.mark.parametrize("entry", MINE.values(), ids=MINE)
def test_every_scorer_says_its_direction_and_refuses_depth_nought(entry: object) -> None:
    kind = resolve(entry.target)  # type: ignore[attr-defined]
    assert kind(k=3).higher_is_better in {True, False, None}
    with pytest.raises(BenchError, match="k is 0"):
        kind(k=0)


def test_slices_by_hand() -> None:
    train = Train(
        {name: Item(name) for name in "abcdef"}, {"u": tuple("a" * 1 + "b" * 2 + "c" * 2 + "d" * 5 + "e" * 9)}
    )
    lengths = (0, 1, 4, 5, 9, 10, 19, 20)
    targets = (("f",), ("a",), ("b",), ("c",), ("d",), ("e",), ("a", "e"), ("nowhere",))
    rows = tuple(
        Case(Example(Query(str(n), "u", ("a",) * n), target), Ranking(()))
        for n, target in zip(lengths, targets, strict=True)
    )
    made = Cases(rows, train)
    assert history_slices(made) == tuple(
        f"history {name}" for name in ("0", "1-4", "1-4", "5-9", "5-9", "10-19", "10-19", "20+")
    )
    assert target_popularity(made).tolist()[:7] == [0, 1, 2, 2, 5, 9, 5]
    names = ("cold", "low", "low", "low", "high", "high", "high", "unknown")
    assert popularity_slices(made) == tuple(f"popularity {name}" for name in names)
    assert set(slices(made)) == {"history", "popularity"}
