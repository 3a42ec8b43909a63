"""The accelerator for a device and a dtype, the same for whatever is trained in a process."""

from __future__ import annotations

import torch
from accelerate import Accelerator, PartialState
from accelerate.utils import DistributedDataParallelKwargs

from bench.errors import BenchError

PRECISIONS = {"float32": "no", "bfloat16": "bf16"}


def make_accelerator(device: str, dtype: str, label: str) -> Accelerator:
    """Return the accelerator for a device ("cpu", "cuda") and dtype; `label` names who asks, in errors.

    Raises BenchError for a device or dtype that training does not know, and where accelerate, which allows one
    precision and kind of device a process, was set up otherwise before.
    """
    if dtype not in PRECISIONS:
        raise BenchError(f"{label}: dtype {dtype!r} is not supported; choose from: {', '.join(PRECISIONS)}")
    if device not in ("cpu", "cuda"):
        raise BenchError(f"{label}: device {device!r}: expected cpu or cuda; CUDA_VISIBLE_DEVICES picks the card")
    cpu = device == "cpu"
    if not cpu and not torch.cuda.is_available():
        raise BenchError(f"{label}: device {device!r} asked for, but torch sees no CUDA device; use cpu")
    try:
        # Buffers are constants here; to send them round would also make every process wait in every forward pass.
        alike = DistributedDataParallelKwargs(broadcast_buffers=False)
        return Accelerator(cpu=cpu, mixed_precision=PRECISIONS[dtype], kwargs_handlers=[alike])
    except ValueError as error:
        raise BenchError(f"{label}: {error}; start another process for another device or dtype") from None


def wait_for_all() -> None:
    """Wait until all processes that train together have come as far; one by itself goes on."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        PartialState().wait_for_everyone()
