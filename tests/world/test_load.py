"""The world as a data set: nine cards, three splits, no leak, parameters checked, and what a user reads of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from inspect import signature
from pathlib import Path

import pytest

from bench.api import Dataset, Kind, Task
from bench.cards import check_card
from bench.errors import BenchError
from tasks.ingest.describe import describe
from tasks.world import cards
from tasks.world.load import load
from tasks.world.strengths import Strengths, strengths
from tasks.world.world import make_world
from tests.conftest import REPOSITORY

CARDS = [value for value in vars(cards).values() if isinstance(value, Task)]


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_a_card_loads_the_data_it_was_made_with(card: Task) -> None:
    """Users, captions and every pixel of 640 pictures or clips are in the fingerprint."""
    check_card(card)
    dataset = load(None, **card.data.options)  # type: ignore[arg-type]
    assert dataset.fingerprint == card.fingerprint
    assert dataset.provenance["synthetic"] is True and "SYNTHETIC" in card.notes
    shares = describe(dataset)
    assert (shares["with_image"], shares["with_clip"]) == (
        float(card.kind is Kind.IMAGE),
        float(card.kind is Kind.VIDEO),
    )
    assert shares["with_caption"] == shares["with_title"] == shares["with_attributes"] == 1.0


def test_there_are_nine_cards() -> None:
    assert len(CARDS) == 9
    assert {card.id.partition("/")[0] for card in CARDS} == {"product", "game", "short-video"}


def test_last_split_asks_the_last_event_and_trains_on_all_but_two(domain: str) -> None:
    dataset = load(None, domain=domain, items=120, users=300)
    lives = make_world(domain, strengths(domain, {"items": 120, "users": 300}), 0)
    assert len(dataset.examples) == len(dataset.train.validation) == 300
    for example in dataset.examples:
        events = [lives.shelf.ids[item] for item in lives.lives[example.query.user].items]
        assert list(example.query.history) == events[:-1] and list(example.targets) == events[-1:]
        assert list(dataset.train.sequences[example.query.user]) == events[:-2]


def test_time_split_never_trains_on_what_comes_later() -> None:
    dataset = load(None, domain="game", split="time", items=120, users=300)
    world = make_world("game", strengths("game", {"items": 120, "users": 300}), 0)
    latest = max(world.lives[user].moments[len(items) - 1] for user, items in dataset.train.sequences.items())
    asked = [world.lives[one.query.user].moments[len(one.query.history)] for one in dataset.examples]
    assert latest < min(asked)


def test_users_split_keeps_whole_users_apart() -> None:
    dataset = load(None, domain="game", split="users", items=120, users=300)
    groups = [
        set(dataset.train.sequences),
        {one.query.user for one in dataset.train.validation},
        {one.query.user for one in dataset.examples},
    ]
    assert [len(group) for group in groups] == [240, 30, 30]
    assert not groups[0] & groups[1] and not groups[1] & groups[2] and not groups[0] & groups[2]


def test_every_strength_is_an_option_of_the_data(domain: str) -> None:
    assert set(Strengths.__dataclass_fields__) <= set(signature(load).parameters)
    dataset = load(None, domain=domain, items=120, users=60, least=6, most=7, longer=9.0)
    assert {len(one.query.history) for one in dataset.examples} == {5, 6}


def test_seeds_and_strengths_make_other_data() -> None:
    def made(**options: object) -> Dataset:
        return load(None, domain="product", items=120, users=60, **options)  # type: ignore[arg-type]

    prints = {made(**options).fingerprint for options in ({}, {"seed": 1}, {"taste": 0.5}, {"drift": 0.9})}
    assert len(prints) == 4
    assert made().fingerprint == made().fingerprint


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"domain": "products"}, "did you mean product"),
        ({"domain": "game", "split": "tme"}, "did you mean time"),
        ({"domain": "game", "media": "images"}, "did you mean image"),
        ({"domain": "game", "items": 2.5}, "data.items: expected a whole number"),
        ({"domain": "game", "taste": float("nan")}, "data.taste: expected a number"),
        ({"domain": "game", "chain": 0.99}, "expected chances"),
    ],
    ids=str,
)
def test_wrong_options_are_told(options: dict[str, object], told: str) -> None:
    with pytest.raises(BenchError, match=told):
        load(None, **options)  # type: ignore[arg-type]


def navibench(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "200"}
    environment.pop("NAVIBENCH_DATA", None)
    command = [sys.executable, "-m", "bench", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, check=False)


def test_describe_shows_figures_and_something_to_look_at(tmp_path: Path) -> None:
    done = navibench("data", "describe", "game/world", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "popularity_gini" in done.stdout and "SYNTHETIC" in done.stdout
    assert (tmp_path / "sheets" / "game-world-image" / "contact-sheet.png").stat().st_size > 50_000
    assert (tmp_path / "sheets" / "game-world-video" / "clips.gif").stat().st_size > 50_000
    wrong = navibench("data", "describe", "game/wrld", cwd=tmp_path)
    assert wrong.returncode == 2 and "did you mean game/world" in wrong.stderr


def test_a_run_of_an_image_card_from_start_to_figures(tmp_path: Path) -> None:
    systems = "popular-terms,history-terms"
    done = navibench("run", "--task", "game/world/image", "--system", systems, "--limit", "200", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "history-terms" in done.stdout and "attribute-f1" in done.stdout
    unable = navibench("run", "--task", "game/world/image", "--system", "markov", cwd=tmp_path)
    assert unable.returncode == 2 and "markov cannot answer image tasks" in unable.stderr


def test_calibrate_compares_planted_with_real(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    lines = ["".join(f"u{user}\t" + " ".join(f"i{(user * 7 + step) % 40}" for step in range(9))) for user in range(60)]
    (own / "sequences.tsv").write_text("\n".join(lines) + "\n")
    (own / "items.jsonl").write_text(
        "".join(json.dumps({"item": f"i{n}", "title": f"thing {n}"}) + "\n" for n in range(40))
    )
    (own / "card.toml").write_text(
        'id = "own/log/next-item"\nkind = "next-item"\nscorers = ["recall@10"]\nprimary = "recall@10"\nversion = "1"\n'
        'licence = "synthetic"\nsource = "tests"\ndata.loader = "tasks.load:load"\ndata.options = { folder = "." }\n'
    )
    done = navibench("data", "calibrate", "--task", "game/world/next-item,own/card.toml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "own/log/next-item" in done.stdout and "is outside" in done.stdout
    told = json.loads(navibench("data", "calibrate", "--task", "game/world/next-item", "--json", cwd=tmp_path).stdout)
    assert told[0]["planted"] is True and set(told[0]["ratios"]) == {"markov", "item-knn", "text-knn"}
