"""From instructions to files: rendered once, kept by content, shared by all runs of an output folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from bench.api import Answer, Example, Failure, Generator, Instruction, Media, Progress
from bench.errors import BenchError
from bench.io import canonical, digest
from bench.pixels import FRAME_MS, save_pixels
from bench.plan import Job
from bench.rendering import fingerprint, make_generator
from bench.rng import entropy, hash_order
from bench.store import Run, folder_of_runs
from bench.tables import read_media, write_media

BLOCK = 256  # prompts given to a generator at a time: a kill costs at most this much work


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture or clip to be made: the words, and the seed that all systems share for a query."""

    prompt: str
    seed: int

    @property
    def name(self) -> str:
        """The sha256 that a file is kept under, among those of its generator."""
        return sha256(canonical([self.prompt, self.seed]).encode()).hexdigest()


def seed_of(query: str) -> int:
    """Return the seed of a query: whatever the system, its instructions meet the same random numbers."""
    return entropy(0, "render", query) % 2**31


def maker(fingerprint: str, device: str) -> str:
    """Return the folder of what one generator made: it gives other pixels on another device, so each keeps its own."""
    return digest([fingerprint, device])[:16]


def chosen(examples: Sequence[Example], cases: int | None) -> set[str]:
    """Return the queries whose instructions are rendered: the first by hash, whatever their order."""
    ids = [example.query.id for example in examples]
    return set(ids) if cases is None else {ids[place] for place in hash_order(ids, "render")[:cases]}


def render(job: Job, run: Run, examples: Sequence[Example], answers: Mapping[str, Answer], progress: Progress) -> None:
    """Write `media.parquet`: for every chosen case the file of its answer, or why there is none.

    Files that are there are not made again. What failed is told and not kept, so a later run tries again.
    """
    if not job.rendering.generator:
        return
    out = folder_of_runs(run, job.task.id)
    place = out / "media" / maker(fingerprint(job.rendering), job.rendering.device)
    generator = make_generator(job.rendering, progress)
    found: dict[str, Path | Failure] = {}
    shots: dict[str, Shot] = {}
    for query in sorted(chosen(examples, job.rendering.cases)):
        answer = answers[query]
        if isinstance(answer, Instruction):
            shots[query] = Shot(answer.text, seed_of(query))
        elif isinstance(answer, Media):
            found[query] = answer.path
        else:
            found[query] = answer if isinstance(answer, Failure) else Failure("no instruction")
    failed = make(generator, list(dict.fromkeys(shots.values())), place, progress)
    for query, shot in shots.items():
        found[query] = failed.get(shot) or file_of(shot, place, generator)
    write_media(run.media, {query: found[query] for query in sorted(found)}, out)


def make(generator: Generator, shots: Sequence[Shot], place: Path, progress: Progress) -> dict[Shot, Failure]:
    """Make the files that are not there, and return those that could not be made."""
    todo = [shot for shot in shots if not file_of(shot, place, generator).exists()]
    failed: dict[Shot, Failure] = {}
    progress("render", len(shots) - len(todo), len(shots))
    for start in range(0, len(todo), BLOCK):
        block = todo[start : start + BLOCK]
        made = generator.render([shot.prompt for shot in block], [shot.seed for shot in block])
        if len(made) != len(block):
            raise BenchError(f"the generator made {len(made)} of {len(block)} prompts; expected one each")
        for shot, pixels in zip(block, made, strict=True):
            if isinstance(pixels, Failure):
                failed[shot] = pixels
            elif (wrong := fault(pixels)) is not None:
                failed[shot] = Failure(wrong)
            else:
                save_pixels(file_of(shot, place, generator), pixels, getattr(generator, "frame_ms", FRAME_MS))
        progress("render", len(shots) - len(todo) + start + len(block), len(shots))
    return failed


def file_of(shot: Shot, place: Path, generator: Generator) -> Path:
    """Return where a shot is kept."""
    return place / shot.name[:2] / f"{shot.name}{generator.suffix}"


def fault(pixels: Any) -> str | None:
    """Return what keeps an array from being a picture or a clip."""
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8:
        return f"expected an array of bytes, got {getattr(pixels, 'dtype', type(pixels).__name__)}"
    if pixels.ndim != 4 or pixels.shape[3] != 3 or not pixels.size:
        return f"expected [frames, height, width, 3], got {list(pixels.shape)}"
    return None


def rendered(run: Run, task: str) -> dict[str, Path | Failure]:
    """Return what the run's media table holds; a file that has gone since is an error that says what to do."""
    if not run.media.exists():
        return {}
    found = read_media(run.media, folder_of_runs(run, task))
    gone = [path for path in found.values() if isinstance(path, Path) and not path.exists()]
    if gone:
        raise BenchError(f"{gone[0]}: {len(gone)} rendered files are gone; delete {run.folder} and run the task again")
    return found
