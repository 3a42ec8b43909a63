"""What a submission says of itself (`submission.json`) and of its runs (`run.json`): keys, types and plain words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from bench.cards import PART
from bench.store import REQUIRED
from bench.store import SCHEMA as RUN_SCHEMA
from bench.submission.faults import demand
from bench.submission.reasons import RefusalError
from bench.submission.strict import shape_faults

SCHEMA = 1
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}")
CONTACT = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,8}")
SPDX_ID = r"[A-Za-z0-9][A-Za-z0-9.-]{1,63}\+?"
LICENCE = re.compile(rf"{SPDX_ID}( (AND|OR|WITH) {SPDX_ID}){{0,7}}")
NO_LICENCE = {"none", "noassertion", "unknown", "not-stated", "proprietary"}
SYSTEM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}")
SHA256 = re.compile(r"[0-9a-f]{64}")
OPTIONAL = ("scores.parquet", "media.parquet")

Number = (int, float)
Maybe = (int, float, type(None))
RUN = {"folder": str, "task": str, "system": str, "seed": int, "files": {"*": str}, "figures": {"*": Maybe}}
FORM = {"schema": int, "name": str, "contact": str, "licence": str, "runs": [RUN], "media": {"*": str}}
MANIFEST: dict[str, Any] = {
    "schema": int,
    "key": str,
    "asked": str,
    "task": {"id": str, "version": str, "primary": str, "scorers": [str]},
    "system": {"name": str, "target": str, "config": {}, "changed": {}},
    "seed": int,
    "seen": str,
    "device": {"name": str, "dtype": str},
    "data": {"fingerprint": str},
    "code": {"asked": str, "judged": str, "figures": str},
    "policies": {"level": Number, "resamples": int},
    "counts": {"cases": int, "users": int, "failed": int, "reasons": {"*": int}},
    "figures": {"*": {"value": Maybe, "low": Maybe, "high": Maybe, "cases": int, "users": (int, type(None))}},
    "seconds": {"ask": Number, "attempts": int, "judge": Number},
    "host": {"python": str, "platform": str, "cores": int, "packages": {"*": str}},
    "rendering": {
        "generator": str,
        "config": {},
        "changed": {},
        "cases": (int, type(None)),
        "device": str,
        "dtype": str,
        "fingerprint": str,
        "backbones": {"*": {"*": (str, int, float, bool)}},
    },
    "files": {"*": str},
}


@dataclass(frozen=True, slots=True)
class Entered:
    """One run of a submission: where it lies below `runs/`, the sha256 of its files, and the figures it claims."""

    folder: str
    task: str
    system: str
    seed: int
    files: Mapping[str, str]
    figures: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Form:
    """The content of `submission.json`; `media` maps paths below `runs/media/` to sha256."""

    name: str
    contact: str
    licence: str
    runs: tuple[Entered, ...]
    media: Mapping[str, str]

    def listed(self) -> dict[str, str]:
        """Return every file the archive must hold beside `submission.json`, with its sha256."""
        runs = {f"runs/{run.folder}/{name}": value for run in self.runs for name, value in run.files.items()}
        return {**runs, **{f"runs/media/{name}": value for name, value in self.media.items()}}


def sender_faults(name: str, contact: str, licence: str) -> Iterator[RefusalError]:
    """Yield a name, an address or a licence that is not one."""
    if not NAME.fullmatch(name):
        yield RefusalError("submission-name", repr(name))
    if not CONTACT.fullmatch(contact):
        yield RefusalError("submission-contact", repr(contact))
    if not LICENCE.fullmatch(licence) or licence.lower() in NO_LICENCE:
        yield RefusalError("submission-licence", repr(licence))


def check_sender(name: str, contact: str, licence: str) -> None:
    """Refuse a name, an address or a licence that is not one."""
    demand(sender_faults(name, contact, licence))


def form_faults(told: Mapping[str, Any], most: int) -> Iterator[RefusalError]:
    """Yield why `submission.json` cannot be read: its keys and types, and the runs it lists."""
    place = "submission.json"
    if type(told.get("schema")) is not int or told["schema"] < 1:
        yield RefusalError("submission-schema", f"{place}: schema is {told.get('schema')!r}; expected {SCHEMA}")
        return
    if told["schema"] > SCHEMA:
        yield RefusalError("submission-newer", f"schema {told['schema']} is newer than {SCHEMA}")
        return
    whole = True
    for fault in chain(_other_keys(told, FORM, place), shape_faults(told, FORM, "submission-type", place)):
        whole = False
        yield fault
    if not whole:
        return
    for number, run in enumerate(told["runs"]):
        yield from _other_keys(run, RUN, f"{place}: runs[{number}]")
        files = run.get("files", {}).keys()
        if not {"run.json", "answers.parquet"} <= files <= {"run.json", "answers.parquet", *OPTIONAL}:
            yield RefusalError("submission-keys", f"{place}: runs[{number}].files: {', '.join(files)}")
    number = len(told["runs"])
    if not 0 < len({run.get("folder") for run in told["runs"]}) == number <= most:
        yield RefusalError("submission-runs", f"{number} runs; the limit is {most}, each once")


def make_form(told: Mapping[str, Any]) -> Form:
    """Return the form of a `submission.json` without faults."""
    runs = tuple(Entered(**run) for run in told["runs"])
    return Form(told["name"], told["contact"], told["licence"], runs, told["media"])


def read_form(told: Mapping[str, Any], most: int) -> Form:
    """Return the checked content of `submission.json`."""
    demand(form_faults(told, most))
    check_sender(told["name"], told["contact"], told["licence"])
    return make_form(told)


def check_manifest(told: Mapping[str, Any], entered: Entered) -> None:
    """Refuse a `run.json` that is not whole, or not of the folder it lies in."""
    demand(chain(manifest_faults(told, entered), agreement_faults(told, entered)))


def manifest_faults(told: Mapping[str, Any], entered: Entered) -> Iterator[RefusalError]:
    """Yield why a `run.json` cannot be used: keys and types."""
    place = f"{entered.folder}/run.json"
    if type(told.get("schema")) is int and told["schema"] > RUN_SCHEMA:
        yield RefusalError("manifest-newer", f"{place}: schema {told['schema']} is newer than {RUN_SCHEMA}")
        return
    needed = {name: parts - {"scores.parquet"} for name, parts in REQUIRED.items()}
    for name, parts in {"schema": set[str](), **needed}.items():
        if name not in told or (parts and isinstance(told[name], dict) and not parts <= told[name].keys()):
            yield RefusalError("manifest-keys", f"{place}: {name} is missing or incomplete")
    yield from shape_faults(told, MANIFEST, "manifest-type", place)
    rendering = told.get("rendering", MANIFEST["rendering"])
    if isinstance(rendering, Mapping) and (absent := MANIFEST["rendering"].keys() - rendering.keys()):
        yield RefusalError("manifest-keys", f"{place}: rendering: no {', '.join(sorted(absent))}")
    if isinstance(seen := told.get("seen"), str) and seen not in ("keep", "mask"):
        yield RefusalError("manifest-type", f"{place}: seen is {seen!r}; expected keep or mask")


def agreement_faults(told: Mapping[str, Any], entered: Entered) -> Iterator[RefusalError]:
    """Yield values of a whole `run.json` that no full run has, or that are not of this folder and its files."""
    place = f"{entered.folder}/run.json"
    task, system, seed = told["task"]["id"], told["system"]["name"], told["seed"]
    if told["limit"] is not None:
        yield RefusalError("limited-run", f"{place}: asked {told['limit']} cases")
    if not SYSTEM.fullmatch(system):
        yield RefusalError("system-name", f"{place}: {system!r}")
    if not all(PART.fullmatch(part) for part in task.split("/")):
        yield RefusalError("unknown-task", f"{place}: {task!r}")
    for name, value in {"key": told["key"], "data.fingerprint": told["data"]["fingerprint"]}.items():
        if not SHA256.fullmatch(value):
            yield RefusalError("manifest-key", f"{place}: {name} is no sha256")
    if not all(SHA256.fullmatch(told["code"][name]) for name in ("asked", "judged", "figures")):
        yield RefusalError("manifest-code", f"{place}: code.asked, judged and figures are not all sha256")
    if entered.folder != f"{task}/{system.replace(':', '.')}/{seed}-{told['key'][:12]}":
        yield RefusalError("manifest-folder", f"{entered.folder} is not where {task}, {system}, seed {seed} belongs")
    if (entered.task, entered.system, entered.seed) != (task, system, seed):
        yield RefusalError("manifest-folder", f"{place}: submission.json names another task, system or seed")
    claimed = {name: line["value"] for name, line in told["figures"].items() if "value" in line}
    if dict(entered.figures) != claimed:
        yield RefusalError("figures-disagree", place)
    made = {name: value for name, value in entered.files.items() if name != "run.json"}
    if any(told["files"].get(name) != value for name, value in made.items()):
        yield RefusalError("manifest-files", f"{place}: the sha256 it has of its files are not those of the files")


def _other_keys(told: Mapping[str, Any], shape: Mapping[str, Any], place: str) -> Iterator[RefusalError]:
    if told.keys() != shape.keys():
        wrong = sorted(told.keys() ^ shape.keys())
        yield RefusalError(
            "submission-keys", f"{place}: expected {', '.join(shape)}; missing or unknown: {', '.join(wrong)}"
        )
