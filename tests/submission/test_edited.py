"""Whatever a value of a manifest or a cell of the answers is changed to: a refusal or an honest figure, no crash."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.submission.faults import MOST
from bench.submission.reasons import REASONS
from tests.submission.conftest import Bench
from tests.submission.making import Draft, code_of, judged

VALUES = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False)
ANY = VALUES | st.text(max_size=6) | st.just([]) | st.just({}) | st.just([{}]) | st.just({"a": [None]})
QUICK = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def places(told: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value in nested JSON."""
    found = [path] if path else []
    pairs = told.items() if isinstance(told, dict) else enumerate(told) if isinstance(told, list) else ()
    for key, part in pairs:
        found += places(part, (*path, key))
    return found


def put(told: Any, path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        told = told[key]
    told[path[-1]] = value


@QUICK
@given(data=st.data())
def test_manifests(data: st.DataObject, bench: Bench, drawn: Path, tmp_path: Path) -> None:
    draft = Draft(drawn)
    put(draft.manifest, data.draw(st.sampled_from(places(draft.manifest))), data.draw(ANY))
    try:
        draft.seal(rekey=data.draw(st.booleans()))
    except (TypeError, KeyError, AttributeError):  # too broken for the tests to seal
        draft.put_manifest(json.dumps(draft.manifest).encode())
    if len(draft.place("x")) > 200 or not draft.place("x").isascii():
        return
    assert code_of(judged(draft.write(tmp_path / "s.zip"), *bench.cards)) in {*REASONS, "accepted"}


@QUICK
@given(data=st.data())
def test_forms(data: st.DataObject, bench: Bench, ranked: Path, tmp_path: Path) -> None:
    draft = Draft(ranked)
    put(draft.form, data.draw(st.sampled_from(places(draft.form))), data.draw(ANY))
    assert code_of(judged(draft.write(tmp_path / "s.zip"), bench.tiny)) in {*REASONS, "accepted"}


CELLS = {
    "kind": st.sampled_from(["ranking", "failure", "instruction", "media", "x"]) | st.none(),
    "items": st.none() | st.lists(st.sampled_from(["i001", "i002", "x"]), max_size=4),
    "ties": st.none() | st.lists(st.integers(-(2**31), 2**31 - 1), max_size=4),
    "rest": st.none() | st.integers(-(2**31), 2**31 - 1),
    **{name: st.none() | st.text(max_size=4) for name in ("case", "text", "path", "failure")},
    "terms": st.none() | st.lists(st.text(max_size=3), max_size=3),
}


@QUICK
@given(row=st.integers(0, 59), cells=st.fixed_dictionaries({}, optional=CELLS))
def test_answers(row: int, cells: dict[str, Any], bench: Bench, ranked: Path, tmp_path: Path) -> None:
    draft = Draft(ranked)
    draft.change(lambda rows: rows[row].update(cells)).seal()
    verdict = judged(draft.write(tmp_path / "s.zip"), bench.tiny)
    assert code_of(verdict) in {*REASONS, "accepted"}


EDITS = st.dictionaries(st.integers(0, 59), st.fixed_dictionaries({}, optional=CELLS), min_size=2, max_size=4)
SCORES = st.dictionaries(st.integers(0, 59), st.floats() | st.none(), max_size=2)


@settings(QUICK, max_examples=20)
@given(edits=EDITS, scores=SCORES)
def test_several_changes_are_refused_if_one_of_them_is(
    edits: dict[int, dict[str, Any]], scores: dict[int, float | None], bench: Bench, ranked: Path, tmp_path: Path
) -> None:
    """No fault makes up for another, and going on behind one meets nothing that breaks."""

    def refused(edits: dict[int, dict[str, Any]], scores: dict[int, float | None]) -> set[str]:
        draft = Draft(ranked)
        draft.change(lambda rows: [rows[row].update(cells) for row, cells in edits.items()])
        draft.change(
            lambda rows: [rows[row].update({"mrr@5": value}) for row, value in scores.items()], "scores.parquet"
        )
        verdict = judged(draft.seal().write(tmp_path / "s.zip"), bench.tiny)
        assert all(len(part.kept) <= MOST and part.counts.keys() <= REASONS.keys() for part in verdict.faults)
        assert len(verdict.runs) == (verdict.refused is None)
        return {code for part in verdict.faults for code in part.counts}

    alone = [refused({row: cells}, {}) for row, cells in edits.items()]
    together = refused(edits, scores)
    assert bool(together) or not any(alone)
    own = set().union(*alone) - {"scores-cases", "scores-differ", "figures-differ", "manifest-counts", "case-absent"}
    assert own - together <= {"case-order"}
