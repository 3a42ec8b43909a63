"""A run keeps failures in the denominator, resumes where it was killed, and never mixes up configurations."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench import runner
from bench.cli.run import execute
from bench.errors import BenchError
from bench.io import file_sha256
from bench.listing import Suite
from bench.manifest import with_imports
from bench.plan import plan
from bench.pose import load, pose
from bench.runner import run_job
from bench.settle import rescore
from bench.store import Run
from bench.tables import read_answers
from tests.conftest import REPOSITORY, write_log


def job_for(card: Path, system: str = "Counting", limit: int | None = None, *assign: str):  # type: ignore[no-untyped-def]
    return plan(Suite("", (str(card),), (f"tests.systems:{system}",)), limit, assign)[0][0]


def run(card: Path, out: Path, system: str = "Counting", limit: int | None = None, *assign: str) -> Run:
    job = job_for(card, system, limit, *assign)
    return run_job(job, load(job, None), out)[0]


def test_a_run_is_made_once_and_found_again(card: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    first = run(card, tmp_path / "runs", "Counting", None, f"system.trace={trace}")
    before = file_sha256(first.folder / "run.json")
    again = run(card, tmp_path / "runs", "Counting", None, f"system.trace={trace}")
    assert again.folder == first.folder
    assert file_sha256(again.folder / "run.json") == before
    assert len(trace.read_text().splitlines()) == 1


def test_every_setting_is_part_of_the_key(card: Path, tmp_path: Path) -> None:
    out = tmp_path / "runs"
    folders = {
        run(card, out).folder,
        run(card, out, "Counting", 20).folder,
        run(card, out, "Counting", None, "policy.seen=mask").folder,
        run(card, out, "Counting", None, "system.slow=0.001").folder,
        run(card, out, "Counting", None, "data.history=3").folder,
        run(card, out, "SometimesFails").folder,
    }
    assert len(folders) == 6


def test_figures_follow_the_policy_without_asking_again(card: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    wide = run(card, tmp_path / "runs", "Counting", None, f"system.trace={trace}").manifest["figures"]["recall@5"]
    settings = (f"system.trace={trace}", "policy.level=0.5")
    narrow = Run(run(card, tmp_path / "runs", "Counting", None, *settings).folder).manifest["figures"]["recall@5"]
    assert wide["value"] == narrow["value"]
    assert narrow["high"] - narrow["low"] < 0.6 * (wide["high"] - wide["low"])
    assert len(trace.read_text().splitlines()) == 1


def test_a_limit_beyond_the_data_is_no_limit(card: Path, tmp_path: Path) -> None:
    assert run(card, tmp_path / "runs", "Counting", 10_000).folder == run(card, tmp_path / "runs").folder


def test_two_cards_with_one_name_keep_their_own_data(card: Path, tmp_path: Path) -> None:
    other = write_log(tmp_path / "other", users=40, seed=1)
    cards = (str(card), str(other))
    jobs, _ = plan(Suite("", cards, ("tests.systems:Counting",)))
    runs = execute(jobs, None, tmp_path / "runs")
    assert [found.manifest["counts"]["cases"] for found in runs] == [60, 40]


def test_a_system_cannot_change_the_data(card: Path, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="TypeError: 'mappingproxy' object does not support item assignment"):
        run(card, tmp_path / "runs", "Meddles")


def test_two_processes_make_one_run(card: Path, tmp_path: Path) -> None:
    arguments = ["run", "--task", str(card), "--system", "tests.systems:Counting", "--set", "system.slow=0.03"]
    command = [sys.executable, "-c", COMMAND, *arguments, "--out", str(tmp_path / "runs")]
    both = [subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate()[1] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum("already there" in text for text in told) == 1
    assert not list((tmp_path / "runs").rglob("answers/*"))


def test_the_key_follows_the_code_of_a_users_own_module(card: Path, tmp_path: Path) -> None:
    (tmp_path / "helper_of_mine.py").write_text("LEAST = 1\n")
    (tmp_path / "system_of_mine.py").write_text("from tests.systems import Counting as Mine\n")
    keys = set()
    for text in ("LEAST = 1\n", "LEAST = 2\n"):
        (tmp_path / "helper_of_mine.py").write_text(text)
        code = "import sys; sys.path.insert(0, sys.argv[1]); from bench.manifest import code_digest"
        command = [sys.executable, "-c", f"{code}; print(code_digest(('system_of_mine',)))", str(tmp_path)]
        keys.add(subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout)
    assert len(keys) == 2


def test_the_key_follows_what_a_system_imports(tmp_path: Path) -> None:
    assert with_imports({"baselines"}) == {"baselines", "navigen", "bench"}
    assert with_imports({"bench"}) == {"bench"}
    system, helper = tmp_path / "one" / "system_afar.py", tmp_path / "other" / "helper_afar.py"
    for path, text in ((system, "import numpy\n\nimport helper_afar\n"), (helper, "LEAST = 1\n")):
        path.parent.mkdir()
        path.write_text(text)
    code = "import sys; sys.path += sys.argv[1:]; from bench.manifest import with_imports"
    command = [sys.executable, "-c", f"{code}; print(sorted(with_imports({{'system_afar'}})))"]
    shown = subprocess.run(
        [*command, str(system.parent), str(helper.parent)], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "['helper_afar', 'system_afar']"


def test_failures_score_zero_and_are_counted(card: Path, tmp_path: Path) -> None:
    whole, partly = run(card, tmp_path / "runs"), run(card, tmp_path / "runs", "SometimesFails")
    told = partly.manifest
    assert told["counts"]["failed"] == 30
    assert told["counts"]["reasons"] == {"even users are hard": 30}
    full, part = whole.read_scores(), partly.read_scores()
    odd = np.array([int(user[1:]) % 2 == 1 for user in part.users])
    assert len(part.cases) == len(full.cases) == 60
    np.testing.assert_array_equal(part.metrics["recall@5"], full.metrics["recall@5"] * odd)
    assert np.isnan(part.metrics["popularity-bias@5"][~odd]).all()
    assert told["figures"]["recall@5"]["cases"] == 60
    assert told["figures"]["popularity-bias@5"]["cases"] == 30


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("unknown", "ranks the unknown item 'no such item'"),
        ("twice", "ranks an item twice"),
        ("excluded", "ranks an item it was told to exclude"),
        ("ties", "the sizes of its tied groups do not add up to its items"),
        ("rest", "says 3 candidates tie behind the listed ones; 20 do"),
        ("kind", "expected a ranking, got str"),
    ],
)
def test_an_answer_that_breaks_the_contract_is_a_failure(card: Path, tmp_path: Path, how: str, reason: str) -> None:
    seen = "mask" if how == "excluded" else "keep"
    settings = (f"system.how={how}", f"policy.seen={seen}")
    found = run(card, tmp_path / "runs", "Breaks", None, *settings)
    assert found.manifest["counts"]["reasons"] == {reason: 60}


def test_a_crash_is_one_line_with_the_traceback_in_a_file(card: Path, tmp_path: Path) -> None:
    with pytest.raises(
        BenchError, match=r"ZeroDivisionError: a bug in somebody's system \(traceback in .*error\.log\)"
    ):
        run(card, tmp_path / "runs", "Crashes")
    assert not list((tmp_path / "runs").rglob("*.parquet"))
    with pytest.raises(BenchError, match="gave 59 answers to 60 queries"):
        run(card, tmp_path / "runs", "TooFew")


def test_scores_do_not_depend_on_block_size_or_case_order(
    card: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = job_for(card)
    dataset = load(job, None)
    whole = run_job(job, dataset, tmp_path / "a")[0]
    monkeypatch.setattr(runner, "BLOCK", 7)
    backwards = replace(dataset, examples=tuple(reversed(dataset.examples)))
    pieces = run_job(job, backwards, tmp_path / "b")[0]
    assert file_sha256(whole.scores) == file_sha256(pieces.scores)
    assert file_sha256(whole.answers) == file_sha256(pieces.answers)


def test_a_small_limit_lies_inside_a_large_one(card: Path) -> None:
    dataset = load(job_for(card), None)
    small, large = (
        {example.query.id for example in pose(job_for(card, "Counting", limit), dataset)} for limit in (10, 25)
    )
    assert len(small) == 10
    assert small < large


def test_masking_excludes_the_history(card: Path) -> None:
    job = job_for(card, "Counting", None, "policy.seen=mask")
    for example in pose(job, load(job, None)):
        assert set(example.query.exclude) == set(example.query.history)


def test_runs_that_learn_the_same_share_their_checkpoints(card: Path, tmp_path: Path) -> None:
    out = tmp_path / "runs"
    for settings in ((), ("policy.seen=mask",)):
        run(card, out, "Remembers", None, *settings)
    run(card, out, "Remembers", 10)
    run(card, out, "Remembers", None, "data.history=3")
    folders = sorted(len(list(folder.iterdir())) for folder in out.rglob("fit-*"))
    assert folders == [1, 3]


def test_a_damaged_block_is_asked_again(card: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "BLOCK", 20)
    job = job_for(card)
    dataset = load(job, None)
    clean = run_job(job, dataset, tmp_path / "clean")[0]
    broken = Run(tmp_path / "broken" / clean.folder.relative_to(tmp_path / "clean"))
    runner.ask(job, dataset, pose(job, dataset), broken, lambda *_: None)
    part = sorted(broken.parts.iterdir())[1]
    part.write_bytes(part.read_bytes()[:-20])
    again = run_job(job, dataset, tmp_path / "broken")[0]
    assert file_sha256(again.scores) == file_sha256(clean.scores)


def test_a_changed_file_is_noticed(card: Path, tmp_path: Path) -> None:
    found = run(card, tmp_path / "runs")
    stored = found.scores.read_bytes()
    other = run(card, tmp_path / "runs", "SometimesFails")
    found.scores.write_bytes(other.scores.read_bytes())
    with pytest.raises(BenchError, match="changed since the run was made; `navibench score"):
        Run(found.folder).read_scores()
    rescore(Run(found.folder), card.parent)
    assert Run(found.folder).scores.read_bytes() == stored
    found.answers.write_bytes(other.answers.read_bytes())
    with pytest.raises(BenchError, match="changed since the run was made; run the task again"):
        rescore(Run(found.folder), card.parent)


def test_rescoring_runs_no_model_and_refuses_other_data(card: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    found = run(card, tmp_path / "runs", "Counting", None, f"system.trace={trace}")
    before = found.scores.read_bytes()
    rescore(Run(found.folder), card.parent)
    assert found.scores.read_bytes() == before
    assert len(trace.read_text().splitlines()) == 1
    log = card.parent / "sequences.tsv"
    log.write_text(log.read_text() + "u999\ti001 i002 i003 i004\n")
    with pytest.raises(BenchError, match="was asked on other data"):
        rescore(Run(found.folder), card.parent)


def test_rescoring_keeps_what_was_asked(card: Path, tmp_path: Path) -> None:
    job = plan(Suite("", (str(card),), ("transitions",)), None, ["transitions.window=2"])[0][0]
    found = run_job(job, load(job, None), tmp_path / "runs")[0]
    before = dict(found.manifest)
    after = Run(rescore(Run(found.folder), card.parent).folder).manifest
    for name in ("key", "asked", "task", "system", "seed", "limit", "seen", "device", "figures", "counts", "files"):
        assert after[name] == before[name], name
    assert after["system"]["changed"] == {"window": 2}


def test_stored_answers_are_what_was_said(card: Path, tmp_path: Path) -> None:
    found = run(card, tmp_path / "runs", "SometimesFails")
    answers = read_answers(found.answers)
    assert len(answers) == 60
    assert {type(answer).__name__ for answer in answers.values()} == {"Ranking", "Failure"}


COMMAND = """
import sys
from bench import runner
from bench.cli import main
runner.BLOCK = 4
sys.argv = ["navibench", *sys.argv[1:]]
main()
"""


def test_kill_at_any_moment_then_rerun_gives_the_same_bytes(card: Path, tmp_path: Path) -> None:
    kills = int(os.environ.get("NAVIBENCH_KILLS", "4"))
    rng = np.random.default_rng(20)
    arguments = ["run", "--task", str(card), "--system", "tests.systems:Counting", "--set", "system.slow=0.03"]

    def start(out: Path) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", COMMAND, *arguments, "--out", str(out)]
        return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    began = time.monotonic()
    assert start(tmp_path / "clean").wait() == 0
    length = time.monotonic() - began
    wanted = next((tmp_path / "clean").rglob("scores.parquet")).read_bytes()
    interrupted = 0
    for number in range(kills):
        out = tmp_path / f"killed{number}"
        process = start(out)
        time.sleep(float(rng.uniform(0.35, 1.0)) * length)
        process.send_signal(signal.SIGKILL)
        interrupted += process.wait() != 0
        assert start(out).wait() == 0
        assert next(out.rglob("scores.parquet")).read_bytes() == wanted
        assert not list(out.rglob(".*.part"))
    assert interrupted > 0
