"""Figures of a whole run in the space of a CLIP model: how different its outputs are, how like what users chose."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from bench.api import Cases
from bench.rng import entropy, hash_order
from bench.scorers.lens import Vectors
from bench.scorers.seen import OfMedia, album, outputs, seen, targets_of

FEWEST_KERNEL = 100  # pairs of output and target below which the kernel distance is mostly noise
FEWEST_FRECHET = 2048  # below it the Fréchet distance is mostly bias (and a covariance of d numbers is singular)
MOST = 2048  # pairs that the kernel distance compares, each with all others


class ClipDiversity(OfMedia):
    """1 minus the mean cosine over all pairs of different users' outputs: 0 if everybody gets the same.

    One output a user, chosen by a hash. A generator's own noise is in it, as every query has its own seed; compare
    systems, not with 0. Below two users it is not judged.
    """

    def measure(self, cases: Cases) -> float | None:
        """Return the figure in [0, 2]."""
        run, found = outputs(cases), seen(cases)
        first: dict[str, int] = {}
        for place in by_hash(cases, "clip-diversity"):
            if run.file[place] >= 0 and not found.spoilt[run.file[place]]:
                first.setdefault(cases.rows[place].example.query.user, int(run.file[place]))
        if len(first) < 2:
            return None
        vectors = found.whole[sorted(first.values())].astype(np.float64)
        total, number = vectors.sum(axis=0), len(vectors)
        # The squared length of a sum holds every pair twice and every vector's own square once.
        return float(1 - (total @ total - (vectors * vectors).sum()) / (number * (number - 1)))


class ClipKid(OfMedia):
    """Kernel distance (KID, Bińkowski et al. 2018, 1801.01401) of outputs to the targets of the same cases.

    The unbiased squared MMD of torchmetrics, over all of at most 2048 pairs chosen by a hash. Features are the CLIP
    model's unit vectors times the root of their dimension d, so its kernel (x·y / d + 1)³ is (cosine + 1)³: no figure
    of Inception features compares with it. It may be a little below 0. Below 100 pairs it is not judged.
    """

    higher_is_better: bool | None = False

    def measure(self, cases: Cases) -> float | None:
        """Return the distance."""
        pair = features(cases, "clip-kid", MOST)
        if len(pair[0]) < FEWEST_KERNEL:
            return None
        from torch.nn import Identity
        from torchmetrics.image.kid import KernelInceptionDistance

        number = len(pair[0])
        distance, _ = measured(lambda: KernelInceptionDistance(Identity(), subsets=1, subset_size=number), pair)
        return float(distance)


class ClipFid(OfMedia):
    """Fréchet distance (FID, Heusel et al. 2017, 1706.08500) of outputs to the targets of the same cases.

    Through torchmetrics, on the features of `clip-kid`: no figure of Inception features compares with it. Its bias
    falls with the number of pairs, so only runs of equally many compare. Below 2048 pairs it is not judged.
    """

    higher_is_better: bool | None = False

    def measure(self, cases: Cases) -> float | None:
        """Return the distance."""
        pair = features(cases, "clip-fid")
        if len(pair[0]) < FEWEST_FRECHET:
            return None
        from torch.nn import Identity
        from torchmetrics.image.fid import FrechetInceptionDistance

        extractor = Identity()
        extractor.num_features = pair[0].shape[1]
        return float(measured(lambda: FrechetInceptionDistance(extractor), pair))


def features(cases: Cases, salt: str, most: int | None = None) -> tuple[Vectors, Vectors]:
    """Return outputs and targets as features [pairs, d] of mean square 1: one pair a case, its first target with media.

    Cases come in the order of a hash, the first `most` of them.
    """
    run, found = outputs(cases), seen(cases)
    pairs = [
        (run.file[place], paths[0])
        for place in by_hash(cases, salt)
        if run.file[place] >= 0
        and not found.spoilt[run.file[place]]
        and (paths := targets_of(cases, cases.rows[place]))
    ][:most]
    if not pairs:
        return np.zeros((0, 1), np.float32), np.zeros((0, 1), np.float32)
    made = found.whole[[file for file, _ in pairs]]
    scale = np.float32(np.sqrt(made.shape[1]))
    return made * scale, album(cases).vectors([path for _, path in pairs]) * scale


def measured(make: Callable[[], Any], pair: tuple[Vectors, Vectors]) -> Any:
    """Return what a metric of torchmetrics makes of outputs and targets; its random order comes from a seed."""
    import torch

    made, real = (torch.from_numpy(np.ascontiguousarray(side, dtype=np.float64)) for side in pair)
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that all features are kept: so they are
        metric = make()
        torch.manual_seed(entropy(0, "spread") % 2**63)
        metric.update(real, real=True)
        metric.update(made, real=False)
        return metric.compute()


def by_hash(cases: Cases, salt: str) -> Sequence[int]:
    """Return the places of all cases in the order of a hash of their queries."""
    return hash_order([case.example.query.id for case in cases.rows], salt)
