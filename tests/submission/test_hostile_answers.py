"""Tables, answers, media and scores that no run has written, and answers that know too much."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from bench.submission.limits import LIMITS
from tests.submission.conftest import Bench
from tests.submission.making import Draft, code_of, judged, packed, sha

Rows = list[dict[str, Any]]


def first(**values: Any) -> Callable[[Rows], object]:
    return lambda rows: rows[0].update(values)


def items(edit: Callable[[list[str]], list[str]]) -> Callable[[Rows], object]:
    return lambda rows: rows[0].update(items=edit(rows[0]["items"]))


def turn(row: dict[str, Any]) -> None:
    row.update(items=row["items"][::-1], ties=row["ties"][::-1])


ANSWERS: dict[str, tuple[str, Callable[[Rows], object]]] = {
    "a case less": ("case-absent", lambda rows: rows.pop()),
    "none": ("case-absent", lambda rows: rows.clear()),
    "a case of its own": ("case-unknown", first(case="nobody")),
    "no case": ("case-unknown", first(case=None)),
    "a case twice": ("case-duplicate", lambda rows: rows.append(rows[0])),
    "out of order": ("case-order", lambda rows: rows.reverse()),
    "unknown kind": ("answer-kind", first(kind="oracle")),
    "kind of another task": ("answer-kind", first(kind="instruction", items=None, ties=None, rest=None, text="a")),
    "a path": ("answer-media", first(kind="media", items=None, ties=None, rest=None, path="/etc/passwd")),
    "fields of two kinds": ("answer-fields", first(failure="no")),
    "empty": ("answer-empty", first(items=[], ties=[], rest=0)),
    "twice": ("ranking-duplicate", items(lambda old: [old[0], *old])),
    "unknown item": ("ranking-unknown-item", items(lambda old: ["<b>", *old])),
    "ties that do not add up": ("ranking-ties", first(ties=[1, 1])),
    "a negative tie": ("ranking-ties", first(ties=[-1, 31])),
    "rest": ("ranking-rest", first(rest=2**31 - 1)),
    "short": ("ranking-shallow", lambda rows: rows[0].update(items=rows[0]["items"][:3], ties=[], rest=0)),
    "turned round": ("scores-differ", lambda rows: [turn(row) for row in rows]),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_answers(what: str, bench: Bench, draft: Callable[[], Draft], tmp_path: Path) -> None:
    code, change = ANSWERS[what]
    verdict = judged(draft().change(change).seal().write(tmp_path / "s.zip"), bench.tiny)
    assert code_of(verdict) == code, str(verdict.refused)


def test_excluded_items(bench: Bench, tmp_path: Path) -> None:
    made = Draft(packed([bench.run(bench.tiny, "popularity")], tmp_path / "kept.zip"))
    made.change(lambda rows: [row.update(rest=0) for row in rows])
    made.manifest["seen"] = "mask"
    assert code_of(judged(made.seal().write(tmp_path / "s.zip"), bench.tiny)) == "ranking-excluded"


def bomb(draft: Draft) -> None:
    """A long word, once in the file and in every row of a table of more than a gigabyte."""
    table = pa.table(
        {
            field.name: pa.DictionaryArray.from_arrays(pa.array(np.zeros(20_000, np.int32)), ["x" * 2**16])
            if field.name == "text"
            else pa.nulls(20_000, field.type)
            for field in pa.Table.from_pylist([], answers_schema(draft)).schema
        }
    )
    draft.put_raw(table, store_schema=False)


def newer(draft: Draft) -> pa.Table:
    return pa.Table.from_pylist(draft.table(), answers_schema(draft)).replace_schema_metadata({"navibench": "99"})


def answers_schema(draft: Draft) -> pa.Schema:
    import pyarrow.parquet as pq

    schema: pa.Schema = pq.read_schema(pa.BufferReader(draft.files[draft.place("answers.parquet")]))
    return schema


def cast(column: str, kind: pa.DataType) -> Callable[[Draft], object]:
    def change(draft: Draft) -> None:
        rows = draft.table()
        for row in rows:
            row[column] = None
        schema = answers_schema(draft)
        place = schema.get_field_index(column)
        draft.put_raw(pa.Table.from_pylist(rows, schema.set(place, pa.field(column, kind))))

    return change


def raw(edit: Callable[[bytes], bytes]) -> Callable[[Draft], object]:
    def change(draft: Draft) -> None:
        draft.files[draft.place("answers.parquet")] = edit(draft.files[draft.place("answers.parquet")])

    return change


TABLES: dict[str, tuple[str, Callable[[Draft], object]]] = {
    "no end": ("parquet-magic", raw(lambda old: old[:-4])),
    "endless footer": ("parquet-footer", raw(lambda old: old[:-8] + b"\xff\xff\xff\x7f" + b"PAR1")),
    "a footer of noise": ("parquet-broken", raw(lambda old: old[:-200] + b"\x15" * 192 + old[-8:])),
    "pages of noise": ("parquet-broken", raw(lambda old: b"PAR1" + b"\x15\x04" * 40 + old[84:])),
    "a column less": ("parquet-columns", lambda draft: draft.put_raw(pa.table({"case": ["a"]}))),
    "numbers as text": ("parquet-types", cast("rest", pa.string())),
    "nested": ("parquet-types", cast("terms", pa.list_(pa.list_(pa.string())))),
    "a struct": ("parquet-types", cast("text", pa.struct([("a", pa.string())]))),
    "a dictionary": ("parquet-types", cast("text", pa.dictionary(pa.int32(), pa.string()))),
    "long text": ("parquet-text", lambda draft: draft.change(first(failure="x" * 10**5))),
    "holes in a list": ("parquet-broken", lambda draft: draft.change(first(items=["i001", None]))),
    "a bomb of one word": ("parquet-text", bomb),
    "newer": ("parquet-newer", lambda draft: draft.put_raw(newer(draft))),
}


@pytest.mark.parametrize("what", TABLES)
def test_tables(what: str, bench: Bench, draft: Callable[[], Draft], tmp_path: Path) -> None:
    code, change = TABLES[what]
    made = draft()
    change(made)
    verdict = judged(made.seal().write(tmp_path / "s.zip"), bench.tiny)
    assert code_of(verdict) == code, str(verdict.refused)


def test_a_bomb_ends_in_a_process_of_its_own(bench: Bench, draft: Callable[[], Draft], tmp_path: Path) -> None:
    made = draft()
    bomb(made)
    path = made.seal().write(tmp_path / "s.zip")
    assert path.stat().st_size < 100_000
    for code, limits in {
        "parquet-expands": replace(LIMITS, text=2**30, decoded=2**26),
        "decoding-died": replace(LIMITS, memory=2**27),
    }.items():
        assert code_of(judged(path, bench.tiny, apart=True, limits=limits)) == code
    hurried = judged(path, bench.tiny, apart=True, limits=replace(LIMITS, seconds=0))
    assert code_of(hurried) == "decoding-died"


def metric(value: float | None) -> Callable[[Rows], object]:
    return lambda rows: rows[3].update({"mrr@5": value})


SCORES: dict[str, tuple[str, Callable[[Rows], object]]] = {
    "a better score": ("scores-differ", metric(1.5)),
    "a hair": ("scores-differ", lambda rows: rows[3].update({"mrr@5": np.nextafter(rows[3]["mrr@5"], 2)})),
    "no score": ("scores-differ", metric(None)),
    "NaN": ("scores-not-finite", metric(float("nan"))),
    "infinite": ("scores-not-finite", metric(float("inf"))),
    "another user": ("scores-cases", first(user="u999")),
    "another slice": ("scores-differ", first(slice_history="none")),
    "a case twice": ("scores-columns", lambda rows: rows.append(rows[0])),
}


@pytest.mark.parametrize("what", SCORES)
def test_scores(what: str, bench: Bench, draft: Callable[[], Draft], tmp_path: Path) -> None:
    code, change = SCORES[what]
    verdict = judged(draft().change(change, "scores.parquet").seal().write(tmp_path / "s.zip"), bench.tiny)
    assert code_of(verdict) == code, str(verdict.refused)


def picture_of(width: int, height: int) -> bytes:
    sink = io.BytesIO()
    Image.new("RGB", (width, height)).save(sink, "PNG")
    return sink.getvalue()


def claims(width: int, height: int) -> bytes:
    """A few bytes of PNG that say how large the picture is."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = b"IDAT" + zlib.compress(bytes(100))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in (head, body)
    )


