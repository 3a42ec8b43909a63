"""What the plug-in promises: its names are real, its system never sees a target, its scorer counts ties fairly."""

from __future__ import annotations

from navibench_plugin import SCORERS, SYSTEMS, TASKS
from navibench_plugin.bakery import NEXT, load
from navibench_plugin.followers import Followers
from navibench_plugin.fresh import Fresh

from bench.api import Case, Cases, Example, Item, Query, Ranking, Train
from bench.catalogue import resolve


def test_every_line_of_the_tables_names_something() -> None:
    for line in (*SYSTEMS.values(), *SCORERS.values(), *TASKS.values()):
        assert resolve(line.target)
        assert line.summary.strip()


def test_the_card_and_its_data_fit_together() -> None:
    dataset = load(None)
    assert len(dataset.examples) == 40
    assert len(dataset.train.items) == NEXT.depth


def test_followers_rank_what_came_next() -> None:
    system = Followers(window=1)
    items = {name: Item(name) for name in "wxyz"}
    system.fit(Train(items, {"a": ("x", "y"), "b": ("x", "y"), "c": ("x", "z"), "d": ("x", "w")}))
    (found,) = system.rank([Query("q", "u", ("x",))], 2)
    assert found == Ranking(("y", "w", "z"), (1, 2))
    assert system.answer(Query("q", "u", ("x",), exclude=("y",)), 9) == Ranking(("w", "z"), (2,), rest=1)
    assert system.answer(Query("q", "u", ()), 9) == Ranking((), (), rest=4)


def test_a_tie_across_the_cut_gives_its_share() -> None:
    query = Query("q", "u", ("old",))
    ranking = Ranking(("new", "old", "other"), (1, 2))
    case = Case(Example(query, ("new",)), ranking)
    assert Fresh(1)(Cases((case,), Train({}, {}))) == [1.0]
    assert Fresh(2)(Cases((case,), Train({}, {}))) == [0.75]
    assert Fresh(9)(Cases((case,), Train({}, {}))) == [2 / 3]
