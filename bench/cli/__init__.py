"""The command line: one file per verb, nothing heavy loaded until a verb needs it."""

from __future__ import annotations

import sys
import traceback

import typer
from typer import TyperException

from bench.cli.board import app as board
from bench.cli.check import check
from bench.cli.clip import examine
from bench.cli.compare import compare
from bench.cli.console import fail, note, show_remarks
from bench.cli.data import app as data
from bench.cli.doctor import doctor
from bench.cli.fetch import fetch
from bench.cli.keep import keep
from bench.cli.log import log
from bench.cli.ls import ls
from bench.cli.pin import pin
from bench.cli.report import report
from bench.cli.reproduce import reproduce
from bench.cli.run import run
from bench.cli.score import score
from bench.cli.submit import app as submit
from bench.cli.train import train
from bench.errors import BenchError

DEFECT = 70  # EX_SOFTWARE of sysexits.h
INTERRUPTED = 130  # what typer makes of Ctrl-C

app = typer.Typer(
    name="navibench",
    help="Benchmark for personalised generation and next-item prediction from a user's behaviour.",
    epilog="Exit codes: 0 ok, 1 regression or other figures, 2 usage or input, 3 some cases failed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for verb in (ls, run, train, compare, check, pin, report, keep, log, reproduce, score, examine, fetch, doctor):
    app.command()(verb)
app.add_typer(board, name="board")
app.add_typer(data, name="data")
app.add_typer(submit, name="submit")


def main() -> None:
    """Run the command line; a `BenchError` becomes one line and exit code 2.

    The working folder joins the module path, so that `--system my_module:MySystem` finds a user's own file.
    """
    if "" not in sys.path:
        sys.path.append("")
    show_remarks()
    try:
        code = app(standalone_mode=False)
        if code == INTERRUPTED:
            note("interrupted; the same command goes on where this one stopped")
        sys.exit(code if isinstance(code, int) else 0)
    except BenchError as error:
        fail(str(error))
        sys.exit(2)
    except TyperException as error:
        told = error.format_message() if hasattr(error, "format_message") else str(error)
        if told:  # a bare verb has shown its help and has nothing more to say
            fail(f"{told} (navibench --help)")
        sys.exit(2)
    except BrokenPipeError:  # the reader of a pipe has seen enough
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        fail(str(error))
        sys.exit(2)
    except Exception:  # a defect of this program; 1 would read as a regression
        traceback.print_exc()
        sys.exit(DEFECT)
