"""The base of a policy: a causal language model from a folder or the hub, or a small fresh one with its own tokenizer.

A fresh base is a Qwen3 of a few layers with tied embeddings. Its tokenizer is a byte-level BPE trained on the text it
will meet, which holds the prompts' fixed phrases as one token each: a small model should not spend its length on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from bench.api import Item
from bench.errors import BenchError
from bench.lm.quiet import without_bars
from bench.rng import entropy
from navigen.chat import CLOSE, OPEN, TEMPLATE
from navigen.identifiers.textual import textual_code

PAD = "<|endoftext|>"
HEAD = 32  # width of an attention head
LONGEST = 4096  # positions
# Letters with the blank before them, single digits, runs of other signs, runs of blanks.
PIECES = Regex(r" ?\p{L}+| ?\p{N}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")


def train_tokenizer(texts: Iterable[str], size: int, phrases: Sequence[str]) -> Any:
    """Return a byte-level BPE of at most `size` tokens, marks and phrases included; any text can be written with it."""
    tokenizer = Tokenizer(models.BPE())
    split = pre_tokenizers.Split(PIECES, "isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    if size < len(alphabet) + len(phrases) + 3:
        raise BenchError(f"vocabulary={size}: expected at least {len(alphabet) + len(phrases) + 3}")
    trainer = trainers.BpeTrainer(
        vocab_size=size - len(phrases),
        initial_alphabet=sorted(alphabet),
        special_tokens=[PAD, OPEN, CLOSE],
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_tokens([AddedToken(phrase, normalized=False, special=False) for phrase in phrases])
    fast: Any = PreTrainedTokenizerFast
    made = fast(tokenizer_object=tokenizer, eos_token=CLOSE, pad_token=PAD)
    made.chat_template = TEMPLATE
    return made


def fresh_model(tokenizer: Any, width: int, layers: int, seed: int) -> Any:
    """Return a Qwen3 with drawn weights: heads of 32, half as many key heads, tied embeddings."""
    if width % HEAD:
        raise BenchError(f"width={width}: expected a multiple of {HEAD}, the width of an attention head")
    heads = width // HEAD
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=3 * width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=max(1, heads // 2) if heads % 2 == 0 else 1,
        head_dim=HEAD,
        tie_word_embeddings=True,
        max_position_embeddings=LONGEST,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
    )
    with drawn("base", seed):
        return Qwen3ForCausalLM(config)


def catalogue_texts(items: Iterable[Item]) -> list[str]:
    """Return what a catalogue says of its items: titles, captions, and terms as a JSON list writes them."""
    found = []
    for item in items:
        terms = textual_code(item)
        found += [item.title, item.caption, '","'.join(terms), ", ".join(terms)]
    return [text for text in found if text]


def load_base(base: str | Path, file: str = "") -> tuple[Any, Any]:
    """Return model and tokenizer of a folder, in float32; `file`: a GGUF file in it.

    A folder is never looked for elsewhere (for the hub see `bench.hub`). Weights are safetensors or GGUF; pickled ones
    are refused.
    """
    place = str(base)
    if not Path(base).is_dir():
        raise BenchError(
            f"base={place}: no such folder; a model of the Hugging Face hub is named hub:OWNER/NAME@COMMIT"
        )
    options: dict[str, Any] = {"local_files_only": True, "dtype": torch.float32}
    if file:
        options["gguf_file"] = file
    else:
        options["use_safetensors"] = True
    try:
        tokens: dict[str, Any] = {"gguf_file": file} if file else {}
        with without_bars():
            tokenizer = AutoTokenizer.from_pretrained(place, local_files_only=True, **tokens)
            found: Any = AutoModelForCausalLM.from_pretrained(place, output_loading_info=True, **options)
    except (OSError, ValueError, ImportError, RuntimeError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:300]
        raise BenchError(f"base={place}: no causal language model can be loaded from there ({reason})") from None
    model, read = found
    if absent := sorted(read["missing_keys"]):
        raise BenchError(f"base={place}: the weights lack {', '.join(absent[:3])}; they are not of this configuration")
    tokenizer.chat_template = TEMPLATE
    return model, tokenizer


def rounded(model: Any) -> Any:
    """Return the model, its weights rounded to bfloat16 as checkpoints keep them: what is scored is what is kept."""
    with torch.no_grad():
        for weight in model.parameters():
            weight.copy_(weight.to(torch.bfloat16).to(weight.dtype))
    return model.eval()


@contextmanager
def drawn(name: str, seed: int) -> Any:
    """Seed torch's generators by name inside the block, and leave them as they were."""
    with torch.random.fork_rng():
        torch.manual_seed(entropy(seed, name) % 2**63)
        yield
