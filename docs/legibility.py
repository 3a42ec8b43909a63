"""Measures how well a small network names what the world's pictures and clips show: some minutes a domain.

The network is trained on looks whose values are drawn independently of each other, so that it cannot guess one from
another, and tested on draws of the items of the world of the cards. Still pictures cannot show where a camera goes:
that is left to clips.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bench.generators.fidelity import Namer, teach
from bench.io import write_text
from bench.rng import entropy, stream
from tasks.world.draw.make import clip, stills
from tasks.world.shelf import Shelf, stock
from tasks.world.strengths import DEFAULTS, strengths
from tasks.world.taxonomy import DOMAINS

RESULTS = Path(__file__).parent.parent / "results" / "measured" / "legibility.json"
LOOKS = {"stills": 800, "clips": 2000}
DRAWS = {"stills": 4, "clips": 1}
FRAMES = slice(0, 12, 2)


def any_looks(domain: str, number: int) -> Shelf:
    """Return a shelf of looks whose values are independent of each other, but for pairs that nobody would make."""
    shelf = stock(DOMAINS[domain], strengths(domain, {"items": number}), 1)
    rng = stream(1, "looks", domain)
    attributes = DOMAINS[domain].attributes
    rows: list[list[int]] = []
    while len(rows) < number:
        codes = [int(rng.random() * len(attribute.values)) for attribute in attributes]
        look = [attribute.values[code] for attribute, code in zip(attributes, codes, strict=True)]
        if not any((look[0], value) in DOMAINS[domain].impossible for value in look):
            rows.append(codes)
    return replace(shelf, value=np.array(rows))


def show(shelf: Shelf, kind: str, draws: int, seed: int) -> tuple[Tensor, NDArray[np.int64]]:
    """Return pictures as [n, channels, 64, 64] bytes, a clip's frames as channels, and the value codes behind them."""
    rows, codes = [], []
    for item in range(len(shelf)):
        if kind == "stills":
            rows.append(np.moveaxis(stills(shelf, item, seed, range(draws)), -1, 1))
        else:
            frames = clip(shelf, item, seed)[FRAMES]
            rows.append(np.moveaxis(frames, -1, 1).reshape(1, -1, *frames.shape[1:3]))
        codes += [shelf.value[item]] * len(rows[-1])
    return torch.from_numpy(np.concatenate(rows)), np.stack(codes)


def measure(domain: str, kind: str) -> dict[str, float]:
    """Return the accuracy per attribute on the world of the cards."""
    torch.manual_seed(entropy(0, "legibility", domain, kind) % 2**31)
    pictures, codes = show(any_looks(domain, LOOKS[kind]), kind, DRAWS[kind], 1)
    namer = Namer(pictures.shape[1], [len(attribute.values) for attribute in DOMAINS[domain].attributes])
    teach(namer, pictures, torch.from_numpy(codes), stream(0, "legibility", domain, kind))
    asked, truth = show(stock(DOMAINS[domain], DEFAULTS[domain], 0), kind, 1, 0)
    namer.eval()
    with torch.no_grad():
        told = [namer(asked[rows].float() / 255 - 0.5) for rows in torch.arange(len(asked)).split(128)]
    guesses = [torch.cat([part[place] for part in told]).argmax(1).numpy() for place in range(truth.shape[1])]
    names = [attribute.name for attribute in DOMAINS[domain].attributes]
    return {
        name: round(float((guess == truth[:, place]).mean()), 4)
        for place, (name, guess) in enumerate(zip(names, guesses, strict=True))
        if kind == "clips" or name != "camera"
    }


def main() -> None:
    """Measure every domain and kind, and keep each figure as it comes."""
    found: dict[str, dict[str, float]] = {}
    for domain in DOMAINS:
        for kind in LOOKS:
            found[f"{domain}, {kind}"] = measure(domain, kind)
            write_text(RESULTS, json.dumps(found, indent=1) + "\n")
            print(f"{domain}, {kind}", found[f"{domain}, {kind}"], flush=True)


if __name__ == "__main__":
    main()
