"""How large a submission and its parts may be: every limit is checked before what it limits is read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What each is of stands in `UNITS`; `seconds` and `memory` bind the process that decodes."""

    archive: int = 2 << 30
    members: int = 50_000
    member: int = 256 << 20
    manifest: int = 1 << 20
    depth: int = 24
    name: int = 240
    parts: int = 12
    runs: int = 64
    rows: int = 2_000_000
    row_groups: int = 4096
    columns: int = 256
    values: int = 200_000_000
    footer: int = 4 << 20
    decoded: int = 1 << 30
    text: int = 8192
    listed: int = 100_000
    side: int = 2048
    frames: int = 512
    seconds: int = 600
    memory: int = 6 << 30


UNITS = {
    "archive": "bytes of the archive",
    "members": "files in it",
    "member": "bytes of a file",
    "manifest": "bytes of a JSON file",
    "depth": "levels of nested JSON",
    "name": "characters of a file's path",
    "parts": "parts of a file's path",
    "runs": "runs in a submission",
    "rows": "rows of a table",
    "row_groups": "groups of rows in a table",
    "columns": "columns of a table",
    "values": "values of a column, lists counted out",
    "footer": "bytes of a table's description",
    "decoded": "bytes of a table in memory",
    "text": "bytes of text in a cell",
    "listed": "elements of a list",
    "side": "pixels along an edge of a picture or clip",
    "frames": "frames of a clip",
    "seconds": "seconds for decoding a submission",
    "memory": "bytes of memory for decoding it",
}

LIMITS = Limits()
