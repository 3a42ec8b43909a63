"""Transformers in this process: answers that depend on nothing but the prompt itself, tries, schemas, LoRA, GGUF."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from bench.api import Failure
from bench.errors import BenchError
from bench.io import canonical, digest
from bench.lm.batches import batches, copies, padded
from bench.lm.chat import Chat, check_adapter, files_digest, folder_of
from bench.lm.protocol import Completion, Prompt, Sampling, check_pairs
from bench.lm.quiet import without_advice, without_bars
from bench.lm.rules import Rule, Rules
from bench.lm.settings import HFSettings
from bench.rng import stream

# Continuations are scored in groups of about the same length: the widest row of logits is so much wider at most.
TAIL = 16


@dataclass(slots=True, eq=False)
class Answer:
    """One answer in the making."""

    prompt: tuple[int, ...]
    rule: Rule | None
    draws: Any  # numpy Generator
    tokens: list[int] = field(default_factory=list)
    total: float = 0.0
    ended: bool = False


class HF:
    """A causal language model of transformers; `model`, `tokenizer` and `chat` are there for those who want more."""

    def __init__(self, path: str | Path, settings: HFSettings, loaded: tuple[Any, Any] | None = None) -> None:
        """Load tokenizer and model from `path`, or take the `loaded` ones, which `path` then only names."""
        self.settings = settings
        self.folder = Path(path) if loaded else folder_of(path, settings.revision)
        self.tokenizer, self.model = loaded or _load(self.folder, settings)
        told = self.model.config.get_text_config()
        context = settings.context or int(getattr(told, "max_position_embeddings", 0) or 0)
        self.chat = Chat.of(self.tokenizer, self.folder, settings.template, settings.thinking, context)
        self.rules = Rules(self.chat, int(self.model.get_output_embeddings().weight.shape[0]))
        self._trims = "logits_to_keep" in inspect.signature(self.model.forward).parameters

    @cached_property
    def fingerprint(self) -> str:
        """Return the sha256 over weights, adapter, tokenizer, template and number format."""
        adapter = self.settings.adapter
        return digest(
            {
                "backend": "hf",
                "model": files_digest(self.folder) if self.folder.is_dir() else weights_digest(self.model),
                "adapter": files_digest(adapter) if adapter else "",
                "template": self.chat.template,
                **{name: getattr(self.settings, name) for name in ("dtype", "gguf", "thinking")},
            }
        )

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Completion | Failure]:
        """Return an answer a prompt, in the order of `prompts`; one that is too long is a Failure."""
        found: dict[int, Completion | Failure] = {}
        encoded = [self.chat.encode(self.chat.text(prompt)) for prompt in prompts]
        for index, ids in enumerate(encoded):
            if (failure := self.chat.fits(ids, sampling.tokens)) is not None:
                found[index] = failure
        rest = [index for index in range(len(prompts)) if index not in found]
        copy = copies(encoded)
        for width, places in batches([self._width(len(encoded[index])) for index in rest], self.settings.batch):
            rows = [rest[place] for place in places]
            answers = [
                Answer(encoded[row], self.rules.make(sampling), _draws(sampling, encoded[row], copy[row]))
                for row in rows
            ]
            self._write(width, answers, sampling)
            found.update({row: self._completion(answer, sampling) for row, answer in zip(rows, answers, strict=True)})
        return [found[index] for index in range(len(prompts))]

    def log_likelihood(self, prompts: Sequence[Prompt], continuations: Sequence[str]) -> list[float | Failure]:
        """Return ln p(continuation | prompt, prefix) in nats for each pair; one that is too long is a Failure."""
        check_pairs(prompts, continuations)
        pairs = [self.chat.pair(prompt, text) for prompt, text in zip(prompts, continuations, strict=True)]
        found: dict[int, float | Failure] = {}
        for index, (before, after) in enumerate(pairs):
            if (failure := self.chat.fits(before, len(after))) is not None:
                found[index] = failure
        rest = [index for index in range(len(pairs)) if index not in found]
        shapes = [(self._width(sum(map(len, pairs[index]))), padded(len(pairs[index][1]), TAIL)) for index in rest]
        for (width, tail), places in batches(shapes, self.settings.batch):
            rows = [rest[place] for place in places]
            found.update(zip(rows, self._score(width, tail, [pairs[row] for row in rows]), strict=True))
        return [found[index] for index in range(len(pairs))]

    def _width(self, length: int) -> int:
        # At least one place of padding: a batch without any would be computed by another kernel, for all its rows.
        return padded(length + 1, self.settings.bucket)

    @torch.inference_mode()
    def _write(self, width: int, answers: list[Answer], sampling: Sampling) -> None:
        ids, mask = self._left([answer.prompt for answer in answers], width)
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        cache = None
        for _ in range(sampling.tokens):
            logits, cache = self._forward(ids, mask, positions, 1, cache)
            chosen = self._advance(logits[:, -1].float(), answers, sampling)
            if all(answer.ended for answer in answers):
                return
            ids = torch.tensor(chosen, device=mask.device)[:, None]
            mask = torch.cat([mask, mask.new_ones(len(answers), 1)], dim=1)
            positions = positions[:, -1:] + 1

    def _advance(self, logits: torch.Tensor, answers: list[Answer], sampling: Sampling) -> list[int]:
        plain = logits.log_softmax(-1)
        idle = min(self.chat.ends)
        for row, answer in enumerate(answers):
            if not answer.ended and answer.rule is not None:
                answer.ended = not answer.rule.limit(logits[row], answer.tokens)
        chosen = pick(logits, [answer.draws for answer in answers], sampling)
        for row, (answer, token) in enumerate(zip(answers, chosen, strict=True)):
            if answer.ended or token in self.chat.ends:
                answer.ended, chosen[row] = True, idle
                continue
            if answer.rule is not None:
                answer.rule.accept(token)
            answer.tokens.append(token)
            answer.total += float(plain[row, token])
            answer.ended = bool(sampling.stop) and self.chat.decode(answer.prompt, answer.tokens, sampling.stop)[1]
        return chosen

    @torch.inference_mode()
    def _score(self, width: int, tail: int, pairs: list[tuple[tuple[int, ...], tuple[int, ...]]]) -> list[float]:
        ids, mask = self._left([before + after for before, after in pairs], width)
        keep = min(width, tail + 1)
        logits, _ = self._forward(ids, mask, (mask.cumsum(1) - 1).clamp(min=0), keep, None)
        found = []
        for row, (_, after) in enumerate(pairs):
            told = logits[row, keep - 1 - len(after) : keep - 1].float().log_softmax(-1)
            after_ids = torch.tensor(after, dtype=torch.long, device=told.device)
            found.append(float(told.gather(1, after_ids[:, None]).double().sum()))
        return found

    def _forward(self, ids: Any, mask: Any, positions: Any, keep: int, cache: Any) -> tuple[torch.Tensor, Any]:
        trim = {"logits_to_keep": keep} if self._trims else {}
        out = self.model(
            input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=cache, use_cache=True, **trim
        )
        return out.logits[:, -keep:], out.past_key_values

    def _left(self, rows: Sequence[tuple[int, ...]], width: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return ids and mask [rows, width] with the padding on the left."""
        idle = min(self.chat.ends)
        ids = torch.tensor([[idle] * (width - len(row)) + list(row) for row in rows])
        mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows])
        return ids.to(self.model.device), mask.to(self.model.device)

    def _completion(self, answer: Answer, sampling: Sampling) -> Completion:
        text, _ = self.chat.decode(answer.prompt, answer.tokens, sampling.stop)
        return Completion(
            text, tuple(answer.tokens), answer.ended, answer.total, len(answer.prompt), len(answer.tokens)
        )


