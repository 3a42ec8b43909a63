"""A report for people who use a keyboard, a reader, a dark room: names, alternatives, contrast, both colour schemes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.report.browser import ABSENT, Browser
from tests.report.reading import the_gallery

pytestmark = pytest.mark.skipif(bool(ABSENT), reason=ABSENT)

# WCAG 2: relative luminance of what each text and its nearest painted ground are drawn in.
CONTRAST = """
const light = text => {
  const [r, g, b] = text.match(/[\\d.]+/g).map(Number)
    .map(part => part / 255).map(part => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = box => {
  for (let at = box; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if (!/, 0\\)$/.test(colour)) return colour;
  }
};
const found = [];
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  const box = walk.currentNode.parentElement;
  if (!walk.currentNode.data.trim() || !box.offsetParent || box.matches(':disabled, script, noscript *')) continue;
  const [a, b] = [light(getComputedStyle(box).color), light(ground(box))].sort((x, y) => y - x);
  found.push([(a + 0.05) / (b + 0.05), walk.currentNode.data.trim().slice(0, 40), box.className]);
}
return found.sort((x, y) => x[0] - y[0]).slice(0, 3).concat([[found.length]]);
"""
UNNAMED = """
const named = box => box.labels?.length || box.ariaLabel || box.textContent.trim();
return [...document.querySelectorAll('input, select, button, a, summary')].filter(box => !named(box))
  .concat([...document.querySelectorAll('img, canvas')].filter(box => !(box.alt || box.ariaLabel)))
  .map(box => box.outerHTML.slice(0, 99));
"""


@pytest.fixture(params=["index", "gallery"])
def page(request: pytest.FixtureRequest, browser: Browser, report: Path) -> Path:
    found = report / "index.html" if request.param == "index" else the_gallery(report) / "index.html"
    browser.open(found)
    browser.until("document.querySelector('article, table')")
    browser.run("for (const one of document.querySelectorAll('details')) one.open = true")
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_in_light_and_in_dark(browser: Browser, page: Path, scheme: str) -> None:
    browser.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    *worst, (texts,) = browser.run(CONTRAST)
    assert texts > 50
    assert worst[0][0] >= 4.5, worst


def test_dark_rooms_get_a_dark_page(browser: Browser, page: Path) -> None:
    shown = []
    for scheme in ("light", "dark"):
        browser.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        shown.append(browser.run("return getComputedStyle(document.body).backgroundColor"))
        shown.append(browser.picture())
    light, first, dark, second = shown
    assert (light, dark) == ("rgb(250, 250, 247)", "rgb(19, 23, 25)")
    assert first != second


def test_everything_has_a_name(browser: Browser, page: Path) -> None:
    assert browser.run(UNNAMED) == []


def test_a_narrow_window_does_not_scroll_sideways(browser: Browser, page: Path) -> None:
    size = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    browser.devtools("Emulation.setDeviceMetricsOverride", **size)
    try:
        assert browser.run("return document.documentElement.scrollWidth") <= 390
    finally:
        browser.devtools("Emulation.clearDeviceMetricsOverride")


def test_clips_wait_for_people_who_want_less_motion(browser: Browser, report: Path) -> None:
    browser.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    browser.open(the_gallery(report) / "index.html")
    browser.until("document.body.dataset.ready")
    assert browser.run("return document.getElementById('moving').checked") is False
