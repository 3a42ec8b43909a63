"""Settings of the reward: which rule reads, which pays, who judges, what must not be named."""

from __future__ import annotations

from dataclasses import dataclass

from bench.errors import BenchError, unknown
from bench.lm import BACKENDS
from navigen.rewards import lexical
from navigen.rewards.consistency import CONCEAL
from navigen.rewards.form import FORMS
from navigen.rewards.hierarchy import RULES

JUDGES = ("lexical", "embedding", "llm")


@dataclass(frozen=True, slots=True)
class Rewarding:
    """Settings of the reward.

    `hierarchy`: what shared levels of a code earn ("prefix", "additive" as released, "off": the exact code only).
    `consistency`, `quality`: the two parts of what an instruction earns, with their weights. `judge`: "lexical" (by the
    rule `lexical`, "words" or "released"), "embedding" (`judge_model`: world-clip-reward if empty, a CLIP's folder,
    minilm or a sentence encoder's folder) or "llm" (`judge_model`: a folder, or the model's name at the address
    `judge_url`; `judge_backend` and its settings `judge_set`, as "key=VARIABLE"; `judge_tokens`: the longest reply).
    `form`: how answers are read, "strict" or "released". `think`: a thought is asked (the released form always does).
    `terms`: an instruction is written with terms. `conceal`: what it must not name, "title", "terms" or "off", and
    `leak_cost` the share of its score that naming costs. `level_weights`: one a level, else those of the rule.
    `contrast`: how much of what would suit just anybody is taken off the edges to the target (`navigen.rewards.usual`).
    """

    hierarchy: str = "prefix"
    consistency: bool = True
    quality: bool = True
    lambda_quality: float = 0.25
    lambda_consistency: float = 0.75
    judge: str = "lexical"
    lexical: str = "words"
    judge_model: str = ""
    judge_backend: str = "hf"
    judge_url: str = ""
    judge_set: tuple[str, ...] = ()
    judge_tokens: int = 256
    form: str = "strict"
    think: bool = False
    terms: bool = True
    conceal: str = "title"
    leak_cost: float = 0.5
    level_weights: tuple[float, ...] = ()
    contrast: float = 0.0

    def __post_init__(self) -> None:
        """Refuse names that do not exist and settings that contradict each other."""
        for name, choices in (
            ("hierarchy", RULES),
            ("judge", JUDGES),
            ("lexical", lexical.RULES),
            ("judge_backend", tuple(BACKENDS)),
            ("form", FORMS),
            ("conceal", CONCEAL),
        ):
            if getattr(self, name) not in choices:
                raise unknown(f"reward.{name}", str(getattr(self, name)), choices)
        if faults := [said for wrong, said in self._faults() if wrong]:
            raise BenchError("reward: " + "; ".join(faults))

    def _faults(self) -> list[tuple[bool, str]]:
        lexical_judge, released = self.judge == "lexical", self.form == "released"
        server = self.judge_backend == "openai"
        asks = bool(self.judge_url or self.judge_set) or self.judge_backend != "hf" or self.judge_tokens != 256
        weights = self.level_weights
        return [
            (not self.consistency and not self.quality, "quality and consistency are both off; leave one on"),
            (not self.weight_quality + self.weight_consistency > 0, "expected a weight above 0 for what is on"),
            (min(self.lambda_quality, self.lambda_consistency) < 0, "expected weights from 0 on"),
            (not 0 <= self.leak_cost <= 1, f"leak_cost is {self.leak_cost}; expected a share from 0 to 1"),
            (self.judge_tokens < 1, f"judge_tokens is {self.judge_tokens}; expected at least 1"),
            (
                lexical_judge and self.conceal == "terms",
                "conceal=terms punishes the named terms that judge=lexical pays for; take embedding or llm, or title",
            ),
            (not 0 <= self.contrast <= 1, f"contrast is {self.contrast}; expected a share from 0 to 1"),
            (
                bool(self.contrast) and not (lexical_judge and self.lexical == "words"),
                "contrast is of judge=lexical, lexical=words only; leave it 0",
            ),
            (lexical_judge and bool(self.judge_model), "judge=lexical has no model; leave judge_model empty"),
            (not lexical_judge and self.lexical != "words", "lexical=released is a rule of judge=lexical only"),
            (
                self.judge == "llm" and not self.judge_model,
                "judge=llm: name it by judge_model (SYSTEM.reward.judge_model)",
            ),
            (
                self.judge == "llm" and server != bool(self.judge_url),
                "judge_url is the address of backend openai only",
            ),
            (self.judge != "llm" and asks, "judge_backend, judge_url, judge_set, judge_tokens are of judge=llm only"),
            (released and not self.terms, "form=released expects terms with every instruction"),
            (released and self.think, "form=released always asks for a thought; leave think off"),
            (
                bool(weights) and (min(weights) < 0 or abs(sum(weights) - 1) > 1e-9),
                "level_weights: expected numbers from 0 on that sum to 1",
            ),
        ]

    @property
    def weight_quality(self) -> float:
        """The weight of quality, 0 where it is off."""
        return self.lambda_quality if self.quality else 0.0

    @property
    def weight_consistency(self) -> float:
        """The weight of the triangle, 0 where it is off."""
        return self.lambda_consistency if self.consistency else 0.0

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that an answer to cid2ins must hold."""
        return ("target_tid", "target_ins") if self.terms else ("target_ins",)


RELEASED = Rewarding(hierarchy="additive", lexical="released", form="released", conceal="off")
"""What the released code pays where it has no key for its judge."""
