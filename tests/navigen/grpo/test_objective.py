"""The loss is that of TRL's trainer, to the last digits, and so are its gradients; advantages likewise."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from bench.errors import BenchError
from navigen.train.grpo.advantage import compare
from navigen.train.grpo.objective import policy_loss, weigh
from tests.navigen.grpo.toy import settings

ROWS, WIDTH = 6, 9


class Metrics(dict[str, Any]):
    """Takes whatever is noted."""

    def __missing__(self, name: str) -> Any:
        return self.setdefault(name, [])


def trl_loss(logps: Tensor, tensors: dict[str, Tensor], loss: str, beta: float) -> Tensor:
    """Ask TRL's own function, on a trainer that is nothing but its settings."""
    from trl.trainer.grpo_trainer import GRPOTrainer

    trainer = SimpleNamespace(
        _get_per_token_logps_and_entropies=lambda *_, **__: (logps, torch.zeros_like(logps), None),
        aux_loss_enabled=False,
        top_entropy_quantile=1.0,
        off_policy_mask_threshold=None,
        importance_sampling_level="token",
        beta=beta,
        args=SimpleNamespace(use_bias_correction_kl=False, delta=None, steps_per_generation=1),
        loss_type=loss,
        epsilon_low=0.2,
        epsilon_high=0.3,
        use_vllm=False,
        vllm_importance_sampling_correction=False,
        model=SimpleNamespace(training=True),
        current_gradient_accumulation_steps=1,
        accelerator=SimpleNamespace(
            num_processes=1, gather=lambda value: value, reduce=lambda value, reduction: value, sync_gradients=True
        ),
        _entropy_bonus_enabled=False,
        _metrics={"train": Metrics(), "eval": Metrics()},
        max_completion_length=WIDTH,
    )
    mask = tensors["mask"].long()
    inputs = {
        "prompt_ids": torch.zeros(ROWS, 2, dtype=torch.long),
        "prompt_mask": torch.ones(ROWS, 2, dtype=torch.long),
        "completion_ids": torch.zeros(ROWS, WIDTH, dtype=torch.long),
        "completion_mask": mask,
        "advantages": tensors["advantages"],
        "old_per_token_logps": tensors["old"],
        "ref_per_token_logps": tensors["reference"],
        "num_items_in_batch": mask.sum(),
    }
    found: Tensor = GRPOTrainer._compute_loss(trainer, None, inputs)
    return found


def draw(seed: int) -> dict[str, Tensor]:
    made = torch.Generator().manual_seed(seed)
    logps = -3 * torch.rand(ROWS, WIDTH, generator=made, dtype=torch.float64)
    mask = torch.rand(ROWS, WIDTH, generator=made) < 0.7
    mask[0] = False  # an answer from which nothing is learnt
    return {
        "logps": logps,
        "old": logps + 0.4 * torch.randn(ROWS, WIDTH, generator=made, dtype=torch.float64),
        "reference": logps + 0.5 * torch.randn(ROWS, WIDTH, generator=made, dtype=torch.float64),
        "advantages": torch.randn(ROWS, generator=made, dtype=torch.float64),
        "mask": mask,
    }


@pytest.mark.parametrize("loss", ["dapo", "grpo"])
@pytest.mark.parametrize("beta", [0.0, 0.3])
@pytest.mark.parametrize("seed", range(5))
def test_loss_and_gradient_are_those_of_trl(loss: str, beta: float, seed: int) -> None:
    pytest.importorskip("trl")
    tensors = draw(seed)
    theirs = tensors["logps"].clone().requires_grad_()
    expected = trl_loss(theirs, tensors, loss, beta)
    expected.backward()
    ours = tensors["logps"].clone().requires_grad_()
    counts = tensors["mask"].sum(1)
    weights = tensors["mask"] * weigh(counts, loss, float(counts.sum()), ROWS).double()[:, None]
    chosen = settings(loss=loss, beta=beta, clip_low=0.2, clip_high=0.3)
    advantages = tensors["advantages"][:, None].expand(-1, WIDTH)
    found = policy_loss(ours, tensors["old"], tensors["reference"] if beta else None, advantages, weights, chosen)
    found.value.backward()
    assert found.value.item() == pytest.approx(expected.item(), abs=1e-6)
    assert theirs.grad is not None
    torch.testing.assert_close(ours.grad, theirs.grad, atol=1e-6, rtol=0)
    assert float(found.clipped) > 0  # so the clip was put to the test
    assert (found.kl is None) == (not beta)


def test_a_divergence_that_is_only_watched_changes_nothing() -> None:
    tensors = draw(0)
    ones = torch.ones(ROWS, WIDTH, dtype=torch.float64)
    found = [
        policy_loss(tensors["logps"], tensors["old"], reference, ones, ones, settings(beta=0.0))
        for reference in (None, tensors["reference"])
    ]
    assert float(found[0].value) == float(found[1].value)
    assert found[1].kl is not None and float(found[1].kl) > 0


@given(st.lists(st.lists(st.one_of(st.none(), st.floats(-5, 5)), min_size=4, max_size=4), min_size=1, max_size=5))
def test_advantages_are_those_of_what_was_judged(groups: list[list[float | None]]) -> None:
    found = compare([reward for group in groups for reward in group], 4)
    dead = 0
    for group, values in zip(groups, found.values, strict=True):
        judged = np.array([reward for reward in group if reward is not None])
        known = np.array([reward is not None for reward in group])
        assert (values[~known] == 0).all()
        deviation = judged.std(ddof=1) if len(judged) > 1 else 0.0
        dead += deviation <= 1e-8
        if len(judged):
            np.testing.assert_allclose(values[known], (judged - judged.mean()) / (deviation + 1e-4), atol=1e-6)
    assert found.dead == dead
    assert found.unjudged == sum(reward is None for group in groups for reward in group)


def test_advantages_without_scale_and_what_is_refused() -> None:
    np.testing.assert_allclose(compare([0.0, 1.0, 2.0, 3.0], 4, "none").values, [[-1.5, -0.5, 0.5, 1.5]])
    with pytest.raises(BenchError, match="multiple of the group"):
        compare([1.0, 2.0, 3.0], 2)
    for bad in (float("nan"), float("inf")):
        with pytest.raises(BenchError, match="not finite"):
            compare([1.0, bad], 2)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"loss": "bnpo"}, "loss=bnpo"),
        ({"scale": "batch"}, "scale=batch"),
        ({"rollouts": "vlm"}, "did you mean rollouts=vllm"),
        ({"group": 1}, "relative to the group"),
        ({"top_p": 0.0}, "top_p"),
        ({"temperature": 0.0}, "more than 0"),
        ({"beta": -1.0}, "0 or more"),
        ({"warmup": 1.0}, "below 1"),
        ({"mixture": {"cid2tid": 1.0}}, "task in the mixture"),
        ({"mixture": {"cid2cid": -1.0}}, "expected 0 or more"),
        ({"rollouts": "vllm"}, "set rank above 0"),
    ],
)
def test_settings_that_mean_nothing_are_refused(values: dict[str, Any], words: str) -> None:
    with pytest.raises(BenchError, match=words):
        settings(**values)
