"""`navibench fetch`: a model or a data set of the Hugging Face hub, at one commit, into the local cache."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.cli.console import note, out


def fetch(
    name: Annotated[str, typer.Argument(help="hub:OWNER/NAME@COMMIT, the commit with all its 40 digits.")],
    kind: Annotated[str, typer.Option(help="model or dataset.")] = "model",
    only: Annotated[list[str] | None, typer.Option("--only", help='Of a data set, such as "data/train*".')] = None,
) -> None:
    """Download what a run names on the Hugging Face hub; runs themselves never do."""
    from bench import hub

    wanted = hub.reference(name, kind)
    folder = hub.fetch(wanted, only or ())
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    size = sum(path.stat().st_size for path in files)
    out.print(str(folder), highlight=False, markup=False, soft_wrap=True)
    note(f"{len(files)} files, {size:,} bytes; runs now find {wanted}")
