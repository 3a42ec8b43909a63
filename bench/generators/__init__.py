"""The table of generators: what executes an instruction; listing them imports nothing heavy."""

from __future__ import annotations

from bench.listing import Entry

GENERATORS: dict[str, Entry] = {}
