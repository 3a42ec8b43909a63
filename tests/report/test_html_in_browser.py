"""A report as a browser shows it, opened from disk: what it says, how it sorts and filters, and what it asks for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.report.board import gather
from bench.report.html.site import write_runs
from bench.report.render import interval
from bench.store import Run
from tests.report.browser import ABSENT, Browser
from tests.report.conftest import data_of
from tests.report.reading import arguments, the_gallery

pytestmark = pytest.mark.skipif(bool(ABSENT), reason=ABSENT)

COLUMN = """return [...document.querySelector('table.sortable').tBodies[0].rows]
    .filter(row => !row.hidden).map(row => row.cells[arguments[0]].textContent.trim())"""
NAMES = "return [...document.querySelectorAll('article.case')].map(one => one.dataset.case)"
IMAGES = "[...document.querySelectorAll('article.case')].at(%d).querySelectorAll('.frame img')"


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
def gallery(report: Path) -> Path:
    return the_gallery(report) / "index.html"


def look(browser: Browser, page: Path, fragment: str = "") -> None:
    """Open a gallery and wait for its cases."""
    browser.open(page, fragment)
    browser.until("document.body.dataset.ready")


def turned(browser: Browser, action: str) -> None:
    """Do something that draws the cases anew, and wait until they are there."""
    before = browser.run("return document.body.dataset.ready")
    browser.run(action)
    browser.until(f"document.body.dataset.ready !== '{before}'")


def choose(browser: Browser, field: str, value: str) -> None:
    change = "field.dispatchEvent(new Event('change', {bubbles: true}))"
    turned(browser, f"const field = document.getElementById('{field}'); field.value = '{value}'; {change}")


def test_figures_are_those_of_the_runs(browser: Browser, pictures: list[Run], report: Path) -> None:
    browser.open(report / "index.html")
    (page,) = gather(pictures)
    assert browser.run(COLUMN, 0) == ["1", "=2", "=2"]
    assert browser.run(COLUMN, 1) == [row.label for row in page.rows]
    assert browser.run(COLUMN, 2) == [interval(row.figures["retrieval@10"]) for row in page.rows]
    drawn = browser.run("""return [...document.querySelectorAll('table.sortable')[0].querySelectorAll('svg')].map(svg =>
        ['.dot', '.span'].map(name => svg.querySelector(name).getBoundingClientRect())
            .map(box => [box.left - svg.getBoundingClientRect().left, box.width]))""")
    assert len(drawn) == 3 and all(left >= 0 and left + width <= 161 for line in drawn for left, width in line)
    assert drawn[0][0][0] > max(line[0][0] for line in drawn[1:])


def test_columns_sort_by_click_and_by_keyboard(browser: Browser, report: Path) -> None:
    browser.open(report / "index.html")
    best_first = browser.run(COLUMN, 2)
    header = "table.sortable thead th:nth-child(3)"
    browser.click(f"{header} button")
    assert browser.run(COLUMN, 2) == best_first
    browser.click(f"{header} button")
    assert browser.run(COLUMN, 2) == best_first[::-1]
    state = "return [...document.querySelector('table.sortable').tHead.rows[0].cells].map(one => one.ariaSort)"
    assert browser.run(state)[:4] == ["none", "none", "ascending", "none"]
    browser.run(f"document.querySelector('{header} button').focus()")
    browser.keys("enter")
    assert browser.run(COLUMN, 2) == best_first
    browser.keys("tab", "space", "space")
    assert browser.run(COLUMN, 3)[-1] == "-"
    assert browser.run(state)[:4] == ["none", "none", "none", "ascending"]


def test_the_filter_hides_what_does_not_match(browser: Browser, report: Path) -> None:
    browser.open(report / "index.html")
    browser.run("document.getElementById('filter').focus()")
    browser.keys(*"BOLD")
    assert [name for name in browser.run(COLUMN, 1) if "<b>bold</b>" not in name] == []
    assert browser.run("return document.getElementById('found').textContent") == "1 rows in 1 questions"
    browser.keys(*" xyz")
    assert browser.run(COLUMN, 1) == []
    assert browser.run("return document.querySelector('section.question').hidden")


def test_pieces_and_pictures_load_when_they_are_looked_at(browser: Browser, gallery: Path) -> None:
    look(browser, gallery)
    browser.until(f"[...{IMAGES % 0}].every(image => image.complete && image.naturalWidth)")
    assert browser.run(f"return [...{IMAGES % -1}].some(image => image.naturalWidth)") is False
    asked = {address.rpartition("/")[2] for address in browser.requests()}
    assert {"0.js", "index.js"} <= asked and not asked & {f"{number}.js" for number in range(1, 6)}
    browser.run("[...document.querySelectorAll('article.case')].at(-1).scrollIntoView()")
    browser.until(f"[...{IMAGES % -1}].every(image => image.complete && image.naturalWidth)")
    turned(browser, "document.getElementById('forth').click()")
    assert {address.rpartition("/")[2] for address in browser.requests()} & {"1.js", "2.js"} == {"1.js"}
    shown = browser.run("return document.getElementById('status').textContent")
    assert shown == "Cases 26 to 50 of 130"


def test_a_case_is_found_by_its_id_and_by_a_link(browser: Browser, gallery: Path) -> None:
    _, ids, scores, _ = arguments(gallery.with_name("index.js"))
    look(browser, gallery)
    browser.run("document.getElementById('goto').focus()")
    browser.keys(*ids[77], "enter")
    browser.until(f"document.activeElement.dataset.case === '{ids[77]}'")
    assert browser.run(NAMES) == ids[75:100]
    values = """return [...document.activeElement.querySelectorAll('.value')].map(one => one.textContent)"""
    assert browser.run(values) == [f"{line[77]:.3f}" for line in scores]
    link = browser.run("return location.hash")
    browser.open(gallery.parents[2] / "index.html")
    look(browser, gallery, link)
    browser.until(f"document.activeElement.dataset.case === '{ids[77]}'")
    turned_back = "document.getElementById('goto').value = 'nobody'; document.querySelector('.tool button').click()"
    browser.run(turned_back)
    assert "nobody" in browser.run("return document.getElementById('status').textContent")


def test_cases_come_by_how_much_two_systems_differ(browser: Browser, gallery: Path) -> None:
    _, ids, scores, _ = arguments(gallery.with_name("index.js"))
    gaps = {case: a - b for case, a, b in zip(ids, scores[0], scores[1], strict=True)}
    look(browser, gallery)
    keys = {
        "differ": {case: -abs(gap) for case, gap in gaps.items()},
        "ahead": {case: -gap for case, gap in gaps.items()},
        "behind": gaps,
    }
    for order, key in keys.items():
        choose(browser, "order", order)
        assert browser.run(NAMES) == sorted(ids, key=lambda case: (key[case], case))[:25]
    assert "B is ahead by" in browser.run("return document.querySelector('.gap').textContent")
    choose(browser, "order", "id")
    assert browser.run(NAMES) == ids[:25]


def test_systems_can_be_hidden(browser: Browser, gallery: Path) -> None:
    look(browser, gallery)
    browser.run("document.querySelector('#systems input').click()")
    count = "return [...document.querySelectorAll('.answer')].filter(one => one.offsetParent).length"
    assert browser.run(count) == 50
    turned(browser, "document.getElementById('forth').click()")
    assert browser.run(count) == 50


def test_hostile_words_are_shown_as_they_are(browser: Browser, gallery: Path) -> None:
    look(browser, gallery, "#case=u003")
    shown = browser.run("return document.querySelector('[data-case^=u003]').textContent")
    assert "<script>document.title='owned'</script>" in shown and "\U0001f600" in shown
    assert browser.run("return document.querySelectorAll('#cases script, #cases b, #cases [onerror]').length") == 0


def test_films_play_in_view_and_stop_when_asked(
    browser: Browser, films: list[Run], tmp_path_factory: pytest.TempPathFactory
) -> None:
    site = write_runs(films, tmp_path_factory.mktemp("films") / "r", data_of(films))
    look(browser, the_gallery(site.folder) / "index.html")
    browser.until("document.querySelector('video').currentTime > 0")
    states = browser.run("return [...document.querySelectorAll('video')].map(one => [one.preload, one.paused])")
    assert states[0] == ["metadata", False] and states[-1] == ["none", True]
    browser.run("document.getElementById('moving').click()")
    browser.until("[...document.querySelectorAll('video')].every(one => one.paused)")


def test_animations_stand_still_when_asked(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> None:
    from tests.report.made import make_runs

    folder = tmp_path_factory.mktemp("animations")
    site = write_runs(make_runs(folder, 30, "video", more="generator.cases=12"), folder / "r")
    look(browser, the_gallery(site.folder) / "index.html")
    assert len(browser.run(NAMES)) == 12
    first = "document.querySelector('img.moving')"
    browser.until(f"{first}.naturalWidth")
    browser.run("document.getElementById('moving').click()")
    assert browser.run(f"return {first}.hidden && {first}.nextElementSibling.tagName") == "CANVAS"
    browser.run("document.getElementById('moving').click()")
    assert browser.run(f"return {first}.hidden || document.querySelectorAll('canvas').length") == 0
    turned(browser, "document.getElementById('drawn').click()")
    assert len(browser.run(NAMES)) == 25