def pick(logits: torch.Tensor, draws: Sequence[Any], sampling: Sampling) -> list[int]:
    """Return the next token of each row of `logits` [rows, vocabulary]: the best one, or one number a row decides.

    top_p keeps the smallest set of best tokens whose probability reaches it.
    """
    if sampling.temperature == 0:
        return [int(token) for token in logits.argmax(-1)]
    shares, tokens = (logits.double() / sampling.temperature).softmax(-1).sort(stable=True, dim=-1, descending=True)
    reached = shares.cumsum(-1)
    shares = shares.masked_fill(reached - shares >= sampling.top_p, 0.0)
    reached = shares.cumsum(-1)
    points = torch.tensor([draw.random() for draw in draws], dtype=torch.float64, device=logits.device)
    places = torch.searchsorted(reached, points[:, None] * reached[:, -1:], right=True)
    last = (shares > 0).sum(-1, keepdim=True) - 1
    return [int(token) for token in tokens.gather(1, torch.minimum(places, last))[:, 0]]


def weights_digest(model: Any) -> str:
    """Return the sha256 over names and values of a model in memory."""
    total = sha256()
    for name, weight in sorted(model.state_dict().items()):
        total.update(f"{name}\0".encode() + weight.detach().float().cpu().contiguous().numpy().tobytes())
    return total.hexdigest()


def _draws(sampling: Sampling, prompt: tuple[int, ...], copy: int) -> Any:
    return stream(sampling.seed, "lm", sha256(canonical(prompt).encode()).hexdigest(), copy)


def _load(folder: Path, settings: HFSettings) -> tuple[Any, Any]:
    """Return tokenizer and model, ready to run."""
    where = {"gguf_file": settings.gguf} if settings.gguf else {}
    try:
        with without_bars():
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, **where)
            model: Any = AutoModelForCausalLM.from_pretrained(
                folder, dtype=getattr(torch, settings.dtype), local_files_only=True, **where
            )
    except (OSError, ValueError, ImportError) as error:
        hint = "; GGUF needs pip install gguf" if settings.gguf else ""
        raise BenchError(
            f"{folder.name}: transformers cannot load it ({' '.join(str(error).split())}){hint}"
        ) from error
    if settings.adapter is not None:
        from peft import PeftModel

        check_adapter(settings.adapter)
        with without_advice():
            model = PeftModel.from_pretrained(model, str(settings.adapter)).get_base_model()
    return tokenizer, model.to(settings.device).eval()
