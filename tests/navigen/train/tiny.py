"""A tiny language model and documents to train it on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import Qwen3Config, Qwen3ForCausalLM

from bench.rng import stream
from navigen.train.checkpoint import Course
from navigen.train.documents import Document
from navigen.train.stage import Stage, train_stage

WORDS = 40
NEW = tuple(range(30, 40))


def make_model(tied: bool = True, seed: int = 0, **values: Any) -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        shape = {
            "vocab_size": WORDS,
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "head_dim": 16,
        }
        return Qwen3ForCausalLM(Qwen3Config(**shape, tie_word_embeddings=tied, **values)).eval()


def make_documents(
    number: int = 24, seed: int = 0, longest: int = 14, tasks: tuple[str, ...] = ("a", "b")
) -> list[Any]:
    rng = stream(seed, "tiny documents")
    made = []
    for index in range(number):
        size = int(rng.integers(3, longest + 1))
        learn = rng.random(size) < 0.6
        learn[-1] = True
        made.append(Document(rng.integers(1, WORDS, size), learn, tasks[index % len(tasks)]))
    return made


def make_stage(**values: Any) -> Stage:
    chosen: dict[str, Any] = {"name": "tiny", "epochs": 2, "rate": 1e-3, "length": 16, "batch": 4, "clip": 1.0}
    return Stage(**(chosen | values))


def train(model: Any, work: Path | None = None, **values: Any) -> Course:
    """Train on the tiny documents with 8 others as validation; `values` are the stage's."""
    stage = make_stage(**values)
    rows = NEW if stage.trainable == "rows" else ()
    return train_stage(model, make_documents(), make_documents(8, 1), stage, new_rows=rows, work=work)


def weights_of(model: Any) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def same(one: Any, other: Any) -> bool:
    values = weights_of(other)
    return all(torch.equal(value, values[name]) for name, value in weights_of(one).items())


def losses(course: Course) -> np.ndarray[Any, Any]:
    """All the losses of a course, one row a look."""
    return np.array(
        [[row[name] for name in sorted(row) if "loss" in name or "valid" in name] for row in course.history]
    )
