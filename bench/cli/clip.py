"""`navibench train world-clip` and `navibench examine`: small CLIPs of the world, and how well a CLIP tells it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.cli.console import note, progress_bar
from bench.errors import BenchError, unknown

if TYPE_CHECKING:
    from bench.backbones.examine import Figure

EXAM = "tasks.world.exam:sheets"
CLIPS: dict[str, dict[str, object]] = {
    "world-clip": {},
    "world-clip-reward": {"layers": (1, 2, 2, 1), "width": 12, "words": 96, "embed": 64},
}
"""What each small CLIP sets otherwise than `Learner` does; equal seeds give each its own draws."""


def examine(
    name: Annotated[str, typer.Argument(help="A CLIP: world-clip, world-clip-reward, a folder, an architecture.")],
    pictures: Annotated[int, typer.Option(help="Fresh draws of each kind and domain.")] = 100,
    seed: Annotated[int, typer.Option(help="Seed of the draws.")] = 0,
    assign: Annotated[list[str] | None, typer.Option("--set", help="scorer.clip.name=value, repeatable.")] = None,
) -> None:
    """Print how often a CLIP names what pictures of the world show, and finds an item by its instruction."""
    from bench.backbones import make_backbone
    from bench.config import parse_assignments

    sections = parse_assignments(list(assign or ()))
    for section in sections:
        if section != "scorer.clip":
            raise unknown("section of --set", section, ["scorer.clip"])
    clip = make_backbone("clip", {"name": name, **sections.get("scorer.clip", {})})
    for line in examined(clip, pictures, seed)[1]:
        typer.echo(line)


def examined(clip: Any, pictures: int, seed: int) -> tuple[list[Figure], list[str]]:
    """Return the figures, and as lines of Markdown."""
    from bench import catalogue
    from bench.backbones.examine import examine as ask
    from bench.backbones.examine import tell

    figures: list[Figure] = []
    with progress_bar("examine") as progress:
        for sheet in catalogue.resolve(EXAM)(pictures, seed):
            figures += ask(clip, [sheet])
            progress(f"examine {sheet.domain} {sheet.looks}", len(figures), len(figures))
    return figures, tell(figures)


def train_clip(name: str, to: Path, seed: int, told: list[str], command: str) -> None:
    """Train a small CLIP, examine it, and write its card with what was found."""
    from bench import catalogue
    from bench.api import Context
    from bench.backbones import make_backbone
    from bench.cli.card import write_card
    from bench.config import build, parse_assignments
    from bench.plan import Device, found_device
    from bench.processes import number

    if number() > 1:
        raise BenchError(f"{name} is trained by one process; start it without a launcher")
    sections = parse_assignments(told)
    for section in sections:
        if section not in {name, "device"}:
            raise unknown("section of --set", section, [name, "device"])
    device = found_device(build(Device, sections.get("device", {}), "device"))
    kind = catalogue.resolve("bench.backbones.learn:Learner", "see")
    draws = len(CLIPS) * seed + list(CLIPS).index(name)
    with progress_bar(name) as progress:
        context = Context(draws, to, device.name, device.dtype, progress)
        made = build(kind, {**CLIPS[name], **sections.get(name, {})}, name, context=context)
        made.run(catalogue.resolve(made.source)(seed=draws), to / name)
    found = examined(make_backbone("clip", {"name": str((to / name).resolve())}), 100, 0)[1]
    facts = (
        f"A small CLIP in open_clip's layout, trained on what `{made.source}` draws: pictures of looks that differ in",
        "one value, with instructions, captions and lists of terms, but no look that holds a held-out pair.",
        f"`navibench examine {name}`: right answers in percent on fresh draws, for the instruction with one value",
        "swapped and for the bare value; and items found among all of a domain by their instruction.",
        "No single picture shows a camera's movement.",
        "",
        *found,
        "",
        "Trained by",
    )
    write_card(to / name, name, command, facts)
    note(f"use it with: --set scorer.clip.name={to / name}")
