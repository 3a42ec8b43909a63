"""Codes that items come with: read off the items, not made of vectors."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bench.api import Item
from bench.errors import BenchError
from navigen.identifiers.codes import LETTERS, parse_code
from navigen.identifiers.quantise import Codebook

GIVEN = "given"
SLOT = "cid"  # the attribute that holds an item's code where its id is none
LARGEST = 10**9


def given_codes(items: Mapping[str, Item]) -> Codebook:
    """Return the codes of items in sorted order of their ids: the attribute "cid", or the id itself.

    Items may share a code; there are no centroids. An item without a code, or with another number of levels than the
    others have, is an error.
    """
    rows: list[tuple[int, ...]] = []
    for name in sorted(items):
        text = next(iter(items[name].attributes.get(SLOT, ())), name)
        levels = text.count("<s_")
        code = parse_code(text, levels) if 1 <= levels <= len(LETTERS) else None
        if code is None or max(code) >= LARGEST:
            raise BenchError(
                f"item {name[:80]!r} has no code <|cid_begin|><s_a_N>...<|cid_end|> of its own, neither as its id nor "
                f"as the attribute {SLOT!r}; let the policy make codes (encoder=behaviour)"
            )
        if rows and len(code) != len(rows[0]):
            raise BenchError(f"item {name[:80]!r}: a code of {len(code)} levels; the others have {len(rows[0])}")
        rows.append(code)
    codes = np.array(rows, dtype=np.int64)
    none = tuple(np.empty((0, 1)) for _ in range(codes.shape[1]))
    return Codebook(codes, codes, none, tuple(int(width) for width in codes.max(axis=0) + 1))
