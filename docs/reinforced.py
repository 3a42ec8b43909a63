"""What reinforcement changed, and what it may have been paid for without being meant: before and after, side by side.

`--finished OUT` reads the runs and checkpoints of the suite `ablations` below OUT and writes
results/measured/reinforced.json; without it, what was measured is printed. Answers to held-out questions are greedy;
before is the fine-tuned policy that reinforcement began from. What the cards say is of their own, other cases.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.io import write_text
from bench.report.groups import Group
from bench.report.render import number
from bench.store import Run, find_runs
from docs.ablations import MEASURED as COMPARED
from docs.measured import Row, show
from docs.variants import named, seeds_of
from tasks.suites import DOMAINS, FULL

MEASURED = COMPARED.with_name("reinforced.json")
BARE = "without reinforcement"
HELD: Mapping[str, str] = {
    "held": "reward",
    "held/cid2cid/hierarchy": "code of the next item agrees (hierarchy)",
    "held/cid2ins/edges/instruction_target": "target's terms in the instruction",
    "held/cid2ins/edges/own_target": "target's terms among its own terms",
    "held/cid2ins/edges/instruction_own": "own terms in the instruction (1: all copied)",
    "held/cid2ins/leak": "instructions that name the title",
    "held/cid2ins/form": "answers of the right form",
    "held/length/cid2ins": "tokens of an answer",
}
QUALITY = ("content", "creativity", "specificity", "visual")
FIGURES = ("leak", "words", "self-bleu", "distinct-2")


def keep(out: Path) -> None:
    """Write what is known of the policies and runs below a folder."""
    write_text(MEASURED, json.dumps([*held_rows(out), *card_rows(find_runs([out]))], indent=1) + "\n")


def held_rows(out: Path) -> list[dict[str, Any]]:
    """Return a row a domain, seed and part of the reward of held-out answers, before and after."""
    from navigen.checkpoint import FILE
    from navigen.identifiers.catalogue import Identified
    from tasks.world.load import load

    domains = {Identified.of(load(None, domain=one).train.items, None).digest(): one for one in DOMAINS}
    whole = [run.manifest["system"]["config"] for run in find_runs([out]) if is_full(run)]
    rows: list[dict[str, Any]] = []
    for path in sorted((out / "fits" / FULL.system).glob(f"*/policy/{FILE}")):
        told = json.loads(path.read_text(encoding="utf-8"))
        if told["recipe"] not in whole:
            continue
        course = told["stages"][-1]
        looks = {int(line["step"]): line for line in course["history"] if "held" in line}
        first, best = looks[0], looks[course["best_step"]]
        row = {"domain": domains[told["items"]], "seed": told["seed"]}
        rows.append({**row, "what": "step", "before": 0, "after": course["best_step"]})
        rows += [{**row, "what": name, "before": first[name], "after": best[name]} for name in HELD]
        rows.append({**row, "what": "quality", "before": quality(first), "after": quality(best)})
    return rows


def is_full(run: Run) -> bool:
    """Return whether a run is of the whole method, nothing changed."""
    system = run.manifest["system"]
    return bool(system["name"] == FULL.system and not system["changed"])


def quality(look: Mapping[str, float]) -> float:
    """Return the mean of the four parts of quality."""
    return float(np.mean([look[f"held/cid2ins/quality/{part}"] for part in QUALITY]))


def card_rows(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Return a row a card and figure, averaged over the seeds that both policies have."""
    found = named(runs)
    rows: list[dict[str, Any]] = []
    for domain in DOMAINS:
        for kind in ("image", "video"):
            pair = [found.get((name, f"{domain}/world/{kind}")) for name in (BARE, FULL.name)]
            bare, full = pair
            if bare is None or full is None:
                continue
            seeds = seeds_of(bare) & seeds_of(full)
            for name in FIGURES:
                before, after = (mean_figure(one, name, seeds) for one in (bare, full))
                rows.append(
                    {"domain": domain, "seed": None, "what": f"{kind}: {name}", "before": before, "after": after}
                )
    return rows


def mean_figure(group: Group, name: str, seeds: set[int]) -> float:
    """Return a figure of a group's runs, averaged over seeds."""
    runs = [run.manifest for run in group.runs if run.manifest["seed"] in seeds]
    return float(np.mean([one["figures"][name]["value"] for one in runs]))


def table(rows: Sequence[Row]) -> str:
    """Return the rows as Markdown, a column a domain, averaged over seeds."""
    seeds = {one: sorted({row["seed"] for row in rows if row["domain"] == one} - {None}) for one in DOMAINS}
    there = [one for one in DOMAINS if seeds[one]]
    lines = [f"| | {' | '.join(f'{one}, {len(seeds[one])} seeds' for one in there)} |", "|---|" + "---|" * len(there)]
    kept = [", ".join(str(row["after"]) for row in rows if is_of(row, one, "step")) for one in there]
    lines.append(f"| **held-out questions**: kept after step | {' | '.join(kept)} |")
    names = {**HELD, "quality": "quality"}
    names |= {f"{kind}: {name}": f"**{kind} card**: {name}" for kind in ("image", "video") for name in FIGURES}
    for what, name in names.items():
        lines.append(f"| {name} | {' | '.join(change(rows, one, what) for one in there)} |")
    return "\n".join(lines)


def change(rows: Sequence[Row], domain: str, what: str) -> str:
    """Return "before → after" of one domain; nothing where it was not measured."""
    own = [(row["before"], row["after"]) for row in rows if is_of(row, domain, what)]
    return " → ".join(number(float(value)) for value in np.mean(own, axis=0)) if own else ""


def is_of(row: Row, domain: str, what: str) -> bool:
    """Return whether a row is of a domain and a measure."""
    return bool(row["domain"] == domain and row["what"] == what)


if __name__ == "__main__":
    show(MEASURED, keep, table, __doc__)
