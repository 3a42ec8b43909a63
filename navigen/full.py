"""NaviGen, whole: dual identifiers, searched supervision, two stages of fine-tuning, reinforcement learning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from bench.api import Train
from bench.backbones.identity import Identity
from bench.config import build, plain
from bench.errors import BenchError
from bench.hub import locate
from bench.processes import is_main, only_training
from navigen.prompt import Form
from navigen.recipe import HISTORY, Speaking
from navigen.rewards.guard import identify_reward
from navigen.rewards.settings import Rewarding
from navigen.shipped import SHIPPED, all_shipped
from navigen.system import Tuned
from navigen.teacher.settings import TeacherSettings
from navigen.train.grpo.settings import Reinforce

if TYPE_CHECKING:
    from navigen.policy import Policy

LATER = ("reward", "reinforce", "constrained")  # settings of what comes after fine-tuning


@dataclass
class NaviGen(Tuned):
    """The method: codes and terms for every item, lessons of a teacher, two stages of fine-tuning, then GRPO.

    `reward`: what an answer earns; `reinforce`: how it is learnt from, `reinforce.steps=0` not at all, nor where
    training ends before the last stage. Whether a thought and terms are rewarded follows from the policy's settings.

    Departures from the released settings (those are the configuration `paper`), for a small model all of whose weights
    are trained: 1. it is held ten times as close to where it began (`reinforce.beta`), or it finds what pays without
    being meant; 2. four of five questions ask for an instruction, because one rewarded item costs the ranking behind
    it; 3. weights are chosen by greedy held-out answers, as it is scored.
    """

    teacher: TeacherSettings = field(default_factory=lambda: TeacherSettings("scripted"))
    reward: Rewarding = field(default_factory=Rewarding)
    reinforce: Reinforce = field(
        default_factory=lambda: Reinforce(
            steps=80,
            rate=3e-4,
            rank=0,
            beta=0.1,
            tokens=96,
            thought_tokens=96,
            mixture={"cid2cid": 0.25, "cid2ins": 1.0},
            validate_every=20,
            held_samples=0,
        )
    )

    label: ClassVar[str] = "navigen"
    # Answers are sampled as they are decoded, so that whether they are constrained decides what is learnt.
    answering: ClassVar[tuple[str, ...]] = (*Speaking.answering, "ranker", "ranks_directly")

    def __post_init__(self) -> None:
        """Refuse what no training could honour."""
        super().__post_init__()
        if self.reward.think or not self.reward.terms:
            raise BenchError(f"{self.label}.reward: think and terms follow from {self.label}.think and its identifiers")
        if self.reinforces:
            self.rewarding()
            if self.residual:
                raise BenchError(f"{self.label}.residual: reinforcement leaves the head behind; set reinforce.steps=0")

    def rewarding(self) -> Rewarding:
        """Return the reward of this policy's answers."""
        strict = self.reward.form == "strict"  # the released form always asks for a thought
        return replace(self.reward, think=self.think and strict, terms="target_tid" in self.renderer.fields())

    @classmethod
    def judges(cls, config: Mapping[str, Any]) -> list[Identity]:
        """Return the model that rewards, or rewarded what is loaded; of shipped checkpoints, each one's."""
        if not config["checkpoint"]:
            reward, steps = config["reward"], config["reinforce"].steps
            one = identify_reward(reward) if steps else None
            return [] if one is None else [one]
        shipped = config["checkpoint"] == SHIPPED
        folders = all_shipped() if shipped else [locate(config["checkpoint"])]
        from navigen.checkpoint import FILE, read_told

        told = [read_told(place) for place in folders if (place / FILE).is_file()]
        return [build(Identity, one, FILE) for line in told for one in line.get("judges", ())]

    @property
    def reinforces(self) -> bool:
        """Whether reinforcement follows fine-tuning."""
        return self.stage == "full" and self.reinforce.steps > 0

    @property
    def reinforced(self) -> tuple[str, ...]:
        """The tasks that are reinforced: those with answers that the reward can read."""
        return tuple(name for name in HISTORY if name in self.tasks and (name != "cid2cid" or self.writes_codes))

    @property
    def writes_codes(self) -> bool:
        """Whether the next item is named by its code."""
        return self.writes in {Form.CODE, Form.BOTH}

    def trained(self, train: Train) -> tuple[Policy, dict[str, Any]]:
        """Return a new policy and what its stages did."""
        from navigen.reinforcement import make_reward, reinforce_policy

        policy, told = self.tuned(train)
        if self.reinforces:
            reward, judge = make_reward(policy, self, train), identify_reward(self.reward)
            course = reinforce_policy(policy, self, train, self.context, reward)
            stages = [*told["stages"], plain(course)]
            judges = [] if judge is None else [plain(judge)]
            told = {**told, "stages": stages, "rewarded": reward.fingerprint, "judges": judges}
        return policy, told

    def foresee(self, train: Train) -> list[str]:
        """Return a line a stage of training: what it will ask of others, and what it will compute."""
        from navigen.estimate import tell_reinforcement

        return [*super().foresee(train), *tell_reinforcement(self, train)]

    def decisive(self) -> dict[str, Any]:
        """Return the settings without those of how a server is reached and what it may cost."""
        return {**super().decisive(), "reward": {**plain(self.reward), "judge_url": ""}}

    def tuned(self, train: Train) -> tuple[Policy, dict[str, Any]]:
        """Return the fine-tuned policy, from the shared folder if another system of this run has made the same."""
        from navigen.checkpoint import FILE, load_policy, read_told, save_policy
        from navigen.pipeline import Making
        from navigen.train.device import wait_for_all

        if self.context.shared is None:
            return Making(self, train, self.context).run()
        made = self.made_of(train, LATER)
        folder = self.context.shared / f"tuned-{made[:16]}"
        place = folder / "policy"
        with only_training(folder, self.context.progress):
            if not (place / FILE).exists():
                policy, told = Making(self, train, replace(self.context, work=folder)).run()
                if is_main():
                    save_policy(policy, self, place, {"made": made, **told})
                wait_for_all()
        told = read_told(place)
        kept: dict[str, Any] = {name: told[name] for name in ("stages", "codes", "taught") if name in told}
        policy = load_policy(place, train, self, self.context.device)
        policy.recipe = self  # what comes later may have been set otherwise by the system that tuned it
        return policy, kept


@dataclass
class NaviGenText(NaviGen):
    """The method without collaborative codes: items are read and named by terms; only instructions are rewarded."""

    reads: Form = Form.TERMS
    length: int = 512
    batch: int = 4
    beams: int = 16

    label: ClassVar[str] = "navigen-text"
    tasks: ClassVar[tuple[str, ...]] = HISTORY
    writes: ClassVar[Form] = Form.TERMS


@dataclass
class NaviGenCode(NaviGen):
    """The method without textual codes: the policy never reads or writes what a code means."""

    label: ClassVar[str] = "navigen-code"
    tasks: ClassVar[tuple[str, ...]] = HISTORY
    writes: ClassVar[Form] = Form.CODE
