"""The chat format: how messages become one text, and which tokens of it a model learns to write.

It is ChatML, which Qwen3 and SmolLM2 were trained on. Their own templates cannot be used for training: they have no
generation marks, so nothing tells the assistant's tokens from the rest, and Qwen3's puts an empty thought into every
answer without one. `TEMPLATE` is the same format in Jinja with the marks, saved with every checkpoint, so that a server
that applies it builds the same prompts. Only the last answer is learnt, with the end mark that closes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bench.errors import BenchError
from navigen.train.documents import Bools, Document

Message = tuple[str, str]  # role, content
Span = tuple[int, int]  # of characters

OPEN, CLOSE = "<|im_start|>", "<|im_end|>"
TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' }}"
    "{% if message['role'] == 'assistant' and loop.last %}"
    "{% generation %}{{ message['content'] + '<|im_end|>' }}{% endgeneration %}{{ '\\n' }}"
    "{% else %}"
    "{{ message['content'] + '<|im_end|>\\n' }}"
    "{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def open_turns(messages: Sequence[Message]) -> str:
    """Return the text of the messages and the mark that opens the assistant's answer.

    A content that holds a mark, with which a text could forge a turn, is an error; the renderer writes none.
    """
    for role, content in messages:
        check_content(role, content)
    turns = "".join(f"{OPEN}{role}\n{content}{CLOSE}\n" for role, content in messages)
    return f"{turns}{OPEN}assistant\n"


def check_content(role: str, content: str) -> None:
    """Raise BenchError if a content holds a mark."""
    if OPEN in content or CLOSE in content:
        raise BenchError(f"the {role}'s message holds {OPEN} or {CLOSE}; write it with navigen.prompt.compact or tame")


def close_id(tokenizer: Any) -> int:
    """Return the id of the mark that ends a turn; a tokenizer without the marks is an error."""
    for mark in (OPEN, CLOSE):
        if tokenizer.convert_tokens_to_ids(mark) in (None, tokenizer.unk_token_id):
            raise BenchError(f"the tokenizer has no token {mark}; expected one of a model that was trained on ChatML")
    found: int = tokenizer.convert_tokens_to_ids(CLOSE)
    return found


def encode(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:
    """Return the token ids of texts as they stand: nothing is put before, after or in place of anything."""
    if not texts:
        return []
    ids: list[list[int]] = tokenizer(list(texts), add_special_tokens=False)["input_ids"]
    return ids


def documents(
    tokenizer: Any,
    task: str,
    asked: Sequence[Sequence[Message]],
    answers: Sequence[str],
    spans: Sequence[Sequence[Span]] | None = None,
    goals: Sequence[Sequence[int]] | None = None,
) -> list[Document]:
    """Return a training document for every question with its answer.

    The answer's tokens and its end mark are learnt. `spans`: parts of the last message that are learnt as well (the
    items of a history); a token counts if it lies inside. `goals`: the items that spans and answer name, by number,
    for a residual head, which is asked before each of them.
    """
    end = close_id(tokenizer)
    for text in answers:
        check_content("assistant", text)
    prompts = [open_turns(messages) for messages in asked]
    told = tokenizer(prompts, add_special_tokens=False, return_offsets_mapping=spans is not None)
    found = []
    for place, (question, answer) in enumerate(zip(told["input_ids"], encode(tokenizer, answers), strict=True)):
        learn = np.zeros(len(question) + len(answer) + 1, dtype=np.bool_)
        learn[len(question) :] = True
        if spans is not None:
            start = prompts[place].rindex(f"{OPEN}user\n") + len(f"{OPEN}user\n")
            learn[: len(question)] = inside(told["offset_mapping"][place], spans[place], start)
        ids = np.array([*question, *answer, end], dtype=np.int64)
        asked_for = None
        if goals is not None and spans is not None:
            asked_for = np.full(len(ids), -1, dtype=np.int64)
            begins = np.array([begin for begin, _ in told["offset_mapping"][place]]) - start
            before = np.searchsorted(begins, np.array([begin for begin, _ in spans[place]], dtype=np.int64)) - 1
            asked_for[[*before.tolist(), len(question) - 1]] = goals[place]
        found.append(Document(ids, learn, task, asked_for))
    return found


def inside(offsets: Sequence[Span], spans: Sequence[Span], start: int) -> Bools:
    """Return which tokens [tokens] lie inside one of the spans, which are sorted and count from `start`."""
    places = np.array(offsets, dtype=np.int64).reshape(-1, 2) - start
    if not len(spans):
        return np.zeros(len(places), dtype=np.bool_)
    bounds = np.array(spans, dtype=np.int64)
    span = np.searchsorted(bounds[:, 0], places[:, 0], side="right") - 1
    within: Bools = (span >= 0) & (places[:, 1] <= bounds[span, 1]) & (places[:, 1] > places[:, 0])
    return within
