"""The residual decoder: what it learns, what a score may depend on, exact scores against searched ones.

Invariants: 1. the levels' probabilities multiply to a distribution over the catalogue; 2. the loss is minus its log;
3. beams as many as items give the exact scores, with and without repeats and prior; 4. a score depends on its own
history alone; 5. a killed training resumes to the same bits.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from baselines.transitions import Transitions
from bench.api import Context, Query, Ranking
from bench.errors import BenchError

pytest.importorskip("torch")
import torch
from safetensors.torch import load_file

from baselines.code_only.answer import Scoring
from baselines.code_only.chances import count_repeats, expect_repeats, mix, seen_items
from baselines.code_only.config import CodeSettings
from baselines.code_only.network import Decoder
from baselines.code_only.systems import CodeOnly, CodeOnlyPrior
from baselines.code_only.training import augment
from navigen.decode.trie import Trie
from navigen.identifiers.quantise import Codebook, quantise
from navigen.prior.guide import as_distribution
from tests.baselines.cycle import NAMES, make_cycle

SMALL: dict[str, object] = {
    "width": 16, "batch": 32, "dropout": 0.1, "input_dropout": 0.1, "patience": 0, "length": 12, "vector": 8, "codes": 4
}  # fmt: skip


def make_system(kind: type[CodeOnly] = CodeOnly, context: Context | None = None, **values: object) -> CodeOnly:
    chosen = SMALL | values
    return kind(**chosen, context=context or Context())  # type: ignore[arg-type]


def make_book(items: int = 24, levels: int = 3, codes: int = 3) -> Codebook:
    return quantise(np.random.default_rng(2).standard_normal((items, 4)), levels, codes)


def make_network(book: Codebook, **values: object) -> Decoder:
    torch.manual_seed(0)
    settings = CodeSettings(**{"width": 16, "length": 12, **values})  # type: ignore[arg-type]
    network = Decoder(settings, Trie.of(book.codes), book).double().eval()
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return network


def draw_rows(items: int = 24) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(3)
    lengths = torch.tensor([1, 3, 6, 9])
    rows = torch.full((4, 9), items)
    for row, length in enumerate(lengths.tolist()):
        rows[row, 1:length] = torch.from_numpy(rng.integers(0, items, length - 1))
    return rows, lengths


@pytest.fixture(scope="module")
def fitted() -> CodeOnly:
    system = make_system(epochs=8, lr=3e-3)
    system.fit(make_cycle())
    return system


def weights(system: CodeOnly) -> dict[str, torch.Tensor]:
    assert system.scoring is not None
    return system.scoring.network.state_dict()


@pytest.mark.parametrize("temperature", [0.0, 0.07])
@pytest.mark.parametrize("shape", [(1, 24), (2, 5), (3, 3), (4, 2)])
def test_levels_multiply_to_a_distribution_and_the_loss_is_its_log(shape: tuple[int, int], temperature: float) -> None:
    network = make_network(make_book(24, *shape), temperature=temperature)
    states = torch.randn(24, 16, dtype=torch.float64)
    log_p = network.log_probabilities(states)
    torch.testing.assert_close(log_p.exp().sum(1), torch.ones(24, dtype=torch.float64))
    targets = torch.randperm(24)
    torch.testing.assert_close(network.loss(states, targets), -log_p[torch.arange(24), targets].sum())


def test_the_loss_has_the_gradient_of_the_log_probability() -> None:
    network = make_network(make_book())
    states = torch.randn(9, 16, dtype=torch.float64)
    targets = torch.tensor([0, 5, 5, 23, 7, 1, 2, 3, 11])
    found = torch.autograd.grad(network.loss(states, targets), list(network.codes.parameters()))
    wanted = -network.log_probabilities(states)[torch.arange(9), targets].sum()
    for one, other in zip(found, torch.autograd.grad(wanted, list(network.codes.parameters())), strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("rate", [None, 0.2])
@pytest.mark.parametrize("weight", [0.0, 0.4, 1.0])
def test_beams_equal_exact_scoring(rate: float | None, weight: float) -> None:
    book = make_book()
    rows, lengths = draw_rows()
    prior = np.random.default_rng(4).dirichlet(np.ones(24), 4)
    prior[1] = 0
    exact = Scoring(make_network(book), Trie.of(book.codes), rate, weight)
    wanted = exact(rows, lengths, prior)
    found = replace(exact, beams=24)(rows, lengths, prior)
    torch.testing.assert_close(found, wanted)
    few = replace(exact, beams=5)(rows, lengths, prior)
    reached = few > -torch.inf
    assert reached.sum(1).tolist() == [5] * 4
    torch.testing.assert_close(few[reached], wanted[reached])


def test_repeats_get_their_share_and_nothing_else_changes() -> None:
    rows, _ = draw_rows()
    seen = seen_items(rows, 24)
    log_p = torch.randn(4, 24, dtype=torch.float64).log_softmax(1)
    after = expect_repeats(log_p, seen, 0.25).exp()
    torch.testing.assert_close(after.sum(1), torch.ones(4, dtype=torch.float64))
    torch.testing.assert_close((after * seen).sum(1)[1:], torch.full((3,), 0.25, dtype=torch.float64))
    torch.testing.assert_close(after[0], log_p[0].exp())
    ratio = after / log_p.exp()
    for row in range(4):
        for kind in (seen[row], ~seen[row]):
            torch.testing.assert_close(ratio[row, kind], ratio[row, kind][:1].expand(int(kind.sum())))
    whole = expect_repeats(log_p, torch.ones_like(seen), 0.25)
    torch.testing.assert_close(whole, log_p)


def test_repeats_are_counted() -> None:
    assert count_repeats([[1, 2, 1, 1], [3], []]) == (2 + 1) / (3 + 2)


def test_a_mixture_is_one() -> None:
    log_p = torch.randn(2, 5, dtype=torch.float64).log_softmax(1)
    prior = torch.from_numpy(as_distribution(np.array([[1.0, 0, 3, 0, -2], [0.0, 0, 0, 0, -1]])))
    assert prior.tolist() == [[0.25, 0, 0.75, 0, 0], [0, 0, 0, 0, 0]]
    mixed = mix(log_p, prior, 0.3).exp()
    torch.testing.assert_close(mixed[0], 0.7 * log_p[0].exp() + 0.3 * prior[0])
    torch.testing.assert_close(mixed[1], log_p[1].exp())


def test_learns_the_cycle(fitted: CodeOnly) -> None:
    queries = [Query(f"q{n}", "u", (NAMES[n], NAMES[n + 1])) for n in range(20)]
    found = [answer.items[0] for answer in fitted.rank(queries, 1) if isinstance(answer, Ranking)]
    assert sum(item == NAMES[n + 2] for n, item in enumerate(found)) >= 18


def test_a_score_depends_on_its_own_history_alone(fitted: CodeOnly) -> None:
    assert fitted.scoring is not None and fitted.catalogue is not None
    queries = [Query(f"q{n}", "u", tuple(NAMES[n : n + 1 + n % 5])) for n in range(18)]
    together = fitted.score(fitted.scoring, fitted.catalogue, queries)
    alone = torch.cat([fitted.score(fitted.scoring, fitted.catalogue, [query]) for query in queries])
    assert torch.equal(together, alone)


def test_history_items_get_what_repeats_had_in_training(fitted: CodeOnly) -> None:
    assert fitted.scoring is not None and fitted.catalogue is not None and fitted.scoring.rate is not None
    assert fitted.scoring.rate == count_repeats(list(make_cycle().sequences.values())) < 0.01  # type: ignore[arg-type]
    scores = fitted.score(fitted.scoring, fitted.catalogue, [Query("q", "u", (NAMES[3], NAMES[4]))])[0]
    assert float(scores[[3, 4]].exp().sum()) == pytest.approx(fitted.scoring.rate, rel=1e-4)
    free = replace(fitted.scoring, rate=None)
    raw = fitted.score(free, fitted.catalogue, [Query("q", "u", (NAMES[3], NAMES[4]))])[0]
    assert float(raw[[3, 4]].exp().sum()) > fitted.scoring.rate


def test_beams_answer_like_the_exact_system() -> None:
    train = make_cycle()
    queries = [Query(f"q{n}", "u", (NAMES[n], NAMES[n + 1]), exclude=(NAMES[n],)) for n in range(20)]
    exact, searched, few = (make_system(epochs=2, beams=beams) for beams in (0, 24, 3))
    for system in (exact, searched, few):
        system.fit(train)
    assert exact.rank(queries, 5) == searched.rank(queries, 5)
    for answer in few.rank(queries, 5):
        assert isinstance(answer, Ranking) and len(answer.items) + answer.rest == 23


def test_the_prior_is_its_own_system_and_its_ends_are_its_parts() -> None:
    train = make_cycle()
    queries = [Query(f"q{n}", "u", (NAMES[n], NAMES[n + 1])) for n in range(20)]
    alone, none, whole = make_system(epochs=2), *(make_system(CodeOnlyPrior, epochs=2, weight=w) for w in (0.0, 1.0))
    counts = Transitions(window=8, backward=0.3)
    for system in (alone, none, whole, counts):
        system.fit(train)  # type: ignore[attr-defined]
    assert alone.rank(queries, 5) == none.rank(queries, 5)
    firsts = [[answer.items[0] for answer in system.rank(queries, 1)] for system in (whole, counts)]  # type: ignore
    assert firsts[0] == firsts[1]


@pytest.mark.parametrize("prior", ["transitions", "ease"])
def test_the_weight_is_chosen_on_validation_and_told(prior: str, tmp_path: Path) -> None:
    system = make_system(CodeOnlyPrior, epochs=1, prior=prior, context=Context(work=tmp_path))
    system.fit(make_cycle())
    assert isinstance(system, CodeOnlyPrior) and system.chosen in CodeOnlyPrior.GRID
    told = json.loads((tmp_path / "prior.json").read_text())
    assert told["weight"] == system.chosen and told["ndcg@10"][str(system.chosen)] == max(told["ndcg@10"].values())


@pytest.mark.parametrize("unknown", [(), ("nowhere",)])
def test_without_validation_a_weight_has_to_be_said(unknown: tuple[str, ...]) -> None:
    held = tuple(replace(example, targets=unknown) for example in make_cycle().validation[:2] if unknown)
    blind = replace(make_cycle(), validation=held)
    quiet = Context(progress=lambda *report: pytest.fail(f"trained first: {report}"))
    with pytest.raises(BenchError, match=r"code-only: no validation example .* set weight to a share"):
        make_system(CodeOnlyPrior, epochs=1, context=quiet).fit(blind)
    told = make_system(CodeOnlyPrior, epochs=1, weight=0.3)
    told.fit(blind)
    assert isinstance(told, CodeOnlyPrior) and told.chosen == 0.3


class KilledError(Exception):
    """Stands in for the end of the process."""


def test_resumed_training_is_bit_identical_and_finished_training_is_loaded(tmp_path: Path) -> None:
    def stop(stage: str, done: int, total: int) -> None:
        if stage == "train" and done == 2:
            raise KilledError

    values: dict[str, object] = {"epochs": 4, "crop": 0.5, "skip": 0.2, "borrow": 0.3, "validate_every": 1}
    train = make_cycle()
    straight = make_system(**values)
    straight.fit(train)
    with pytest.raises(KilledError):
        make_system(context=Context(work=tmp_path, progress=stop), **values).fit(train)
    seen: list[int] = []
    for wanted in ([3, 4], []):
        seen.clear()
        resumed = make_system(context=Context(work=tmp_path, progress=lambda _, done, __: seen.append(done)), **values)
        resumed.fit(train)
        assert seen == wanted
        assert all(torch.equal(value, weights(resumed)[name]) for name, value in weights(straight).items())
    assert not any(".paths" in name or "item_codes" in name for name in load_file(tmp_path / "checkpoint.safetensors"))


def test_the_prior_takes_over_what_the_codes_learnt(tmp_path: Path) -> None:
    """Prior, weight and beams are no part of the training, so a checkpoint serves both systems."""
    make_system(epochs=2, context=Context(work=tmp_path)).fit(make_cycle())
    quiet = Context(work=tmp_path, progress=lambda *report: pytest.fail(f"trained again: {report}"))
    make_system(CodeOnlyPrior, epochs=2, weight=0.5, context=quiet).fit(make_cycle())
    make_system(epochs=2, repeats="learnt", beams=3, context=quiet).fit(make_cycle())


@pytest.mark.parametrize("values", [{"encoder": "content"}, {"codes": 5}, {"start": "random"}, {"window": 1}])
def test_foreign_checkpoint_is_refused(values: dict[str, object], tmp_path: Path) -> None:
    make_system(epochs=1, context=Context(work=tmp_path)).fit(make_cycle())
    with pytest.raises(BenchError, match="another configuration"):
        make_system(epochs=1, context=Context(work=tmp_path), **values).fit(make_cycle())


@pytest.mark.parametrize("encoder", ["content", "both", "random"])
def test_other_encoders_train_too(encoder: str) -> None:
    system = make_system(epochs=1, encoder=encoder, balance=True)
    system.fit(make_cycle())
    assert len(system.rank([Query("q", "u", ())], 5)) == 1


def test_an_rqvae_makes_codes_too() -> None:
    system = make_system(epochs=1, quantiser="rqvae", vector=8)
    system.fit(make_cycle())
    assert len(system.rank([Query("q", "u", ())], 5)) == 1
    with pytest.raises(BenchError, match="expected quantiser=kmeans"):
        make_system(quantiser="rqvae", balance=True)


def test_augmented_rows_are_stretches_of_the_row() -> None:
    rng = np.random.default_rng(0)
    row = np.array([99, *range(10)])
    for _ in range(200):
        cut = augment(row, CodeSettings(crop=0.99), rng)
        assert cut[0] == 99 and len(cut) >= 3 and (np.diff(cut[1:]) == 1).all()
        thin = augment(row, CodeSettings(skip=0.3), rng)
        assert len(thin) >= 3 and (np.diff(thin[1:]) >= 1).all()
    assert augment(row[:3], CodeSettings(crop=0.9, skip=0.9), rng).tolist() == row[:3].tolist()
    assert augment(row, CodeSettings(), rng).tolist() == row.tolist()
    turned = {tuple(augment(row, CodeSettings(reverse=0.5), rng).tolist()) for _ in range(50)}
    assert turned == {(99, *range(10)), (99, *range(9, -1, -1))}


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (CodeOnly, {"levels": 0}), (CodeOnly, {"codes": 0}), (CodeOnly, {"beams": -1}), (CodeOnly, {"crop": 1.0}),
        (CodeOnly, {"encoder": "colour"}), (CodeOnly, {"repeats": "never"}), (CodeOnly, {"start": "cold"}),
        (CodeOnly, {"quantiser": "dice"}),
        (CodeOnlyPrior, {"prior": "oracle"}), (CodeOnlyPrior, {"weight": 1.5}), (CodeOnly, {"width": 30, "heads": 4}),
    ],
)  # fmt: skip
def test_impossible_settings_are_refused(kind: type[CodeOnly], values: dict[str, object]) -> None:
    with pytest.raises(BenchError, match=r"code-only|unknown setting"):
        make_system(kind, **values)


def test_rank_before_fit_is_an_error() -> None:
    with pytest.raises(BenchError, match="before fit"):
        CodeOnly().rank([Query("a", "a", ())], 5)
