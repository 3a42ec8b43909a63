"""Loading and saving without bars, which take longer to read than a local folder, or advice meant for libraries."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def without_bars() -> Iterator[None]:
    """Switch the progress bars of transformers off in the block."""
    from transformers.utils import logging

    bars: Any = logging
    shown = bars.is_progress_bar_enabled()
    if shown:
        bars.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            bars.enable_progress_bar()


@contextmanager
def without_advice() -> Iterator[None]:
    """Hold back advice, in the block, to use new names of options that accelerate and peft use, not we."""
    with warnings.catch_warnings():
        for name in ("broadcast_buffers", "is_gradient_checkpointing"):
            warnings.filterwarnings("ignore", f".*{name}.* is deprecated", FutureWarning)
        yield
