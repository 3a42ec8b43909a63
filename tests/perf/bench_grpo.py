"""Speed of reinforcement for the shipped product model, against `generate` at the same batch.

    OMP_NUM_THREADS=1 python -m tests.perf.bench_grpo [--steps 3]

Samplers are timed in seconds of the processor, which on one thread are those of a quiet machine; steps by the clock.
Tokens a second count what was sampled: forced tokens and those without alternative are not counted for us, and every
token up to the end mark is for `generate`, which is given the prompt with the forced prefix.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from typing import Any

import torch

from baselines.language import SftOnly
from bench.api import Kind
from navigen.chat import close_id, encode, open_turns
from navigen.policy import Policy
from navigen.train.grpo.answer import Rollout, Speech
from navigen.train.grpo.rollout import Sampler
from navigen.train.grpo.settings import Question, Reinforce
from navigen.train.grpo.trainer import reinforce
from tasks.world.load import load

PROMPTS, GROUP, REPEATS = 16, 8, 3
PREFIX = '{"target_tid":["'


def make_questions(policy: Policy, queries: Sequence[Any]) -> dict[str, list[Question]]:
    """Return questions of either task, and of the first without the catalogue."""
    ask = policy.recipe.renderer
    found: dict[str, list[Question]] = {"cid2cid, trie": [], "cid2cid, free": [], "cid2ins": []}
    for query in queries:
        history = policy.history(query)
        following = open_turns(ask.ask_next(history).messages)
        writing = open_turns(ask.ask_instruction(history, Kind.IMAGE).messages)
        columns = {"wish": query.id}
        found["cid2cid, trie"].append(Question("cid2cid", following, constrained=True, columns=columns))
        found["cid2cid, free"].append(Question("cid2cid", following, columns=columns))
        found["cid2ins"].append(Question("cid2ins", writing, PREFIX, columns=columns))
    return found


def sample(policy: Policy, questions: Sequence[Question], settings: Reinforce) -> tuple[list[Rollout], float]:
    """Return our answers and the seconds."""
    sampler = Sampler(policy.model, Speech(policy.tokenizer, policy.answers, settings))
    start = time.process_time()
    found = sampler.answer(questions, range(len(questions)), GROUP, 0, "speed")
    return found, time.process_time() - start


def generate(policy: Policy, questions: Sequence[Question], settings: Reinforce) -> tuple[int, float]:
    """Return the tokens that `generate` samples, end marks included, and the seconds."""
    texts = [question.prompt + question.prefix for question in questions for _ in range(GROUP)]
    prompts = encode(policy.tokenizer, texts)
    width, end = max(map(len, prompts)), close_id(policy.tokenizer)
    ids = torch.tensor([[0] * (width - len(prompt)) + prompt for prompt in prompts])
    mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    start = time.process_time()
    with torch.inference_mode():
        made = policy.model.generate(
            ids,
            attention_mask=mask,
            do_sample=True,
            temperature=1.0,
            top_p=1.0,
            top_k=0,
            max_new_tokens=settings.tokens,
            eos_token_id=end,
            pad_token_id=0,
        )
    seconds = time.process_time() - start
    told = made[:, width:]
    lengths = [row.index(end) + 1 if end in row else len(row) for row in told.tolist()]
    return sum(lengths), seconds


def count(completions: Sequence[str], **columns: Sequence[Any]) -> list[float | None]:
    """Pay for variety of letters: something to learn that costs no time."""
    return [len(set(text)) / 30 for text in completions]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=3)
    steps = parser.parse_args().steps
    dataset = load(None, domain="product")
    system = SftOnly(checkpoint="shipped")
    system.fit(dataset.train)
    policy = system.policy
    assert policy is not None
    asked = make_questions(policy, [example.query for example in dataset.examples[:PROMPTS]])
    settings = Reinforce(steps=steps, prompts=PROMPTS, group=GROUP, tokens=96, rank=0, rate=1e-5, validate_every=0)
    prompt = len(encode(policy.tokenizer, [asked["cid2ins"][0].prompt])[0])
    print(f"{PROMPTS} prompts of about {prompt} tokens x {GROUP} answers, {torch.get_num_threads()} threads")
    for name, questions in asked.items():
        told, seconds = min((sample(policy, questions, settings) for _ in range(REPEATS)), key=lambda run: run[1])
        learnt, written = sum(int(one.learn.sum()) for one in told), sum(len(one.ids) for one in told)
        line = f"{name}: {seconds:.3f} s, {learnt} sampled tokens, {learnt / seconds:,.0f} a second ({written} written)"
        tokens, theirs = min((generate(policy, questions, settings) for _ in range(REPEATS)), key=lambda run: run[1])
        print(f"{line}; generate {theirs:.3f} s, {tokens} tokens, {tokens / theirs:,.0f} a second")
    for beta in (0.0, 0.01):
        for name, questions in asked.items():
            chosen = Reinforce(**{**{one: getattr(settings, one) for one in settings.__slots__}, "beta": beta})
            course = reinforce(
                policy.model, policy.tokenizer, questions, [], count, chosen, answers=policy.answers, seed=0
            )
            row = min(course.history, key=lambda row: row["seconds"])
            parts = ", ".join(f"{part} {row[f'seconds/{part}']:.3f}" for part in ("sample", "judge", "learn"))
            print(f"{name}, beta {beta}: a step {row['seconds']:.3f} s ({parts})")


if __name__ == "__main__":
    main()
