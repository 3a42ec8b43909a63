"""Codes of what another model learnt: its item vectors in a file, from a trained SASRec to a ranking policy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from baselines.code_only.systems import CodeOnly
from baselines.sasrec.systems import SasRecBCE, SasRecSoftmax
from bench.api import Context, Ranking, Train
from bench.cli import app
from bench.errors import BenchError
from navigen.identifiers.encode import encode_items
from navigen.identifiers.filed import load_vectors, save_vectors
from navigen.identifiers.quality import nearest_neighbours
from navigen.system import Tuned
from tests.navigen.little import NAMES, TINY, make_queries, make_train

SMALL: dict[str, Any] = {"width": 8, "batch": 8, "patience": 0, "dropout": 0.0, "input_dropout": 0.0, "length": 8}


def write(path: Path, vectors: Any, names: Any, tensor: str = "vectors") -> Path:
    save_file({tensor: np.asarray(vectors)}, path, {"items": names if isinstance(names, str) else json.dumps(names)})
    return path


@pytest.fixture(scope="module")
def filed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The item vectors that a SASRec learnt in the little shop, where every item follows the one before it."""
    work = tmp_path_factory.mktemp("sasrec")
    SasRecSoftmax(**{**SMALL, "width": 16, "lr": 1e-2, "epochs": 40}, context=Context(1, work)).fit(make_train(40))
    return work / "items.safetensors"


def test_a_trained_sasrec_leaves_the_vectors_that_it_compares(tmp_path: Path) -> None:
    system = SasRecBCE(**SMALL, epochs=1, context=Context(1, tmp_path))
    system.fit(make_train())
    assert system.network is not None
    wanted = system.network.items.weight.detach().numpy()[: len(NAMES)]
    np.testing.assert_array_equal(load_vectors(tmp_path / "items.safetensors", NAMES), wanted.astype(np.float64))
    (tmp_path / "items.safetensors").unlink()
    SasRecBCE(**SMALL, epochs=1, context=Context(1, tmp_path)).fit(make_train())  # finished: nothing is trained again
    np.testing.assert_array_equal(load_vectors(tmp_path / "items.safetensors", NAMES), wanted.astype(np.float64))


def test_vectors_are_read_by_id_in_any_order(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).standard_normal((len(NAMES) + 1, 4)).astype(np.float32)
    path = write(tmp_path / "v.safetensors", rows, ["more", *NAMES[::-1]])
    found = encode_items(make_train(), "vectors", vectors=str(path))
    wanted = rows[:0:-1].astype(np.float64)
    np.testing.assert_allclose(found, wanted / np.linalg.norm(wanted, axis=1, keepdims=True))


def test_codes_of_what_a_sasrec_learnt_rank(filed: Path, tmp_path: Path) -> None:
    """Items that follow each other are near in SASRec's vectors; both kinds of systems make their codes of them."""
    near = nearest_neighbours(load_vectors(filed, NAMES), 4)
    steps = np.minimum((near - np.arange(20)[:, None]) % 20, (np.arange(20)[:, None] - near) % 20)
    assert steps.mean() < 4.5  # by chance 5.26
    given: dict[str, Any] = {"encoder": "vectors", "vectors": str(filed)}
    policy = Tuned(**TINY, **given, full_epochs=1.0, context=Context(1, tmp_path))
    light = CodeOnly(**{**SMALL, "codes": 4, "epochs": 1}, **given, context=Context(1))
    for system in (policy, light):
        system.fit(make_train())
        for query, answer in zip(make_queries(), system.rank(make_queries(), 5), strict=True):
            assert isinstance(answer, Ranking)
            assert len(answer.items) + answer.rest >= 5 and not set(answer.items) & set(query.exclude)
        usual = {"sentences": "", "checkpoint": "", "base": "catalogue", "prompts": ""}
        assert list(type(system).files({**usual, **given})) == [filed]
    assert policy.policy.identified.book.codes.tolist() != coded_by_behaviour().tolist()


