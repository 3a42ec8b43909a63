"""Pre-training on general text: what a passage becomes, and a folder that any policy can start from."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
import torch

from bench.api import Context
from navigen.base import load_base
from navigen.chat import encode
from navigen.general import HELD_BACK, General, general_documents
from navigen.prompt import all_phrases
from tasks.world.passages import passages
from tests.navigen.little import make_tokenizer

SMALL = {"width": 32, "layers": 1, "vocabulary": 640, "epochs": 1.0}


def test_a_passage_is_read_and_told_and_said_as_it_is() -> None:
    tokenizer, told = make_tokenizer(), list(passages(4))
    made = general_documents(tokenizer, told)
    assert Counter(one.task for one in made) == {"caption": 12, "read": 12, "tell": 12, "list": 12}
    answers: dict[str, list[str]] = {"caption": [], "read": [], "tell": [], "list": []}
    for one in made:
        text = tokenizer.decode(one.ids[one.learn])
        assert text.endswith("<|im_end|>")
        answers[one.task].append(text.removesuffix("<|im_end|>"))
    assert answers["caption"] == [one.caption for one in told]
    assert [json.loads(text) for text in answers["read"]] == [{"target_tid": list(one.terms)} for one in told]
    wanted = [one.video if place % 2 else one.image for place, one in enumerate(told)]
    assert [json.loads(text) for text in answers["tell"]] == [{"target_ins": text} for text in wanted]
    assert answers["list"] == answers["tell"]
    asked = [tokenizer.decode(one.ids[~one.learn]) for one in made if one.task == "list"]
    listed = [json.loads(text[text.index("[") : text.index("]") + 1]) for text in asked]
    assert listed[3] == [one.caption for one in told[:4]] and listed[4] == [told[4].caption]


def test_a_base_is_made_the_same_every_time_and_loads(tmp_path: Path) -> None:
    told = list(passages(20))
    course = General(**SMALL, context=Context(1)).run(told, tmp_path / "one")  # type: ignore[arg-type]
    General(**SMALL, context=Context(1)).run(told, tmp_path / "two")  # type: ignore[arg-type]
    assert len(told) > HELD_BACK and course.finished and course.best is not None
    for name in ("model.safetensors", "tokenizer.json", "config.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    model, tokenizer = load_base(tmp_path / "one")
    assert [len(ids) for ids in encode(tokenizer, all_phrases())] == [1] * len(all_phrases())
    ids = torch.tensor(encode(tokenizer, [told[0].caption]))
    with torch.no_grad():
        loss = float(model(ids, labels=ids).loss)
    assert loss == pytest.approx(loss) and loss < 6.5  # ln 640 = 6.5 knows nothing
