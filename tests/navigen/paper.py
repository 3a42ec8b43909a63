"""Stand-ins for all that the paper's setting needs and a test machine has not: random models, scripted servers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import torch
from transformers import Qwen3Config, Qwen3ForCausalLM

from bench.listing import Suite
from bench.plan import Job, plan
from navigen.base import train_tokenizer
from navigen.chat import CLOSE
from navigen.prompt import CLOSE_THOUGHT, OPEN_THOUGHT, all_phrases
from navigen.teacher.asking import template
from tests.conftest import write_log
from tests.lm.replay import Replay, Reply, said
from tests.lm.tiny import write_model
from tests.media.tiny import write_pipeline

KEY = "sk-not-a-key"
LINE = re.compile(r"(?:Target|What the person chose next):\n(\{.*\})\n")
PATHS = {
    "navigen.base",
    "navigen.sentences",
    "navigen.teacher.model",
    "navigen.teacher.url",
    "navigen.reward.judge_model",
    "navigen.reward.judge_url",
    "scorer.clip.name",
    "z-image-turbo.pipeline",
    "open-sora-like.pipeline",
}
SIZES = {
    "navigen.codes": 4,
    "navigen.beams": 4,
    "navigen.tokens": 24,
    "navigen.thought_tokens": 8,
    "navigen.reinforce.prompts": 4,
    "navigen.reinforce.tokens": 16,
    "navigen.reinforce.thought_tokens": 8,
    "z-image-turbo.height": 32,
    "z-image-turbo.width": 32,
    "z-image-turbo.steps": 2,
    "open-sora-like.height": 32,
    "open-sora-like.width": 32,
    "open-sora-like.steps": 2,
    "open-sora-like.frames": 5,
    "generator.cases": 2,
}
STEPS = {"navigen.embed_epochs": 1.0, "navigen.full_epochs": 1.0, "navigen.reinforce.steps": 2}
WORLD = ("data.users=10", "data.items=50", "data.most=8")
LIMIT = 3


def reply(body: dict[str, Any], before: int) -> Reply:
    """Answer what a teacher or a judge is asked, whichever it is, with what it costs."""
    system, user = (message["content"] for message in body["messages"])
    code, raw, headers = said(json.dumps(answer(system, user)))
    told = {**json.loads(raw), "usage": {"prompt_tokens": len(user) // 4, "completion_tokens": 20}}
    return code, json.dumps(told).encode(), headers


def answer(system: str, user: str) -> dict[str, Any]:
    """Return what is asked for as JSON values."""
    operation = next((name for name in OPERATIONS if system == template(name)[0] and OPERATIONS[name] in user), "")
    if not operation:  # the judge of the reward
        return {name: 0.25 + 0.5 * (len(name) % 2) for name in re.findall(r'"(\w+)": <number>', user)}
    if operation == "judge":
        names = re.findall(r"^(candidate_\d)", user, re.MULTILINE)
        scores = {"consistency": 7, "novelty": 5, "aesthetic": 6, "executability": 8, "comment": "clear"}
        return {name: {**scores, "novelty": place} for place, name in enumerate(names)}
    if operation in ("founders", "children"):
        names = re.findall(r'"(\w+)": \{"instruction"', user)
        return {name: {"instruction": f"a quiet {name} scene in soft light", "why": "it is clear"} for name in names}
    found = LINE.search(user)
    terms = ", ".join(json.loads(found[1]).get("terms", ["thing"])) if found else "thing"
    if operation == "terms":
        return {"terms": ["thing", "number"]}
    if operation == "reason":
        return {"reason": f"I see what recurs in the list. So next comes {terms}."}
    return {"thought": f"I saw what was chosen before and weighed drafts by how clear they were. So it is {terms}."}


OPERATIONS = {  # operation -> words that only its question has
    "terms": "Describe this item",
    "reason": "Write the thought of a recommender",
    "founders": "Write three drafts",
    "judge": "Give each a number from 0 to 10",
    "children": "Write two new ones",
    "distil": "Write the thought that leads",
    "rewrite": "This thought breaks rules",
}


def write_stand_ins(folder: Path) -> dict[str, str]:
    """Write the models, and return the settings that name them."""
    write_base(folder / "base")
    encoder = write_model(folder / "encoder")
    (encoder / "1_Pooling").mkdir()
    (encoder / "1_Pooling" / "config.json").write_text('{"pooling_mode_lasttoken": true}')
    write_pipeline("z-image-turbo", folder / "image")
    write_pipeline("wan", folder / "video")
    write_log(folder / "data" / "product" / "amazon-toys-2014", users=10, items=12)
    return {
        "navigen.base": str(folder / "base"),
        "navigen.sentences": str(encoder),
        "scorer.clip.name": "world-clip",
        "z-image-turbo.pipeline": str(folder / "image"),
        "open-sora-like.pipeline": str(folder / "video"),
    }


CHAIN = {  # what may follow a token: a thought, then an answer of terms and an instruction
    OPEN_THOUGHT: (" what",),
    " what": (" comes",),
    " comes": (" next",),
    " next": (CLOSE_THOUGHT,),
    CLOSE_THOUGHT: ('{"target_tid":["',),
    '{"target_tid":["': ("thin", "soft"),
    "thin": ('"],"target_ins":"',),
    "soft": ('"],"target_ins":"',),
    '"],"target_ins":"': ("a",),
    "a": (" thing", " light"),
    " thing": (" in", '"'),
    " in": (" soft",),
    " soft": (" light",),
    " light": ('"',),
    '"': ("}",),
    "}": (CLOSE,),
}


def write_base(folder: Path) -> None:
    """Write a Qwen3 of two layers that answers by a chain of tokens: no random model writes what can be judged."""
    phrases = [*all_phrases(), OPEN_THOUGHT, CLOSE_THOUGHT]
    tokenizer = train_tokenizer(["a thing in soft light, what comes next"], 512, phrases)
    width = -(-len(tokenizer) // 32) * 32
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=1,
        num_key_value_heads=1,
        head_dim=32,
        tie_word_embeddings=False,
        max_position_embeddings=4096,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
    )
    torch.manual_seed(0)
    model = Qwen3ForCausalLM(config)
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        model.model.embed_tokens.weight.copy_(torch.eye(len(tokenizer), width))
        model.lm_head.weight.zero_()
        for before, after in CHAIN.items():
            for text in after:
                (one,), (next_one,) = tokenizer([before, text], add_special_tokens=False)["input_ids"]
                model.lm_head.weight[next_one, one] = 1.0
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def served(server: Replay) -> dict[str, str]:
    """Return the settings that name a server as teacher and as judge."""
    server.script = reply
    return {
        "navigen.teacher.url": server.url,
        "navigen.teacher.model": "scripted-teacher",
        "navigen.reward.judge_url": server.url,
        "navigen.reward.judge_model": "scripted-judge",
    }


def small_jobs(grid: Suite, named: dict[str, str], *more: str) -> list[Job]:
    """Return the jobs of a grid of the suite with nothing but paths, sizes and steps replaced."""
    values = {**named, **SIZES, **STEPS}
    return plan(grid, LIMIT, [*(f"{name}={value}" for name, value in values.items()), *more])[0]
