"""Hostile JSON, forms and manifests: wrong types, wrong names, edited claims; and nothing they name is imported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.submission.limits import LIMITS
from bench.submission.reasons import RefusalError
from bench.submission.strict import parse
from tests.submission.conftest import Bench
from tests.submission.making import Draft, code_of, judged, make_run, packed

JSON = {
    "NaN": ("json-not-finite", b'{"a": NaN}'),
    "minus infinity": ("json-not-finite", b'{"a": [-Infinity]}'),
    "1e999": ("json-not-finite", b'{"a": 1e999}'),
    "huge whole number": ("json-number", b'{"a": ' + b"9" * 5000 + b"}"),
    "endless fraction": ("json-number", b'{"a": 0.' + b"1" * 5000 + b"}"),
    "two keys": ("json-duplicate-key", b'{"a": 1, "b": {"c": 1, "c": 2}}'),
    "deep lists": ("json-depth", b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "deep objects": ("json-depth", b'{"a":' * 90_000 + b"1" + b"}" * 90_000),
    "not UTF-8": ("json-encoding", b'{"a": "\xff"}'),
    "half a pair": ("json-encoding", b'{"a": "\\ud800"}'),
    "cut short": ("json-syntax", b'{"a": [1, 2'),
    "list": ("json-syntax", b"[1]"),
    "open string of escapes": ("json-syntax", b'{"a": "' + b'\\"' * 400_000),
    "two values": ("json-syntax", b"{} {}"),
}


@pytest.mark.parametrize("what", JSON)
def test_json_is_strict(what: str) -> None:
    code, raw = JSON[what]
    with pytest.raises(RefusalError) as caught:
        parse(raw, "here", replace(LIMITS, manifest=10**7))
    assert caught.value.code == code


def form(**changed: Any) -> Callable[[Draft], object]:
    return lambda draft: draft.form.update(changed)


def run(**changed: Any) -> Callable[[Draft], object]:
    return lambda draft: draft.form["runs"][0].update(changed)


FORMS: dict[str, tuple[str, Callable[[Draft], object]]] = {
    "no schema": ("submission-schema", lambda draft: draft.form.pop("schema")),
    "schema in words": ("submission-schema", form(schema="1")),
    "newer": ("submission-newer", form(schema=2)),
    "more keys": ("submission-keys", form(prize="first")),
    "fewer keys": ("submission-keys", lambda draft: draft.form.pop("media")),
    "runs of another type": ("submission-type", form(runs={"a": 1})),
    "name of another type": ("submission-type", form(name=["a"])),
    "seed that is true": ("submission-type", run(seed=True)),
    "figure in words": ("submission-type", lambda draft: draft.form["runs"][0]["figures"].update({"mrr@5": "1"})),
    "HTML in the name": ("submission-name", form(name="<script>alert(1)</script>")),
    "Markdown in the name": ("submission-name", form(name="[x](javascript:y)")),
    "no name": ("submission-name", form(name="")),
    "no address": ("submission-contact", form(contact="me")),
    "two lines of address": ("submission-contact", form(contact="a@b.org\nBcc: c@d.org")),
    "no licence": ("submission-licence", form(licence="NONE")),
    "licence in words": ("submission-licence", form(licence="free for all!")),
    "no runs": ("submission-runs", form(runs=[], media={})),
    "no answers": ("submission-keys", lambda draft: draft.form["runs"][0]["files"].pop("answers.parquet")),
    "another file": ("submission-keys", lambda draft: draft.form["runs"][0]["files"].update({"x.parquet": "0"})),
    "folder elsewhere": ("file-unlisted", run(folder="../../etc")),
}


@pytest.mark.parametrize("what", FORMS)
def test_forms(what: str, bench: Bench, draft: Callable[[], Draft], tmp_path: Path) -> None:
    code, change = FORMS[what]
    made = draft()
    change(made)
    verdict = judged(made.write(tmp_path / "s.zip"), bench.tiny)
    assert code_of(verdict) == code, str(verdict.refused)


def put(*path: str, value: Any) -> Callable[[dict[str, Any]], object]:
    """Return a change of a manifest's value; `value` of GONE takes the key away."""

    def change(told: dict[str, Any]) -> None:
        for name in path[:-1]:
            told = told[name]
        if value is GONE:
            del told[path[-1]]
        else:
            told[path[-1]] = value

    return change


def better(line: dict[str, Any]) -> None:
    line["value"] += 1e-8


