"""From a training part to codes, as settings say: vectors of the items, quantised."""

from __future__ import annotations

from bench.api import Train
from navigen.identifiers.encode import encode_items
from navigen.identifiers.quantise import Codebook, quantise
from navigen.identifiers.reduce import Floats
from navigen.identifiers.settings import Coding


def make_codes(train: Train, how: Coding, seed: int, device: str = "cpu") -> tuple[Codebook, Floats]:
    """Return the codes of a training part's items and the vectors [items, ...] they are made of.

    Items are in sorted order of their ids; a sentence encoder reads on `device`.
    """
    vectors = encode_items(
        train, how.encoder, how.vector, how.window, how.sentences, seed, device=device, vectors=how.vectors
    )
    book = quantise(vectors, how.levels, how.codes_for(len(vectors)), how.balance, seed, how.quantiser, how.rqvae)
    return book, vectors
