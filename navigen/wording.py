"""Prompts in a user's own words: a system and a user text a task, with a mark where what is asked about stands.

    [cid2cid]
    system = "You recommend."
    user = "hist_cid: {history}"

Tasks and their marks: cid2tid {cid}, tid2cid {tid}, cid2cid and cid2ins {history}; cid2ins may also say {kind}. A task
that is not in the file is asked in the renderer's words. Answers stay as they are: the JSON that the method speaks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.config import build, read_toml
from bench.errors import BenchError, unknown
from bench.io import read_json
from navigen.chat import Message, Span

MARKS = {"cid2tid": "{cid}", "tid2cid": "{tid}", "cid2cid": "{history}", "cid2ins": "{history}"}
KIND = "{kind}"
MARK = re.compile(r"\{(?:cid|tid|history|text)\}")


@dataclass(frozen=True, slots=True)
class Turn:
    """The texts of one question; `user` holds one mark."""

    system: str
    user: str

    def say(
        self, value: str, spans: Sequence[Span] = (), kind: str = ""
    ) -> tuple[tuple[Message, ...], tuple[Span, ...]]:
        """Return the messages with `value` for the mark, and the spans of `value` as they then lie in the last one."""
        system, user = (text.replace(KIND, kind) for text in (self.system, self.user))
        before, after = MARK.split(user, maxsplit=1)
        moved = tuple((begin + len(before), end + len(before)) for begin, end in spans)
        return (("system", system), ("user", f"{before}{value}{after}")), moved


def read_wording(path: Path) -> Mapping[str, Turn]:
    """Return task -> texts from a TOML or JSON file; a task or a mark that is none, or is missing, is an error."""
    found = read_json(path) if path.suffix == ".json" else read_toml(path)
    if not isinstance(found, dict):
        raise BenchError(f"{path}: expected a table of system and user texts a task")
    wording = {}
    for task, texts in found.items():
        if task not in MARKS:
            raise unknown(f"task in {path}", task, MARKS)
        if not isinstance(texts, dict):
            raise BenchError(f"{path}: {task}: expected a table with system and user")
        wording[task] = turn = build(Turn, texts, f"{path}: {task}")
        if MARK.findall(turn.user) != [MARKS[task]] or MARK.search(turn.system):
            raise BenchError(f"{path}: {task}: expected {MARKS[task]} once in user, and no mark in system")
        if KIND in turn.system + turn.user and task != "cid2ins":
            raise BenchError(f"{path}: {task}: only cid2ins knows what to make ({KIND})")
    return wording
