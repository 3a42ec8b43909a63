"""Makes the judge that the settings name; nothing heavy is loaded until one that needs it is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from navigen.prompt import Written
from navigen.rewards.consistency import Judge
from navigen.rewards.lexical import Lexical, term_keys
from navigen.rewards.settings import Rewarding
from navigen.rewards.usual import Usual


def make_judge(
    settings: Rewarding, catalogue: Sequence[Written], pictures: Mapping[str, Path], chosen: Sequence[float] = ()
) -> Judge:
    """Return the judge of the settings; BenchError where its model is missing or the catalogue is too small for it.

    `chosen`: how often each item of the catalogue was, each once if nothing is told.
    """
    if settings.judge == "embedding":
        from navigen.rewards.embedding import Embedding, load_encoder

        return Embedding.of(load_encoder(settings.judge_model), catalogue, pictures)
    if settings.judge == "llm":
        from navigen.rewards.asking import Asking, load_model

        return Asking(load_model(settings), settings.judge_tokens)
    if settings.contrast:
        worded = [term_keys(item.terms) for item in catalogue]
        return Lexical(settings.lexical, Usual.of(worded, chosen or [1.0] * len(worded), settings.contrast))
    return Lexical(settings.lexical)
