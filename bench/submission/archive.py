"""Archives of one form only: a zip of stored members in order, without a byte that could be otherwise.

Sizes are known before anything is read, nothing unpacks to more than it takes, and equal content is equal bytes.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bench.errors import BenchError
from bench.io import replacing
from bench.submission.limits import LIMITS, Limits
from bench.submission.reasons import RefusalError

CENTRAL = struct.Struct("<4sBBHHHHHIIIHHHHHII")
LOCAL = struct.Struct("<4sHHHHHIIIHH")
END = struct.Struct("<4sHHHHIIH")
DATE = (1 << 5) | 1  # 1 January 1980, the first that a zip can tell
MODE = 0o100644
VERSION = 20
CHUNK = 1 << 20
LARGEST = (1 << 32) - 2
CHARACTERS = re.compile(r"[A-Za-z0-9._@/-]+")
MAGIC = {
    ".json": (0, b"{"),
    ".parquet": (0, b"PAR1"),
    ".png": (0, b"\x89PNG\r\n\x1a\n"),
    ".webp": (8, b"WEBP"),
    ".mp4": (4, b"ftyp"),
}


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive: its path, where its bytes start, how many they are, and their CRC-32."""

    name: str
    start: int
    size: int
    checksum: int


def write_archive(path: Path, files: Mapping[str, Path | bytes]) -> None:
    """Write the files (name in the archive -> file or bytes) sorted by name; equal files make equal bytes."""
    members: list[Member] = []
    with replacing(path) as temporary, temporary.open("wb") as out:
        for name in sorted(files):
            source = files[name]
            size = len(source) if isinstance(source, bytes) else source.stat().st_size
            checksum = 0
            for chunk in _chunks(source):
                checksum = zlib.crc32(chunk, checksum)
            member = Member(name, out.tell() + LOCAL.size + len(name.encode()), size, checksum)
            if member.start + size > LARGEST:
                raise BenchError(f"{path}: would pass 4 GiB; pack fewer runs, or leave the media out")
            out.write(local_header(member))
            for chunk in _chunks(source):
                out.write(chunk)
            members.append(member)
        start = out.tell()
        out.writelines(central_header(member) for member in members)
        out.write(END.pack(b"PK\5\6", 0, 0, len(members), len(members), out.tell() - start, start, 0))


def local_header(member: Member) -> bytes:
    """Return what stands before a member's bytes."""
    name = member.name.encode()
    told = (b"PK\3\4", VERSION, 0, 0, 0, DATE, member.checksum, member.size, member.size, len(name), 0)
    return LOCAL.pack(*told) + name


def central_header(member: Member) -> bytes:
    """Return a member's line in the table at the end."""
    name = member.name.encode()
    told = (b"PK\1\2", VERSION, 3, VERSION, 0, 0, 0, DATE, member.checksum, member.size, member.size, len(name))
    return CENTRAL.pack(*told, 0, 0, 0, 0, MODE << 16, member.start - LOCAL.size - len(name)) + name


def read_members(path: Path, limits: Limits = LIMITS) -> list[Member]:
    """Return the members of an archive, every header checked; what is not as `write_archive` does it is refused."""
    total = path.stat().st_size
    if total > limits.archive:
        raise RefusalError("archive-size", f"{total:,} bytes; the limit is {limits.archive:,}")
    if total < END.size:
        raise RefusalError("not-an-archive", f"{total} bytes are no zip")
    with path.open("rb") as stream:
        stream.seek(total - END.size)
        sign, disk, first, here, count, size, start, comment = END.unpack(stream.read(END.size))
        if sign != b"PK\5\6":
            raise RefusalError("not-an-archive", "no end of a zip where it should be")
        if disk or first or here != count or comment or start + size + END.size != total:
            raise RefusalError("archive-damaged", "the end of the zip does not fit the file")
        if count > limits.members:
            raise RefusalError("member-count", f"{count:,} members; the limit is {limits.members:,}")
        if size > count * (CENTRAL.size + 4 * limits.name + 64):
            raise RefusalError("archive-extra", "the table of members is longer than their names")
        stream.seek(start)
        members = list(_members(stream.read(size), count, start, limits))
        for member in members:
            _check_local(stream, member)
    return members


