"""Broken and hostile archives: each refused with a code of its own, and nothing written outside or left behind."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench.submission import archive
from bench.submission.archive import CENTRAL, LOCAL, Member, central_header, local_header
from bench.submission.limits import LIMITS, Limits
from bench.submission.reasons import REASONS
from tests.submission.conftest import Bench
from tests.submission.making import Draft, code_of, judged

TINY = replace(LIMITS, archive=100_000, members=3, member=20_000)
PLAIN = b"{}"


def raw_zip(*members: tuple[str, bytes], **changed: object) -> bytes:
    """Return a zip of stored members as they come, names unchecked."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as pack:
        for name, content in members:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.create_system = 3
            info.external_attr = 0o100644 << 16
            for key, value in changed.items():
                setattr(info, key, value)
            pack.writestr(info, content)
    return sink.getvalue()


def own_zip(*names: bytes, content: bytes | None = None, mode: int = 0o100644) -> bytes:
    """Return a zip as `write_archive` makes it, of whatever names."""
    given, body, table = content, b"", b""
    for name in names:
        content = (b"\x89PNG\r\n\x1a\n" if name.endswith(b".png") else PLAIN) if given is None else given
        member = Member("x" * len(name), len(body) + LOCAL.size + len(name), len(content), archive.zlib.crc32(content))
        head, line = local_header(member), central_header(member)
        body += head[: LOCAL.size] + name + content
        packed = struct.pack("<I", mode << 16)
        table += line[: CENTRAL.size - 8] + packed + line[CENTRAL.size - 4 : CENTRAL.size] + name
    return body + table + archive.END.pack(b"PK\5\6", 0, 0, len(names), len(names), len(table), len(body), 0)


def patched(at: Callable[[bytes], int], new: bytes) -> Callable[[bytes], bytes]:
    """Return a change of the bytes of a valid archive at a place."""

    def change(valid: bytes) -> bytes:
        start = at(valid)
        return valid[:start] + new + valid[start + len(new) :]

    return change


def table(valid: bytes) -> int:
    return int(archive.END.unpack(valid[-archive.END.size :])[6])


def tar_of(kind: bytes) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as pack:
        info = tarfile.TarInfo("runs/x")
        info.type = kind
        info.linkname = "/etc/passwd"
        pack.addfile(info)
    return sink.getvalue()


def gap(valid: bytes) -> bytes:
    """Put a byte between the members and their table."""
    start = table(valid)
    end = list(archive.END.unpack(valid[-archive.END.size :]))
    end[6] += 1
    return valid[:start] + b"\0" + valid[start : -archive.END.size] + archive.END.pack(*end)


