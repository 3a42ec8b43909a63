"""One answer in the making: what of it is forced, what is sampled and from what, and when it is done."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from bench.errors import BenchError
from navigen.chat import close_id, encode
from navigen.decode.tokens import TokenCatalogue
from navigen.decode.trie import Bools, Ints
from navigen.prompt import CLOSE_THOUGHT, OPEN_THOUGHT
from navigen.train.grpo.limits import FREE, THOUGHT
from navigen.train.grpo.settings import Question, Reinforce

MARK = CLOSE_THOUGHT.strip()


@dataclass(frozen=True, slots=True, eq=False)
class Rollout:
    """A sampled answer.

    `slot`: the place of its question; `prompt`, `ids`: token ids, the answer's with forced ones and the end mark;
    `learn` [ids]: sampled from more than one token; `nodes` [ids]: what it was sampled from (limits.py);
    `log_p` [ids]: its log probability then, at the temperature, 0 where forced. `text`: without the end mark;
    `finished`: False where the budget ran out.
    """

    slot: int
    prompt: Ints
    ids: Ints
    learn: Bools
    nodes: Ints
    log_p: np.ndarray[Any, np.dtype[np.float32]]
    text: str
    finished: bool


@dataclass(eq=False)
class Speech:
    """What all answers of a training share: tokenizer, catalogue and lengths."""

    tokenizer: Any
    answers: TokenCatalogue | None
    settings: Reinforce
    known: dict[str, tuple[int, ...]] = field(default_factory=dict)
    pieces: dict[int, str] = field(default_factory=dict)

    @cached_property
    def end(self) -> int:
        """The id of the mark that ends an answer."""
        return close_id(self.tokenizer)

    def encode(self, text: str) -> tuple[int, ...]:
        """Return the ids of a text that is forced, remembered."""
        if text not in self.known:
            self.known[text] = tuple(encode(self.tokenizer, [text])[0]) if text else ()
        return self.known[text]

    def piece(self, token: int) -> str:
        """Return the text of a token by itself."""
        if token not in self.pieces:
            self.pieces[token] = self.tokenizer.decode([token], skip_special_tokens=False)
        return self.pieces[token]

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids, marks included."""
        text: str = self.tokenizer.decode(list(ids), skip_special_tokens=False, clean_up_tokenization_spaces=False)
        return text


@dataclass(slots=True, eq=False)
class Answer:
    """The state of an answer: forced tokens wait in `queue`; with none left, the next one is sampled from `node`."""

    speech: Speech
    question: Question
    queue: deque[int] = field(default_factory=deque)
    node: int = FREE
    budget: int = 0
    tail: str = ""
    ids: list[int] = field(default_factory=list)
    learn: list[bool] = field(default_factory=list)
    nodes: list[int] = field(default_factory=list)
    log_p: list[float] = field(default_factory=list)
    done: bool = False
    finished: bool = False

    def begin(self) -> None:
        """Force what the answer begins with."""
        if self.question.think:
            self.node, self.budget = THOUGHT, self.speech.settings.thought_tokens
            self.queue.extend(self.speech.encode(OPEN_THOUGHT))
        else:
            self._open()
        self._flush()

    def force(self) -> int:
        """Take the next forced token."""
        token = self.queue.popleft()
        self._write(token, FREE, False, 0.0)
        self._flush()
        return token

    def accept(self, token: int, log_p: float) -> None:
        """Take a sampled token."""
        self._write(token, self.node, True, log_p)
        if self.node == THOUGHT:
            self._think(token)
        elif self.node == FREE:
            self.budget -= 1
            self.finished = token == self.speech.end
            self.done = self.finished or not self.budget
        else:
            self._descend(token)
        self._flush()

    def rollout(self, slot: int, prompt: Ints) -> Rollout:
        """Return the answer as it stands."""
        written = self.ids[:-1] if self.finished else self.ids
        return Rollout(
            slot,
            prompt,
            np.array(self.ids, dtype=np.int64),
            np.array(self.learn, dtype=np.bool_),
            np.array(self.nodes, dtype=np.int64),
            np.array(self.log_p, dtype=np.float32),
            self.speech.decode(written),
            self.finished,
        )

    def _write(self, token: int, node: int, learn: bool, log_p: float) -> None:
        self.ids.append(token)
        self.nodes.append(node)
        self.learn.append(learn)
        self.log_p.append(log_p)

    def _think(self, token: int) -> None:
        """Look for the mark that closes the thought; without it, close the thought when the budget is out."""
        self.budget -= 1
        piece = self.speech.piece(token)
        self.tail = self.tail[-len(MARK) :] + piece
        _, closed, after = self.tail.rpartition(MARK)
        if closed:
            rest = CLOSE_THOUGHT.partition(MARK)[2]
            self.queue.extend(self.speech.encode(rest.removeprefix(after) if rest.startswith(after) else rest))
            self._open()
        elif not self.budget:
            self.queue.extend(self.speech.encode(CLOSE_THOUGHT))
            self._open()

    def _open(self) -> None:
        """Force the prefix; go where it leads."""
        self.budget = self.speech.settings.tokens
        prefix = self.speech.encode(self.question.prefix)
        self.queue.extend(prefix)
        self.node = FREE
        if self.question.constrained:
            if self.speech.answers is None:
                raise BenchError("a question is constrained, but no catalogue was given; give `answers`")
            self.node = 0
            for token in prefix:
                self.node = self._child(token)
                if self.node < 0:
                    raise BenchError(
                        f"question: no answer of the catalogue begins with the tokens of {self.question.prefix!r}; "
                        "leave prefix empty, the trie forces what all answers share"
                    )
            self._settle()

    def _descend(self, token: int) -> None:
        self.node = self._child(token)
        if token == self.speech.end:
            self.done = self.finished = True
        else:
            self._settle()

    def _settle(self) -> None:
        """Force what follows without alternative."""
        answers = self.speech.answers
        assert answers is not None
        while not answers.forks[self.node]:
            self.node = int(answers.trie.first[self.node])
            token = int(answers.token[self.node])
            self.queue.append(token)
            if token == self.speech.end:
                return

    def _child(self, token: int) -> int:
        """Return the node below this one that a token leads to, -1 if there is none."""
        answers = self.speech.answers
        assert answers is not None
        low, high = answers.trie.first[self.node], answers.trie.first[self.node + 1]
        place = low + int(np.searchsorted(answers.token[low:high], token))
        return int(place) if place < high and answers.token[place] == token else -1

    def _flush(self) -> None:
        """Write the rest at once where nothing but forced tokens up to the end mark is left."""
        if self.queue and self.queue[-1] == self.speech.end:
            for token in self.queue:
                self._write(token, FREE, False, 0.0)
            self.queue.clear()
            self.done = self.finished = True
