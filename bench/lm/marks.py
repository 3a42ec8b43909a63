"""Marks from 0 to 1 that a language model gives by criteria: read strictly or not at all, kept on disk where valid."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bench.api import Failure
from bench.errors import BenchError
from bench.io import canonical, digest, read_json, write_text
from bench.lm.protocol import Prompt, Sampling, TextModel

Marks = Mapping[str, float]
BLOCK = 64  # prompts between two writes of the cache


@dataclass(frozen=True)
class Marker:
    """A model that is asked only what it has not answered before; what it answered lies in `folder`."""

    model: TextModel
    sampling: Sampling
    folder: Path

    @cached_property
    def fingerprint(self) -> str:
        """The sha256 over the model's fingerprint and the sampling."""
        own = self.sampling
        return digest([self.model.fingerprint, own.tokens, own.temperature, own.seed])

    def ask(self, prompts: Sequence[Prompt], criteria: Sequence[Sequence[str]]) -> list[Marks | Failure]:
        """Return the marks that each prompt got by its own criteria, or a Failure that says why there are none.

        Valid replies are written block by block, so that a run that is killed asks on from there; failures never are.
        """
        keys = [digest([self.fingerprint, prompt.messages, prompt.prefix]) for prompt in prompts]
        asked = dict(zip(keys, zip(prompts, criteria, strict=True), strict=True))
        found: dict[str, Marks | Failure] = {
            key: kept for key, (_, names) in asked.items() if (kept := self._recall(key, names)) is not None
        }
        todo = [key for key in asked if key not in found]
        for start in range(0, len(todo), BLOCK):
            block = todo[start : start + BLOCK]
            written = self.model.generate([asked[key][0] for key in block], self.sampling)
            for key, answer in zip(block, written, strict=True):
                if isinstance(answer, Failure):
                    found[key] = answer
                    continue
                told = read_marks(answer.text, asked[key][1]) if answer.finished else "cut off before its end"
                found[key] = Failure(f"the judge's reply: {told}") if isinstance(told, str) else told
                if not isinstance(told, str):
                    write_text(self._path(key), canonical({"judge": self.fingerprint, "reply": told}))
        return [found[key] for key in keys]

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"

    def _recall(self, key: str, criteria: Sequence[str]) -> Marks | None:
        """Return a kept reply; None if there is none. A broken file is an error: only valid replies are written."""
        path = self._path(key)
        if not path.exists():
            return None
        kept = read_json(path)
        reply = kept.get("reply") if isinstance(kept, dict) else None
        told = read_marks(canonical(reply), criteria)
        if isinstance(told, str):
            raise BenchError(f"{path}: not a kept reply of a judge ({told}); delete it to ask again")
        return told


def read_marks(text: str, criteria: Sequence[str]) -> dict[str, float] | str:
    """Return the number of each criterion in a reply, or what is wrong with it.

    Only a JSON object with exactly the criteria, each once and each a number in [0, 1], is a reply: nothing is cut
    out of prose or a code fence, clipped, or filled in.
    """
    try:
        pairs: Any = json.loads(text, object_pairs_hook=list)
    except (ValueError, RecursionError):
        return "not JSON"
    if not isinstance(pairs, list) or not all(isinstance(pair, tuple) for pair in pairs):
        return "not a JSON object"
    if sorted(name for name, _ in pairs) != sorted(criteria):
        return "other fields than the criteria"
    for name, value in pairs:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return f"{name} is no number"
        if not 0 <= value <= 1:
            return f"{name} is outside [0, 1]"
    return {name: float(value) for name, value in sorted(pairs)}
