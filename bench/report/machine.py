"""What a machine has for a suite: GPUs, disk, servers within reach, a launcher; read without torch."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Any

from bench.errors import BenchError
from bench.hub import PREFIX, is_reference, locate
from bench.io import cache_root
from bench.needs import Memory, Model, Need, Server
from bench.plan import Job
from bench.rendering import make_generator
from bench.report.health import Finding

WAIT = 1.0  # seconds that a server has to answer
LONGEST = 1 << 20  # bytes of a server's answer that are read
GIB = 2**30
DISK = {  # GiB of files that are fetched, and of GPU memory that rendering takes, as far as known
    "Qwen/Qwen3-1.7B": (3.8, 0.0),
    "Qwen/Qwen3-Embedding-0.6B": (1.2, 0.0),
    "Tongyi-MAI/Z-Image-Turbo": (33.0, 24.0),
    "Wan-AI/Wan2.1-T2V-1.3B-Diffusers": (29.0, 28.0),
}
POLICY = 40.0  # GiB of checkpoints that one training leaves: weights, best weights and Adam's moments of each stage


def check_key(need: Server) -> Iterator[Finding]:
    """Yield whether the variable that holds a server's key is set, if there is one; what it holds is never shown."""
    if need.key:
        there = bool(os.environ.get(need.key, "").strip())
        told = "set" if there else f"export {need.key}=...  (or name another variable; empty: no key is sent)"
        yield Finding("servers", f"{need.role}: {need.key}", there, told)


def check_server(need: Server) -> Iterator[Finding]:
    """Yield whether a server's key is set, and whether it lists the model; one call of GET /models."""
    yield from check_key(need)
    key = os.environ.get(need.key, "").strip() if need.key else ""
    where = f"{need.url.rstrip('/')}/models"
    request = urllib.request.Request(where, headers={"Authorization": f"Bearer {key}"} if key else {})
    try:
        with urllib.request.urlopen(request, timeout=WAIT) as answer:
            listed = json.loads(answer.read(LONGEST))
    except urllib.error.HTTPError as error:
        told = f"{where} answers {error.code}" + ("; see to the key" if error.code in (401, 403) else "")
        yield Finding("servers", need.role, error.code in (404, 405), told)  # some servers list no models
        return
    except (OSError, HTTPException, ValueError) as error:
        reason = " ".join(str(error).split())[:100]
        told = f"{where} does not answer ({reason}): start it, for example vllm serve {need.model}"
        yield Finding("servers", need.role, False, told)
        return
    rows = listed.get("data") if isinstance(listed, dict) else None
    names = [str(row.get("id")) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    if names and need.model not in names:
        told = f"{where} has no {need.model}; it lists {', '.join(names[:5])}"
        yield Finding("servers", need.role, False, told)
    else:
        yield Finding("servers", need.role, True, f"{need.model} at {need.url}")


def gpus() -> list[tuple[str, float]]:
    """Return name and memory in GiB of every GPU that the driver's tool lists; none without it."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    command = [tool, "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    rows = [line.rpartition(",") for line in told.splitlines() if "," in line]
    return [(name.strip(), float(size) / 1024) for name, _, size in rows if size.strip().isdecimal()]


def check_gpus(needs: Sequence[Memory]) -> Iterator[Finding]:
    """Yield whether there is a GPU, and whether each has the memory that training is estimated to take."""
    found = gpus()
    if not needs:
        return
    most = max(needs, key=lambda need: need.gib)
    if not found:
        told = f"nvidia-smi lists none; {most.why} takes about {most.gib:.0f} GiB of one"
        yield Finding("machine", "gpus", False, told)
        return
    least = min(size for _, size in found)
    names = ", ".join(f"{name} ({size:.0f} GiB)" for name, size in found)
    enough = least >= most.gib
    told = names if enough else f"{names}; {most.why} takes about {most.gib:.0f} GiB: use larger ones, or lora=16"
    yield Finding("machine", "gpus", enough, told)


def check_disk(jobs: Sequence[Job], needs: Sequence[Need]) -> Finding:
    """Return whether the disk has room for what is still to be fetched and for the checkpoints of the trainings."""
    absent = sum(_to_fetch(need.name) for need in needs if isinstance(need, Model))
    drawn = {job.rendering.generator: job.rendering for job in jobs if job.rendering.generator}
    made: list[Any] = [make_generator(rendering) for rendering in drawn.values()]
    absent += sum(DISK.get(one.pipeline, (5.0, 0.0))[0] for one in made if getattr(one, "absent", ""))
    trained = {(job.task.id.rpartition("/")[0], job.system, job.seed) for job in jobs} if _trains(needs) else set()
    wanted = absent + POLICY * len({one for one in trained if one[1] in _training(jobs)})
    place = next(path for path in (cache_root(), *cache_root().parents) if path.exists())
    free = min(shutil.disk_usage(one).free for one in (place, Path.cwd())) / GIB
    told = f"{free:.0f} GiB free, about {wanted:.0f} GiB wanted for weights and checkpoints"
    return Finding("machine", "disk", free >= wanted, told)


def _to_fetch(name: str) -> float:
    """Return how many GiB of a model are still to be fetched."""
    if not is_reference(name):
        return 0.0
    try:
        locate(name)
    except BenchError:
        return DISK.get(name.removeprefix(PREFIX).partition("@")[0], (5.0, 0.0))[0]
    return 0.0


def _trains(needs: Sequence[Need]) -> bool:
    return any(isinstance(need, Memory) for need in needs)


def _training(jobs: Sequence[Job]) -> set[str]:
    return {job.system for job in jobs if "base" in job.config}


def check_launcher(trains: bool) -> Finding:
    """Return how several GPUs are used; a configuration of accelerate is not needed where flags say all."""
    home = Path(os.environ.get("HF_HOME", str(Path.home() / ".cache" / "huggingface")))
    path = home / "accelerate" / "default_config.yaml"
    told = (
        f"accelerate's configuration: {path}" if path.is_file() else "accelerate has no configuration (none is needed)"
    )
    many = "; several GPUs: accelerate launch --multi_gpu --num_processes N -m bench train ..." if trains else ""
    return Finding("machine", "launcher", True, told + many)
