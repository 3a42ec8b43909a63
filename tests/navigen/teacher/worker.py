"""A process that asks a local server and writes what it got: python -m tests.navigen.teacher.worker URL FOLDER N."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bench.api import Failure
from navigen.teacher.settings import TeacherSettings, open_desk
from tests.navigen.teacher.asks import asks, read_json

WORKERS = 4


def main(url: str, folder: Path, number: int) -> None:
    backend = {"tries": 1, "timeout": 10.0}
    told = TeacherSettings(name="openai", model="tiny", url=url, backend=backend, workers=WORKERS, retries=6)
    results = open_desk(told, folder).ask(asks(number), read_json)
    print(json.dumps([result.reason if isinstance(result, Failure) else result for result in results]))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
