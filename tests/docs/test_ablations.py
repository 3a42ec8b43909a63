"""The page of ablations: differences are those of the cases, nothing is shown that was not measured, the figure fits.

Invariants: 1. a variant's difference is the mean of its cases minus the whole's, whatever the order of rows; 2. Holm is
over all comparisons that were planned of a kind, measured or not, so that no p rises as the suite goes on; 3. what was
not measured on a card has no row there, and only seeds that both have are compared; 4. stored rows, table and figure
agree.
"""

from __future__ import annotations

import xml.etree.ElementTree as Xml
from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bench.api import Kind
from bench.rng import stream
from bench.stats import holm
from docs.ablations import ABSENT, FIGURE, MEASURED, counted, figure, glance, table
from docs.forest import Line, forest
from docs.measured import Row, read
from docs.variants import LATER, METRICS, NAMES, corrected, families, joined, rows_of, tasks_of
from tasks.suites import DOMAINS

CASES = 40


def made(name: str, task: str, gain: float, seeds: int = 3) -> Any:
    """Return runs of a system on a task: a run a seed, so much better than chance."""
    rng, kind = stream(5, name, task), task.rpartition("/")[2]
    runs, base = [], stream(6, task).random((CASES, 7))
    for seed in range(seeds):
        values = np.clip(base + gain + rng.normal(0, 0.02, base.shape), 0, 2)
        columns = {metric: values[:, place] for place, metric in enumerate(METRICS[kind])}
        users = tuple(f"u{number}" for number in range(CASES))
        scores = SimpleNamespace(metrics=columns, users=users, cases=users)
        runs.append(SimpleNamespace(read_scores=lambda scores=scores: scores, manifest={"seed": seed}))
    return SimpleNamespace(runs=tuple(runs))


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    tasks = [f"{domain}/world/{kind}" for domain in DOMAINS for kind in METRICS]
    gains = {"full": 0.0, "without stage 1": -0.2, "without quality": 0.0}
    found = {(name, task): made(name, task, gain) for name, gain in gains.items() for task in tasks}
    found |= {("raw history", task): made("raw history", task, -0.5, 1) for task in tasks}
    found["with thoughts", tasks[0]] = made("with thoughts", tasks[0], 0.5)  # a domain of three
    return rows_of(found)


def of(rows: list[Row], task: str, variant: str, metric: str) -> Row:
    (row,) = [row for row in rows if (row["task"], row["variant"], row["metric"]) == (task, variant, metric)]
    return row


def test_differences_are_those_of_the_cases(rows: list[Row]) -> None:
    for kind, metrics in METRICS.items():
        for task, metric in product(tasks_of(kind), metrics):
            worse, whole = of(rows, task, "without stage 1", metric), of(rows, task, "full", metric)
            assert worse["difference"] == pytest.approx(worse["value"] - whole["value"])
            assert worse["least"] <= worse["difference"] <= worse["most"] < 0
            assert worse["p"] < 0.01 and worse["cases"] == CASES
            same = of(rows, task, "without quality", metric)
            assert abs(same["difference"]) < 0.02
            assert "difference" not in whole and whole["spread"] > 0
            assert of(rows, task, "raw history", metric)["spread"] is None


def test_p_is_corrected_over_all_comparisons_that_were_planned(rows: list[Row]) -> None:
    found = corrected(rows)
    assert [{**row, "p": 0} for row in found] == [{**row, "p": 0} for row in rows]
    planned = {Kind.NEXT_ITEM.value: 108, Kind.IMAGE.value: 378, Kind.VIDEO.value: 378}  # before anything was run
    for kind in METRICS:
        own, raw = ([row["p"] for row in part if row["task"].endswith(kind) and "p" in row] for part in (found, rows))
        padded = raw + [1.0] * (planned[kind] - len(raw))
        assert own == pytest.approx(list(holm(np.array(padded)))[: len(raw)])
        assert min(own) == pytest.approx(min(raw) * planned[kind])


def test_what_was_added_later_is_corrected_by_itself() -> None:
    task = "game/world/next-item"
    rows = [{**row_of(name, 1, 0.1), "p": 0.001} for name in ("without stage 1", *LATER)]
    assert [row["p"] for row in corrected(rows)] == pytest.approx([0.108, 0.006])
    sizes = {(one.kind, one.what): len(one.comparisons) for one in families()}
    assert sizes["next-item", "contrasted reward"] == 6 and sizes["image", "contrasted reward"] == 21
    every = [key for one in families() for key in one.comparisons]
    assert len(set(every)) == len(every) and {name for _, name, _ in every} == {*NAMES} - {"full"}
    lines = counted(rows).splitlines()
    assert "| next-item: planned | 108 | 1 |" in lines and "| next-item: contrasted reward | 6 | 1 |" in lines
    assert (task, *LATER, "recall@10") in every


