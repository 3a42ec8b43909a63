"""The tokenizer of a small CLIP: a byte-level BPE trained on the text it will meet (needs tokenizers, transformers)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bench.errors import BenchError

BEGIN, END, PAD = "<|startoftext|>", "<|endoftext|>", "<|pad|>"


def make_tokenizer(texts: Iterable[str], size: int, length: int) -> Any:
    """Return a tokenizer of at most `size` tokens that takes any text, in lower case, between a begin and an end."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    marks = [PAD, BEGIN, END]
    if size < len(alphabet) + len(marks):
        raise BenchError(f"vocabulary={size}: expected at least {len(alphabet) + len(marks)}")
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, special_tokens=marks, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    numbers = [(mark, tokenizer.token_to_id(mark)) for mark in (BEGIN, END)]
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{BEGIN} $A {END}", special_tokens=numbers)
    fast: Any = PreTrainedTokenizerFast
    return fast(tokenizer_object=tokenizer, bos_token=BEGIN, eos_token=END, pad_token=PAD, model_max_length=length)


def write_ids(tokenizer: Any, texts: Sequence[str], length: int) -> Any:
    """Return token ids [texts, length], cut and padded the way open_clip's tokenizer does it."""
    return tokenizer(
        list(texts), return_tensors="pt", max_length=length, padding="max_length", truncation=True
    ).input_ids
