"""Models that look, for tests: one made of plain colours, and random little ones of the real libraries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bench.api import Answer, Case, Cases, Example, Failure, Instruction, Item, Kind, Query, Setting, Train
from bench.pixels import Pixels, save_pixels
from bench.rng import stream
from bench.scorers.lens import Vectors

CLIP = {"clip": {"name": "tests.media.lookers:Colours"}, "lpips": {"name": "tests.media.lookers:Apart"}}
SIZES = ((16, 16), (16, 24), (20, 20))


def normal(rows: NDArray[Any]) -> Vectors:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


CODE = sha256(Path(__file__).read_bytes()).hexdigest()


@dataclass
class Colours:
    """A picture's quarters and their colours; a text is a direction of its own."""

    fingerprint: ClassVar[str] = CODE

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        return normal(np.stack([stream(0, text).standard_normal(12) for text in texts]))

    def embed_pictures(self, pictures: Pixels | Sequence[Pixels]) -> Vectors:
        return normal(np.stack([self.quarters(picture) for picture in pictures]) - 120.5)

    def quarters(self, picture: Pixels) -> NDArray[np.float64]:
        up, left = picture.shape[0] // 2, picture.shape[1] // 2
        parts = picture[:up, :left], picture[:up, left:], picture[up:, :left], picture[up:, left:]
        return np.concatenate([part.mean(axis=(0, 1)) for part in parts])


@dataclass
class Apart:
    """Mean absolute difference of bytes."""

    def distance(self, one: Pixels, two: Pixels) -> NDArray[np.float32]:
        return np.abs(one.astype(np.float32) - two).mean(axis=(1, 2, 3))


@dataclass
class TinyClip:
    """A random CLIP of open_clip, asked in batches of its own, each picture prepared as open_clip says."""

    batch: int = 64
    side: int = 32
    patch: int = 8
    width: int = 32
    layers: int = 2

    @property
    def fingerprint(self) -> str:
        return sha256(f"{CODE} {self}".encode()).hexdigest()

    @cached_property
    def model(self) -> Any:
        import open_clip
        import torch

        shape = {"layers": self.layers, "width": self.width}
        sight = {**shape, "image_size": self.side, "head_width": 16, "patch_size": self.patch}
        text = {**shape, "context_length": 77, "vocab_size": 49408, "heads": 2}
        with torch.random.fork_rng():
            torch.manual_seed(0)
            return open_clip.CLIP(16, sight, text).eval()

    @cached_property
    def prepare(self) -> Any:
        import open_clip

        return open_clip.image_transform(self.side, is_train=False)

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        import open_clip
        import torch

        with torch.inference_mode():
            return normal(self.model.encode_text(open_clip.tokenize(list(texts))).numpy())

    def embed_pictures(self, pictures: Pixels | Sequence[Pixels]) -> Vectors:
        import torch
        from PIL import Image

        blocks = []
        for start in range(0, len(pictures), self.batch):
            block = pictures[start : start + self.batch]
            with torch.inference_mode():
                ready = torch.stack([self.prepare(Image.fromarray(one)) for one in block])
                blocks.append(normal(self.model.encode_image(ready).numpy()))
        return np.concatenate(blocks)


class ForTorchmetrics:
    """A tiny CLIP as torchmetrics asks one of transformers, with its processor."""

    def __init__(self, clip: TinyClip) -> None:
        self.clip = clip

    def __call__(self) -> tuple[Any, Any]:
        return self, self.process

    def to(self, _: object) -> ForTorchmetrics:
        return self

    @property
    def config(self) -> object:
        return object()

    def process(self, images: Any = None, text: Any = None, **_: object) -> dict[str, Any]:
        import open_clip
        import torch
        from torchvision.transforms.functional import to_pil_image

        if images is not None:
            return {"pixel_values": torch.stack([self.clip.prepare(to_pil_image(one)) for one in images])}
        ids = open_clip.tokenize(list(text))
        return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}

    def get_image_features(self, pixels: Any) -> Any:
        return self.clip.model.encode_image(pixels)

    def get_text_features(self, ids: Any, _: Any) -> Any:
        return self.clip.model.encode_text(ids)


@dataclass
class TinyLpips:
    """LPIPS with its own calibration on a random AlexNet."""

    @cached_property
    def model(self) -> Any:
        import lpips
        import torch

        with torch.random.fork_rng():
            torch.manual_seed(0)
            return lpips.LPIPS(net="alex", pnet_rand=True, verbose=False)

    def distance(self, one: Pixels, two: Pixels) -> NDArray[np.float32]:
        import torch

        sides = [torch.from_numpy(side).permute(0, 3, 1, 2).float() / 127.5 - 1 for side in (one, two)]
        with torch.inference_mode():
            found: NDArray[np.float32] = self.model(*sides).flatten().numpy()
        return found


def draw(folder: Path, name: str, frames: int = 1, suffix: str = ".png", size: tuple[int, int] | None = None) -> Path:
    """Write blobs of colour that the name decides; sizes differ unless one is given."""
    rng = stream(0, name)
    height, width = size or SIZES[sha256(name.encode()).digest()[0] % len(SIZES)]
    coarse = rng.integers(0, 256, (frames, 4, 4, 3), dtype=np.uint8)
    rows, columns = np.arange(height) * 4 // height, np.arange(width) * 4 // width
    path = folder / f"{name}{suffix}"
    save_pixels(path, coarse[:, rows][:, :, columns])
    return path


def make_train(folder: Path, items: int = 20, kind: Kind = Kind.IMAGE) -> Train:
    """Return a catalogue of which every item but the first has a picture, or a clip."""
    made = {}
    for number in range(items):
        name = f"i{number:02}"
        frames, suffix = (3, ".webp") if kind is Kind.VIDEO else (1, ".png")
        path = draw(folder, name, frames, suffix) if number else None
        media = {"clip": path} if kind is Kind.VIDEO else {"image": path}
        made[name] = Item(name, f"thing {number}", f"a thing like {number}" if number != 1 else "", **media)
    return Train(made, {})


def make_cases(
    train: Train,
    media: Sequence[Path | Failure | None],
    kind: Kind = Kind.IMAGE,
    backbones: dict[str, dict[str, Setting]] | None = None,
    answers: Sequence[Answer] | None = None,
) -> Cases:
    """Return a case a file: user n wants item 2 + n (in a circle, but for items 0 and 1) after the two before it."""
    rows = []
    names = sorted(train.items)[2:]
    for place, path in enumerate(media):
        target = names[place % len(names)]
        one, two = (names[(place - back) % len(names)] for back in (1, 2))
        history = (one, two, one, "gone")
        answer = answers[place] if answers else Instruction(f"paint thing {place}")
        rows.append(Case(Example(Query(f"q{place:03}", f"u{place:03}", history), (target,)), answer, path))
    return Cases(tuple(rows), train, backbones or CLIP, kind)


def target(train: Train, place: int) -> Item:
    """Return the item that the case at this place wants."""
    names = sorted(train.items)[2:]
    return train.items[names[place % len(names)]]
