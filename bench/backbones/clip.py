"""Texts and pictures in one space, by open_clip's models from local safetensors (needs torch and open_clip)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError

from bench.backbones.settings import CLIP_CONFIG, CLIP_WEIGHTS, ClipSettings, fingerprint
from bench.errors import BenchError, unknown
from bench.lm.quiet import without_bars

Vectors = NDArray[np.float32]
Pixels = NDArray[np.uint8]
PRECISION = {"float32": "fp32", "bfloat16": "bf16", "float16": "fp16"}


class Clip:
    """A CLIP of open_clip: rows of length 1 for texts and for pictures; nothing is downloaded.

    Raises BenchError that names the missing file and the command that fetches it.
    """

    def __init__(self, settings: ClipSettings) -> None:
        self.settings = settings
        folder = settings.folder()
        if folder is not None:
            place, files = f"local-dir:{folder}", [folder / CLIP_CONFIG, folder / CLIP_WEIGHTS]
            if not files[1].is_file():
                raise BenchError(f"{files[1]}: no such file; expected the weights beside {CLIP_CONFIG}")
            files += [path for path in [folder / "tokenizer.json"] if path.is_file()]
            more: dict[str, Any] = {}
        else:
            files = [find_weights(settings)]
            place, more = settings.name, {"pretrained": str(files[0]), **preparation(settings)}
        try:
            with warnings.catch_warnings(), without_bars():
                warnings.simplefilter("ignore")
                self.model, _, self.prepare = open_clip.create_model_and_transforms(
                    place, precision=PRECISION[settings.dtype], device=settings.device, pretrained_text=False, **more
                )
                self.tokenizer = find_tokenizer(place)
        except (OSError, RuntimeError, ValueError, SafetensorError) as error:
            reason = " ".join(str(error).split())[:300]
            raise BenchError(
                f"scorer.clip.name={settings.name}: cannot be loaded from {files[-1]} ({reason})"
            ) from None
        self.model.eval()
        self.fingerprint = fingerprint(settings, files)
        side = self.model.visual.preprocess_cfg
        self.size = tuple(side["size"]) if isinstance(side["size"], tuple | list) else (side["size"],) * 2
        self.mean, self.spread = (torch.tensor(side[name]) for name in ("mean", "std"))

    @property
    def longest(self) -> int:
        """How many tokens of a text are read, marks included."""
        return int(self.tokenizer.context_length)

    @property
    def temperature(self) -> float:
        """What cosines were multiplied by in training."""
        return float(self.model.logit_scale.exp())

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors [texts, d]; what is longer than `longest` tokens is cut, as open_clip cuts it."""
        found = []
        for start in range(0, len(texts), self.settings.batch):
            ids = self.tokenizer(list(texts[start : start + self.settings.batch])).to(self.settings.device)
            with torch.inference_mode():
                found.append(self.model.encode_text(ids))
        return self._unit(found)

    def embed_pictures(self, pictures: Pixels | Sequence[Pixels]) -> Vectors:
        """Return unit vectors [pictures, d] of bytes [pictures, height, width, 3], or of [height, width, 3] each."""
        found = []
        for start in range(0, len(pictures), self.settings.batch):
            inputs = self.inputs(pictures[start : start + self.settings.batch])
            inputs = inputs.to(self.settings.device, next(self.model.parameters()).dtype)
            with torch.inference_mode():
                found.append(self.model.encode_image(inputs))
        return self._unit(found)

    def inputs(self, pictures: Pixels | Sequence[Pixels]) -> torch.Tensor:
        """Return what the model is shown [pictures, 3, height, width]: exactly what open_clip's transform gives.

        Pictures of the model's own size need no resizing and are prepared at once; all others go through Pillow, whose
        resizing no tensor operation equals.
        """
        if not isinstance(pictures, np.ndarray) or tuple(pictures.shape[1:3]) != self.size:
            from PIL import Image

            return torch.stack([self.prepare(Image.fromarray(picture)) for picture in pictures])
        pixels = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float().div(255)
        return (pixels - self.mean[:, None, None]) / self.spread[:, None, None]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has, marks included, before any is cut."""
        inner = getattr(self.tokenizer, "tokenizer", None)
        if inner is None:
            return [len(self.tokenizer.encode(text)) + 2 for text in texts]
        clean = getattr(self.tokenizer, "clean_fn", str)
        return [len(ids) for ids in inner([clean(text) for text in texts], truncation=False).input_ids]

    def cut_share(self, texts: Sequence[str]) -> float:
        """Return the share of texts that are longer than the model reads; 0 for none."""
        counts = self.count_tokens(texts)
        return sum(count > self.longest for count in counts) / max(1, len(counts))

    def _unit(self, found: list[torch.Tensor]) -> Vectors:
        if not found:
            return np.zeros((0, 0), dtype=np.float32)
        rows = torch.nn.functional.normalize(torch.cat(found).float(), dim=-1)
        return np.asarray(rows.cpu().numpy(), dtype=np.float32)


def find_weights(settings: ClipSettings) -> Path:
    """Return the weights file of an architecture, or say which file is meant and which command fetches it."""
    name, tag = settings.name, settings.pretrained
    if open_clip.get_model_config(name) is None:
        raise unknown("scorer.clip.name", name, open_clip.list_models())
    tags = open_clip.list_pretrained_tags_by_model(name)
    if tag and tag not in tags:
        raise unknown("scorer.clip.pretrained", tag, tags)
    if settings.weights and Path(settings.weights).is_file():
        if Path(settings.weights).suffix != ".safetensors":
            raise BenchError(f"{settings.weights}: expected open_clip's weights as a .safetensors file")
        return Path(settings.weights)
    told = tag or next((one for one in reversed(tags) if one.startswith("laion2b")), next(iter(tags), ""))
    hub = open_clip.get_pretrained_cfg(name, told).get("hf_hub", "").strip("/") if told else ""
    wanted = settings.weights or f"weights of {name}"
    if not hub:
        raise BenchError(f"scorer.clip.weights: {wanted} not found; give open_clip's safetensors of {name}")
    raise BenchError(
        f"scorer.clip.weights: {wanted} not found; fetch them: hf download {hub} {CLIP_WEIGHTS} --local-dir DIR, then "
        f"--set scorer.clip.pretrained={told} --set scorer.clip.weights=DIR/{CLIP_WEIGHTS}"
    )


def preparation(settings: ClipSettings) -> dict[str, Any]:
    """Return how pictures are prepared for the weights of a tag, where it differs from the architecture's usual way."""
    told = open_clip.get_pretrained_cfg(settings.name, settings.pretrained) if settings.pretrained else {}
    quick = bool((open_clip.get_model_config(settings.name) or {}).get("quick_gelu", False))
    if told and bool(told.get("quick_gelu", False)) != quick:
        other = settings.name.removesuffix("-quickgelu") + ("" if quick else "-quickgelu")
        raise BenchError(f"scorer.clip.pretrained={settings.pretrained} is of {other}: --set scorer.clip.name={other}")
    names = {"image_mean": "mean", "image_std": "std", "image_interpolation": "interpolation"}
    names["image_resize_mode"] = "resize_mode"
    return {option: told[name] for option, name in names.items() if name in told}


def find_tokenizer(place: str) -> Any:
    """Return the tokenizer of a model; one from the hub must lie in the local cache already."""
    config = {} if place.startswith("local-dir:") else open_clip.get_model_config(place) or {}
    named = config.get("text_cfg", {}).get("hf_tokenizer_name")
    if not named:
        return open_clip.get_tokenizer(place)
    try:
        return open_clip.get_tokenizer(place, local_files_only=True)
    except OSError:
        raise BenchError(f"the tokenizer of {place} is not here; fetch it: hf download {named}") from None
