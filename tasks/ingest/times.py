"""Times of a user's own column: one written form for the whole of it, never a guess cell by cell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product

from bench.errors import BenchError
from tasks.ingest.values import MILLISECONDS_FROM, MISSING, parse_moment, parse_number, parse_written

ISO, NUMBER = "iso", "number"
DIGITS = ("%Y%m%d", "%d%m%Y", "%m%d%Y")
"""Eight digits in a row; such a column is read as dates before it is read as numbers."""

UNITS = (1.0, 1e3, 1e6, 1e9)
REMEMBERED = 1 << 16
"""Texts not looked at twice: columns of days have few, and the bound keeps columns of moments from filling memory."""

FIRST_YEAR, LAST_YEAR = 1900, 2100
DATES = (
    *("%m{0}%d{0}%Y", "%d{0}%m{0}%Y", "%m{0}%d{0}%y", "%d{0}%m{0}%y", "%y{0}%m{0}%d", "%Y{0}%m{0}%d"),
    *("%d{0}%b{0}%Y", "%d{0}%B{0}%Y", "%d{0}%b{0}%y"),
)
NAMED = ("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y", "%m %d, %Y")
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
SAMPLE = datetime(2001, 2, 3, 4, 5, 6, 7, tzinfo=UTC)


def _shape(text: str) -> str:
    """Return "0/0/0 0:0" for "12/31/2020 8:26": what a form and the texts it could fit have in common."""
    return re.sub(r"[0-9]+", "0", re.sub(r"[A-Za-z]+", "a", text))


def _by_shape() -> dict[str, tuple[str, ...]]:
    dates = (*(form.format(mark) for form, mark in product(DATES, "/-.")), *NAMED)
    found: dict[str, tuple[str, ...]] = {}
    for date, clock in product(dates, CLOCKS):
        shape = _shape(SAMPLE.strftime(date + clock))
        found[shape] = (*found.get(shape, ()), date + clock)
    return found


FORMS: Mapping[str, tuple[str, ...]] = _by_shape()


@dataclass(frozen=True, slots=True)
class Clock:
    """How a column writes its times: `form` is "iso", "number" (`unit` of them a second) or a strptime form."""

    form: str = ISO
    unit: float = 1.0

    def read(self, value: object) -> float | None:
        """Return seconds since 1970 (UTC where no zone is given), or None; typed times need no form."""
        if isinstance(value, datetime):
            return parse_moment(value)
        if self.form == NUMBER:
            number = parse_number(value)
            return None if number is None else number / self.unit
        text = _text(value)
        if self.form == ISO:
            return None if parse_number(text) is not None else parse_moment(text)
        time = parse_written(text, self.form)
        if self.form in DIGITS and time is not None:
            year = datetime.strptime(text, self.form).year
            return time if len(text) == len("YYYYMMDD") and FIRST_YEAR <= year <= LAST_YEAR else None
        return time


def given_clock(form: str) -> Clock:
    """Return the clock of a form the user names; BenchError if it is no form of a whole date."""
    try:
        whole = datetime.strptime(SAMPLE.strftime(form), form).date() == SAMPLE.date()
    except ValueError:
        whole = False
    if not whole:
        raise BenchError(f"time_format {form!r}: expected a form with day, month and year, for example %d/%m/%Y %H:%M")
    return Clock(form)


def choose_clock(values: Callable[[], Iterable[object]], where: str) -> Clock:
    """Return the one form that fits all values of a column; those that fit no form at all are malformed rows.

    `values` is called again for a second look. BenchError naming the column (`where`) if no one form fits all of
    them, or if several do and read a value differently, as day-first and month-first do with 03/02/2021.
    """
    alive, biggest = _narrow(values(), where)
    written = sorted(alive - {NUMBER})
    if ISO in alive or not alive:
        return Clock()
    if not written:
        return Clock(NUMBER, _unit(biggest))
    if len(written) > 1:
        clocks = [Clock(form) for form in written]
        for value in values():
            if len({clock.read(value) for clock in clocks}) > 1:
                raise _unclear(where, f"{value!r} may be {' or '.join(written)}", written[0])
    return Clock(written[0])


def _narrow(values: Iterable[object], where: str) -> tuple[frozenset[str], float]:
    """Return the forms that fit every value that fits any, and the largest number."""
    alive: frozenset[str] = frozenset()
    narrow: object = None
    biggest = 0.0
    met: set[str] = set()
    for value in values:
        text = str(value)
        if isinstance(value, datetime) or text in met or text.strip().lower() in MISSING:
            continue
        if len(met) < REMEMBERED:
            met.add(text)
        biggest = max(biggest, abs(parse_number(value) or 0.0))
        left = frozenset(form for form in alive if Clock(form).read(value) is not None) if alive else _fitting(value)
        if alive and not left and (other := _fitting(value)):
            raise _unclear(where, f"no one form fits {narrow!r} and {value!r}", min(other))
        if left and left != alive:
            alive, narrow = left, value
    return alive, biggest


def _fitting(value: object) -> frozenset[str]:
    text = _text(value)
    forms = (NUMBER, *DIGITS) if parse_number(text) is not None else (ISO, *FORMS.get(_shape(text), ()))
    return frozenset(form for form in forms if Clock(form).read(value) is not None)


def _unit(biggest: float) -> float:
    """Return how many of a column's numbers make a second: s, ms, us or ns by the size of the largest."""
    return next((unit for unit in UNITS if biggest / unit < MILLISECONDS_FROM), UNITS[-1])


def _text(value: object) -> str:
    """Return a cell as text on one line; 20200705.0 is read as 20200705."""
    text = " ".join(str(value).split())
    return text.removesuffix(".0") if text.removesuffix(".0").isdigit() else text


def _unclear(where: str, why: str, example: str) -> BenchError:
    form = example if example.startswith("%") else "%d/%m/%Y"
    return BenchError(f'{where}: {why}; say which with time_format (--time-format "{form}")')
