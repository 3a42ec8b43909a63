"""Token sequences as a trie, and how much of a model decoding in it asks for."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from bench.errors import BenchError
from navigen.decode.growth import check_model, plan_levels
from navigen.decode.language import rank
from navigen.decode.tokens import TokenCatalogue
from tests.navigen.models import END, make_model
from tests.navigen.test_language_decoding import CODES, sequences


@given(sequences())
def test_every_item_is_read_back_from_its_leaf(items: list[list[int]]) -> None:
    catalogue = TokenCatalogue.of(items, END)
    trie = catalogue.trie
    leaves = trie.nodes(trie.levels).start + catalogue.row
    for item, leaf in zip(items, leaves.tolist(), strict=True):
        read, node = [], leaf
        while node:
            read.insert(0, int(catalogue.token[node]))
            node = int(trie.parent[node])
        assert read == item + [END] * (trie.levels - len(item))
    for row, (low, high) in enumerate(pairwise(catalogue.begin.tolist())):
        members = catalogue.members[low:high].tolist()
        assert members == [place for place, own in enumerate(catalogue.row) if own == row]
        assert len({tuple(items[member]) for member in members}) == 1
    assert len(catalogue.begin) == len({tuple(item) for item in items}) + 1
    weights = np.arange(len(items)) + 1.0
    np.testing.assert_array_equal(catalogue.on_rows(weights), np.bincount(catalogue.row, weights))


@given(sequences())
def test_anchors_are_the_nearest_forks(items: list[list[int]]) -> None:
    catalogue = TokenCatalogue.of(items, END)
    for node in range(1, len(catalogue.token)):
        above, steps = int(catalogue.trie.parent[node]), 1
        while above and not catalogue.forks[above]:
            above, steps = int(catalogue.trie.parent[above]), steps + 1
        assert (catalogue.anchor[node], catalogue.chain(np.array([node]))[0]) == (above, steps)


def test_the_closing_token_competes_with_what_continues() -> None:
    catalogue = TokenCatalogue.of([[1], [1, 2], [1]], END)
    (node,) = catalogue.trie.walk(np.array([[0]])).tolist()
    children, _ = catalogue.trie.children(np.array([node]))
    assert catalogue.token[children].tolist() == [2, END]
    assert catalogue.row.tolist() == [1, 0, 1] and catalogue.sizes.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("items", "reason"),
    [([], "empty"), ([[1], []], "empty"), ([[1, -1]], "negative"), ([[1], [2, END]], "item 1 holds the closing token")],
)
def test_impossible_catalogues_are_refused(items: list[list[int]], reason: str) -> None:
    with pytest.raises(BenchError, match=reason):
        TokenCatalogue.of(items, END)


class Counting:
    """A model that notes how many positions each pass had, and how many it could see."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.passes: list[int] = []
        self.seen: list[int] = []
        self.training, self.config, self.dtype, self.device = False, model.config, model.dtype, model.device

    def __call__(self, **inputs: Any) -> Any:
        self.passes.append(inputs["input_ids"].shape[1])
        self.seen.append(inputs["attention_mask"].shape[3])
        return self.model(**inputs)


@pytest.mark.parametrize(
    ("items", "beams", "passes"),
    [
        ([[1, 2]], 5, []),  # nothing to choose
        ([[1, 2, 3], [4, 5, 6]], 5, [16]),  # decided at the first token
        ([[1, 2, 3], [1, 5, 6]], 5, [16, 1]),  # a forced token is context
        ([[1, 2, 3, 4], [1, 2, 3, 5], [6, 2, 3, 4], [6, 2, 3, 5]], 5, [16, 6]),  # two chains of three in one pass
        ([[1, 2, 3, 4], [1, 2, 3, 5], [6, 2, 3, 4], [6, 2, 3, 5]], 1, [16, 3]),
        (CODES, 60, [16, 4, 12]),
        (CODES, 3, [16, 3, 3]),
    ],
)
def test_only_forks_are_read(items: list[list[int]], beams: int, passes: list[int]) -> None:
    model = Counting(make_model())
    rank(model, [[5, 6, 7]], TokenCatalogue.of(items, END), beams, batch=1)
    assert model.passes == passes


def test_what_nobody_needs_is_not_computed_but_keeps_its_place() -> None:
    """Forks at levels 1 and 3, and a beam that never meets those of level 2."""
    items = [[1, 2, 3, 4], [1, 2, 3, 5], [1, 6], [7, 8, 9], [7, 8, 10], [7, 8, 11, 12], [7, 8, 11, 13]]
    catalogue, model = TokenCatalogue.of(items, END), make_model()
    assert [(level.ends, level.slots) for level in plan_levels(catalogue, 1)] == [
        (1, 0),
        (1, 1),
        (1, 2),
        (1, 2),
        (0, 0),
    ]
    passes, seen = set(), set()
    prompts = [[token] for token in range(30)]
    for prompt in prompts:
        counting = Counting(model)
        rank(counting, [prompt], catalogue, 1, batch=1)
        passes.add(tuple(counting.passes))
        seen.update(counting.seen)
    assert passes <= {(16, 1), (16, 2), (16, 1, 2), (16, 2, 2)} and len(passes) >= 2
    assert {16, 19, 21} <= seen <= {16, 17, 19, 21}
    alone = [rank(model, [prompt], catalogue, 1, batch=8).dense()[0] for prompt in prompts]
    np.testing.assert_array_equal(alone, rank(model, prompts, catalogue, 1, batch=8).dense())


def test_models_that_cannot_are_refused() -> None:
    def model(**config: Any) -> Any:
        text = SimpleNamespace(**config)
        return SimpleNamespace(
            training=config.pop("training", False),
            config=SimpleNamespace(_attn_implementation=config.get("kind", "sdpa"), get_text_config=lambda: text),
        )

    check_model(model(layer_types=["full_attention"], sliding_window=8))
    for wrong, reason in (
        (model(training=True), "training mode"),
        (model(kind="flash_attention_2"), "sdpa"),
        (model(layer_types=["full_attention", "sliding_attention"]), "full attention"),
        (model(sliding_window=8), "full attention"),
    ):
        with pytest.raises(BenchError, match=reason):
            check_model(wrong)
