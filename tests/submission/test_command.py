"""`navibench submit` as a user meets it: pack, verify, reasons, and their exit codes."""

from __future__ import annotations

import json
from pathlib import Path

from bench.submission.reasons import REASONS
from tests.core.test_cli import good, navibench
from tests.submission.conftest import Bench
from tests.submission.making import Draft


def test_pack_verify_and_refuse(bench: Bench, tmp_path: Path) -> None:
    run = bench.run(bench.tiny, "markov")
    sender = ["--name", "My markov", "--contact", "a@example.org", "--licence", "CC-BY-4.0"]
    archive = tmp_path / "s.zip"
    assert "wrote" in good("submit", "pack", run.folder, *sender, "--to", archive)
    told = json.loads(good("submit", "verify", archive, "--card", bench.tiny, "--json"))
    assert told["accepted"]
    assert told["runs"][0]["figures"]["ndcg@5"] == run.manifest["figures"]["ndcg@5"]
    draft = Draft(archive)
    draft.manifest["figures"]["ndcg@5"]["value"] = 0.99
    bad = draft.seal().write(tmp_path / "bad.zip")
    done = navibench("submit", "verify", bad, "--card", bench.tiny, "--markdown")
    assert done.returncode == 2
    assert "**`figures-differ`**" in done.stdout
    assert "What to do:" in done.stdout
    assert "figures-differ" in done.stderr
    assert good("submit", "reasons").count("\n") == len(REASONS) + 2


def test_mistakes_are_one_line(bench: Bench, tmp_path: Path) -> None:
    run = bench.run(bench.tiny, "markov")
    done = navibench(
        *("submit", "pack", run.folder, "--name", "<b>", "--contact", "a@b.org", "--licence", "MIT"),
        *("--to", tmp_path / "s.zip"),
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "submission-name" in done.stderr
    done = navibench("submit", "verify", tmp_path / "none.zip")
    assert done.returncode == 2
    assert "no such file" in done.stderr
