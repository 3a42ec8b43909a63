"""A catalogue with identifiers: every item's code and terms, and the centroids that its code's tokens stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from bench.api import Item
from bench.errors import BenchError
from bench.io import digest, write_atomic
from navigen.identifiers.codes import LETTERS, format_code, vocabulary
from navigen.identifiers.quantise import Codebook
from navigen.identifiers.reduce import Floats
from navigen.identifiers.textual import textual_code
from navigen.prompt import Written

FILE = "identifiers.safetensors"
LONGEST = 160  # characters of an item in a prompt that reads titles and captions


@dataclass(frozen=True, slots=True, eq=False)
class Identified:
    """The items of a training part in sorted order of their ids; `book` None: no codes are in use."""

    numbers: Mapping[str, int]
    written: tuple[Written, ...]
    book: Codebook | None

    @classmethod
    def of(cls, items: Mapping[str, Item], book: Codebook | None) -> Identified:
        """Write every item in all forms; a book made for another number of items is an error."""
        names = sorted(items)
        if book is not None and len(book.codes) != len(names):
            raise BenchError(
                f"identifiers: {len(book.codes)} codes for {len(names)} items; make them for this catalogue"
            )
        codes = [""] * len(names) if book is None else [format_code(code) for code in book.codes.tolist()]
        written = [
            Written(code, textual_code(items[name]), items[name].title or items[name].caption, read_as(items[name]))
            for name, code in zip(names, codes, strict=True)
        ]
        return cls({name: number for number, name in enumerate(names)}, tuple(written), book)

    def known(self, history: Sequence[str], most: int) -> list[Written]:
        """Return the last `most` items of a history, as written; items that the catalogue does not have are skipped."""
        return [self.written[self.numbers[name]] for name in history if name in self.numbers][-most:]

    def digest(self) -> str:
        """Return the sha256 over ids, terms and titles: which catalogue codes were made for, whatever the codes."""
        told = zip(self.numbers, self.written, strict=True)
        return digest([[name, item.terms, item.title] for name, item in told])

    def tokens(self) -> list[str]:
        """Return the code tokens in use; none without codes."""
        return [] if self.book is None else vocabulary(self.book.codes.tolist())

    def centroids(self) -> dict[str, Floats]:
        """Return the vector that each code token stands for; the marks, and codes without a centroid, have none."""
        if self.book is None:
            return {}
        return {
            f"<s_{letter}_{number}>": vector
            for letter, level in zip(LETTERS, self.book.centroids, strict=False)
            for number, vector in enumerate(level)
        }


def read_as(item: Item) -> str:
    """Return title and caption as one text of at most `LONGEST` characters, cut between words."""
    text = ": ".join(dict.fromkeys(part for part in (item.title, item.caption) if part))
    return text if len(text) <= LONGEST else text[: LONGEST + 1].rpartition(" ")[0] or text[:LONGEST]


def save_book(folder: Path, book: Codebook) -> None:
    """Write codes and centroids into a folder."""
    tensors = {"codes": book.codes, "raw": book.raw, "widths": np.array(book.widths, dtype=np.int64)}
    tensors |= {f"centroids.{level}": np.ascontiguousarray(part) for level, part in enumerate(book.centroids)}
    write_atomic(folder / FILE, lambda path: save_file(tensors, path))


def load_book(folder: Path) -> Codebook | None:
    """Return what `save_book` wrote; None where the folder has none; a damaged file is an error."""
    path = folder / FILE
    if not path.exists():
        return None
    try:
        found: dict[str, Any] = load_file(path)
        levels = found["codes"].shape[1]
        centroids = tuple(found[f"centroids.{level}"] for level in range(levels))
        return Codebook(found["codes"], found["raw"], centroids, tuple(found["widths"].tolist()))
    except (SafetensorError, KeyError, IndexError) as error:
        raise BenchError(f"{path}: cannot be read ({error}); make or fetch the checkpoint anew") from None
