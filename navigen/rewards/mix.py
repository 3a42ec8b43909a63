"""The reward of NaviGen: what a completion earns by its form, the code it names and what its instruction says.

R = (main g + 0.1 f) q: the gate g of the thought, the format f, the factor q that penalties leave; main is 0.9 of what
the code or the instruction earns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.config import plain
from bench.errors import BenchError, unknown
from bench.io import digest
from navigen.prompt import Written
from navigen.rewards.consistency import Edges, Judge, Quality, Told, Verdict, combine, leak
from navigen.rewards.form import TASKS, Read, read_strict
from navigen.rewards.hierarchy import credit, read_code
from navigen.rewards.judges import make_judge
from navigen.rewards.released_form import read_released
from navigen.rewards.settings import Rewarding

MAIN, FORM = 0.9, 0.1


@dataclass(frozen=True, slots=True)
class Parts:
    """What a completion earns and of what that is made.

    `total`: R. `main`: in [0, 0.9], before gate and penalty. `form`: 0 or 1. `think`: the gate g. `penalty`: in [0, 1].
    `hierarchy`: of cid2cid; `edges`, `quality` and `leak`: of cid2ins, None where the form left nothing to judge.
    `fault`: what is wrong with the form.
    """

    total: float
    main: float
    form: float
    think: float
    penalty: float
    hierarchy: float | None = None
    edges: Edges | None = None
    quality: Quality | None = None
    leak: float | None = None
    fault: str = ""


class NaviGenReward:
    """Rewards completions, as TRL calls reward functions: `reward(completions, **columns)`, a number a completion.

    `catalogue`: every item as it is written: its codes are the known ones, its terms and texts tell an encoder what
    mismatched looks like. `levels`: of a code. `pictures`: of items by their code, for an encoder that sees.
    `judge`: a judge of one's own instead of the one in the settings. `chosen`: how often each item was, for
    `contrast`; each once if nothing is told.
    """

    __name__ = "navigen"  # TRL logs by this name

    def __init__(
        self,
        settings: Rewarding,
        catalogue: Sequence[Written] = (),
        levels: int = 3,
        pictures: Mapping[str, Path] | None = None,
        judge: Judge | None = None,
        chosen: Sequence[float] = (),
    ) -> None:
        if settings.hierarchy == "additive" and not catalogue:
            raise BenchError("reward.hierarchy=additive pays for known codes; give the catalogue")
        if settings.level_weights and len(settings.level_weights) != levels:
            raise BenchError(f"reward.level_weights: expected {levels}, one a level")
        self.settings, self.levels = settings, levels
        self.known = frozenset(read_code(item.code, levels) for item in catalogue) - {None}
        self.pictures = dict(pictures or {})
        self.chosen = tuple(chosen) if settings.contrast else ()
        self.judging = judge or make_judge(settings, catalogue, self.pictures, self.chosen)

    @property
    def fingerprint(self) -> str:
        """The sha256 over what decides rewards: settings, catalogue, and the judge where it tells of itself.

        How a judge's server is reached does not count; which model it is and how it is asked does.
        """
        # What of `judge_set` decides answers is in the judge's own fingerprint.
        told = {name: value for name, value in plain(self.settings).items() if name != "judge_set"}
        told["judge_url"] = ""
        codes = sorted(code for code in self.known if code is not None)
        pictures = [path.name for path in self.pictures.values()]
        return digest([told, self.levels, codes, pictures, getattr(self.judging, "fingerprint", ""), self.chosen])

    def __call__(self, completions: Sequence[str], **columns: Any) -> list[float | None]:
        """Return R of every completion; None: it could not be judged. Columns as in `judge`."""
        return [None if parts is None else parts.total for parts in self.judge(completions, **columns)]

    def judge(self, completions: Sequence[str], **columns: Any) -> list[Parts | None]:
        """Return what every completion earns, in order; None: it could not be judged, which is neither good nor bad.

        Columns, one value a completion: `task` ("cid2cid" or "cid2ins"); `target_code`, text, for cid2cid and to find
        pictures; `target_terms`, a list of texts, and `target_title` for cid2ins, and `kind`, what is made, where it is
        known; `finished`, whether the completion ended by itself, for form=strict. Other columns are not read. Raises
        BenchError for an absent or shorter column.
        """
        size = len(completions)
        tasks = column(columns, "task", size)
        finished = column(columns, "finished", size) if self.settings.form == "strict" else [True] * size
        codes = column(columns, "target_code", size) if "cid2cid" in tasks or self.pictures else [""] * size
        terms = column(columns, "target_terms", size) if "cid2ins" in tasks else [()] * size
        titles = column(columns, "target_title", size) if "cid2ins" in tasks else [""] * size
        kinds = column(columns, "kind", size) if "kind" in columns else [""] * size
        read = [
            self._read(text, task, bool(done)) for text, task, done in zip(completions, tasks, finished, strict=True)
        ]
        asked: dict[int, Told] = {}
        for place, one in enumerate(read):
            if tasks[place] == "cid2ins" and one.form and terms[place]:
                own = one.terms if self.settings.terms else None
                asked[place] = Told(
                    one.text, own, tuple(terms[place]), self.pictures.get(codes[place] or ""), kinds[place] or ""
                )
        verdicts = dict(zip(asked, self.judging.judge(list(asked.values())), strict=True)) if asked else {}
        return [
            self._pay_code(one, codes[place])
            if tasks[place] == "cid2cid"
            else self._pay_instruction(one, asked.get(place), verdicts.get(place), titles[place])
            for place, one in enumerate(read)
        ]

    def _read(self, text: str, task: str, finished: bool) -> Read:
        own = self.settings
        if task not in TASKS:
            raise unknown("task of a completion", task, TASKS)
        if own.form == "released":
            return read_released(text, task, self.levels)
        return read_strict(text, task, finished, own.think, self.levels, own.fields)

    def _pay_code(self, read: Read, target: str) -> Parts:
        own = self.settings
        meant = read_code(target, self.levels)
        if meant is None:
            raise BenchError(f"reward: target_code {target!r}; expected one whole code of {self.levels} levels")
        earned = credit(read.code, meant, own.hierarchy, read.code in self.known, own.level_weights)
        return add(read, earned, hierarchy=earned)

    def _pay_instruction(self, read: Read, told: Told | None, verdict: Verdict | None, title: str) -> Parts | None:
        if not read.form:
            return add(read, 0.0)
        if told is None or verdict is None:
            return None
        own = self.settings
        leaked = leak(read.text, title, told.target, own.conceal)
        earned = combine(verdict, own.weight_quality, own.weight_consistency) * (1 - own.leak_cost * leaked)
        return add(read, earned, edges=verdict.edges, quality=verdict.quality, leak=leaked)


def add(
    read: Read,
    earned: float,
    hierarchy: float | None = None,
    edges: Edges | None = None,
    quality: Quality | None = None,
    leak: float | None = None,
) -> Parts:
    """Return R and its parts for an answer that was read and what its code or instruction earned, in [0, 1]."""
    main = MAIN * earned
    total = (main * read.think + FORM * read.form) * read.factor
    return Parts(total, main, read.form, read.think, read.penalty, hierarchy, edges, quality, leak, read.fault)


def column(columns: Mapping[str, Any], name: str, size: int) -> Sequence[Any]:
    """Return a column of `size` values; BenchError if it is absent or of another size."""
    if name not in columns:
        raise BenchError(f"reward: no column {name}; expected one value a completion")
    found: Sequence[Any] = columns[name]
    if len(found) != size:
        raise BenchError(f"reward: column {name} has {len(found)} values for {size} completions")
    return found
