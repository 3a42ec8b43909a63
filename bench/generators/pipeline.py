"""Diffusers in this process: one pipeline, loaded at the first prompt, whose samples know nothing of each other."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import torch

from bench.api import Failure, Kind
from bench.catalogue import resolve
from bench.errors import BenchError, unknown
from bench.generators.settings import Settings, assignments
from bench.generators.weights import INDEX, check_safe, fetch_command, folder_of, installed
from bench.io import read_json
from bench.lm.quiet import without_bars

# Watermarks and judges would change pixels by what else is installed; `None` and False keep them out.
KEPT_OUT = {"safety_checker": None, "requires_safety_checker": False, "add_watermarker": False}


class Painter:
    """A pipeline with its settings; `pipe` is the pipeline itself."""

    def __init__(self, settings: Settings, kind: Kind) -> None:
        self.settings, self.kind = settings, kind

    @cached_property
    def pipe(self) -> Any:
        """The loaded pipeline; BenchError if the weights are missing, are pickled or do not fit the settings."""
        return load(self.settings)

    @cached_property
    def call(self) -> dict[str, Any]:
        """The arguments of every call; one that the pipeline does not know is a BenchError."""
        return arguments(self.settings, inspect.signature(self.pipe.__call__).parameters)

    def render(self, prompts: Sequence[str], seeds: Sequence[int]) -> list[Any]:
        """Return bytes [frames, height, width, 3], or a Failure, a prompt."""
        if len(prompts) != len(seeds):
            raise BenchError(f"{len(prompts)} prompts and {len(seeds)} seeds; expected one each")
        made: list[Any] = []
        size = self.settings.batch
        for start in range(0, len(prompts), size):
            made += self._batch(prompts[start : start + size], seeds[start : start + size])
            self.settings.context.progress(f"{self.kind}s made", len(made), len(prompts))
        return made

    def _batch(self, prompts: Sequence[str], seeds: Sequence[int]) -> list[Any]:
        _ = self.call  # what is wrong with the settings is an error, and no Failure of this batch
        try:
            return self._paint(prompts, seeds)
        except BenchError:
            raise
        except Exception as error:
            if len(prompts) == 1:
                return [self._failure(error)]
        # One of them fails: each is made again by itself, in a batch of the same size, which gives the same pixels.
        return [self._batch([prompt], [seed])[0] for prompt, seed in zip(prompts, seeds, strict=True)]

    def _failure(self, error: Exception) -> Failure:
        if isinstance(error, torch.OutOfMemoryError):
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            size = self.settings.batch
            return Failure(f"out of memory in a batch of {size}; try a smaller generator.batch or generator.offload")
        return Failure(" ".join(f"{type(error).__name__}: {error}".split())[:300])

    def _paint(self, prompts: Sequence[str], seeds: Sequence[int]) -> list[Any]:
        lacking = self.settings.batch - len(prompts)
        texts = [*prompts, *[prompts[-1]] * lacking]
        # Noise is drawn on the CPU, where the same seed gives the same numbers on any machine.
        noise = [torch.Generator("cpu").manual_seed(seed) for seed in [*seeds, *[seeds[-1]] * lacking]]
        out = self.pipe(prompt=texts, generator=noise, output_type="np", **self.call)
        name = "frames" if self.kind is Kind.VIDEO else "images"
        if not hasattr(out, name):
            raise BenchError(f"{type(self.pipe).__name__} makes no {name}; expected a pipeline for {self.kind}s")
        return [pixels(values) for values in np.asarray(getattr(out, name))[: len(prompts)]]


def pixels(values: Any) -> Any:
    """Return floats in [0, 1] [(frames,) height, width, 3] as bytes [frames, height, width, 3], or a Failure."""
    frames = values[None] if values.ndim == 3 else values
    if not np.isfinite(frames).all():
        return Failure("the pipeline made numbers that are none (NaN); try generator.dtype=float32 or bfloat16")
    made = (frames.astype(np.float32).clip(0, 1) * 255).round().astype(np.uint8)
    return made if made.any() else Failure("the pipeline made black only")


def arguments(settings: Settings, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call whose parameters are `known`; what is 0 or "" is left to the pipeline."""
    wanted: dict[str, Any] = {
        "height": settings.height,
        "width": settings.width,
        "num_frames": settings.frames,
        "negative_prompt": [settings.negative] * settings.batch if settings.negative else "",
    }
    call: dict[str, Any] = {name: value for name, value in wanted.items() if value}
    call |= {"num_inference_steps": settings.steps, "guidance_scale": settings.guidance}
    if "frame_rate" in known:
        call["frame_rate"] = settings.fps
    more = assignments("extra", settings.extra)
    for name in (*call, *more):
        if name not in known:
            raise unknown("argument of the pipeline's call", name, known)
    taken = sorted({*more} & {*call, "prompt", "generator", "output_type", "return_dict"})
    if taken:
        raise BenchError(f"extra: {taken[0]} is a setting of its own, or is decided for you")
    return call | more


