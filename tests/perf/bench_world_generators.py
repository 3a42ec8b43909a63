"""How faithful the shipped generators are and how fast, by domain and attribute; `--card` writes it on their cards.

    python -m tests.perf.bench_world_generators [--card] [--steps 10] [--guidance 1.5] [FOLDER ...]

Without a folder both shipped generators are measured. Readers of attributes are trained first: some minutes a folder.
"""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path

import numpy as np
import torch

from bench.generators.fidelity import ROWS, measure, render
from bench.generators.pixel import PixelPipeline
from bench.io import write_text
from bench.shipped import shipped
from tasks.world.pairs import pairs

SHIPPED = ("world-image", "world-video")
TAUGHT, ASKED, BATCH = 1500, 200, 32
MARK = "## Measured"
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def table(found: dict[str, dict[str, dict[str, float]]]) -> list[str]:
    """Return a Markdown table a domain."""
    lines = []
    for domain, rows in found.items():
        names = list(rows["drawn"])
        lines += ["", f"| {domain} | {' | '.join(names)} | mean |", f"|---|{'---:|' * (len(names) + 1)}"]
        for row in ROWS:
            shares = [rows[row][name] for name in names]
            lines.append(f"| {row} | {' | '.join(f'{share:.3f}' for share in [*shares, float(np.mean(shares))])} |")
    return lines


def speed(pipeline: PixelPipeline, steps: int, guidance: float) -> float:
    """Return pictures or clips a CPU second, of full batches on one thread."""
    texts = [one.texts[0] for one in pairs(BATCH // 3 + 1, 3, pipeline.waves.frames, 32)][:BATCH]
    render(pipeline, texts, 2, guidance, BATCH)
    seconds = []
    for _ in range(3):
        started = time.process_time()
        render(pipeline, texts, steps, guidance, BATCH)
        seconds.append(time.process_time() - started)
    return BATCH / min(seconds)


def loaded(folder: Path, dtype: torch.dtype) -> PixelPipeline:
    """Return the pipeline of a folder, without bars."""
    pipeline: PixelPipeline = PixelPipeline.from_pretrained(folder, dtype=dtype)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def main() -> None:
    """Measure, print, and with --card replace the measured part of the cards."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--card", action="store_true")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--guidance", type=float, default=1.5)
    parser.add_argument("--taught", type=int, default=TAUGHT)
    parser.add_argument("--asked", type=int, default=ASKED)
    told = parser.parse_args()
    torch.set_num_threads(1)
    for folder in told.folders or [shipped(name, "model_index.json") for name in SHIPPED]:
        rates = {name: speed(loaded(folder, dtype), told.steps, told.guidance) for name, dtype in DTYPES.items()}
        pipeline = loaded(folder, torch.float32)
        found = measure(
            pipeline,
            every="tasks.world.pairs:every",
            usual="tasks.world.pairs:draws",
            held_out="tasks.world.pairs:held_out",
            taught=told.taught,
            asked=told.asked,
            steps=told.steps,
            guidance=told.guidance,
            batch=BATCH,
        )
        fast = ", ".join(f"{rate:.1f} in {name}" for name, rate in rates.items())
        lines = [
            MARK,
            "",
            f"By `python -m tests.perf.bench_world_generators` with {told.steps} steps and guidance {told.guidance}: "
            f"share of {told.asked} instructions a domain whose value a reader finds in what was made. Readers learnt "
            f"from {told.taught} other draws of any looks a domain; `drawn` is what they find in fresh draws of the "
            f"same looks, the ceiling. `held out`: looks with a pair of values that the generator never saw joined. "
            f"What is made varies little from seed to seed, and its edges are soft: the generator learnt from one "
            f"standpoint a domain, and keeps the strongest waves of a cell only. "
            f"Speed in batches of {BATCH}, a CPU second of one thread: {fast}.",
            *table(found),
        ]
        print("\n".join([f"# {folder.name}", *lines]), flush=True)
        if told.card:
            card = folder / "README.md"
            text = re.split(rf"^{MARK}$", card.read_text(encoding="utf-8"), flags=re.MULTILINE)[0].rstrip()
            write_text(card, "\n".join([text, "", *lines]) + "\n")


if __name__ == "__main__":
    main()
