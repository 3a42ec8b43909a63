"""A tiny random model with a tokenizer of its own, a LoRA adapter for it, and prompts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from bench.lm import Prompt

END = "<|im_end|>"
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
TEXTS = [
    "a striped cotton shirt in bright red, photographed from above",
    "two blue chairs stand by the window; the light is soft",
    '{"target_cid":"<|cid_begin|>"} and {"terms":["warm","wooden","small"]}',
    "what would this person like next? user system assistant",
    "naïve café, Größe 42, 北京的天气",
]
PROMPTS = [
    Prompt((("user", "what would this person like next?"),)),
    Prompt((("system", "answer in one line"), ("user", "a red shirt, a blue chair")), '{"terms":["'),
    Prompt((("user", "a"), ("assistant", "two blue chairs"), ("user", "and then? " * 12))),
    Prompt((("user", "striped cotton " * 9),), "the light is"),
    Prompt((("user", "Größe 42, 北京"),)),
]


def tokenizer() -> PreTrainedTokenizerFast:
    """A byte-level BPE of about 400 tokens with a chat template."""
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<|endoftext|>", "<|im_start|>", END, "<|cid_begin|>", "<|cid_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    raw.train_from_iterator(TEXTS * 3, trainer)
    made = PreTrainedTokenizerFast(tokenizer_object=raw, eos_token=END, pad_token="<|endoftext|>")
    made.chat_template = TEMPLATE
    return made


def write_model(folder: Path, seed: int = 0) -> Path:
    """Write a random Qwen3 of two layers whose answers are neither constant nor all alike."""
    made = tokenizer()
    torch.manual_seed(seed)
    config = Qwen3Config(
        vocab_size=len(made),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=32,
        max_position_embeddings=512,
        tie_word_embeddings=False,
        initializer_range=0.2,
        eos_token_id=made.eos_token_id,
        pad_token_id=made.pad_token_id,
        bos_token_id=None,
    )
    model = Qwen3ForCausalLM(config)
    model.generation_config.eos_token_id = [made.eos_token_id, made.pad_token_id]
    model.save_pretrained(folder)
    made.save_pretrained(folder)
    return folder


def write_adapter(folder: Path, base: Path) -> Path:
    """Write a LoRA adapter strong enough to change what the model writes."""
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(1)
    wanted = LoraConfig(r=8, lora_alpha=16, target_modules=["q_proj", "v_proj", "down_proj"], task_type="CAUSAL_LM")
    tuned: Any = get_peft_model(Qwen3ForCausalLM.from_pretrained(base), wanted)
    for name, weight in tuned.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.3)
    tuned.save_pretrained(folder)
    return folder


class Codes:
    """A catalogue of three-token codes as a callable: which tokens may follow."""

    def __init__(self, codes: list[tuple[int, ...]]) -> None:
        self.codes = codes

    def __call__(self, tokens: Any) -> list[int]:
        depth = len(tokens)
        found = {code[depth] for code in self.codes if code[:depth] == tuple(tokens) and len(code) > depth}
        return sorted(found)


CODES = Codes([(300, 310, 320), (300, 311, 321), (301, 310, 322), (302, 312, 320), (302, 312, 323)])
SCHEMA = {
    "type": "object",
    "properties": {"like": {"enum": ["warm", "small"]}, "count": {"type": "integer", "minimum": 3, "maximum": 5}},
    "required": ["like", "count"],
    "additionalProperties": False,
}
