"""The terms of an import: what means nothing is refused, what is left out is counted, what was killed is forgotten."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import source_samples as samples
from own_log import ROWS, csv, run

from bench.catalogue import resolve
from bench.config import read_card
from bench.errors import BenchError
from tasks.ingest.importer import Terms
from tasks.ingest.table import Columns
from tasks.load import load


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"format": "nope"}, r"unknown format 'nope'; "),
        ({"format": "movielens-1mm"}, r"did you mean movielens-1m"),
        ({"min_value": 3}, r"min_value needs a column of values to compare; name it with value=COLUMN \(--value\)"),
        ({"min_events": -1}, r"^min_events: expected 0 or more, got -1"),
        ({"core": -5}, r"^core: expected 0 or more, got -5"),
        ({"core": 1.5}, r"^core: expected a whole number, got 1.5"),
        ({"min_value": float("nan")}, r"^min_value: expected a number, got nan"),
        ({"catalogue": "every"}, "unknown catalogue rule 'every'"),
    ],
)
def test_terms_that_mean_nothing_are_refused(terms: dict[str, object], message: str) -> None:
    with pytest.raises(BenchError, match=message):
        Terms(**terms)  # type: ignore[arg-type]


def test_nothing_is_ignored_in_silence(tmp_path: Path) -> None:
    samples.microlens(tmp_path / "raw")
    with pytest.raises(BenchError, match="min_value = 3 compares values, and no event of this log has one"):
        run(tmp_path / "raw", tmp_path / "out", Terms(format="microlens", min_value=3))
    source = csv(tmp_path / "log.csv", rows=[*ROWS, *ROWS])
    untimed = Columns(time="none")
    with pytest.raises(BenchError, match="compares times, and this log has none; use duplicates = first"):
        run(source, tmp_path / "out", Terms(columns=untimed, duplicates="exact"))
    assert run(source, tmp_path / "first", Terms(columns=untimed, duplicates="first")).counts["dropped_duplicates"] > 0
    assert run(source, tmp_path / "exact", Terms(duplicates="exact")).events == len(ROWS)
    assert not (tmp_path / "out").exists()


def test_a_value_that_is_no_number_is_malformed_and_an_empty_one_unknown(tmp_path: Path) -> None:
    text = "user,item,time,stars\nu,a,1,5\nu,b,2,good\nu,c,3,\nu,d,4,1\nu,e,5,4\n"
    source = samples.write(tmp_path / "log.csv", text)
    with pytest.raises(BenchError, match=r"log.csv:3: stars is no number"):
        run(source, tmp_path / "out", Terms(columns=Columns(value="stars")))
    made = run(source, tmp_path / "out", Terms(columns=Columns(value="stars"), min_value=3, strict=False))
    assert (made.events, made.counts["malformed"], made.counts["kept_without_value"]) == (3, 1, 1)


def test_items_without_event_are_counted_and_kept_on_demand(tmp_path: Path) -> None:
    source = csv(tmp_path / "log.csv")
    lines = samples.write(tmp_path / "items.jsonl", '{"id": "i1", "title": "Lamp"}\n{"id": "i99", "title": "Extra"}\n')
    met = run(source, tmp_path / "met", items=lines)
    assert (met.items, met.counts["items_without_event"], met.counts["catalogue"]) == (11, 1, "met")
    whole = run(source, tmp_path / "all", Terms(catalogue="all"), items=lines)
    assert (whole.items, whole.counts["items_without_event"], whole.counts["catalogue"]) == (12, 1, "all")
    assert load(tmp_path, folder="all").train.items["i99"].title == "Extra"


def test_testable_users_of_baskets_are_those_the_card_asks_about(tmp_path: Path) -> None:
    one = "".join(f"v,{item},1,w\n" for item in "abcd")
    text = "user,item,time,order\nu,a,1,x\nu,b,1,x\nu,c,2,y\nu,a,3,z\n"
    made = run(
        samples.write(tmp_path / "log.csv", text + one), tmp_path / "out", Terms(columns=Columns(basket="order"))
    )
    card = read_card(made.card)
    dataset = resolve(card.data.loader)(made.folder, **card.data.options)
    assert made.testable_users == len(dataset.examples) == 1
    assert dataset.provenance["users_too_short"] == 1
    with pytest.raises(BenchError, match="no user has 3 baskets"):
        run(
            samples.write(tmp_path / "few.csv", "user,item,time,order\n" + one),
            tmp_path / "few",
            Terms(columns=Columns(basket="order")),
        )


def test_a_killed_import_does_not_confuse_the_next(tmp_path: Path) -> None:
    script = (
        "import os, signal\nfrom pathlib import Path\nfrom tasks.ingest import write\n"
        f"target = Path({str(tmp_path / 'out')!r})\n"
        "with write.whole_folder(target) as stage:\n"
        "    (stage / 'sequences.tsv.gz').write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".out.")
    source = csv(tmp_path / "log.csv")
    made, other = run(source, tmp_path / "out"), run(source, tmp_path / "fresh")
    assert sorted(path.name for path in made.folder.iterdir()) == sorted(path.name for path in other.folder.iterdir())
    assert (made.folder / "sequences.tsv.gz").read_bytes() == (other.folder / "sequences.tsv.gz").read_bytes()
    assert len(load(tmp_path, folder="out").examples) == 12
