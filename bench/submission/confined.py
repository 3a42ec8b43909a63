"""A process of its own for decoders: what breaks them, or never ends, ends there; run as `python -m`."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from bench.submission.decoding import decode_all
from bench.submission.limits import LIMITS, Limits
from bench.submission.reasons import REASONS, RefusalError

REFUSED = 4


def decode_apart(folder: Path, limits: Limits = LIMITS) -> None:
    """Decode everything below a folder in a process with bounded memory and time; raise what it refuses."""
    command = [sys.executable, "-m", "bench.submission.confined", str(folder), json.dumps(asdict(limits))]
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1"}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            env=environment,
            timeout=limits.seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RefusalError("decoding-died", f"no end after {limits.seconds} seconds") from None
    if done.returncode == 0:
        return
    if done.returncode == REFUSED:
        told = json.loads(done.stdout.splitlines()[-1])
        if told["code"] in REASONS:
            raise RefusalError(told["code"], told["detail"])
    last = (done.stderr.strip().splitlines() or [""])[-1]
    raise RefusalError("decoding-died", f"the decoder ended with {done.returncode} {last}")


def main() -> int:
    """Decode the folder named on the command line; print the refusal, if any, as one line of JSON."""
    limits = Limits(**json.loads(sys.argv[2]))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # writes nothing
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        decode_all(Path(sys.argv[1]), limits)
    except RefusalError as refusal:
        sys.stdout.write(json.dumps({"code": refusal.code, "detail": refusal.detail}) + "\n")
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
