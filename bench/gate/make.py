"""Pins made from finished runs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bench.config import plain, read_card
from bench.errors import BenchError, unknown
from bench.gate.pins import FAILED, Pin, Pins, checked_pin, file_name, read_pins, write_pins
from bench.io import file_sha256
from bench.report.groups import Group, question
from bench.tables import write_scores


def pin_runs(
    path: Path,
    groups: Sequence[Group],
    margins: Mapping[str, float | str],
    names: Sequence[str] = (),
    cards: Sequence[Path] = (),
    alpha: float | None = None,
) -> list[str]:
    """Pin each candidate under its name ("task:system", unless `names` gives others) and return the names.

    A pin of that name is replaced and keeps its margins, alpha and card where none are given; the other pins stay.
    `cards` are card files of tasks that are not registered. A metric that no run has is an error.
    """
    table = dict(read_pins(path).table) if path.exists() else {}
    made = list(names) or [f"{question(group.runs[0]).task}:{group.system}" for group in groups]
    if len(made) != len(groups) or len(set(made)) != len(made):
        raise BenchError(f"expected {len(groups)} different names, one an entry, got {', '.join(made)}; give --name")
    known = {metric for group in groups for metric in (*group.scores.metrics, FAILED)}
    for metric in margins:
        if metric not in known:
            raise unknown("metric", metric, known)
    placed = {read_card(card).id: os.path.relpath(card, path.parent) for card in cards}
    fresh = {
        name: describe(name, path, group, margins, table.get(name)) for name, group in zip(made, groups, strict=True)
    }
    for name, pin in fresh.items():
        chosen = replace(pin, card=placed.get(pin.task, pin.card), alpha=alpha or pin.alpha)
        for other, kept in table.items():
            if other != name and kept.scores == pin.scores:
                raise BenchError(f"{name}: its file of scores would be that of {other}; give another --name")
        table[name] = checked_pin(chosen, name)
    for name, group in zip(made, groups, strict=True):
        place = path.parent / table[name].scores
        kept_metrics = {metric: group.scores.metrics[metric] for metric in table[name].margins if metric != FAILED}
        write_scores(place, replace(group.scores, metrics=kept_metrics))
        table[name] = replace(table[name], sha256=file_sha256(place))
    write_pins(Pins(path, table))
    return made


def describe(name: str, path: Path, group: Group, margins: Mapping[str, float | str], old: Pin | None) -> Pin:
    """Return a pin without its file: the question and system of a run, with margins of metrics that it has."""
    asked, told = question(group.runs[0]), group.told
    there = (*group.scores.metrics, FAILED)
    allowed = {metric: size for metric, size in margins.items() if metric in there} or (old.margins if old else {})
    if not allowed:
        raise BenchError(f"{name}: no margin is given for it; --margin METRIC=SIZE, metrics: {', '.join(there)}")
    for metric in allowed:
        if metric not in there:
            raise unknown(f"{name}: metric", metric, there)
        if metric != FAILED and told["figures"][metric]["higher_is_better"] is None:
            raise BenchError(f"{name}: {metric} only describes: neither more nor less of it is better")
    return Pin(
        task=asked.task,
        version=asked.version,
        system=group.system,
        fingerprint=asked.fingerprint,
        seen=asked.seen,
        scores=f"{path.stem}/{file_name(name)}",
        sha256="",
        margins=dict(allowed),
        settings=plain(told["system"]["changed"]),
        seeds=tuple(run.manifest["seed"] for run in group.runs),
        limit=asked.limit,
        alpha=old.alpha if old else 0.05,
        card=old.card if old else "",
    )
