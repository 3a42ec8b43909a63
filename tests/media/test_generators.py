"""What may go wrong around a pipeline: one failed sample, weights that are not there, names that do not exist."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.api import Context, Failure, Kind
from bench.config import build
from bench.errors import BenchError
from bench.generators.presets import SD15, DiffusersImage, DiffusersVideo, SDXLTurbo
from tests.conftest import REPOSITORY

pytest.importorskip("diffusers")
import torch

from bench.generators.pipeline import Painter, arguments, load, pixels, place

Folder = Callable[[str], Path]


@dataclass
class Shown:
    images: Any


class Fake:
    """Draws noise as a pipeline does and spoils what the prompt asks it to; `calls` are the batches it saw."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    def __call__(
        self, prompt: list[str], generator: Any, output_type: str, num_inference_steps: int, guidance_scale: float
    ) -> Shown:
        self.calls.append(prompt)
        made = torch.stack([torch.rand(4, 4, 3, generator=noise) for noise in generator]).numpy()
        for place_, text in enumerate(prompt):
            if text == "bad":
                raise RuntimeError("the prompt is\nbad")
            if text == "huge":
                raise torch.OutOfMemoryError("CUDA out of memory")
            made[place_] = made[place_] * {"nan": np.nan, "black": 0.0}.get(text, 1.0)
        return Shown(made)


def painter(batch: int = 3) -> tuple[Painter, Fake]:
    made, fake = Painter(DiffusersImage(batch=batch), Kind.IMAGE), Fake()
    made.__dict__["pipe"] = fake
    return made, fake


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        ("bad", "RuntimeError: the prompt is bad"),
        ("huge", "out of memory in a batch of 3; try a smaller generator.batch or generator.offload"),
        ("nan", "the pipeline made numbers that are none (NaN); try generator.dtype=float32 or bfloat16"),
        ("black", "the pipeline made black only"),
    ],
)
def test_one_failed_sample_is_one_failure(prompt: str, reason: str) -> None:
    good = painter()[0].render(["a", "b", "c", "d"], [1, 2, 3, 4])
    made = painter()[0].render(["a", prompt, "c", "d"], [1, 2, 3, 4])
    assert made[1] == Failure(reason)
    for place_ in (0, 2, 3):
        assert np.array_equal(made[place_], good[place_])


def test_every_call_is_a_full_batch() -> None:
    made, fake = painter()
    assert len(made.render(["a", "bad", "c", "d"], [1, 2, 3, 4])) == 4
    assert {len(call) for call in fake.calls} == {3}
    assert made.render([], []) == []


def test_a_seed_decides_the_noise_whatever_the_prompt() -> None:
    one, other = painter()[0], painter(batch=1)[0]
    assert np.array_equal(one.render(["a", "b"], [4, 7])[1], other.render(["c"], [7])[0])


def test_pixels_are_bytes_of_rounded_colours() -> None:
    told = pixels(np.array([[[-1.0, 0.5, 2.0]]]))
    assert told.tolist() == [[[[0, 128, 255]]]]


def test_a_mistake_in_the_settings_is_no_failure_of_the_samples(pipelines: Folder) -> None:
    with pytest.raises(BenchError, match="unknown argument of the pipeline's call 'num_frames'"):
        DiffusersImage(str(pipelines("sd-1.5")), frames=9).render(["a"], [1])
    with pytest.raises(BenchError, match="'clip_skp'; did you mean clip_skip"):
        DiffusersImage(str(pipelines("sd-1.5")), extra=("clip_skp=1",)).render(["a"], [1])
    with pytest.raises(BenchError, match="num_inference_steps is a setting of its own"):
        arguments(DiffusersImage(extra=("num_inference_steps=1",)), {"num_inference_steps": 0, "guidance_scale": 0})
    with pytest.raises(BenchError, match="makes no frames; expected a pipeline for videos"):
        DiffusersVideo(str(pipelines("sd-1.5")), steps=1, height=16, width=16).render(["a"], [1])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"dtype": "float8"}, "unknown dtype 'float8'; did you mean float"),
        ({"offload": "modal"}, "unknown offload 'modal'; did you mean model"),
        ({"quantise": "fp4"}, "unknown quantise 'fp4'; did you mean fp8"),
        ({"batch": "0"}, "batch=0: expected at least 1"),
        ({"height": "-8"}, "height=-8: expected 0 or more"),
        ({"extra": "a"}, "extra: expected name=value"),
        ({"stepz": "3"}, "did you mean x.steps"),
    ],
)
def test_wrong_settings_are_errors_before_anything_is_loaded(values: dict[str, str], message: str) -> None:
    with pytest.raises(BenchError, match=message):
        build(DiffusersImage, values, "x")


def test_class_and_scheduler_names_are_checked(pipelines: Folder) -> None:
    folder = str(pipelines("sd-1.5"))
    with pytest.raises(BenchError, match="unknown pipeline class 'StableDifusionPipeline'; did you mean StableDiff"):
        load(DiffusersImage(folder, pipeline_class="StableDifusionPipeline"))
    with pytest.raises(BenchError, match="holds a StableDiffusionPipeline; expected a StableDiffusionXLPipeline"):
        load(SDXLTurbo(folder))
    with pytest.raises(BenchError, match="unknown scheduler class 'DDIMSchedule'; did you mean DDIMScheduler"):
        load(DiffusersImage(folder, scheduler=("class=DDIMSchedule",)))
    with pytest.raises(BenchError, match="unknown setting of PNDMScheduler 'shift'"):
        load(DiffusersImage(folder, scheduler=("shift=3",)))


def test_a_gpu_is_not_pretended() -> None:
    for change, word in (({"offload": "model"}, "offload=model"), ({"quantise": "fp8"}, "quantise=fp8")):
        with pytest.raises(BenchError, match=f"generator.{word} needs a GPU; the device is cpu"):
            place(None, replace(DiffusersImage(), **change))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="only a GPU can show quantising to fp8 and offloading")
@pytest.mark.parametrize("change", [{"quantise": "fp8"}, {"offload": "model"}, {"offload": "sequential"}])
def test_quantised_and_offloaded_pipelines_render(change: dict[str, Any], pipelines: Folder) -> None:
    if "quantise" in change:
        pytest.importorskip("torchao")
    folder = str(pipelines("sd-1.5"))
    made = SD15(folder, height=32, width=32, steps=2, context=Context(device="cuda"), **change)
    assert made.render(["a"], [1])[0].shape == (1, 32, 32, 3)


def test_pickled_weights_are_refused(pipelines: Folder, tmp_path: Path) -> None:
    shutil.copytree(pipelines("sd-1.5"), tmp_path / "old")
    weights = tmp_path / "old" / "unet" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))
    with pytest.raises(BenchError, match="unet: weights are pickled; convert them to safetensors"):
        load(DiffusersImage(str(tmp_path / "old")))


def test_broken_weights_are_an_error_that_names_the_folder(pipelines: Folder, tmp_path: Path) -> None:
    shutil.copytree(pipelines("sd-1.5"), tmp_path / "cut")
    (tmp_path / "cut" / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    with pytest.raises(BenchError, match="cut: StableDiffusionPipeline could not be loaded"):
        load(DiffusersImage(str(tmp_path / "cut")))


def test_presets_import_nothing_heavy() -> None:
    code = "import json, sys, bench.generators.presets; print(json.dumps(sorted(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPOSITORY, check=True)
    assert not set(json.loads(shown.stdout)) & {"torch", "diffusers", "transformers", "numpy"}
