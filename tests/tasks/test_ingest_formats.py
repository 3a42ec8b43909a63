"""Every source format, read from a tiny file in the publisher's own layout."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import source_samples as samples

from bench.api import Dataset
from bench.errors import BenchError
from tasks.ingest.formats import FORMATS, reader
from tasks.ingest.minionerec import merge
from tasks.load import load


def sequence(dataset: Dataset, user: str) -> tuple[str, ...]:
    """The whole log of a user: test history and targets."""
    (example,) = [one for one in dataset.examples if one.query.user == user]
    return example.query.history + example.targets


CASES: list[tuple[str, Callable[[Path], None], str, tuple[str, ...]]] = [
    ("pair", samples.pair, "u1", ("a", "b", "c", "a")),
    ("amazon-2014", samples.amazon_2014, "A1", ("B2", "B3", "B1")),
    ("amazon-2018", samples.amazon_2018, "A1", ("B1", "B2", "B3")),
    ("amazon-2023", samples.amazon_2023, "AE", ("B1", "B2", "B3")),
    ("microlens", samples.microlens, "1", ("11", "10", "12")),
    ("kuairand", samples.kuairand, "7", ("1", "3", "4")),
    ("kuairec", samples.kuairec, "14", ("2", "1", "3")),
    ("steam", samples.steam, "u", ("30", "10", "20")),
    ("online-retail", samples.retail, "17850", ("85123A", "71053", "84406B")),
    ("movielens-100k", samples.movielens_100k, "196", ("302", "242", "377")),
    ("movielens-1m", samples.movielens_1m, "1", ("1193", "914", "661")),
    ("movielens-20m", samples.movielens_20m, "1", ("29", "32", "2")),
    ("minionerec", samples.minionerec, "A22", ("4", "5", "6", "4", "9")),
    ("recbole", samples.recbole, "1", ("b", "c", "a")),
]


@pytest.mark.parametrize(("name", "make", "user", "expected"), CASES, ids=[case[0] for case in CASES])
def test_events_come_in_order_of_time(
    tmp_path: Path, name: str, make: Callable[[Path], None], user: str, expected: tuple[str, ...]
) -> None:
    make(tmp_path)
    dataset = load(tmp_path, format=name)
    assert sequence(dataset, user) == expected
    assert dataset.provenance["malformed"] == 0
    assert any(key.startswith("sha256.") for key in dataset.provenance)


def test_every_format_in_the_table_resolves_and_has_a_case() -> None:
    tested = {case[0] for case in CASES} | {"log", "complete-journey"}
    assert tested == FORMATS.keys()
    assert all(callable(reader(name)) for name in FORMATS)


def test_texts_and_attributes_are_read(tmp_path: Path) -> None:
    for name, make, *_ in CASES:
        make(tmp_path / name)
    items = {name: load(tmp_path, folder=name, format=name).train.items for name, *_ in CASES}
    assert items["pair"]["a"].title == "Ark"
    assert items["pair"]["a"].caption == "wooden boat"
    assert items["pair"]["a"].attributes == {"price": ("3.5",), "tags": ("toy", "wood")}
    assert items["pair"]["a"].image == tmp_path / "pair" / "a.jpg"
    assert items["pair"]["b"].caption == "blue ball"
    assert items["pair"]["c"].title == "" and "z" in items["pair"]
    assert items["amazon-2014"]["B1"].title == "Lion's den"
    assert items["amazon-2014"]["B1"].attributes["categories"] == ("Toys", "Animals")
    assert items["amazon-2014"]["B2"].caption == "A drum."
    assert items["amazon-2018"]["B1"].caption == "Blue ink."
    assert items["amazon-2023"]["B1"].caption == "two players"
    assert items["microlens"]["10"].title == "Duck, dry fried"
    assert items["microlens"]["10"].image == tmp_path / "microlens" / "MicroLens-50k_covers" / "10.jpg"
    assert items["microlens"]["10"].clip == tmp_path / "microlens" / "MicroLens-50k_videos" / "10.mp4"
    assert items["kuairand"]["1"].attributes["tag"] == ("12", "65")
    assert items["kuairec"]["1"].title == "line one line two" and items["kuairec"]["1"].caption == ""
    assert items["kuairec"]["1"].attributes["tag"] == ("8", "9")
    assert items["steam"]["10"].attributes["tags"] == ("Indie", "RPG")
    assert items["online-retail"]["84406B"].title == "Cream Cupid"
    assert items["movielens-100k"]["242"].title == "Misérables, Les (1995)"
    assert items["movielens-100k"]["242"].attributes == {"genres": ("Comedy", "Drama")}
    assert items["movielens-1m"]["1193"].title == "Fée (1975)"
    assert items["movielens-20m"]["2"].title == "American President, The (1995)"
    assert items["movielens-20m"]["29"].attributes == {}
    assert items["minionerec"]["4"].attributes["codes"] == ("<a_1>", "<b_2>", "<c_3>")
    assert items["recbole"]["a"].title == "Toy Story"
    assert items["recbole"]["a"].attributes == {"class": ("Comedy", "Drama"), "release_year": ("1995",)}


def test_timed_log_with_invoices_gives_next_baskets(tmp_path: Path) -> None:
    rows = [
        "u\ta\t10\ti1",
        "u\tb\t10\ti1",
        "u\tc\t20\ti2",
        "u\ta\t30\ti3",
        "u\td\t30\ti3",
        "u\td\t30\ti3",
        "v\ta\t1\tj1",
    ]
    samples.write(tmp_path / "interactions.tsv", "\n".join(["user\titem\ttimestamp\tinvoice", *rows]) + "\n")
    dataset = load(tmp_path, format="log", split="basket", ties="hash")
    (example,) = dataset.examples
    assert set(example.targets) == {"a", "d"} and set(example.query.history[:2]) == {"a", "b"}
    assert dataset.train.validation[0].targets == ("c",)
    assert dataset.train.sequences["v"] == ("a",)


def test_events_that_are_no_events_are_counted_apart(tmp_path: Path) -> None:
    samples.retail(tmp_path / "retail")
    samples.kuairand(tmp_path / "kuairand")
    samples.steam(tmp_path / "steam")
    retail = load(tmp_path, folder="retail", format="online-retail").provenance
    assert (retail["excluded.cancelled"], retail["excluded.no_product"], retail["excluded.no_customer"]) == (1, 1, 1)
    assert load(tmp_path, folder="kuairand", format="kuairand").provenance["excluded.not_clicked"] == 1
    assert load(tmp_path, folder="steam", format="steam").provenance["dropped_untimed"] == 1


def test_min_value_selects_by_rating_or_watch_ratio(tmp_path: Path) -> None:
    samples.kuairec(tmp_path)
    with pytest.raises(BenchError, match="no test example"):
        load(tmp_path, format="kuairec", min_value=0.5)
    assert sequence(load(tmp_path, format="kuairec", min_value=0.1), "14") == ("2", "1", "3")


def test_windows_merge_to_the_log_they_were_cut_from() -> None:
    log = [str(number % 7) for number in range(30)]
    merged: list[str] = []
    for end in range(10, 31):
        merge(merged, log[max(0, end - 10) : end])
    assert merged == log


def test_steam_reviews_one_a_line(tmp_path: Path) -> None:
    lines = [
        repr({"username": "n", "product_id": str(item), "date": f"2017-12-{day}", "hours": 3.5})
        for item, day in ((1, 20), (2, 18), (3, 19))
    ]
    samples.write_gz(tmp_path / "steam_reviews.json.gz", "\n".join(lines) + "\n")
    assert sequence(load(tmp_path, format="steam"), "n") == ("2", "3", "1")


def test_microlens_without_times_keeps_the_order_of_the_file(tmp_path: Path) -> None:
    samples.write(tmp_path / "MicroLens-100k_pairs.tsv", "1\t30 10 20\n")
    samples.write(tmp_path / "MicroLens-100k_title_en.csv", "10,No header here\n")
    dataset = load(tmp_path, format="microlens")
    assert sequence(dataset, "1") == ("30", "10", "20")
    assert dataset.train.items["10"].title == "No header here"


def test_python_literals_are_parsed_never_run(tmp_path: Path) -> None:
    samples.amazon_2014(tmp_path)
    flag = tmp_path / "ran"
    evil = f"{{'asin': __import__('pathlib').Path({str(flag)!r}).touch()}}\n{'[' * 5000}\n"
    samples.write_gz(
        tmp_path / "meta_Toys_and_Games.json.gz", evil + json.dumps({"asin": "B1", "title": "kept"}) + "\n"
    )
    dataset = load(tmp_path, format="amazon-2014")
    assert not flag.exists()
    assert dataset.provenance["malformed"] == 2
    assert dataset.train.items["B1"].title == "kept"


def test_hidden_leavings_are_not_sources(tmp_path: Path) -> None:
    samples.retail(tmp_path)
    samples.write(tmp_path / ".half.csv", "half")
    samples.write(tmp_path / ".out.x1" / "ratings.dat", "half")
    assert len(load(tmp_path, format="online-retail").examples) == 1
    with pytest.raises(BenchError, match=r"no file named ratings.dat"):
        load(tmp_path, format="movielens-1m")


def test_retail_dates_have_their_publishers_form(tmp_path: Path) -> None:
    samples.retail(tmp_path)
    text = (tmp_path / "OnlineRetail.csv").read_text()
    samples.write(tmp_path / "OnlineRetail.csv", text + "536999,22752,DAY FIRST,1,28/12/2010 9:00,1,17850,France\n")
    provenance = load(tmp_path, format="online-retail").provenance
    assert provenance["malformed"] == 1
    assert provenance["malformed_first"] == "OnlineRetail.csv:8: no customer, invoice, date or quantity"
