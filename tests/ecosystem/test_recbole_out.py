"""RecBole's atomic files out and in again: the same events in the same order, the same items, typed headers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import catalogue
from bench.api import Item
from bench.errors import BenchError
from bench.pose import load_data
from tasks.ingest.clean import order_events
from tasks.ingest.export import export, item_columns, item_lines
from tasks.ingest.log import collect
from tasks.ingest.recbole import read
from tasks.ingest.rows import Notes
from tasks.load import read_log
from tests.conftest import write_log
from tests.ecosystem.conftest import Command

WORDS = st.text("abc é=*", min_size=1, max_size=6).map(lambda text: " ".join(text.split())).filter(bool)


def card(folder: Path, rows: list[str], items: str, form: str = "log") -> Path:
    path = write_log(folder)
    for name in ("sequences.tsv", "items.jsonl"):
        (folder / name).unlink()
    (folder / "interactions.tsv").write_text("\n".join(["user\titem\ttimestamp", *rows]) + "\n")
    (folder / "items.jsonl").write_text(items)
    path.write_text(path.read_text().replace('folder = "."', f'folder = "."\nformat = "{form}"'))
    return path


def test_a_timed_log_comes_back_as_it_was(tmp_path: Path) -> None:
    rows = [
        f"u{user}\ti {(user * 5 + step * 3) % 7}\t{1_600_000_000.25 + (step // 2) * 60}"
        for user in range(9)
        for step in range(6)
    ]
    items = [
        {
            "item": f"i {n}",
            "title": f"thing  {n}",
            "caption": 'says "so"',
            "tags": ["red", "big"][: n % 3],
            "maker": "A B",
        }
        for n in range(7)
    ]
    path = card(tmp_path / "in", rows, "\n".join(map(json.dumps, items)))
    task = catalogue.task(str(path))
    dataset = load_data(task.data, path.parent)
    made = export(task, dataset, path.parent, "recbole", tmp_path / "shop")
    assert (made.users, made.items, made.events, made.timed) == (9, 7, 54, True)
    header = (tmp_path / "shop" / "shop.item").read_text().splitlines()[0]
    assert header == "item_id:token\ttitle:token_seq\tcaption:token_seq\tmaker:token\ttags:token_seq"
    back = read(tmp_path / "shop", Notes(strict=True))
    ours, theirs = read_log(path.parent, ".", "log").sequences, order_events(collect(back.events()), "keep")
    assert (ours.users, ours.items) == (theirs.users, theirs.items)
    for name in ("starts", "item", "time"):
        assert np.array_equal(getattr(ours, name), getattr(theirs, name)), name
    assert {item.id: item for item in back.describe()} == dict(dataset.train.items)


def test_the_command_writes_what_the_import_reads(navibench: Command, tmp_path: Path) -> None:
    write_log(tmp_path / "tiny")
    done = navibench("data", "export", "tiny/card.toml", "--format", "recbole", "--to", "out")
    assert "60 users, 30 items" in done.stdout
    assert "timestamps are places" in done.stderr
    words = ("--format", "recbole", "--name", "back", "--to", "back", "--catalogue", "all")
    navibench("data", "import", "out", *words)
    found = {fingerprint(tmp_path / folder) for folder in ("tiny", "back")}
    assert len(found) == 1


def fingerprint(folder: Path) -> str:
    return load_data(catalogue.task(str(folder / "card.toml")).data, folder).fingerprint


def test_the_planted_world_goes_out_too(tmp_path: Path) -> None:
    task = catalogue.task("product/world/next-item")
    dataset = load_data(task.data, None)
    made = export(task, dataset, None, "recbole", tmp_path / "world")
    back = list(read(tmp_path / "world", Notes(strict=True)).events())
    assert made.events == len(back)
    mine = {example.query.user: (*example.query.history, *example.targets) for example in dataset.examples}
    found: dict[str, list[str]] = {}
    for event in back:
        found.setdefault(event.user, []).append(event.item)
    assert all(tuple(found[user]) == items for user, items in mine.items())


@given(st.lists(st.tuples(st.text(" ab", max_size=5), st.lists(WORDS, max_size=3)), min_size=1, max_size=5))
def test_terms_come_back_with_blanks_as_underscores_where_there_are_several(rows: list[tuple[str, list[str]]]) -> None:
    items = [
        Item(f"i{n}", title, attributes={"tag": tuple(terms)} if terms else {}) for n, (title, terms) in enumerate(rows)
    ]
    columns, renamed = item_columns(items)
    lines = list(item_lines(items, columns))
    assert len(lines) == len(items) + 1
    assert {line.count("\t") for line in lines} == {2 + len(columns)}
    several = columns.get("tag") == "token_seq"
    for line, (_, terms) in zip(lines[1:], rows, strict=True):
        if columns:
            cell = line.split("\t")[3]
            expected = [term.replace(" ", "_") for term in terms] if several else terms
            assert (cell.split(" ") if cell and several else [cell] if cell else []) == expected
    assert renamed == (sum(" " in term for _, terms in rows for term in terms) if several else 0)


@pytest.mark.parametrize("name", ["title", "item_id", "a:b", " a"])
def test_names_that_cannot_be_columns_are_refused(name: str) -> None:
    with pytest.raises(BenchError, match="cannot be a column"):
        item_columns([Item("i", attributes={name: ("x",)})])
