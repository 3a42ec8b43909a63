"""Checkpoints in the format that NaviGen released: a Hugging Face folder whose vocabulary holds the codes.

Nothing in such a folder tells codes or prompts. The codes are those that the items come with, each of their tokens has
to be one token of the checkpoint; the prompts are ours, or the user's own words (`prompts`). The answer is asked for
directly, without a thought, from the beginning of its JSON on.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.api import Train
from bench.config import build, plain
from bench.errors import BenchError
from navigen.base import load_base
from navigen.chat import close_id, encode
from navigen.checkpoint import FILE
from navigen.identifiers.catalogue import Identified
from navigen.identifiers.given import GIVEN, given_codes
from navigen.policy import Policy
from navigen.prompt import Form
from navigen.recipe import Recipe

LFS_POINTER = b"version https://git-lfs"
PREFIX = '{"target_tid":["'


def is_released(folder: Path) -> bool:
    """Return whether a folder holds a model and nothing of ours."""
    return (folder / "config.json").is_file() and not (folder / FILE).exists()


def load_released(folder: Path, train: Train, recipe: Recipe, device: str) -> Policy:
    """Return the policy of a released checkpoint for a catalogue whose items come with codes.

    Raises BenchError where they do not, where the checkpoint lacks their tokens, or where the system speaks no codes.
    """
    if recipe.reads is not Form.CODE or recipe.writes not in {Form.CODE, Form.BOTH}:
        raise BenchError(f"{folder}: a released checkpoint reads and writes codes; ask it as navigen with reads=code")
    try:
        book = given_codes(train.items)
    except BenchError as error:
        raise BenchError(
            f"{folder}: no {FILE}, so neither a finished checkpoint of ours nor a released one: {error}"
        ) from None
    refuse_pointers(folder)
    identified = Identified.of(train.items, book)
    model, tokenizer = load_base(folder)
    check_vocabulary(folder, model, tokenizer, identified.tokens())
    close_id(tokenizer)
    own: Recipe = build(type(recipe), {**plain(recipe), "encoder": GIVEN}, str(folder))
    prefix = PREFIX if recipe.writes is Form.BOTH else ""
    return Policy(model.to(device).eval(), tokenizer, identified, own, prefix=prefix, source=str(folder))


def check_vocabulary(folder: Path, model: Any, tokenizer: Any, tokens: Sequence[str]) -> None:
    """Raise BenchError unless every one of `tokens` is a single token that the model has a row for."""
    known, rows = tokenizer.get_vocab(), model.get_input_embeddings().weight.shape[0]
    ids = encode(tokenizer, tokens)
    bad = [token for token, own in zip(tokens, ids, strict=True) if own != [known.get(token)] or own[0] >= rows]
    if bad:
        raise BenchError(
            f"{folder}: {len(bad)} of the {len(tokens)} tokens of this catalogue's codes are not single tokens of the "
            f"checkpoint, the first is {bad[0]}; take the checkpoint that was made for these codes"
        )


def refuse_pointers(folder: Path) -> None:
    """Raise BenchError if a file of the folder is the Git LFS pointer to it."""
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        with path.open("rb") as stream:
            if stream.read(len(LFS_POINTER)) == LFS_POINTER:
                raise BenchError(f"{path}: this is a Git LFS pointer, not the file; run `git lfs pull` in the clone")
