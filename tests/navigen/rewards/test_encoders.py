"""The judge by an encoder: with the shipped small CLIP, and with pictures of the targets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bench.errors import BenchError
from navigen.rewards.consistency import Told
from navigen.rewards.embedding import Embedding, load_encoder
from navigen.rewards.mix import NaviGenReward
from navigen.rewards.settings import Rewarding
from tests.navigen.rewards.little import CATALOGUE, GOLD, TOLD, Bags, answer, code, columns, reward


def test_the_shipped_encoder_tells_the_target_from_another_item() -> None:
    judge = Embedding.of(load_encoder(""), CATALOGUE)
    other = CATALOGUE[2]
    told = [Told(text, GOLD.terms, GOLD.terms) for text in (GOLD.text, other.text, "")]
    told.append(Told(GOLD.text, other.terms, GOLD.terms))
    right, wrong, empty, planned = (verdict.edges for verdict in judge.judge(told) if verdict is not None)
    assert right.instruction_target > 0.7
    assert wrong.instruction_target < 0.3
    assert right.own_target == 1.0
    assert planned.own_target is not None
    assert planned.own_target < 0.3
    assert 0 <= empty.instruction_target < right.instruction_target
    alone = [judge.judge([one])[0] for one in told]
    assert [one and one.edges.instruction_target for one in alone] == pytest.approx(
        [edges.instruction_target for edges in (right, wrong, empty, planned)], abs=2e-4
    )


class Sighted(Bags):
    """Counts stems, and sees in a picture the item whose number its first byte is."""

    seen = 0

    def embed_pictures(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        self.seen += len(pictures)
        return self.embed_texts([CATALOGUE[int(picture[0, 0, 0])].text for picture in pictures])


@pytest.fixture
def pictures(tmp_path: Path) -> dict[str, Path]:
    found = {}
    for number, item in enumerate(CATALOGUE[:3]):
        found[item.code] = tmp_path / f"{number}.png"
        Image.new("RGB", (8, 8), (number, 0, 0)).save(found[item.code])
    return found


def test_an_instruction_is_held_against_the_picture(pictures: dict[str, Path]) -> None:
    encoder = Sighted()
    judge = Embedding.of(encoder, CATALOGUE, pictures)
    best = NaviGenReward(Rewarding(judge="embedding"), CATALOGUE, pictures=pictures, judge=judge)
    texts = [answer(GOLD.text), answer(TOLD), answer(CATALOGUE[2].text)]
    counted = encoder.seen
    parts = best.judge(texts, **columns(["cid2ins"] * 3))
    right, near, wrong = (one.edges.instruction_target for one in parts if one is not None and one.edges is not None)
    assert right == 1.0 > near > wrong
    assert best.judge(texts, **columns(["cid2ins"] * 3)) == parts
    assert encoder.seen == counted + 1, "a target's picture is looked at once"


def test_a_target_without_a_picture_is_not_judged(pictures: dict[str, Path]) -> None:
    judge = Embedding.of(Sighted(), CATALOGUE, pictures)
    best = NaviGenReward(Rewarding(judge="embedding"), CATALOGUE, pictures=pictures, judge=judge)
    asked = {**columns(["cid2ins"] * 2), "target_code": [code(7, 8, 9), GOLD.code]}
    first, second = best([answer(), answer()], **asked)
    assert first is None
    assert second is not None


def test_pictures_need_an_encoder_that_sees(pictures: dict[str, Path]) -> None:
    with pytest.raises(BenchError, match="reads texts only"):
        Embedding.of(Bags(), CATALOGUE, pictures)


def test_terms_may_be_concealed_where_meaning_is_judged() -> None:
    own = Rewarding(judge="embedding", conceal="terms")
    named, meant = reward(own).judge(
        [answer("A red lamp with stripes, kitchen."), answer("Something else.")], **columns(["cid2ins"] * 2)
    )
    assert named is not None
    assert meant is not None
    assert (named.leak, meant.leak) == (1.0, 0.0)


def test_it_has_the_name_that_trl_logs() -> None:
    assert reward().__name__ == "navigen"
