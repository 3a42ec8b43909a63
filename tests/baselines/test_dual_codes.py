"""Codes and text at once: what the bags hold, where text reaches, and that the decoder without text is what it was."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from baselines.code_only.text import Bags, make_bags
from bench.api import Context, Item, Query, Ranking
from bench.errors import BenchError
from bench.io import digest

pytest.importorskip("torch")
import torch
from safetensors.torch import load_file

from baselines.code_only.config import CodeSettings
from baselines.code_only.dual import DualCodes, DualCodesPrior, TextCodes
from baselines.code_only.network import Decoder
from baselines.code_only.systems import CodeOnly
from baselines.sasrec.systems import describe
from navigen.decode.trie import Trie
from navigen.identifiers.quantise import quantise
from tests.baselines.cycle import NAMES, make_cycle

SMALL: dict[str, object] = {
    "width": 16, "batch": 32, "dropout": 0.1, "input_dropout": 0.1, "patience": 0, "length": 12, "vector": 8, "codes": 4
}  # fmt: skip
FIRST = """
    width layers heads expansion length dropout input_dropout input_scale temperature lr table_rate weight_decay average
    batch epochs patience validate_every save_every limit encoder sentences vector window levels codes quantiser balance
    start crop skip borrow reverse
"""
SHELF = [
    Item("a", "Red Lamp", "A striped lamp", {"terms": ("lamp", "Stripes")}),
    Item("b", "Lamps of wood", "", {"terms": ("Striped", "wood")}),
    Item("c", "Oak wood", "", {"maker": ("Wood",)}),
    Item("d", "", ""),
]


def make_system(kind: type[CodeOnly] = DualCodes, context: Context | None = None, **values: object) -> CodeOnly:
    return kind(**{**SMALL, **values}, context=context or Context())  # type: ignore[arg-type]


def some_bags() -> Bags:
    bags = make_bags(SHELF, "words")
    assert bags is not None
    return bags


def make_decoder(bags: Bags | None, **values: object) -> Decoder:
    torch.manual_seed(0)
    book = quantise(np.random.default_rng(2).standard_normal((len(SHELF), 4)), 2, 2)
    settings = CodeSettings(**{"width": 8, "length": 5, **values})  # type: ignore[arg-type]
    return Decoder(settings, Trie.of(book.codes), book, bags=bags).double().eval()


def test_bags_hold_shared_terms_weighted_by_rarity() -> None:
    bags = some_bags()
    assert bags.terms == ("lamp", "stripe", "wood") and bags.starts.tolist() == [0, 2, 5, 6]
    assert [bags.terms[number] for number in bags.numbers] == ["lamp", "stripe", "lamp", "stripe", "wood", "wood"]
    np.testing.assert_allclose(np.add.reduceat(bags.weights**2, [0, 2, 5]), 1)
    assert make_bags(SHELF, "none") is None
    terms = make_bags(SHELF, "terms")
    assert terms is not None and terms.terms == ("stripe", "wood")
    rare = make_bags([Item(str(n), "common rare" if n < 2 else "common") for n in range(9)], "words")
    assert rare is not None and rare.weights[0] < rare.weights[1]


def test_a_terms_mean_is_that_of_its_items() -> None:
    vectors = np.arange(8.0).reshape(4, 2)
    bags = replace(some_bags(), weights=np.ones(6))
    np.testing.assert_allclose(bags.mean(vectors), [vectors[:2].mean(0), vectors[:2].mean(0), vectors[1:3].mean(0)])


def test_nothing_shared_is_an_error() -> None:
    with pytest.raises(BenchError, match="no two items share"):
        make_bags([Item("a", "one"), Item("b", "two")], "words")


@pytest.mark.parametrize("own", [True, False])
def test_an_item_is_its_own_embedding_and_those_of_its_terms(own: bool) -> None:
    bags, network = some_bags(), make_decoder(some_bags(), own=own, text="words")
    assert network.terms is not None
    dense = torch.zeros(len(SHELF), len(bags.terms), dtype=torch.float64)
    owner = np.repeat(np.arange(4), np.diff(np.r_[bags.starts, len(bags.numbers)]))
    dense[owner, bags.numbers] = torch.from_numpy(bags.weights.astype(np.float32)).double()
    wanted = torch.cat([dense @ network.terms.weight, torch.zeros(1, 8)])
    wanted += network.items.weight if own else network.items.weight * (torch.arange(5) == 4).unsqueeze(1)
    torch.testing.assert_close(network.item_table(), wanted)


def test_text_reaches_input_and_every_level() -> None:
    network = make_decoder(some_bags(), text="words")
    assert network.terms is not None
    rows, states = torch.tensor([[4, 0, 1]]), torch.randn(1, 8, dtype=torch.float64)
    before = [network.embed(rows), *(network.node_vectors(level) for level in range(2))]
    with torch.no_grad():
        network.terms.weight += torch.randn_like(network.terms.weight)
    after = [network.embed(rows), *(network.node_vectors(level) for level in range(2))]
    assert torch.equal(before[0][:, 0], after[0][:, 0])  # the start token has no text
    assert all(not torch.allclose(one, other) for one, other in zip(before, after, strict=True))
    torch.testing.assert_close(network.log_probabilities(states).exp().sum(), torch.tensor(1.0, dtype=torch.float64))
    log_p = network.log_probabilities(states)[0, 2]
    torch.testing.assert_close(network.loss(states, torch.tensor([2])), -log_p)


def test_own_embeddings_are_left_out_in_training_alone() -> None:
    network = make_decoder(some_bags(), text="words", own_dropout=0.5)
    network.items.weight.data.fill_(1.0)
    assert network.terms is not None
    network.terms.weight.data.zero_()
    assert torch.equal(network.item_table(), network.items.weight)
    network.train()
    drawn = torch.cat([network.item_table() for _ in range(50)]).view(50, 5, 8)
    assert set(drawn[:, :4].unique().tolist()) == {0.0, 2.0} and set(drawn[:, 4].unique().tolist()) == {1.0}
    assert torch.equal(drawn, drawn[..., :1].expand_as(drawn))


def test_without_text_network_and_key_are_what_they_were(tmp_path: Path) -> None:
    """A training made before there was text goes on being taken over; FIRST are the settings that it knew."""
    train = make_cycle()
    system = make_system(CodeOnly, Context(work=tmp_path), epochs=1)
    system.fit(train)
    assert system.scoring is not None and system.scoring.network.terms is None
    codes = system.scoring.network.get_buffer("item_codes")[:-1].tolist()
    learnt = {name: getattr(system, name) for name in FIRST.split()}
    key = digest(["code-only", learnt, 0, "float32", describe(train), codes])
    assert json.loads((tmp_path / "training.json").read_text())["key"] == key
    assert not any("terms" in name or "bag" in name for name in load_file(tmp_path / "checkpoint.safetensors"))


@pytest.mark.parametrize("kind", [DualCodes, TextCodes])
def test_learns_the_cycle(kind: type[CodeOnly]) -> None:
    train = make_cycle()
    items = {name: Item(name, f"thing{place % 6} kind{place // 6}") for place, name in enumerate(NAMES)}
    system = make_system(kind, epochs=12, lr=5e-3, own_dropout=0.2 if kind is DualCodes else 0.0)
    system.fit(replace(train, items=items))
    queries = [Query(f"q{n}", "u", (NAMES[n], NAMES[n + 1])) for n in range(20)]
    found = [answer.items[0] for answer in system.rank(queries, 1) if isinstance(answer, Ranking)]
    assert sum(item == NAMES[n + 2] for n, item in enumerate(found)) >= 16


def test_the_prior_takes_over_the_training_and_other_texts_do_not(tmp_path: Path) -> None:
    train = make_cycle()
    make_system(epochs=1, context=Context(work=tmp_path)).fit(train)
    quiet = Context(work=tmp_path, progress=lambda *report: pytest.fail(f"trained again: {report}"))
    make_system(DualCodesPrior, quiet, epochs=1, weight=0.5).fit(train)
    renamed = replace(train, items={name: replace(item, title="thing 4 of 9") for name, item in train.items.items()})
    for values, other in (({"text": "terms"}, train), ({"own_dropout": 0.1}, train), ({}, renamed)):
        with pytest.raises(BenchError, match="another configuration"):
            make_system(DualCodes, Context(work=tmp_path), epochs=1, **values).fit(other)


@pytest.mark.parametrize("values", [{"text": "none"}, {"text": "none", "own": False}, {"own_dropout": 1.0}])
def test_impossible_settings_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(BenchError, match="dual-codes: "):
        make_system(**values)
    with pytest.raises(BenchError, match="unknown setting"):
        make_system(text="song")