def test_no_p_rises_as_the_suite_goes_on() -> None:
    rng = stream(8, "suite")
    keys = [key for one in families() if one.kind == "next-item" for key in one.comparisons]
    rows = [
        {"task": task, "variant": name, "metric": metric, "p": float(rng.random() ** 6)} for task, name, metric in keys
    ]
    rows = [rows[place] for place in rng.permutation(len(rows))]
    before: dict[tuple[str, str, str], float] = {}
    for number in range(1, len(rows) + 1):
        now = {(row["task"], row["variant"], row["metric"]): row["p"] for row in corrected(rows[:number])}
        assert all(now[key] <= p for key, p in before.items())
        before = now
    assert any(p < 0.05 for p in before.values())


def row_of(variant: str, seeds: int, value: float, task: str = "game/world/next-item") -> Row:
    return {"task": task, "variant": variant, "metric": "recall@10", "seeds": seeds, "value": value}


def test_of_a_variant_measured_twice_more_seeds_count_then_the_newer() -> None:
    before = [row_of("with thoughts", 3, 0.1), row_of("without stage 1", 1, 0.2), row_of("full", 2, 0.3)]
    now = [row_of("full", 3, 0.4), row_of("without stage 1", 1, 0.5), row_of("with thoughts", 1, 0.6)]
    now += [row_of("with thoughts", 1, 0.7, "product/world/next-item")]
    found = [(row["task"].partition("/")[0], row["variant"], row["value"]) for row in joined(before, now)]
    whole = [("game", "full", 0.4), ("game", "without stage 1", 0.5), ("game", "with thoughts", 0.1)]
    assert found == [("product", "with thoughts", 0.7), *whole]
    assert joined(before, []) == joined([], before) == joined(before, before)


def test_nothing_is_shown_that_was_not_measured(rows: list[Row]) -> None:
    assert {row["task"] for row in rows if row["variant"] == "with thoughts"} == {"product/world/next-item"}
    lines = table(rows).splitlines()
    assert sum(line.startswith("| with thoughts |") for line in lines) == 1
    assert sum(line.startswith(ABSENT) and "with thoughts" in line for line in lines) == 8
    assert sum(line.startswith("| without stage 1 |") for line in lines) == 9
    assert table([]).count(ABSENT) == 9 and "|" not in table([])


def test_only_seeds_that_both_have_are_compared() -> None:
    task = "product/world/next-item"
    whole, part = made("full", task, 0.0, 3), made("without stage 1", task, 0.0, 1)
    rows = rows_of({("full", task): whole, ("without stage 1", task): part})
    row, metric = of(rows, task, "without stage 1", "ndcg@10"), "ndcg@10"
    first = whole.runs[0].read_scores().metrics[metric]
    assert row["seeds"] == 1 and row["difference"] == pytest.approx(row["value"] - first.mean())


def test_a_variant_without_the_whole_has_no_difference() -> None:
    tasks = [f"{domain}/world/next-item" for domain in DOMAINS]
    found = rows_of({("without stage 1", task): made("a", task, 0.0) for task in tasks})
    assert found and not any("difference" in row for row in found)


def test_the_figure_shows_every_difference_where_it_is(rows: list[Row]) -> None:
    root = Xml.fromstring(figure(rows))
    space = "{http://www.w3.org/2000/svg}"
    labels = [element.text for element in root.iter(f"{space}text")]
    assert labels.count("without stage 1") == labels.count("raw history") == 9 and "full" not in labels
    assert len(list(root.iter(f"{space}circle"))) == 28
    drawn = forest({"one": [Line("a & b", -1.0, None, None), Line("c", 0.5, 0.25, 0.75)]}, "t")
    places = [float(circle.attrib["cx"]) for circle in Xml.fromstring(drawn).iter(f"{space}circle")]
    assert places == [232.0, 547.0] and "a &amp; b" in drawn
    assert Xml.fromstring(forest({"none": []}, "t")) is not None


def test_the_figure_is_of_what_was_measured() -> None:
    assert FIGURE.exists() == bool(read(MEASURED))
    if read(MEASURED):
        assert FIGURE.read_text(encoding="utf-8") == figure(read(MEASURED))


def test_a_glance_tells_sign_size_and_what_is_told_from_0(rows: list[Row]) -> None:
    head, _, *lines = glance(rows).splitlines()
    cells = {line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")[2:-1]] for line in lines}
    assert set(cells) == {"without stage 1", "without quality", "raw history", "with thoughts"}
    assert {len(own) for own in cells.values()} == {head.count("|") - 2}
    first = of(rows, "product/world/next-item", "without stage 1", "recall@10")["difference"]
    assert cells["without stage 1"][0] == f"-{abs(first):.3f}*".replace("0.", ".")
    assert all(cell.startswith("-") and cell.endswith("*") for cell in cells["raw history"])
    assert cells["with thoughts"][1:] == [""] * 8
    assert not any(cell.endswith("*") for cell in cells["without quality"])
