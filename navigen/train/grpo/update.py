"""An update from judged answers: loss over micro-batches, divergence from the start, a step of the optimiser."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from numpy.typing import NDArray
from torch import Tensor, nn

from bench.errors import BenchError
from bench.lm.quiet import without_advice
from bench.rng import entropy
from navigen.train.grpo.answer import Rollout, Speech
from navigen.train.grpo.batch import Batch, make_batch, plan
from navigen.train.grpo.judging import Tally
from navigen.train.grpo.likelihood import Likelihood
from navigen.train.grpo.objective import policy_loss, weigh
from navigen.train.grpo.settings import Reinforce
from navigen.train.loop import make_optimiser
from navigen.train.trainee import Trainee

Reference = Callable[[Batch], Tensor]


class Learner:
    """Holds what is trained, what it was at the start, and the optimiser.

    The start is the model without its adapter, or a frozen copy; it is kept only where the settings ask for a
    divergence.
    """

    def __init__(
        self,
        model: nn.Module,
        trainee: Trainee,
        speech: Speech,
        accelerator: Accelerator,
        settings: Reinforce,
        seed: int,
    ) -> None:
        self.model, self.trainee, self.speech, self.settings, self.seed = model, trainee, speech, settings, seed
        self.accelerator = accelerator
        self.rank, self.world = accelerator.process_index, accelerator.num_processes
        self.plain = self._likelihood(trainee)
        self.start = self.plain
        if self.wants_start and not settings.rank:
            core = deepcopy(trainee.core).requires_grad_(False).eval()
            self.start = self._likelihood(Trainee(core, core.base_model, core.get_output_embeddings(), {}))
        with without_advice():
            self.likelihood: nn.Module = accelerator.prepare_model(self.plain)
        self.optimiser = make_optimiser(trainee, settings.stage)

    def _likelihood(self, trainee: Trainee) -> Likelihood:
        settings = self.settings
        return Likelihood(trainee, self.speech.answers, self.speech.end, settings.temperature, settings.checkpointing)

    @property
    def wants_start(self) -> bool:
        """Whether a divergence from the start is asked for."""
        return bool(self.settings.beta or self.settings.max_kl)

    def learn(
        self, step: int, rate: float, rollouts: Sequence[Rollout], advantages: NDArray[np.float64], tally: Tally
    ) -> dict[str, float]:
        """Learn from the answers of this process [answers]; return loss and norm of the gradient over all processes.

        `tally` is told of divergence, entropy and clipped tokens. Raises BenchError where the loss is no number.
        """
        settings, place = self.settings, self.accelerator.device
        kept = [number for number, one in enumerate(rollouts) if one.finished or not settings.mask_truncated]
        rollouts = [rollouts[number] for number in kept]
        gain = torch.from_numpy(advantages[kept].astype(np.float32)).to(place)
        counts = torch.tensor([int(one.learn.sum()) for one in rollouts], dtype=torch.float64, device=place)
        tokens = float(self.accelerator.reduce(counts.sum(), "sum"))
        weights = weigh(counts, settings.loss, tokens, settings.prompts * settings.group)
        planned = plan(rollouts, settings.micro)
        most = int(self.accelerator.gather(torch.tensor([len(planned)], device=place)).max())
        planned += [[]] * (most - len(planned))
        batches = [make_batch(rollouts, rows, place) for rows in planned]
        start = [self._before(batch, "start") for batch in batches] if self.wants_start else [None] * most
        old = [self._before(batch, "old") for batch in batches] if settings.iterations > 1 else [None] * most
        row: dict[str, float] = {}
        for iteration in range(settings.iterations):
            total = torch.zeros((), dtype=torch.float64, device=place)
            self.likelihood.train()
            for micro, batch in enumerate(batches):
                torch.manual_seed(entropy(self.seed, "grpo", "dropout", step, iteration, micro, self.rank) % 2**63)
                apart = self.world > 1 and micro < most - 1
                with self.accelerator.no_sync(self.likelihood) if apart else nullcontext():
                    logps, spread = self.likelihood(batch)
                    owners = torch.from_numpy(batch.owners).to(place)
                    before = old[micro]
                    loss = policy_loss(
                        logps,
                        logps.detach() if before is None else before,
                        start[micro],
                        gain[owners],
                        weights[owners],
                        settings,
                    )
                    # Processes average their gradients, hence the factor.
                    self.accelerator.backward(loss.value * self.world)
                total += loss.value.detach().double()
                tally.add("clipped", float(loss.clipped), len(logps))
                if not iteration:
                    tally.add("entropy", float(spread.double().sum()), len(logps))
                    if loss.kl is not None:
                        tally.add("kl", float(loss.kl), len(logps))
            row = self._update(step, rate, total)
        return row

    def _update(self, step: int, rate: float, loss: Tensor) -> dict[str, float]:
        """Take a step of the optimiser."""
        total = float(self.accelerator.reduce(loss, "sum"))
        norm = float(nn.utils.clip_grad_norm_(self.trainee.weights.values(), self.settings.clip_norm or math.inf))
        if not math.isfinite(total) or not math.isfinite(norm):
            raise BenchError(f"grpo: the loss is {total}, its gradient's norm {norm} at step {step}; lower rate")
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.step()
        self.optimiser.zero_grad()
        return {"loss": total, "gradient": norm}

    @torch.no_grad()
    def _before(self, batch: Batch, which: str) -> Tensor:
        """Return log p [learnt] at the start of the training ("start") or before the update ("old")."""
        likelihood = self.start if which == "start" else self.plain
        with evaluating(likelihood), self.accelerator.autocast(), self._without_adapter(which):
            logps: Tensor = likelihood(batch)[0]
        return logps

    def _without_adapter(self, which: str) -> Any:
        model: Any = self.model
        return model.disable_adapter() if which == "start" and self.settings.rank else nullcontext()

    def names(self) -> list[str]:
        """Return the names of the trained weights in the order of the optimiser."""
        known = {id(weight): name for name, weight in self.trainee.weights.items()}
        return [known[id(weight)] for group in self.optimiser.param_groups for weight in group["params"]]


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Put a module in the mode for evaluation for a while."""
    training = module.training
    module.eval()
    try:
        yield
    finally:
        module.train(training)
