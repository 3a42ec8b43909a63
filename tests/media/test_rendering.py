"""Instructions are rendered once, by the same random numbers for all systems; what failed is counted and kills cost
nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bench.api import Answer, Dataset, Failure, Instruction, Kind, Query, Train
from bench.errors import BenchError
from bench.io import file_sha256
from bench.listing import Suite
from bench.media import chosen, rendered, seed_of
from bench.pixels import read_pixels
from bench.plan import Job, plan
from bench.pose import load
from bench.report.groups import question
from bench.runner import run_job
from bench.settle import recall_job, rescore
from bench.store import Run
from bench.tables import read_answers
from tests.conftest import REPOSITORY

SMALL = ("data.media=none", "data.items=120", "data.users=80")
TASK = "product/world/image"


@dataclass
class Says:
    """Says the last item's name, or nothing for one user in five; `mark` is a word in front."""

    mark: str = ""

    def fit(self, train: Train) -> None:
        pass

    def instruct(self, queries: Sequence[Query], kind: Kind) -> Sequence[Answer]:
        return [
            Failure("lost for words")
            if seed_of(query.user) % 5 == 0
            else Instruction(f"{self.mark}{query.history[-1]}")
            for query in queries
        ]


def job(*assign: str, task: str = TASK, generator: str = "Paints", limit: int | None = 40) -> Job:
    told = (*SMALL, f"generator.name=tests.generators:{generator}", *assign)
    (made,), _ = plan(Suite("", (task,), ("tests.media.test_rendering:Says",)), limit, told)
    return made


@pytest.fixture(scope="module")
def data() -> Dataset:
    return load(job(), None)


def run(data: Dataset, out: Path, *assign: str, generator: str = "Paints") -> Run:
    return run_job(job(*assign, generator=generator), data, out)[0]


def test_every_instruction_becomes_a_file_and_failures_stay_failures(data: Dataset, tmp_path: Path) -> None:
    made = run(data, tmp_path)
    answers, files = read_answers(made.answers), rendered(made, TASK)
    assert answers.keys() == files.keys()
    for case, answer in answers.items():
        if isinstance(answer, Failure):
            assert files[case] == answer
        else:
            assert read_pixels(files[case]).shape == (1, 8, 8, 3)  # type: ignore[arg-type]
    counts = made.manifest["counts"]
    assert (counts["rendered"], counts["spoilt"]) == (40, 0)
    assert counts["failed"] == sum(isinstance(answer, Failure) for answer in answers.values()) > 0


