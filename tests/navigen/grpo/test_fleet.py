"""vLLM samples what we do: the same distribution, the same limits, answers in the same parts."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

if importlib.util.find_spec("vllm") is None:
    pytest.skip("vllm is not installed: tox -e vllm", allow_module_level=True)

from navigen.train.grpo.answer import Speech
from navigen.train.grpo.batch import make_batch, plan
from navigen.train.grpo.fleet import Fleet
from navigen.train.grpo.likelihood import Likelihood
from navigen.train.grpo.rollout import Sampler
from navigen.train.trainee import Trainee
from tests.conftest import REPOSITORY
from tests.navigen.grpo.toy import KINDS, adapted, catalogue, questions, settings, tokenizer, train

ENGINE = ("memory=0.1", "cache=0.25", "eager=true")
TWO = """
import sys
from pathlib import Path
from tests.navigen.grpo.test_fleet import tell
tell(Path(sys.argv[1]))
"""


def test_answers_have_our_parts_and_probabilities(tmp_path: Path) -> None:
    """Every answer can be learnt from, and vLLM's adapter of the second step is the one of the second step."""
    model = adapted(4, head=32)
    chosen = settings(tokens=12, thought_tokens=8, rank=4)
    speech = Speech(tokenizer(), catalogue(), chosen)
    fleet = Fleet(model, speech, tmp_path, "float32", {"memory": 0.1, "cache": 0.25, "eager": True})
    asked = questions(*KINDS, number=3)
    for step in range(2):
        if step:
            with torch.no_grad():
                for name, weight in model.named_parameters():
                    if "lora_B" in name:
                        weight.normal_(0, 0.05, generator=torch.Generator().manual_seed(1))
        rollouts = fleet.answer(asked, range(len(asked)), 4, 0, "test", step)
        core = model.get_base_model()
        likelihood = Likelihood(
            Trainee(core, core.base_model, core.get_output_embeddings(), {}), catalogue(), speech.end, 1.0
        ).eval()
        for rows in plan(rollouts, 64):
            batch = make_batch(rollouts, rows, torch.device("cpu"))
            with torch.no_grad():
                logps = likelihood(batch)[0].numpy()
            for number in set(batch.owners.tolist()):
                one, own = rollouts[number], batch.owners == number
                free = one.nodes[one.learn] == -1  # vLLM tells probabilities among all tokens
                np.testing.assert_allclose(logps[own][free], one.log_p[one.learn][free], atol=5e-3)
        for question, one in zip([question for question in asked for _ in range(4)], rollouts, strict=True):
            assert (question.prefix in one.text) and one.text.startswith("<think>") == question.think
            assert not question.constrained or one.finished
            assert one.learn.any()


def test_a_training_samples_by_it(tmp_path: Path) -> None:
    """Whole steps and looks by vLLM: what it writes is learnt from, by one adapter after another, and one is left."""
    model = adapted(4, head=32)
    before = {name: weight.clone() for name, weight in model.named_parameters() if "lora_" in name}
    course = train(
        model, ["trie", "prefix"], rollouts="vllm", rank=4, rollouts_set=ENGINE, work=tmp_path, steps=3, micro=16
    )
    assert [row["step"] for row in course.history] == [0.0, 1.0, 2.0, 3.0]
    assert all(np.isfinite(row["loss"]) and row["seconds/sample"] > 0 for row in course.history[1:])
    assert all(0 <= row["reward"] <= 1.1 for row in course.history[1:])
    assert any((weight != before[name]).any() for name, weight in model.named_parameters() if name in before)
    assert len(list((tmp_path / "vllm").rglob("adapter-*"))) == 1


def test_greedy_answers_are_those_sampled_here(tmp_path: Path) -> None:
    model = adapted(4, head=32)
    speech = Speech(tokenizer(), catalogue(), settings(tokens=12, thought_tokens=8, rank=4))
    fleet = Fleet(model, speech, tmp_path, "float32", {"memory": 0.1, "cache": 0.25, "eager": True})
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.normal_(0, 0.05, generator=torch.Generator().manual_seed(1))
    asked = questions(*KINDS, number=3)
    theirs = fleet.answer(asked, range(len(asked)), 1, 0, "test", greedy=True)
    ours = Sampler(model.get_base_model(), speech).answer(asked, range(len(asked)), 1, 0, "test", greedy=True)
    assert [one.ids.tolist() for one in theirs] == [one.ids.tolist() for one in ours]
    assert [one.finished for one in theirs] == [one.finished for one in ours]


def tell(folder: Path) -> tuple[list[dict[str, float]], dict[str, Any]]:
    """Train two steps, as a process of however many, and write what came of it; return history and adapter."""
    model = adapted(4, head=32)
    course = train(
        model, ["trie", "prefix"], rollouts="vllm", rank=4, rollouts_set=ENGINE, work=folder, steps=2, micro=16
    )
    weights = {name: weight.tolist() for name, weight in model.named_parameters() if "lora_" in name}
    process = os.environ.get("RANK", "0")
    (folder / f"told-{process}.json").write_text(json.dumps([course.history, weights]))
    return course.history, weights


@pytest.mark.slow
def test_two_processes_have_an_engine_each(tmp_path: Path) -> None:
    """They ask their own questions and end with one policy, which begins as that of one process does."""
    (tmp_path / "script.py").write_text(TWO)
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"}
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    command = [sys.executable, *launcher, str(tmp_path / "script.py"), str(tmp_path)]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=600)
    assert ended.returncode == 0, ended.stderr
    (history, first), (_, second) = (json.loads((tmp_path / f"told-{rank}.json").read_text()) for rank in (0, 1))
    assert first == second
    assert {place.name for place in (tmp_path / "vllm").iterdir()} == {"base", "process-0", "process-1"}
    (tmp_path / "one").mkdir()
    alone, weights = tell(tmp_path / "one")
    assert history[0]["held"] == pytest.approx(alone[0]["held"], abs=1e-6), "greedy answers, before any step"
    assert [row["step"] for row in history] == [row["step"] for row in alone] == [0.0, 1.0, 2.0]
    assert weights.keys() == first.keys()
