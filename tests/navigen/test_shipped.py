"""The checkpoints that come with the source tree: whole, small, named by their cards, and worth loading."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.language import CodeIds, SftOnly, TextIds
from bench.api import Case, Cases, Dataset, Instruction, Kind
from bench.io import file_sha256
from bench.rng import hash_order
from bench.scorers.instruction import AttributeF1
from bench.scorers.ranking import NDCG
from bench.shipped import CHECKPOINTS
from navigen.checkpoint import read_told
from navigen.full import NaviGen
from tasks.world.load import load

MEGABYTES, OF_LANGUAGE = 45, 25  # of all checkpoints, and of the base and the policies made from it
DOMAINS = ("product", "game", "short-video")
SYSTEMS = {kind.label: kind for kind in (TextIds, CodeIds, SftOnly, NaviGen)}
FOLDERS = sorted(path.parent for path in CHECKPOINTS.glob("*/config.json"))


@cache
def world(domain: str) -> Dataset:
    return load(None, domain=domain)


def test_together_they_are_small() -> None:
    assert sum(path.stat().st_size for path in CHECKPOINTS.rglob("*")) < MEGABYTES * 2**20
    told = [path.stat().st_size for folder in FOLDERS for path in folder.rglob("*")]
    assert 0 < sum(told) < OF_LANGUAGE * 2**20
    assert {path.name for path in FOLDERS} == {"world-base"} | {
        f"{domain}-{name}" for domain in DOMAINS for name in SYSTEMS
    }


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_card_tells_the_command_and_every_file(folder: Path) -> None:
    text = (folder / "README.md").read_text()
    assert re.search(r"^navibench train \S+ .*--to FOLDER$", text, re.MULTILINE)
    told = dict(re.findall(r"\| `(\S+)` \| [\d,]+ \| `([0-9a-f]{64})` \|", text))
    assert told == {path.name: file_sha256(path) for path in folder.iterdir() if path.name != "README.md"}
    assert not any(path.suffix in {".bin", ".pt", ".pkl"} for path in folder.iterdir())


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("name", SYSTEMS)
def test_what_is_shipped_ranks_better_than_popularity_and_writes_what_is_read(domain: str, name: str) -> None:
    dataset = world(domain)
    order = hash_order([example.query.id for example in dataset.examples], "shipped")
    asked = [dataset.examples[place] for place in order[:300]]
    system: Any = SYSTEMS[name](checkpoint="shipped")
    system.fit(dataset.train)
    counts = dict.fromkeys(dataset.train.items, 0)
    for items in dataset.train.sequences.values():
        for item in items:
            counts[item] += 1
    popular = sorted(counts, key=lambda item: -counts[item])[:10]
    queries = [example.query for example in asked]
    cases = Cases(tuple(map(Case, asked, system.rank(queries, 50))), dataset.train)
    gain = float(np.mean(NDCG(10)(cases)))
    usual = float(np.mean([1 / np.log2(popular.index(t) + 2) if t in popular else 0.0 for (t,) in targets(asked)]))
    assert gain > usual > 0
    written = system.instruct(queries[:100], Kind.IMAGE)
    assert sum(isinstance(answer, Instruction) for answer in written) >= 98
    good = Cases(tuple(map(Case, asked, written)), dataset.train)
    assert float(np.mean([score or 0.0 for score in AttributeF1()(good)])) > 0.15


def targets(asked: list[Any]) -> list[tuple[str, ...]]:
    return [example.targets for example in asked]


def test_a_checkpoint_knows_what_it_was_made_for() -> None:
    for domain in DOMAINS:
        for name in SYSTEMS:
            told = read_told(CHECKPOINTS / f"{domain}-{name}")
            assert told["system"] == name and told["seed"] == 0
