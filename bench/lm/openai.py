"""Any OpenAI-compatible server: chat completions over HTTP, with retries, and a Failure for what stays unanswered."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from bench.api import Failure
from bench.errors import BenchError
from bench.io import canonical, digest
from bench.lm.batches import copies
from bench.lm.http import Allowance, Post
from bench.lm.protocol import Completion, Prompt, Sampling, Spoilt, Unanswered, check_pairs, cut
from bench.lm.settings import ServerSettings
from bench.rng import entropy, stream


@dataclass(frozen=True, eq=False)
class Server:
    """A model behind an address; what it answers is the server's business, so only its name enters the fingerprint."""

    url: str | Path
    settings: ServerSettings
    _proven: list[str] = field(default_factory=list, init=False, repr=False)  # that it continues a message

    def __post_init__(self) -> None:
        if not str(self.url).startswith(("http://", "https://")):
            raise BenchError(f"openai: {self.url!r}; expected an address as http://localhost:8000/v1")
        _ = self._key

    @cached_property
    def fingerprint(self) -> str:
        """Return the sha256 over model name and settings that reach the model, wherever it is served.

        Its weights are not known here, and the same model behind another address is no other model.
        """
        told = self.settings
        return digest(
            {
                "backend": "openai",
                "model": told.model,
                "thinking": told.thinking,
                "special": told.special,
            }
        )

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Completion | Failure]:
        """Return an answer a prompt, in the order of `prompts`; whatever goes wrong with one is its Failure."""
        if sampling.allowed is not None:
            raise BenchError("openai: a server takes no `allowed`; use hf or vllm, or a schema with an enum")
        if not prompts:
            return []
        if any(prompt.prefix for prompt in prompts):
            if not self.settings.continues:
                raise BenchError(
                    "openai: these prompts have a prefix; if the server continues a final assistant message, as vLLM, "
                    "say so by the setting continues=true, else use the backend hf or vllm"
                )
            self._check_continues()
        self._allowance.check(len(prompts))
        names = [canonical([prompt.messages, prompt.prefix]) for prompt in prompts]
        asked = list(zip(prompts, names, copies(names), strict=True))
        with ThreadPoolExecutor(self.settings.parallel) as pool:
            return list(pool.map(lambda one: self._ask(one[0], one[1], one[2], sampling), asked))

    def log_likelihood(self, prompts: Sequence[Prompt], continuations: Sequence[str]) -> list[float | Failure]:
        """Raise: the chat interface tells no probabilities of given texts."""
        check_pairs(prompts, continuations)
        raise BenchError("openai: a chat server tells no likelihood of a given text; use the backend hf or vllm")

    @cached_property
    def _allowance(self) -> Allowance:
        return Allowance(self.settings.requests)

    @property
    def _root(self) -> str:
        return str(self.url).rstrip("/")

    @property
    def _key(self) -> str:
        name = self.settings.key
        if name and not os.environ.get(name):
            raise BenchError(f"openai: the environment variable {name} is not set; put the server's key there")
        key = os.environ[name].strip() if name else ""  # a file's last line break is no part of a key
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise BenchError(f"openai: what the environment variable {name} holds is no key: ASCII without blanks")
        return key

    def _post(self, name: str) -> Post:
        told = self.settings
        return Post(
            url=f"{self._root}/chat/completions",
            secret=self._key,
            timeout=told.timeout,
            tries=told.tries,
            pause=told.pause,
            patience=told.patience,
            jitter=lambda attempt: float(stream(0, "back-off", name, attempt).random()),
            allowance=self._allowance,
        )

    def _check_continues(self) -> None:
        """Raise if the server does not know the fields: whoever does refuses to continue and to begin at once."""
        if self._proven:
            return
        body = {
            "model": self.settings.model,
            "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}],
            self.settings.limit: 1,
            "continue_final_message": True,
            "add_generation_prompt": True,
        }
        told = self._post("probe").send(body)
        if not isinstance(told, Failure):
            raise BenchError(
                f"openai: {self._root} ignores continue_final_message, so it would begin anew, not continue a "
                "prefix; use vLLM's server, the backend hf or vllm, or prompts without a prefix"
            )
        if told.reason.startswith(("HTTP 400", "HTTP 422")):  # one that is busy or gone has proven nothing
            self._proven.append(told.reason)

    def _body(self, prompt: Prompt, name: str, copy: int, sampling: Sampling) -> dict[str, Any]:
        messages = [{"role": role, "content": content} for role, content in prompt.messages]
        key = sha256(name.encode()).hexdigest()
        body: dict[str, Any] = {
            "model": self.settings.model,
            "messages": messages,
            self.settings.limit: sampling.tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": entropy(sampling.seed, "lm", key, copy) % 2**31,
        }
        if sampling.stop:
            body["stop"] = list(sampling.stop)
        if sampling.schema is not None:
            told = {"name": "answer", "schema": dict(sampling.schema), "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": told}
        if prompt.prefix:
            messages.append({"role": "assistant", "content": prompt.prefix})
            body |= {"continue_final_message": True, "add_generation_prompt": False}
        if self.settings.special:
            body["skip_special_tokens"] = False
        if self.settings.thinking is not None:
            body["chat_template_kwargs"] = {"enable_thinking": self.settings.thinking}
        return body

    def _ask(self, prompt: Prompt, name: str, copy: int, sampling: Sampling) -> Completion | Failure:
        post = self._post(name)
        told = post.send(self._body(prompt, name, copy, sampling))
        answer = told if isinstance(told, Failure) else read(told, prompt, sampling)
        if isinstance(answer, Completion) and post.secret and post.secret in answer.text:
            return Spoilt("the server's answer holds the key", answer.read, answer.written)
        if isinstance(answer, Failure) and post.secret:
            return replace(answer, reason=answer.reason.replace(post.secret, "***"))
        return answer


def read(told: dict[str, Any], prompt: Prompt, sampling: Sampling) -> Completion | Failure:
    """Return what a server's JSON object says; a refusal, an empty answer or broken JSON is a Failure."""
    paid = usage(told)
    try:
        choice = told["choices"][0]
        message, reason = choice["message"], choice.get("finish_reason")
        text, refusal = message.get("content"), message.get("refusal")
    except (KeyError, IndexError, TypeError, AttributeError):
        return Unanswered(f"the server's answer has no choices[0].message; its fields: {', '.join(map(str, told))}")
    if refusal or reason == "content_filter":
        return Spoilt(f"the server refuses: {' '.join(str(refusal or reason).split())[:200]}", *paid, refused=True)
    if not isinstance(text, str) or not text:
        return Spoilt(f"the server's answer is empty (finish_reason {reason})", *paid)
    if prompt.prefix and text.startswith(prompt.prefix):
        return Spoilt("the server repeats the prefix instead of continuing it", *paid)
    text, stopped = cut(text, sampling.stop)
    finished = stopped or reason == "stop"
    if sampling.schema is not None:
        try:
            json.loads(text)
        except ValueError as error:
            ended = "" if finished else f", cut off after {sampling.tokens} tokens"
            return Spoilt(f"the server's answer is not JSON ({error}{ended})", *paid)
    return Completion(text, (), finished, None, *paid)


def usage(told: Mapping[str, Any]) -> tuple[int, int]:
    """Return the tokens read and written that a server's JSON object tells; 0 for what it does not tell."""
    counts = told.get("usage")
    named = counts if isinstance(counts, dict) else {}
    read, written = (named.get(name) for name in ("prompt_tokens", "completion_tokens"))
    return (read if isinstance(read, int) else 0), (written if isinstance(written, int) else 0)
