"""An LLM's judgement of instructions: four criteria asked twice in different orders, cached by content.

The judge is any text backend (bench/lm) in the role "judge"; there is none by default:

    --set scorer.judge.backend=openai --set scorer.judge.url=http://localhost:8000/v1 --set scorer.judge.model=NAME
    --set scorer.judge.backend=hf --set scorer.judge.model=FOLDER

A case is judged if both replies can be read, and a criterion's score is the mean of the two. What is not judged is
None and counted, never a guess. Valid replies are kept for good, by model and whole prompt; failures never are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from bench.api import Cases, Failure, Setting
from bench.lm import Prompt
from bench.scorers.judge_ask import Asked, Judge, configured
from bench.scorers.rubric import CRITERIA, prompt_digest, prompts_of

ROLE = "judge"


class JudgeMean:
    """Mean of the four criteria, each asked twice: specificity, relevance, creativity, generatability."""

    higher_is_better: bool | None = True
    criteria: tuple[str, ...] = tuple(CRITERIA)

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return the mean per case in [0, 1]; None where the judge gave no two valid replies."""
        scores: list[float | None] = []
        for pair in verdicts(cases).pairs:
            told = None if pair is None else [reply[name] for reply in pair for name in self.criteria]
            scores.append(None if told is None else float(np.mean(told)))
        return scores


class JudgeSpecificity(JudgeMean):
    """How particular and concrete the judge finds the instruction, in [0, 1]."""

    criteria = ("specificity",)


class JudgeRelevance(JudgeMean):
    """How well the judge finds the instruction to fit the target and the history, in [0, 1]."""

    criteria = ("relevance",)


class JudgeCreativity(JudgeMean):
    """How fresh the judge finds the instruction, in [0, 1]."""

    criteria = ("creativity",)


class JudgeGeneratability(JudgeMean):
    """How much of the instruction the judge thinks can be shown, in [0, 1]."""

    criteria = ("generatability",)


class JudgeAgreement:
    """Krippendorff's alpha (interval) between the two askings, a criterion at a time, averaged over the criteria.

    1 - observed / expected disagreement, squared differences; 1: asking in another order changes nothing, 0: it is as
    if other cases were asked about. Criteria on which all replies are equal tell nothing and are left out.
    """

    higher_is_better: bool | None = True

    def measure(self, cases: Cases) -> float | None:
        """Return alpha, at most 1; None where fewer than two cases are judged or all replies are equal."""
        pairs = [pair for pair in verdicts(cases).pairs if pair is not None]
        found = [alpha([(one[name], two[name]) for one, two in pairs]) for name in CRITERIA]
        told = [value for value in found if value is not None]
        return float(np.mean(told)) if told else None


class JudgeCoverage:
    """Cases that the judge judged / cases with an instruction and a target that has a text."""

    higher_is_better: bool | None = True

    def measure(self, cases: Cases) -> float | None:
        """Return the share in [0, 1]; None where there was nothing to judge."""
        found = verdicts(cases)
        judged = sum(pair is not None for pair in found.pairs)
        return judged / found.asked if found.asked else None


@dataclass(frozen=True, slots=True, eq=False)
class Verdicts:
    """What a judge said: per case its two replies (criterion -> number) or None; of `asked` cases; why not, counted."""

    pairs: tuple[tuple[Mapping[str, float], Mapping[str, float]] | None, ...]
    asked: int
    reasons: Mapping[str, int]


# One run is judged by all its scorers before the next begins, so remembering the last one is enough.
@lru_cache(maxsize=1)
def verdicts(cases: Cases) -> Verdicts:
    """Return what the judge in the role "judge" says of every case, remembered while the same `Cases` is judged."""
    judge = Judge(configured(cases.backbones.get(ROLE, {})))
    asked = [prompts_of(case, cases.train) for case in cases.rows]
    prompts: list[Prompt] = [prompt for pair in asked if pair is not None for prompt in pair]
    replies = iter(judge.ask(prompts))
    pairs: list[tuple[Mapping[str, float], Mapping[str, float]] | None] = []
    reasons: Counter[str] = Counter()
    for pair in asked:
        both: list[Asked] = [] if pair is None else [next(replies), next(replies)]
        good = [reply for reply in both if not isinstance(reply, Failure)]
        reasons.update(reply.reason for reply in both if isinstance(reply, Failure))
        pairs.append((good[0], good[1]) if len(good) == 2 else None)
    return Verdicts(tuple(pairs), len(prompts) // 2, dict(reasons.most_common()))


def alpha(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Return Krippendorff's alpha for interval data of two values a unit; None where it is not defined."""
    values = np.array(pairs, dtype=np.float64)
    if len(values) < 2 or np.ptp(values) == 0:
        return None
    observed = float(np.mean((values[:, 0] - values[:, 1]) ** 2))
    return 1 - observed / (2 * float(np.var(values, ddof=1)))


def described(values: Mapping[str, Setting]) -> dict[str, str]:
    """Return what tells a judge from another in a manifest: fingerprint of model and sampling, digest of the rubric."""
    return {"model": Judge(configured(values)).fingerprint, "rubric": prompt_digest()}
