"""`navibench submit`: hand in runs, check what was handed in, list why it may be refused."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.console import fail, note, out, progress_bar, show_json, show_table
from bench.cli.options import DataRoot, Json

app = typer.Typer(no_args_is_help=True, help="Hand in runs for the leaderboard; check what was handed in.")


@app.command("pack")
def pack_runs(
    runs: Annotated[list[Path], typer.Argument(help="Folders of finished runs, or folders that hold some.")],
    name: Annotated[str, typer.Option(help="Name of the submission: letters, digits, spaces, hyphens.")],
    contact: Annotated[str, typer.Option(help="E-mail address for questions.")],
    licence: Annotated[str, typer.Option(help="Licence of the answers, as SPDX: CC-BY-4.0, Apache-2.0.")],
    to: Annotated[Path, typer.Option("--to", help="Archive to write (.zip).")],
    media: Annotated[bool, typer.Option("--media", help="With rendered pictures and clips.")] = False,
) -> None:
    """Write one archive of full runs: manifests, answers and scores; equal runs make equal bytes."""
    from bench.submission.pack import pack

    packed = pack(runs, to, name, contact, licence, media)
    for run in packed:
        note(f"packed {run.label}")
    out.print(f"wrote {to} ({to.stat().st_size:,} bytes)", highlight=False, markup=False)


@app.command("verify")
def verify_file(
    file: Annotated[Path, typer.Argument(help="Archive that `navibench submit pack` wrote.")],
    against: Annotated[Path | None, typer.Option(help="Folder of reports and earlier submissions.")] = None,
    card: Annotated[list[Path] | None, typer.Option("--card", help="Card file of a task that is not built in.")] = None,
    data_root: DataRoot = None,
    as_json: Json = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
) -> None:
    """Judge a submission again from its answers, trusting nothing in it; a refusal tells every fault, exit code 2."""
    from bench.errors import BenchError
    from bench.submission import show
    from bench.submission.cards import Cards
    from bench.submission.verify import verify

    if not file.is_file():
        raise BenchError(f"{file}: no such file; `navibench submit pack` writes one")
    if as_json and as_markdown:
        raise BenchError("--json and --markdown: choose one")
    with progress_bar(file.name) as progress:
        verdict = verify(file, Cards(data_root, tuple(card or ())), against, progress=progress)
    if as_json:
        show_json(show.as_json(verdict))
    elif as_markdown:
        print(show.as_markdown(verdict), end="")
    elif verdict.refused is None:
        header = ("task", "system", "seed", "primary", "failed", "place", "not checked")
        show_table(f"{file.name}: accepted", header, [show.cells(run) for run in verdict.runs])
    if verdict.refused is not None:
        for line in show.as_lines(verdict):
            fail(line)
        raise typer.Exit(2)


@app.command("limits")
def limits(as_json: Json = False) -> None:
    """List how large a submission and its parts may be."""
    from dataclasses import asdict

    from bench.submission.limits import LIMITS, UNITS

    if as_json:
        show_json(asdict(LIMITS))
        return
    print("| limit | at most | of |\n|---|---:|---|")
    for name, value in asdict(LIMITS).items():
        print(f"| `{name}` | {value:,} | {UNITS[name]} |")


@app.command("reasons")
def reasons(as_json: Json = False) -> None:
    """List every reason for which a submission is refused, and what to do about it."""
    from bench.submission.reasons import REASONS

    if as_json:
        show_json(REASONS)
        return
    print("| code | what to do |\n|---|---|")
    for code, advice in REASONS.items():
        print(f"| `{code}` | {advice} |")
