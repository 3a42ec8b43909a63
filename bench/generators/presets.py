"""Generators of diffusers: two general ones, and well-known pipelines with the settings their authors name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from bench.api import Kind
from bench.generators.settings import Settings
from bench.generators.weights import fingerprint, on_hub


@dataclass(frozen=True)
class DiffusersImage(Settings):
    """Any text-to-picture pipeline of diffusers, by folder or hub name."""

    kind: ClassVar[Kind] = Kind.IMAGE
    suffix: ClassVar[str] = ".png"

    @cached_property
    def fingerprint(self) -> str:
        """The sha256 over everything that decides the pixels; a missing folder is a BenchError that says what to do."""
        return fingerprint(self, str(self.kind), self.suffix)

    @property
    def absent(self) -> str:
        """What to do first where the weights are not on this machine; "" where they are."""
        return on_hub(self)

    @property
    def frame_ms(self) -> int:
        """How long a frame of a clip is shown, in milliseconds."""
        return round(1000 / self.fps)

    def render(self, prompts: Sequence[str], seeds: Sequence[int]) -> Sequence[Any]:
        """Return bytes [frames, height, width, 3], or a Failure, a prompt; a seed alone decides a sample's noise."""
        made: Sequence[Any] = self._painter.render(prompts, seeds)
        return made

    @cached_property
    def _painter(self) -> Any:
        from bench.generators.pipeline import Painter

        return Painter(self, self.kind)


@dataclass(frozen=True)
class DiffusersVideo(DiffusersImage):
    """Any text-to-clip pipeline of diffusers, by folder or hub name."""

    kind: ClassVar[Kind] = Kind.VIDEO
    suffix: ClassVar[str] = ".mp4"


@dataclass(frozen=True)
class ZImageTurbo(DiffusersImage):
    """The picture generator of the released code. A batch of 1: this class pads prompts to the longest of a batch."""

    pipeline: str = "Tongyi-MAI/Z-Image-Turbo"
    revision: str = "f332072aa78be7aecdf3ee76d5c247082da564a6"
    pipeline_class: str = "ZImagePipeline"
    height: int = 512
    width: int = 512
    steps: int = 20
    guidance: float = 3.5
    extra: tuple[str, ...] = ("cfg_normalization=false",)


@dataclass(frozen=True)
class SDXLTurbo(DiffusersImage):
    """One step, no guidance."""

    pipeline: str = "stabilityai/sdxl-turbo"
    revision: str = "71153311d3dbb46851df1931d3ca6e939de83304"
    pipeline_class: str = "StableDiffusionXLPipeline"
    height: int = 512
    width: int = 512
    steps: int = 1
    guidance: float = 0.0
    batch: int = 4
    dtype: str = "float16"


@dataclass(frozen=True)
class SD15(DiffusersImage):
    """Stable Diffusion 1.5."""

    pipeline: str = "stable-diffusion-v1-5/stable-diffusion-v1-5"
    revision: str = "451f4fe16113bff5a5d2269ed5ad43b0592e9a14"
    pipeline_class: str = "StableDiffusionPipeline"
    height: int = 512
    width: int = 512
    steps: int = 50
    guidance: float = 7.5
    batch: int = 4
    dtype: str = "float16"


@dataclass(frozen=True)
class Wan(DiffusersVideo):
    """Wan 2.1, 1.3B: 5 seconds at 480p."""

    pipeline: str = "Wan-AI/Wan2.1-T2V-1.3B-Diffusers"
    revision: str = "0fad780a534b6463e45facd96134c9f345acfa5b"
    pipeline_class: str = "WanPipeline"
    height: int = 480
    width: int = 832
    steps: int = 50
    guidance: float = 5.0
    negative: str = (
        "Bright tones, overexposed, static, blurred details, subtitles, style, works, paintings, images, static, "
        "overall gray, worst quality, low quality, JPEG compression residue, ugly, incomplete, extra fingers, poorly "
        "drawn hands, poorly drawn faces, deformed, disfigured, misshapen limbs, fused fingers, still picture, messy "
        "background, three legs, many people in the background, walking backwards"
    )
    frames: int = 81
    fps: int = 16
    vae_dtype: str = "float32"


@dataclass(frozen=True)
class OpenSoraLike(Wan):
    """The released code's video settings for Open-Sora (720p upright, 81 frames, 30 steps, guidance 4) on Wan.

    Diffusers has no Open-Sora pipeline; Wan is the class nearest to it (T5 text, rectified flow) that makes this shape.
    """

    height: int = 1280
    width: int = 720
    steps: int = 30
    guidance: float = 4.0
    negative: str = ""
    fps: int = 24
    extra: tuple[str, ...] = ("max_sequence_length=300",)


@dataclass(frozen=True)
class LTXVideo(DiffusersVideo):
    """LTX-Video, 2B."""

    pipeline: str = "Lightricks/LTX-Video"
    revision: str = "8984fa25007f376c1a299016d0957a37a2f797bb"
    pipeline_class: str = "LTXPipeline"
    height: int = 480
    width: int = 704
    steps: int = 50
    guidance: float = 3.0
    negative: str = "worst quality, inconsistent motion, blurry, jittery, distorted"
    frames: int = 161
    fps: int = 24


@dataclass(frozen=True)
class CogVideoX(DiffusersVideo):
    """CogVideoX, 2B."""

    pipeline: str = "THUDM/CogVideoX-2b"
    revision: str = "1137dacfc2c9c012bed6a0793f4ecf2ca8e7ba01"
    pipeline_class: str = "CogVideoXPipeline"
    height: int = 480
    width: int = 720
    steps: int = 50
    guidance: float = 6.0
    frames: int = 49
    fps: int = 8
    dtype: str = "float16"


@dataclass(frozen=True)
class WorldImage(DiffusersImage):
    """The shipped pipeline trained on pictures of the synthetic worlds; it runs on a CPU."""

    pipeline: str = "results/checkpoints/world-image"
    pipeline_class: str = "bench.generators.pixel:PixelPipeline"
    steps: int = 10
    guidance: float = 1.5
    batch: int = 16
    dtype: str = "float32"


@dataclass(frozen=True)
class WorldVideo(DiffusersVideo):
    """The shipped pipeline trained on clips of the synthetic worlds; its files are without loss, as the clips are."""

    suffix: ClassVar[str] = ".webp"
    pipeline: str = "results/checkpoints/world-video"
    pipeline_class: str = "bench.generators.pixel:PixelPipeline"
    steps: int = 10
    guidance: float = 1.5
    batch: int = 16
    dtype: str = "float32"
