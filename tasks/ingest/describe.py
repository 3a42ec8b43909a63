"""What a data set looks like in a score of figures: sizes, history lengths, popularity, repeats, text and media."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from bench.api import Dataset, Example, Item

QUANTILES = (0.0, 0.25, 0.5, 0.75, 0.95, 1.0)


def describe(dataset: Dataset) -> dict[str, str | int | float]:
    """Return named figures of a data set, in reading order.

    `events` are training events and the targets asked about, each once. `density` is distinct (user, item) pairs
    over users x items; `repeat_share` the share of training events whose item the user had before; `popularity_gini`
    the Gini coefficient of training events over the whole catalogue (0: all equal, 1: all on one item).
    """
    train, lengths = dataset.train, [len(example.query.history) for example in dataset.examples]
    sequences = list(train.sequences.values())
    trained = sum(map(len, sequences))
    distinct = sum(len(set(sequence)) for sequence in sequences)
    users = {*train.sequences, *(one.query.user for one in (*train.validation, *dataset.examples))}
    counts = popularity(train.items, sequences)
    return {
        "users": len(users),
        "items": len(train.items),
        "events": trained + _targets(train.validation) + _targets(dataset.examples),
        "training_users": len(sequences),
        "training_events": trained,
        "validation_queries": len(train.validation),
        "test_queries": len(dataset.examples),
        "targets_per_query": round(_targets(dataset.examples) / max(1, len(dataset.examples)), 4),
        "density": round(distinct / max(1, len(sequences) * len(train.items)), 6),
        **{f"history_q{int(100 * share)}": value for share, value in zip(QUANTILES, _quantiles(lengths), strict=True)},
        "history_mean": round(float(np.mean(lengths)), 3) if lengths else 0.0,
        "popularity_gini": round(gini(counts), 4),
        "items_without_training_event": int(np.count_nonzero(counts == 0)),
        "targets_without_training_event": round(_cold_share(dataset, counts), 4),
        "repeat_share": round(1 - distinct / max(1, trained), 4),
        "target_in_history": round(_seen_share(dataset.examples), 4),
        **text_shares(list(train.items.values())),
        "fingerprint": dataset.fingerprint,
    }


def popularity(items: Iterable[str], sequences: Iterable[Sequence[str]]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return training events of each item [items], in the order of `items`."""
    place = {name: index for index, name in enumerate(items)}
    codes = [place[name] for sequence in sequences for name in sequence]
    return np.bincount(np.asarray(codes, dtype=np.int64), minlength=len(place)).astype(np.int64)


def gini(counts: np.ndarray[tuple[int], np.dtype[np.int64]]) -> float:
    """Return the Gini coefficient of non-negative counts: mean absolute difference over twice the mean."""
    total = float(counts.sum())
    if not total:
        return 0.0
    ordered = np.sort(counts).astype(np.float64)
    ranks = np.arange(1, len(ordered) + 1)
    return float(2 * (ranks * ordered).sum() / (len(ordered) * total) - (len(ordered) + 1) / len(ordered))


def text_shares(items: Sequence[Item]) -> dict[str, str | int | float]:
    """Return the share of items with each kind of description."""
    size = max(1, len(items))
    return {
        "with_title": round(sum(bool(item.title) for item in items) / size, 4),
        "with_caption": round(sum(bool(item.caption) for item in items) / size, 4),
        "with_attributes": round(sum(bool(item.attributes) for item in items) / size, 4),
        "with_image": round(sum(item.image is not None for item in items) / size, 4),
        "with_clip": round(sum(item.clip is not None for item in items) / size, 4),
    }


def _targets(examples: Sequence[Example]) -> int:
    return sum(len(example.targets) for example in examples)


def _quantiles(lengths: Sequence[int]) -> list[int]:
    if not lengths:
        return [0] * len(QUANTILES)
    return [int(value) for value in np.quantile(lengths, QUANTILES, method="lower")]


def _cold_share(dataset: Dataset, counts: np.ndarray[tuple[int], np.dtype[np.int64]]) -> float:
    cold = {name for name, count in zip(dataset.train.items, counts.tolist(), strict=True) if not count}
    hits = [target in cold for example in dataset.examples for target in example.targets]
    return sum(hits) / max(1, len(hits))


def _seen_share(examples: Sequence[Example]) -> float:
    hits = [target in seen for one in examples for seen in [set(one.query.history)] for target in one.targets]
    return sum(hits) / max(1, len(hits))
