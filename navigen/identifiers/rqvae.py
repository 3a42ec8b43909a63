"""Codes by an RQ-VAE: residual quantisation of what an encoder makes of the item vectors, both learnt together.

Encoder and decoder are learnt by gradients: the decoder has to give the vector back from the sum of the centroids (the
gradient passes through the choice as if it were not there), and the encoder has to stay near the centroids it chooses.
The centroids follow the means of what chooses them; one that nothing chose for an epoch starts anew at a drawn item.
All begin as residual k-means of the vectors' principal components with the same draws as `quantise` makes for k-means,
so that training has that to improve on.
After Lee et al. 2022 (arXiv 2203.01941) and TIGER (arXiv 2305.05065).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from bench.errors import BenchError
from bench.rng import entropy, stream
from bench.topk import blocks
from navigen.identifiers.kmeans import cluster
from navigen.identifiers.reduce import Floats
from navigen.identifiers.settings import RqVaeSettings


class Bent(nn.Module):
    """A linear map and a small network side by side; the network adds nothing at first."""

    def __init__(self, width: int, hidden: int, out: int) -> None:
        super().__init__()
        self.straight = nn.Linear(width, out)
        self.inner = nn.Linear(width, hidden)
        self.outer = nn.Linear(hidden, out)
        nn.init.zeros_(self.outer.weight)
        nn.init.zeros_(self.outer.bias)

    def forward(self, rows: Tensor) -> Tensor:
        """Return [batch, out] for [batch, width]."""
        found: Tensor = self.straight(rows) + self.outer(nn.functional.gelu(self.inner(rows)))
        return found

    @torch.no_grad()
    def set(self, weight: Tensor, bias: Tensor) -> None:
        """Set the linear map."""
        self.straight.weight.copy_(weight)
        self.straight.bias.copy_(bias)


class RqVae(nn.Module):
    """Encoder, decoder and `books` [levels, clusters, latent] with the running sums that they are the means of."""

    books: Tensor
    sums: Tensor
    counts: Tensor
    used: Tensor

    def __init__(self, width: int, levels: int, clusters: int, settings: RqVaeSettings) -> None:
        super().__init__()
        self.settings = settings
        latent = min(settings.latent, width)
        self.encoder = Bent(width, settings.hidden, latent)
        self.decoder = Bent(latent, settings.hidden, width)
        for name, shape in (("books", (latent,)), ("sums", (latent,)), ("counts", ()), ("used", ())):
            self.register_buffer(name, torch.zeros(levels, clusters, *shape))

    @torch.no_grad()
    def start(self, vectors: Tensor, seed: int) -> None:
        """Begin as residual k-means of the principal components."""
        mean = vectors.mean(0)
        centred = vectors - mean
        axes = torch.linalg.eigh(centred.T @ centred)[1].flip(1)[:, : self.books.shape[2]].T
        self.encoder.set(axes, -axes @ mean)
        self.decoder.set(axes.T, mean)
        residual = (centred @ axes.T).numpy()
        for level in range(len(self.books)):
            chosen, centres = cluster(residual, self.books.shape[1], stream(seed, "identifiers", "k-means", level))
            residual = residual - centres[chosen]
            sizes = np.bincount(chosen, minlength=len(centres)) / len(chosen)  # counts are a share of a batch
            self.books[level] = torch.from_numpy(centres)
            self.counts[level] = torch.from_numpy(sizes)
            self.sums[level] = self.books[level] * self.counts[level, :, None]

    def choose(self, latent: Tensor) -> tuple[Tensor, list[Tensor], Tensor]:
        """Return codes [batch, levels], what each level had to quantise, and the sum of the centroids."""
        codes, residuals = [], []
        residual = latent
        for book in self.books:
            code = ((book**2).sum(1) - 2 * residual.detach() @ book.T).argmin(dim=1)
            codes.append(code)
            residuals.append(residual)
            residual = residual - book[code]
        return torch.stack(codes, dim=1), residuals, latent - residual

    def forward(self, vectors: Tensor) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Return the loss of a batch, its codes and what each level had to quantise."""
        latent = self.encoder(vectors)
        codes, residuals, total = self.choose(latent)
        given_back = self.decoder(latent + (total - latent).detach())
        loss = ((given_back - vectors) ** 2).sum(1).mean()
        for level, residual in enumerate(residuals):
            loss = (
                loss + self.settings.commitment * ((residual - self.books[level][codes[:, level]]) ** 2).sum(1).mean()
            )
        return loss, codes, residuals

    @torch.no_grad()
    def follow(self, codes: Tensor, residuals: list[Tensor]) -> None:
        """Move the centroids towards the means of what chose them in a batch."""
        keep = self.settings.decay
        for level, residual in enumerate(residuals):
            code = codes[:, level]
            share = torch.bincount(code, minlength=self.books.shape[1]) / len(code)
            total = torch.zeros_like(self.sums[level]).index_add_(0, code, residual) / len(code)
            self.used[level] += share
            self.counts[level] = keep * self.counts[level] + (1 - keep) * share
            self.sums[level] = keep * self.sums[level] + (1 - keep) * total
            held = self.counts[level] > 1e-9
            self.books[level][held] = self.sums[level][held] / self.counts[level][held, None]

    @torch.no_grad()
    def revive(self, residuals: list[Tensor], rng: np.random.Generator) -> None:
        """Start centroids that no item chose since the last call anew, at drawn items of a batch."""
        for level, residual in enumerate(residuals):
            dead = torch.nonzero(self.used[level] == 0).ravel()
            drawn = torch.from_numpy(rng.integers(0, len(residual), len(dead)))
            self.books[level][dead] = residual[drawn]
            self.counts[level][dead] = 1.0 / self.books.shape[1]
            self.sums[level][dead] = residual[drawn] / self.books.shape[1]
        self.used.zero_()

    @torch.no_grad()
    def latents(self, vectors: Floats) -> Floats:
        """Return what is quantised of item vectors [items, width]: [items, latent]."""
        found: Floats = self.encoder(torch.from_numpy(vectors).float()).double().numpy()
        return found

    def centroids(self) -> tuple[Floats, ...]:
        """Return one [clusters, latent] a level."""
        return tuple(book.double().numpy() for book in self.books)

    @torch.no_grad()
    def reconstruct(self, vectors: Floats) -> Floats:
        """Return what the decoder makes of the codes of item vectors [items, width]."""
        latent = self.encoder(torch.from_numpy(vectors).float())
        found: Floats = self.decoder(self.choose(latent)[2]).double().numpy()
        return found


