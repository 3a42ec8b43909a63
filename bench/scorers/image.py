"""Scorers of pictures and clips against texts and against what users chose, in the space of a CLIP model.

Values of different models are not comparable: the model is in the run's key. What is judged: see `bench.scorers.seen`.
Cosines to a picture are to its vector; to a clip, to the mean of its frames' vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from bench.api import Case, Cases, Instruction
from bench.errors import BenchError
from bench.scorers.encoding import Floats, Ints
from bench.scorers.lens import Vectors
from bench.scorers.seen import (
    OfMedia,
    album,
    cosines,
    likeness,
    media_of,
    medium,
    outputs,
    own,
    partners,
    seen,
    targets_of,
    texts_seen,
)

BLOCK = 256  # outputs compared with the whole catalogue at a time
DIGITS = 5  # of a cosine; what is equal in them ties
PREFIX = "A photo depicts "

Texts = Callable[[Case], Sequence[str]]


class ClipAlignment(OfMedia):
    """max(100 cos(instruction, frame), 0), clamped for each pair of text and frame, then the mean over frames.

    The scale of torchmetrics' CLIPScore, which clamps the mean of a whole set instead. No prefix. The model reads as
    much of a text as its context holds (CLIP: 77 tokens). An answer that is no instruction is not judged.
    """

    scale = 100.0
    prefix = ""

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return the alignment per case, 0 or more."""

        def said(case: Case) -> list[str]:
            return [self.prefix + case.answer.text] if isinstance(case.answer, Instruction) else []

        return outputs(cases).scores(alignment(cases, said, self.scale), seen(cases).spoilt, self.higher_is_better)


class ClipS(ClipAlignment):
    """CLIP-S, 2.5 max(cos("A photo depicts " + instruction, frame), 0) (Hessel et al. 2021, 2104.08718)."""

    scale = 2.5
    prefix = PREFIX


class ClipCaption(OfMedia):
    """max(100 cos(the target's caption, frame), 0), mean over frames: whether what was chosen is to be seen.

    Of several captions the one that fits best counts; a target without caption is not judged.
    """

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return the alignment per case, 0 or more."""
        items = cases.train.items

        def captions(case: Case) -> list[str]:
            known = (items[name].caption for name in dict.fromkeys(case.example.targets) if name in items)
            return [caption for caption in known if caption]

        return outputs(cases).scores(alignment(cases, captions, 100.0), seen(cases).spoilt, self.higher_is_better)


class ClipI(OfMedia):
    """CLIP-I: cosine to the target's picture or clip (Ruiz et al. 2023, 2208.12242)."""

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return the cosine per case in [-1, 1]."""
        return outputs(cases).scores(likeness(cases, own(cases)), seen(cases).spoilt, self.higher_is_better)


class ClipIMismatched(OfMedia):
    """CLIP-I to another user's target, who is drawn as `bench.scorers.mismatch` says: the control."""

    higher_is_better: bool | None = None

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return the cosine per case in [-1, 1]; None too where no partner can be found."""
        return outputs(cases).scores(likeness(cases, partners(cases)), seen(cases).spoilt, self.higher_is_better)


class ClipIEffect(OfMedia):
    """CLIP-I to the user's own target minus that to another user's: what is personal in what is seen.

    Its mean is 0 for a picture that is the same for everybody, however good; what is spoilt has no effect.
    """

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return the difference per case in [-2, 2]; None where no partner can be found."""
        effect = likeness(cases, own(cases)) - likeness(cases, partners(cases))
        return outputs(cases).scores(effect, seen(cases).spoilt, self.higher_is_better)


class ClipIHistory(OfMedia):
    """Mean CLIP-I to the distinct items of the history. It describes: a copy of the history is no goal."""

    higher_is_better: bool | None = None

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return the mean cosine per case in [-1, 1]; None where no item of the history has the medium."""
        to_each = cosines(cases, [media_of(cases, case.example.query.history) for case in cases.rows])
        means = np.array([np.nan if own is None else own.mean() for own in to_each], dtype=np.float64)
        return outputs(cases).scores(means, seen(cases).spoilt, self.higher_is_better)


@dataclass(frozen=True)
class TargetRetrieval:
    """Whether what was made finds its target: all items of the catalogue ranked by cosine to it.

    Recall at `k`, |top-k ∩ targets| / min(k, |targets|), as the expectation over random order of what ties in five
    digits. Candidates are all items with a medium, the history's too.
    """

    k: int

    def __post_init__(self) -> None:
        if self.k < 1:
            raise BenchError(f"{type(self).__name__}: k is {self.k}; expected at least 1")

    @property
    def of_media(self) -> bool:
        """Looks at media."""
        return True

    @property
    def higher_is_better(self) -> bool | None:
        """More is better."""
        return True

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return recall per case in [0, 1]."""
        return outputs(cases).scores(places(cases, own).recall(self.k), seen(cases).spoilt, self.higher_is_better)


