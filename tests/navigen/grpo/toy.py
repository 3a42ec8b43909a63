"""A tiny policy with a shop of its own, and rewards a child understands."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import torch
from transformers import Qwen3Config, Qwen3ForCausalLM

from bench.lm.quiet import without_advice
from navigen.base import train_tokenizer
from navigen.chat import close_id, encode, open_turns
from navigen.decode.tokens import TokenCatalogue
from navigen.prompt import all_phrases
from navigen.train.checkpoint import Course
from navigen.train.grpo.settings import Question, Reinforce
from navigen.train.grpo.trainer import reinforce
from navigen.train.trainee import adapt

SHOP = ["red lamp", "red chair", "blue lamp", "blue chair stand", "green", "green mug"]
ASKED = ["a b", "something red that is long", "blue", "c d e f g", "lamp", "who am i"]


@cache
def tokenizer() -> Any:
    return train_tokenizer([*SHOP, *ASKED], 420, all_phrases())


@cache
def catalogue() -> TokenCatalogue:
    texts = [f'{{"target_cid":"{name}"}}' for name in SHOP]
    return TokenCatalogue.of(encode(tokenizer(), texts), close_id(tokenizer()))


def make_model(seed: int = 0, spread: float = 0.08, head: int = 16) -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        config = Qwen3Config(
            vocab_size=len(tokenizer()),
            hidden_size=32,
            intermediate_size=48,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=1,
            head_dim=head,
            tie_word_embeddings=True,
            initializer_range=spread,
            max_position_embeddings=512,
            bos_token_id=None,
            eos_token_id=None,
            pad_token_id=0,
        )
        return Qwen3ForCausalLM(config).eval()


KINDS: dict[str, dict[str, Any]] = {
    "trie": {"task": "cid2cid", "constrained": True},
    "free": {"task": "cid2cid"},
    "prefix": {"task": "cid2ins", "prefix": '{"target_tid":["'},
    "thought": {"task": "cid2ins", "prefix": '{"target_tid":["', "think": True},
    "thought trie": {"task": "cid2cid", "constrained": True, "think": True},
}


def ask(kind: str, number: int = 0) -> Question:
    text = ASKED[number % len(ASKED)]
    prompt = open_turns([("system", "s"), ("user", text)])
    return Question(prompt=prompt, columns={"wish": text, "number": number}, **KINDS[kind])


def questions(*kinds: str, number: int = 6) -> list[Question]:
    return [ask(kind, place) for kind in kinds for place in range(number)]


def settings(**values: Any) -> Reinforce:
    chosen: dict[str, Any] = {
        "steps": 4,
        "prompts": 4,
        "group": 4,
        "rate": 1e-3,
        "rank": 0,
        "dropout": 0.0,
        "tokens": 6,
        "thought_tokens": 5,
        "batch": 16,
        "micro": 8,
        "decay": 0.0,
        "validate_every": 2,
        "held_samples": 2,
        "warmup": 0.0,
    }
    return Reinforce(**(chosen | values))


def blue(completions: Sequence[str], **columns: Sequence[Any]) -> list[float | None]:
    """1 for what names something blue, a little for its length."""
    return [float("blue" in text) + 0.01 * (len(text) % 7) for text in completions]


def train(model: Any, kinds: Sequence[str] = ("trie", "prefix"), reward: Any = blue, **values: Any) -> Course:
    """Reinforce on the toy questions; `values`: settings, `work`, `progress`, `seed`, `dtype`, `held` (False: none)."""
    options = {name: values.pop(name) for name in ("work", "progress", "seed", "dtype") if name in values}
    asked = questions(*kinds)
    held = asked[::3] if values.pop("held", True) else []
    return reinforce(model, tokenizer(), asked, held, reward, settings(**values), answers=catalogue(), **options)


def adapted(rank: int = 4, head: int = 16, **values: Any) -> Any:
    with without_advice():
        return adapt(make_model(head=head), settings(rank=rank, **values).stage, 0)
