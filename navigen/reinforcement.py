"""What a policy is reinforced on: the steps of users as questions, with what the reward has to know of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bench.api import Context, Example, Kind, Train
from navigen.base import rounded
from navigen.chat import open_turns
from navigen.corpus import KINDS
from navigen.policy import Policy
from navigen.prompt import Written
from navigen.rewards.mix import NaviGenReward
from navigen.train.checkpoint import Course
from navigen.train.grpo.settings import HELD, Question
from navigen.train.grpo.trainer import reinforce
from navigen.train.trainee import adapt

if TYPE_CHECKING:
    from navigen.full import NaviGen

Steps = Sequence[tuple[tuple[str, ...], str]]  # a history and the item that followed it


def training_questions(policy: Policy, train: Train, tasks: Sequence[str]) -> list[Question]:
    """Return the questions about the last step of every user's training sequence."""
    walks = [train.sequences[user] for user in sorted(train.sequences)]
    return list(ask(policy, [(walk[:-1], walk[-1]) for walk in walks if len(walk) > 1], tasks))


def held_questions(policy: Policy, examples: Sequence[Example], tasks: Sequence[str]) -> list[Question]:
    """Return the questions about validation examples, on which nothing is learnt."""
    return list(ask(policy, [(one.query.history, one.targets[0]) for one in examples if one.targets], tasks))


def ask(policy: Policy, steps: Steps, tasks: Sequence[str]) -> Iterator[Question]:
    """Yield a question a task about every step whose target the catalogue knows: for a picture and a clip in turn."""
    for turn, (walk, name) in enumerate(steps):
        history = policy.identified.known(walk, policy.recipe.history)
        target = policy.identified.known((name,), 1)
        if history and target:
            for task in tasks:
                yield question(policy, history, target[0], task, KINDS[turn % 2])


def question(policy: Policy, history: Sequence[Written], target: Written, task: str, kind: Kind) -> Question:
    """Return a question as the policy is asked when it is scored: with the same prompt, thought and constraint."""
    renderer, ranks = policy.recipe.renderer, task == "cid2cid"
    asked = renderer.ask_next(history) if ranks else renderer.ask_instruction(history, kind)
    turns = policy.turns(asked, Kind.NEXT_ITEM if ranks else kind)
    columns: dict[str, Any] = {"target_code": target.code, "target_terms": list(target.terms)}
    columns |= {"target_title": target.title, "kind": "" if ranks else kind.value}
    inside = ranks and not policy.free
    return Question(task, open_turns(turns), "" if ranks else policy.prefix, inside, renderer.think, columns)


def make_reward(policy: Policy, recipe: NaviGen, train: Train) -> NaviGenReward:
    """Return what the policy's answers earn; a judge that is a model is loaded now."""
    items = policy.identified
    levels = 0 if items.book is None else items.book.codes.shape[1]
    pictures = {
        one.code: item.image
        for name, one in zip(items.numbers, items.written, strict=True)
        if one.code and (item := train.items[name]).image is not None
    }
    last = Counter(walk[-1] for walk in train.sequences.values() if len(walk) > 1)
    chosen = [float(last[name]) for name in items.numbers]
    return NaviGenReward(recipe.rewarding(), items.written, levels, pictures, chosen=chosen)


def reinforce_policy(policy: Policy, recipe: NaviGen, train: Train, context: Context, reward: NaviGenReward) -> Course:
    """Reinforce a policy in place, to the weights as a checkpoint keeps them, and return what was done."""
    tasks = recipe.reinforced
    shares = {task: share for task, share in recipe.reinforce.mixture.items() if task in tasks}
    settings = replace(recipe.reinforce, mixture=shares)
    model = adapt(policy.model.float(), settings.stage, context.seed)
    course = reinforce(
        model,
        policy.tokenizer,
        training_questions(policy, train, tasks),
        held_questions(policy, train.validation[:HELD], tasks),
        reward,
        settings,
        answers=policy.answers,
        seed=context.seed,
        work=None if context.work is None else context.work / "grpo",
        dtype=context.dtype,
        device=context.device,
        progress=context.progress,
    )
    policy.model = rounded(adapt(model, replace(settings.stage, trainable="all"), context.seed)).eval()
    vars(policy).pop("author", None)  # it holds the model that was
    return course
