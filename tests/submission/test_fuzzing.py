"""Whatever bytes come: the readers refuse or read, never crash, and write nowhere else."""

from __future__ import annotations

import contextlib
import json
import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.submission.archive import Member, read_members, unpack, write_archive
from bench.submission.decoding import check_picture, check_table
from bench.submission.form import Entered, check_manifest, read_form
from bench.submission.limits import LIMITS
from bench.submission.reasons import RefusalError
from bench.submission.strict import parse

NAMES = st.text("abc.-_/", min_size=1, max_size=12).map(lambda text: f"runs/{text}.json")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


def take(raw: bytes) -> list[Member]:
    """Read and unpack bytes as an archive; nothing but the folder below may change."""
    with TemporaryDirectory() as name:
        path, folder = Path(name) / "s.zip", Path(name) / "in" / "here"
        folder.mkdir(parents=True)
        path.write_bytes(raw)
        try:
            members = read_members(path)
            unpack(path, members, folder)
        except RefusalError:
            members = []
        outside = {one for one in Path(name).rglob("*") if not one.is_relative_to(folder)}
        assert outside == {path, folder.parent}
        assert sum(one.stat().st_size for one in folder.rglob("*") if one.is_file()) <= len(raw)
        return members


def small() -> bytes:
    with TemporaryDirectory() as name:
        path = Path(name) / "s.zip"
        write_archive(path, {"submission.json": b"{}", "runs/a/run.json": b'{"a": 1}', "runs/b/run.json": b"{}"})
        return path.read_bytes()


SMALL = small()
EDITS = st.lists(st.tuples(st.integers(0, len(SMALL) - 1), st.binary(min_size=1, max_size=4)), min_size=1, max_size=4)


def mutated(raw: bytes, edits: list[tuple[int, bytes]]) -> bytes:
    for place, new in edits:
        raw = raw[:place] + new + raw[place + len(new) :]
    return raw


@settings(max_examples=60)
@given(st.binary(max_size=400))
def test_noise_is_no_archive(raw: bytes) -> None:
    assert take(raw) == []


@settings(max_examples=100)
@given(EDITS)
def test_changed_archives_are_refused_unless_nothing_changed(edits: list[tuple[int, bytes]]) -> None:
    raw = mutated(SMALL, edits)
    members = take(raw)
    if members and raw != SMALL:  # only another name, content or checksum that fits itself can pass
        assert len(members) == 3
        assert len({member.name for member in members}) == 3


@settings(max_examples=60)
@given(st.integers(0, len(SMALL)), st.integers(0, len(SMALL)), st.binary(max_size=30))
def test_cut_and_stretched_archives_are_refused(start: int, end: int, more: bytes) -> None:
    raw = SMALL[:start] + more + SMALL[end:]
    if raw != SMALL:
        assert take(raw) == []


@settings(max_examples=60)
@given(st.dictionaries(NAMES, st.binary(max_size=20).map(lambda raw: b"{" + raw), max_size=4))
def test_what_is_written_is_read_or_refused_by_name(files: dict[str, bytes]) -> None:
    with TemporaryDirectory() as name:
        path, folder = Path(name) / "s.zip", Path(name) / "out"
        folder.mkdir()
        write_archive(path, dict(files))
        try:
            members = read_members(path)
            unpack(path, members, folder)
        except RefusalError as refusal:
            assert refusal.code in {"path-part", "path-parent", "member-duplicate", "path-depth"}
            return
        assert {member.name: (folder / member.name).read_bytes() for member in members} == files


@settings(max_examples=60)
@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_json_is_read_or_refused(raw: bytes) -> None:
    try:
        told = parse(raw, "here")
    except RefusalError:
        return
    assert json.loads(raw) == told


FORM = {"schema": 1, "name": "a", "contact": "a@b.org", "licence": "MIT", "runs": [], "media": {}}
RUN = {"folder": "a", "task": "a", "system": "a", "seed": 0, "files": {}, "figures": {}}


@settings(max_examples=100)
@given(
    st.dictionaries(st.sampled_from([*FORM, "more"]), JSON, max_size=2), st.dictionaries(st.sampled_from([*RUN]), JSON)
)
def test_forms_of_any_type_are_refused(form: dict[str, object], run: dict[str, object]) -> None:
    try:
        read_form({**FORM, "runs": [{**RUN, **run}], **form}, 3)
    except RefusalError:
        return
    raise AssertionError("a run without files was accepted")


@settings(max_examples=100)
@given(st.dictionaries(st.sampled_from(["schema", "key", "task", "system", "seed", "seen", "limit", "figures"]), JSON))
def test_manifests_of_any_type_are_refused(told: dict[str, object]) -> None:
    try:
        check_manifest(told, Entered("a", "a", "a", 0, {}, {}))
    except RefusalError:
        return
    raise AssertionError("a manifest without most keys was accepted")


def little_table() -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({name: pa.array(["a"] * 9) for name in ("case", "path", "failure")}), sink)
    raw: bytes = sink.getvalue().to_pybytes()
    return raw


TABLE = little_table()


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(4, len(TABLE) - 5), st.binary(min_size=1, max_size=3)), min_size=1, max_size=3))
def test_changed_tables_are_read_or_refused(edits: list[tuple[int, bytes]]) -> None:
    with TemporaryDirectory() as name:
        path = Path(name) / "media.parquet"
        path.write_bytes(mutated(TABLE, edits))
        with contextlib.suppress(RefusalError):
            check_table(path, "media.parquet", LIMITS)


@settings(max_examples=60)
@given(st.binary(max_size=300))
def test_pictures_of_noise_are_refused(raw: bytes) -> None:
    with TemporaryDirectory() as name:
        path = Path(name) / "a.png"
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + raw)
        try:
            check_picture(path, "a.png", LIMITS)
        except RefusalError:
            return
    raise AssertionError("noise was taken for a picture")


def test_a_table_of_a_million_names_takes_little(tmp_path: Path) -> None:
    """A central directory that says it is long is refused before it is read."""
    path = tmp_path / "s.zip"
    with path.open("wb") as out:
        out.truncate(1 << 30)
        out.seek((1 << 30) - 22)
        out.write(b"PK\5\6" + bytes(4) + b"\xff\xff\xff\xff" + ((1 << 30) - 22).to_bytes(4, "little") + bytes(6))
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    try:
        read_members(path)
    except RefusalError as refusal:
        assert refusal.code == "member-count"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000
    assert time.process_time() - started < 1
