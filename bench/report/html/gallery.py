"""A gallery on disk: a page, an index of all cases with their scores, and the cases in pieces that load when looked at.

A page opened from disk may not read files, but it may run scripts beside it: so all data are scripts that call
`navibench.index` and `navibench.cases`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bench.api import Item, Progress, ignore_progress
from bench.errors import BenchError
from bench.io import write_text
from bench.report.board import Page
from bench.report.html.cases import Exhibit, Hand
from bench.report.html.files import Shelf
from bench.report.html.ranks import upward
from bench.report.html.shell import script, write_page

CHUNK = 25  # cases a piece, and cases a page of the gallery
RECENT = 12  # items of a history that are shown
LONG = 2000  # letters of a text that are shown


@dataclass
class Gallery:
    """Writes one question's gallery into `folder`; `refused` counts what could not be shown, by reason."""

    page: Page
    exhibit: Exhibit
    folder: Path
    shelf: Shelf
    refused: Counter[str] = field(default_factory=Counter)

    def write(self, progress: Progress = ignore_progress) -> tuple[str, ...]:
        """Write the pieces, then the index, then the page; return what people should know of what is not shown."""
        cases = self.exhibit.cases
        drawn: list[bool] = []
        for start in range(0, len(cases), CHUNK):
            part = cases[start : start + CHUNK]
            drawn += self._chunk(start // CHUNK, part)
            progress("gallery", start + len(part), len(cases))
        asked = self.page.question
        index = {
            "chunk": CHUNK,
            "primary": asked.primary,
            "more": upward(self.page),
            "people": bool(self.exhibit.examples),
            "systems": [{"label": hand.label, "seeds": list(hand.seeds)} for hand in self.exhibit.hands],
        }
        scores = [[_score(value) for value in hand.scores] for hand in self.exhibit.hands]
        shown = "".join("1" if one else "0" for one in drawn)
        write_text(self.folder / "index.js", script("navibench.index", index, list(cases), scores, shown))
        refused = [f"{count:,} not shown: {why}" for why, count in sorted(self.refused.items())]
        notes = (*self.exhibit.notes, *refused)
        write_page(
            self.folder / "index.html", "gallery.html", "../../", page=self.page, exhibit=self.exhibit, notes=notes
        )
        return notes

    def _chunk(self, number: int, cases: Sequence[str]) -> list[bool]:
        """Write one piece and return which of its cases any system was rendered for."""
        items: dict[str, list[str | None]] = {}
        rows, drawn = [], []
        for case in cases:
            shown = [hand.shown(case) for hand in self.exhibit.hands]
            drawn.append(any(one.rendered for one in shown))
            answers = [
                [_cut(one.text), *self._file(one.file, one.note, hand)]
                for one, hand in zip(shown, self.exhibit.hands, strict=True)
            ]
            row: dict[str, object] = {"answers": answers}
            if (example := self.exhibit.examples.get(case)) is not None:
                history = example.query.history[-RECENT:]
                row |= {"history": history, "events": len(example.query.history), "targets": example.targets}
                for name in (*history, *example.targets):
                    if name not in items:
                        items[name] = self._item(name)
            rows.append(row)
        write_text(self.folder / f"{number}.js", script("navibench.cases", number, items, rows))
        return drawn

    def _file(self, file: Path | None, note: str, hand: Hand) -> tuple[str | None, str]:
        """Return the name of a rendered file and what to say instead of it."""
        if file is None:
            return None, _cut(note)
        try:
            if hand.inside is None:
                raise BenchError("its run lies outside its output folder")
            return self.shelf.take(file, hand.inside), _cut(note)
        except BenchError as error:
            self.refused[str(error)] += 1
            return None, f"not shown: {error}"

    def _item(self, name: str) -> list[str | None]:
        """Return an item's title, or its id, and its picture or clip."""
        item = self.exhibit.items.get(name, Item(name))
        file = item.clip or item.image
        try:
            return [_cut(item.title or name), None if file is None else self.shelf.take(file)]
        except BenchError as error:
            self.refused[f"pictures of items, {error}"] += 1
            return [_cut(item.title or name), None]


def _score(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4) + 0.0


def _cut(text: str) -> str:
    return text if len(text) <= LONG else text[:LONG] + " …"
