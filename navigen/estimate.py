"""How much a training will ask and compute, told before it starts: calls, tokens, steps, answers; nothing is loaded.

Tokens are counted as letters / 4, a code as its own tokens; lessons that are not written yet as so long as the teacher
is asked to make them. What the runs log once they have tokenizer and lessons is exact; this is for planning.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.api import Kind, Train
from navigen.corpus import VALIDATED, Row, Said, samples, training_rows
from navigen.identifiers.quantise import Codebook
from navigen.teacher.asking import sample_facts, sample_texts, template
from navigen.teacher.lessons import plan_calls
from navigen.teacher.sample import Sample, Teaching
from navigen.teacher.settings import TeacherSettings
from navigen.train.grpo.settings import HELD

if TYPE_CHECKING:
    from navigen.full import NaviGen
    from navigen.recipe import Recipe

LETTERS = 4  # of a token
WORD = 6  # letters of a word with its blank
REASON, THOUGHT, INSTRUCTION, WHY = 80 * WORD, 120 * WORD, 60 * WORD, 30 * WORD  # as the prompts ask for them
SUMMARY = 5 * (INSTRUCTION + 2 * WHY)
JUDGED = 450, 70  # tokens that the reward's judge reads and writes of an instruction
INSTRUCTS = "cid2ins"  # the task whose answers are judged
CODE = re.compile(r"<\|cid_begin\|>.*?<\|cid_end\|>")


def foresee(recipe: Recipe, train: Train) -> Iterator[str]:
    """Yield a line a stage: what it asks of others and what it computes."""
    asked = samples(train, recipe, VALIDATED)
    if recipe.is_taught:
        yield tell_teaching(asked, recipe.teacher, recipe.teach)
    yield from tell_tuning(recipe, train, asked)


def tell_teaching(asked: Sequence[Sample], teacher: TeacherSettings, how: Teaching) -> str:
    """Return what teaching the samples takes, without replies that are asked for again."""
    calls = plan_calls(asked, how)
    read = written = 0.0
    per_search = _search(how)
    for sample in asked:
        texts = sample_texts(sample_facts(sample, ()))
        shown = sum(map(len, texts.values()))
        for operation, more, answer in (*_thinking(how), *(per_search if sample.kind is not Kind.NEXT_ITEM else ())):
            read += (sum(map(len, template(operation))) + shown + more) / LETTERS
            written += answer / LETTERS
    read += calls.terms * sum(map(len, template("terms"))) / LETTERS
    written += calls.terms * 40
    told = (
        f"teach: {calls.total:,} calls (up to {calls.most:,}), about {read:,.0f} tokens read and {written:,.0f} written"
    )
    price = (read * teacher.price_read + written * teacher.price_written) / 1e6
    unknown = " (prices: teacher.price_read, teacher.price_written, per million tokens)"
    return told + (f", {price:,.2f} in money" if price else unknown)


def _thinking(how: Teaching) -> tuple[tuple[str, int, int], ...]:
    """Return operation, letters shown beside the sample and letters written of what thoughts take."""
    if not how.thoughts:
        return ()
    return (("reason", 0, REASON), ("distil", REASON + SUMMARY, THOUGHT))


def _search(how: Teaching) -> tuple[tuple[str, int, int], ...]:
    """Return the same of the search for an instruction."""
    draft, score = INSTRUCTION + WHY, WHY + 100
    if how.search == "single":
        return (("single", 0, draft), ("judge", INSTRUCTION, score))
    one_round = (("children", 2 * draft, 2 * draft), ("judge", 3 * INSTRUCTION, 3 * score))
    return (("founders", 0, 3 * draft), ("judge", 3 * INSTRUCTION, 3 * score), *one_round * how.rounds)


def tell_tuning(recipe: Recipe, train: Train, asked: Sequence[Sample]) -> Iterator[str]:
    """Yield what each stage of fine-tuning learns from."""
    from navigen.identifiers.catalogue import Identified

    identified = Identified.of(train.items, _codes(len(train.items), recipe.levels) if recipe.coded else None)
    lessons = {sample.id: Said(sample.kind, "i" * INSTRUCTION, "r" * REASON, "t" * THOUGHT) for sample in asked}
    known = lessons if recipe.is_taught else None
    written: dict[bool, dict[str, list[float]]] = {}
    for name, epochs in (
        ("embed", recipe.embed_epochs if recipe.stage != "base" else 0),
        ("full", recipe.full_epochs if recipe.stage == "full" else 0),
    ):
        if not epochs:
            continue
        own = recipe.in_stage(name)
        if own.think not in written:
            sizes = written[own.think] = {}
            for row in training_rows(train, identified, own, 0, known):
                sizes.setdefault(row.task, []).append(_tokens(row, recipe.levels))
        sizes = written[own.think]
        weights = recipe.weights().items()
        mixture = {task: weight for task, weight in weights if task in sizes and (name, task) != ("embed", INSTRUCTS)}
        yield _stage(name, epochs, mixture, sizes, recipe)


def _stage(
    name: str, epochs: float, mixture: Mapping[str, float], sizes: Mapping[str, Sequence[float]], recipe: Recipe
) -> str:
    kept = {task: [size for size in sizes[task] if size <= recipe.length] for task in mixture}
    tokens = epochs * sum(weight * sum(kept[task]) for task, weight in mixture.items())
    steps = math.ceil(tokens / (recipe.length * recipe.batch))
    left = sum(len(sizes[task]) - len(kept[task]) for task in mixture)
    documents = {task: len(sizes[task]) for task in mixture}
    shown = ", ".join(f"{count:,} {task}" for task, count in documents.items())
    long = f"; about {left:,} are too long for length={recipe.length}" if left else ""
    lessons = f", lessons guessed at {INSTRUCTION} letters" if recipe.is_taught and INSTRUCTS in mixture else ""
    return f"{name}: about {tokens:,.0f} tokens in about {steps:,} steps, of {shown}{lessons}{long}"


def tell_reinforcement(system: NaviGen, train: Train) -> Iterator[str]:
    """Yield what reinforcement samples and has judged."""
    told, tasks = system.reinforce, system.reinforced
    if not system.reinforces:
        return
    users = sum(len(walk) > 1 for walk in train.sequences.values())
    questions = users * len(tasks)
    made = told.steps * told.prompts * told.group
    looks = 1 + math.ceil(told.steps / told.validate_every) if told.validate_every else 2
    held = looks * min(HELD, len(train.validation)) * len(tasks) * max(1, told.held_samples)
    longest = told.tokens + (told.thought_tokens if system.think else 0)
    share = told.steps * told.prompts / questions if questions else 0.0
    yield (
        f"grpo: {told.steps:,} steps of {told.prompts} questions, {made:,} answers ({share:.1f} rounds over the "
        f"{questions:,} questions) and {held:,} to held-out ones, at most {(made + held) * longest:,} tokens"
    )
    if system.reward.judge == "llm":
        shares = {task: told.mixture.get(task, 0.0 if told.mixture else 1.0) for task in tasks}
        calls = round(made * shares.get(INSTRUCTS, 0.0) / (sum(shares.values()) or 1.0))
        calls += round(held * (INSTRUCTS in tasks) / max(1, len(tasks)))
        yield (
            f"judge: up to about {calls:,} calls, {calls * JUDGED[0]:,} tokens read and {calls * JUDGED[1]:,} written"
        )


def _codes(items: int, levels: int) -> Codebook:
    codes: Any = np.zeros((items, levels), dtype=np.int64)
    return Codebook(codes, codes, (), ())


def _tokens(row: Row, levels: int) -> float:
    letters = "".join([*(content for _, content in row.asked.messages), row.answer])
    bare, codes = CODE.subn("", letters)
    return len(bare) / LETTERS + codes * (levels + 2) + 16