def replaced(content: bytes) -> Callable[[Draft], object]:
    def change(draft: Draft) -> None:
        name = sorted(draft.form["media"])[0]
        draft.files[f"runs/media/{name}"] = content
        draft.form["media"][name] = sha(content)

    return change


def taken(draft: Draft) -> None:
    name = sorted(draft.form["media"])[0]
    del draft.files[f"runs/media/{name}"], draft.form["media"][name]


def media_table(edit: Callable[[Rows], object]) -> Callable[[Draft], object]:
    return lambda draft: draft.change(edit, "media.parquet").seal()


MEDIA: dict[str, tuple[str, Callable[[Draft], object]]] = {
    "broken": ("media-broken", replaced(picture_of(8, 8)[:40])),
    "only a head": ("media-broken", replaced(b"\x89PNG\r\n\x1a\n")),
    "too large": ("media-size", replaced(picture_of(5000, 1))),
    "a billion pixels": ("media-size", replaced(claims(60_000, 60_000))),
    "one missing": ("media-absent", taken),
    "of another case": ("media-place", media_table(lambda rows: rows[0].update(path=rows[1]["path"]))),
    "path out": ("media-place", media_table(first(path="../../etc/passwd"))),
    "absolute path": ("media-place", media_table(first(path="/etc/passwd"))),
    "unknown case": ("media-unknown-case", media_table(first(case="nobody"))),
    "chosen": ("media-absent", media_table(lambda rows: rows.pop())),
    "all but one word": ("media-place", lambda draft: draft.change(word).seal()),
    "empty text": ("answer-empty", lambda draft: draft.change(first(text=" ")).seal()),
}


def word(rows: Rows) -> None:
    for row in rows:
        row["text"] += " please"


@pytest.mark.parametrize("what", MEDIA)
def test_media(what: str, bench: Bench, picture: Callable[[], Draft], tmp_path: Path) -> None:
    code, change = MEDIA[what]
    made = picture()
    change(made)
    verdict = judged(made.write(tmp_path / "s.zip"), *bench.cards)
    assert code_of(verdict) == code, str(verdict.refused)
