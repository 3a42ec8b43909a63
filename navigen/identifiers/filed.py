"""Item vectors in a file: what any trained model knows of a catalogue, handed on to whoever makes codes of it.

A safetensors file with one tensor "vectors" [items, width] and, under "items" in its metadata, the JSON list of the
items' ids in the order of its rows.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.errors import BenchError
from bench.io import write_atomic
from navigen.identifiers.reduce import Floats

TENSOR, NAMES = "vectors", "items"


def save_vectors(path: Path, names: Sequence[str], vectors: Any) -> None:
    """Write the vectors [items, width] of items, an array, as float32."""
    from safetensors.numpy import save_file

    told = {NAMES: json.dumps(list(names), ensure_ascii=False)}
    table = np.ascontiguousarray(vectors, dtype=np.float32)
    write_atomic(path, lambda part: save_file({TENSOR: table}, part, told))


def load_vectors(path: Path, names: Sequence[str]) -> Floats:
    """Return the vectors [items, width] of `names`, in their order; the file may hold more items.

    BenchError, which says what to do, where the file is missing, no such file or broken, or lacks an item.
    """
    have, table = read_vectors(path)
    rows = {name: row for row, name in enumerate(have)}
    absent = [name for name in names if name not in rows]
    if absent:
        raise BenchError(
            f"{path}: no vector for {len(absent)} of the {len(names)} items, the first is {absent[0][:80]!r}; make the "
            "file from a model that was trained on this task"
        )
    found: Floats = table[[rows[name] for name in names]].astype(np.float64)
    if not np.isfinite(found).all():
        raise BenchError(f"{path}: vectors hold numbers that are not finite; train the model that made them anew")
    return found


def read_vectors(path: Path) -> tuple[list[str], Any]:
    """Return ids and the array [items, width] of a file; anything else in it is an error."""
    from safetensors import SafetensorError, safe_open

    form = f'expected a tensor "{TENSOR}" [items, width] and the JSON list of item ids as "{NAMES}" in the metadata'
    if not path.is_file():
        raise BenchError(f"{path}: no such file; navibench train sasrec-softmax leaves one, items.safetensors")
    try:
        with safe_open(path, "numpy") as opened:
            told, tensors = opened.metadata() or {}, set(opened.keys())
            table = opened.get_tensor(TENSOR) if TENSOR in tensors else None
        names = json.loads(told.get(NAMES, "null"))
    except (SafetensorError, ValueError, TypeError, OSError) as error:  # numpy knows no bfloat16: TypeError
        raise BenchError(f"{path}: cannot be read as item vectors ({error}); {form}") from None
    if table is None or table.ndim != 2 or table.dtype.kind != "f" or not table.shape[1]:
        shape = "nothing" if table is None else f"{table.dtype} {list(table.shape)}"
        raise BenchError(f"{path}: found {shape} as {TENSOR!r}; {form}, of float32")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BenchError(f"{path}: the metadata name no items; {form}")
    if len(names) != len(table) or len(set(names)) != len(names):
        raise BenchError(f"{path}: {len(set(names))} ids for {len(table)} vectors; {form}, each once")
    return names, table
