"""Files are whole or absent; streams and keys are the same everywhere."""

from __future__ import annotations

import stat
from pathlib import Path

import numpy as np
import pytest

from bench.errors import BenchError
from bench.io import canonical, digest, read_json, replacing, write_text
from bench.rng import entropy, hash_order, stream


def test_a_failed_write_leaves_the_old_file_and_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(RuntimeError), replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_a_written_file_has_the_usual_mode(tmp_path: Path) -> None:
    write_text(tmp_path / "atomic", "x")
    (tmp_path / "plain").write_text("x")
    assert stat.S_IMODE((tmp_path / "atomic").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


def test_canonical_json_ignores_order_and_refuses_nan() -> None:
    assert canonical({"b": 1, "a": [1, "ü"]}) == canonical({"a": [1, "ü"], "b": 1})
    assert digest({"a": 1}) != digest({"a": 2})
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical(float("nan"))


@pytest.mark.parametrize(
    ("content", "message"), [(None, "no such file"), ("{", "not valid JSON"), (b"\xff", "not valid")]
)
def test_broken_json_names_the_file(tmp_path: Path, content: str | bytes | None, message: str) -> None:
    path = tmp_path / "x.json"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BenchError, match=rf"x\.json: {message}"):
        read_json(path)


def test_streams_are_named_and_stable() -> None:
    assert stream(0, "a").integers(2**63, size=2).tolist() == [2740631144360639665, 2521668735639828708]
    assert stream(0, "a").random() == stream(0, "a").random()
    draws = {
        stream(seed, *names).random() for seed in (0, 1) for names in (("a",), ("b",), ("a", "b"), ("ab",), ("a", 0))
    }
    assert len(draws) == 10
    assert entropy(0, "a", "b") != entropy(0, "a\x1eb")


def test_hash_order_does_not_depend_on_file_order_and_nests() -> None:
    ids = [f"user{number}" for number in range(500)]
    small = {ids[index] for index in hash_order(ids)[:100]}
    shuffled = list(np.random.default_rng(1).permutation(ids))
    assert small == {shuffled[index] for index in hash_order(shuffled)[:100]}
    assert small < {ids[index] for index in hash_order(ids)[:300]}
    assert small != set(ids[:100])