GONE = object()
WHOLE = {
    **{"generator": "", "config": {}, "changed": {}, "cases": None, "device": "cpu", "dtype": "float32"},
    **{"fingerprint": "", "backbones": {}},
}
MANIFESTS: dict[str, tuple[str, Callable[[dict[str, Any]], object]]] = {
    "half a rendering": ("manifest-keys", put("rendering", value={"generator": ""})),
    "newer": ("manifest-newer", put("schema", value=99)),
    "no host": ("manifest-keys", put("host", value=GONE)),
    "no code": ("manifest-keys", put("code", "judged", value=GONE)),
    "task in words": ("manifest-type", put("data", value="x")),
    "scorers in words": ("manifest-type", put("task", "scorers", value="mrr@5")),
    "counts that are true": ("manifest-type", put("counts", "failed", value=True)),
    "figure as a list": ("manifest-type", put("figures", "mrr@5", "value", value=[1])),
    "seen": ("manifest-type", put("seen", value="both")),
    "limited": ("limited-run", put("limit", value=10)),
    "code unnamed": ("manifest-code", put("code", "judged", value="latest")),
    "key": ("manifest-key", put("key", value="latest")),
    "key of another run": ("manifest-folder", put("key", value="0" * 64)),
    "fingerprint in words": ("manifest-key", put("data", "fingerprint", value="none")),
    "HTML in the system's name": ("system-name", put("system", "name", value="<b>best</b>")),
    "path in the task's id": ("unknown-task", put("task", "id", value="../../card")),
    "task unknown": ("unknown-task", put("task", "id", value="test/other/next-item")),
    "card file as a task": ("unknown-task", put("task", "id", value="tiny/card.toml")),
    "card version": ("card-version", put("task", "version", value="2")),
    "loader of the sender's": ("card-changed", put("task", "data", "loader", value="os:getcwd")),
    "easier data": ("card-changed", put("task", "data", "options", "min_events", value=9)),
    "other scorers": ("card-changed", put("task", "primary", value="mrr@5")),
    "other data": ("data-fingerprint", put("data", "fingerprint", value="0" * 64)),
    "few resamples": ("policy", put("policies", "resamples", value=1000)),
    "rendering of its own": ("rendering-changed", put("rendering", value={**WHOLE, "generator": "os:getcwd"})),
    "weights of its own": (
        "rendering-changed",
        put("rendering", value={**WHOLE, "backbones": {"clip": {"weights": "/x"}}}),
    ),
    "fewer failures": ("manifest-counts", put("counts", "failed", value=7)),
    "more cases": ("manifest-counts", put("counts", "cases", value=10**6)),
    "a better figure": ("figures-differ", put("figures", "ndcg@5", "value", value=0.9)),
    "a figure better by a hair": ("figures-differ", lambda told: better(told["figures"]["ndcg@5"])),
    "a tighter interval": ("figures-differ", put("figures", "ndcg@5", "low", value=0.8)),
    "a direction turned": ("figures-differ", put("figures", "ndcg@5", "higher_is_better", value=False)),
    "a figure left out": ("figures-names", put("figures", "mrr@5", value=GONE)),
    "a huge figure": ("figures-differ", put("figures", "ndcg@5", "value", value=1e300)),
}


@pytest.mark.parametrize("what", MANIFESTS)
def test_manifests(what: str, bench: Bench, draft: Callable[[], Draft], tmp_path: Path) -> None:
    code, change = MANIFESTS[what]
    made = draft()
    change(made.manifest)
    bare = what in {"path in the task's id", "HTML in the system's name", "task in words", "scorers in words"}
    early = code in {"manifest-keys", "manifest-type", "manifest-newer", "manifest-code"} or what.startswith("key")
    if bare or early:
        made.put_manifest(_text(made.manifest))
    else:
        made.seal()
    verdict = judged(made.write(tmp_path / "s.zip"), bench.tiny)
    assert code_of(verdict) == code, str(verdict.refused)


def _text(told: dict[str, Any]) -> bytes:
    from bench.store import canonical_lines

    return canonical_lines(told).encode()


def test_edited_settings_do_not_fit_the_key(bench: Bench, draft: Callable[[], Draft], tmp_path: Path) -> None:
    made = draft()
    made.manifest["seed"] = 1
    made.manifest["system"]["changed"] = {"looks": "tuned"}
    verdict = judged(made.seal(rekey=False).write(tmp_path / "s.zip"), bench.tiny)
    assert code_of(verdict) == "manifest-key"


def test_claims_of_form_and_manifest_must_agree(bench: Bench, draft: Callable[[], Draft], tmp_path: Path) -> None:
    made = draft()
    made.form["runs"][0]["figures"]["ndcg@5"] = 0.99
    assert code_of(judged(made.write(tmp_path / "a.zip"), bench.tiny)) == "figures-disagree"
    made = draft()
    made.form["runs"][0]["seed"] = 5
    assert code_of(judged(made.write(tmp_path / "b.zip"), bench.tiny)) == "manifest-folder"
    made = draft()
    made.manifest["files"]["scores.parquet"] = "0" * 64
    made.put_manifest(_text(made.manifest))
    assert code_of(judged(made.write(tmp_path / "c.zip"), bench.tiny)) == "manifest-files"


def test_limited_runs_are_not_packed(bench: Bench, tmp_path: Path) -> None:
    few = make_run(bench.tiny, "markov", tmp_path / "runs", limit=10)
    with pytest.raises(RefusalError, match="limited-run"):
        packed([few], tmp_path / "s.zip")
    assert not (tmp_path / "s.zip").exists()
