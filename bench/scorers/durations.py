"""How long a picture or clip says it is to be shown."""

from __future__ import annotations

from pathlib import Path

from bench.errors import BenchError
from bench.pixels import pillow


def seconds(path: Path) -> float:
    """Return the duration of a readable file: the sum of its frames' own, or what a container says; a still has 0."""
    if path.suffix == ".mp4":
        return _of_stream(path)
    total = 0.0
    with pillow().open(path) as opened:
        number = getattr(opened, "n_frames", 1)
        for frame in range(number if number > 1 else 0):
            opened.seek(frame)
            opened.load()  # WebP tells a frame's duration only when it is decoded
            total += float(opened.info.get("duration", 0))
    return total / 1000


def _of_stream(path: Path) -> float:
    try:
        import av
    except ModuleNotFoundError:
        raise BenchError('clips as .mp4 need the package av: pip install "navibench[render]"') from None
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        if stream.duration is not None and stream.time_base is not None:
            return float(stream.duration * stream.time_base)
        raise BenchError(f"{path}: its stream does not say how long it is; write it with a duration")