def coded_by_behaviour() -> Any:
    from navigen.pipeline import Making

    found = Making(Tuned(**TINY), make_train(), Context(1)).identify().book
    assert found is not None
    return found.codes


def test_other_bytes_of_the_file_are_another_training(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    path = write(tmp_path / "v.safetensors", rng.standard_normal((20, 4)).astype(np.float32), NAMES)
    policy = Tuned(**TINY, encoder="vectors", vectors=str(path))
    small: dict[str, Any] = {**SMALL, "codes": 4, "epochs": 1, "encoder": "vectors", "vectors": str(path)}
    before = policy.made_of(make_train())
    assert policy.made_of(make_train()) == before
    CodeOnly(**small, context=Context(1, tmp_path / "work")).fit(make_train())
    write(path, 2 * load_vectors(path, NAMES).astype(np.float32), NAMES)  # same directions
    assert policy.made_of(make_train()) != before
    with pytest.raises(BenchError, match="another configuration"):
        CodeOnly(**small, context=Context(1, tmp_path / "work")).fit(make_train())


@pytest.mark.parametrize(
    ("vectors", "names", "tensor", "reason"),
    [
        (np.ones((19, 4), np.float32), NAMES[:19], "vectors", r"no vector for 1 of the 20 items, the first is 'i19'"),
        (np.ones((20, 4), np.float32), NAMES[:19], "vectors", "19 ids for 20 vectors"),
        (np.ones((20, 4), np.float32), [*NAMES[:19], "i00"], "vectors", "19 ids for 20 vectors"),
        (np.ones(20, np.float32), NAMES, "vectors", r"found float32 \[20\] as 'vectors'; expected a tensor"),
        (np.ones((20, 0), np.float32), NAMES, "vectors", r"float32 \[20, 0\]"),
        (np.ones((20, 4), np.int64), NAMES, "vectors", r"found int64 \[20, 4\]"),
        (np.ones((20, 4), np.float32), NAMES, "weight", "found nothing as 'vectors'"),
        (np.ones((20, 4), np.float32), "i00,i01", "vectors", "cannot be read as item vectors"),
        (np.ones((20, 4), np.float32), {"i00": 0}, "vectors", "the metadata name no items"),
        (np.full((20, 4), np.nan, np.float32), NAMES, "vectors", "not finite"),
    ],
)
def test_files_that_do_not_fit_say_why(tmp_path: Path, vectors: Any, names: Any, tensor: str, reason: str) -> None:
    path = write(tmp_path / "v.safetensors", vectors, names, tensor)
    with pytest.raises(BenchError, match=reason):
        load_vectors(path, NAMES)


def test_files_that_are_none_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"no such file; navibench train sasrec-softmax leaves one"):
        load_vectors(tmp_path / "v.safetensors", NAMES)
    save_vectors(tmp_path / "v.safetensors", NAMES, np.ones((20, 4)))
    whole = (tmp_path / "v.safetensors").read_bytes()
    for broken in (b"", whole[:50], whole[:-8], b"PK" + whole):
        (tmp_path / "v.safetensors").write_bytes(broken)
        with pytest.raises(BenchError, match="cannot be read as item vectors"):
            load_vectors(tmp_path / "v.safetensors", NAMES)
    empty = Train({}, {})
    with pytest.raises(BenchError):
        encode_items(empty, "vectors", vectors=str(tmp_path / "v.safetensors"))


def test_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    task, few = "game/world/next-item", ["--set", "data.users=60", "--set", "device.name=cpu"]

    def call(*told: str) -> None:
        app([*told, *few], standalone_mode=False)

    call("train", "sasrec-softmax", "--task", task, "--to", str(tmp_path / "s"), "--set", "sasrec-softmax.epochs=1")
    where = [f"code-only.vectors={tmp_path / 's' / 'items.safetensors'}", "code-only.encoder=vectors"]
    sets = [word for line in (*where, "code-only.epochs=1", "code-only.codes=8") for word in ("--set", line)]
    call("run", "--task", task, "--system", "code-only", "--limit", "20", "--out", str(tmp_path / "runs"), *sets)
    assert "code-only" in capsys.readouterr().out
