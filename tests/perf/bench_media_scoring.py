"""Processor time of scoring rendered pictures, and the ratio to torchmetrics and lpips asked picture by picture."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from bench.api import Cases, Setting
from bench.catalogue import scorer
from bench.pixels import read_pixels
from bench.scorers.lens import encoder, perceiver
from bench.scorers.perceptual import SIDE
from tests.media.lookers import ForTorchmetrics, TinyClip, TinyLpips, draw, make_cases, make_train

CASES, ITEMS, LOOKED = 64, 24, 12  # LOOKED: cases that LPIPS compares
SHAPE: dict[str, Setting] = {"side": 224, "patch": 32, "width": 256, "layers": 4}
REAL: dict[str, dict[str, Setting]] = {
    "clip": {"name": "tests.media.lookers:TinyClip", **SHAPE},
    "lpips": {"name": "tests.media.lookers:TinyLpips"},
}
SCORERS = ("clip-alignment", "clip-caption", "clip-i", "clip-i-mismatched", "clip-i-history")

Figures = dict[str, list[float | None]]
Timed = tuple[Figures, float]


def score(cases: Cases, names: tuple[str, ...]) -> Figures:
    """Return the scores of all cases, with nothing remembered of the run."""
    again = Cases(cases.rows, cases.train, cases.backbones, cases.kind)
    return {name: list(scorer(name)(again)) for name in names}  # type: ignore[operator]


def one_by_one(cases: Cases) -> Figures:
    """Return the same figures as a loop over `clip_score` makes them."""
    import torch
    from torchmetrics.functional.multimodal import clip_score

    from bench.scorers.mismatch import mismatched

    eyes = encoder(cases)
    assert isinstance(eyes, TinyClip)
    model = ForTorchmetrics(eyes)
    items = cases.train.items

    def picture(path: Path | None) -> torch.Tensor:
        assert path is not None
        return torch.from_numpy(read_pixels(path)[0].copy()).permute(2, 0, 1)

    def near(one: torch.Tensor, two: torch.Tensor | str) -> float:
        return float(clip_score(one, two, model_name_or_path=model))

    found: Figures = {name: [] for name in SCORERS}
    with torch.inference_mode():
        for case, other in zip(cases.rows, mismatched(cases), strict=True):
            assert isinstance(case.media, Path) and other is not None
            made = picture(case.media)
            target = items[case.example.targets[0]]
            found["clip-alignment"].append(near(made, case.answer.text))  # type: ignore[union-attr]
            found["clip-caption"].append(near(made, target.caption))
            found["clip-i"].append(near(made, picture(target.image)) / 100)
            stranger = items[cases.rows[other].example.targets[0]]
            found["clip-i-mismatched"].append(near(made, picture(stranger.image)) / 100)
            before = [items[name] for name in dict.fromkeys(case.example.query.history) if name in items]
            found["clip-i-history"].append(float(np.mean([near(made, picture(one.image)) / 100 for one in before])))
    return found


def lpips_one_by_one(cases: Cases) -> Figures:
    """Return LPIPS of the authors' module, pair by pair."""
    import torch
    from PIL import Image

    eyes = perceiver(cases)
    assert isinstance(eyes, TinyLpips)
    found: list[float | None] = []
    for case in cases.rows:
        sides = []
        for path in (case.media, cases.train.items[case.example.targets[0]].image):
            assert isinstance(path, Path)
            with Image.open(path) as opened:
                small = np.asarray(opened.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC))
            sides.append(torch.from_numpy(small.copy()).permute(2, 0, 1)[None].float() / 255)
        with torch.inference_mode():
            found.append(float(eyes.model(*sides, normalize=True)))
    return {"lpips": found}


def timed(work: Callable[[], Figures]) -> Timed:
    """Return what `work` makes, and its seconds of all cores, which a busy machine does not change."""
    start = time.process_time()
    made = work()
    return made, time.process_time() - start


def compare(name: str, ours: Timed, theirs: Timed, pictures: int) -> None:
    """Print one line."""
    (own, seconds), (other, their_seconds) = ours, theirs
    pairs = [pair for key, values in own.items() for pair in zip(values, other[key], strict=True)]
    # torchmetrics clamps at 0 what is a cosine of two pictures, too.
    apart = max(abs(max(one or 0.0, 0.0) - max(two or 0.0, 0.0)) for one, two in pairs)
    print(
        f"{name:<30} {pictures / seconds:8.1f} a second, one by one {pictures / their_seconds:8.1f}: ",
        end="",
        flush=True,
    )
    print(f"{their_seconds / seconds:5.1f} times; largest difference {apart:.1e}")


def main() -> None:
    """Print the table."""
    if not all(map(find_spec, ("open_clip", "lpips", "torchmetrics"))):
        print("open_clip, lpips or torchmetrics is not installed: nothing to compare", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["NAVIBENCH_CACHE"] = str(folder / "cache")  # nothing is known before
        train = make_train(folder, ITEMS)
        made = [draw(folder, f"made{place}", size=(256, 256)) for place in range(CASES)]
        full = make_cases(train, made, backbones=REAL)
        # Item 1 has no caption and is nobody's target; what is loaded once is loaded before the clock starts.
        small = make_cases(train, made[:LOOKED], backbones=REAL)
        warm = make_cases(make_train(folder / "warm", 6), [draw(folder, "warm")] * 4, backbones=REAL)
        score(warm, (*SCORERS, "lpips"))
        one_by_one(warm)
        figures = f"{len(SCORERS)} figures of {CASES} pictures"
        loop = timed(lambda: one_by_one(full))
        compare(figures, timed(lambda: score(full, SCORERS)), loop, CASES)
        compare("the same, catalogue known", timed(lambda: score(full, SCORERS)), loop, CASES)
        loop = timed(lambda: lpips_one_by_one(small))
        compare(f"lpips of {LOOKED} pictures", timed(lambda: score(small, ("lpips",))), loop, LOOKED)


if __name__ == "__main__":
    main()
