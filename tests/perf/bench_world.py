"""Time to make the planted world and draw all of it, and what a frame costs beside the same shapes drawn by Pillow."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from tasks.world.draw.canvas import Canvas
from tasks.world.draw.make import SIZE
from tasks.world.draw.shot import Shot
from tasks.world.life import live
from tasks.world.media import media_files
from tasks.world.shelf import stock
from tasks.world.society import form
from tasks.world.strengths import DEFAULTS
from tasks.world.taxonomy import DOMAINS

FRAMES, SHAPES, FINER, REPEATS = 12, 20, 4, 5  # FINER: what Pillow must draw at to smooth an edge


def whole_world() -> None:
    """Print the seconds of every step, drawn into an empty cache on all cores."""
    total = 0.0
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NAVIBENCH_CACHE"] = folder
        for name, domain in DOMAINS.items():
            started = time.perf_counter()
            shelf = stock(domain, DEFAULTS[name], 0)
            society = form(shelf, DEFAULTS[name], 0)
            for user in range(DEFAULTS[name].users):
                live(society, DEFAULTS[name], 0, name, user)
            steps = [("people", time.perf_counter() - started)]
            for kind in ("image", "clip"):
                started = time.perf_counter()
                media_files(shelf, kind, 0)
                steps.append((f"{kind}s", time.perf_counter() - started))
            total += sum(seconds for _, seconds in steps)
            print(f"{name:12s}", ", ".join(f"{step} {seconds:.1f} s" for step, seconds in steps))
    print(f"whole world: {total:.1f} s on {len(os.sched_getaffinity(0))} cores")


def ours(shot: Shot) -> None:
    """Paint turned boxes over all frames at once."""
    canvas = Canvas(shot, SIZE)
    for number in range(SHAPES):
        canvas.paint(canvas.scene.at(0.1, 0, 0.5, shot.phase).box(0, 0, 0.9, 0.5, 0.2), (number / SHAPES, 0.3, 0.6))
    canvas.finish()


def pillow() -> None:
    """Draw as many turned quadrilaterals a frame, finer than needed, and scale them down."""
    for frame in range(FRAMES):
        image = Image.new("RGB", (SIZE * FINER, SIZE * FINER))
        pen = ImageDraw.Draw(image)
        angle = 2 * np.pi * frame / FRAMES
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        corners = np.array([(-0.45, -0.25), (0.45, -0.25), (0.45, 0.25), (-0.45, 0.25)]) @ turn.T
        points = [tuple(point) for point in ((corners + 1) * SIZE * FINER / 2).tolist()]
        for number in range(SHAPES):
            pen.polygon(points, fill=(255 * number // SHAPES, 77, 153))
        np.asarray(image.resize((SIZE, SIZE), Image.Resampling.BOX))


def fastest(call: Callable[..., None], *arguments: object) -> float:
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        call(*arguments)
        times.append(time.perf_counter() - started)
    return min(times)


def main() -> None:
    """Print both tables."""
    whole_world()
    still = np.zeros(FRAMES, dtype=np.float32)
    luck = np.zeros((FRAMES, 12), dtype=np.float32)
    phase = (np.arange(FRAMES) / FRAMES).astype(np.float32)
    mine, theirs = fastest(ours, Shot(phase, still, still, still + 1, still + 1, luck)), fastest(pillow)
    print(
        f"{SHAPES} shapes in {FRAMES} frames: here {1000 * mine:.1f} ms, Pillow at {FINER}x {1000 * theirs:.1f} ms: "
        f"{theirs / mine:.2f} times ours (its bytes may change with its version)"
    )


if __name__ == "__main__":
    main()
