"""What the page of language models says of settings and sizes is what they are, and its few-shot command can be run."""

from __future__ import annotations

import re
import shlex

import torch
from transformers import AutoModelForCausalLM
from typer.testing import CliRunner

from baselines.language import RawHistory, TextIds
from bench.cli import app
from docs.speaking import BASE, SYSTEMS, count, language_models, settings, sizes
from tests.conftest import REPOSITORY

PAGE = (REPOSITORY / "docs" / "language.md").read_text(encoding="utf-8")


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")[1:-1]]


def test_settings_that_differ_are_listed_and_no_others() -> None:
    head, _, *lines = settings().splitlines()
    table = {row[0].strip("`"): dict(zip(cells(head)[1:], row[1:], strict=True)) for row in map(cells, lines)}
    assert set(table) == {"history", "beams", "length", "batch"}
    assert set(table["beams"]) == set(SYSTEMS)
    assert table["beams"]["raw-history"] == str(RawHistory().beams) and table["batch"]["raw-history"] == ""
    assert table["length"]["text-ids"] == str(TextIds().length)
    for row in table.values():
        assert row["sft-only"] == row["code-ids"] == row["navigen"], "the page says that these do not differ"


def test_sizes_are_those_of_the_models() -> None:
    model = AutoModelForCausalLM.from_pretrained(BASE, dtype=torch.float32)
    assert count(BASE) == sum(weight.numel() for weight in model.parameters())
    assert f"two layers and {count(BASE):,} parameters" in PAGE
    names = [cells(line)[0].strip("`") for line in sizes().splitlines()[2:]]
    assert names == [*(one.name for one in language_models()), "together"] and len(names) == 14


def test_the_command_with_examples_can_be_planned() -> None:
    (command,) = re.findall(r"^navibench (run .*raw-history\.shots=.*)$", PAGE, re.MULTILINE)
    shown = CliRunner().invoke(app, [*shlex.split(command), "--dry"])
    assert shown.exit_code == 0 and "raw-history (shots=2)" in shown.output, shown.output
