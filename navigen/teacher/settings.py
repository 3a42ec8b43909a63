"""Which teacher, how fast, and for how much: settings, and the desk they make."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.api import Progress, Setting, ignore_progress
from bench.config import build, plain
from bench.errors import BenchError, unknown
from bench.lm import BACKENDS, load
from bench.lm.settings import SETTINGS, HFSettings, ServerSettings, VLLMSettings
from navigen.teacher.backends import ModelTeacher
from navigen.teacher.budget import Budget
from navigen.teacher.desk import TeacherDesk
from navigen.teacher.ledger import Ledger
from navigen.teacher.protocol import Teacher
from navigen.teacher.recorded import Recorded
from navigen.teacher.spread import Pace

SCRIPTED = "navigen.teacher.scripted:Scripted"
NOBODY = "none"
NAMES = (NOBODY, "scripted", "recorded", *BACKENDS)
SILENT = (NOBODY, "scripted")  # teachers without a model
LIMITS = ("calls", "tokens", "money", "price_read", "price_written", "rate", "workers", "patience", "block")
REACHED = ("url", "key", *LIMITS)  # how a teacher is reached, how fast and for how much: nothing of what it says


@dataclass(frozen=True, slots=True)
class TeacherSettings:
    """Who teaches, and within which limits.

    `name`: none, scripted (reads the facts, no model), recorded (an old ledger), hf, vllm or openai. `model`: a folder
    (hf, vllm: the model's, recorded: the ledger's), or the model's name at `url` (openai). `key`: the environment
    variable that holds the server's key. `backend`: further settings of the backend (bench/lm/settings.py).

    Limits are over all runs on one folder, none: no limit: `calls`, `tokens` (read and written), `money`, with
    `price_read` and `price_written` per million tokens; scripted and recorded answers are free. `rate`: asks a minute
    (0: as fast as it goes), `workers`: asks at a time, `patience`: asks in a row without an answer that end the run;
    all three for openai. `block`: asks sent together, for the others. `retries`: after replies of no use.
    """

    name: str = NOBODY
    model: str = ""
    url: str = ""
    key: str = ""
    backend: Mapping[str, Setting] = field(default_factory=dict)
    calls: int | None = None
    tokens: int | None = None
    money: float | None = None
    price_read: float = 0.0
    price_written: float = 0.0
    rate: float = 0.0
    workers: int = 8
    patience: int = 20
    block: int = 64
    retries: int = 3

    def __post_init__(self) -> None:
        if self.name not in NAMES:
            raise unknown("teacher.name", self.name, NAMES)
        if (self.name in SILENT) == bool(self.model):
            raise BenchError(
                "teacher.model: expected for every teacher but scripted (and none), which have no model "
                "(--set SYSTEM.teacher.model=NAME)"
            )
        if (self.name == "openai") != bool(self.url):
            raise BenchError(
                "teacher.url is the address of teacher openai, and of no other "
                "(--set SYSTEM.teacher.url=http://HOST:PORT/v1)"
            )
        if urlsplit(self.url).username is not None or urlsplit(self.url).query:
            raise BenchError(
                "teacher.url: expected an address without user, password or query; name the key's environment "
                "variable in teacher.key"
            )
        if self.key and not re.fullmatch(r"[A-Z_][A-Z0-9_]*", self.key):  # not repeated here: it may be the key itself
            raise BenchError("teacher.key: expected the name of an environment variable, as OPENAI_API_KEY")
        if self.key and self.name != "openai":
            raise BenchError(f"teacher.key is of teacher openai; {self.name} needs none")
        if self.backend and self.name not in BACKENDS:
            raise BenchError(f"teacher.backend: {self.name} has no backend; leave it out")
        self.budget()
        Pace(rate=self.rate, patience=self.patience)

    def identity(self) -> dict[str, Any]:
        """Return the settings that decide what is taught: neither limits nor where and how fast it is asked."""
        return {name: value for name, value in plain(self).items() if name not in REACHED}

    def budget(self) -> Budget:
        """Return the limits; where answers are free, those of tokens and money mean nothing."""
        if self.name not in BACKENDS:
            return Budget(calls=self.calls)
        return Budget(self.calls, self.tokens, self.money, self.price_read, self.price_written)


def open_desk(told: TeacherSettings, folder: Path, progress: Progress = ignore_progress) -> TeacherDesk:
    """Return the desk of a teacher, with its ledger in `folder`; models are loaded now."""
    teacher = open_teacher(told)
    own = backend_of(told) if told.name in BACKENDS else None
    pace = None
    if isinstance(own, ServerSettings):
        pace = Pace(told.rate, own.pause, own.patience, told.patience, own.tries)
    return TeacherDesk(
        teacher,
        Ledger(folder),
        told.budget(),
        retries=max(told.retries, teacher.retries) if isinstance(teacher, Recorded) else told.retries,
        workers=told.workers if pace else 1,
        block=1 if pace else told.block,
        pace=pace,
        progress=progress,
        by_facts=told.name not in BACKENDS,  # a record may be of a script
    )


def open_teacher(told: TeacherSettings) -> Teacher:
    """Return the teacher itself."""
    if told.name == NOBODY:
        raise unknown("teacher.name", told.name, NAMES[1:])
    if told.name == "scripted":
        module, _, attribute = SCRIPTED.partition(":")
        made: Teacher = getattr(import_module(module), attribute)()
        return made
    if told.name == "recorded":
        return Recorded(Path(told.model))
    own = backend_of(told)
    if isinstance(own, ServerSettings):
        # The desk tries again by itself: each request is a call, and must be within the budget.
        return ModelTeacher(load(told.name, told.url, replace(own, tries=1)))
    return ModelTeacher(load(told.name, told.model, own))


def backend_of(told: TeacherSettings) -> HFSettings | VLLMSettings | ServerSettings:
    """Return the settings of the backend of a teacher that has one, checked."""
    more = dict(told.backend)
    if told.name == "openai":
        taken = {"model", "key", "parallel", "requests"} & set(more)
        if taken:
            raise BenchError(
                f"teacher.backend: {', '.join(sorted(taken))}; say it by teacher.model, key, workers and calls"
            )
        # The desk asks one by one, on threads of its own, so that every answer is kept as it comes.
        more |= {"model": told.model, "key": told.key, "parallel": 1}
    return build(SETTINGS[told.name], more, "teacher.backend")
