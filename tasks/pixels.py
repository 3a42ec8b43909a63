"""Pictures and clips between files and arrays: [frames, height, width, 3] bytes, one frame for a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError
from bench.io import replacing

Pixels = NDArray[np.uint8]
FRAME_MS = 125
"""How long a frame of a clip is shown: eight frames a second."""


def read_pixels(path: Path) -> Pixels:
    """Return a picture as [1, height, width, 3] or an animation as [frames, height, width, 3]; BenchError if broken."""
    image = pillow()
    try:
        with image.open(path) as opened:
            frames = []
            for number in range(getattr(opened, "n_frames", 1)):
                opened.seek(number)
                frames.append(np.asarray(opened.convert("RGB")))
    except (OSError, SyntaxError, ValueError) as error:
        raise BenchError(f"{path}: not a picture that can be read ({error})") from None
    return np.stack(frames)


def save_pixels(path: Path, pixels: Pixels) -> None:
    """Write a picture as .png, or an animation without loss as .webp or with at most 256 colours a frame as .gif."""
    image = pillow()
    frames = [image.fromarray(frame) for frame in pixels]
    kind = path.suffix.removeprefix(".").upper()
    more: dict[str, Any] = {}
    if kind != "PNG":
        more = {"save_all": True, "append_images": frames[1:], "duration": FRAME_MS, "loop": 0}
        more |= {"lossless": True, "method": 0, "quality": 0} if kind == "WEBP" else {}
    with replacing(path) as temporary:
        frames[0].save(temporary, format=kind, **more)


def pillow() -> Any:
    """Return the module PIL.Image, or say how to get it."""
    try:
        from PIL import Image
    except ModuleNotFoundError:
        raise BenchError('pictures need the package pillow: pip install "navibench[media]"') from None
    return Image
