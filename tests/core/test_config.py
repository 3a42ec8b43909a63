"""Settings: what is read is what was written, and whatever does not fit is refused by name."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.api import Context, Data, Kind, Seen, Task
from bench.config import build, parse_assignments, plain, read_card, settings, to_toml
from bench.errors import BenchError


@dataclass(frozen=True)
class Example:
    """A configuration with every kind of field."""

    count: int = 1
    rate: float = 0.5
    name: str = "x"
    on: bool = False
    weights: tuple[float, ...] = (1.0,)
    seen: Seen | None = None
    context: Context = field(default_factory=Context)


def test_text_is_read_as_the_field_means_it() -> None:
    made = build(
        Example,
        {"count": "3", "rate": "2", "on": "true", "weights": "1,.5,.3", "seen": "mask"},
        "example",
    )
    assert made == Example(3, 2.0, "x", True, (1.0, 0.5, 0.3), Seen.MASK)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"cuont": "3"}, "unknown setting 'example.cuont'; did you mean example.count"),
        ({"count": "three"}, "example.count: expected int, got 'three'"),
        ({"count": True}, "example.count: expected int"),
        ({"count": 1.5}, "example.count: expected int"),
        ({"on": "yes"}, "example.on: expected bool"),
        ({"weights": "1,x"}, r"example.weights\[1\]: expected float"),
        ({"seen": "masked"}, "expected .*Seen"),
        ({"context": "x"}, "unknown setting 'example.context'"),
    ],
)
def test_what_does_not_fit_is_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(BenchError, match=message):
        build(Example, values, "example")


def test_the_run_context_is_not_a_setting() -> None:
    assert "context" not in settings(Example)


def test_a_missing_field_is_named() -> None:
    with pytest.raises(BenchError, match="card: missing id, kind"):
        build(Task, {}, "card")


@pytest.mark.parametrize("text", ["policy.seen", "seen=mask", "=x", ".a=1", "a.=1"])
def test_assignments_need_section_name_and_value(text: str) -> None:
    with pytest.raises(BenchError, match=r"expected section\.name=value"):
        parse_assignments([text])


def test_assignments_keep_everything_after_the_first_equals_sign() -> None:
    assert parse_assignments(["a-b.c=d=e", "a-b.f=1"]) == {"a-b": {"c": "d=e", "f": "1"}}


def test_a_card_survives_toml_and_json(tmp_path) -> None:  # type: ignore[no-untyped-def]
    card = Task(
        id="a/b/next-item",
        kind=Kind.NEXT_ITEM,
        data=Data("tasks.load:load", {"folder": 'odd "name" \\ ü', "core": 5, "strict": True, "min_value": 0.5}),
        scorers=("recall@10",),
        primary="recall@10",
        version="1",
        licence="",
        source="",
    )
    path = tmp_path / "card.toml"
    path.write_text(to_toml(plain(card)), encoding="utf-8")
    assert read_card(path) == card
    assert build(Task, plain(card), "card") == card


scalars = st.one_of(
    st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False), st.text()
)
names = st.from_regex(r"[a-z][a-z_]{0,8}", fullmatch=True)


@given(st.dictionaries(names, st.one_of(scalars, st.lists(st.text(), max_size=3)), max_size=5))
def test_toml_round_trip(values: dict[str, object]) -> None:
    assert tomllib.loads(to_toml({**values, "table": values})) == {**values, "table": values}