def load(settings: Settings) -> Any:
    """Return the pipeline, in its number format, on its device, with its scheduler."""
    folder = folder_of(settings) or _download(settings)
    check_safe(folder)
    kind = pipeline_class(settings, folder)
    taken = inspect.signature(kind.__init__).parameters
    more: dict[str, Any] = {name: value for name, value in KEPT_OUT.items() if name in taken}
    if settings.variant:
        more["variant"] = settings.variant
    dtype: Any = getattr(torch, settings.dtype)
    if settings.vae_dtype:
        dtype = {"default": dtype, "vae": getattr(torch, settings.vae_dtype)}
    try:
        with without_bars(), quiet():
            pipe = kind.from_pretrained(str(folder), dtype=dtype, use_safetensors=True, local_files_only=True, **more)
    except (OSError, ValueError, TypeError, KeyError) as error:
        reason = " ".join(str(error).split())[:300]
        raise BenchError(f"{folder}: {kind.__name__} could not be loaded ({reason})") from error
    pipe.set_progress_bar_config(disable=True)
    if settings.scheduler:
        pipe.scheduler = scheduler(pipe.scheduler, assignments("scheduler", settings.scheduler))
    with quiet():
        place(pipe, settings)
    return pipe


@contextmanager
def quiet() -> Iterator[None]:
    """Hold back the bars of diffusers in the block, and its advice, which is about settings that were asked for."""
    told = diffusers.utils.logging
    level = told.get_verbosity()
    told.set_verbosity_error()
    told.disable_progress_bar()
    try:
        yield
    finally:
        told.set_verbosity(level)
        told.enable_progress_bar()


def pipeline_class(settings: Settings, folder: Path) -> Any:
    """Return the class to load, which must be the one that the folder was saved from."""
    index = read_json(folder / INDEX)
    told = index.get("_class_name", "") if isinstance(index, dict) else ""
    told = told[-1] if isinstance(told, list) else str(told)
    name = settings.pipeline_class or told
    if ":" in name:
        return resolve(name, "render")
    kind = getattr(diffusers, name, None)
    if not (inspect.isclass(kind) and issubclass(kind, diffusers.DiffusionPipeline)):
        raise unknown("pipeline class", name, [known for known in dir(diffusers) if known.endswith("Pipeline")])
    if name != told:
        raise BenchError(f"{folder}: holds a {told}; expected a {name}, or --set generator.pipeline_class={told}")
    return kind


def scheduler(usual: Any, changes: Mapping[str, Any]) -> Any:
    """Return the scheduler with some values of its configuration, or its "class", changed."""
    values = dict(changes)
    name = str(values.pop("class", type(usual).__name__))
    kind = getattr(diffusers, name, None)
    if not inspect.isclass(kind) or not issubclass(kind, diffusers.SchedulerMixin):
        raise unknown("scheduler class", name, [known for known in dir(diffusers) if known.endswith("Scheduler")])
    taken = [known for known in inspect.signature(kind.__init__).parameters if known != "self"]
    for value in values:
        if value not in taken:
            raise unknown(f"setting of {name}", value, taken)
    made: Any = kind
    return made.from_config(usual.config, **values)


def place(pipe: Any, settings: Settings) -> None:
    """Quantise the denoiser if asked to, and move the pipeline to its device, whole or in parts."""
    device = settings.context.device
    off_cpu = torch.device(device).type != "cpu"
    if not off_cpu and (settings.offload != "none" or settings.quantise == "fp8"):
        asked = f"offload={settings.offload}" if settings.offload != "none" else "quantise=fp8"
        raise BenchError(f"generator.{asked} needs a GPU; the device is {device}")
    if settings.quantise != "none":
        _quantise(pipe, settings.quantise)
    if settings.offload == "model":
        pipe.enable_model_cpu_offload(device=device)
    elif settings.offload == "sequential":
        pipe.enable_sequential_cpu_offload(device=device)
    else:
        pipe.to(device)


def _quantise(pipe: Any, how: str) -> None:
    installed("torchao")
    torchao: Any = import_module("torchao.quantization")
    names = {"fp8": "Float8DynamicActivationFloat8WeightConfig", "int8": "Int8WeightOnlyConfig"}
    denoisers = [getattr(pipe, name, None) for name in ("transformer", "transformer_2", "unet")]
    for denoiser in denoisers:
        if denoiser is not None:
            torchao.quantize_(denoiser, getattr(torchao, names[how])())


def _download(settings: Settings) -> Path:
    try:
        more = {"variant": settings.variant} if settings.variant else {}
        name, revision = settings.pipeline, settings.revision
        return Path(diffusers.DiffusionPipeline.download(name, revision=revision, use_safetensors=True, **more))
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise BenchError(
            f"{settings.pipeline}: could not be downloaded ({reason}); {fetch_command(settings)}"
        ) from None
