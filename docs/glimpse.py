"""A picture of the task: what people did, what came next, and what two systems asked a generator for.

`python -m docs.glimpse` runs two systems that come with the source tree on a part of the planted (synthetic) world, and
draws docs/glimpse.png. The case of each domain is not picked by hand: it is the first one whose attribute F1 by NaviGen
is as near as any to the mean over the cases.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np

from bench.api import Item
from bench.cli.run import execute
from bench.io import replacing
from bench.listing import Suite
from bench.pixels import Pixels, pillow, read_pixels
from bench.plan import plan
from bench.report.board import gather
from bench.report.groups import Group, grouped
from bench.report.html.cases import People, exhibit

PICTURE = Path(__file__).with_name("glimpse.png")
TASKS = ("product/world/image", "game/world/image", "short-video/world/video")
SYSTEMS: Mapping[str, str] = {"history-terms": "counting: terms of the history", "navigen": "NaviGen"}
CASES = 48
SHOWN = 5  # items of a history
SIDE, GAP, LEFT = 64, 8, 16
NEXT, TEXT = 136, 310  # widths of the columns of what came next, and of a system's
HEADS, WORDS = 40, 34  # the height of the heads, and letters in a line
ROW = SIDE + 40
INK, FAINT, PAPER = (30, 30, 30), (110, 110, 110), (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Case:
    """What is shown of a case: pictures (the frames of clips) and, by system, words and what they became."""

    title: str
    history: tuple[Pixels, ...]
    target: Pixels
    answers: tuple[tuple[str, str, Pixels], ...]


def cases(out: Path, number: int = CASES) -> list[Case]:
    """Return the case of each domain, of runs that are made below `out` or there already."""
    settings = (f"generator.cases={number}", "navigen.checkpoint=shipped")
    jobs, _ = plan(Suite("glimpse", TASKS, tuple(SYSTEMS), limit=number, settings=settings))
    groups = {asked.task: found for asked, found in grouped(execute(jobs, None, out)).items()}
    people = People(None)
    return [chosen(task, groups[task], people) for task in TASKS]


def chosen(task: str, groups: Sequence[Group], people: People) -> Case:
    """Return the case of a domain that is shown."""
    (page,) = gather(run for group in groups for run in group.runs)
    shown = exhibit(page.question, groups, people)
    hands = {hand.label.partition(" ")[0]: hand for hand in shown.hands}
    scores = hands["navigen"].scores
    for place in np.argsort(np.abs(scores - np.nanmean(scores)), kind="stable").tolist():
        case = shown.cases[place]
        query, targets = shown.examples[case].query, shown.examples[case].targets
        answers = [(title, hands[name].shown(case)) for name, title in SYSTEMS.items()]
        if len(query.history) >= SHOWN and all(answer.file is not None for _, answer in answers):
            return Case(
                task.partition("/")[0],
                tuple(seen(shown.items[name])[:1] for name in query.history[-SHOWN:]),
                seen(shown.items[targets[0]]),
                tuple((title, answer.text, read_pixels(answer.file)) for title, answer in answers if answer.file),
            )
    raise LookupError(f"{task}: no case of the {len(shown.cases)} has {SHOWN} items and a picture by every system")


def seen(item: Item) -> Pixels:
    """Return the frames of an item's clip, or its picture."""
    path = item.clip or item.image
    if path is None:
        raise LookupError(f"{item.id} has neither picture nor clip")
    return read_pixels(path)


def draw(shown: Sequence[Case]) -> Any:
    """Return the picture, a row a case."""
    image = pillow()
    from PIL import ImageDraw, ImageFont

    tile = SIDE + GAP
    after = LEFT + SHOWN * tile + 2 * GAP
    starts = [LEFT, after, *(after + NEXT + TEXT * place for place in range(len(SYSTEMS)))]
    canvas = image.new("RGB", (starts[-1] + TEXT, HEADS + ROW * len(shown)), PAPER)
    pen, small, bold = ImageDraw.Draw(canvas), ImageFont.load_default(12), ImageFont.load_default(14)
    for x, head in zip(starts, ("a user's last items", "what came next", *SYSTEMS.values()), strict=True):
        pen.text((x, 12), head, INK, bold)
    for number, case in enumerate(shown):
        top = HEADS + ROW * number
        pen.text((LEFT, top), case.title, FAINT, small)
        for place, pixels in enumerate(case.history):
            canvas.paste(square(pixels[0]), (LEFT + place * tile, top + 20))
        canvas.paste(square(middle(case.target)), (starts[1], top + 20))
        for x, (_, words, pixels) in zip(starts[2:], case.answers, strict=True):
            canvas.paste(square(middle(pixels)), (x, top + 20))
            for line, told in enumerate(wrap(words, WORDS)):
                pen.text((x + tile, top + 18 + 15 * line), told, INK, small)
    return canvas


def middle(pixels: Pixels) -> Any:
    """Return the frame in the middle of a clip; a picture is its own."""
    return pixels[len(pixels) // 2]


def square(frame: Any) -> Any:
    """Return a frame at the size of a tile, its pixels kept sharp."""
    image = pillow()
    return image.fromarray(frame).resize((SIDE, SIDE), image.Resampling.NEAREST)


def main() -> None:
    """Draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="keep the runs in this folder, or take up those that are there")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        canvas = draw(cases(told.out or Path(folder)))
    with replacing(PICTURE) as part:
        canvas.save(part, "PNG", optimize=True)


if __name__ == "__main__":
    main()
