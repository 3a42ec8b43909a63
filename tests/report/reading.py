"""What a written report says, read without a browser."""

from __future__ import annotations

import json
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

VOID = {"meta", "link", "input", "br", "img", "line", "circle"}


class Page(HTMLParser):
    """A page's elements in order, with attributes and text; an element left open or closed twice is an error."""

    def __init__(self, path: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self.rows: list[list[str]] = []
        self.open: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))
        assert self.open == []
        self.rows = [[cell.strip("\n") for cell in row] for row in self.rows]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data

    def of(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


def arguments(path: Path) -> list[Any]:
    """Return what a script of a gallery passes on."""
    text = path.read_text(encoding="ascii")
    assert text.startswith(("navibench.index(", "navibench.cases("))
    found = json.loads("[" + text.partition("(")[2].removesuffix(");\n") + "]")
    assert isinstance(found, list)
    return found


def the_gallery(report: Path) -> Path:
    """Return the folder of the only gallery."""
    (found,) = (report / "gallery").iterdir()
    return found


def all_cases(gallery: Path) -> dict[str, dict[str, Any]]:
    """Return {case: its row, with `titles` and `files` of items} over all pieces."""
    about, ids, _, _ = arguments(gallery / "index.js")
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(ids), about["chunk"]):
        number, items, rows = arguments(gallery / f"{start // about['chunk']}.js")
        assert number == start // about["chunk"]
        names = ids[start : start + about["chunk"]]
        found |= {case: {**row, "items": items} for case, row in zip(names, rows, strict=True)}
    return found


def bytes_of(folder: Path) -> dict[str, str]:
    """Return {relative path: sha256} of every file."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in files}
