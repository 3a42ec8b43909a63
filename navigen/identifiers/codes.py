"""The written form of a code: `<|cid_begin|><s_a_N><s_b_N><s_c_N><|cid_end|>`, five tokens, read back strictly."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bench.errors import BenchError

BEGIN = "<|cid_begin|>"
END = "<|cid_end|>"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
ATOM = re.compile(r"<s_([a-z])_(0|[1-9][0-9]*)>", re.ASCII)


def format_code(code: Sequence[int]) -> str:
    """Return the text of a code, a letter a level from a on."""
    return BEGIN + "".join(format_atoms(code)) + END


def format_atoms(code: Sequence[int]) -> list[str]:
    """Return the tokens between the marks."""
    if not 1 <= len(code) <= len(LETTERS):
        raise BenchError(f"a code has {len(code)} levels; expected 1 to {len(LETTERS)}")
    if min(code) < 0:
        raise BenchError(f"code {tuple(code)}: expected numbers from 0 on")
    return [f"<s_{letter}_{int(number)}>" for letter, number in zip(LETTERS, code, strict=False)]


def parse_code(text: str, levels: int = 3) -> tuple[int, ...] | None:
    """Return the code that `text` writes, or None if it is anything but one whole code of `levels` levels.

    Strict: the marks, one atom a level in the order a, b, c, no blanks, no leading zeros, nothing before or after.
    """
    if not text.startswith(BEGIN) or not text.endswith(END) or len(text) < len(BEGIN) + len(END):
        return None
    body, place, code = text[len(BEGIN) : -len(END)], 0, []
    for letter in LETTERS[:levels]:
        atom = ATOM.match(body, place)
        if atom is None or atom[1] != letter:
            return None
        code.append(int(atom[2]))
        place = atom.end()
    return tuple(code) if place == len(body) else None


def vocabulary(codes: Iterable[Sequence[int]]) -> list[str]:
    """Return every token the codes are written with: begin, level a by number, level b, ..., end."""
    levels: list[set[int]] = []
    for code in codes:
        levels.extend(set() for _ in range(len(code) - len(levels)))
        for numbers, number in zip(levels, code, strict=False):
            numbers.add(int(number))
    named = zip(LETTERS, levels, strict=False)
    return [BEGIN, *(f"<s_{letter}_{number}>" for letter, numbers in named for number in sorted(numbers)), END]
