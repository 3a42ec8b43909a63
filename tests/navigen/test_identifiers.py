"""Item vectors and their quantisation: oracles on small data, invariants on random ones."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from bench.api import Example, Item, Query, Train
from bench.errors import BenchError
from bench.rng import stream
from navigen.identifiers.behaviour import behaviour_vectors, count_neighbours, positive_pmi
from navigen.identifiers.content import content_vectors, text_of, words_of
from navigen.identifiers.encode import ENCODERS, FILED, encode_items
from navigen.identifiers.kmeans import balanced, cluster, distances, nearest
from navigen.identifiers.quality import measure_quality, nearest_neighbours, perplexity
from navigen.identifiers.quantise import quantise
from navigen.identifiers.reduce import normalise, truncated_svd

HISTORIES = st.lists(st.lists(st.integers(0, 9), max_size=12), min_size=1, max_size=12)


def make_train(items: int = 24, users: int = 40) -> Train:
    """Two groups of items that never meet, with words of their own; the last item is in no history."""
    rng = np.random.default_rng(0)
    names = [f"i{number:02d}" for number in range(items)]
    groups = [names[: items // 2], names[items // 2 : -1]]
    walks = {f"u{user:02d}": tuple(rng.choice(groups[user % 2], 8).tolist()) for user in range(users)}
    words = {name: "red robot" if name in groups[0] else "blue boat" for name in names}
    catalogue = {name: Item(name, words[name], f"thing {int(name[1:]) % 3}") for name in names}
    return Train(catalogue, walks)


@given(HISTORIES, st.integers(1, 4))
def test_neighbours_are_counted_as_by_hand(histories: list[list[int]], window: int) -> None:
    wanted = np.zeros((10, 10))
    for history in histories:
        for place, item in enumerate(history):
            for distance, other in enumerate(history[place + 1 : place + 1 + window], 1):
                if item != other:
                    wanted[item, other] += 1 / distance
                    wanted[other, item] += 1 / distance
    np.testing.assert_allclose(count_neighbours(histories, 10, window).toarray(), wanted)


def test_positive_pmi_is_the_formula() -> None:
    counts = np.array([[0.0, 4.0, 1.0], [4.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    share = counts.sum(axis=0) ** 0.75 / (counts.sum(axis=0) ** 0.75).sum()
    with np.errstate(divide="ignore"):
        wanted = np.maximum(np.log(counts / counts.sum(axis=1, keepdims=True) / share), 0)
    np.testing.assert_allclose(positive_pmi(csr_array(counts)).toarray(), wanted)


def test_svd_agrees_with_the_dense_one() -> None:
    matrix = np.random.default_rng(0).standard_normal((40, 12)) @ np.diag(0.5 ** np.arange(12))
    vectors, values = truncated_svd(csr_array(matrix), 5, stream(0, "x"))
    left, wanted, _ = np.linalg.svd(matrix, full_matrices=False)
    np.testing.assert_allclose(values, wanted[:5], rtol=1e-6)
    np.testing.assert_allclose(np.abs((vectors * left[:, :5]).sum(axis=0)), 1, rtol=1e-6)
    vectors, values = truncated_svd(csr_array(np.ones((4, 4))), 6, stream(0, "x"))
    assert vectors.shape == (4, 6) and values.tolist() == [pytest.approx(4), 0, 0, 0, 0, 0]
    np.testing.assert_allclose(vectors[:, 0], 0.5)


@pytest.mark.parametrize("encoder", ["behaviour", "content", "both"])
def test_vectors_know_the_two_groups(encoder: str) -> None:
    train = make_train()
    vectors = encode_items(train, encoder, width=8)
    near = nearest_neighbours(vectors, 5)
    for item in range(23):
        assert ((near[item] < 12) == (item < 12)).mean() >= 0.6
    lengths = np.linalg.norm(vectors, axis=1)
    np.testing.assert_allclose(lengths[:-1], 1)
    assert lengths[-1] == pytest.approx(0 if encoder == "behaviour" else 1)


@pytest.mark.parametrize("encoder", [encoder for encoder in ENCODERS if encoder != FILED])
def test_vectors_are_the_same_for_any_order_and_blind_to_validation(encoder: str) -> None:
    train = make_train()
    backwards = Train(dict(reversed(train.items.items())), dict(reversed(train.sequences.items())))
    examples = tuple(Example(Query(user, user, walk), ("i23",)) for user, walk in train.sequences.items())
    validated = Train(train.items, train.sequences, examples)
    one = encode_items(train, encoder, width=8)
    for other in (backwards, validated):
        np.testing.assert_array_equal(one, encode_items(other, encoder, width=8))
    if encoder == "random":
        assert not np.array_equal(one, encode_items(train, encoder, width=8, seed=1))


def test_words_and_texts() -> None:
    item = Item("x", "Red ROBOT", "3D, red", {"brand": ("Ätna",)})
    assert list(words_of(item)) == ["red", "robot", "3d", "red", "brand=ätna"]
    assert text_of(item) == "Red ROBOT. 3D, red. Ätna"


def test_nothing_to_encode_is_an_error() -> None:
    silent = Train({"a": Item("a", "one"), "b": Item("b", "two")}, {"u": ("a",), "v": ("a", "a")})
    for encoder, reason in (("behaviour", "next to each other"), ("content", "share a word"), ("colour", "unknown")):
        with pytest.raises(BenchError, match=reason):
            encode_items(silent, encoder)
    with pytest.raises(BenchError, match="window"):
        behaviour_vectors([[0, 1]], 2, 2, stream(0, "x"), window=0)
    with pytest.raises(BenchError, match=r"config\.json"):
        encode_items(silent, "content", sentences=str(Path("no") / "such" / "folder"))


def test_content_of_an_item_without_words_is_zero() -> None:
    vectors = content_vectors([Item("a", "x y"), Item("b", "x y"), Item("c")], 2, stream(0, "x"))
    assert np.linalg.norm(vectors[2]) == 0


@given(st.integers(1, 60), st.integers(1, 12), st.booleans(), st.integers(0, 9))
def test_clusters(points: int, clusters: int, balance: bool, seed: int) -> None:
    """No cluster is empty while there are points enough; balanced ones are no larger than the even share."""
    rows = stream(seed, "points").standard_normal((points, 3))
    chosen, centroids = cluster(rows, clusters, stream(seed, "k"), balance)
    sizes = np.bincount(chosen, minlength=clusters)
    assert centroids.shape == (clusters, 3) and np.isfinite(centroids).all()
    if points >= clusters and not balance:
        assert sizes.min() > 0
    if balance:
        assert sizes.max() <= -(-points // clusters)
    else:
        np.testing.assert_array_equal(chosen, nearest(rows, centroids)[0])
    again, _ = cluster(rows, clusters, stream(seed, "k"), balance)
    np.testing.assert_array_equal(chosen, again)


def test_clusters_that_are_there_are_found() -> None:
    rng = np.random.default_rng(3)
    truth = np.repeat(np.arange(5), 20)
    rows = 10 * np.eye(5)[truth] + 0.1 * rng.standard_normal((100, 5))
    for balance in (False, True):
        chosen, _ = cluster(rows, 5, stream(0, "k"), balance)
        assert len(set(zip(truth.tolist(), chosen.tolist(), strict=True))) == 5


def test_ties_go_to_the_lower_number_and_copies_do_not_break_anything() -> None:
    assert nearest(np.zeros((1, 2)), np.array([[1.0, 0.0], [-1.0, 0.0]]))[0].tolist() == [0]
    assert balanced(np.zeros((4, 1)), np.zeros((2, 1)))[0].tolist() == [0, 0, 1, 1]
    chosen, centroids = cluster(np.ones((7, 2)), 3, stream(0, "k"))
    assert set(chosen.tolist()) == {0} and np.isfinite(centroids).all()


@given(st.integers(1, 80), st.integers(1, 3), st.integers(1, 6), st.booleans(), st.integers(0, 9))
def test_every_item_has_its_own_code(items: int, levels: int, clusters: int, balance: bool, seed: int) -> None:
    """Copies of a vector collide before and never after; only a cell larger than the level widens it."""
    rng = stream(seed, "vectors")
    vectors = rng.standard_normal((items, 3))[rng.integers(0, items, items)]
    book = quantise(vectors, levels, clusters, balance, seed)
    assert len(np.unique(book.codes, axis=0)) == items
    assert (book.codes[:, :-1] == book.raw[:, :-1]).all()
    assert (book.codes.max(axis=0) < book.widths).all() and book.widths[:-1] == (clusters,) * (levels - 1)
    largest = np.unique(book.codes[:, :-1], axis=0, return_counts=True)[1].max() if levels > 1 else items
    assert book.widths[-1] == max(clusters, largest)
    again = quantise(vectors, levels, clusters, balance, seed)
    np.testing.assert_array_equal(book.codes, again.codes)


def test_items_alone_in_their_cell_take_the_nearest_and_others_the_least_total() -> None:
    book = quantise(np.random.default_rng(0).standard_normal((60, 4)), 2, 8)
    cells, sizes = np.unique(book.codes[:, 0], return_counts=True)
    residual = np.random.default_rng(0).standard_normal((60, 4)) - book.centroids[0][book.codes[:, 0]]
    away = distances(residual, book.centroids[1])
    for cell, size in zip(cells.tolist(), sizes.tolist(), strict=True):
        members = np.flatnonzero(book.codes[:, 0] == cell)
        if size == 1:
            assert book.codes[members, 1] == away[members].argmin()
        elif size <= 8:
            dealt = away[members, book.codes[members, 1]].sum()
            shuffled = [away[members, np.random.default_rng(n).permutation(8)[:size]].sum() for n in range(50)]
            assert dealt <= min(shuffled) + 1e-9


def test_quality_of_codes_that_follow_the_groups() -> None:
    """Three tight groups, one code each: neighbours are kept at the first level, and random codes keep few."""
    rng = np.random.default_rng(1)
    vectors = normalise(10 * np.eye(3)[np.repeat(np.arange(3), 16)] + 0.1 * rng.standard_normal((48, 3)))
    good = measure_quality(quantise(vectors, 2, 3), vectors, neighbours=5)
    assert good.kept[0] == 1 and good.used[0] == 1 and good.perplexity[0] == pytest.approx(3)
    assert good.largest == 16 and good.widened == 13
    assert good.collisions == 1 and good.kept[-1] == 0
    assert good.chance[0] == pytest.approx(15 / 47)
    bad = measure_quality(quantise(rng.standard_normal((48, 3)), 2, 3), vectors, neighbours=5)
    assert bad.kept[0] < 0.7


def test_perplexity_of_known_distributions() -> None:
    assert perplexity(np.array([5, 5, 0, 5, 5])) == pytest.approx(4)
    assert perplexity(np.array([0, 7])) == pytest.approx(1)


def test_quality_is_measured_on_one_item_too() -> None:
    found = measure_quality(quantise(np.ones((1, 2)), 3, 4), np.ones((1, 2)))
    assert found.collisions == 0 and found.kept == (0, 0, 0)


@pytest.mark.skipif(find_spec("transformers") is not None, reason="the packages of sentence encoders are installed")
def test_a_sentence_encoder_says_what_it_needs(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(BenchError, match="pip install"):
        encode_items(make_train(), "content", sentences=str(tmp_path))
