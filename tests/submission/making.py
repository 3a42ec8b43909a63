"""Submissions for tests: made of real runs, then changed in one way and sealed again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bench import catalogue
from bench.api import Dataset
from bench.config import plain, to_toml
from bench.io import digest
from bench.listing import Suite
from bench.plan import plan
from bench.pose import load
from bench.runner import run_job
from bench.store import Run, canonical_lines
from bench.submission.archive import read_members, write_archive
from bench.submission.cards import Cards
from bench.submission.decoding import decode_all
from bench.submission.limits import LIMITS, Limits
from bench.submission.pack import pack
from bench.submission.verify import Verdict, verify

SENDER = {"name": "A system", "contact": "a@example.org", "licence": "CC-BY-4.0"}
LOADED: dict[str, Dataset] = {}


def world_card(
    folder: Path, kind: str, generator: str, primary: str = "attribute-f1", more: tuple[str, ...] = ()
) -> Path:
    """Write a card of a small planted world and return its path."""
    card = plain(catalogue.task(f"product/world/{kind}"))
    card |= {"id": f"test/world/{kind}", "fingerprint": "", "generator": generator, "backbones": {}, "notes": ""}
    card |= {"scorers": ["term-f1", "attribute-f1", *more], "primary": primary}
    card["data"]["options"] |= {"media": "none", "items": 120, "users": 80}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{kind}.toml").write_text(to_toml(card))
    return folder / f"{kind}.toml"


def make_run(card: Path, system: str, out: Path, *assign: str, seed: int = 0, limit: int | None = None) -> Run:
    """Return the finished run of a system on a card file."""
    job = plan(Suite("", (str(card),), (system,), (seed,)), limit, assign)[0][0]
    if str(card) not in LOADED:
        LOADED[str(card)] = load(job, None)
    return run_job(job, LOADED[str(card)], out)[0]


class Draft:
    """The files of a submission in memory; `seal` makes hashes, keys and folders agree again."""

    def __init__(self, path: Path, number: int = 0) -> None:
        """`number`: which of the runs is to be changed."""
        raw = path.read_bytes()
        self.files = {one.name: raw[one.start : one.start + one.size] for one in read_members(path)}
        self.form: dict[str, Any] = json.loads(self.files.pop("submission.json"))
        self.entered: dict[str, Any] = self.form["runs"][number]
        self.folder: str = self.entered["folder"]
        self.manifest: dict[str, Any] = json.loads(self.files[self.place("run.json")])

    def place(self, name: str) -> str:
        return f"runs/{self.folder}/{name}"

    def table(self, name: str = "answers.parquet") -> list[dict[str, Any]]:
        return pq.read_table(pa.BufferReader(self.files[self.place(name)])).to_pylist()

    def put_table(self, rows: list[dict[str, Any]], name: str = "answers.parquet") -> Draft:
        schema = pq.read_schema(pa.BufferReader(self.files[self.place(name)]))
        return self.put_raw(pa.Table.from_pylist(rows, schema), name)

    def put_raw(self, table: pa.Table, name: str = "answers.parquet", **how: Any) -> Draft:
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd", **how)
        self.files[self.place(name)] = sink.getvalue().to_pybytes()
        return self

    def change(self, edit: Callable[[list[dict[str, Any]]], object], name: str = "answers.parquet") -> Draft:
        rows = self.table(name)
        edit(rows)
        return self.put_table(rows, name)

    def seal(self, rekey: bool = True) -> Draft:
        """Make everything agree: hashes in run.json, its key, the folder's name, the form."""
        entered, told = self.entered, self.manifest
        for name in entered["files"]:
            if name != "run.json":
                told["files"][name] = sha(self.files[self.place(name)])
        if rekey:
            parts = ("task", "system", "seed", "limit", "seen", "device", "rendering")
            asked = {part: told[part] for part in parts if part in told}
            told["key"] = digest({**asked, "data": told["data"]["fingerprint"], "code": told["code"]["asked"]})
        system = told["system"]["name"].replace(":", ".")
        self.move(f"{told['task']['id']}/{system}/{told['seed']}-{told['key'][:12]}")
        entered |= {"task": told["task"]["id"], "system": told["system"]["name"], "seed": told["seed"]}
        entered["figures"] = {name: line["value"] for name, line in told["figures"].items()}
        return self.put_manifest(canonical_lines(told).encode())

    def put_manifest(self, raw: bytes) -> Draft:
        self.files[self.place("run.json")] = raw
        self.entered["files"] = {name: sha(self.files[self.place(name)]) for name in self.entered["files"]}
        return self

    def move(self, folder: str) -> None:
        old, self.folder = f"runs/{self.folder}/", folder
        self.files = {
            (f"runs/{folder}/{name.removeprefix(old)}" if name.startswith(old) else name): raw
            for name, raw in self.files.items()
        }
        self.entered["folder"] = folder

    def write(self, path: Path, form: bytes | None = None) -> Path:
        told = canonical_lines(self.form).encode() if form is None else form
        write_archive(path, {**self.files, "submission.json": told})
        return path


def sha(raw: bytes) -> str:
    from hashlib import sha256

    return sha256(raw).hexdigest()


def packed(runs: list[Run], to: Path, media: bool = False) -> Path:
    pack([run.folder for run in runs], to, **SENDER, media=media)
    return to


def judged(
    path: Path, *cards: Path, against: Path | None = None, limits: Limits = LIMITS, apart: bool = False
) -> Verdict:
    """Return the verdict, decoding in this process unless `apart`."""
    trusted = Cards(None, cards)
    trusted.loaded = {trusted_id(card): LOADED[str(card)] for card in cards if str(card) in LOADED}
    return (
        verify(path, trusted, against, limits) if apart else verify(path, trusted, against, limits, decode=decode_all)
    )


def trusted_id(card: Path) -> str:
    return catalogue.task(str(card)).id


def code_of(verdict: Verdict) -> str:
    return verdict.refused.code if verdict.refused else "accepted"
