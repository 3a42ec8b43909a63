"""How different two pictures look: LPIPS 0.1 on a trunk from a local file (needs torch, torchvision and lpips)."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import lpips
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file

from bench.backbones.settings import LpipsSettings, fingerprint
from bench.errors import BenchError

Pixels = NDArray[np.uint8]
TRUNKS = {
    "alex": "alexnet-owt-7be5be79",
    "vgg": "vgg16-397923af",
    "squeeze": "squeezenet1_1-b8a52dc0",
}
"""torchvision's name for the file of each net's weights, on download.pytorch.org/models."""
CONVERT = (
    'python -c "import torch, safetensors.torch as s; '
    "s.save_file(torch.hub.load_state_dict_from_url('https://download.pytorch.org/models/{file}.pth', "
    "weights_only=True), '{file}.safetensors')\""
)


class Lpips:
    """LPIPS with its own linear heads on the trunk that `weights` names; nothing is downloaded."""

    def __init__(self, settings: LpipsSettings) -> None:
        self.settings = settings
        path = find_trunk(settings)
        with torch.random.fork_rng(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torchvision's advice on options that lpips uses
            self.model: Any = lpips.LPIPS(net=settings.name, pnet_rand=True, verbose=False)
        fill_trunk(self.model, path)
        self.model.to(settings.device).eval()
        self.fingerprint = fingerprint(settings, [path])

    def distance(self, one: Pixels, two: Pixels) -> NDArray[np.float32]:
        """Return distances [pictures] of bytes [pictures, height, width, 3] and as many others; 0: the same."""
        if len(one) != len(two) or (not self.settings.size and one.shape != two.shape):
            raise BenchError(
                f"LPIPS compares pictures of one size, got {list(one.shape)} and {list(two.shape)}; "
                "--set scorer.lpips.size=64 brings them to one"
            )
        found = []
        for start in range(0, len(one), self.settings.batch):
            chosen = slice(start, start + self.settings.batch)
            with torch.inference_mode():
                found.append(self.model(self.inputs(one[chosen]), self.inputs(two[chosen])).flatten())
        return np.asarray(torch.cat(found).cpu().numpy(), dtype=np.float32) if found else np.zeros(0, np.float32)

    def inputs(self, pictures: Pixels) -> torch.Tensor:
        """Return RGB in [-1, 1] as [pictures, 3, height, width], squashed to `size` if it is set."""
        pixels = torch.from_numpy(np.ascontiguousarray(pictures)).to(self.settings.device)
        pixels = pixels.permute(0, 3, 1, 2).float() / 127.5 - 1
        size = (self.settings.size, self.settings.size)
        if not self.settings.size or tuple(pixels.shape[2:]) == size:
            return pixels
        return torch.nn.functional.interpolate(pixels, size=size, mode="bilinear", antialias=True).clamp(-1, 1)


def find_trunk(settings: LpipsSettings) -> Path:
    """Return the trunk's file, or say which is meant and which command makes it."""
    path, file = Path(settings.weights), TRUNKS[settings.name]
    if settings.weights and path.is_file() and path.suffix == ".safetensors":
        return path
    wrong = f"{path}: expected a .safetensors file" if path.is_file() else f"{settings.weights or file} not found"
    raise BenchError(
        f"scorer.lpips.weights: {wrong}; make it: {CONVERT.format(file=file)}, "
        f"then --set scorer.lpips.weights={file}.safetensors"
    )


def fill_trunk(model: Any, path: Path) -> None:
    """Write torchvision's weights ("features.N...") into the slices of LPIPS, which are named by the same numbers."""
    try:
        told = load_file(path)
    except (SafetensorError, OSError) as error:
        raise BenchError(f"{path}: not readable as safetensors ({error})") from None
    wanted = model.net.state_dict()
    found = {}
    for name, value in wanted.items():
        source = f"features.{name.split('.', 1)[1]}"
        if source not in told or told[source].shape != value.shape:
            raise BenchError(f"{path}: no {source} of shape {list(value.shape)}; it is not torchvision's trunk")
        found[name] = told[source]
    model.net.load_state_dict(found)
