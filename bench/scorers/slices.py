"""Slices of cases by history length and by target popularity, for reports that break a mean apart."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bench.api import Cases
from bench.scorers.encoding import Floats, Ints, as_pairs, training_counts

HISTORY_BOUNDS = (1, 5, 10, 20)
HISTORY_NAMES = ("history 0", "history 1-4", "history 5-9", "history 10-19", "history 20+")
POPULARITY_NAMES = ("popularity unknown", "popularity cold", "popularity low", "popularity middle", "popularity high")


def history_lengths(cases: Cases) -> Ints:
    """Return the number of events in every query's history [cases]."""
    return np.array([len(case.example.query.history) for case in cases.rows], dtype=np.int64)


def target_popularity(cases: Cases) -> Floats:
    """Return the mean training count over every case's targets [cases]; NaN where no target is in the catalogue."""
    index = {name: column for column, name in enumerate(sorted(cases.train.items))}
    targets = as_pairs((sorted(set(case.example.targets)) for case in cases.rows), index)
    known = targets.where(targets.column >= 0)
    summed = np.bincount(known.case, training_counts(cases.train, index)[known.column], len(cases.rows))
    number = np.bincount(known.case, minlength=len(cases.rows))
    return np.where(number > 0, summed / np.maximum(number, 1), np.nan)


def history_slices(cases: Cases) -> tuple[str, ...]:
    """Return every case's slice by history length: 0, 1-4, 5-9, 10-19 or 20+ events."""
    return tuple(HISTORY_NAMES[place] for place in np.searchsorted(HISTORY_BOUNDS, history_lengths(cases), "right"))


def popularity_slices(cases: Cases) -> tuple[str, ...]:
    """Return every case's slice by target popularity.

    "cold" is a count of 0. The others are terciles over the items of the catalogue with at least one training event,
    in order of their count; an item at a boundary count belongs to the lower slice, so that equal counts stay
    together. "unknown" holds targets outside the catalogue.
    """
    counts = training_counts(cases.train, {name: column for column, name in enumerate(sorted(cases.train.items))})
    seen = np.sort(counts[counts > 0])
    bounds = seen[[(len(seen) - 1) // 3, 2 * (len(seen) - 1) // 3]].tolist() if len(seen) else [0, 0]
    popularity = target_popularity(cases)
    places = np.searchsorted([0, *bounds], popularity, "left") + 1
    return tuple(
        POPULARITY_NAMES[0 if np.isnan(mean) else place] for mean, place in zip(popularity, places, strict=True)
    )


def slices(cases: Cases) -> Mapping[str, tuple[str, ...]]:
    """Return every way to slice: name of the property to the slice of every case, in the order of `cases.rows`."""
    return {"history": history_slices(cases), "popularity": popularity_slices(cases)}
