"""The method: identifiers of items, a policy that speaks them, its training, decoding inside the catalogue."""

from bench.listing import Entry

SYSTEMS: dict[str, Entry] = {
    "navigen": Entry("navigen.full:NaviGen", "The method: dual identifiers, searched supervision, GRPO.", "lm"),
    "navigen-text": Entry("navigen.full:NaviGenText", "The method without collaborative codes.", "lm"),
    "navigen-code": Entry("navigen.full:NaviGenCode", "The method without textual codes.", "lm"),
}

CONFIGS: dict[str, Entry] = {
    "world": Entry("navigen.configs:WORLD", "the shipped small model (the defaults)", "lm"),
    "catalogue": Entry("navigen.configs:CATALOGUE", "a fresh small model for any log", "lm"),
    "smollm2": Entry("navigen.configs:SMOLLM2", "SmolLM2-135M-Instruct with LoRA", "lm"),
    "paper": Entry("navigen.configs:PAPER", "the paper's setting: Qwen3-1.7B, three levels of 8192 codes", "lm"),
    "paper-asked": Entry("navigen.configs:PAPER_ASKED", "how a trained policy of the paper's setting is asked", "lm"),
}
