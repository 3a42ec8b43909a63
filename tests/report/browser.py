"""A browser for tests: headless Chromium driven over WebDriver with the standard library alone."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
ABSENT = "chromium and chromedriver are not on this machine" if not (CHROMIUM and DRIVER) else ""
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--window-size=1280,900"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars"),
    *("--disable-default-apps", "--disable-domain-reliability", "--no-pings", "--disable-dev-shm-usage"),
    "--disable-features=OptimizationHints,MediaRouter,Translate",
)
LOCAL = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # the driver is no matter for a proxy
KEYS = {"enter": "\ue007", "space": " ", "tab": "\ue004", "end": "\ue010", "backspace": "\ue003"}


class Browser:
    """One window; `run` evaluates a script, `keys` types, `requests` tells every address that was asked for."""

    def __init__(self, port: int, profile: Path) -> None:
        self.base = f"http://127.0.0.1:{port}"
        options = {"binary": CHROMIUM, "args": [*FLAGS, f"--user-data-dir={profile}"]}
        logged = {"performance": "ALL", "browser": "ALL"}
        asked = {"goog:chromeOptions": options, "goog:loggingPrefs": logged, "pageLoadStrategy": "normal"}
        self.session = self._call("POST", "/session", {"capabilities": {"alwaysMatch": asked}})["sessionId"]
        self.seen: set[str] = set()

    def open(self, page: Path, fragment: str = "") -> None:
        """Go to a file."""
        self._post("url", url=page.resolve().as_uri() + fragment)

    def reset(self) -> None:
        """Show nothing, without special wishes, and forget what was asked for and said."""
        self._post("url", url="about:blank")
        self.devtools("Emulation.setEmulatedMedia", features=[])
        self.requests(), self.complaints()
        self.seen.clear()

    def run(self, script: str, *arguments: Any) -> Any:
        """Return what the body of a function returns, promises awaited."""
        return self._post("execute/sync", script=script, args=list(arguments))

    def until(self, condition: str, tries: int = 200) -> None:
        """Wait until an expression is true."""
        script = """const tries = arguments[0];
        for (let i = 0; i < tries; i++) { if (%s) return true; await new Promise(go => setTimeout(go, 50)); }
        return false;"""
        assert self.run("return (async function() {" + script % condition + "}).apply(null, arguments)", tries), (
            condition
        )

    def keys(self, *names: str) -> None:
        """Press keys, by name or as text, where the focus is."""
        presses = [KEYS.get(name, name) for name in names]
        strokes = [{"type": kind, "value": key} for key in presses for kind in ("keyDown", "keyUp")]
        self._post("actions", actions=[{"type": "key", "id": "keyboard", "actions": strokes}])

    def click(self, selector: str) -> None:
        """Click the first element that a selector finds."""
        found = self._post("element", using="css selector", value=selector)
        self._post(f"element/{next(iter(found.values()))}/click")

    def devtools(self, command: str, **params: Any) -> Any:
        """Call the DevTools protocol."""
        return self._post("goog/cdp/execute", cmd=command, params=params)

    def picture(self, path: Path | None = None) -> bytes:
        """Return what the window shows as PNG."""
        made = base64.b64decode(self._call("GET", f"/session/{self.session}/screenshot"))
        if path is not None:
            path.write_bytes(made)
        return made

    def requests(self) -> set[str]:
        """Return the addresses that pages asked for since the last call; `seen` keeps all of them.

        The browser's own first page, which is made of chrome:// addresses, is no page of ours.
        """
        lines = [json.loads(line["message"])["message"] for line in self._post("se/log", type="performance")]
        sent = [line["params"] for line in lines if line["method"] == "Network.requestWillBeSent"]
        found = {params["request"]["url"] for params in sent if not params["documentURL"].startswith("chrome")}
        self.seen |= found
        return found

    def complaints(self) -> list[str]:
        """Return what the browser's console says since the last call: refused scripts, errors, missing files."""
        return [line["message"] for line in self._post("se/log", type="browser")]

    def close(self) -> None:
        """End the session."""
        self._call("DELETE", f"/session/{self.session}")

    def _post(self, path: str, **body: Any) -> Any:
        return self._call("POST", f"/session/{self.session}/{path}", body)

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with LOCAL.open(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(json.load(error)["value"]["message"]) from None


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """Yield a browser with a new profile; driver and browser end with the block."""
    driver = subprocess.Popen([str(DRIVER), "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert driver.stdout is not None
        port = next(int(line.rstrip(".\n").split()[-1]) for line in driver.stdout if "successfully on port" in line)
        browser = Browser(port, profile)
        try:
            yield browser
        finally:
            browser.close()
    finally:
        driver.terminate()
        driver.wait()
