"""Unpacking archives from strangers: nothing outside, no links, no bombs, no silent loss."""

from __future__ import annotations

import hashlib
import io
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from source_archives import tarred, zipped

from bench.errors import BenchError
from tasks.ingest.archive import extract


def link(kind: bytes, target: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo("data/link")
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/evil", "C:/evil", "..\\evil"])
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_paths_that_lead_out_are_refused(tmp_path: Path, pack: Callable[..., Path], name: str) -> None:
    archive = pack(tmp_path / "pack", {"good": b"x", name: b"evil"})
    with pytest.raises(BenchError, match="would leave the folder"):
        extract(archive, tmp_path / "deep" / "out")
    assert not list(tmp_path.rglob("*evil*")) and list((tmp_path / "deep" / "out").iterdir()) == []


@pytest.mark.parametrize(
    "bad",
    [
        link(tarfile.SYMTYPE, "/etc"),
        link(tarfile.LNKTYPE, "../x"),
        link(tarfile.CHRTYPE, ""),
        link(tarfile.FIFOTYPE, ""),
    ],
)
def test_links_and_devices_are_refused(tmp_path: Path, bad: tarfile.TarInfo) -> None:
    with pytest.raises(BenchError, match="holds a link or a device"):
        extract(tarred(tmp_path / "pack", {"good": b"x"}, bad), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "pack", "w") as pack:
        pack.writestr(info, "/etc/passwd")
    with pytest.raises(BenchError, match="holds a link"):
        extract(tmp_path / "pack", tmp_path / "out")


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_bombs_are_stopped_while_they_unpack(tmp_path: Path, pack: Callable[..., Path]) -> None:
    archive = pack(tmp_path / "pack", {"zeros": b"\0" * 20_000_000})
    with pytest.raises(BenchError, match="far more than its size allows"):
        extract(archive, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_damaged_archives(tmp_path: Path, pack: Callable[..., Path]) -> None:
    noise = b"".join(hashlib.sha256(bytes([one, two])).digest() for one in range(64) for two in range(64))
    archive = pack(tmp_path / "pack", {"first": noise[:500], "second": noise, "third": noise[:500]})
    body = bytearray(archive.read_bytes())
    body[len(body) // 2] ^= 0xFF
    for damaged in (bytes(body), bytes(body[: len(body) // 2]), b"junk", b""):
        archive.write_bytes(damaged)
        with pytest.raises(BenchError):
            extract(archive, tmp_path / "out")
        assert list((tmp_path / "out").iterdir()) == []


def test_a_tar_with_a_broken_header_does_not_end_early_in_silence(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "pack.tar", "w") as pack:
        for name in ("one", "two", "three"):
            info = tarfile.TarInfo(name)
            info.size = 3
            pack.addfile(info, io.BytesIO(b"abc"))
    body = bytearray((tmp_path / "pack.tar").read_bytes())
    assert len(extract(tmp_path / "pack.tar", tmp_path / "good")) == 3
    for damaged in (bytes(body[:1024] + b"\xff" * 512 + body[1536:]), bytes(body[:2048])):
        (tmp_path / "pack.tar").write_bytes(damaged)
        with pytest.raises(BenchError):
            extract(tmp_path / "pack.tar", tmp_path / "out")
        assert list((tmp_path / "out").iterdir()) == []