HOSTILE: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "parent": ("path-parent", lambda _: own_zip(b"../evil.json")),
    "parent inside": ("path-parent", lambda _: own_zip(b"runs/../../evil.json")),
    "absolute": ("path-absolute", lambda _: own_zip(b"/tmp/evil.json")),
    "drive": ("path-drive", lambda _: own_zip(b"C:/evil.json")),
    "backslash": ("path-backslash", lambda _: own_zip(b"..\\evil.json")),
    "NUL": ("path-control", lambda _: own_zip(b"runs/a.json\0.png")),
    "newline": ("path-control", lambda _: own_zip(b"runs/a\n.json")),
    "right to left": ("path-characters", lambda _: own_zip("runs/a\u202egnp.json".encode())),
    "full width dots": ("path-characters", lambda _: own_zip("runs/\uff0e\uff0e/a.json".encode())),
    "broken unicode": ("path-characters", lambda _: own_zip(b"runs/\xff\xfe.json")),
    "html": ("path-characters", lambda _: own_zip(b"runs/<img src=x>.json")),
    "hidden": ("path-part", lambda _: own_zip(b"runs/.git/config.json")),
    "empty part": ("path-part", lambda _: own_zip(b"runs//a.json")),
    "no name": ("path-part", lambda _: raw_zip(("", PLAIN))),
    "deep": ("path-depth", lambda _: own_zip(b"a/" * 20 + b"a.json")),
    "long": ("path-length", lambda _: own_zip(b"a" * 300 + b".json")),
    "folder": ("member-folder", lambda _: own_zip(b"runs/")),
    "symbolic link": ("member-link", lambda _: own_zip(b"runs/a.json", mode=0o120777)),
    "device": ("member-device", lambda _: own_zip(b"runs/a.json", mode=0o020666)),
    "pipe": ("member-device", lambda _: own_zip(b"runs/a.json", mode=0o010666)),
    "pickle by name": ("member-type", lambda _: own_zip(b"runs/model.pkl", content=b"\x80\x04N.")),
    "pickle by content": ("member-content", lambda _: own_zip(b"runs/answers.parquet", content=b"\x80\x04N.")),
    "torch": ("member-type", lambda _: own_zip(b"runs/model.pt")),
    "script": ("member-type", lambda _: own_zip(b"runs/setup.py")),
    "safetensors": ("member-type", lambda _: own_zip(b"runs/model.safetensors")),
    "page that says png": ("member-content", lambda _: own_zip(b"runs/media/a.png", content=b"<html>")),
    "empty file": ("member-content", lambda _: own_zip(b"runs/a.json", content=b"")),
    "bomb": ("member-compressed", lambda _: raw_zip(("a.json", bytes(10**6)), compress_type=zipfile.ZIP_DEFLATED)),
    "encrypted": ("member-encrypted", patched(lambda raw: table(raw) + 8, b"\1\0")),
    "two of one name": ("member-duplicate", lambda _: own_zip(b"a.json", b"a.json")),
    "a file that is a folder": (
        "member-duplicate",
        lambda _: own_zip(b"runs/media/a.png", b"runs/media/a.png/b.png", b"submission.json"),
    ),
    "unsorted": ("archive-order", lambda _: own_zip(b"b.json", b"a.json")),
    "overlapping": ("archive-slack", patched(lambda raw: table(raw) + 42, b"\7\0\0\0")),
    "bytes in a gap": ("archive-slack", gap),
    "date": ("archive-extra", patched(lambda raw: table(raw) + 12, b"\5\5")),
    "zip by another tool": ("archive-extra", lambda _: raw_zip(("a.json", PLAIN), extra=b"\x01\x00\x02\x00ab")),
    "comment": ("archive-extra", lambda _: raw_zip(("a.json", PLAIN), comment=b"hello")),
    "local header": ("archive-headers", patched(lambda raw: 30, b"evil")),
    "checksum": ("member-checksum", patched(lambda raw: raw.index(b"PAR1") + 50, b"xyz")),
    "bytes in front": ("archive-damaged", lambda valid: b"#!/bin/sh\n" + valid),
    "bytes behind": ("not-an-archive", lambda valid: valid + b"PK"),
    "half": ("not-an-archive", lambda valid: valid[: len(valid) // 2]),
    "empty": ("not-an-archive", lambda _: b""),
    "tar with a hard link": ("not-an-archive", lambda _: tar_of(tarfile.LNKTYPE)),
    "tar with a symbolic link": ("not-an-archive", lambda _: tar_of(tarfile.SYMTYPE)),
    "no members": ("submission-absent", lambda _: own_zip()),
    "a stranger's place": ("member-place", lambda _: own_zip(b"other/run.json", b"submission.json")),
    "a picture among tables": ("member-place", lambda _: own_zip(b"runs/a/run.png", b"submission.json")),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_archives_are_refused(what: str, bench: Bench, ranked: Path, tmp_path: Path) -> None:
    code, make = HOSTILE[what]
    content = make(ranked.read_bytes())
    folder = tmp_path / "in" / "here"
    folder.mkdir(parents=True)
    (folder / "s.zip").write_bytes(content)
    before = set(tmp_path.rglob("*"))
    verdict = judged(folder / "s.zip", bench.tiny)
    assert code_of(verdict) == code, str(verdict.refused)
    assert REASONS[code] in str(verdict.refused)
    assert set(tmp_path.rglob("*")) == before


def test_zip64_is_refused(bench: Bench, tmp_path: Path) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as pack, pack.open("a.json", "w", force_zip64=True) as out:
        out.write(PLAIN)
    (tmp_path / "s.zip").write_bytes(sink.getvalue())
    assert code_of(judged(tmp_path / "s.zip", bench.tiny)) in {"archive-extra", "member-compressed"}


@pytest.mark.parametrize(
    ("code", "limits"),
    [
        ("archive-size", replace(LIMITS, archive=100)),
        ("member-count", replace(LIMITS, members=3)),
        ("member-size", replace(LIMITS, member=2000)),
        ("json-size", replace(LIMITS, manifest=100)),
        ("parquet-rows", replace(LIMITS, rows=10)),
        ("parquet-values", replace(LIMITS, values=10)),
        ("parquet-footer", replace(LIMITS, footer=100)),
        ("parquet-groups", replace(LIMITS, row_groups=0)),
        ("parquet-expands", replace(LIMITS, decoded=1000)),
        ("parquet-lists", replace(LIMITS, listed=3)),
        ("parquet-text", replace(LIMITS, text=2)),
        ("json-depth", replace(LIMITS, depth=2)),
        ("submission-runs", replace(LIMITS, runs=0)),
        ("path-length", replace(LIMITS, name=10)),
    ],
)
def test_limits_hold(code: str, limits: Limits, bench: Bench, ranked: Path) -> None:
    verdict = judged(ranked, bench.tiny, limits=limits)
    assert code_of(verdict) == code, str(verdict.refused)


def test_every_file_is_listed_and_the_one_that_was_packed(bench: Bench, ranked: Path, tmp_path: Path) -> None:
    draft = Draft(ranked)
    draft.files["runs/a/run.json"] = PLAIN
    assert code_of(judged(draft.write(tmp_path / "a.zip"), bench.tiny)) == "file-unlisted"
    draft = Draft(ranked)
    del draft.files[draft.place("scores.parquet")]
    assert code_of(judged(draft.write(tmp_path / "b.zip"), bench.tiny)) == "file-absent"
    draft = Draft(ranked)
    draft.files[draft.place("answers.parquet")] += b"PAR1"
    assert code_of(judged(draft.write(tmp_path / "c.zip"), bench.tiny)) == "file-changed"
