"""The RQ-VAE on small data: what it gives back, what it uses, and that it is the same every time."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
import torch

from bench.errors import BenchError
from bench.rng import stream
from navigen.identifiers.kmeans import nearest
from navigen.identifiers.quality import measure_quality
from navigen.identifiers.quantise import quantise
from navigen.identifiers.rqvae import RqVae, RqVaeSettings, train_rqvae

SMALL = RqVaeSettings(hidden=32, latent=6, epochs=30, batch=64)


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    """Items around 12 centres on a bent sheet."""
    rng = stream(0, "vectors")
    centres = rng.standard_normal((12, 8))
    flat = centres[rng.integers(0, 12, 300)] + 0.1 * rng.standard_normal((300, 8))
    return np.tanh(flat)


def lost(vectors: np.ndarray, given_back: np.ndarray) -> float:
    return float(((vectors - given_back) ** 2).sum(axis=1).mean())


def test_it_begins_as_residual_k_means_and_gets_better(vectors: np.ndarray) -> None:
    at_first = train_rqvae(vectors, 2, 6, RqVaeSettings(**{**asdict(SMALL), "epochs": 0, "latent": 8}))
    trained = train_rqvae(vectors, 2, 6, RqVaeSettings(**{**asdict(SMALL), "latent": 8}))
    book = quantise(vectors, 2, 6)
    by_k_means = sum(centres[book.raw[:, level]] for level, centres in enumerate(book.centroids))
    constant = lost(vectors, np.broadcast_to(vectors.mean(axis=0), vectors.shape))
    begun, ended = (lost(vectors, model.reconstruct(vectors)) for model in (at_first, trained))
    assert begun == pytest.approx(lost(vectors, np.asarray(by_k_means)), rel=1e-3)
    assert ended < begun < constant / 2


def test_codes_are_used_and_every_item_has_its_own(vectors: np.ndarray) -> None:
    book = quantise(vectors, 3, 8, quantiser="rqvae")
    found = measure_quality(book, vectors)
    assert len(np.unique(book.codes, axis=0)) == len(vectors)
    assert (book.codes[:, :-1] == book.raw[:, :-1]).all()
    assert min(found.used) >= 0.75 and min(found.perplexity) > 3
    assert found.kept[0] > 3 * found.chance[0]
    assert all(len(centres) == 8 and np.isfinite(centres).all() for centres in book.centroids)


def test_the_same_seed_gives_the_same_codes_and_leaves_other_draws_alone(vectors: np.ndarray) -> None:
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    one, same = (quantise(vectors, 2, 8, seed=3, quantiser="rqvae") for _ in range(2))
    assert torch.equal(before, torch.random.get_rng_state())
    np.testing.assert_array_equal(one.codes, same.codes)
    for ours, again in zip(one.centroids, same.centroids, strict=True):
        np.testing.assert_array_equal(ours, again)
    assert not np.array_equal(one.codes, quantise(vectors, 2, 8, seed=4, quantiser="rqvae").codes)


def test_each_level_takes_the_nearest_of_what_is_left(vectors: np.ndarray) -> None:
    model = train_rqvae(vectors, 3, 5, SMALL)
    residual = model.latents(vectors)
    with torch.no_grad():
        codes, _, total = model.choose(torch.from_numpy(residual).float())
    given = np.zeros_like(residual)
    for level, centres in enumerate(model.centroids()):
        chosen = nearest(residual, centres)[0]
        assert (chosen == codes[:, level].numpy()).mean() > 0.99  # float32 may turn a tie
        residual, given = residual - centres[chosen], given + centres[chosen]
    np.testing.assert_allclose(given, total.numpy(), atol=1e-4)


def test_centroids_follow_the_means_and_dead_ones_start_anew() -> None:
    model = RqVae(2, 1, 3, RqVaeSettings(hidden=2, latent=2, decay=0.0))
    rows = torch.tensor([[0.0, 0.0], [2.0, 0.0], [5.0, 5.0]])
    model.books[0] = torch.tensor([[1.0, 0.0], [5.0, 5.0], [90.0, 90.0]])
    codes, residuals, _ = model.choose(rows)
    assert codes.ravel().tolist() == [0, 0, 1]
    model.follow(codes, residuals)
    torch.testing.assert_close(model.books[0], torch.tensor([[1.0, 0.0], [5.0, 5.0], [90.0, 90.0]]))
    model.revive(residuals, np.random.default_rng(0))
    torch.testing.assert_close(model.books[0, :2], torch.tensor([[1.0, 0.0], [5.0, 5.0]]))
    assert model.books[0, 2].tolist() in rows.tolist()


def test_one_step_is_that_of_a_known_library(vectors: np.ndarray) -> None:
    """The choice of a level against vector-quantize-pytorch with the same centroids."""
    library: Any = pytest.importorskip("vector_quantize_pytorch")
    model = train_rqvae(vectors, 1, 6, SMALL)
    latent = torch.from_numpy(model.latents(vectors)).float()
    theirs = library.VectorQuantize(dim=latent.shape[1], codebook_size=6).eval()
    theirs._codebook.embed.data.copy_(model.books)
    quantised, chosen, _ = theirs(latent[None])
    codes, _, total = model.choose(latent)
    assert torch.equal(codes.ravel(), chosen.ravel())
    torch.testing.assert_close(total, quantised[0])


def test_what_cannot_be_is_an_error(vectors: np.ndarray) -> None:
    for wrong in ({"hidden": 0}, {"epochs": -1}, {"rate": 0.0}, {"decay": 1.0}, {"commitment": -1.0}):
        with pytest.raises(BenchError, match="rq-vae"):
            RqVaeSettings(**{**asdict(SMALL), **wrong})
    with pytest.raises(BenchError, match="balance"):
        quantise(vectors, 2, 4, balance=True, quantiser="rqvae")
    with pytest.raises(BenchError, match="unknown quantiser"):
        quantise(vectors, 2, 4, quantiser="k-means")