def test_media_are_shared_by_runs_and_made_once(data: Dataset, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    first = run(data, tmp_path / "runs", f"generator.trace={trace}")
    once = trace.read_text().splitlines()
    assert len(once) == len(set(once))
    again = run(data, tmp_path / "runs", f"generator.trace={trace}", "policy.seen=mask")
    assert again.folder != first.folder
    assert trace.read_text().splitlines() == once
    assert rendered(first, TASK) == rendered(again, TASK)


def test_devices_keep_their_own_media(data: Dataset, tmp_path: Path) -> None:
    usual = job()
    for device in ("cpu", "cuda"):  # the painter of these tests asks for no device
        run_job(replace(usual, rendering=replace(usual.rendering, device=device)), data, tmp_path)
    assert len(list((tmp_path / "media").iterdir())) == 2


def test_systems_meet_the_same_random_numbers(data: Dataset, tmp_path: Path) -> None:
    trace, other = tmp_path / "trace", tmp_path / "other"
    run(data, tmp_path / "runs", f"generator.trace={trace}")
    run(data, tmp_path / "runs", f"generator.trace={other}", "system.mark=big ")
    seeds = [[line.split()[0] for line in path.read_text().splitlines()] for path in (trace, other)]
    assert seeds[0] == seeds[1]
    assert len(set(seeds[0])) == len(seeds[0])


def test_so_many_cases_are_rendered_the_same_whatever_their_order(data: Dataset, tmp_path: Path) -> None:
    some = rendered(run(data, tmp_path, "generator.cases=10"), TASK)
    more = rendered(run(data, tmp_path, "generator.cases=20"), TASK)
    assert len(some) == 10
    assert some.keys() < more.keys()
    assert chosen(data.examples, 7) == chosen(data.examples[::-1], 7)


def test_clips_are_rendered_for_clips(data: Dataset, tmp_path: Path) -> None:
    task = "product/world/video"
    asked = job(task=task, generator="PaintsClips")
    files = rendered(run_job(asked, data, tmp_path)[0], task)
    assert {read_pixels(path).shape for path in files.values() if isinstance(path, Path)} == {(4, 8, 8, 3)}
    with pytest.raises(BenchError, match="makes images"):
        job(task=task, generator="Paints")


@pytest.mark.parametrize("how", ["fails", "floats", "grey", "text"])
def test_a_failed_rendering_is_counted_and_shown(data: Dataset, tmp_path: Path, how: str) -> None:
    made = run(data, tmp_path, f"generator.how={how}", generator="Spoils")
    counts, files = made.manifest["counts"], rendered(made, TASK)
    spoilt = [case for case, file in files.items() if isinstance(file, Failure) and file.reason != "lost for words"]
    assert counts["spoilt"] == len(spoilt) == sum(counts["spoilt_reasons"].values()) > 0
    assert counts["spoilt"] + counts["failed"] < len(files)


def test_a_generator_is_part_of_the_question(data: Dataset, tmp_path: Path) -> None:
    usual, large = run(data, tmp_path), run(data, tmp_path, "generator.size=16")
    assert usual.folder != large.folder
    assert question(usual) != question(large)
    assert "generator.size=16" in question(large).title
    assert recall_job(large).rendering == job("generator.size=16").rendering


def test_scores_can_be_made_again_without_the_generator(data: Dataset, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    made = run(data, tmp_path / "runs", f"generator.trace={trace}")
    before, scores = trace.read_text(), file_sha256(made.scores)
    rescore(made, None)
    assert (trace.read_text(), file_sha256(made.scores)) == (before, scores)
    next(path for path in rendered(made, TASK).values() if isinstance(path, Path)).unlink()
    with pytest.raises(BenchError, match="run the task again"):
        rescore(made, None)


KILLED = """
import sys
from pathlib import Path
from bench.pose import load
from bench.runner import run_job
from tests.media.test_rendering import job
asked = job(f"generator.trace={sys.argv[2]}", "generator.slow=0.05")
run_job(asked, load(asked, None), Path(sys.argv[1]))
"""


def test_a_kill_costs_no_file_and_changes_no_score(data: Dataset, tmp_path: Path) -> None:
    whole = run(data, tmp_path / "whole")
    trace = tmp_path / "trace"
    command = [sys.executable, "-c", KILLED, str(tmp_path / "runs"), str(trace)]
    process = subprocess.Popen(command, cwd=REPOSITORY, env={**os.environ, "PYTHONPATH": str(REPOSITORY)})
    while not trace.exists():
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not list((tmp_path / "runs").rglob("run.json"))
    subprocess.run(command, cwd=REPOSITORY, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, check=True)
    made = Run(next((tmp_path / "runs").rglob("run.json")).parent)
    assert file_sha256(made.scores) == file_sha256(whole.scores)
    files = [rendered(run, TASK) for run in (made, whole)]
    assert [path.name for path in files[0].values() if isinstance(path, Path)] == [
        path.name for path in files[1].values() if isinstance(path, Path)
    ]


def test_unknown_settings_are_errors(data: Dataset) -> None:
    with pytest.raises(BenchError, match="size"):
        job("generator.sise=3")
    with pytest.raises(BenchError, match="at least 1"):
        job("generator.cases=0")
    with pytest.raises(BenchError, match="generator"):
        plan(Suite("", (TASK,), ("popular-terms",)), None, (*SMALL, "generator.name=no-such"))
    nothing = plan(Suite("", (TASK,), ("popular-terms",)), None, (*SMALL, "generator.name=none"))[0][0]
    assert nothing.rendering.generator == ""
