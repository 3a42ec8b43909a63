"""`navibench run`: ask tasks of systems."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.console import err, note, out, progress_bar
from bench.cli.html import write_html
from bench.cli.options import RUNS, Config, DataRoot, Out, read_config, split
from bench.errors import BenchError

if TYPE_CHECKING:
    from bench.api import Dataset
    from bench.listing import Suite
    from bench.plan import Job
    from bench.store import Run


def run(
    task: Annotated[
        str | None, typer.Option(help="Task names or card files, comma separated; of a suite, these only.")
    ] = None,
    system: Annotated[str | None, typer.Option(help="System names, comma separated; of a suite, these only.")] = None,
    suite: Annotated[str | None, typer.Option(help="A named grid of tasks and systems.")] = None,
    limit: Annotated[int | None, typer.Option(help="Ask only this many cases, chosen by hash.")] = None,
    seed: Annotated[str | None, typer.Option(help="Seeds, comma separated.", show_default="0 or the suite's")] = None,
    config: Config = None,
    assign: Annotated[list[str] | None, typer.Option("--set", help="section.name=value, repeatable.")] = None,
    data_root: DataRoot = None,
    folder: Out = RUNS,
    html: Annotated[
        Path | None, typer.Option("--html", help="Also write pages and galleries into this folder.")
    ] = None,
    dry: Annotated[bool, typer.Option("--dry", help="Only say what would run, and how long it takes.")] = False,
) -> None:
    """Ask every task of every system, judge the answers and show the figures. Interrupted runs go on."""
    from bench.plan import plan
    from bench.report.board import gather
    from bench.report.text import print_pages

    only_process()
    jobs, skipped = plan(_grid(task, system, suite, seed), limit, assign or (), read_config(config))
    for line in skipped:
        note(line)
    if dry:
        tell_plan(jobs, folder)
        return
    runs = execute(jobs, data_root, folder)
    print_pages(gather(runs), out)
    note(f"{len(runs)} runs under {folder}; compare two with: navibench compare TASK:SYSTEM TASK:SYSTEM")
    if html is not None:
        write_html(runs, html, data_root)
    raise typer.Exit(3 if tell_failures(runs) else 0)


def tell_plan(jobs: list[Job], folder: Path) -> None:
    """Print a line a system with its settings: how many runs, of how many tasks and seeds; then how long they take."""
    from bench.report.estimate import estimate
    from bench.report.groups import label

    found: dict[str, list[Job]] = {}
    for job in jobs:
        found.setdefault(label(job.system, job.changed), []).append(job)
    for name, own in found.items():
        tasks, seeds = {job.task.id for job in own}, sorted({job.seed for job in own})
        out.print(f"{name}: {len(own)} runs, {len(tasks)} tasks, seeds {', '.join(map(str, seeds))}", markup=False)
    note(estimate(jobs, folder))


def only_process() -> None:
    """Raise BenchError if several processes were launched together: asking and judging is done by one."""
    from bench.processes import number

    if number() > 1:
        raise BenchError(
            f"run asks and judges in one process, {number()} were launched; train with them (navibench train SYSTEM "
            "--to FOLDER), then run in one with --set SYSTEM.checkpoint=FOLDER/policy"
        )


def tell_failures(runs: list[Run]) -> bool:
    """Say what failed, answers and renderings, and return whether anything did."""
    found = [
        (run.label, count, verb, reason)
        for run in runs
        for verb, place in (("failed", "reasons"), ("could not be rendered", "spoilt_reasons"))
        for reason, count in run.manifest["counts"].get(place, {}).items()
    ]
    for label, count, verb, reason in found:
        err.print(f"{label}: {count} {verb}: {reason}", style="red", markup=False)
    return bool(found)


def _grid(task: str | None, system: str | None, name: str | None, seed: str | None) -> Suite:
    """Return what was spelled out of the named suite, or the grid that was spelled out."""
    from bench import catalogue
    from bench.listing import Suite

    try:
        seeds = tuple(int(text) for text in split(seed))
    except ValueError:
        raise BenchError(f"--seed {seed}: expected whole numbers, comma separated") from None
    found = catalogue.suite(name) if name else Suite("", (), ())
    return found.only(split(task), split(system), seeds)


def execute(jobs: list[Job], root: Path | None, folder: Path) -> list[Run]:
    """Run the jobs one after the other, data loaded once for neighbours that share them, and say what was done."""
    from bench.pose import load
    from bench.report.estimate import estimate

    check_folder(folder)
    note(estimate(jobs, folder))
    loaded: tuple[object, Dataset] | None = None
    runs: list[Run] = []
    for number, job in enumerate(jobs, start=1):
        source = (job.root, job.task)
        if loaded is None or loaded[0] != source:
            with progress_bar(job.task.id) as progress:
                loaded = (source, load(job, root, progress))
            for remark in remarks(job, loaded[1]):
                note(remark)
        runs.append(ask_one(job, loaded[1], folder, f"[{number}/{len(jobs)}]"))
    return runs


def ask_one(job: Job, dataset: Dataset, folder: Path, place: str) -> Run:
    """Return the finished run of a job, made now or found there, and say which; `place` is its number among all."""
    from bench.runner import run_job

    with progress_bar(f"{place} {job.label}") as progress:
        found, there = run_job(job, dataset, folder, progress)
    took = found.manifest["seconds"]
    drawn = f" and {took['render']:.1f} s of rendering" if took.get("render", 0) >= 0.1 else ""
    note(f"{place} {job.label}: " + ("already there" if there else f"{took['ask']:.1f} s{drawn}"))
    return found


def check_folder(folder: Path) -> None:
    """Raise BenchError if runs cannot be written there, before any work is done."""
    try:
        with tempfile.TemporaryFile(dir=_made(folder)):
            pass
    except OSError as error:
        raise BenchError(f"--out {folder}: cannot be written ({error.strerror or error})") from None


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def remarks(job: Job, dataset: Dataset) -> list[str]:
    """Return what a user should know of the data before any figure: rows left out, other data than the card's."""
    told = dataset.provenance
    found = []
    if told.get("malformed"):
        first = f", the first: {told['malformed_first']}" if "malformed_first" in told else ""
        found.append(
            f"{job.task.id}: {told['malformed']} malformed rows left out{first} (data.strict=true refuses them)"
        )
    if told.get("users_too_short"):
        found.append(f"{job.task.id}: {told['users_too_short']} users have too few events to be asked")
    if job.task.fingerprint and job.task.fingerprint != dataset.fingerprint:
        found.append(f"{job.task.id}: these are not the data the card was made with; figures of others do not compare")
    return found
