"""A user's own log as a task: columns, determinism, atomicity, and a card that loads."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import source_samples as samples
from own_log import ROWS, csv, run

from bench.catalogue import resolve
from bench.config import read_card
from bench.errors import BenchError
from tasks.ingest.importer import Terms, import_log
from tasks.ingest.table import Columns
from tasks.ingest.write import whole_folder
from tasks.load import load


def parquet(path: Path, rows: list[tuple[str, str, int]] = ROWS) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    users, items, times = zip(*rows, strict=True)
    pq.write_table(pa.table({"customer_id": users, "sku": items, "purchase_date": times}), path)
    return path


def test_card_loads_and_gives_the_same_log(tmp_path: Path) -> None:
    made = run(csv(tmp_path / "log.csv"), tmp_path / "out")
    assert (made.users, made.items, made.events, made.testable_users) == (12, 11, 60, 12)
    card = read_card(made.card)
    assert (card.id, card.kind, card.primary) == ("product/mine/next-item", "next-item", "ndcg@10")
    dataset = resolve(card.data.loader)(made.folder, **card.data.options)
    (first,) = [one for one in dataset.examples if one.query.user == "u0"]
    assert first.query.history + first.targets == tuple(item for user, item, _ in ROWS if user == "u0")
    record = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert record["columns"]["user"] == "user_id" and record["order"] == "time"


def test_csv_semicolons_tabs_parquet_and_recbole_give_equal_bytes(tmp_path: Path) -> None:
    reversed_rows = sorted(ROWS, key=lambda row: (row[2], row[0]), reverse=True)
    sources = [
        csv(tmp_path / "a.csv"),
        csv(tmp_path / "b.csv", "USER ID,Item,Time", reversed_rows),
        samples.write(tmp_path / "c.csv", "user;item;ts\n" + "".join(f"{u};{i};{t}\n" for u, i, t in ROWS)),
        samples.write_gz(tmp_path / "d.tsv.gz", "uid\tasin\tdate\n" + "".join(f"{u}\t{i}\t{t}\n" for u, i, t in ROWS)),
        parquet(tmp_path / "e.parquet"),
        samples.write(
            tmp_path / "f.inter",
            "user_id:token\titem_id:token\ttimestamp:float\n" + "".join(f"{u}\t{i}\t{t}\n" for u, i, t in ROWS),
        ),
    ]
    folders = [run(source, tmp_path / f"out-{index}").folder for index, source in enumerate(sources)]
    for name in ("sequences.tsv.gz", "items.jsonl.gz"):
        assert len({(folder / name).read_bytes() for folder in folders}) == 1
        assert (folders[0] / name).read_bytes()[3:8] == bytes(5), "no name and no time in the gzip header"
    assert not list(tmp_path.glob(".out*"))


@pytest.mark.parametrize(
    ("header", "columns", "message"),
    [
        ("who,item,time", Columns(), r"none is obviously the user; name it with user=COLUMN. Columns: who, item, time"),
        ("user,customer_id,time", Columns(), r"several could be the user \(user, customer_id\)"),
        ("user,item,when", Columns(), r"none is obviously the time.*or time=none"),
        ("user,item,time", Columns(user="usr"), r"no column 'usr' for the user; it has: user, item, time"),
        ("user,item,time", Columns(value="stars"), r"no column 'stars' for the value"),
        ("user,user,time", Columns(), r"two columns have one name"),
    ],
)
def test_columns_are_guessed_only_where_there_is_one_guess(
    tmp_path: Path, header: str, columns: Columns, message: str
) -> None:
    with pytest.raises(BenchError, match=message):
        run(csv(tmp_path / "log.csv", header), tmp_path / "out", Terms(columns=columns))
    assert not (tmp_path / "out").exists()


def test_named_columns_and_rows_in_order(tmp_path: Path) -> None:
    source = csv(tmp_path / "log.csv", "who,what,when")
    made = run(source, tmp_path / "out", Terms(columns=Columns(user="who", item="what", time="none")))
    assert made.columns == {"user": "who", "item": "what"}
    assert json.loads((tmp_path / "out" / "provenance.json").read_text())["order"] == "rows of the file"


def test_nan_ids_are_refused_or_counted(tmp_path: Path) -> None:
    source = csv(tmp_path / "log.csv", rows=[*ROWS, ("nan", "i1", 1_500_000_000), ("u1", "", 1_500_000_000)])
    with pytest.raises(BenchError, match=r"log.csv:62: empty or NaN user_id; mend or remove"):
        run(source, tmp_path / "out")
    made = run(source, tmp_path / "out", Terms(strict=False))
    assert made.counts["malformed"] == 2
    assert made.counts["malformed.empty or NaN item_id"] == "1, first at log.csv:63"


def test_parquet_with_nan_and_float_ids(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(
        pa.table({"user": [1.0, 1.0, 1.0, None], "item": [5, 6, 7, 8], "time": [1, 2, 3, 4]}), tmp_path / "l.pq"
    )
    with pytest.raises(BenchError, match=r"l.pq:4: empty or NaN user"):
        run(tmp_path / "l.pq", tmp_path / "out")
    run(tmp_path / "l.pq", tmp_path / "out", Terms(strict=False))
    assert gzip.decompress((tmp_path / "out" / "sequences.tsv.gz").read_bytes()) == b"1\t5 6 7\n"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("empty.csv", "", "is empty"),
        ("header.csv", "user,item,time\n", "holds no usable event"),
        ("times.csv", "user,item,time\nu,a,soon\n", "times.csv:2: time is no time"),
        ("short.csv", "user,item,time\nu,a,1\nu,b,2\n", "no user has 3 events"),
        ("wide.csv", "user,item,time\nu,a\n", "wide.csv:2: wrong number of columns"),
        ("log.xlsx", "PK", "unknown kind of table '.xlsx'"),
        ("utf16.csv", "u\0s\0e\0r\0", "zero bytes"),
    ],
)
def test_bad_tables_are_one_line_and_leave_nothing(tmp_path: Path, name: str, text: str, message: str) -> None:
    samples.write(tmp_path / name, text)
    with pytest.raises(BenchError, match=message) as caught:
        run(tmp_path / name, tmp_path / "out")
    assert name in str(caught.value) and "\n" not in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]


def test_missing_log_and_taken_target(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="no such file"):
        run(tmp_path / "log.csv", tmp_path / "out")
    samples.write(tmp_path / "out" / "precious.txt", "x")
    with pytest.raises(BenchError, match="exists already"):
        run(csv(tmp_path / "log.csv"), tmp_path / "out")
    assert (tmp_path / "out" / "precious.txt").read_text() == "x"


def test_a_crash_leaves_no_half_written_folder(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), whole_folder(tmp_path / "out") as stage:
        samples.write(stage / "sequences.tsv.gz", "half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("domain", "name"), [("Product", "x"), ("a/b", "x"), ("own", ".."), ("own", ""), ("own", "a b")]
)
def test_names_are_slugs(tmp_path: Path, domain: str, name: str) -> None:
    with pytest.raises(BenchError, match="expected lower-case letters"):
        import_log(csv(tmp_path / "log.csv"), tmp_path / "out", name=name, domain=domain)


def test_items_from_a_table_and_from_json_lines(tmp_path: Path) -> None:
    source = csv(tmp_path / "log.csv")
    table = samples.write(
        tmp_path / "items.csv", 'sku,Product Name,description,colour\ni1,"Lamp, big",Warm,red\ni99,X,,\n'
    )
    run(source, tmp_path / "one", items=table)
    lines = samples.write(
        tmp_path / "items.jsonl", '{"id": "i1", "title": "Lamp, big", "caption": "Warm", "colour": "red"}\n'
    )
    run(source, tmp_path / "two", items=lines)
    for name in ("one", "two"):
        items = load(tmp_path, folder=name).train.items
        assert (items["i1"].title, items["i1"].caption) == ("Lamp, big", "Warm")
        assert items["i1"].attributes == {"colour": ("red",)}
        assert "i99" not in items


def test_min_events_core_and_min_value(tmp_path: Path) -> None:
    rows = [(user, item, when) for user in "abc" for when, item in enumerate("pqrst")] + [("d", "p", 1), ("d", "zz", 2)]
    source = csv(tmp_path / "log.csv", rows=rows)
    assert run(source, tmp_path / "all").users == 4
    fewer = run(source, tmp_path / "min", Terms(min_events=3))
    assert (fewer.users, fewer.counts["dropped_short_users"]) == (3, 1)
    core = run(source, tmp_path / "core", Terms(core=3))
    assert (core.users, core.items, core.counts["dropped_by_core"]) == (3, 5, 2)
    late = run(source, tmp_path / "late", Terms(columns=Columns(value="timestamp"), min_value=2))
    assert late.events == 10


def test_ids_with_blanks_become_one_word_and_keep_their_text(tmp_path: Path) -> None:
    rows = [("u", item, when) for when, item in enumerate(["Red shirt", "Blue hat", "sock"])]
    made = run(csv(tmp_path / "log.csv", rows=rows), tmp_path / "out")
    items = load(tmp_path, folder="out").train.items
    assert list(items) == ["Blue_hat", "Red_shirt", "sock"] and items["Red_shirt"].title == "Red shirt"
    assert made.counts["renamed_items"] == 2
    clash = [("u", item, when) for when, item in enumerate(["Red shirt", "Red_shirt", "sock"])]
    with pytest.raises(BenchError, match="differ only in blanks"):
        run(csv(tmp_path / "log.csv", rows=clash), tmp_path / "out-2")


def test_baskets_give_a_next_basket_task(tmp_path: Path) -> None:
    text = "user,item,time,order\nu,a,1,x\nu,b,1,x\nu,c,2,y\nu,a,3,z\nu,d,3,z\n"
    source = samples.write(tmp_path / "log.csv", text)
    made = run(source, tmp_path / "out", Terms(columns=Columns(basket="order")))
    card = read_card(made.card)
    assert card.id == "product/mine/next-basket"
    (example,) = resolve(card.data.loader)(made.folder, **card.data.options).examples
    assert example.targets == ("a", "d") and example.query.history == ("a", "b", "c")
    with pytest.raises(BenchError, match="needs a time column"):
        run(source, tmp_path / "other", Terms(columns=Columns(basket="order", time="none")))


def test_events_outside_baskets_are_baskets_by_themselves(tmp_path: Path) -> None:
    text = "user,item,time,order\nu,a,1,x\nu,b,1,x\nu,c,2,\nu,d,3,\n"
    made = run(samples.write(tmp_path / "log.csv", text), tmp_path / "out", Terms(columns=Columns(basket="order")))
    dataset = load(made.folder, format="log", split="basket")
    assert dataset.train.sequences["u"] == ("a", "b")
    assert dataset.train.validation[0].targets == ("c",) and dataset.examples[0].targets == ("d",)


def test_a_known_format_is_imported_from_its_folder(tmp_path: Path) -> None:
    samples.steam(tmp_path / "raw")
    made = run(tmp_path / "raw", tmp_path / "out", Terms(format="steam"))
    assert (made.users, made.events) == (1, 3)
    assert load(tmp_path, folder="out").train.items["10"].title == "Lost Summoner"
    with pytest.raises(BenchError, match="reads a folder"):
        run(tmp_path / "raw" / "steam_games.json.gz", tmp_path / "x", Terms(format="steam"))
    with pytest.raises(BenchError, match="knows its own columns"):
        run(tmp_path / "raw", tmp_path / "x", Terms(format="steam", columns=Columns(user="u")))


def test_awkward_text_survives_the_card(tmp_path: Path) -> None:
    licence = 'CC "BY" \\ 4.0 \x7f é'
    made = import_log(csv(tmp_path / "log.csv"), tmp_path / "a b", name="mine", licence=licence)
    assert read_card(made.card).licence == licence
