"""What must be there before a system can run, as data: packages, models, servers, memory of a GPU."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Package:
    """A package that is imported; `command` installs it."""

    name: str
    command: str


@dataclass(frozen=True, slots=True)
class Model:
    """A model that is loaded for a `role`: a folder or hub:OWNER/NAME@COMMIT; `change`: the setting that names it."""

    role: str
    name: str
    change: str


@dataclass(frozen=True, slots=True)
class Server:
    """An OpenAI-compatible server that is asked; `key`: the environment variable that holds its key ("": none)."""

    role: str
    url: str
    model: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory that one GPU must have in GiB, as estimated; `why` says for what."""

    gib: float
    why: str


Need = Package | Model | Server | Memory
"""A system says what it needs by a class method `needs(config)` that yields these; one that has none needs nothing."""
