"""Small zip and tar archives, honest and hostile, for the tests that unpack them."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, body in members.items():
            pack.writestr(name, body)
    return path


def tarred(path: Path, members: dict[str, bytes], *extra: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:gz") as pack:
        for name, body in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            pack.addfile(info, io.BytesIO(body))
        for info in extra:
            pack.addfile(info)
    return path
