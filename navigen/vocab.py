"""Code tokens in the vocabulary of any causal language model: one atomic token a mark and a code of a level.

Departure from the released code: new rows may begin at the centroids that their codes stand for (`rows`), or "near"
the mean of the old rows, but apart. Released is what transformers does: the mean, all but exactly ("mean"). "random"
draws around nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from tokenizers import AddedToken

from bench.errors import BenchError, unknown
from bench.rng import stream
from navigen.identifiers.reduce import Floats
from navigen.recipe import ROWS

SPREAD = 0.1  # of a drawn row around the mean, as a share of the old rows' own spread
SHRINK = 1e-9  # what transformers multiplies the old rows' covariance by before it draws


def add_tokens(tokenizer: Any, tokens: Sequence[str]) -> list[int]:
    """Add what the tokenizer does not have yet, and return the ids of all `tokens`; each is one token ever after."""
    have = tokenizer.get_vocab()
    new = [token for token in tokens if token not in have]
    tokenizer.add_tokens([AddedToken(token, normalized=False, special=False) for token in new])
    ids: list[int] = tokenizer.convert_tokens_to_ids(list(tokens))
    return ids


def grow(
    model: Any, tokenizer: Any, tokens: Sequence[str], rows: str, centroids: Mapping[str, Floats], seed: int
) -> list[int]:
    """Add code tokens to tokenizer and model, and return the ids of the new rows.

    `rows`: "mean": around the mean of the old rows with the root of `SHRINK` of their spread, column by column (where
    columns vary together transformers draws them together); "near": around the mean with `SPREAD` of their spread;
    "centroids": the same plus the code's centroid, rotated into the embedding's width and scaled to the spread of the
    old rows; "random": normal with that spread, around 0.
    A head that is not tied gets new rows of its own in the same way.
    """
    if rows not in ROWS:
        raise unknown("way to begin new rows", rows, ROWS)
    before = len(tokenizer)
    if before > model.get_input_embeddings().weight.shape[0]:
        raise BenchError("the model has fewer embedding rows than its tokenizer has tokens; take the pair that belongs")
    ids = add_tokens(tokenizer, tokens)
    if len(tokenizer) == before:
        return []
    new = [(token, number) for token, number in zip(tokens, ids, strict=True) if number >= before]
    # Some models hold spare rows beyond their tokenizer; they are taken before the matrix grows.
    size = max(len(tokenizer), model.get_input_embeddings().weight.shape[0])
    model.resize_token_embeddings(size, mean_resizing=False)
    tables = {id(part.weight): part.weight for part in (model.get_input_embeddings(), model.get_output_embeddings())}
    for place, table in enumerate(tables.values()):
        old = table.detach()[:before].double().numpy(force=True)
        rng = stream(seed, "vocabulary", rows, place)
        begun = begin_rows([token for token, _ in new], old, rows, centroids, rng)
        with torch.no_grad():
            table[[number for _, number in new]] = torch.from_numpy(begun).to(table)
    return [number for _, number in new]


def begin_rows(
    tokens: Sequence[str], old: Floats, rows: str, centroids: Mapping[str, Floats], rng: np.random.Generator
) -> Floats:
    """Return first vectors [tokens, width] for new rows beside the old ones [old, width]."""
    mean, spread = old.mean(axis=0), float(old.std(axis=0).mean())
    unit = rng.standard_normal((len(tokens), old.shape[1]))
    if rows == "mean":
        close: Floats = mean + np.sqrt(SHRINK) * old.std(axis=0) * unit
        return close
    drawn = unit * spread
    if rows == "random":
        return drawn
    begun: Floats = mean + SPREAD * drawn
    known = [place for place, token in enumerate(tokens) if token in centroids]
    if rows == "centroids" and known:
        vectors = np.stack([centroids[tokens[place]] for place in known])
        side = max(vectors.shape[1], old.shape[1])
        rotation = np.linalg.qr(rng.standard_normal((side, side)))[0][: vectors.shape[1], : old.shape[1]]
        turned = vectors @ rotation
        begun[known] += turned * (spread / max(float(turned.std()), 1e-12))
    return begun
