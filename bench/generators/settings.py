"""The settings every diffusion pipeline is run with, readable without loading any."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from bench.api import Context
from bench.errors import BenchError, unknown

DTYPES = ("float32", "bfloat16", "float16")
OFFLOADS = ("none", "model", "sequential")
QUANTISED = ("none", "fp8", "int8")


@dataclass(frozen=True)
class Settings:
    """How a pipeline is loaded and called; 0 and "" leave a value to the pipeline itself.

    `pipeline`: a folder as `save_pretrained` writes it, or the name of a repository on the hub, which needs a
    `revision`: the commit (40 digits) whose files are read. `variant`: of the weight files ("fp16").
    `pipeline_class`: a class of diffusers, or "module:Class" ("": what the folder says). `height`, `width` in pixels.
    `guidance` is called guidance_scale by diffusers. `fps`: frames a second of a clip. `batch`: samples a call,
    always so many. `dtype`: number format of the weights; `vae_dtype`: that of the decoder, where it differs.
    `offload`: what waits in main memory ("model": whole models, "sequential": layers). `quantise`: the denoiser to
    "fp8" (weights and activations) or "int8" (weights), by torchao. `scheduler`: "name=value" in place of the
    scheduler's own configuration, "class=Name" in place of its class. `extra`: further "name=value" for the call.
    """

    pipeline: str = ""
    revision: str = ""
    variant: str = ""
    pipeline_class: str = ""
    height: int = 0
    width: int = 0
    steps: int = 30
    guidance: float = 5.0
    negative: str = ""
    frames: int = 0
    fps: int = 8
    batch: int = 1
    dtype: str = "bfloat16"
    vae_dtype: str = ""
    offload: str = "none"
    quantise: str = "none"
    scheduler: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    context: Context = field(default_factory=Context)

    def __post_init__(self) -> None:
        _one_of("dtype", self.dtype, DTYPES)
        _one_of("vae_dtype", self.vae_dtype or self.dtype, DTYPES)
        _one_of("offload", self.offload, OFFLOADS)
        _one_of("quantise", self.quantise, QUANTISED)
        for name in ("steps", "batch", "fps"):
            if getattr(self, name) < 1:
                raise BenchError(f"{name}={getattr(self, name)}: expected at least 1")
        for name in ("height", "width", "frames", "guidance"):
            if getattr(self, name) < 0:
                raise BenchError(f"{name}={getattr(self, name)}: expected 0 or more")
        assignments("scheduler", self.scheduler)
        assignments("extra", self.extra)


def assignments(where: str, texts: Iterable[str]) -> dict[str, Any]:
    """Return {"a": 3} for "a=3"; values are read as JSON ("true", "0.5"), and what is none is text."""
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise BenchError(f"{where}: expected name=value, for example max_sequence_length=256, got {text!r}")
        try:
            found[name] = json.loads(value)
        except json.JSONDecodeError:
            found[name] = value
    return found


def _one_of(what: str, name: str, choices: Iterable[str]) -> None:
    if name not in choices:
        raise unknown(what, name, choices)
