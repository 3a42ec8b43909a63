"""The command line: one file per verb, nothing heavy loaded until a verb needs it."""

from __future__ import annotations

import sys

import typer

from bench.cli.compare import compare
from bench.cli.console import fail, note
from bench.cli.data import app as data
from bench.cli.doctor import doctor
from bench.cli.ls import ls
from bench.cli.report import report
from bench.cli.run import run
from bench.cli.score import score
from bench.errors import BenchError

app = typer.Typer(
    name="navibench",
    help="Benchmark for personalised generation and next-item prediction from a user's behaviour.",
    epilog="Exit codes: 0 ok, 1 regression, 2 usage or input, 3 some cases failed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for verb in (ls, run, compare, report, score, doctor):
    app.command()(verb)
app.add_typer(data, name="data")


def main() -> None:
    """Run the command line; a `BenchError` becomes one line and exit code 2.

    The working folder joins the module path, so that `--system my_module:MySystem` finds a user's own file.
    """
    if "" not in sys.path:
        sys.path.append("")
    try:
        app()
    except BenchError as error:
        fail(str(error))
        sys.exit(2)
    except KeyboardInterrupt:
        note("interrupted; the same command goes on where this one stopped")
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
