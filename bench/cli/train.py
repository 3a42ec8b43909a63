"""`navibench train`: fit a system and keep what it learnt, apart from any run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.api import ignore_progress
from bench.cli.clip import CLIPS, train_clip
from bench.cli.console import note, progress_bar
from bench.cli.options import Config, DataRoot, read_config
from bench.config import build, parse_assignments
from bench.errors import BenchError, unknown

if TYPE_CHECKING:
    from bench.api import Context, Dataset
    from bench.plan import Device, Job

BASE = "base"
GENERATORS: dict[str, dict[str, object]] = {
    "world-image": {},
    "world-video": {"frames": 8, "size": 32, "patch": 4, "number": 2500, "waves": 64, "hidden": 512},
}
"""Small generators that are trained on the world's draws, and what they set otherwise than `Learn` does."""


def train(
    system: Annotated[
        str,
        typer.Argument(
            help='A system that learns; or a small model of the world: "base", "world-image", "world-video", '
            '"world-clip", "world-clip-reward".'
        ),
    ],
    to: Annotated[Path | None, typer.Option("--to", help="Folder for checkpoints and the result.")] = None,
    task: Annotated[str | None, typer.Option(help="The task whose training part is learnt.")] = None,
    config: Config = None,
    stage: Annotated[
        str | None, typer.Option(help="Where training ends: base, embed, or full with all that follows.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed.")] = 0,
    assign: Annotated[list[str] | None, typer.Option("--set", help="section.name=value, repeatable.")] = None,
    estimate: Annotated[bool, typer.Option("--estimate", help="Say what it will take, and train nothing.")] = False,
    data_root: DataRoot = None,
) -> None:
    """Train a system on a task's training part. Interrupted trainings go on; the result is loaded by `checkpoint`.

    Several processes: accelerate launch --multi_gpu --num_processes N -m bench train ..., on CPUs too; or torchrun.
    """
    from bench.cli.card import spell, write_card
    from bench.processes import is_main, refuse_lone_launch

    refuse_lone_launch()
    told = list(assign or ())
    options = {"task": task, "config": config, "stage": stage, "seed": seed}
    command = spell(system, options, told)
    if stage is not None:
        told.append(f"{system}.stage={stage}")
    if estimate:
        _foresee(system, task, seed, told, read_config(config), data_root)
        return
    if to is None:
        raise BenchError("train: name a folder for checkpoints and the result (--to)")
    if system in (BASE, *GENERATORS, *CLIPS):
        if task is not None or config is not None:
            raise BenchError(f"train {system}: it learns from no task; leave out --task and --config (use --set)")
        teach = _base if system == BASE else train_clip if system in CLIPS else _generator
        teach(system, to, seed, told, command)
    else:
        _system(system, task, to, seed, told, read_config(config), data_root)
        if (to / "policy").is_dir() and is_main():
            facts = (f"A checkpoint of `{system}`, trained on the training part of {task} (seed {seed}) by",)
            write_card(to / "policy", f"{system} for {task}", command, facts)


def _foresee(
    name: str, task: str | None, seed: int, told: list[str], config: dict[str, object], root: Path | None
) -> None:
    from bench.cli.console import out
    from bench.plan import make_system

    job, dataset = _posed(name, task, seed, told, config, root)
    system = make_system(job, _context(None, seed, job.device.name, job.device.dtype, ignore_progress))
    if not hasattr(system, "foresee"):
        raise BenchError(f"{name} does not say what its training takes; navibench run tells how long earlier runs took")
    for line in system.foresee(dataset.train):
        out.print(line, highlight=False, markup=False, soft_wrap=True)


def _system(
    name: str, task: str | None, to: Path, seed: int, told: list[str], config: dict[str, object], root: Path | None
) -> None:
    from dataclasses import fields

    from bench import catalogue
    from bench.plan import make_system
    from bench.processes import is_main

    if "context" not in {line.name for line in fields(catalogue.system(name))}:
        raise BenchError(
            f"{name} keeps no checkpoints: it learns anew in every run, so there is nothing to train first"
        )
    job, dataset = _posed(name, task, seed, told, config, root)
    with progress_bar(f"{task} · {name}") as progress:
        system = make_system(job, _context(to, seed, job.device.name, job.device.dtype, progress))
        if is_main() and hasattr(system, "foresee") and not (to / "policy").is_dir():
            for line in system.foresee(dataset.train):
                note(f"ahead · {line}")
        system.fit(dataset.train)
    if (to / "policy").is_dir():
        note(f"load it with: --set {name}.checkpoint={to / 'policy'}")
    elif to.is_dir() and any(path.name != "lock" for path in to.iterdir()):
        note(f"checkpoints of {name} are in {to}")
    else:
        note(f"{name} with these settings trains nothing, so {to} holds nothing to load")


def _posed(
    name: str, task: str | None, seed: int, told: list[str], config: dict[str, object], root: Path | None
) -> tuple[Job, Dataset]:
    """Return what is to be trained, and the task's data."""
    from bench.listing import Suite
    from bench.plan import plan
    from bench.pose import load

    if task is None:
        raise BenchError("train: name the task whose training part is learnt (--task; see navibench ls tasks)")
    (job,), _ = plan(Suite("", (task,), (name,), (seed,)), assignments=told, config=config)
    with progress_bar(task) as progress:
        return job, load(job, root, progress)


def _base(name: str, to: Path, seed: int, told: list[str], command: str) -> None:
    from bench import catalogue
    from bench.cli.card import write_card
    from bench.processes import is_main

    given, device = _given(name, told)
    kind = catalogue.resolve("navigen.general:General", "lm")
    with progress_bar(name) as progress:
        made = build(kind, given, name, context=_context(to, seed, device.name, device.dtype, progress))
        made.run(catalogue.resolve(made.text)(made.number, seed), to / name)
    if is_main():
        facts = (f"A small base language model, pre-trained on the general text that `{made.text}` yields, by",)
        write_card(to / name, "A small base", command, facts)
    note(f"use it with: --set SYSTEM.base={to / name}")


def _generator(name: str, to: Path, seed: int, told: list[str], command: str) -> None:
    from bench import catalogue
    from bench.cli.card import write_card

    given, device = _given(name, told)
    kind = catalogue.resolve("bench.generators.learn:Learn", "render")
    with progress_bar(name) as progress:
        context = _context(to, seed, device.name, device.dtype, progress)
        made = build(kind, {**GENERATORS[name], **given}, name, context=context)
        made.run(to / name)
    what = "pictures" if made.frames == 1 else "clips"
    facts = (f"A small text-conditional diffusion model of {what}, trained on what `{made.pairs}` yields, by",)
    write_card(to / name, f"{name}: {what} from text", command, facts)
    note(f"the generator is in {to / name}")


def _given(name: str, told: list[str]) -> tuple[dict[str, str], Device]:
    """Return the settings of what is trained, and the device."""
    from bench.plan import Device, found_device

    sections = parse_assignments(told)
    for section in sections:
        if section not in {name, "device"}:
            raise unknown("section of --set", section, [name, "device"])
    return sections.get(name, {}), found_device(build(Device, sections.get("device", {}), "device"))


def _context(work: Path | None, seed: int, device: str, dtype: str, progress: object) -> Context:
    from bench.api import Context

    return Context(seed, work, device, dtype, progress)  # type: ignore[arg-type]
