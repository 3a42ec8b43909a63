"""Runs to make for pins: the pinned system with today's code, or a candidate's checkpoint in its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import catalogue
from bench.config import settings
from bench.errors import BenchError, unknown
from bench.gate.pins import Pin, Pins
from bench.listing import Suite
from bench.plan import Job, plan

CHECKPOINT = "checkpoint"


def for_checkpoint(pins: Pins, chosen: Mapping[str, Pin], folder: Path, system: str | None) -> list[tuple[str, Job]]:
    """Return a job a pin whose system reads checkpoints, with that folder for its checkpoint.

    `system` names who reads the folder; without it the pin's own system does, and pins of systems without
    checkpoints are left out. Raises BenchError if no pin is left.
    """
    if not any(path.is_file() for path in folder.iterdir()):
        raise BenchError(f"{folder}: neither a run nor a checkpoint: there is no file in it")
    jobs = []
    for name, pin in chosen.items():
        reader = system or pin.system
        if CHECKPOINT not in settings(catalogue.system(reader)):
            if system:
                raise BenchError(f"--system {system} has no setting {CHECKPOINT}; it cannot read {folder}")
            continue
        own = pin.settings if reader == pin.system else {}
        jobs += [(name, job) for job in lay_out(pins, name, reader, {**own, CHECKPOINT: str(folder)}, pin.seeds[:1])]
    if not jobs:
        systems = ", ".join(sorted({pin.system for pin in chosen.values()}))
        raise BenchError(f"{folder}: no chosen entry is of a system that reads checkpoints, only {systems}")
    return jobs


def for_system(pins: Pins, chosen: Mapping[str, Pin], system: str | None = None) -> list[tuple[str, Job]]:
    """Return the jobs of each pin with its own system and settings; `system` keeps the pins of that one only."""
    systems = {pin.system for pin in chosen.values()}
    if system is not None and system not in systems:
        raise unknown(f"system of the chosen entries of {pins.path}", system, systems)
    return [
        (name, job)
        for name, pin in chosen.items()
        if system in (None, pin.system)
        for job in lay_out(pins, name, pin.system, pin.settings, pin.seeds)
    ]


def lay_out(pins: Pins, name: str, system: str, told: Mapping[str, Any], seeds: Sequence[int]) -> list[Job]:
    """Return the jobs of one pin, a seed each."""
    pin = pins.table[name]
    task = str(pins.path.parent / pin.card) if pin.card else pin.task
    found = catalogue.task(task)
    if found.id != pin.task:
        raise BenchError(f"{pins.path}: {name}: {task} is the card of {found.id}, pinned {pin.task}")
    # Rendering what no margin is about would cost most of the gate's time.
    looks = any(
        getattr(catalogue.scorer(metric), "of_media", False) for metric in pin.margins if metric in found.scorers
    )
    rendering = ["generator.name=none"] if found.generator and not looks else []
    assignments = [
        *rendering,
        f"policy.seen={pin.seen}",
        *(f"{system}.{key}={spelled(value)}" for key, value in told.items()),
    ]
    jobs, _ = plan(Suite(name, (task,), (system,), tuple(seeds), limit=pin.limit, settings=tuple(assignments)))
    return jobs


def check_question(name: str, pin: Pin, job: Job) -> None:
    """Raise BenchError, before anything is run, if the card of today asks something else than what was pinned."""
    card = job.task
    told = [("version", card.version, pin.version)]
    if card.fingerprint:
        told.append(("fingerprint", card.fingerprint[:12], pin.fingerprint[:12]))
    differs = [f"{what} is {now}, pinned {then}" for what, now, then in told if now != then]
    if differs:
        raise BenchError(f"{name}: the task has changed: {'; '.join(differs)}; pin again (navibench pin --again)")


def spelled(value: Any) -> str:
    """Return a setting as a command line spells it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ",".join(map(spelled, value))
    return str(value)
