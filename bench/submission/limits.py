"""How large a submission and its parts may be: every limit is checked before what it limits is read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes unless said otherwise; `seconds` and `memory` bind the process that decodes."""

    archive: int = 2 << 30
    members: int = 50_000
    member: int = 256 << 20
    manifest: int = 1 << 20
    depth: int = 24
    """Levels of nested JSON."""
    name: int = 240
    """Characters of a member's path."""
    parts: int = 12
    """Folders and file name of a member's path."""
    runs: int = 64
    rows: int = 2_000_000
    row_groups: int = 4096
    columns: int = 256
    values: int = 200_000_000
    """Leaf values of a parquet column."""
    footer: int = 4 << 20
    decoded: int = 1 << 30
    """Bytes of one table in memory."""
    text: int = 8192
    """Bytes of one cell of text."""
    listed: int = 100_000
    """Elements of one list."""
    side: int = 2048
    """Pixels along an edge of a picture or clip."""
    frames: int = 512
    seconds: int = 600
    memory: int = 6 << 30


LIMITS = Limits()
