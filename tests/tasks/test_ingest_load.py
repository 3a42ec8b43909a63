"""The loader: fingerprints, options, and the words it has for wrong ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import source_samples as samples
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.api import Dataset
from bench.errors import BenchError
from tasks.load import load

VALUED = "u\ta\t1\t1.5\nu\tb\t2\t2\nu\tc\t3\t\nu\td\t4\t9\n"
TIMED = "".join(f"u\t{item}\t{time}\n" for time, item in enumerate("abcdefgh", 1)) + "v\ta\t1\n"
LINES = ["u1\ta b c a", "u2\tb c a", "u3\tc a", "u4\ta a a a a"]
ITEMS = ['{"item": "a", "title": "Ark"}', '{"item": "b", "title": "Ball", "tags": ["x", "y"]}', '{"item": "d"}']


def make(folder: Path, lines: list[str], items: list[str]) -> Dataset:
    samples.write(folder / "sequences.tsv", "\n".join(lines) + "\n")
    samples.write(folder / "items.jsonl", "\n".join(items) + "\n")
    return load(folder.parent, folder=folder.name)


@settings(max_examples=10, deadline=None)
@given(lines=st.permutations(LINES), items=st.permutations(ITEMS))
def test_fingerprint_ignores_the_order_of_users_and_items(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], items: list[str]
) -> None:
    root = tmp_path_factory.mktemp("order")
    one, two = make(root / "one", LINES, ITEMS), make(root / "two", lines, items)
    assert one.fingerprint == two.fingerprint
    assert (one.train, one.examples) == (two.train, two.examples)
    assert list(two.train.sequences) == ["u1", "u2", "u3", "u4"] and list(two.train.items) == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("lines", "items"),
    [
        (["u1\ta c b a", *LINES[1:]], ITEMS),
        (LINES[:3], ITEMS),
        ([*LINES[:2], "u3\ta c", LINES[3]], ITEMS),
        (LINES, [ITEMS[0].replace("Ark", "Arc"), *ITEMS[1:]]),
        (LINES, [ITEMS[0], ITEMS[1].replace('"x"', '"z"'), ITEMS[2]]),
        (LINES, ITEMS[:2]),
    ],
)
def test_fingerprint_sees_every_change(tmp_path: Path, lines: list[str], items: list[str]) -> None:
    assert make(tmp_path / "one", LINES, ITEMS).fingerprint != make(tmp_path / "two", lines, items).fingerprint


def test_short_users_train_only_and_counts_are_kept(tmp_path: Path) -> None:
    dataset = make(tmp_path / "set", LINES, ITEMS)
    assert [one.query.id for one in dataset.examples] == ["u1", "u2", "u4"]
    assert dataset.train.sequences["u3"] == ("c", "a")
    assert dataset.provenance["undescribed_items"] == 1
    assert all(one.query.exclude == () for one in dataset.examples)


def test_windows_and_history(tmp_path: Path) -> None:
    samples.write(tmp_path / "set" / "sequences.tsv", "u\t" + " ".join("abcdefgh") + "\n")
    dataset = load(tmp_path, folder="set", split="windows", windows=2, history=3)
    assert [(one.query.id, "".join(one.query.history), one.targets) for one in dataset.examples] == [
        ("u#6", "def", ("g",)),
        ("u#7", "efg", ("h",)),
    ]
    assert [one.query.id for one in dataset.train.validation] == ["u#4", "u#5"]
    assert dataset.train.sequences["u"] == tuple("abcd")
    assert {one.query.user for one in dataset.examples} == {"u"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "lst"}, "did you mean last"),
        ({"format": "pear"}, "did you mean pair"),
        ({"ties": "hsh"}, "did you mean hash"),
        ({"duplicates": "none"}, "unknown duplicates rule"),
        ({"catalogue": "everything"}, "unknown catalogue rule"),
        ({"split": "time"}, "needs time stamps"),
        ({"split": "basket"}, "needs basket ids"),
        ({"split": "released"}, "unknown split"),
        ({"history": -1}, "data.history: expected 0 or more, got -1"),
        ({"split": "time", "test_from": 0.5}, "0 < validation_from"),
        ({"core": 50}, "lower core"),
        ({"folder": "nowhere"}, r"no such folder; expected sequences.tsv.gz and items.jsonl.gz there.*docs/data.md"),
        ({"folder": "nowhere", "format": "log"}, r"expected interactions.tsv.gz and items.jsonl.gz there, a prepared"),
        ({"folder": "nowhere", "format": "kuairand"}, r"expected KuaiRand: .* there \(what can be fetched: navibench"),
        ({"folder": "nowhere", "format": "pear"}, "did you mean pair"),
        ({"core": "abc"}, r"^data.core: expected a whole number, got 'abc'$"),
        ({"core": -1}, r"^data.core: expected 0 or more, got -1$"),
        ({"split": 3}, r"^data.split: expected text, got 3$"),
        ({"history": True}, r"^data.history: expected a whole number, got True$"),
        ({"windows": 2.5}, r"^data.windows: expected a whole number, got 2.5$"),
        ({"windows": 0}, "windows >= 1"),
        ({"strict": 1}, r"^data.strict: expected true or false, got 1$"),
        ({"min_value": float("nan")}, r"^data.min_value: expected a number, got nan$"),
        ({"min_value": float("inf")}, r"^data.min_value: expected a number, got inf$"),
        ({"test_from": "0.9"}, r"^data.test_from: expected a number, got '0.9'$"),
        ({"min_value": 1}, "min_value = 1 compares values, and no event of this log has one"),
        ({"duplicates": "exact"}, "compares times, and this log has none; use duplicates = first"),
    ],
)
def test_wrong_options_say_what_was_expected(
    tmp_path: Path, options: dict[str, str | int | float], message: str
) -> None:
    make(tmp_path / "set", LINES, ITEMS)
    with pytest.raises(BenchError, match=message):
        load(tmp_path, **{"folder": "set", **options})  # type: ignore[arg-type]


def test_options_are_checked_before_any_file_is_looked_for(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"^data.core: expected a whole number"):
        load(tmp_path / "nowhere", core=1.5)  # type: ignore[arg-type]


def test_whole_numbers_and_no_least_value_are_numbers(tmp_path: Path) -> None:
    one = make(tmp_path / "set", LINES, ITEMS)
    assert load(tmp_path, folder="set", min_value=float("-inf")).fingerprint == one.fingerprint
    samples.write(tmp_path / "log" / "interactions.tsv", "user\titem\ttimestamp\tvalue\n" + VALUED)
    dataset = load(tmp_path, folder="log", format="log", min_value=2)
    assert dataset.examples[0].query.history + dataset.examples[0].targets == ("b", "c", "d")
    assert (dataset.provenance["dropped_low_value"], dataset.provenance["kept_without_value"]) == (1, 1)


def test_a_system_cannot_change_the_data_of_the_next(tmp_path: Path) -> None:
    dataset = make(tmp_path / "set", LINES, ITEMS)
    train = dataset.train
    attributes = train.items["b"].attributes
    assert attributes == {"tags": ("x", "y")}
    for mapping in (train.items, train.sequences, attributes, train.items["c"].attributes, dataset.provenance):
        assert isinstance(mapping, Mapping)
        with pytest.raises(TypeError, match="does not support item assignment"):
            mapping["a"] = ()  # type: ignore[index]
        with pytest.raises(TypeError, match="does not support item deletion"):
            del mapping["a"]  # type: ignore[attr-defined]


def test_users_too_short_are_those_never_asked_about(tmp_path: Path) -> None:
    assert make(tmp_path / "set", LINES, ITEMS).provenance["users_too_short"] == 1
    assert load(tmp_path, folder="set", split="windows", windows=2).provenance["users_too_short"] == 3
    samples.write(tmp_path / "log" / "interactions.tsv", "user\titem\ttimestamp\n" + TIMED)
    by_time = load(tmp_path, folder="log", format="log", split="time", validation_from=0.5, test_from=0.7)
    assert by_time.provenance["users_too_short"] == 1
    assert load(tmp_path, folder="log", format="log", split="basket").provenance["users_too_short"] == 1


def test_items_without_event_are_counted_kept_or_not(tmp_path: Path) -> None:
    make(tmp_path / "set", LINES, ITEMS)
    for rule, names, shown in (("auto", "abcd", "all"), ("all", "abcd", "all"), ("met", "abc", "met")):
        dataset = load(tmp_path, folder="set", catalogue=rule)
        assert "".join(dataset.train.items) == names
        assert (dataset.provenance["items_without_event"], dataset.provenance["catalogue"]) == (1, shown)


def test_no_root_says_how_to_give_one() -> None:
    with pytest.raises(BenchError, match="NAVIBENCH_DATA"):
        load(None, folder="set")
