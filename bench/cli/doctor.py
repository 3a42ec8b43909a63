"""`navibench doctor`: what will run on this machine, what will not, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from bench.cli.console import out, show_json
from bench.cli.options import DataRoot, Json

if TYPE_CHECKING:
    from bench.report.health import Finding


def doctor(
    data_root: DataRoot = None,
    as_json: Json = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 2 if anything is missing.")] = False,
) -> None:
    """Check device, extras, data and systems: what will run here, what will not, and why."""
    from rich.progress import track

    from bench.cli.console import err
    from bench.report.health import checks, missing

    planned = checks(data_root)
    shown = track(planned, description="checking", console=err, transient=True)
    findings = [finding for check in shown for finding in check()]
    if as_json:
        show_json([_record(finding) for finding in findings])
    else:
        _show(findings)
    raise typer.Exit(2 if strict and missing(findings) else 0)


def _record(finding: Finding) -> dict[str, Any]:
    return {"area": finding.area, "name": finding.name, "good": finding.good, "told": finding.told}


def _show(findings: list[Finding]) -> None:
    for area in dict.fromkeys(finding.area for finding in findings):
        out.print(f"[bold]{area}[/]")
        for finding in findings:
            if finding.area == area:
                mark = "[green]ok[/]" if finding.good else "[yellow]--[/]"
                out.print(f"  {mark}  {escape(finding.name):42s} {escape(finding.told)}", highlight=False)
        out.print()
