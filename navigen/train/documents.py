"""Documents to learn from: token ids, which of them are predicted with loss, and the task they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import numpy.typing as npt

from bench.errors import BenchError

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """`ids` [tokens] of one conversation; `learn[i]`: token i is predicted from those before it, with loss.

    `learn[0]` is never used, because nothing stands before it. `goals` [tokens]: the item that a residual head is asked
    for at a token, by its number, -1 for none; without goals there is nothing to ask.
    """

    ids: Ints
    learn: Bools
    task: str
    goals: Ints | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """Documents end to end: `ids`, `learn` and `goals` [tokens]; `starts`, `sizes`, `learnt` and `tasks` [documents].

    `tasks` are indices into `names`; `learnt` counts the tokens with loss. `long` and `blank` count what was left out:
    documents longer than a pack, and documents with nothing to learn.
    """

    ids: Ints
    learn: Bools
    goals: Ints
    starts: Ints
    sizes: Ints
    learnt: Ints
    tasks: Ints
    names: tuple[str, ...]
    long: int
    blank: int

    def __len__(self) -> int:
        """Return the number of documents kept."""
        return len(self.sizes)


def lay_out(documents: Sequence[Document], length: int) -> Corpus:
    """Return the documents of at most `length` tokens that have something to learn, in order.

    Raises BenchError if ids and mask of a document differ in shape.
    """
    kept: list[Document] = []
    long = blank = 0
    for index, document in enumerate(documents):
        if document.ids.ndim != 1 or document.ids.shape != document.learn.shape:
            raise BenchError(
                f"document {index} ({document.task}): ids {document.ids.shape} and learn {document.learn.shape} "
                "must be vectors of one length"
            )
        if len(document.ids) > length:
            long += 1
        elif document.learn[1:].any():
            kept.append(document)
        else:
            blank += 1
    names = tuple(sorted({document.task for document in documents}))
    place = {name: index for index, name in enumerate(names)}
    sizes = np.array([len(document.ids) for document in kept], dtype=np.int64)
    learn = [document.learn.astype(np.bool_) for document in kept]
    starts = np.cumsum(sizes) - sizes
    mask = np.concatenate(learn) if learn else np.zeros(0, dtype=np.bool_)
    mask[starts] = False
    return Corpus(
        ids=np.concatenate([document.ids for document in kept]).astype(np.int64) if kept else np.zeros(0, np.int64),
        learn=mask,
        goals=np.concatenate([goals_of(document) for document in kept]) if kept else np.zeros(0, np.int64),
        starts=starts,
        sizes=sizes,
        learnt=np.add.reduceat(mask, starts, dtype=np.int64) if kept else np.zeros(0, np.int64),
        tasks=np.array([place[document.task] for document in kept], dtype=np.int64),
        names=names,
        long=long,
        blank=blank,
    )


def goals_of(document: Document) -> Ints:
    """Return what is asked at every token of a document [tokens]."""
    return np.full(len(document.ids), -1, dtype=np.int64) if document.goals is None else document.goals


def fingerprint(documents: Sequence[Document]) -> str:
    """Return the sha256 of the documents: ids, masks and tasks, in order."""
    total = sha256()
    for document in documents:
        total.update(f"{document.task}\x1f{len(document.ids)}\x1e".encode())
        total.update(np.ascontiguousarray(document.ids, dtype="<i8").tobytes())
        total.update(np.packbits(document.learn).tobytes())
        if document.goals is not None:
            total.update(np.ascontiguousarray(document.goals, dtype="<i8").tobytes())
    return total.hexdigest()
