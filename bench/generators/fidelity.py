"""How much of what was asked for a generator shows, as read by networks that learnt to read other draws.

A reader is a small network a domain with a head an attribute; it learns from pairs of another seed than the generator
did. Its accuracy on fresh draws is the ceiling, and one in the number of values is what chance would reach.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bench.catalogue import resolve
from bench.generators.pixel import PixelPipeline
from bench.rng import entropy, stream

EPOCHS, BATCH = 15, 64
TAUGHT = 1  # seed of the draws that readers learn from
ASKED = 2  # seed of the looks that are asked for
ROWS = ("chance", "drawn", "generated", "drawn, held out", "generated, held out")


class Shown(Protocol):
    """Pixels [frames, size, size, 3], the instruction they are of, and what they show: attribute -> value."""

    @property
    def domain(self) -> str: ...  # noqa: D102
    @property
    def texts(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def pixels(self) -> NDArray[np.uint8]: ...  # noqa: D102
    @property
    def labels(self) -> Mapping[str, str]: ...  # noqa: D102


class Namer(nn.Module):
    """Three convolutions, pooled, and a head an attribute; pixels [n, channels, size, size], size a multiple of 16."""

    def __init__(self, channels: int, values: list[int], size: int = 64) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *(nn.Conv2d(channels, 32, 5, 2, 2), nn.BatchNorm2d(32), nn.ReLU()),
            *(nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(64, 96, 3, padding=1), nn.BatchNorm2d(96), nn.ReLU(), nn.MaxPool2d(4)),
            *(nn.Flatten(), nn.Dropout(0.3)),
        )
        self.heads = nn.ModuleList(nn.Linear(96 * (size // 16) ** 2, number) for number in values)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Return the odds of the values of each attribute [n, values]."""
        found = self.body(pictures)
        return [head(found) for head in self.heads]


def teach(namer: Namer, pictures: Tensor, codes: Tensor, rng: np.random.Generator, epochs: int = EPOCHS) -> None:
    """Train on pictures [n, channels, size, size] (bytes) and value codes [n, attributes], shifted by chance."""
    steps = epochs * (len(pictures) // BATCH)
    optimiser = torch.optim.AdamW(namer.parameters(), lr=2e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)
    for _ in range(epochs):
        order = rng.permutation(len(pictures))
        for start in range(0, len(order) - BATCH + 1, BATCH):
            rows = order[start : start + BATCH]
            down, right = rng.integers(-3, 4, size=2).tolist()
            batch = torch.roll(pictures[rows].float() / 255 - 0.5, (down, right), (2, 3))
            answers = namer(batch)
            loss = torch.stack(
                [nn.functional.cross_entropy(answer, codes[rows, place]) for place, answer in enumerate(answers)]
            ).sum()
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
            schedule.step()


@dataclass(frozen=True, eq=False)
class Reader:
    """A trained namer of one domain and the values it tells apart: attribute -> its values in order."""

    namer: Namer
    values: Mapping[str, tuple[str, ...]]

    @torch.no_grad()
    def accuracy(self, pixels: NDArray[np.uint8], labels: Sequence[Mapping[str, str]]) -> dict[str, float]:
        """Return the share of pixels [n, frames, size, size, 3] in which each attribute's value is read."""
        parts = [self.namer(part.float() / 255 - 0.5) for part in torch.split(stacked(pixels), 128)]
        found = {}
        for place, (name, values) in enumerate(self.values.items()):
            read = torch.cat([part[place] for part in parts]).argmax(1).tolist()
            found[name] = float(
                np.mean([values[code] == label[name] for code, label in zip(read, labels, strict=True)])
            )
        return found


def make_reader(domain: str, shown: Sequence[Shown], epochs: int = EPOCHS) -> Reader:
    """Return a reader that learnt from what is shown, all of one domain."""
    values = {name: tuple(sorted({one.labels[name] for one in shown})) for name in shown[0].labels}
    pixels = stacked(np.stack([one.pixels for one in shown]))
    codes = torch.tensor([[told.index(one.labels[name]) for name, told in values.items()] for one in shown])
    with torch.random.fork_rng():
        torch.manual_seed(entropy(TAUGHT, "reader", domain) % 2**63)
        namer = Namer(pixels.shape[1], [len(told) for told in values.values()], pixels.shape[-1])
        teach(namer, pixels, codes, stream(TAUGHT, "reader", domain), epochs)
    return Reader(namer.eval(), values)


def render(pipeline: PixelPipeline, texts: Sequence[str], steps: int, guidance: float, batch: int) -> Any:
    """Return pixels [n, frames, size, size, 3], each decided by its text and its place."""
    found = []
    for start in range(0, len(texts), batch):
        part = list(texts[start : start + batch])
        places = range(start, start + len(part))
        sources = [torch.Generator().manual_seed(entropy(ASKED, "fidelity", place) % 2**63) for place in places]
        made: Any = pipeline(part, num_inference_steps=steps, guidance_scale=guidance, generator=sources)
        pixels = made.images[:, None] if pipeline.waves.frames == 1 else made.frames
        found.append(np.rint(pixels * 255).astype(np.uint8))
    return np.concatenate(found)


def by_domain(shown: Iterable[Shown]) -> dict[str, list[Shown]]:
    """Return what is shown by its domain, in the order of coming."""
    found: dict[str, list[Shown]] = {}
    for one in shown:
        found.setdefault(one.domain, []).append(one)
    return found


def measure(
    pipeline: PixelPipeline,
    *,
    every: str,
    usual: str,
    held_out: str,
    taught: int,
    asked: int,
    steps: int,
    guidance: float,
    batch: int = 32,
) -> dict[str, dict[str, dict[str, float]]]:
    """Return domain -> row (`ROWS`) -> attribute -> share of pixels that show what their instruction asks for.

    `usual` and `held_out`: "module:function" that yields pairs of usual looks, and of looks kept from training; readers
    learn from `every`, which yields both, so that it is the generator alone that meets what it never saw. `taught`,
    `asked`: pairs a domain that readers learn from, and that are drawn and generated.
    """
    frames, size = pipeline.waves.frames, pipeline.unet.config.sample_size * pipeline.waves.patch
    lessons = by_domain(resolve(every)(taught, TAUGHT, frames, size))
    readers = {domain: make_reader(domain, shown) for domain, shown in lessons.items()}
    found: dict[str, dict[str, dict[str, float]]] = {domain: {} for domain in readers}
    for ending, source in (("", usual), (", held out", held_out)):
        for domain, shown in by_domain(resolve(source)(asked, ASKED, frames, size)).items():
            labels = [one.labels for one in shown]
            made = render(pipeline, [one.texts[0] for one in shown], steps, guidance, batch)
            found[domain]["chance"] = {name: 1 / len(told) for name, told in readers[domain].values.items()}
            found[domain][f"drawn{ending}"] = readers[domain].accuracy(np.stack([o.pixels for o in shown]), labels)
            found[domain][f"generated{ending}"] = readers[domain].accuracy(made, labels)
    return found


def stacked(pixels: NDArray[np.uint8]) -> Tensor:
    """Return pixels [n, frames, size, size, 3] as [n, frames * 3, size, size]."""
    n, frames, height, width, colours = pixels.shape
    turned = np.ascontiguousarray(np.moveaxis(pixels, -1, 2)).reshape(n, frames * colours, height, width)
    return torch.from_numpy(turned)
