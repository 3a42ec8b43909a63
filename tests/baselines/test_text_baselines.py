"""The baselines that read text and attributes: what they rank and say, by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest

from baselines.terms import HistoryTerms, PopularTerms, RecentTerms
from baselines.text_knn import TextKNN
from bench.api import Failure, Instruction, Item, Kind, Query, Ranking, Train
from bench.errors import BenchError
from bench.text import item_text
from bench.topk import top_rankings
from bench.words import content


def make_item(name: str, colour: str, thing: str) -> Item:
    return Item(name, attributes={"thing": (thing,), "colour": (colour, f"{colour}ish")})


SHOP = {
    "a": make_item("a", "red", "lamp"),
    "b": make_item("b", "blue", "lamp"),
    "c": make_item("c", "blue", "chair"),
    "d": make_item("d", "green", "mug"),
    "e": Item("e", "no attributes"),
}
TRAIN = Train(SHOP, {"u": ("a", "b", "b"), "v": ("c", "d", "e", "nowhere")})


def say(system: PopularTerms | HistoryTerms | RecentTerms, *history: str, train: Train = TRAIN) -> str:
    system.fit(train)
    (answer,) = system.instruct([Query("q", "u", history)], Kind.IMAGE)
    assert isinstance(answer, Instruction)
    assert answer.text == f"a picture of {', '.join(answer.terms)}"
    return ", ".join(answer.terms)


def test_popular_terms_by_hand() -> None:
    assert say(PopularTerms()) == say(PopularTerms(), "d", "d") == "lamp, blue"
    popular = PopularTerms()
    popular.fit(TRAIN)
    assert popular.instruct([Query("q", "u", ())], Kind.VIDEO) == [
        Instruction("a video of lamp, blue", ("lamp", "blue"))
    ]
    with pytest.raises(BenchError, match="instructions are for image or video, not for next-item"):
        popular.instruct([], Kind.NEXT_ITEM)


def test_history_terms_by_hand() -> None:
    assert say(HistoryTerms(), "d") == "mug, green"
    assert say(HistoryTerms(), "d", "a") == "lamp, red"  # the later weighs more
    assert say(HistoryTerms(decay=1.0), "d", "a", "c") == "lamp, blue"  # all tie: the more popular
    assert say(HistoryTerms(), "d", "d", "a") == "mug, green"  # 0.8 + 0.64 > 1
    assert say(HistoryTerms(decay=0.5), "d", "d", "a") == "lamp, red"
    assert say(HistoryTerms(), "e") == say(HistoryTerms()) == "lamp, blue"
    tied = {"x": make_item("x", "teal", "cup"), "y": make_item("y", "pink", "cup")}
    assert say(HistoryTerms(decay=1.0), "x", "y", train=Train(tied, {})) == "cup, pink"  # then by name


def test_recent_terms_by_hand() -> None:
    assert say(RecentTerms(), "d", "a") == "lamp, red"
    assert say(RecentTerms(), "d", "e", "nowhere") == "mug, green"
    assert say(RecentTerms(), "e") == say(RecentTerms()) == "lamp, blue"


def test_items_with_terms_alone_are_spoken_of_by_as_many_as_an_item_has() -> None:
    items = {
        "a": Item("a", attributes={"terms": ("lamp", "red")}),
        "b": Item("b", attributes={"terms": ("lamp", "blue", "metal")}),
        "c": Item("c", attributes={"terms": ("(mug)", "blue", "夏天")}),
    }
    train = Train(items, {"u": ("a", "b", "c", "c")})
    assert say(PopularTerms(), train=train) == "blue, lamp"
    assert say(HistoryTerms(), "a", "c", train=train) == "blue, mug"
    assert say(RecentTerms(), "b", train=train) == "lamp, blue, metal"


@pytest.mark.parametrize("system", [PopularTerms(), HistoryTerms(), RecentTerms()])
def test_a_catalogue_without_attributes_is_a_failure_with_a_reason(
    system: PopularTerms | HistoryTerms | RecentTerms,
) -> None:
    system.fit(Train({"a": Item("a", "title")}, {"u": ("a",)}))
    answers = system.instruct([Query("q", "u", ("a",)), Query("r", "v", ())], Kind.IMAGE)
    assert answers == [Failure("no item of the catalogue has attributes or terms to speak of")] * 2


WORDS = ("red", "blue", "lamp", "chair", "kitchen", "striped", "wooden")


def make_texts() -> dict[str, Item]:
    rng = np.random.default_rng(2)
    captions = [" ".join(rng.choice(WORDS, size=number % 5)) for number in range(30)]
    return {f"i{place:02}": Item(f"i{place:02}", caption=caption) for place, caption in enumerate(captions)}


@pytest.mark.parametrize("decay", [1.0, 0.5])
def test_text_knn_is_scikit_learns_cosine_to_the_weighted_mean(decay: float) -> None:
    module = pytest.importorskip("sklearn.feature_extraction.text")
    cosine = pytest.importorskip("sklearn.metrics.pairwise").cosine_similarity
    items = make_texts()
    documents = module.TfidfVectorizer(analyzer=content).fit_transform(map(item_text, items.values())).toarray()
    rng = np.random.default_rng(3)
    histories = [rng.integers(0, 30, size=rng.integers(1, 8)) for _ in range(20)]
    means = [decay ** np.arange(len(history))[::-1] @ documents[history] for history in histories]
    wanted = top_rankings(cosine(np.array(means), documents).round(9), list(items), 10)
    system = TextKNN(decay=decay, itself=True)
    system.fit(Train(items, {}))
    names = list(items)
    queries = [Query(f"q{place}", "u", tuple(names[i] for i in history)) for place, history in enumerate(histories)]
    assert system.rank(queries, 10) == wanted


def test_an_items_likeness_to_itself_does_not_count() -> None:
    items = {
        "a": Item("a", "red lamp"),
        "b": Item("b", "red lamp shade"),
        "c": Item("c", "mug"),
        "d": Item("d"),
    }
    system = TextKNN()
    system.fit(Train(items, {}))
    assert system.rank([Query("q", "u", ("d", "a", "a"))], 4) == [Ranking(("b",), (), 3)]
    assert system.rank([Query("q", "u", ("a", "b"))], 2)[0].items[:2] == ("a", "b")  # type: ignore[union-attr]
    itself = TextKNN(itself=True)
    itself.fit(Train(items, {}))
    assert itself.rank([Query("q", "u", ("a",))], 4) == [Ranking(("a", "b"), (), 2)]


def test_text_knn_needs_text_and_a_decay() -> None:
    with pytest.raises(BenchError, match="no item of the catalogue has a title or caption"):
        TextKNN().fit(Train({"a": Item("a", attributes={"colour": ("red",)})}, {}))
    for decay in (0.0, 1.1):
        with pytest.raises(BenchError, match="expected above 0 and at most 1"):
            TextKNN(decay=decay)
