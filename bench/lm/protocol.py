"""What a language model is asked and answers, whichever backend runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bench.api import Failure
from bench.errors import BenchError

ROLES = ("system", "user", "assistant")

# Token ids written so far -> token ids that may follow; none: the answer must end here.
Allowed = Callable[[Sequence[int]], Sequence[int]]


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is asked: chat messages (role, content), and how its answer begins.

    `prefix` follows the template's opening of the assistant's turn letter by letter, and the model continues it.
    """

    messages: tuple[tuple[str, str], ...]
    prefix: str = ""

    def __post_init__(self) -> None:
        for role, _ in self.messages:
            if role not in ROLES:
                raise BenchError(f"prompt: role {role!r}; expected one of {', '.join(ROLES)}")
        if not self.messages or self.messages[-1][0] == "assistant":
            raise BenchError("prompt: the last message is the user's; what the assistant begins with is `prefix`")


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to write: greedy at temperature 0, else by a random stream of `seed` and the prompt itself.

    Equal prompts of one call draw differently (the k-th copy has the k-th stream); other prompts change nothing.
    `tokens` is the longest answer. `stop`: texts that end the answer and are cut off. `schema`: a JSON schema that what
    is written behind the prefix obeys. `allowed` limits the next token, the end of the turn included.
    """

    tokens: int = 256
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0
    stop: tuple[str, ...] = ()
    schema: Mapping[str, Any] | None = None
    allowed: Allowed | None = None

    def __post_init__(self) -> None:
        if self.tokens < 1 or self.temperature < 0 or not 0 < self.top_p <= 1 or "" in self.stop:
            raise BenchError(
                f"sampling: tokens {self.tokens}, temperature {self.temperature}, top_p {self.top_p}, {self.stop}; "
                "expected tokens >= 1, temperature >= 0, 0 < top_p <= 1 and no empty stop text"
            )
        if self.schema is not None and self.allowed is not None:
            raise BenchError("sampling: schema and allowed both limit the next token; give one of them")


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model wrote behind the prefix.

    `tokens`: its ids without the end of the turn (() where a backend does not tell). `finished`: it ended by itself, by
    a stop text or by `allowed`; False: the budget ran out. `log_likelihood`: of `tokens` in nats by the model itself,
    before temperature, top_p, schema and `allowed`; None where a backend does not tell. `read`, `written`: how many
    tokens the prompt and all that was written had, as they are paid for; 0 where a backend does not tell.
    """

    text: str
    tokens: tuple[int, ...]
    finished: bool
    log_likelihood: float | None
    read: int = 0
    written: int = 0


@dataclass(frozen=True, slots=True)
class Spoilt(Failure):
    """A Failure that was written, and so paid for, but is of no use: broken, empty, cut off, or (`refused`) a refusal.

    Another seed may give a better one. `read` and `written`: tokens, as of a `Completion`.
    """

    read: int = 0
    written: int = 0
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Unanswered(Failure):
    """A Failure of a request to a server, which told neither an answer nor what it cost.

    `wait`: seconds to wait before the next try, as the server asks (0: it does not say); None: trying again is no use.
    `reached`: the server got the request, or may have. `paid`: it may have worked on it, and so be paid, up to the
    longest answer.
    """

    wait: float | None = None
    reached: bool = True
    paid: bool = True


class TextModel(Protocol):
    """A language model behind any backend."""

    @property
    def fingerprint(self) -> str:
        """Return the sha256 over what decides the answers: weights, adapter, tokenizer, template, number format."""

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> Sequence[Completion | Failure]:
        """Return an answer a prompt, in the order of `prompts`; a prompt that cannot be answered is a Failure."""

    def log_likelihood(self, prompts: Sequence[Prompt], continuations: Sequence[str]) -> Sequence[float | Failure]:
        """Return ln p(continuation | prompt, prefix), summed over its tokens, for each pair; without the turn's end.

        The continuation's tokens are those that follow the prompt's when both are encoded as one text; where the
        tokenizer would merge across the border, the continuation is encoded by itself.
        """


def check_pairs(prompts: Sequence[Prompt], continuations: Sequence[str]) -> None:
    """Raise if there is not one continuation a prompt."""
    if len(prompts) != len(continuations):
        raise BenchError(
            f"log_likelihood: {len(prompts)} prompts and {len(continuations)} continuations; expected pairs"
        )


def cut(text: str, stop: Sequence[str]) -> tuple[str, bool]:
    """Return the text before the first stop text, and whether there was one."""
    places = [place for place in (text.find(mark) for mark in stop) if place >= 0]
    return (text[: min(places)], True) if places else (text, False)
