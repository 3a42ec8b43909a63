"""Pictures and clips between files and arrays: [frames, height, width, 3] bytes, one frame for a picture."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError
from bench.io import replacing

Pixels = NDArray[np.uint8]
FRAME_MS = 125
"""How long a frame of a clip is shown: eight frames a second."""
ROUNDING_MS = 5
"""GIF counts in hundredths of a second."""


class BrokenMediaError(BenchError):
    """A file that is no picture or clip; what keeps a good one from being read is another error."""


def read_pixels(path: Path) -> Pixels:
    """Return a picture as [1, height, width, 3], an animation as [frames, height, width, 3]; or BrokenMediaError."""
    if path.suffix == ".mp4":
        return _read_mp4(path)
    image = pillow()
    try:
        with image.open(path) as opened:
            frames = []
            for number in range(getattr(opened, "n_frames", 1)):
                opened.seek(number)
                pixels = np.asarray(opened.convert("RGB"))
                frames += [pixels] * repeats(opened.info.get("duration", 0))
        return np.stack(frames)
    except (OSError, SyntaxError, ValueError, image.DecompressionBombError) as error:
        raise BrokenMediaError(f"{path}: not a picture that can be read ({error})") from None


def repeats(shown_ms: float) -> int:
    """Return how many frames one was that is shown so long: encoders make neighbours that are equal into one."""
    number = round(shown_ms / FRAME_MS)
    return number if number > 1 and abs(shown_ms - number * FRAME_MS) <= ROUNDING_MS else 1


def save_pixels(path: Path, pixels: Pixels, frame_ms: int = FRAME_MS) -> None:
    """Write a picture as .png; an animation without loss as .webp, as .mp4 (H.264), or in 256 colours as .gif.

    Equal pixels are equal bytes, so encoders run in one thread. What is read again has the same frames, but for a clip
    that stands still: as .webp or .gif it becomes a picture.
    """
    if path.suffix == ".mp4":
        _save_mp4(path, pixels, frame_ms)
        return
    image = pillow()
    frames = [image.fromarray(frame) for frame in pixels]
    kind = path.suffix.removeprefix(".").upper()
    more: dict[str, Any] = {}
    if kind != "PNG":
        more = {"save_all": True, "append_images": frames[1:], "duration": frame_ms, "loop": 0}
        more |= {"lossless": True, "method": 0, "quality": 0} if kind == "WEBP" else {}
    with replacing(path) as temporary:
        frames[0].save(temporary, format=kind, **more)


def _save_mp4(path: Path, pixels: Pixels, frame_ms: int) -> None:
    """Write H.264; its colours come at half size, so an odd edge is repeated once."""
    video = _av()
    odd = [(0, side % 2) for side in pixels.shape[1:3]]
    frames = np.pad(pixels, [(0, 0), *odd, (0, 0)], mode="edge")
    with replacing(path) as temporary, video.open(str(temporary), "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=Fraction(1000, frame_ms), options={"crf": "16", "threads": "1"})
        stream.height, stream.width, stream.pix_fmt = *frames.shape[1:3], "yuv420p"
        for frame in frames:
            file.mux(stream.encode(video.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")))
        file.mux(stream.encode())


def _read_mp4(path: Path) -> Pixels:
    video = _av()
    try:
        with video.open(str(path)) as file:
            return np.stack([frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)])
    except (video.FFmpegError, ValueError, IndexError) as error:
        raise BrokenMediaError(f"{path}: not a clip that can be read ({error})") from None


def _av() -> Any:
    """Return the module av (PyAV), or say how to get it."""
    try:
        import av
    except ModuleNotFoundError:
        raise BenchError('clips as .mp4 need the package av: pip install "navibench[render]"') from None
    return av


def pillow() -> Any:
    """Return the module PIL.Image, or say how to get it."""
    try:
        from PIL import Image
    except ModuleNotFoundError:
        raise BenchError('pictures need the package pillow: pip install "navibench[media]"') from None
    return Image
