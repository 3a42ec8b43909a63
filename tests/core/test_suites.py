"""Suites with parts and settings: what applies to whom, what wins, and in which order jobs are done."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import catalogue
from bench.cli import app
from bench.cli.run import _grid
from bench.errors import BenchError
from bench.listing import Suite
from bench.plan import plan
from tests.conftest import write_log

COUNTING, FAILING = "tests.systems:Counting", "tests.systems:SometimesFails"


@pytest.fixture
def cards(tmp_path: Path) -> tuple[str, str]:
    found = []
    for name in ("one", "two"):
        card = write_log(tmp_path / name)
        card.write_text(card.read_text().replace("test/tiny/", f"test/{name}/"))
        found.append(str(card))
    return found[0], found[1]


def suite(cards: tuple[str, ...]) -> Suite:
    """Two systems with a setting each, and a part with two others, one of them of the same name."""
    part = Suite("part", cards, (COUNTING, FAILING), settings=(f"{COUNTING}.slow=0.2", f"{FAILING}.slow=0.3"))
    return Suite("whole", cards, ("item-knn", COUNTING), settings=("item-knn.neighbours=7",), parts=(part,))


def told(given: Suite, *assign: str) -> list[tuple[str, str, object]]:
    jobs, _ = plan(given, assignments=assign)
    return [
        (job.task.id, job.system.rpartition(":")[2], job.config.get("slow", job.config.get("neighbours")))
        for job in jobs
    ]


def test_settings_are_those_of_the_part(cards: tuple[str, str]) -> None:
    one = [("item-knn", 7), ("Counting", 0.0), ("Counting", 0.2), ("SometimesFails", 0.3)]
    wanted = [(f"test/{name}/next-item", *row) for name in ("one", "two") for row in one]
    assert told(suite(cards)) == wanted, "jobs of a task are neighbours, in the order of the suite"


def test_what_is_spelled_out_wins_everywhere(cards: tuple[str, str]) -> None:
    found = told(suite(cards), f"{COUNTING}.slow=0.5", "item-knn.neighbours=9")[:4]
    assert [row[1:] for row in found] == [
        ("item-knn", 9),
        ("Counting", 0.5),
        ("Counting", 0.5),
        ("SometimesFails", 0.3),
    ]
    jobs, _ = plan(suite(cards), assignments=["policy.level=0.5", f"{FAILING}.trace=x"])
    assert {job.policy.level for job in jobs} == {0.5}, "sections of all are for the parts as well"
    assert {job.config.get("trace") for job in jobs if job.system == FAILING} == {"x"}


def test_systems_of_a_part_are_known_sections_and_others_are_not(cards: tuple[str, str]) -> None:
    with pytest.raises(BenchError, match="unknown section"):
        plan(suite(cards), assignments=["markov.window=3"])
    with pytest.raises(BenchError, match=f"did you mean {FAILING}.slow"):
        plan(suite(cards), assignments=[f"{FAILING}.slwo=1"])
    wrong = Suite("part", cards, (COUNTING,), settings=(f"{COUNTING}.slwo=1",))
    with pytest.raises(BenchError, match="slow"):
        plan(Suite("whole", cards, ("markov",), parts=(wrong,)))
    with pytest.raises(
        BenchError, match="unknown section of the settings of suite whole 'item-kn'; did you mean item-knn"
    ):
        plan(Suite("whole", cards, ("item-knn",), settings=("item-kn.neighbours=7",)))


def test_naming_tasks_or_systems_chooses_of_the_parts_as_well(
    monkeypatch: pytest.MonkeyPatch, cards: tuple[str, str]
) -> None:
    monkeypatch.setattr(catalogue, "suite", lambda _: suite(cards))
    assert _grid(None, None, "whole", None) == suite(cards)
    assert {part.seeds for part in _grid(None, None, "whole", "1,2").parts} == {(1, 2)}
    systems = [job.system for job in plan(_grid(cards[0], None, "whole", None))[0]]
    assert systems == ["item-knn", COUNTING, COUNTING, FAILING]
    assert [job.system for job in plan(_grid(None, FAILING, "whole", None))[0]] == [FAILING, FAILING]
    strange = _grid(None, "markov", "whole", None)  # of no grid: it takes the place of the first one's systems
    assert strange.parts == () and strange.systems == ("markov",) and strange.settings == suite(cards).settings


def test_a_checkpoint_that_is_not_shipped_is_said_before_anything_is_learnt(
    cards: tuple[str, str], tmp_path: Path
) -> None:
    system = ["--system", "sft-only", "--set", "sft-only.checkpoint=shipped"]
    with pytest.raises(
        BenchError, match="no checkpoint of sft-only or navigen for these items is shipped; there are: "
    ):
        app(["run", "--task", cards[0], *system, "--out", str(tmp_path / "runs")], standalone_mode=False)
    assert not list(tmp_path.rglob("*.safetensors"))


def test_a_part_may_ask_fewer_cases_and_limit_wins(cards: tuple[str, str]) -> None:
    part = Suite("part", cards, (COUNTING,), limit=7)
    whole = Suite("whole", cards, ("item-knn",), parts=(part,))
    assert {(job.system, job.limit) for job in plan(whole)[0]} == {("item-knn", None), (COUNTING, 7)}
    assert {job.limit for job in plan(whole, 9)[0]} == {9}
