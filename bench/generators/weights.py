"""Where a pipeline's weights lie, what they are in bytes, and what to do when they are not there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench import hub
from bench.errors import BenchError
from bench.generators.settings import Settings
from bench.io import digest, file_sha256, read_json
from bench.shipped import CHECKPOINTS

INDEX = "model_index.json"
SAFE = ".safetensors"
PICKLED = {".bin", ".pt", ".pth", ".ckpt", ".pkl"}
UNUSED = {"safety_checker"}  # is never loaded: it blackens pictures by a judgement of its own
PLACES = {"context", "offload", "pipeline", "revision"}  # settings that decide no pixel


def folder_of(settings: Settings) -> Path | None:
    """Return the folder that holds the pipeline, None if it is to come from the hub; BenchError if neither can be."""
    name = settings.pipeline
    if not name:
        raise BenchError("generator.pipeline is not set; expected a folder with a diffusers pipeline, or a hub name")
    folder = hub.locate(name) if hub.is_reference(name) else Path(name).expanduser()
    if not folder.is_dir() and name.startswith("results/checkpoints/"):
        folder = CHECKPOINTS / Path(name).name  # what is shipped is found from any working folder
    if folder.is_dir():
        if not (folder / INDEX).is_file():
            raise BenchError(f"{folder}: no {INDEX}; expected a folder as save_pretrained of a pipeline writes it")
        return folder
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", name) or name.startswith((".", "~")):
        raise BenchError(f"{name}: no such folder; download or train the pipeline, then {_use('DIR')}")
    usual = type(settings)()
    strange = settings.revision == usual.revision and name != usual.pipeline
    if strange or not re.fullmatch(r"[0-9a-f]{40}", settings.revision):
        raise BenchError(
            f"{name}: no such folder, and as a name on the hub it needs its commit, so that the weights cannot change: "
            f"--set generator.revision=COMMIT (40 digits; https://huggingface.co/{name}/commits/main lists them)"
        )
    return None


def on_hub(settings: Settings) -> str:
    """Return the command that fetches weights which are neither in a folder nor in the hub's cache; "" if they are."""
    if folder_of(settings) is not None:
        return ""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(settings.pipeline, INDEX, revision=settings.revision)
    return "" if isinstance(found, str) else fetch_command(settings)


def fetch_command(settings: Settings) -> str:
    """Return what a user does to have the weights in a folder."""
    place = f"models/{settings.pipeline.rpartition('/')[2]}"
    command = f"hf download {settings.pipeline} --revision {settings.revision} --local-dir {place}"
    return f"{command}, then {_use(place)}"


def _use(place: str) -> str:
    return f"--set generator.pipeline={place}"


def components(folder: Path) -> dict[str, Any]:
    """Return the parts a pipeline's folder names, but for those never loaded: name -> (library, class)."""
    told = read_json(folder / INDEX)
    if not isinstance(told, dict):
        raise BenchError(f"{folder / INDEX}: expected an object")
    parts = {name: part for name, part in told.items() if isinstance(part, list) and not name.startswith("_")}
    return {name: part for name, part in parts.items() if name not in UNUSED and part[0] is not None}


def check_safe(folder: Path) -> None:
    """Refuse parts whose weights are pickled only: to load those is to run what they contain."""
    for name in components(folder):
        kinds = {file.suffix for file in _files(folder / name)}
        if kinds & PICKLED and SAFE not in kinds:
            raise BenchError(f"{folder / name}: weights are pickled; convert them to safetensors (save_pretrained)")


def weights_digest(folder: Path) -> str:
    """Return the sha256 over names and bytes of all files that the pipeline is loaded from."""
    total = sha256()
    for file in [folder / INDEX, *(file for name in components(folder) for file in _files(folder / name))]:
        if file.suffix not in PICKLED and file.suffix != ".md":
            total.update(f"{file.relative_to(folder).as_posix()}\0{file_sha256(file)}\n".encode())
    return total.hexdigest()


def fingerprint(settings: Settings, kind: str, suffix: str) -> str:
    """Return the sha256 over settings, weights, versions and a class from outside diffusers: what decides pixels."""
    folder = folder_of(settings)
    own = settings.pipeline_class.partition(":")[0] if ":" in settings.pipeline_class else ""
    packages = ["diffusers", "torch", "transformers", *(["torchao"] if settings.quantise != "none" else [])]
    fields = {name: getattr(settings, name) for name in settings.__dataclass_fields__ if name not in PLACES}
    return digest(
        {
            "kind": kind,
            "suffix": suffix,
            "settings": {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()},
            "weights": weights_digest(folder) if folder else [settings.pipeline, settings.revision],
            "class": [file_sha256(file) for file in _sources(own)] if own else "",
            "versions": {name: installed(name) for name in packages},
        }
    )


def installed(package: str) -> str:
    """Return the version of an installed package; BenchError if it is missing."""
    try:
        return version(package)
    except PackageNotFoundError:
        wanted = package if package == "torchao" else '"navibench[render]"'
        raise BenchError(f"this generator needs the package {package}: pip install {wanted}") from None


def _files(folder: Path) -> Iterator[Path]:
    yield from (file for file in sorted(folder.rglob("*")) if file.is_file() and not file.name.startswith("."))


def _sources(module: str) -> list[Path]:
    """Return a module's file and those of the modules beside it that it imports, however far: they decide pixels."""
    package, found, waiting = module.rpartition(".")[0], dict[str, Path](), {module}
    while waiting:
        name = waiting.pop()
        found[name] = _source(name)
        tree = ast.parse(found[name].read_text(encoding="utf-8"))
        near = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
        waiting |= {other for other in near if package and other.startswith(f"{package}.")} - found.keys()
    return [found[name] for name in sorted(found)]


def _source(module: str) -> Path:
    try:
        found = find_spec(module)
    except ModuleNotFoundError:
        found = None
    if found is None or not found.origin:
        raise BenchError(f"pipeline_class: there is no module {module}")
    return Path(found.origin)
