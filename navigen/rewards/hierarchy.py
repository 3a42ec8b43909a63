"""What a code earns beside the code that was meant: credit for the levels they share, coarsest first.

Departures from the released code:
1. A level counts only if all levels before it match (`rule="prefix"`): in residual codes level b refines what level a
   left, so an equal b under another a is a coincidence. The released rule pays every equal level (`rule="additive"`).
2. Levels absent on both sides are no match; released, None == None is one (kept in "additive" only).
3. A known code without any hit earns nothing; released it earns 0.15 (kept in "additive" only), which under decoding
   along a trie, where every code is known, is a constant floor without a signal.
4. Any number of levels; released three.
`rule="off"` pays the exact code only.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from bench.errors import BenchError, unknown
from navigen.identifiers.codes import parse_code

RULES = ("prefix", "additive", "off")
RELEASED = (0.5, 0.3, 0.2)
CONSOLATION = 0.15
"""What the released rule pays for a code that an item has and that shares no level: half of level b's 0.3."""

Levels = Sequence[int | None]


@cache
def level_weights(levels: int) -> tuple[float, ...]:
    """Return what each of `levels` levels is worth, coarsest first; they sum to 1.

    Three levels: .5, .3, .2 as released. Otherwise the first `levels` of .5, .3, .2, .2 (2/3), .2 (2/3)^2, ... over
    their sum: two levels .625, .375; one level 1.
    """
    if levels < 1:
        raise BenchError(f"{levels} levels of a code; expected at least 1")
    if levels == len(RELEASED):
        return RELEASED
    raw = [RELEASED[place] if place < 3 else RELEASED[2] * (2 / 3) ** (place - 2) for place in range(levels)]
    return tuple(weight / sum(raw) for weight in raw)


def credit(
    found: Levels | None, target: Levels, rule: str = "prefix", known: bool = False, weights: Sequence[float] = ()
) -> float:
    """Return in [0, 1] what the levels of a code earn; 1 for the code that was meant, 0 for no code (None).

    `known`: some item has the found code (read by "additive" only). `weights`: one a level, else `level_weights`.
    """
    worth = tuple(weights) or level_weights(len(target))
    if len(worth) != len(target):
        raise BenchError(f"{len(worth)} weights for a code of {len(target)} levels; expected one a level")
    if rule not in RULES:
        raise unknown("rule of codes", rule, RULES)
    if found is None:
        return 0.0
    told = [*found[: len(target)], *[None] * (len(target) - len(found))]
    if rule == "additive":
        hits = sum(weight for weight, one, two in zip(worth, told, target, strict=True) if one == two)
        return min(1.0, hits) if hits > 0 else CONSOLATION * known
    if tuple(told) == tuple(target) and len(found) == len(target) and None not in told:
        return 1.0
    total = 0.0
    for weight, one, two in zip(worth, told, target, strict=True):
        if one is None or one != two:
            break
        total += weight
    return 0.0 if rule == "off" else min(1.0, total)


def text_credit(
    found: str, target: str, levels: int = 3, rule: str = "prefix", known: bool = False, weights: Sequence[float] = ()
) -> float:
    """Return what a code written as text earns; text that is not one whole code of `levels` levels earns 0."""
    meant = parse_code(target, levels)
    if meant is None:
        raise BenchError(f"target {target!r}: expected one whole code of {levels} levels")
    return credit(read_code(found, levels), meant, rule, known, weights)


def read_code(text: str, levels: int) -> tuple[int, ...] | None:
    """Return a written code, or None for anything else, numbers too long to read included."""
    try:
        return parse_code(text, levels)
    except ValueError:  # int refuses more than 4300 digits
        return None
