"""Reports in other programs' forms: LaTeX that sets names as they are, parquet and pandas with the report's figures."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import BenchError
from bench.report.board import Figure
from bench.report.frame import COLUMNS, frame, read_pages, records
from bench.report.latex import SPECIAL, escaped, figure, latex
from tests.conftest import REPOSITORY
from tests.ecosystem.conftest import Command

REPORT = REPOSITORY / "results" / "world.json"


def unescaped(text: str) -> str:
    for mark, written in sorted(SPECIAL.items(), key=lambda pair: -len(pair[1])):
        if len(written) > 3:
            text = text.replace(written, f"\0{ord(mark)}\0")
    text = re.sub(r"\{([\[\]*])\}", r"\1", text.replace("-{}", "-"))
    text = re.sub(r"\\([&%$#_{}])", r"\1", text)
    return re.sub("\0(\\d+)\0", lambda found: chr(int(found[1])), text)


@given(st.text(st.characters(blacklist_categories=("C",)), max_size=20))
def test_names_are_set_as_they_are(name: str) -> None:
    shown = escaped(name)
    assert unescaped(shown) == " ".join(name.split())
    bare = re.sub(r"\\[&%$#_{}]", "", shown)
    assert bare.count("{") == bare.count("}")
    assert not set(re.sub(r"\\text[a-z]+", "", bare)) & set("&%$#_~^<>|\"\\'`")
    assert "--" not in shown and not shown.startswith(("[", "*"))


def test_figures_have_a_minus_that_is_one() -> None:
    assert figure(Figure(-0.5, -0.75, 0.25)) == r"$-$.5000 {\scriptsize[$-$.7500, .2500]}"
    assert figure(Figure(0.5, 0.25, 0.75), signed=True) == r"$+$.5000 {\scriptsize[$+$.2500, $+$.7500]}"
    assert figure(Figure(0.25, None, None)) == ".2500"
    assert figure(Figure(None, None, None)) == figure(None) == "--"


def test_tables_have_a_cell_a_column_and_a_row_a_system() -> None:
    pages = read_pages(REPORT)
    text = latex(pages, ["ndcg@10", "recall@10", "mrr@10"])
    tables = text.split(r"\begin{table}")[1:]
    assert len(tables) == len(pages)
    for page, table in zip(pages, tables, strict=True):
        columns = re.search(r"\\begin\{tabular\}\{(\w+)\}", table)
        assert columns
        rows = [line for line in table.splitlines() if line.endswith(r" \\")]
        assert len(rows) == len(page.rows) + 1
        for row in rows:
            assert len(re.findall(r"(?<!\\)&", row)) == len(columns[1]) - 1
        assert table.count("{") - table.count(r"\{") == table.count("}") - table.count(r"\}")
        begun, ended = re.findall(r"\\begin\{(\w+)\}", table), re.findall(r"\\end\{(\w+)\}", table)
        assert sorted(["table", *begun]) == sorted(ended)
        assert escaped(page.rows[0].label) in rows[1]
    labels = re.findall(r"\\label\{(.*?)\}", text)
    assert len(labels) == len(set(labels))


def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(BenchError, match=r"unknown metric 'ndcg@11'; did you mean ndcg@10"):
        latex(read_pages(REPORT), ["ndcg@11"])


def test_frame_and_csv_and_parquet_hold_the_reports_figures(navibench: Command, tmp_path: Path) -> None:
    navibench("report", REPORT, "--latex", "t.tex", "--csv", "t.csv", "--parquet", "t.parquet", "--metrics", "ndcg@10")
    pages = read_pages(REPORT)
    table = frame(REPORT)
    assert list(table.columns) == list(COLUMNS)
    assert len(table) == len(records(pages)) == sum(len(row.figures) for page in pages for row in page.rows)
    again = pd.read_parquet(tmp_path / "t.parquet")
    assert again["value"].equals(table["value"]) and again["system"].tolist() == table["system"].tolist()
    with (tmp_path / "t.csv").open(newline="") as stream:
        values = [float(row["value"]) if row["value"] else None for row in csv.DictReader(stream)]
    assert values == [None if pd.isna(value) else value for value in table["value"]]
    assert (tmp_path / "t.tex").read_text() == latex(pages, ["ndcg@10"])
    assert navibench("report", REPORT, "--format", "latex").stdout == latex(pages)
    wide = table[table["primary"]].pivot_table(index="system", columns="task", values="value")
    assert wide.size


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--slices", "history", "--csv", "t.csv"), "--slices prints text only"),
        (("--html", "h", "--latex", "t.tex"), "--html writes a folder"),
        (("--format", "csv", "--parquet", "t.parquet"), "--format prints"),
        (("--metrics", "ndcg@10"), "--metrics chooses"),
    ],
)
def test_two_ways_at_once_are_refused(words: tuple[str, ...], told: str, navibench: Command) -> None:
    assert told in navibench("report", REPORT, *words, code=2).stderr
