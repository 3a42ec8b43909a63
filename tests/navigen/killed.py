"""Trains the whole method in a folder and dies (SIGKILL) as soon as a stage has got that far: WORK STAGE STEP."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from tests.navigen.little import make_train, make_whole


def die(stage: str, step: int) -> None:
    """Train until then."""

    def progress(name: str, done: int, total: int) -> None:
        if name == stage and done >= step:
            os.kill(os.getpid(), signal.SIGKILL)

    make_whole(Path(sys.argv[1]), Path(sys.argv[1]) / "shared", progress=progress).fit(make_train())


if __name__ == "__main__":
    die(sys.argv[2], int(sys.argv[3]))