class TargetRetrievalMismatched(TargetRetrieval):
    """Target retrieval of another user's target, who is drawn as `bench.scorers.mismatch` says: the control."""

    @property
    def higher_is_better(self) -> bool | None:
        """Describes."""
        return None

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return recall per case in [0, 1]; None too where no partner can be found."""
        return outputs(cases).scores(places(cases, partners).recall(self.k), seen(cases).spoilt, self.higher_is_better)


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Pairs of case and target: items `ahead` of the target and how many are `tied` with it; `number` of targets."""

    case: Ints
    ahead: Ints
    tied: Ints
    number: Ints  # [cases]

    def recall(self, k: int) -> Floats:
        """Return the expected recall at `k` [cases], NaN without targets."""
        share = np.clip(k - self.ahead, 0, self.tied) / self.tied
        hits = np.bincount(self.case, share, len(self.number))
        return np.where(self.number > 0, hits / np.clip(self.number, 1, k), np.nan)


@lru_cache(maxsize=2)
def places(cases: Cases, whose: Callable[[Cases], Sequence[int | None]]) -> Places:
    """Return where the targets of the cases that `whose` names stand in the catalogue, ranked by likeness."""
    run, found = outputs(cases), seen(cases)
    items = cases.train.items
    shelf = sorted({path for item in items.values() if (path := medium(item, cases.kind)) is not None})
    names = [path for name in sorted(items) if (path := medium(items[name], cases.kind)) is not None]
    column = {path: place for place, path in enumerate(shelf)}
    copies = np.bincount([column[path] for path in names], minlength=len(shelf))  # items that share a file
    pairs = [
        (place, column[path])
        for place, other in enumerate(whose(cases))
        if other is not None and run.file[place] >= 0 and not found.spoilt[run.file[place]]
        for path in targets_of(cases, cases.rows[other])
    ]
    case, target = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    number = np.bincount(case, minlength=len(cases.rows))
    ahead, tied = np.zeros((2, len(case)), dtype=np.int64)
    vectors = album(cases).vectors(shelf).astype(np.float64) if pairs else np.zeros((0, 1))
    files, row = np.unique(run.file[case], return_inverse=True)
    for start in range(0, len(files), BLOCK):
        block = files[start : start + BLOCK]
        near = (found.whole[block].astype(np.float64) @ vectors.T).round(DIGITS)
        here = np.flatnonzero((row >= start) & (row < start + BLOCK))
        for one in np.array_split(here, -(-len(here) // BLOCK)):
            seen_from = near[row[one] - start]
            value = seen_from[np.arange(len(one)), target[one]][:, None]
            ahead[one], tied[one] = (seen_from > value) @ copies, (seen_from == value) @ copies
    return Places(case, ahead, tied, number)


def alignment(cases: Cases, texts: Texts, scale: float) -> Floats:
    """Return max(scale cos, 0) of text and frame, mean over the frames of a case's file [cases].

    Of several texts the one with the highest mean counts; NaN without file or text.
    """
    run, found = outputs(cases), seen(cases)
    said = [list(texts(case)) if file >= 0 else [] for case, file in zip(cases.rows, run.file, strict=True)]
    vectors = texts_seen(cases, (text for own in said for text in own))
    values = np.full(len(cases.rows), np.nan)
    for place, given in enumerate(said):
        if given and len(frames := found.views.of(run.file[place])):
            values[place] = aligned(frames, np.stack([vectors[text] for text in given]), scale)
    return values


def aligned(frames: Vectors, texts: Vectors, scale: float) -> float:
    """Return the figure of one file [frames, d] and its texts [texts, d]."""
    near = frames.astype(np.float64) @ texts.astype(np.float64).T
    return float(np.maximum(scale * near, 0.0).mean(axis=0).max())
