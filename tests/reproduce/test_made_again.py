"""A stored report made again, as a user meets it: outcomes, exit codes, files, and that re-scoring asks nobody."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bench.cli import app
from bench.config import read_toml, to_toml
from bench.errors import BenchError
from tests.reproduce.conftest import TRACED, Stored

ROWS = 6  # markov, popularity, random, transitions and the traced one on a page, markov on the masked one


def told(*arguments: object) -> tuple[int, str]:
    """Return exit code and output; 2 with the message for what was asked wrongly, as `main` does."""
    done = CliRunner().invoke(app, ["reproduce", *map(str, arguments)])
    if isinstance(done.exception, BenchError):
        return 2, str(done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def results(stored: Stored, folder: Path, *arguments: object, report: Path | None = None) -> tuple[int, dict[str, Any]]:
    """Return the exit code and what `--json` wrote of a call on the tiny report."""
    told_to = folder / "told.json"
    start = (report or stored.report, "--task", stored.card, "--json", told_to, "--out", folder / "made")
    code, shown = told(*start, *arguments)
    assert told_to.exists(), shown
    return code, json.loads(told_to.read_text())


def outcomes(content: dict[str, Any]) -> dict[str, int]:
    return {name: number for name, number in content["counts"].items() if number}


def test_what_was_stored_comes_out_again(stored: Stored, tmp_path: Path) -> None:
    fits = stored.fits()
    code, content = results(stored, tmp_path, "--markdown", tmp_path / "told.md")
    assert (code, outcomes(content)) == (0, {"equal": ROWS})
    assert stored.fits() == fits + 1  # asked anew, not copied
    rows = {(row["system"], row["seen"]): row for row in content["rows"]}
    assert rows["random", "keep"]["seeds"] == [0, 1, 2]
    assert rows["markov", "mask"]["limit"] == 40
    assert rows["transitions", "keep"]["settings"] == {"weights": [1.0, 0.5], "window": 1}
    assert {figure["difference"] for row in content["rows"] for figure in row["figures"].values()} == {0.0}
    text = (tmp_path / "told.md").read_text()
    assert f"{ROWS} rows: {ROWS} equal." in text
    assert "not equal" not in text
    assert results(stored, tmp_path)[0] == 0
    assert stored.fits() == fits + 1  # an interrupted reproduction goes on where it stopped


def test_another_figure_is_found_and_exits_with_1(stored: Stored, tmp_path: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        row = next(row for row in content["pages"][0]["rows"] if row["system"] == "markov")
        row["figures"]["recall@5"]["value"] += 2e-9

    report = stored.altered(tmp_path / "altered.json", change)
    code, content = results(stored, tmp_path, "--system", "markov,popularity", report=report)
    assert (code, outcomes(content)) == (1, {"differs": 1, "equal": 2})
    row = next(row for row in content["rows"] if row["outcome"] == "differs")
    assert {name for name, figure in row["figures"].items() if figure["outcome"] != "equal"} == {"recall@5"}
    assert row["figures"]["recall@5"]["difference"] == pytest.approx(-2e-9, rel=1e-3)
    assert results(stored, tmp_path, "--tolerance", "1e-8", report=report)[0] == 0
    assert results(stored, tmp_path, "--tolerance", "0", "--rescore", stored.runs, report=report)[0] == 1


def test_a_report_can_state_its_tolerance(stored: Stored, tmp_path: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        content["pages"][0]["rows"][0]["figures"]["recall@5"]["value"] += 0.001
        content["tolerance"] = 0.01

    report = stored.altered(tmp_path / "altered.json", change)
    code, content = results(stored, tmp_path, "--rescore", stored.runs, report=report)
    assert (code, content["tolerance"]) == (0, 0.01)
    assert results(stored, tmp_path, "--rescore", stored.runs, "--tolerance", "1e-5", report=report)[0] == 1


def test_another_version_is_counted_and_nothing_compared_is_no_success(stored: Stored, tmp_path: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        for page in content["pages"]:
            page["question"]["version"] = "0" if page["question"]["seen"] == "keep" else "1"

    report = stored.altered(tmp_path / "altered.json", change)
    code, content = results(stored, tmp_path, report=report)
    assert (code, outcomes(content)) == (0, {"cannot be compared": ROWS - 1, "equal": 1})
    assert any(row["reason"] == "the card is now v1, the row is of v0" for row in content["rows"])
    assert results(stored, tmp_path, "--system", "popularity", report=report)[0] == 2


def test_other_data_are_counted(stored: Stored, tmp_path: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        content["pages"][0]["question"]["fingerprint"] = "f" * 64

    report = stored.altered(tmp_path / "altered.json", change)
    fits = stored.fits()
    code, content = results(stored, tmp_path, report=report)
    assert code == 0
    assert outcomes(content)["cannot be compared"] in (1, ROWS - 1)
    assert "here are other data" in next(row["reason"] for row in content["rows"] if row["reason"])
    assert stored.fits() <= fits + 1


def test_absent_data_are_not_at_hand(stored: Stored, tmp_path: Path) -> None:
    card = tmp_path / "empty" / "card.toml"
    card.parent.mkdir()
    shutil.copy(stored.card, card)
    code, content = results(stored, tmp_path, "--task", card)
    assert (code, outcomes(content)) == (2, {"not at hand": ROWS})
    assert str(card.parent) in content["rows"][0]["reason"]


def test_what_is_gone_is_told_apart_from_what_is_missing(stored: Stored, tmp_path: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        rows = {row["system"]: row for page in content["pages"] for row in page["rows"]}
        rows["popularity"]["system"] = "popularite"
        rows["random"]["system"] = "no_such_package:System"
        rows["transitions"]["settings"] = {"windows": 1}
        rows[TRACED]["system"], rows[TRACED]["settings"] = "tests.systems:Crashes", {}

    report = stored.altered(tmp_path / "altered.json", change)
    code, content = results(stored, tmp_path, report=report)
    assert code == 1
    reasons = {row["system"]: (row["outcome"], row["reason"]) for row in content["rows"] if row["reason"]}
    assert reasons["popularite"][0] == reasons["transitions"][0] == "cannot be compared"
    assert "did you mean popularity" in reasons["popularite"][1]
    assert "windows" in reasons["transitions"][1]
    assert reasons["no_such_package:System"][0] == "not at hand"
    assert reasons["tests.systems:Crashes"][0] == "could not be made"
    assert "a bug in somebody's system" in reasons["tests.systems:Crashes"][1]


def test_a_metric_that_is_no_longer_measured_is_said(stored: Stored, tmp_path: Path) -> None:
    told_card = read_toml(stored.card)
    shutil.copytree(stored.card.parent, tmp_path / "tiny")
    card = tmp_path / "tiny" / "card.toml"
    card.write_text(to_toml({**told_card, "scorers": ["ndcg@5", "mrr@5"]}))
    code, content = results(stored, tmp_path, "--task", card, "--system", "markov")
    assert (code, outcomes(content)) == (0, {"equal": 2})
    figures = content["rows"][0]["figures"]
    assert figures["recall@5"] == {**figures["recall@5"], "now": None, "outcome": "cannot be compared"}
    assert figures["mrr@5"]["outcome"] == "equal"


def test_finished_runs_are_judged_again_without_asking(stored: Stored, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    shutil.copytree(stored.runs, runs)
    for path in (runs / "test").rglob("random/2-*/run.json"):
        path.unlink()
    fits = stored.fits()
    code, content = results(stored, tmp_path, "--rescore", runs)
    assert (code, outcomes(content)) == (0, {"equal": ROWS - 1, "not at hand": 1})
    assert next(row for row in content["rows"] if row["reason"])["system"] == "random"  # a seed is missing
    assert stored.fits() == fits
    assert not (tmp_path / "made").exists()


def test_answers_that_were_altered_are_not_judged(stored: Stored, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    shutil.copytree(stored.runs, runs)
    for path in runs.rglob("popularity/*/answers.parquet"):
        path.write_bytes(path.read_bytes() + b" ")
    code, content = results(stored, tmp_path, "--rescore", runs)
    assert (code, outcomes(content)) == (1, {"equal": ROWS - 1, "could not be made": 1})


MISTAKES = {
    "unknown table": (["clasic"], "did you mean classic"),
    "no such file": (["nowhere/report.json"], "no such file"),
    "unknown task": (["classic", "--task", "product/amazon-toys"], "product/amazon-toys-2014/next-item"),
    "unknown system": (["classic", "--system", "markow"], "did you mean markov"),
    "no row of both": (["smollm2", "--task", "nothing/like/it"], "unknown task of smollm2.json"),
    "negative tolerance": (["classic", "--tolerance", "-1"], "at least 0"),
    "options without a table": (["--system", "markov"], "name the table"),
    "no runs": (["classic", "--rescore", "nowhere"], "nowhere: no such folder"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_one_readable_line(name: str) -> None:
    arguments, message = MISTAKES[name]
    code, shown = told(*arguments)
    assert code == 2
    assert message in shown
