"""SASRec: what it learns, what a score may depend on, and what its configuration may not say."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from bench.api import Context, Example, Item, Query, Ranking, Train
from bench.config import build, settings
from bench.errors import BenchError

pytest.importorskip("torch")
import torch

from baselines.sasrec.config import Settings
from baselines.sasrec.data import draw_batches, encode_sequences, pad, read_catalogue
from baselines.sasrec.model import Network
from baselines.sasrec.systems import SasRec, SasRecBCE, SasRecSampledSoftmax, SasRecSoftmax
from baselines.sasrec.validate import Validation, expected_gain
from tests.baselines.cycle import NAMES, make_cycle

SYSTEMS = (SasRecBCE, SasRecSampledSoftmax, SasRecSoftmax)
SMALL: dict[str, object] = {"width": 32, "batch": 32, "dropout": 0.1, "input_dropout": 0.1, "patience": 0, "length": 12}


def make_system(kind: type[SasRec], context: Context | None = None, **values: object) -> SasRec:
    return build(kind, SMALL | values, "test", context=context or Context())


def make_network(layers: int = 2) -> Network:
    torch.manual_seed(0)
    network = Network(len(NAMES), Settings(width=16, layers=layers, length=12)).eval()
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return network


@pytest.fixture(scope="module")
def fitted() -> SasRec:
    system = make_system(SasRecSoftmax, epochs=6, lr=3e-3)
    system.fit(make_cycle())
    return system


def score(system: SasRec, queries: list[Query]) -> np.ndarray:
    assert system.network is not None and system.catalogue is not None
    return system.score(system.network, system.catalogue, queries).numpy()


@pytest.mark.parametrize("kind", SYSTEMS)
def test_learns_a_cycle(kind: type[SasRec]) -> None:
    train = make_cycle()
    system = make_system(kind, epochs=40, lr=5e-3, validate_every=10)
    system.fit(train)
    assert hasattr(system, "rank")
    queries = [Query(str(index), str(index), (NAMES[index - 1], NAMES[index])) for index in range(len(NAMES))]
    answers = system.rank(queries, 1)
    hits = [
        isinstance(answer, Ranking) and answer.items[0] == NAMES[(index + 1) % len(NAMES)]
        for index, answer in enumerate(answers)
    ]
    assert np.mean(hits) > 0.9


def test_score_does_not_depend_on_company(fitted: SasRec) -> None:
    short, long = Query("a", "a", tuple(NAMES[:2])), Query("b", "b", tuple(NAMES[3:14]))
    alone, together = score(fitted, [short]), score(fitted, [short, long, Query("c", "c", ())])
    np.testing.assert_allclose(together[0], alone[0], atol=1e-5)


def test_ranking_does_not_depend_on_batch(fitted: SasRec) -> None:
    rng = np.random.default_rng(1)
    queries = [Query(str(i), str(i), tuple(rng.choice(NAMES, rng.integers(0, 20)))) for i in range(300)]
    assert list(fitted.rank(queries, 24)) == [fitted.rank([query], 24)[0] for query in queries]


def test_later_items_do_not_change_earlier_states() -> None:
    network = make_network()
    rows = torch.from_numpy(np.random.default_rng(0).integers(0, 24, (3, 10)))
    changed = rows.clone()
    changed[:, 6:] = (changed[:, 6:] + 5) % 24
    with torch.no_grad():
        before, after = network(rows), network(changed)
    torch.testing.assert_close(before[:, :6], after[:, :6], atol=1e-6, rtol=0)
    assert (before[:, 6:] - after[:, 6:]).abs().amax() > 1e-2  # the items themselves do matter


def test_gradient_reaches_no_later_item() -> None:
    network = make_network()
    states = network(torch.tensor([[24, 1, 2, 3, 4]]))
    states[0, 2].sum().backward()
    touched = network.items.weight.grad.abs().sum(1) > 0  # type: ignore[union-attr]
    assert touched.nonzero().flatten().tolist() == [1, 2, 24]


def test_order_of_history_matters(fitted: SasRec) -> None:
    rows = score(fitted, [Query("a", "a", (NAMES[0], NAMES[5])), Query("b", "b", (NAMES[5], NAMES[0]))])
    assert np.abs(rows[0] - rows[1]).max() > 1e-3


def test_unknown_items_are_skipped(fitted: SasRec) -> None:
    known, mixed = (NAMES[2], NAMES[3]), ("nobody", NAMES[2], "nothing", NAMES[3])
    rows = score(fitted, [Query("a", "a", known), Query("b", "b", mixed)])
    np.testing.assert_array_equal(rows[0], rows[1])


def test_empty_history_is_answered(fitted: SasRec) -> None:
    empty, unknown = fitted.rank([Query("a", "a", ()), Query("b", "b", ("nobody",))], 5)
    assert isinstance(empty, Ranking) and len(empty.items) == 5
    assert empty == unknown


def test_only_the_latest_items_are_read(fitted: SasRec) -> None:
    history = tuple(NAMES[number % 24] for number in range(40))
    rows = score(fitted, [Query("a", "a", history), Query("b", "b", history[-12:])])
    np.testing.assert_array_equal(rows[0], rows[1])


def test_excluded_items_are_not_answered(fitted: SasRec) -> None:
    history = tuple(NAMES[:6])
    (answer,) = fitted.rank([Query("a", "a", history, exclude=(*history, "nobody"))], 24)
    assert isinstance(answer, Ranking)
    assert len(answer.items) + answer.rest == 18
    assert not set(history) & set(answer.items)


def test_rank_before_fit_is_an_error() -> None:
    with pytest.raises(BenchError, match="before fit"):
        SasRecBCE().rank([Query("a", "a", ())], 5)


@pytest.mark.parametrize("kind", SYSTEMS)
def test_loss_is_no_setting(kind: type[SasRec]) -> None:
    assert "loss" not in settings(kind) and "loss" not in {line.name for line in fields(kind)}
    with pytest.raises(BenchError, match="unknown setting"):
        build(kind, {"loss": "softmax"}, "test")
    with pytest.raises(TypeError):
        kind(loss="softmax")  # type: ignore[call-arg]


def test_losses_are_named_apart() -> None:
    assert [kind.loss.name for kind in SYSTEMS] == ["bce", "sampled-softmax", "softmax"]


@pytest.mark.parametrize(
    "values", [{"width": 30, "heads": 4}, {"dropout": 1.0}, {"lr": 0.0}, {"batch": 0}, {"temperature": -1.0}]
)
def test_impossible_settings_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(BenchError, match="sasrec"):
        make_system(SasRecBCE, None, **values)


def test_foreign_dtype_is_refused() -> None:
    with pytest.raises(BenchError, match="float16"):
        make_system(SasRecBCE, Context(dtype="float16"), epochs=1).fit(make_cycle(8))


def test_training_without_known_items_is_refused() -> None:
    train = Train({"a": Item("a")}, {"u": ("b",)})
    with pytest.raises(BenchError, match="no training sequence"):
        make_system(SasRecBCE, epochs=1).fit(train)


def test_sequences_keep_one_more_item_than_histories() -> None:
    train = Train({name: Item(name) for name in NAMES}, {"b": tuple(NAMES), "a": (NAMES[3],), "c": ()})
    catalogue = read_catalogue(train)
    rows = encode_sequences(train, catalogue, 4)
    assert [row.tolist() for row in rows] == [[24, 3], [24, 19, 20, 21, 22, 23]]
    table, lengths = pad(rows, catalogue.start)
    assert table.shape == (2, 6) and lengths.tolist() == [2, 6]


def test_batches_hold_every_row_once_and_similar_lengths() -> None:
    lengths = np.random.default_rng(0).geometric(0.15, 1000)
    batches = list(draw_batches(lengths, 64, np.random.default_rng(1)))
    assert sorted(np.concatenate(batches).tolist()) == list(range(1000))
    padded = sum(len(batch) * lengths[batch].max() for batch in batches)
    shuffled = np.random.default_rng(2).permutation(1000)
    unsorted = sum(64 * lengths[shuffled[begin : begin + 64]].max() for begin in range(0, 1000, 64))
    assert padded < 1.3 * lengths.sum() < unsorted / 2


def test_expected_gain_is_the_mean_over_tied_ranks() -> None:
    gains = np.array([1 / np.log2(rank + 1) if rank <= 10 else 0.0 for rank in range(1, 40)])
    above, level = torch.tensor([0, 3, 8, 12]), torch.tensor([1, 4, 5, 2])
    wanted = [gains[a : a + n].mean() for a, n in zip(above.tolist(), level.tolist(), strict=True)]
    np.testing.assert_allclose(expected_gain(above, level).numpy(), wanted)


def test_validation_agrees_with_the_ranking(fitted: SasRec) -> None:
    train = make_cycle(40, seed=5)
    examples = tuple(
        Example(Query(row.query.id, row.query.user, row.query.history, row.query.history), row.targets)
        for row in train.validation
    )
    assert fitted.network is not None and fitted.catalogue is not None
    found = Validation(examples, fitted.catalogue, fitted).measure(fitted.network, torch.device("cpu"))
    places = [
        answer.items.index(example.targets[0]) if example.targets[0] in answer.items else 99
        for example, answer in zip(examples, fitted.rank([row.query for row in examples], 10), strict=True)
        if isinstance(answer, Ranking)
    ]
    assert found == pytest.approx(np.mean([1 / np.log2(place + 2) if place < 10 else 0 for place in places]), abs=1e-6)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no CUDA device")
def test_gpu_training_in_bfloat16_learns() -> None:
    from accelerate.state import AcceleratorState

    AcceleratorState._reset_state(True)
    try:
        system = make_system(SasRecSoftmax, Context(device="cuda", dtype="bfloat16"), epochs=40, lr=5e-3)
        system.fit(make_cycle())
        (answer,) = system.rank([Query("a", "a", (NAMES[3], NAMES[4]))], 1)
        assert isinstance(answer, Ranking) and answer.items[0] == NAMES[5]
    finally:
        AcceleratorState._reset_state(True)
