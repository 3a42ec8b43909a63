"""A process of its own for decoders: what breaks them, or never ends, ends there; run as `python -m`."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from bench.submission.decoding import Unfit, decode_all
from bench.submission.limits import LIMITS, Limits
from bench.submission.reasons import RefusalError


def decode_apart(folder: Path, limits: Limits = LIMITS) -> list[Unfit]:
    """Decode everything below a folder in a process with bounded memory and time; return what is unfit.

    Where the process did not come to its end, neither have all files been decoded: the last of the list says so.
    """
    command = [sys.executable, "-m", "bench.submission.confined", str(folder), json.dumps(asdict(limits))]
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1"}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
    try:
        done = subprocess.run(command, capture_output=True, env=environment, timeout=limits.seconds, check=False)
    except subprocess.TimeoutExpired as late:
        return [*_told(late.stdout), Unfit("", RefusalError("decoding-died", f"no end after {limits.seconds} seconds"))]
    if done.returncode == 0:
        return _told(done.stdout)
    last = (done.stderr.decode(errors="replace").strip().splitlines() or [""])[-1]
    died = RefusalError("decoding-died", f"the decoder ended with {done.returncode} {last}")
    return [*_told(done.stdout), Unfit("", died)]


def _told(written: bytes | None) -> list[Unfit]:
    """Return what the process said before it ended; a line that is none is the last of a process gone."""
    found: list[Unfit] = []
    for line in (written or b"").decode(errors="replace").splitlines():
        try:
            file, code, detail = json.loads(line)
            reason = RefusalError(code, detail)
        except (ValueError, KeyError, TypeError, RecursionError):
            return [*found, Unfit("", RefusalError("decoding-died", "the decoder ended within a line"))]
        found.append(Unfit(str(file), reason))
    return found


def main() -> int:
    """Decode the folder named on the command line; print each file that is unfit as a line of JSON."""
    limits = Limits(**json.loads(sys.argv[2]))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # writes nothing
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for one in decode_all(Path(sys.argv[1]), limits):
        sys.stdout.write(json.dumps([one.file, one.reason.code, one.reason.detail]) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
