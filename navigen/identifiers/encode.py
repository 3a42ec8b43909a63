"""Item vectors by name: behaviour, content, both, random as the control, or those of a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bench.api import Train
from bench.errors import unknown
from bench.hub import locate
from bench.rng import stream
from navigen.identifiers.behaviour import behaviour_vectors
from navigen.identifiers.content import content_vectors, text_of
from navigen.identifiers.filed import load_vectors
from navigen.identifiers.reduce import Floats, normalise

FILED = "vectors"  # of a file that the user names
ENCODERS = ("behaviour", "content", "both", "random", FILED)
READERS = ("content", "both")  # of what is written about an item


def encode_items(
    train: Train,
    encoder: str,
    width: int = 64,
    window: int = 4,
    sentences: str = "",
    seed: int = 0,
    device: str = "cpu",
    vectors: str = "",
) -> Floats:
    """Return vectors [items, ...] of length 1 (or 0: nothing known), items in sorted order of their ids.

    `sentences`: folder, or hub:OWNER/NAME@COMMIT, of a sentence encoder that reads the content instead of tf-idf (""
    = tf-idf), on `device`. "both" puts the two vectors of length 1 side by side. "random" knows nothing but
    the number of items. "vectors" reads them from the file `vectors` (`filed.py`). Behaviour is counted on
    `train.sequences` alone: neither validation nor test reaches a vector.
    """
    names = sorted(train.items)
    parts: list[Floats] = []
    if encoder not in ENCODERS:
        raise unknown("encoder", encoder, ENCODERS)
    if encoder == FILED:
        parts.append(load_vectors(Path(vectors), names))
    if encoder == "random":
        parts.append(stream(seed, "identifiers", "random").standard_normal((len(names), width)))
    if encoder in ("behaviour", "both"):
        number = {name: place for place, name in enumerate(names)}
        histories = [
            [number[item] for item in train.sequences[user] if item in number] for user in sorted(train.sequences)
        ]
        parts.append(behaviour_vectors(histories, len(names), width, stream(seed, "identifiers", "behaviour"), window))
    if encoder in READERS:
        items = [train.items[name] for name in names]
        if sentences:
            from navigen.identifiers.sentences import sentence_vectors

            parts.append(sentence_vectors([text_of(item) for item in items], locate(sentences), device=device))
        else:
            parts.append(content_vectors(items, width, stream(seed, "identifiers", "content")))
    return normalise(np.concatenate(parts, axis=1))
