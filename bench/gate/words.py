"""Verdicts in words: one message and one row of figures, shared by the screen, JUnit, annotations and Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from bench.gate.check import Checked
from bench.gate.verdict import POWER, Outcome, Verdict
from bench.report.render import difference, number

HEADER = ("outcome", "entry", "metric", "candidate", "reference", "difference", "allowed", "detectable", "cases")


def row(checked: Checked, verdict: Verdict) -> list[str]:
    """Return the figures of one verdict as text, in the order of `HEADER`; the difference in the metric's own sign."""
    low, high = (verdict.low, verdict.high) if verdict.higher_is_better else (-verdict.high, -verdict.low)
    gain = verdict.gain if verdict.higher_is_better else -verdict.gain
    allowed = f"> -{verdict.margin:.4f}" if verdict.higher_is_better else f"< +{verdict.margin:.4f}"
    return [
        verdict.outcome.value,
        checked.name,
        verdict.metric,
        number(verdict.candidate),
        number(verdict.reference),
        difference(gain + 0.0, low + 0.0, high + 0.0),
        allowed,
        number(verdict.detectable),
        f"{verdict.cases:,}",
    ]


def message(verdict: Verdict) -> str:
    """Return one sentence or two: what was found, and what would settle it where these cases cannot."""
    level = f"{1 - 2 * verdict.alpha:.0%}"
    cells = f"{verdict.metric} {number(verdict.candidate)} against {number(verdict.reference)}"
    worst = f"the {level} interval reaches a loss of {number(-verdict.low)}, {number(verdict.margin)} is allowed"
    if verdict.outcome is Outcome.PASS:
        text = f"{cells}: a loss of {number(verdict.margin)} or more is excluded"
    elif verdict.outcome is Outcome.REGRESSION:
        text = f"{cells}: significantly worse, {worst}"
    else:
        text = f"{cells}: not significantly worse, but a loss beyond the margin cannot be excluded: {worst}"
    return "; ".join([text, *remarks(verdict)])


def remarks(verdict: Verdict) -> list[str]:
    """Return what a reader must know of the size of the comparison."""
    found = []
    if verdict.too_few and verdict.outcome is not Outcome.REGRESSION:
        found.append(
            f"too few cases: {verdict.cases:,} show a loss of {number(verdict.detectable)} with {POWER:.0%} power, "
            f"the margin needs about {verdict.needed:,}"
        )
    elif verdict.outcome is Outcome.UNCLEAR:
        found.append(f"an unchanged system would fail with a chance of {verdict.alarm:.0%}")
    if verdict.lopsided:
        found.append(f"{verdict.lopsided:,} cases judged in one only count as the worst score in the other")
    if verdict.users < 30:
        found.append(f"only {verdict.users} users: the interval is rough")
    return found


def headline(found: Sequence[Checked]) -> str:
    """Return the gate's result in one line."""
    total = sum(len(checked.verdicts) for checked in found)
    counts = {
        outcome: sum(verdict.outcome is outcome for checked in found for verdict in checked.verdicts)
        for outcome in Outcome
    }
    if counts[Outcome.PASS] == total:
        return f"gate passed: {total} metrics of {len(found)} entries"
    told = [f"{counts[Outcome.REGRESSION]} regressions", f"{counts[Outcome.UNCLEAR]} unclear"]
    return f"gate failed: {', '.join(told)} of {total} metrics of {len(found)} entries"


def passed(found: Sequence[Checked]) -> bool:
    """Return whether every metric of every entry passed."""
    return all(checked.outcome is Outcome.PASS for checked in found)
