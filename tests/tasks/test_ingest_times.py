"""Times of a user's own column: one form for all of it, ambiguity refused, and the same answer in any order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import source_samples as samples
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import BenchError
from tasks.ingest.importer import Terms, import_log
from tasks.ingest.table import Columns
from tasks.ingest.times import CLOCKS, DATES, NAMED, Clock, choose_clock, given_clock
from tasks.ingest.write import Imported
from tasks.load import load


def choose(*values: object) -> Clock:
    return choose_clock(lambda: values, "log.csv: date")


def seconds(*date: int) -> float:
    return datetime(*date, tzinfo=UTC).timestamp()  # type: ignore[arg-type, misc]


def run(folder: Path, dates: list[str], target: str = "out", terms: Terms | None = None) -> Imported:
    text = "user,item,date\n" + "".join(f'u,i{index},"{date}"\n' for index, date in enumerate(dates))
    return import_log(samples.write(folder / "log.csv", text), folder / target, name="mine", terms=terms)


def order(folder: Path, target: str = "out") -> tuple[str, ...]:
    (example,) = load(folder, folder=target).examples
    return example.query.history + example.targets


def test_one_unmistakable_date_decides_for_the_column(tmp_path: Path) -> None:
    made = run(tmp_path, ["28/01/2021", "03/02/2021", "25/02/2021", "05/03/2021"])
    assert order(tmp_path) == ("i0", "i1", "i2", "i3")
    assert made.counts["time_form"] == "%d/%m/%Y" and made.counts["malformed"] == 0


@pytest.mark.parametrize("dates", [["03/02/2021", "05/03/2021", "01/04/2021"], ["01/02/03", "02/03/04", "03/04/05"]])
def test_day_first_or_month_first_is_asked_not_guessed(tmp_path: Path, dates: list[str]) -> None:
    with pytest.raises(BenchError, match=r"log.csv: date: '0./0./.*' may be %.* or %.*; say which with time_format"):
        run(tmp_path, dates)
    assert not (tmp_path / "out").exists()


def test_the_form_the_user_gives_decides(tmp_path: Path) -> None:
    dates = ["03/02/2021", "05/01/2021", "01/04/2021"]
    run(tmp_path, dates, "eu", Terms(time_format="%d/%m/%Y"))
    run(tmp_path, dates, "us", Terms(time_format="%m/%d/%Y"))
    assert (order(tmp_path, "eu"), order(tmp_path, "us")) == (("i1", "i0", "i2"), ("i2", "i0", "i1"))
    with pytest.raises(BenchError, match=r"log.csv:3: date is no time"):
        run(tmp_path, ["03/02/2021", "28/01/2021", "01/04/2021"], "x", Terms(time_format="%m/%d/%Y"))


@pytest.mark.parametrize("form", ["%d/%m", "day", "%H:%M", "%Q", "%d/%m/%Y %", ""])
def test_a_form_without_a_whole_date_is_refused(form: str) -> None:
    with pytest.raises(BenchError, match="expected a form with day, month and year, for example %d/%m/%Y"):
        given_clock(form)


def test_a_form_needs_a_time_column_of_a_table(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="has no time column to read"):
        run(tmp_path, ["1", "2", "3"], terms=Terms(columns=Columns(time="none"), time_format="%d/%m/%Y"))
    with pytest.raises(BenchError, match="knows its own columns and times"):
        Terms(format="steam", time_format="%d/%m/%Y")


def test_a_column_in_two_forms_is_refused_and_junk_is_malformed(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"no one form fits '28/01/2021' and '01/28/2021'"):
        run(tmp_path, ["03/02/2021", "28/01/2021", "01/28/2021"])
    with pytest.raises(BenchError, match=r"log.csv:3: date is no time; mend or remove"):
        run(tmp_path, ["28/01/2021", "soon", "03/02/2021", "05/02/2021"])
    made = run(tmp_path, ["28/01/2021", "soon", "03/02/2021", "05/02/2021"], terms=Terms(strict=False))
    assert (made.counts["malformed"], made.counts["malformed_first"]) == (1, "log.csv:3: date is no time")
    assert order(tmp_path) == ("i0", "i2", "i3")


@pytest.mark.parametrize(
    ("values", "form", "expected"),
    [
        (["12/31/2020"], "%m/%d/%Y", seconds(2020, 12, 31)),
        (["31.12.2020", "01.02.2020"], "%d.%m.%Y", seconds(2020, 12, 31)),
        (["12/31/20 8:26"], "%m/%d/%y %H:%M", seconds(2020, 12, 31, 8, 26)),
        (["12/31/2020 08:26:05 PM"], "%m/%d/%Y %I:%M:%S %p", seconds(2020, 12, 31, 20, 26, 5)),
        (["November 5, 2011"], "%B %d, %Y", seconds(2011, 11, 5)),
        (["May 5, 2011"], "%B %d, %Y", seconds(2011, 5, 5)),
        (["11 9, 2012", "11 30, 2012"], "%m %d, %Y", seconds(2012, 11, 9)),
        (["2020-7-5", "2020-10-15"], "%Y-%m-%d", seconds(2020, 7, 5)),
        (["2020-07-05", "2020-07-05T02:00:00+02:00"], "iso", seconds(2020, 7, 5)),
        (["20200705", "20201231"], "%Y%m%d", seconds(2020, 7, 5)),
        ([20200705.0, None, float("nan")], "%Y%m%d", seconds(2020, 7, 5)),
        (["28012021", "03022021"], "%d%m%Y", seconds(2021, 1, 28)),
        (["20200705", "20209999"], "number", 20200705.0),
        (["1500000000.5"], "number", 1500000000.5),
        ([1500000000123, 5], "number", 1500000000.123),
        (["1500000000123456"], "number", 1500000000.123456),
        ([datetime(2020, 7, 5)], "iso", seconds(2020, 7, 5)),
        (["03/03/2021", "04/04/2021"], "%d/%m/%Y", seconds(2021, 3, 3)),
        (["", "nan", "soon"], "iso", None),
    ],
)
def test_forms(values: list[object], form: str, expected: float | None) -> None:
    clock = choose(*values)
    assert clock.form == form
    assert clock.read(values[0]) == (None if expected is None else pytest.approx(expected, abs=1e-3))


def test_numbers_of_one_column_have_one_unit() -> None:
    clock = choose(0, 10**10, 2 * 10**11)
    assert [clock.read(value) for value in (0, 10**10, 2 * 10**11)] == [0, 10**7, 2 * 10**8]


moments = st.lists(
    st.integers(0, 4 * 10**9).map(lambda second: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)),
    min_size=1,
    max_size=12,
)
forms = st.sampled_from([date.format(mark) + clock for date in (*DATES, *NAMED) for mark in "/-." for clock in CLOCKS])


@given(moments=moments, form=forms)
def test_a_written_column_is_read_back_or_refused_whatever_its_order(moments: list[datetime], form: str) -> None:
    texts = [moment.strftime(form) for moment in moments]
    expected = [given_clock(form).read(text) for text in texts]
    assert None not in expected
    for values in (texts, texts[::-1], sorted(texts)):
        try:
            clock = choose(*values)
        except BenchError as error:
            assert "may be" in str(error) and form in str(error)
            assert "%y" in form or all(moment.day <= 12 for moment in moments)
        else:
            assert [clock.read(text) for text in texts] == expected


def test_every_day_of_a_year_is_ambiguous_only_with_two_digits_in_front_and_behind() -> None:
    days = [datetime(2021, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(365)]
    for form in ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%m-%d-%Y %H:%M", "%m/%d/%y"):
        assert choose(*(day.strftime(form) for day in days)).form == form
    with pytest.raises(BenchError, match=r"may be %d.%m.%y or %y.%m.%d"):
        choose(*(day.strftime("%d.%m.%y") for day in days))
