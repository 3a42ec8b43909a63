"""Tiny files in the released layout: parquet with `sid` columns, and a Qwen3 whose vocabulary holds the codes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

LEVELS = ((7, 3855), (0, 7257), (1, 3681, 8000))
ITEMS = 12
CODES = [
    f"<|cid_begin|><s_a_{a}><s_b_{b}><s_c_{c}><|cid_end|>" for a in LEVELS[0] for b in LEVELS[1] for c in LEVELS[2]
]
Row = tuple[str, Sequence[int], int]


def terms(item: int) -> list[str]:
    return [f"thing{chr(97 + item)}", "red" if item % 2 else "blue"]


def windows(rows: Iterable[Row]) -> pa.Table:
    found = list(rows)
    return pa.table(
        {
            "uid": [row[0] for row in found],
            "hist_sid": pa.array([[CODES[item] for item in row[1]] for row in found], pa.list_(pa.string())),
            "target_sid": [CODES[row[2]] for row in found],
            "reasoning": ["" for _ in found],
        }
    )


def cycle(user: str, begin: int, length: int) -> Row:
    """A user who takes one item after another in the order of `CODES`."""
    return user, [(begin + step) % ITEMS for step in range(length)], (begin + length) % ITEMS


def write_files(folder: Path) -> Path:
    """Write the three splits (20, 4 and 6 users), the catalogue (two pids share the first code) and cid2ins."""
    folder.mkdir(parents=True, exist_ok=True)
    splits = {"train": range(20), "valid": range(20, 24), "test": range(24, 30)}
    for name, users in splits.items():
        rows = [cycle(f"u{user}", user, 2 + user % 3) for user in users]
        pq.write_table(windows(rows), folder / f"{name}_cid2cid.parquet")
        told = {
            "uid": [row[0] for row in rows],
            "hist_sid": [[CODES[item] for item in row[1]] for row in rows],
            "target_tid": [terms(row[2]) for row in rows],
            "target_ins": [f"a picture of {terms(row[2])[0]}" for row in rows],
            "reasoning": ["" for _ in rows],
        }
        pq.write_table(pa.table(told), folder / f"{name}_cid2ins.parquet")
    items = [0, *range(ITEMS)]
    catalogue = {
        "pid": [f"p{place}" for place in range(len(items))],
        "sid": [CODES[item] for item in items],
        "tid": [terms(item) for item in items],
    }
    pq.write_table(pa.table(catalogue), folder / "pid2cid2tid.parquet")
    return folder


CARD = """
id = "test/released/{kind}"
kind = "{kind}"
scorers = [{scorers}]
primary = {primary}
version = "1"
licence = "synthetic"
source = "made by the tests"
depth = 12

[data]
loader = "tasks.ingest.released:load"
options = {{ folder = "." }}
"""


def write_card(folder: Path, kind: str = "next-item", *scorers: str) -> Path:
    """Write a card beside the files."""
    named = [f'"{name}"' for name in scorers or ("recall@1", "recall@5", "ndcg@5", "mrr@10")]
    path = folder / f"{kind}.toml"
    path.write_text(CARD.format(kind=kind, scorers=", ".join(named), primary=named[0]))
    return path


def write_checkpoint(folder: Path, codes: Iterable[str] = tuple(CODES)) -> Path:
    """Write a Qwen3 of two layers with drawn weights, its tokenizer grown by the tokens of codes; nothing of ours."""
    import re

    from navigen.base import fresh_model, train_tokenizer
    from navigen.vocab import add_tokens

    tokenizer: Any = train_tokenizer(["hist_cid target_tid target_ins a picture of things"] * 3, 400, [])
    atoms = sorted({atom for code in codes for atom in re.findall(r"<[^>]+>", code)})
    add_tokens(tokenizer, atoms)
    tokenizer.save_pretrained(folder)
    fresh_model(tokenizer, 32, 2, 0).save_pretrained(folder)
    return folder
