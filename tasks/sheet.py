"""What a data set's pictures and clips look like at a glance: a contact sheet with terms, and clips side by side."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.api import Dataset, Item
from bench.pixels import Pixels, pillow, read_pixels, save_pixels
from bench.rng import hash_order

COLUMNS, ROWS, CELL, CAPTION = 8, 5, 160, 56
"""Pictures across and down; the side of each, and the height of the text below it, in pixels."""
MOVING = 12
"""Clips in the animation, six to a row."""


def write_sheets(dataset: Dataset, folder: Path) -> list[Path]:
    """Write `contact-sheet.png` and `clips.gif` of items chosen by hash, for whatever media the items have."""
    items = list(dataset.train.items.values())
    order = [items[place] for place in hash_order([item.id for item in items], "sheet")]
    written: list[Path] = []
    if pictured := [item for item in order if item.image is not None][: COLUMNS * ROWS]:
        written.append(folder / "contact-sheet.png")
        save_pixels(written[-1], contact_sheet(pictured)[None])
    if moving := [item for item in order if item.clip is not None][:MOVING]:
        written.append(folder / "clips.gif")
        save_pixels(written[-1], side_by_side(moving))
    return written


def contact_sheet(items: Sequence[Item]) -> Pixels:
    """Return one picture of many, each above its terms (or its title)."""
    from PIL import ImageDraw

    image = pillow()
    rows = -(-len(items) // COLUMNS)
    sheet = image.new("RGB", (COLUMNS * CELL, rows * (CELL + CAPTION)), "white")
    pen = ImageDraw.Draw(sheet)
    for number, item in enumerate(items):
        left, top = number % COLUMNS * CELL, number // COLUMNS * (CELL + CAPTION)
        assert item.image is not None
        sheet.paste(_fitted(image.fromarray(read_pixels(item.image)[0])), (left + 4, top + 4))
        text = ", ".join(item.attributes.get("terms", ())) or item.title
        pen.text((left + 4, top + CELL), "\n".join(textwrap.wrap(text, 26)[:4]), fill="black")
    return np.asarray(sheet)


def side_by_side(items: Sequence[Item]) -> Pixels:
    """Return one animation of several clips, six to a row; shorter ones stop at their last frame."""
    clips = [read_pixels(item.clip) for item in items if item.clip is not None]
    length = max(len(clip) for clip in clips)
    height, width = (max(clip.shape[side] for clip in clips) for side in (1, 2))
    across = min(6, len(clips))
    down = -(-len(clips) // across)
    whole = np.full((length, down * height, across * width, 3), 255, dtype=np.uint8)
    for number, clip in enumerate(clips):
        top, left = number // across * height, number % across * width
        frames = clip[np.minimum(np.arange(length), len(clip) - 1)]
        whole[:, top : top + clip.shape[1], left : left + clip.shape[2]] = frames
    return np.repeat(np.repeat(whole, 2, axis=1), 2, axis=2)


def _fitted(picture: Any) -> Any:
    """Return a picture scaled to its cell; small ones keep their pixels sharp."""
    side = CELL - 8
    scale = side / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, pillow().Resampling.NEAREST if scale >= 1 else pillow().Resampling.LANCZOS)
