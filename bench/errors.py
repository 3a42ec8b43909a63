"""The one exception a user is meant to read: a line that names the place, the expectation and the way out."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class BenchError(Exception):
    """A mistake in what was asked or given; the command line prints it as one line and exits with code 2."""


def unknown(what: str, name: str, choices: Iterable[str]) -> BenchError:
    """Return the error for a name that is not in a table, with the nearest valid choices.

    `what` is the kind of thing ("task", "system", "setting"); `choices` are all valid names.
    """
    names = sorted(choices)
    near = get_close_matches(name, names, n=3, cutoff=0.5)
    if near:
        return BenchError(f"unknown {what} {name!r}; did you mean {' or '.join(near)}?")
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return BenchError(f"unknown {what} {name!r}; choose from: {shown or 'nothing is registered'}")
