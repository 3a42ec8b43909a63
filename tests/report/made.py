"""Small finished runs with pictures and clips, and with names and words that no page should take at their word."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow.parquet as pq

from bench.api import Answer, Failure, Instruction, Kind, Query, Train
from bench.config import to_toml
from bench.listing import Suite
from bench.media import seed_of
from bench.pixels import save_pixels
from bench.plan import plan
from bench.pose import load
from bench.rng import stream
from bench.runner import run_job
from bench.store import Run
from tests.generators import PaintsClips

INJECTED = "document.title='owned'"
HOSTILE = f'<script>{INJECTED}</script>"\'><img src=x onerror="{INJECTED}">&amp;\u2028*/`${{1}}` \U0001f600'
ITEMS = 30


@dataclass
class Tells:
    """Names the item `step` places after the last one; is lost for words now and then, and hostile for one user."""

    step: int = 1
    word: str = ""

    def fit(self, train: Train) -> None:
        self.items = train.items

    def instruct(self, queries: Sequence[Query], kind: Kind) -> Sequence[Answer]:
        return [self.answer(query) for query in queries]

    def answer(self, query: Query) -> Answer:
        if query.user == "u003":
            return Instruction(HOSTILE)
        if seed_of(query.user) % 17 == 0:
            return Failure(f"lost for words {HOSTILE}")
        number = (int(query.history[-1][1:]) + self.step) % ITEMS
        return Instruction(f"{self.word}{self.items[f'i{number:03d}'].title}")


@dataclass
class PaintsFilms(PaintsClips):
    """Paints four frames as a film with a player."""

    size: int = 16
    suffix: ClassVar[str] = ".mp4"


def write_own_log(folder: Path, users: int, kind: str) -> Path:
    """Write a log whose items have pictures, one of them a hostile title, and a card; return the card's path."""
    rng = stream(0, "own log")
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for user in range(users):
        start, length = int(rng.integers(ITEMS)), int(rng.integers(5, 20))
        steps = np.where(rng.random(length) < 0.7, 1, rng.integers(ITEMS, size=length))
        events = [f"i{step:03d}" for step in (start + steps.cumsum()) % ITEMS]
        lines.append(f"u{user:03d}\t{' '.join(events)}")
    (folder / "sequences.tsv").write_text("\n".join(lines) + "\n")
    rows = []
    for item in range(ITEMS):
        name, title = f"i{item:03d}", f"thing called {'abcdefghijklmnopqrstuvwxyzäöüß'[item] * 5}"
        save_pixels(folder / f"{name}.png", np.full((1, 12, 12, 3), 8 * item, np.uint8))
        rows.append({"item": name, "title": HOSTILE if item == 7 else title, "image": f"{name}.png"})
    (folder / "items.jsonl").write_text("\n".join(json.dumps(row) for row in rows) + "\n")
    card = folder / "card.toml"
    told = {"id": f"own/made/{kind}", "kind": kind, "scorers": ["retrieval@10", "words"], "primary": "retrieval@10"}
    told |= {"version": "1", "licence": "synthetic", "source": "made by the tests"}
    card.write_text(to_toml({**told, "data": {"loader": "tasks.load:load", "options": {"folder": "."}}}))
    return card


def make_runs(folder: Path, users: int = 130, kind: str = "image", generator: str = "", more: str = "") -> list[Run]:
    """Return three finished runs under `folder`/runs of the log in `folder`/data; `more` is a further setting."""
    card = write_own_log(folder / "data", users, kind)
    name = generator or f"tests.generators:{'Paints' if kind == 'image' else 'PaintsClips'}"
    found = []
    for step, word in ((1, ""), (2, ""), (2, "<b>bold</b> ")):
        told = ["policy.resamples=2000", f"system.step={step}", f"system.word={word}", f"generator.name={name}"]
        told += [more] if more else []
        (job,), _ = plan(Suite("", (str(card),), ("tests.report.made:Tells",)), None, told)
        found.append(run_job(job, load(job, None), folder / "runs")[0])
    return found


def edit_media(run: Run, **change: dict[str, str | None]) -> None:
    """Change cells of a run's media table: column -> {case: value}."""
    table = pq.read_table(run.media)
    rows = table.to_pylist()
    for row in rows:
        for column, values in change.items():
            row[column] = values.get(row["case"], row[column])
    made = table.from_pylist(rows, schema=table.schema)
    pq.write_table(made, run.media)
