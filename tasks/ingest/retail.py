"""UCI Online Retail (I and II) as csv or tsv: invoices of a gift-ware shop."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from bench.api import Item, Setting
from bench.errors import BenchError
from tasks.ingest.lines import need_file
from tasks.ingest.rows import Event, Notes, Raw
from tasks.ingest.tables import Row, Table, open_text
from tasks.ingest.values import as_text, parse_id, parse_number, parse_time, parse_written

NAMES: Mapping[str, tuple[str, ...]] = {
    "invoice": ("InvoiceNo", "Invoice"),
    "item": ("StockCode",),
    "text": ("Description",),
    "quantity": ("Quantity",),
    "time": ("InvoiceDate",),
    "user": ("CustomerID", "Customer ID"),
}
DATE = "%m/%d/%Y %H:%M"
"""The publisher's own form ("12/1/2010 8:26"); a sheet saved by other means has ISO dates, as edition II has."""

PRODUCT = re.compile(r"\d{5}[A-Za-z]{0,2}")


def read(folder: Path, notes: Notes) -> Raw:
    """Read the one csv, tsv or txt file of the folder.

    Excluded by rule and counted apart from malformed rows, because the shop writes them on purpose: rows without a
    customer, cancelled invoices (C...), stock codes that are no product (postage, fees), returns. Value: quantity.
    """
    path = need_file(folder, "*.csv", "*.csv.gz", "*.tsv", "*.tsv.gz", "*.txt")
    table = open_text(path, notes, "," if ".csv" in path.name else "\t")
    names = {key: _column(table, choices) for key, choices in NAMES.items()}
    texts: dict[str, Counter[str]] = defaultdict(Counter)
    counts: dict[str, Setting] = {}
    return Raw((path,), partial(_events, table, names, texts, counts, notes), partial(_items, texts), extra=counts)


def _column(table: Table, choices: tuple[str, ...]) -> str:
    for name in choices:
        if name in table.columns:
            return name
    raise BenchError(f"{table.path}: no column {' or '.join(choices)}; it has: {', '.join(table.columns[:20])}")


def _events(
    table: Table,
    names: Mapping[str, str],
    texts: dict[str, Counter[str]],
    counts: dict[str, Setting],
    notes: Notes,
) -> Iterator[Event]:
    for number, full in table.rows():
        row = {key: full[name] for key, name in names.items()}
        if why := _excluded(row):
            counts[f"excluded.{why}"] = int(counts.get(f"excluded.{why}", 0)) + 1
            continue
        user, item, time = parse_id(row["user"]).removesuffix(".0"), _code(row), _time(row)
        invoice, quantity = parse_id(row["invoice"]), parse_number(row["quantity"])
        if not user or not invoice or time is None or quantity is None:
            notes.drop("no customer, invoice, date or quantity", table.path, number)
        else:
            texts[item][as_text(row["text"])] += 1
            yield Event(user, item, time, invoice, quantity)


def _time(row: Row) -> float | None:
    time = parse_time(row["time"])
    return parse_written(as_text(row["time"]), DATE) if time is None else time


def _code(row: Row) -> str:
    return parse_id(row["item"]).upper()


def _excluded(row: Row) -> str:
    """Return why the shop's own row is no purchase of a product by a known customer, or ""."""
    if not as_text(row["user"]):
        return "no_customer"
    if as_text(row["invoice"]).upper().startswith("C"):
        return "cancelled"
    if not PRODUCT.fullmatch(_code(row)):
        return "no_product"
    quantity = parse_number(row["quantity"])
    return "returned" if quantity is not None and quantity <= 0 else ""


def _items(texts: Mapping[str, Counter[str]]) -> Iterator[Item]:
    """Yield products by their most frequent description (equal counts: first in order of the alphabet)."""
    for name, counts in texts.items():
        text = min(counts, key=lambda one: (-counts[one], one))
        yield Item(name, text.title(), attributes={"raw_title": (text,)} if text else {})
