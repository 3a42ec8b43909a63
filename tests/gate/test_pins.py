"""The file of pinned references: what is written is read back, and every mistake in it is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.config import read_toml
from bench.errors import BenchError
from bench.gate.jobs import spelled
from bench.gate.pins import Pin, Pins, file_name, read_pins, write_pins
from bench.io import file_sha256
from tests.conftest import REPOSITORY

PINNED = REPOSITORY / "results" / "pinned.toml"
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
ONE = Pin("a/b", "1", "s", "f" * 64, "keep", "pinned/x.parquet", "0" * 64, {"ndcg@10": 0.02, "recall@10": "10%"})


@given(NAMES, NAMES, st.one_of(st.none(), st.integers(1, 10**6)))
def test_pins_are_read_back_as_written(
    tmp_path_factory: pytest.TempPathFactory, name: str, metric: str, n: int
) -> None:
    path = tmp_path_factory.mktemp("pins") / "pinned.toml"
    settings = {"a.b": None, "flag": True, "parts": ["x", "y"], 'quo"te': "a\nb", "rate": 0.5}
    pin = Pin(name, "1", "s", "f", "mask", "x.parquet", "0", {metric: 0.5}, settings, (0, 3), n, 0.1, "card.toml")
    write_pins(Pins(path, {name: pin, name + "2": ONE}))
    found = read_pins(path).table
    assert found[name + "2"] == ONE
    assert found[name].settings == {**settings, "a.b": "none"}
    assert (found[name].margins, found[name].limit, found[name].seeds) == ({metric: 0.5}, n, (0, 3))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"schema = 1": "schema = 2"}, "schema 2 is newer than 1"),
        ({"schema = 1": ""}, "expected schema = 1"),
        ({"schema = 1": "schema = 1\nmore = 1"}, "unknown key"),
        ({"[entries": "[entry"}, "unknown key"),
        ({"fingerprint =": "fingerprnt ="}, "did you mean"),
        ({"alpha = 0.05": "alpha = 0.7"}, "alpha 0.7: expected"),
        ({"seeds = [0]": "seeds = []"}, "one seed or more"),
        ({'"10%"': '"ten"'}, "expected a number or a share"),
        ({"0.02": "-0.02"}, "expected a margin above 0"),
        ({'task = "a/b"': "task = 3"}, "task: expected str"),
        ({'version = "1"': ""}, "missing version"),
        ({"schema = 1": "schema = "}, "not valid TOML"),
    ],
)
def test_a_mistake_in_the_file_is_named(change: dict[str, str], expected: str, tmp_path: Path) -> None:
    path = tmp_path / "pinned.toml"
    write_pins(Pins(path, {"one": ONE}))
    text = path.read_text()
    for old, new in change.items():
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)
    with pytest.raises(BenchError, match=expected):
        read_pins(path)


def test_scores_are_those_that_were_pinned_and_lie_beside_the_file(tmp_path: Path) -> None:
    pins = read_pins(PINNED)
    name = next(iter(pins.table))
    place = tmp_path / pins.table[name].scores
    place.parent.mkdir()
    place.write_bytes((PINNED.parent / pins.table[name].scores).read_bytes())
    moved = Pins(tmp_path / "pinned.toml", pins.table)
    assert moved.read_scores(name).cases == pins.read_scores(name).cases
    with pytest.raises(BenchError, match="pin again"):
        Pins(moved.path, {name: Pin(**{**_values(pins.table[name]), "sha256": "0" * 64})}).read_scores(name)
    with pytest.raises(BenchError, match="lie outside"):
        Pins(moved.path, {name: Pin(**{**_values(pins.table[name]), "scores": "../x.parquet"})}).read_scores(name)


def _values(pin: Pin) -> dict[str, object]:
    return {name: getattr(pin, name) for name in Pin.__dataclass_fields__}


def test_entries_are_chosen_by_name_or_pattern() -> None:
    pins = Pins(Path("p"), {"a/next:markov": ONE, "a/image:sft": ONE, "b[1]": ONE})
    assert list(pins.choose([])) == ["a/next:markov", "a/image:sft", "b[1]"]
    assert list(pins.choose(["a/*"])) == ["a/next:markov", "a/image:sft"]
    assert list(pins.choose(["b[1]"])) == ["b[1]"]
    with pytest.raises(BenchError, match="did you mean a/next:markov"):
        pins.choose(["a/next:markow"])


def test_file_names_are_tame() -> None:
    assert file_name("product/world/next-item:sft-only") == "product-world-next-item-sft-only.parquet"
    assert file_name("../../etc/passwd\x00") == "etc-passwd.parquet"


def test_settings_are_spelled_as_on_a_command_line() -> None:
    assert [spelled(value) for value in (None, True, [1, 0.5], "x", [])] == ["none", "true", "1,0.5", "x", ""]


def test_what_is_shipped_is_whole_and_small() -> None:
    pins = read_pins(PINNED)
    assert len(pins.table) >= 9
    files = {PINNED.parent / pin.scores for pin in pins.table.values()}
    assert files == set((PINNED.parent / "pinned").iterdir())
    assert sum(file.stat().st_size for file in files) < 300_000
    for name, pin in pins.table.items():
        scores = pins.read_scores(name)
        assert file_sha256(PINNED.parent / pin.scores) == pin.sha256
        assert len(scores.cases) == (pin.limit or len(scores.cases))
        assert set(pin.margins) <= {*scores.metrics, "failed"}
    assert read_toml(PINNED)["schema"] == 1
