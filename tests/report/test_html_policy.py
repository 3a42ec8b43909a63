"""The policy in a page's head holds in a browser: what somebody might smuggle in does not run and asks for nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.report.browser import ABSENT, Browser

pytestmark = pytest.mark.skipif(bool(ABSENT), reason=ABSENT)

OUTSIDE = "http://127.0.0.1:9"
SMUGGLED = {
    "script": "<script>document.title = 'owned'</script>",
    "handler": "<img src='no.png' alt='' onerror=\"document.title = 'owned'\">",
    "picture": f"<img src='{OUTSIDE}/a.png' alt=''>",
    "style": f"<link rel='stylesheet' href='{OUTSIDE}/a.css'>",
    "frame": f"<iframe src='{OUTSIDE}/a.html' title='a'></iframe>",
    "film": f"<video autoplay src='{OUTSIDE}/a.mp4'></video>",
    "base": f"<base href='{OUTSIDE}/'><img src='a.png' alt=''>",
}


def smuggle(report: Path, folder: Path, what: str, policy: bool = True) -> Path:
    text = (report / "index.html").read_text(encoding="utf-8").replace("</main>", f"{SMUGGLED[what]}</main>")
    if not policy:
        text = text.replace("Content-Security-Policy", "X-Nothing")
    (folder / "page.html").write_text(text, encoding="utf-8")
    return folder / "page.html"


def outside(browser: Browser) -> list[str]:
    return [address for address in browser.requests() if address.startswith(OUTSIDE)]


@pytest.mark.parametrize("what", SMUGGLED)
def test_what_is_smuggled_in_does_nothing(browser: Browser, report: Path, tmp_path: Path, what: str) -> None:
    browser.open(smuggle(report, tmp_path, what))
    assert browser.run("return document.title") == "Results"
    said = browser.complaints()
    assert any("Content Security Policy" in line for line in said)
    refused = "; ".join(line for line in said if OUTSIDE in line and "Content Security Policy" not in line)
    assert not refused, refused


@pytest.mark.parametrize(("what", "sign"), [("script", "owned"), ("picture", OUTSIDE)])
def test_without_the_policy_it_would(browser: Browser, report: Path, tmp_path: Path, what: str, sign: str) -> None:
    browser.open(smuggle(report, tmp_path, what, policy=False))
    assert sign in [browser.run("return document.title"), *{address[: len(OUTSIDE)] for address in outside(browser)}]


def test_no_script_of_a_page_can_send_anything(browser: Browser, report: Path) -> None:
    browser.open(report / "index.html")
    asked = f"return fetch('{OUTSIDE}/x').then(() => 'sent', () => 'refused')"
    assert browser.run(asked) == "refused"
    assert any("connect-src" in line or "default-src" in line for line in browser.complaints())