def train_rqvae(
    vectors: Floats, levels: int, clusters: int, settings: RqVaeSettings | None = None, seed: int = 0
) -> RqVae:
    """Return an RQ-VAE trained on item vectors [items, width]; the same for the same seed and number of threads."""
    if levels < 1 or clusters < 1 or not len(vectors):
        raise BenchError(f"rq-vae: {levels} levels x {clusters} codes of {len(vectors)} items; expected at least 1")
    settings = RqVaeSettings() if settings is None else settings
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(entropy(seed, "identifiers", "rq-vae", "weights") % 2**63)
        model = RqVae(vectors.shape[1], levels, clusters, settings)
    whole = torch.from_numpy(np.asarray(vectors, dtype=np.float64))
    model.start(whole, seed)
    data = whole.float()
    optimiser = torch.optim.Adam(model.parameters(), lr=settings.rate)
    rng = stream(seed, "identifiers", "rq-vae", "batches")
    for epoch in range(settings.epochs):
        order = torch.from_numpy(rng.permutation(len(data)))
        for part in blocks(len(data), settings.batch):
            loss, codes, residuals = model(data[order[part]])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            residuals = [residual.detach() for residual in residuals]
            model.follow(codes, residuals)
        if epoch < settings.epochs - 1:  # a centroid that starts anew needs an epoch to find its place
            model.revive(residuals, rng)
    return model.eval()
