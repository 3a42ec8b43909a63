"""Scorers of instructions against pictures and clips of what users chose, in the space of a CLIP model.

Nothing has to be rendered: they tell whether the words describe what came next, in every case and without a
generator's doing. A clip is the mean of its frames' vectors. The model is that of the role "clip", in the run's key.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bench.api import Cases, Failure, Instruction
from bench.scorers.meaning import differences
from bench.scorers.mismatch import mismatched
from bench.scorers.seen import album, own, targets_of, texts_seen


class ClipTarget:
    """max(100 cos, 0) of the instruction and the target's picture or clip.

    Of several targets the one that fits best counts; a target without the medium that the task asks for is none. The
    model reads as much of a text as its context holds (CLIP: 77 tokens).
    """

    higher_is_better: bool | None = True

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return the fit per case in [0, 100]; a failure scores 0."""
        return fits(cases, own(cases))


class ClipTargetMismatched:
    """The same against another user's target, who is drawn as `bench.scorers.mismatch` says: the control."""

    higher_is_better: bool | None = None

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return the fit per case in [0, 100]; None too where no partner can be found."""
        return fits(cases, shown_partners(cases))


class ClipTargetEffect:
    """The fit to the user's own target minus that to another user's: what is personal in it.

    Its mean is 0 for an instruction that is the same for everybody; a failure has no effect.
    """

    higher_is_better: bool | None = True

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return the difference per case in [-100, 100]; None where no partner can be found."""
        return differences(fits(cases, own(cases)), fits(cases, shown_partners(cases)))


def shown_partners(cases: Cases) -> list[int | None]:
    """Return the mismatched case of every case whose target has the medium."""
    return mismatched(cases, [bool(targets_of(cases, case)) for case in cases.rows])


def fits(cases: Cases, against: Sequence[int | None]) -> list[float | None]:
    """Return, for every case, the best fit to the targets of the case at the place `against` names."""
    texts = texts_seen(cases, (case.answer.text for case in cases.rows if isinstance(case.answer, Instruction)))
    media = [[] if place is None else targets_of(cases, cases.rows[place]) for place in against]
    wanted = sorted({path for paths in media for path in paths})
    vectors = dict(zip(wanted, album(cases).vectors(wanted).astype(np.float64), strict=True)) if wanted else {}
    scores: list[float | None] = []
    for case, paths in zip(cases.rows, media, strict=True):
        if not paths or not isinstance(case.answer, Instruction | Failure):
            scores.append(None)
        elif isinstance(case.answer, Failure):
            scores.append(0.0)
        else:
            text = texts[case.answer.text].astype(np.float64)
            scores.append(max(100 * max(float(vectors[path] @ text) for path in paths), 0.0))
    return scores
