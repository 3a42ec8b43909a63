"""The pages say what there is: their commands have the options they name, their tables the columns."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer._click import Context

from bench.cli import app
from bench.leaderboard.merge import merge
from bench.leaderboard.sources import Source
from bench.leaderboard.text import brief
from bench.report.board import Page
from bench.report.frame import COLUMNS
from tests.conftest import REPOSITORY
from tests.report.boards import made_page

PAGES = [REPOSITORY / "docs" / name for name in ("hub.md", "first-hour.md")]
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def parse(words: list[str]) -> None:
    """Parse a command line as the program does, without running it."""
    command = typer.main.get_command(app)
    context = None
    while hasattr(command, "commands"):
        context = Context(command, parent=context, info_name="navibench")
        command = command.commands[words.pop(0)]
    command.make_context("verb", words, parent=context)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_have_the_options_they_show(page: Path) -> None:
    lines = [line for block in BLOCK.findall(page.read_text()) for line in block.splitlines()]
    mine = [line for line in lines if line.startswith("navibench")]
    assert len(mine) >= 5
    for line in mine:
        parse(shlex.split(line, comments=True)[1:])


def test_the_schema_names_every_column_of_the_frame() -> None:
    text = (REPOSITORY / "docs" / "results-schema.md").read_text().partition("## Reports in other programs")[2]
    rows = re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", " ".join(rows))) == set(COLUMNS)


@pytest.mark.parametrize(
    ("values", "first", "below"),
    [
        ({"ann": 0.5, "bob": 0.4, "cid": 0.39}, "ann", "bob"),
        ({"ann": 0.5, "bob": 0.49, "cid": 0.4}, "ann, bob", "cid"),
        ({"ann": 0.5, "bob": 0.49}, "ann, bob", "-"),
    ],
)
def test_the_brief_leaderboard_says_who_shares_a_first_place(values: dict[str, float], first: str, below: str) -> None:
    (line,) = brief_lines(made_page(values))
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[3:] == [str(len(values)), first, ".5000 [.4800, .5200]", below]


def test_the_brief_leaderboard_holds_only_cards_asked_whole_and_as_they_are() -> None:
    page = made_page({"ann": 0.5})
    for change in ({"limit": 20}, {"seen": "mask"}):
        other = replace(page, question=replace(page.question, **change))
        assert brief_lines(other) == []


@pytest.mark.parametrize(("judged", "shown"), [(100, 1), (5, 0)])
def test_a_part_is_rendered_but_the_first_metric_may_be_of_all_cases(judged: int, shown: int) -> None:
    page = made_page({"ann": 0.5})
    (row,) = page.rows
    figures = {name: replace(figure, cases=judged) for name, figure in row.figures.items()}
    asked = replace(page.question, rendering="rendered=5")
    found = brief_lines(replace(page, question=asked, rows=(replace(row, figures=figures),)))
    assert len(found) == shown and all("rendered=5" in line for line in found)


def brief_lines(page: Page) -> list[str]:
    """Return the lines of a board of one page."""
    return brief(merge([Source("one.json", (page,))])).splitlines()[2:]


def test_the_readme_shows_the_leaderboard_as_it_is_now() -> None:
    # tests/docs/test_documents.py holds every such part against what its command prints; this must be one of them.
    command = "navibench board build results/ --markdown - --brief"
    assert f"<!-- prints: {command} -->" in (REPOSITORY / "README.md").read_text()
