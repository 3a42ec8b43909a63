"""A language model prepared for a stage: what of it is trained, its decoder and its head, and how it was before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import signature
from typing import Any

import torch
from torch import nn

from bench.errors import BenchError
from bench.lm.quiet import without_advice
from bench.rng import entropy
from navigen.train.rows import RowEmbedding, RowHead, check_rows
from navigen.train.stage import Stage


@dataclass(frozen=True, slots=True, eq=False)
class Trainee:
    """`decoder` makes hidden states, `head` logits of them; `weights` are what is trained, by name, each once."""

    core: Any
    decoder: nn.Module
    head: nn.Module
    weights: dict[str, nn.Parameter]


def adapt(model: nn.Module, stage: Stage, seed: int) -> nn.Module:
    """Return the model as `train_stage` wants it: with an adapter for "lora", else with its adapter merged.

    An adapter that is there is kept. Its weights are drawn by the stage's name and the seed.
    """
    from peft import LoraConfig, PeftModel, get_peft_model

    if isinstance(model, PeftModel):
        return model if stage.trainable == "lora" else model.merge_and_unload()
    if stage.trainable != "lora":
        return model
    config = LoraConfig(
        task_type="CAUSAL_LM",
        r=stage.rank,
        lora_alpha=stage.alpha,
        lora_dropout=stage.dropout,
        target_modules=list(stage.targets),
    )
    with torch.random.fork_rng(), without_advice():
        torch.manual_seed(entropy(seed, stage.name, "adapter") % 2**63)
        try:
            return get_peft_model(model, config).train(model.training)
        except ValueError as error:
            raise BenchError(f"stage {stage.name}: targets={','.join(stage.targets)}: {error}") from None


@contextmanager
def prepared(model: nn.Module, stage: Stage, new_rows: Sequence[int]) -> Iterator[Trainee]:
    """Yield what the stage trains; put the model back together afterwards, whatever happened.

    Frozen weights, the mode (training or not) and checkpointing of activations are as they were before.
    """
    core = find_core(model, stage)
    before = {name: weight.requires_grad for name, weight in core.named_parameters()}
    training = core.training
    checkpointing = any(getattr(module, "gradient_checkpointing", False) for module in core.modules())
    try:
        if stage.checkpointing and not checkpointing:
            core.activation_checkpointing_enable({"use_reentrant": False})
        if stage.trainable == "rows":
            with spliced(core, stage, new_rows) as trainee:
                yield trainee
        else:
            if stage.trainable == "all":
                core.requires_grad_(True)
            yield make_trainee(core, core.get_output_embeddings())
    finally:
        if stage.checkpointing and not checkpointing:
            core.activation_checkpointing_disable()
            core.disable_input_require_grads()
        for name, weight in core.named_parameters():
            weight.requires_grad_(before.get(name, True))
        model.train(training)


def find_core(model: nn.Module, stage: Stage) -> Any:
    """Return the language model under an adapter, or the model itself.

    Raises BenchError for a model that has no place for what the stage trains, or cannot keep documents apart.
    """
    from peft import PeftModel
    from transformers import PreTrainedModel

    adapted = isinstance(model, PeftModel)
    if adapted != (stage.trainable == "lora"):
        raise BenchError(
            f"stage {stage.name}: trainable={stage.trainable}: the model has {'an' if adapted else 'no'} adapter; "
            "give the model that navigen.train.trainee.adapt returns"
        )
    core: Any = model.get_base_model() if isinstance(model, PeftModel) else model
    known = isinstance(core, PreTrainedModel)
    if not known or core.get_output_embeddings() is None or core.base_model is core:
        raise BenchError(f"stage {stage.name}: {type(core).__name__}: expected a Hugging Face causal language model")
    if "position_ids" not in signature(core.base_model.forward).parameters:
        raise BenchError(f"stage {stage.name}: {type(core).__name__} takes no position_ids, which keep documents apart")
    return core


def make_trainee(core: Any, head: nn.Module) -> Trainee:
    """Return the trainee whose weights are the ones that take a gradient.

    Raises BenchError if one is not float32: lower precisions lose small steps.
    """
    weights = {name: weight for name, weight in core.named_parameters() if weight.requires_grad}
    weights |= {
        f"head.{name}": weight
        for name, weight in head.named_parameters()
        if weight.requires_grad and not any(weight is known for known in weights.values())
    }
    for name, weight in weights.items():
        if weight.dtype != torch.float32:
            raise BenchError(
                f"{name} is {weight.dtype}; load what is trained as float32 (dtype=bfloat16 computes in it)"
            )
    return Trainee(core, core.base_model, head, weights)


@contextmanager
def spliced(core: Any, stage: Stage, new_rows: Sequence[int]) -> Iterator[Trainee]:
    """Yield the trainee of new rows only; write the rows into the tables at the end, and nothing else."""
    table, linear = core.get_input_embeddings(), core.get_output_embeddings()
    ids = check_rows(table, linear, new_rows)
    core.requires_grad_(False)
    tied = linear.weight is table.weight
    if stage.head == "full" and tied:
        untie(core, linear)
    embedding = RowEmbedding(table, ids)
    head: nn.Module = linear
    if stage.head == "full":
        linear.requires_grad_(True)
    else:
        head = RowHead(linear, ids, embedding.rows if tied else None)
    core.set_input_embeddings(embedding)
    try:
        yield make_trainee(core, head)
    finally:
        core.set_input_embeddings(table)
        with torch.no_grad():
            parts = [(table.weight, embedding.rows)]
            if isinstance(head, RowHead):
                parts.append((linear.weight, head.rows))
            for weight, rows in parts:
                weight[ids.to(weight.device)] = rows.to(weight.dtype)


def untie(core: Any, linear: nn.Linear) -> None:
    """Give the head its own copy of the weights it shared with the embedding, and let the configuration say so."""
    linear.weight = nn.Parameter(linear.weight.detach().clone())
    core.config.get_text_config().tie_word_embeddings = False
    core.config.tie_word_embeddings = False
    core.all_tied_weights_keys = core.get_expanded_tied_weights_keys(all_submodels=False)
