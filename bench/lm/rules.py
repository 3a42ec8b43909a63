"""What limits the next token of one answer: a catalogue's callable, or a JSON schema by xgrammar."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from bench.errors import BenchError
from bench.lm.chat import Chat
from bench.lm.protocol import Allowed, Sampling

if TYPE_CHECKING:
    from torch import Tensor


class Rule(Protocol):
    """The limit of one answer in the making."""

    def limit(self, logits: Tensor, tokens: Sequence[int]) -> bool:
        """Set what may not follow `tokens` to -inf in `logits` [vocabulary]; False: nothing may, the answer ends."""

    def accept(self, token: int) -> None:
        """Take note of the token that was written."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Only what the callable allows."""

    allowed: Allowed

    def limit(self, logits: Tensor, tokens: Sequence[int]) -> bool:
        """Keep the allowed tokens."""
        return keep_only(logits, self.allowed(tuple(tokens)))

    def accept(self, token: int) -> None:
        """Nothing to note: the callable is given all tokens."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """Only what keeps the text on the way to JSON of the schema."""

    matcher: Any
    bits: Tensor  # [1, vocabulary / 32] int32

    def limit(self, logits: Tensor, tokens: Sequence[int]) -> bool:  # noqa: ARG002 - the matcher remembers them
        """Keep the tokens that the grammar may read next."""
        import xgrammar

        if self.matcher.is_terminated():
            return False
        self.matcher.fill_next_token_bitmask(self.bits)
        xgrammar.apply_token_bitmask_inplace(logits, self.bits[0].to(logits.device))
        return True

    def accept(self, token: int) -> None:
        """Advance the grammar."""
        if not self.matcher.accept_token(token):
            raise BenchError(f"schema: xgrammar refused token {token}, which it had allowed; please report this schema")


@dataclass(slots=True)
class Rules:
    """Makes the rule of every answer of a call; compiled schemas are kept. `width`: numbers of a row of logits."""

    chat: Chat
    width: int
    _compiler: Any = None
    _known: dict[str, Any] = field(default_factory=dict)

    def make(self, sampling: Sampling) -> Rule | None:
        """Return a fresh rule, None where everything may follow."""
        if sampling.allowed is not None:
            return Catalogue(sampling.allowed)
        if sampling.schema is None:
            return None
        compiled = self._compile(sampling.schema)
        import xgrammar

        return Grammar(xgrammar.GrammarMatcher(compiled), xgrammar.allocate_token_bitmask(1, self.width))

    def _compile(self, schema: Mapping[str, Any]) -> Any:
        try:
            import xgrammar
        except ModuleNotFoundError:
            raise BenchError("schema needs the package xgrammar: pip install xgrammar") from None
        if self._compiler is None:
            told = xgrammar.TokenizerInfo.from_huggingface(
                self.chat.tokenizer, vocab_size=self.width, stop_token_ids=sorted(self.chat.ends)
            )
            self._compiler = xgrammar.GrammarCompiler(told)
        text = json.dumps(schema)  # the order of properties is the order in which they are written
        if text not in self._known:
            try:
                self._known[text] = self._compiler.compile_json_schema(
                    text, any_whitespace=False, separators=(",", ":")
                )
            except RuntimeError as error:
                raise BenchError(f"schema: xgrammar cannot read it ({' '.join(str(error).split())})") from None
        return self._known[text]


def keep_only(logits: Tensor, ids: Sequence[int]) -> bool:
    """Set all but `ids` to -inf in `logits` [vocabulary], in place; False if there are none."""
    import torch

    if not len(ids):
        return False
    if min(ids) < 0 or max(ids) >= logits.shape[-1]:
        raise BenchError(f"allowed: token ids {min(ids)} .. {max(ids)}; the model knows 0 .. {logits.shape[-1] - 1}")
    places = torch.as_tensor(list(ids), device=logits.device)
    kept = logits[places]
    logits.fill_(-torch.inf)
    logits[places] = kept
    return True
