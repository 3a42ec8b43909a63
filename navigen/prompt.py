"""The one prompt renderer: what a model reads and what it has to answer, for training, ranking and writing alike.

Departures from the released code:
1. One renderer; released are six prompts that differ between training stages, reinforcement and inference.
2. What to make ("image" or "video") is said in the prompt of cid2ins.
3. `reads` and `writes` say how items appear, so that baselines differ from the method in nothing else: codes
   (released), terms, codes and terms together, or titles.
Answers are compact JSON as released; a thought stands before them in think tags, two newlines between.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bench.api import Kind
from bench.errors import unknown
from bench.io import digest
from navigen.chat import CLOSE, Message, Span, open_turns
from navigen.identifiers.codes import BEGIN, END
from navigen.wording import Turn

SYSTEM = {
    "map": "You know every item of a shop by its identifiers.",
    "read": "You name what a text shows.",
    "tell": "You write an instruction for a generator.",
    "next": "You recommend the next item of a user.",
    "write": "You recommend the next item of a user and write an instruction for a generator that shows it.",
}
FORM = "Answer with JSON only, with exactly these fields:"
THINK = "Think step by step first."
THOUGHTFUL = ("next", "write")
MAKE = "make: {kind}\n"
OPEN_THOUGHT, CLOSE_THOUGHT = "<think>\n", "\n</think>\n\n"
ATOMS = r"<s_[a-z]_[0-9]+>"
# A string that is a whole code, or else what could be taken for a mark or a part of a code.
MARKS = re.compile(rf'((?<!\\)"{re.escape(BEGIN)}(?:{ATOMS})+{re.escape(END)}")|<(?=\||{ATOMS[1:]})')


class Form(StrEnum):
    """How items are written: as codes, as terms, as both, or by their titles."""

    CODE = "code"
    TERMS = "terms"
    BOTH = "both"
    TITLE = "title"


@dataclass(frozen=True, slots=True)
class Written:
    """An item in every form that a prompt may use; by its title it is answered, by its text (title, caption) read."""

    code: str = ""
    terms: tuple[str, ...] = ()
    title: str = ""
    text: str = ""

    def show(self, form: Form) -> Any:
        """Return the JSON value that stands for the item in a history."""
        both = {"cid": self.code, "tid": list(self.terms)}
        return {Form.CODE: self.code, Form.TERMS: list(self.terms), Form.BOTH: both, Form.TITLE: self.text}[form]


@dataclass(frozen=True, slots=True)
class Asked:
    """A rendered question: its messages, and where in the last of them the items of the history stand."""

    messages: tuple[Message, ...]
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Renderer:
    """How items are read and written, and whether a thought comes first; `wording`: own turns, by task, for ours."""

    reads: Form = Form.CODE
    writes: Form = Form.CODE
    think: bool = False
    wording: Mapping[str, Turn] = field(default_factory=dict)

    def ask_terms(self, item: Written) -> Asked:
        """Return the question for the terms of a code (cid2tid)."""
        return self._ask("cid2tid", "map", ("target_tid",), "cid: {cid}", item.code)

    def ask_code(self, item: Written) -> Asked:
        """Return the question for the code of terms (tid2cid)."""
        return self._ask("tid2cid", "map", ("target_cid",), "tid: {tid}", compact(list(item.terms)))

    def ask_reading(self, text: str) -> Asked:
        """Return the question for the terms of a text: general knowledge, no item is meant."""
        return self._ask("read", "read", ("target_tid",), "text: {text}", tame(text))

    def ask_telling(self, terms: Sequence[str], kind: Kind) -> Asked:
        """Return the question for an instruction that shows given terms: general knowledge, nobody is meant."""
        return self._ask("tell", "tell", ("target_ins",), MAKE + "tid: {tid}", compact(list(terms)), kind=kind.value)

    def ask_next(self, history: Sequence[Written]) -> Asked:
        """Return the question for the next item (cid2cid)."""
        return self._ask("cid2cid", "next", self._named(), self._line(), *self._list(history))

    def ask_instruction(self, history: Sequence[Written], kind: Kind) -> Asked:
        """Return the question for terms and an instruction (cid2ins); without terms where none are written."""
        if kind is Kind.NEXT_ITEM:
            raise unknown("kind of an instruction", kind.value, [Kind.IMAGE.value, Kind.VIDEO.value])
        line = MAKE + self._line()
        return self._ask("cid2ins", "write", self.fields(), line, *self._list(history), kind=kind.value)

    def answer_terms(self, item: Written) -> str:
        """Return the answer to `ask_terms`."""
        return compact({"target_tid": list(item.terms)})

    def answer_code(self, item: Written) -> str:
        """Return the answer to `ask_code`."""
        return compact({"target_cid": item.code})

    def answer_next(self, item: Written, thought: str = "") -> str:
        """Return the answer to `ask_next`."""
        field = self._named()[0]
        value = {"target_cid": item.code, "target_tid": list(item.terms), "target_title": item.title}[field]
        return (self.thought(thought) if thought else "") + compact({field: value})

    def answer_instruction(self, item: Written, instruction: str, thought: str = "") -> str:
        """Return the answer to `ask_instruction`."""
        terms = {"target_tid": list(item.terms)} if "target_tid" in self.fields() else {}
        return (self.thought(thought) if thought else "") + compact({**terms, "target_ins": instruction})

    def digest(self) -> str:
        """Return the sha256 of everything this renderer says of a sample: what a checkpoint was trained to read."""
        item = Written("code", ("first", "second"), "title", "text")
        asked, answers = self.samples([item, item], "instruction", "thought")
        return digest([[open_turns(one.messages) for one in asked], answers, CLOSE])

    def samples(self, history: Sequence[Written], instruction: str, thought: str) -> tuple[list[Asked], list[str]]:
        """Return a question and an answer of every kind, about the last item of a history."""
        item = history[-1]
        asked = [self.ask_terms(item), self.ask_code(item), self.ask_next(history), self.ask_reading(instruction)]
        for kind in (Kind.IMAGE, Kind.VIDEO):
            asked += [self.ask_instruction(history, kind), self.ask_telling(item.terms, kind)]
        answers = [self.answer_terms(item), self.answer_code(item), self.answer_next(item, thought)]
        return asked, [*answers, self.answer_instruction(item, instruction, thought)]

    def _named(self) -> tuple[str, ...]:
        fields = {
            Form.CODE: "target_cid",
            Form.BOTH: "target_cid",
            Form.TERMS: "target_tid",
            Form.TITLE: "target_title",
        }
        return (fields[self.writes],)

    def fields(self) -> tuple[str, ...]:
        """Return the fields of an answer to `ask_instruction`."""
        return ("target_tid", "target_ins") if self.writes in {Form.TERMS, Form.BOTH} else ("target_ins",)

    def _line(self) -> str:
        name = {Form.CODE: "hist_cid", Form.TERMS: "hist_tid", Form.BOTH: "hist", Form.TITLE: "hist_title"}[self.reads]
        return name + ": {history}"

    def _list(self, history: Sequence[Written]) -> tuple[str, tuple[Span, ...]]:
        text, spans = "[", []
        for place, item in enumerate(history):
            text += "," if place else ""
            shown = compact(item.show(self.reads))
            spans.append((len(text), len(text) + len(shown)))
            text += shown
        return f"{text}]", tuple(spans)

    def _ask(
        self,
        task: str,
        role: str,
        fields: Sequence[str],
        line: str,
        value: str,
        spans: Sequence[Span] = (),
        kind: str = "",
    ) -> Asked:
        """Return a question in the user's words if there are any for the task, in ours otherwise."""
        thought = f" {THINK}" if self.think and role in THOUGHTFUL else ""
        ours = Turn(f"{SYSTEM[role]}{thought} {FORM} {', '.join(fields)}.", line)
        return Asked(*self.wording.get(task, ours).say(value, spans, kind))

    def thought(self, text: str) -> str:
        """Return what an answer begins with: a thought in its tags, nothing where no thought is asked for."""
        return f"{OPEN_THOUGHT}{tame(text)}{CLOSE_THOUGHT}" if self.think else ""


def compact(value: Any) -> str:
    """Return JSON without blanks, in which no text of an item reads as a mark of the chat format or as a code.

    The "<" of a mark is written as JSON's \\u003c, so that the text parses back as it was; whole codes stay.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return MARKS.sub(lambda found: found[1] or "\\u003c", text)


def tame(text: str) -> str:
    """Return text that stands in no JSON with a blank in its marks, which are then none."""
    return text.replace("<|", "< |")


def all_phrases() -> list[str]:
    """Return what prompts and answers always say, whatever the form: candidates for single tokens of a tokenizer."""
    found: set[str] = set()
    for reads in Form:
        for writes in Form:
            asked, answers = Renderer(reads, writes).samples([Written("\0", ("\0",), "\0", "\0")], "\0", "")
            texts = [content for one in asked for _, content in one.messages] + answers
            found |= {part for text in texts for part in text.replace("\\u0000", "\0").split("\0")}
    return sorted(part for part in found if len(part) > 3)