def _members(table: bytes, count: int, end: int, limits: Limits) -> Iterator[Member]:
    """Yield what the table tells; members must follow each other without a gap, in the order of their names."""
    at, place, last, seen = 0, 0, "", set[str]()
    for _ in range(count):
        if at + CENTRAL.size > len(table):
            raise RefusalError("archive-damaged", "the table of members is cut short")
        parts = CENTRAL.unpack_from(table, at)
        length = parts[11]
        raw = table[at + CENTRAL.size : at + CENTRAL.size + length]
        if parts[0] != b"PK\1\2" or len(raw) != length:
            raise RefusalError("archive-damaged", "the table of members is broken")
        name = check_name(raw, limits)
        _check_attributes(name, parts)
        member = Member(name, place + LOCAL.size + length, parts[10], parts[8])
        if name in seen:
            raise RefusalError("member-duplicate", name)
        if name < last:
            raise RefusalError("archive-order", f"{name} stands behind {last}")
        if member.size > limits.member:
            raise RefusalError("member-size", f"{name}: {member.size:,} bytes; the limit is {limits.member:,}")
        if parts[17] != place:
            raise RefusalError("archive-slack", f"{name} starts at {parts[17]:,}, not at {place:,}")
        if table[at : at + CENTRAL.size] != central_header(member)[: CENTRAL.size]:
            raise RefusalError("archive-extra", f"{name}: date, mode, version or attributes are not the usual ones")
        yield member
        seen.add(name)
        last, place, at = name, member.start + member.size, at + CENTRAL.size + length
    if at != len(table) or place != end:
        raise RefusalError("archive-slack", "bytes that belong to no member")


def _check_attributes(name: str, parts: tuple[int, ...]) -> None:
    _, _, system, _, flags, method, _, _, _, packed, size, _, extra, comment, disk, _, mode, _ = parts
    kind = mode >> 28
    if flags & 0x2041:
        raise RefusalError("member-encrypted", name)
    if kind == 0o12:
        raise RefusalError("member-link", name)
    if kind == 0o4 or mode & 0x10:
        raise RefusalError("member-folder", name)
    if system == 3 and kind not in (0, 0o10):
        raise RefusalError("member-device", name)
    if method or packed != size:
        raise RefusalError("member-compressed", f"{name}: method {method}, {packed:,} bytes for {size:,}")
    if flags or extra or comment or disk:
        raise RefusalError("archive-extra", f"{name}: flags, extra fields, comments or disks")


def _check_local(stream: IO[bytes], member: Member) -> None:
    """Compare the header before a member with the table's, and its first bytes with its suffix."""
    header = local_header(member)
    stream.seek(member.start - len(header))
    if stream.read(len(header)) != header:
        raise RefusalError("archive-headers", member.name)
    offset, magic = MAGIC[Path(member.name).suffix]
    head = stream.read(min(member.size, offset + len(magic)))
    if head[offset:] != magic or (member.name.endswith(".webp") and head[:4] != b"RIFF"):
        raise RefusalError("member-content", f"{member.name}: begins with {head[:12].hex() or 'nothing'}")


def check_name(raw: bytes, limits: Limits = LIMITS) -> str:
    """Return a member's path, or refuse one that is anything but plain words between slashes."""
    if len(raw) > limits.name:
        raise RefusalError("path-length", f"{len(raw)} characters; the limit is {limits.name}")
    name = raw.decode("ascii", "backslashreplace") if not raw.isascii() else raw.decode("ascii")
    parts = name.split("/")
    if not raw.isascii():
        raise RefusalError("path-characters", name)
    faults = {
        "path-control": any(byte < 32 or byte == 127 for byte in raw),
        "path-backslash": "\\" in name,
        "path-absolute": name.startswith("/"),
        "path-drive": ":" in parts[0],
        "path-parent": ".." in parts,
        "member-folder": name.endswith("/"),
        "path-part": any(not part or part[0] == "." or part[-1] == "." for part in parts),
        "path-characters": not CHARACTERS.fullmatch(name),
        "path-depth": len(parts) > limits.parts,
        "member-type": Path(name).suffix not in MAGIC,
    }
    for code, found in faults.items():
        if found:
            raise RefusalError(code, name or "a member without a name")
    return name


def unpack(path: Path, members: list[Member], folder: Path) -> None:
    """Write checked members below an empty folder; a wrong checksum is refused."""
    with path.open("rb") as stream:
        for member in members:
            target = folder / member.name
            if not target.resolve().is_relative_to(folder.resolve()):
                raise RefusalError("path-parent", member.name)
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                out = target.open("xb")
            except OSError:  # a file where another member needs a folder, or two names that are one to the file system
                raise RefusalError("member-duplicate", member.name) from None
            stream.seek(member.start)
            checksum, left = 0, member.size
            with out:
                while left and (chunk := stream.read(min(CHUNK, left))):
                    checksum = zlib.crc32(chunk, checksum)
                    out.write(chunk)
                    left -= len(chunk)
            if left or checksum != member.checksum:
                raise RefusalError("member-checksum", member.name)


def _chunks(source: Path | bytes) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    with source.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            yield chunk
