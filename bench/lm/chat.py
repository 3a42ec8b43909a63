"""From prompts to token ids and back: what all local backends must do alike."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from bench import hub
from bench.api import Failure
from bench.errors import BenchError
from bench.io import file_sha256, read_json
from bench.lm.protocol import Prompt, cut


@dataclass(frozen=True, slots=True, eq=False)
class Chat:
    """A tokenizer with its chat template; `ends` are the ids that end a turn, `context` the longest text in tokens."""

    tokenizer: Any
    template: str
    thinking: bool | None
    ends: frozenset[int]
    context: int

    @classmethod
    def of(cls, tokenizer: Any, folder: Path, template: Path | None, thinking: bool | None, context: int) -> Chat:
        """Return the chat of a model's folder, or say that its tokenizer has no template."""
        if template is not None and not template.is_file():
            raise BenchError(f"{template}: no such file; `template` names a jinja file")
        text = tokenizer.chat_template if template is None else template.read_text(encoding="utf-8")
        if not isinstance(text, str):
            raise BenchError(
                f"{folder.name}: the tokenizer has no chat template; write one as a jinja file and name it in the "
                "setting `template`"
            )
        ends = _told_ends(folder) | ({tokenizer.eos_token_id} - {None})
        if not ends:
            raise BenchError(f"{folder.name}: neither tokenizer nor generation_config.json says what ends a turn")
        return cls(tokenizer, text, thinking, frozenset(ends), context)

    def text(self, prompt: Prompt) -> str:
        """Return what the model reads: messages, the opening of the assistant's turn, prefix."""
        messages = [{"role": role, "content": content} for role, content in prompt.messages]
        more = {} if self.thinking is None else {"enable_thinking": self.thinking}
        rendered = self.tokenizer.apply_chat_template(
            messages, chat_template=self.template, tokenize=False, add_generation_prompt=True, **more
        )
        return str(rendered) + prompt.prefix

    def encode(self, text: str) -> tuple[int, ...]:
        """Return the token ids of a rendered text; the template writes all special tokens itself."""
        return tuple(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def pair(self, prompt: Prompt, continuation: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the ids of the prompt and of the continuation (see `TextModel.log_likelihood`)."""
        text = self.text(prompt)
        before, whole = self.encode(text), self.encode(text + continuation)
        if whole[: len(before)] == before:
            return before, whole[len(before) :]
        return before, self.encode(continuation)

    def fits(self, prompt: Sequence[int], more: int) -> Failure | None:
        """Return the Failure of a prompt that with `more` tokens is longer than the model can read."""
        if not prompt:
            return Failure("the template makes an empty prompt of these messages")
        if self.context and len(prompt) + more > self.context:
            return Failure(f"a prompt of {len(prompt)} tokens and {more} more do not fit into {self.context}")
        return None

    def decode(self, prompt: Sequence[int], tokens: Sequence[int], stop: Sequence[str]) -> tuple[str, bool]:
        """Return the text of `tokens` behind `prompt` up to a stop text, and whether there was one.

        Special tokens stay visible. The last token of the prompt is decoded with them, since some tokenizers drop a
        blank at the start of a text.
        """
        last = list(prompt[-1:])
        before, whole = (self._text(ids) for ids in (last, last + list(tokens)))
        return cut(whole[len(before) :], stop)

    def written(self, tokens: Sequence[int]) -> tuple[tuple[int, ...], bool]:
        """Return the tokens before the first that ends the turn, and whether there was one."""
        for place, token in enumerate(tokens):
            if token in self.ends:
                return tuple(tokens[:place]), True
        return tuple(tokens), False

    def _text(self, ids: list[int]) -> str:
        return str(self.tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False))


def folder_of(path: str | Path, revision: str) -> Path:
    """Return the model's folder: `path` itself, or what a hub reference names in the local cache (see `bench.hub`).

    A `revision` makes a reference of a plain name on the hub.
    """
    folder = hub.locate(f"{hub.PREFIX}{path}@{revision}" if revision else path)
    if not folder.is_dir():
        raise BenchError(f"{path}: no such folder; a model of the Hugging Face hub is named hub:OWNER/NAME@COMMIT")
    return folder


def check_adapter(adapter: Path) -> dict[str, Any]:
    """Return the configuration of a LoRA folder, or say why it is none."""
    told = read_json(adapter / "adapter_config.json")
    if not isinstance(told, dict) or told.get("peft_type") != "LORA":
        raise BenchError(f"{adapter.name}: expected a LoRA adapter of peft; merge other kinds into the model first")
    return told


def files_digest(folder: Path) -> str:
    """Return the sha256 over names and bytes of the files that make a model: weights, tokenizer, configuration."""
    total = sha256()
    kinds = {".safetensors", ".json", ".jinja", ".model", ".txt", ".gguf", ".bin"}
    for file in sorted(file for file in folder.iterdir() if file.suffix in kinds and file.is_file()):
        total.update(f"{file.name}\0{file_sha256(file)}\n".encode())
    return total.hexdigest()


def _told_ends(folder: Path) -> set[int]:
    file = folder / "generation_config.json"
    told = json.loads(file.read_text(encoding="utf-8")).get("eos_token_id") if file.is_file() else None
    return set() if told is None else {int(token) for token in (told if isinstance(told, list) else [told])}
