"""From settings to a guided policy: counts the prior, chooses its weight where nobody set one, and tells which."""

from __future__ import annotations

import json
import logging
from functools import partial

from bench.api import Context, Train
from bench.io import write_text
from bench.processes import is_main
from navigen.policy import Policy
from navigen.prior.guide import GRID, Guide, examples_for, weigh_grid
from navigen.prior.kinds import AUTO, NONE

FILE = "prior.json"


def guided(policy: Policy, train: Train, context: Context) -> Policy:
    """Return the policy with the prior that its settings ask for as its guide; a weight of 0 is no guide.

    A weight that validation chose is logged, with what every weight gave, and told in `prior.json` of the work folder.
    BenchError without a validation example to choose it by.
    """
    recipe = policy.recipe
    policy.guide = None
    if recipe.prior == NONE:
        return policy
    guide = Guide.of(recipe.prior, train)
    weight = choose(policy, guide, train, context) if recipe.prior_weight == AUTO else float(recipe.prior_weight)
    if weight:
        policy.guide = Guide(guide.counted, weight)
    return policy


def choose(policy: Policy, guide: Guide, train: Train, context: Context) -> float:
    """Return the weight with the best NDCG@10 on validation, the smallest on ties."""
    examples = examples_for(train, guide.columns)
    found = weigh_grid(policy.reach, guide, examples, partial(report, context, len(examples)))
    best = GRID[int(found.round(9).argmax())]
    told = {str(weight): float(mean) for weight, mean in zip(GRID, found, strict=True)}
    logging.getLogger("navibench").info(
        "%s: prior=%s has weight %s, chosen by NDCG@10 on %d validation examples (%s)",
        policy.recipe.label,
        policy.recipe.prior,
        best,
        len(examples),
        ", ".join(f"{weight}: {mean:.4f}" for weight, mean in told.items()),
    )
    if context.work is not None and is_main():
        line = {"prior": policy.recipe.prior, "weight": best, "examples": len(examples), "ndcg@10": told}
        write_text(context.work / FILE, json.dumps(line, indent=1) + "\n")
    return best


def report(context: Context, total: int, done: int) -> None:
    """Report how many examples were weighed."""
    context.progress("weigh", done, total)
