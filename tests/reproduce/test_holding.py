"""How figures are held, which tables there are, and that their rows become the jobs they were made by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench import catalogue
from bench.errors import BenchError
from bench.report.board import Figure, gather
from bench.report.groups import Group, grouped
from bench.reproduce.hold import Obstacle, Outcome, Rule, Verdict, exit_code, hold, rule_for
from bench.reproduce.overview import needs, row, tasks, time_of
from bench.reproduce.ready import Ready, lay_out, prepare, rendered_so, today
from bench.reproduce.show import by, headline, remark, worst
from bench.reproduce.tables import RESULTS, Cards, Line, Table, choose, names, read_table
from bench.store import find_runs
from tests.reproduce.conftest import Stored

FREE = Rule(by_interval=True)


@pytest.fixture(scope="module")
def pair(stored: Stored) -> tuple[Line, Group]:
    """The row of markov with its runs."""
    found = grouped(find_runs([stored.runs]))
    for page in gather(find_runs([stored.runs])):
        for line in page.rows:
            for group in found[page.question]:
                if line.system == group.system == "markov":
                    return Line(page, line), group
    raise AssertionError


def moved(line: Line, metric: str, **parts: float | None) -> Line:
    figures = {**line.row.figures, metric: replace(line.row.figures[metric], **parts)}
    return Line(line.page, replace(line.row, figures=figures))


def outcome(line: Line, group: Group, metric: str, rule: Rule) -> Outcome:
    return next(figure.outcome for figure in hold(line, group, rule).figures if figure.metric == metric)


def test_the_stored_interval_decides_for_systems_that_train(pair: tuple[Line, Group]) -> None:
    line, group = pair
    value = line.row.figures["recall@5"].value
    assert value is not None
    near = moved(line, "recall@5", value=value + 0.01, low=value - 0.01, high=value + 0.02)
    far = moved(line, "recall@5", value=value + 0.1, low=value + 0.05, high=value + 0.2)
    assert outcome(near, group, "recall@5", FREE) is Outcome.INSIDE
    assert outcome(near, group, "recall@5", Rule()) is Outcome.DIFFERS
    assert outcome(far, group, "recall@5", FREE) is Outcome.DIFFERS
    assert outcome(far, group, "recall@5", Rule(0.11)) is Outcome.EQUAL
    assert outcome(moved(line, "coverage@5", value=0.5), group, "coverage@5", FREE) is Outcome.OPEN
    assert outcome(moved(line, "coverage@5", value=0.5), group, "coverage@5", Rule()) is Outcome.DIFFERS
    assert outcome(moved(line, "coverage@5", value=None), group, "coverage@5", FREE) is Outcome.DIFFERS


def test_only_systems_that_learn_on_a_device_are_held_by_the_interval() -> None:
    assert rule_for("sasrec-softmax", None).by_interval
    assert rule_for("text-ids", None).by_interval
    assert not rule_for("markov", None).by_interval
    assert not rule_for("tests.systems:Counting", None).by_interval
    assert rule_for("sasrec-softmax", 0.0) == Rule(0.0, by_interval=False)


def test_a_row_is_as_bad_as_its_worst_figure(pair: tuple[Line, Group]) -> None:
    line, group = pair
    value = line.row.figures["mrr@5"].value
    assert value is not None
    verdict = hold(moved(moved(line, "mrr@5", value=value - 0.5), "recall@5", value=value - 0.1), group, Rule())
    assert verdict.outcome is Outcome.DIFFERS
    deciding = worst(verdict)
    assert deciding is not None
    assert deciding.metric == "mrr@5"
    assert by(deciding) == "+0.5"
    assert "2 of 5 figures are not equal" in remark(verdict)
    assert hold(
        Line(line.page, replace(line.row, figures={"gone": Figure(1.0, None, None)})), group, Rule()
    ).outcome is (Outcome.OTHER)


def test_exit_codes(pair: tuple[Line, Group]) -> None:
    def of(*given: Outcome) -> int:
        return exit_code([Verdict(pair[0], one) for one in given])

    assert of(Outcome.EQUAL, Outcome.INSIDE, Outcome.OPEN, Outcome.ABSENT, Outcome.OTHER) == 0
    assert of(Outcome.EQUAL, Outcome.DIFFERS) == 1
    assert of(Outcome.EQUAL, Outcome.BROKEN) == 1
    assert of(Outcome.ABSENT, Outcome.OTHER) == of() == 2
    assert headline([Verdict(pair[0], Outcome.EQUAL), Verdict(pair[0], Outcome.ABSENT)]) == (
        "2 rows: 1 equal, 1 not at hand"
    )


def every() -> Iterator[tuple[Table, Line]]:
    for name in names():
        table = read_table(name)
        for page in table.pages:
            yield from ((table, Line(page, line)) for line in page.rows)


def test_every_shipped_row_becomes_its_own_jobs() -> None:
    """Whatever was stored is asked again: system, settings, seeds, candidates, limit, device, and no media unasked."""
    count = 0
    for table, line in every():
        card = today(line, Cards({}))
        if isinstance(card, Obstacle):  # its card has a newer version
            continue
        jobs = lay_out(line, card, Cards({}))
        asked = line.page.question
        assert [job.seed for job in jobs] == list(line.row.seeds), table.name
        for job in jobs:
            assert (job.system, job.seen, job.limit) == (line.row.system, asked.seen, asked.limit)
            own = {key: value for key, value in line.row.settings.items() if not key.startswith("device.")}
            assert job.changed == own, line.label
            assert job.device.name == line.row.settings.get("device.name", "cpu")
            assert bool(job.rendering.generator) == bool(asked.generator)
        count += 1
    assert count > 100


def test_a_page_says_how_it_was_rendered(pair: tuple[Line, Group]) -> None:
    line, _ = pair
    asked = replace(
        line.page.question,
        generator="ab",
        rendering='generator=wan, rendered=64, generator.steps=4, scorer.clip={"name":"a, b","size":2}',
    )
    card = catalogue.task("game/world/image")
    assert rendered_so(asked, card) == [
        "generator.name=wan",
        "generator.cases=64",
        "generator.steps=4",
        "scorer.clip.name=a, b",
        "scorer.clip.size=2",
    ]
    assert rendered_so(line.page.question, card) == ["generator.name=none"]
    assert rendered_so(line.page.question, catalogue.task("game/world/next-item")) == []


def test_a_page_of_another_generator_is_not_compared() -> None:
    stored = next(one for _, one in every() if one.row.system == "popular-terms")
    card = catalogue.task(stored.page.question.task)
    asked = replace(
        stored.page.question, version=card.version, fingerprint=card.fingerprint, generator="", rendering=""
    )
    world = Line(replace(stored.page, question=asked), stored.row)
    page = replace(world.page, question=replace(asked, generator="0" * 64))
    found = prepare(Line(page, world.row), Cards({}))
    assert not isinstance(found, Ready)
    assert found.outcome in (Outcome.OTHER, Outcome.ABSENT)
    ready = prepare(world, Cards({}))
    assert isinstance(ready, Ready)
    assert not ready.jobs[0].rendering.generator


def test_the_overview_counts_what_tables_hold() -> None:
    tables = [read_table(name) for name in names()]
    assert {"classic", "world", "codes", "dual", "language", "instructions", "smollm2"} <= set(names())
    for table in tables:
        shown = row(table, lambda name: name == "torch", dict.fromkeys(tasks(tables), False))
        assert shown[0] == table.path.stem
        assert shown[2] == str(sum(len(page.rows) for page in table.pages))
        assert shown[5].startswith("0 of ")
    language, shipped = (next(table for table in tables if table.name == name) for name in ("language", "shipped"))
    assert "lm" in needs(language) and {"lm", "media"} <= set(needs(shipped))
    lines = choose(language, ["game/world/next-item"], ["code-ids"])[0]
    assert time_of(lines).seconds == (lines[0].row.seconds or 0) * 3


def test_an_installation_alone_has_no_tables(tmp_path: Path) -> None:
    assert RESULTS.is_dir()
    with pytest.raises(BenchError, match="run from a clone"):
        names(tmp_path)


def test_rows_of_older_cards_are_told_in_the_overview() -> None:
    table = read_table("world")
    old = replace(table, pages=tuple(replace(p, question=replace(p.question, version="0")) for p in table.pages))
    total = sum(len(page.rows) for page in table.pages)
    here = dict.fromkeys(tasks([table]), True)
    assert row(table, lambda _: True, here)[3] == str(total)
    assert row(old, lambda _: True, here)[3] == "0"
