"""Loading and saving without the bars of transformers, by its own switch: a local folder takes a moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def without_bars(local: bool = True) -> Iterator[None]:
    """Switch transformers' progress bars off in the block; what is not `local` is downloaded, and its bars stay."""
    from transformers.utils import logging

    bars: Any = logging
    shown = local and bars.is_progress_bar_enabled()
    if shown:
        bars.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            bars.enable_progress_bar()
