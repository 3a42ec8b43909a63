"""A leaderboard as a browser shows it, opened from disk: sorted, filtered, compared both ways round, in the dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.leaderboard.merge import merge
from bench.leaderboard.site import write
from bench.leaderboard.sources import Source, opened
from bench.report.board import gather
from bench.report.html.table import slug
from bench.report.render import difference, probability, to_json
from bench.store import Run
from tests.report.boards import made_page
from tests.report.browser import ABSENT, Browser
from tests.report.made import HOSTILE

pytestmark = pytest.mark.skipif(bool(ABSENT), reason=ABSENT)

COLUMN = """return [...document.querySelector('table.sortable').tBodies[0].rows]
    .filter(row => !row.hidden).map(row => row.cells[arguments[0]].textContent.trim())"""
CELLS = "return [...document.querySelectorAll('.contrast td')].map(one => one.textContent)"
VERDICT = "return Number(document.querySelector('.verdict').dataset.verdict)"
VALUES = {"ann": 0.5, "bob": 0.4, "cid": 0.39, HOSTILE: 0.2}


@pytest.fixture(autouse=True)
def nothing_leaves_the_disk(browser: Browser) -> Iterator[None]:
    """Every address of every page is a file's, the policy refuses nothing of ours, and no script was smuggled in."""
    yield
    browser.requests()
    assert any(address.startswith("file://") for address in browser.seen)
    assert [address for address in browser.seen if not address.startswith(("file://", "data:"))] == []
    assert browser.complaints() == []
    assert browser.run("return document.title") != "owned"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of two questions, one of them of two sources."""
    one = Source("one.json", (made_page(VALUES), made_page({"ann": 0.2, "eve": 0.3}, task="own/other/image")))
    two = Source("two.json", (made_page({"bob": 0.4, "dora": 0.41}),))
    return write(merge([one, two]), tmp_path_factory.mktemp("board") / "site").folder


def look(browser: Browser, folder: Path, fragment: str = "") -> None:
    """Open the first question's page and wait for its contrasts."""
    browser.open(folder / "task" / f"{slug(made_page(VALUES).question)}.html", fragment)
    browser.until("document.getElementById('result').dataset.shown")


def choose(browser: Browser, a: str, b: str) -> None:
    browser.run(
        """for (const [id, name] of [['first', arguments[0]], ['second', arguments[1]]]) {
        const field = document.getElementById(id);
        field.value = [...field.options].find(one => one.textContent === name).value;
        field.dispatchEvent(new Event('change', {bubbles: true})); }""",
        a,
        b,
    )


def test_the_index_leads_to_tasks_and_systems(browser: Browser, folder: Path) -> None:
    browser.open(folder / "index.html")
    assert browser.run(COLUMN, 0) == [made_page(VALUES).title, "own/other/image v1"]
    browser.run("document.getElementById('filter').focus()")
    browser.keys(*"EVE")
    assert browser.run("return document.getElementById('found').textContent") == "2 rows"
    browser.keys(*" one")
    assert browser.run("return document.getElementById('found').textContent") == "0 rows"
    browser.keys(*["backspace"] * 4)
    browser.click("#systems tr:not([hidden]) a")
    assert browser.run("return document.querySelector('h1').textContent") == "eve"
    browser.click("tbody a")
    assert browser.run("return document.querySelector('h1').textContent") == "own/other/image v1"


def test_a_task_sorts_and_filters_with_the_keyboard(browser: Browser, folder: Path) -> None:
    look(browser, folder)
    assert browser.run(COLUMN, 0) == ["1", "=2", "=2", "=2", "5"]
    names = browser.run(COLUMN, 1)
    assert names == ["ann", "dora", "bob", "cid", HOSTILE]
    browser.run("document.querySelector('thead th:nth-child(2) button').focus()")
    browser.keys("enter")
    assert browser.run(COLUMN, 1) == [HOSTILE, "ann", "bob", "cid", "dora"]
    browser.keys("tab", "space")
    assert browser.run(COLUMN, 1) == names
    browser.run("document.getElementById('filter').focus()")
    browser.keys(*"bob")
    assert browser.run(COLUMN, 1) == ["bob"]


def test_a_comparison_is_the_stored_contrast_either_way_round(browser: Browser, folder: Path) -> None:
    look(browser, folder)
    for line in made_page(VALUES).contrasts:
        if "bob" in (line.a, line.b) and "cid" not in (line.a, line.b):
            continue  # all pairs are stored alike
        assert line.difference is not None and line.low is not None and line.high is not None
        choose(browser, line.a, line.b)
        shown = browser.run(CELLS)
        assert shown[0] == difference(line.difference, line.low, line.high)
        ends = [probability(line.p), probability(line.p_holm)]
        assert shown[1:] == [*ends, *map(str, (line.wins, line.losses, line.ties))]
        verdict = browser.run(VERDICT)
        assert verdict == (1 if line.low > 0 else 0)
        browser.run("document.getElementById('swap').focus()")
        browser.keys("enter")
        turned = browser.run(CELLS)
        assert turned[0] == difference(-line.difference, -line.high, -line.low)
        assert turned[1:] == [*ends, *map(str, (line.losses, line.wins, line.ties))]
        assert browser.run(VERDICT) == -verdict
    choose(browser, "cid", "bob")
    link = browser.run("return location.hash")
    browser.open(folder / "index.html")
    look(browser, folder, link)
    assert browser.run(CELLS)[0] == difference(-0.01, -0.03, 0.01)
    assert browser.run(VERDICT) == 0


def test_systems_that_nobody_paired_are_told_as_such(browser: Browser, folder: Path) -> None:
    look(browser, folder)
    for a, b, verdict, gap in (
        ("ann", "dora", 1, "+0.0900"),
        ("dora", "ann", -1, "-0.0900"),
        ("cid", "dora", 0, "-0.0200"),
    ):
        choose(browser, a, b)
        assert "No source compared" in browser.run("return document.querySelector('.verdict').textContent")
        assert (browser.run(VERDICT), browser.run(CELLS)) == (verdict, [gap])
    choose(browser, "ann", "ann")
    assert browser.run("return document.querySelectorAll('.contrast').length") == 0


def test_the_cases_that_differ_most_lead_to_the_gallery(browser: Browser, pictures: list[Run], tmp_path: Path) -> None:
    (page,) = gather(pictures)
    (tmp_path / "one.json").write_text(to_json([page]))
    with opened(tmp_path, [pictures[0].folder.parents[4]]) as sources:
        site = write(merge(sources), tmp_path / "site")
    (path,) = (site.folder / "task").glob("*.html")
    browser.open(path)
    browser.until("document.getElementById('result').dataset.shown")
    names = browser.run("return [...document.querySelectorAll('.differing a')].map(one => one.textContent)")
    assert len(names) == 20
    browser.click(".differing a")
    browser.until("document.activeElement.dataset.case")
    assert browser.run("return document.activeElement.dataset.case") == names[0]


def test_pages_are_dark_in_the_dark_and_have_names_for_everything(browser: Browser, folder: Path) -> None:
    shade = "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)[0]"
    look(browser, folder)
    assert browser.run(shade) > 200
    browser.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert browser.run(shade) < 60
    fields = "return [...document.querySelectorAll('input, select')].filter(one => !one.labels.length).length"
    assert browser.run(fields) == 0
    unnamed = "return [...document.querySelectorAll('button')].filter(one => !one.textContent.trim()).length"
    assert browser.run(unnamed) == 0
    wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert browser.run(wide) <= 0
