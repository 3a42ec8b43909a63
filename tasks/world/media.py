"""The world's pictures and clips as files: drawn once, kept in a cache, whole or absent.

`NAVIBENCH_CACHE` names the cache (default: ~/.cache/navibench). A file's name ends in the head of the sha256 of its
pixels, which thereby enters the fingerprint of the data: what is compressed how does not matter, what is seen does.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

from bench.api import Progress, ignore_progress
from bench.errors import BenchError
from bench.io import cache_root, canonical, digest, file_sha256, only_one, read_json, write_text
from bench.pixels import pillow, save_pixels
from tasks.world.draw.make import FRAMES, SIZE, clip, stills
from tasks.world.shelf import Shelf

SUFFIX = {"image": ".png", "clip": ".webp"}


def media_files(shelf: Shelf, kind: str, seed: int, progress: Progress = ignore_progress) -> Mapping[str, Path]:
    """Return the file of every item's picture (`image`) or clip (`clip`), drawing what is not there yet.

    A killed drawing goes on where it stopped: an item's line in `index.json` is written after its file.
    """
    folder = cache_root() / "world" / f"{shelf.domain.name}-{kind}-{drawing_key(shelf, kind, seed)[:16]}"
    with only_one(folder, lambda: progress("wait for another process", 0, 1)):
        index = folder / "index.json"
        names = _known(index, folder)
        todo = [item for item, name in enumerate(shelf.ids) if name not in names]
        if todo:
            names |= _draw_all(shelf, kind, seed, folder, todo, progress)
            write_text(index, canonical(names))
    return {name: folder / names[name] for name in shelf.ids}


def drawing_key(shelf: Shelf, kind: str, seed: int) -> str:
    """Return the sha256 over what decides the pixels: the looks, the seed and the source code of the drawing."""
    code = {path.name: file_sha256(path) for path in sorted((Path(__file__).parent / "draw").glob("*.py"))}
    return digest([shelf.domain.name, list(shelf.ids), shelf.value.tolist(), kind, seed, SIZE, FRAMES, code])


def _draw_all(shelf: Shelf, kind: str, seed: int, folder: Path, todo: list[int], progress: Progress) -> dict[str, str]:
    """Draw items on all cores; each is drawn by itself, so their number changes nothing."""
    pillow()  # said once, before any work

    def draw(item: int) -> tuple[str, str]:
        pixels = stills(shelf, item, seed) if kind == "image" else clip(shelf, item, seed)
        name = f"{shelf.ids[item]}-{sha256(pixels.tobytes()).hexdigest()[:12]}{SUFFIX[kind]}"
        save_pixels(folder / name, pixels)
        return shelf.ids[item], name

    stage = f"draw {shelf.domain.name} {kind}s"
    names: dict[str, str] = {}
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for done, (item, name) in enumerate(pool.map(draw, todo), start=1):
            names[item] = name
            progress(stage, done, len(todo))
            if done % 200 == 0:
                write_text(folder / "index.json", canonical({**_known(folder / "index.json", folder), **names}))
    return names


def _known(index: Path, folder: Path) -> dict[str, str]:
    """Return the items whose files are there; a broken index is drawn again."""
    if not index.exists():
        return {}
    try:
        told = read_json(index)
    except BenchError:
        return {}
    names = told if isinstance(told, dict) else {}
    there = {path.name for path in folder.iterdir()}
    return {item: name for item, name in names.items() if name in there}
