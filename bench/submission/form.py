"""What a submission says of itself (`submission.json`) and of its runs (`run.json`): keys, types and plain words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.cards import PART
from bench.store import REQUIRED
from bench.store import SCHEMA as RUN_SCHEMA
from bench.submission.reasons import RefusalError
from bench.submission.strict import check_shape

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


def check_sender(name: str, contact: str, licence: str) -> None:
    """Refuse a name, an address or a licence that is not one."""
    if not NAME.fullmatch(name):
        raise RefusalError("submission-name", repr(name))
    if not CONTACT.fullmatch(contact):
        raise RefusalError("submission-contact", repr(contact))
    if not LICENCE.fullmatch(licence) or licence.lower() in NO_LICENCE:
        raise RefusalError("submission-licence", repr(licence))


def read_form(told: Mapping[str, Any], most: int) -> Form:
    """Return the checked content of `submission.json`."""
    place = "submission.json"
    if type(told.get("schema")) is not int or told["schema"] < 1:
        raise RefusalError("submission-schema", f"{place}: schema is {told.get('schema')!r}; expected {SCHEMA}")
    if told["schema"] > SCHEMA:
        raise RefusalError("submission-newer", f"schema {told['schema']} is newer than {SCHEMA}")
    _same_keys(told, FORM, place)
    check_shape(told, FORM, "submission-type", place)
    check_sender(told["name"], told["contact"], told["licence"])
    for number, run in enumerate(told["runs"]):
        _same_keys(run, RUN, f"{place}: runs[{number}]")
        if not {"run.json", "answers.parquet"} <= run["files"].keys() <= {"run.json", "answers.parquet", *OPTIONAL}:
            raise RefusalError("submission-keys", f"{place}: runs[{number}].files: {', '.join(run['files'])}")
    runs = tuple(Entered(**run) for run in told["runs"])
    if not 0 < len({run.folder for run in runs}) == len(runs) <= most:
        raise RefusalError("submission-runs", f"{len(runs)} runs; the limit is {most}, each once")
    return Form(told["name"], told["contact"], told["licence"], runs, told["media"])


def check_manifest(told: Mapping[str, Any], entered: Entered) -> None:
    """Refuse a `run.json` that is not whole, or not of the folder it lies in."""
    place = f"{entered.folder}/run.json"
    if type(told.get("schema")) is int and told["schema"] > RUN_SCHEMA:
        raise RefusalError("manifest-newer", f"{place}: schema {told['schema']} is newer than {RUN_SCHEMA}")
    needed = {name: parts - {"scores.parquet"} for name, parts in REQUIRED.items()}
    for name, parts in {"schema": set[str](), **needed}.items():
        if name not in told or (parts and isinstance(told[name], dict) and not parts <= told[name].keys()):
            raise RefusalError("manifest-keys", f"{place}: {name} is missing or incomplete")
    check_shape(told, MANIFEST, "manifest-type", place)
    if absent := MANIFEST["rendering"].keys() - told.get("rendering", MANIFEST["rendering"]).keys():
        raise RefusalError("manifest-keys", f"{place}: rendering: no {', '.join(sorted(absent))}")
    if told["limit"] is not None:
        raise RefusalError("limited-run", f"{place}: asked {told['limit']} cases")
    if not SYSTEM.fullmatch(told["system"]["name"]):
        raise RefusalError("system-name", f"{place}: {told['system']['name']!r}")
    if not all(PART.fullmatch(part) for part in told["task"]["id"].split("/")):
        raise RefusalError("unknown-task", f"{place}: {told['task']['id']!r}")
    if told["seen"] not in ("keep", "mask"):
        raise RefusalError("manifest-type", f"{place}: seen is {told['seen']!r}; expected keep or mask")
    hashes = {"key": told["key"], "data.fingerprint": told["data"]["fingerprint"]}
    for name, value in hashes.items():
        if not SHA256.fullmatch(value):
            raise RefusalError("manifest-key", f"{place}: {name} is no sha256")
    if not all(SHA256.fullmatch(told["code"][name]) for name in ("asked", "judged", "figures")):
        raise RefusalError("manifest-code", f"{place}: code.asked, judged and figures are not all sha256")
    check_agreement(told, entered, place)


def check_agreement(told: Mapping[str, Any], entered: Entered, place: str) -> None:
    """Refuse a `run.json` that is not of this folder, or tells of other figures or files than `submission.json`."""
    task, system, seed = told["task"]["id"], told["system"]["name"], told["seed"]
    if entered.folder != f"{task}/{system.replace(':', '.')}/{seed}-{told['key'][:12]}":
        raise RefusalError("manifest-folder", f"{entered.folder} is not where {task}, {system}, seed {seed} belongs")
    if (entered.task, entered.system, entered.seed) != (task, system, seed):
        raise RefusalError("manifest-folder", f"{place}: submission.json names another task, system or seed")
    claimed = {name: line["value"] for name, line in told["figures"].items() if "value" in line}
    if dict(entered.figures) != claimed:
        raise RefusalError("figures-disagree", place)
    made = {name: value for name, value in entered.files.items() if name != "run.json"}
    if any(told["files"].get(name) != value for name, value in made.items()):
        raise RefusalError("manifest-files", f"{place}: the sha256 it has of its files are not those of the files")


def _same_keys(told: object, shape: Mapping[str, Any], place: str) -> None:
    if isinstance(told, Mapping) and told.keys() != shape.keys():
        wrong = sorted(told.keys() ^ shape.keys())
        raise RefusalError(
            "submission-keys", f"{place}: expected {', '.join(shape)}; missing or unknown: {', '.join(wrong)}"
        )
