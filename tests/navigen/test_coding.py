"""How codes are made: every setting reaches the quantiser or is refused, and what the codes are worth is told."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.code_only.config import CodeSettings
from baselines.code_only.systems import CodeOnly
from baselines.language import SftOnly
from bench.api import Context
from bench.config import plain
from bench.errors import BenchError
from bench.listing import Suite
from bench.plan import plan
from navigen.checkpoint import read_told
from navigen.identifiers.catalogue import load_book
from navigen.identifiers.encode import encode_items
from navigen.identifiers.quality import measure_quality, nearest_neighbours, tell_quality
from navigen.identifiers.quantise import Codebook, quantise
from navigen.identifiers.settings import RqVaeSettings
from navigen.pipeline import ASKED, Making
from navigen.system import Tuned
from tests.navigen.little import NAMES, TINY, copied, make_queries, make_train, make_whole, trained
from tests.navigen.test_checkpoints import load

OTHER = RqVaeSettings(latent=3, epochs=4, hidden=8)


def book_of(**values: Any) -> Codebook:
    found = Making(Tuned(**TINY, **values), make_train(), Context(1)).identify().book
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (
            {"sentences": "folder"},
            r"sentences: encoder=behaviour reads no content; set [a-z-]+\.encoder=content or both",
        ),
        ({"sentences": "folder", "encoder": "random"}, "sentences: encoder=random"),
        ({"vectors": "file"}, r"vectors: encoder=behaviour reads no file; set [a-z-]+\.encoder=vectors"),
        ({"encoder": "vectors"}, r"set [a-z-]+\.vectors=FILE"),
        ({"balance": True, "quantiser": "rqvae"}, "expected quantiser=kmeans"),
        ({"rqvae": OTHER}, r"quantiser=kmeans has no such settings; set [a-z-]+\.quantiser=rqvae"),
        ({"encoder": "behavior"}, "did you mean behaviour"),
        ({"quantiser": "k-means"}, "did you mean kmeans"),
    ],
)
@pytest.mark.parametrize("kind", [Tuned, CodeSettings])
def test_settings_that_nothing_would_read_are_refused(kind: Any, values: dict[str, Any], reason: str) -> None:
    with pytest.raises(BenchError, match=reason):
        kind(**values)


def test_settings_that_are_read_are_taken_and_those_of_a_loaded_policy_are_its_own() -> None:
    for kind in (Tuned, CodeSettings):
        for encoder in ("content", "both"):
            assert kind(encoder=encoder, sentences="folder").sentences == "folder"
        assert kind(quantiser="rqvae", rqvae=OTHER).rqvae.latent == 3
    with pytest.raises(BenchError, match="sentences: encoder=given"):
        Tuned(encoder="given", sentences="folder")
    assert load(trained()[1], sentences="folder").rank(make_queries(), 5)  # training is as it was


def test_balance_reaches_the_codes_of_a_policy() -> None:
    free, even = (np.bincount(book_of(codes=4, balance=balance).codes[:, 0]) for balance in (False, True))
    assert free.max() > len(NAMES) // 4 == even.max()


def test_settings_of_an_rqvae_reach_the_codes() -> None:
    usual = book_of(codes=4, quantiser="rqvae", rqvae=replace(OTHER, epochs=0))
    vectors = encode_items(make_train(), "behaviour", seed=1)
    for system in (OTHER, RqVaeSettings()):
        wanted = quantise(vectors, 2, 4, seed=1, quantiser="rqvae", rqvae=system)
        found = book_of(codes=4, quantiser="rqvae", rqvae=system)
        assert [level.tolist() for level in found.centroids] == [level.tolist() for level in wanted.centroids]
        assert found.centroids[0].shape != usual.centroids[0].shape or (found.centroids[0] != usual.centroids[0]).any()
    small: dict[str, Any] = {"width": 8, "codes": 4, "epochs": 1, "patience": 0, "quantiser": "rqvae"}
    one, other = (CodeOnly(**small, rqvae=how, context=Context(1)) for how in (OTHER, RqVaeSettings(latent=2)))
    for each in (one, other):
        each.fit(make_train())
    assert one.rank(make_queries(), 5) != other.rank(make_queries(), 5)


@pytest.mark.parametrize("system", ["sft-only", "code-only"])
def test_settings_of_an_rqvae_are_said_with_dots(system: str) -> None:
    told = (f"{system}.quantiser=rqvae", f"{system}.rqvae.epochs=3", f"{system}.rqvae.rate=0.01")
    (job,), _ = plan(Suite("", ("game/world/next-item",), (system,)), None, told)
    assert job.config["rqvae"] == RqVaeSettings(epochs=3, rate=0.01)
    assert job.changed == {"quantiser": "rqvae", "rqvae.epochs": 3, "rqvae.rate": 0.01}


def test_what_codes_are_worth_is_logged_and_kept(caplog: Any) -> None:
    book = load_book(trained()[1])
    assert book is not None
    wanted = measure_quality(book, encode_items(make_train(), "behaviour", seed=1), sample=ASKED)
    assert read_told(trained()[1])["codes"] == plain(wanted)
    assert 0 < wanted.collisions < 1 and wanted.kept[0] > wanted.chance[0]
    with caplog.at_level(logging.INFO, "navibench"):
        book_of()
    assert tell_quality(wanted) in caplog.text
    assert f"{100 * wanted.kept[0]:.1f}% (chance {100 * wanted.chance[0]:.1f}%)" in caplog.text


def test_a_policy_that_another_system_tuned_tells_it_too(tmp_path: Path) -> None:
    system = make_whole(tmp_path / "work", tmp_path / "shared")
    system.fit(make_train())
    assert read_told(tmp_path / "work" / "policy")["codes"]["kept"]


def test_checkpoints_that_tell_nothing_of_it_load(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    told = json.loads((folder / "navigen.json").read_text())
    for name in ("balance", "rqvae", "vectors"):
        del told["recipe"][name]
    del told["codes"]
    (folder / "navigen.json").write_text(json.dumps(told))
    assert load(folder, SftOnly).rank(make_queries(), 5) == trained()[0].rank(make_queries(), 5)


def test_a_sample_asks_some_items_of_all_for_their_neighbours() -> None:
    rng = np.random.default_rng(2)
    vectors = rng.integers(-1, 2, (90, 3)).astype(float)  # many ties
    whole = nearest_neighbours(vectors, 7)
    likeness = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    away = -(likeness @ likeness.T).round(9)
    np.fill_diagonal(away, np.inf)
    np.testing.assert_array_equal(whole, np.argsort(away, axis=1, kind="stable")[:, :7])
    np.testing.assert_array_equal(nearest_neighbours(vectors, 7, np.array([3, 50])), whole[[3, 50]])
    book = quantise(rng.standard_normal((400, 4)), 2, 8)
    vectors = rng.standard_normal((400, 4)) + 3 * book.centroids[0][book.codes[:, 0]]
    full, some, same = (measure_quality(book, vectors, sample=size) for size in (0, 200, 200))
    assert some == same and some.kept != full.kept and some.chance == full.chance
    assert some.kept[0] == pytest.approx(full.kept[0], abs=0.05)
    assert measure_quality(book, vectors, sample=500) == full
