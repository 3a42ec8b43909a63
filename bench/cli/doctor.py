"""`navibench doctor`: what will run on this machine, what will not, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from bench.cli.console import note, out, show_json
from bench.cli.options import Config, DataRoot, Json, read_config

if TYPE_CHECKING:
    from bench.report.health import Finding


def doctor(
    data_root: DataRoot = None,
    suite: Annotated[str | None, typer.Option(help="Check what this suite needs, and nothing else.")] = None,
    config: Config = None,
    assign: Annotated[list[str] | None, typer.Option("--set", help="section.name=value, repeatable.")] = None,
    as_json: Json = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 2 if anything is missing.")] = False,
) -> None:
    """Check device, extras, data and systems: what will run here, what will not, and why.

    With --suite: what its runs need and have not, line by line with the command that gets it; exit code 1 if anything
    is missing. Servers are asked for their list of models, nothing else.
    """
    from bench.report.health import missing

    findings = _of_all(data_root) if suite is None else _of_suite(suite, list(assign or ()), config, data_root)
    if as_json:
        show_json([_record(finding) for finding in findings])
    else:
        _show(findings)
    absent = missing(findings)
    if suite is not None:
        note(f"{absent} missing" if absent else f"all there: navibench run --suite {suite}")
        raise typer.Exit(1 if absent else 0)
    raise typer.Exit(2 if strict and absent else 0)


def _of_all(data_root: Path | None) -> list[Finding]:
    from rich.progress import track

    from bench.cli.console import err
    from bench.report.health import checks

    shown = track(checks(data_root), description="checking", console=err, transient=True)
    return [finding for check in shown for finding in check()]


def _of_suite(name: str, assign: list[str], config: str | None, data_root: Path | None) -> list[Finding]:
    from bench import catalogue
    from bench.report.readiness import check_suite

    return list(check_suite(catalogue.suite(name), assign, read_config(config), data_root))


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
