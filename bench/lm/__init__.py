"""Text backends behind one protocol: `load("hf", folder)`, `load("vllm", folder)`, `load("openai", url, ...)`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bench.catalogue import resolve
from bench.config import build
from bench.errors import BenchError, unknown
from bench.listing import Entry
from bench.lm.protocol import Allowed, Completion, Prompt, Sampling, Spoilt, TextModel, Unanswered
from bench.lm.settings import SETTINGS, HFSettings, ServerSettings, VLLMSettings

__all__ = [
    "BACKENDS",
    "Allowed",
    "Completion",
    "HFSettings",
    "Prompt",
    "Sampling",
    "ServerSettings",
    "Spoilt",
    "TextModel",
    "Unanswered",
    "VLLMSettings",
    "load",
]

BACKENDS: dict[str, Entry] = {
    "hf": Entry("bench.lm.hf:HF", "transformers in this process: any causal model, GGUF, LoRA, tries, schemas.", "lm"),
    "vllm": Entry("bench.lm.vllm:VLLM", "vLLM in this process: the same, many times faster on a GPU.", "vllm"),
    "openai": Entry("bench.lm.openai:Server", "Any OpenAI-compatible server by its address; no tries."),
}


def load(
    name: str,
    path: str | Path,
    settings: Mapping[str, object] | HFSettings | VLLMSettings | ServerSettings | None = None,
) -> TextModel:
    """Return the model at `path` (a folder; for "openai" the server's address, as http://host:8000/v1).

    `settings` are those of the backend (bench/lm/settings.py), as an object or as plain values, which are checked.
    """
    if name not in BACKENDS:
        raise unknown("text backend", name, BACKENDS)
    kind = SETTINGS[name]
    if settings is None or isinstance(settings, Mapping):
        settings = build(kind, settings or {}, name)
    elif not isinstance(settings, kind):
        raise BenchError(f"{name}: expected settings of type {kind.__name__}, got {type(settings).__name__}")
    line = BACKENDS[name]
    made: TextModel = resolve(line.target, line.needs)(path, settings)
    return made
