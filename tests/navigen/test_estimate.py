"""What a training will take is told before it starts, near enough to what it then takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.cli import app
from tests.conftest import write_log
from tests.navigen.paper import STEPS

ADDRESS = "http://127.0.0.1:9/v1"
SERVED = {
    "navigen.teacher.url": ADDRESS,
    "navigen.teacher.model": "t",
    "navigen.reward.judge_url": ADDRESS,
    "navigen.reward.judge_model": "j",
}


def foreseen(capsys: pytest.CaptureFixture[str], card: Path, **more: object) -> dict[str, str]:
    values = {**SERVED, **{name.replace("__", "."): value for name, value in more.items()}}
    told = [part for name, value in values.items() for part in ("--set", f"{name}={value}")]
    arguments = ["train", "navigen", "--estimate", "--task", str(card), "--config", "paper", *told]
    assert not app(arguments, standalone_mode=False)
    return dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())


def numbers(line: str) -> list[float]:
    return [float(one.replace(",", "")) for one in re.findall(r"\d[\d,.]*\d|\d", line)]


def test_every_stage_is_foreseen_without_any_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = write_log(tmp_path / "log", users=10, items=12)
    told = foreseen(capsys, card)
    assert list(told) == ["teach", "embed", "full", "grpo", "judge"]
    # 20 samples: 12 items' terms at most, a reason each, and founders, judge, children, judge and a thought
    assert 20 * 6 <= numbers(told["teach"])[0] <= 20 * 6 + 12
    assert numbers(told["grpo"])[:3] == [600, 64, 600 * 64 * 8]
    priced = foreseen(capsys, card, navigen__teacher__price_read=1.0, navigen__teacher__price_written=2.0)
    _, _, read, written, money = numbers(priced["teach"])
    assert money == pytest.approx((read + 2 * written) / 1e6, abs=0.01)


def test_a_training_says_what_it_takes_before_it_starts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = write_log(tmp_path / "log", users=10, items=12)
    short = {"width": 16, "layers": 1, "full_epochs": 0.1, "embed_epochs": 0.1, "codes": 4}
    told = [part for name, value in short.items() for part in ("--set", f"sft-only.{name}={value}")]
    command = ["train", "sft-only", "--task", str(card), "--to", str(tmp_path / "made"), *told]
    assert not app(command, standalone_mode=False)
    first = capsys.readouterr().err
    ahead = [line.partition(": ")[0] for line in first.splitlines() if line.startswith("ahead · ")]
    assert ahead == ["ahead · embed", "ahead · full"]
    assert first.startswith("ahead · "), "before anything else is said"
    assert not app(command, standalone_mode=False)
    assert "ahead" not in capsys.readouterr().err, "nothing is left to do"


def test_what_is_left_out_is_not_foreseen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = write_log(tmp_path / "log", users=10, items=12)
    assert list(foreseen(capsys, card, navigen__reinforce__steps=0)) == ["teach", "embed", "full"]
    assert list(foreseen(capsys, card, navigen__stage="embed")) == ["embed"]
    whole = numbers(foreseen(capsys, card)["full"])[0]
    short = numbers(foreseen(capsys, card, navigen__full_epochs=STEPS["navigen.full_epochs"])["full"])[0]
    assert whole == pytest.approx(3 * short, rel=0.01)
