"""The loader: fingerprints, options, and the words it has for wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest
import source_samples as samples
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.api import Dataset
from bench.errors import BenchError
from tasks.load import load

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
        ({"split": "released"}, "come ready split"),
        ({"history": -1}, "history >= 0"),
        ({"split": "time", "test_from": 0.5}, "0 < validation_from"),
        ({"core": 50}, "lower core"),
        ({"folder": "nowhere"}, "no such folder"),
    ],
)
def test_wrong_options_say_what_was_expected(
    tmp_path: Path, options: dict[str, str | int | float], message: str
) -> None:
    make(tmp_path / "set", LINES, ITEMS)
    with pytest.raises(BenchError, match=message):
        load(tmp_path, **{"folder": "set", **options})  # type: ignore[arg-type]


def test_no_root_says_how_to_give_one() -> None:
    with pytest.raises(BenchError, match="NAVIBENCH_DATA"):
        load(None, folder="set")
