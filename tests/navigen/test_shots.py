"""Few-shot examples before a question: other users' turns, chosen by hash, and never those of whoever is asked."""

from __future__ import annotations

from collections.abc import Sequence

from baselines.language import RawHistory
from bench.api import Context, Failure, Kind, Query
from bench.lm import Prompt, Sampling
from tests.navigen.little import TINY, make_queries, make_train
from tests.navigen.test_system import policy_of


def test_few_shots_follow_the_seed() -> None:
    found = {}
    user = make_queries()[0].user
    for seed in (1, 1, 2):
        system = RawHistory(**{**TINY, "history": 3}, shots=2, context=Context(seed))
        system.fit(make_train())
        shots = {kind: policy_of(system).shots.before(kind, user) for kind in Kind}
        assert [role for role, _ in shots[Kind.NEXT_ITEM]] == ["user", "assistant"] * 2
        assert shots[Kind.IMAGE][0][1].startswith("make: image\nhist_title: [")
        assert found.setdefault(seed, shots) == shots
        assert len(system.rank(make_queries()[:2], 5)) == 2
        for kind in (Kind.NEXT_ITEM, Kind.VIDEO):
            history = policy_of(system).history(make_queries()[0])
            ask = system.renderer
            asked = ask.ask_next(history) if kind is Kind.NEXT_ITEM else ask.ask_instruction(history, kind)
            instruct, question = asked.messages
            assert policy_of(system).turns(asked, kind, user) == (instruct, *shots[kind], question)
    assert found[1] != found[2]


def test_few_shots_are_other_users() -> None:
    system = RawHistory(**{**TINY, "history": 3}, shots=2, context=Context(1))
    train = make_train()
    system.fit(train)
    policy = policy_of(system)
    first, second, third = system.examples(train, policy.identified, Kind.NEXT_ITEM).items()
    for asked, shown in ((first, (second, third)), (second, (first, third)), (third, (first, second))):
        assert policy.shots.before(Kind.NEXT_ITEM, asked[0]) == shown[0][1] + shown[1][1]
    history = train.sequences[first[0]][:-1]  # the question of the first user's own turns
    own, other = (Query(user, user, history) for user in (first[0], "somebody else"))
    texts = [policy.decode(ids) for ids in policy.prompts([own, other])]
    assert [text.count(first[1][0][1]) for text in texts] == [1, 2]
    asked_for: list[Prompt] = []
    policy.author = Listener(asked_for)
    system.instruct([own, other], Kind.IMAGE)
    question = asked_for[0].messages[-1]
    assert [one.messages.count(question) for one in asked_for] == [1, 2]


class Listener:
    """Writes nothing, and keeps what it was asked."""

    def __init__(self, asked: list[Prompt]) -> None:
        self.asked = asked

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Failure]:
        self.asked += prompts
        return [Failure("only listens")] * len(prompts)
