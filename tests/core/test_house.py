"""The house rules as tests: who may import whom, what listing loads, how large a module may grow."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

PACKAGES = ("bench", "tasks", "baselines", "navigen")
HEAVY = {
    "torch",
    "transformers",
    "diffusers",
    "pandas",
    "scipy",
    "pyarrow",
    "numpy",
    "accelerate",
    "lpips",
    "open_clip",
    "peft",
    "snowballstemmer",
    "tokenizers",
    "vllm",
    "xgrammar",
}
HELPERS = {
    f"bench.{name}"
    for name in (
        "api",
        "config",
        "errors",
        "hub",
        "io",
        "listing",
        "pixels",
        "processes",
        "rng",
        "shipped",
        "terms",
        "text",
        "words",
    )
}
ALLOWED = {
    "bench": {"bench"},
    "tasks": {"tasks", *HELPERS},
    "baselines": {"baselines", "navigen", "bench.lm", "bench.resume", "bench.topk", *HELPERS},
    "navigen": {"navigen", "bench.backbones", "bench.lm", "bench.resume", "bench.topk", *HELPERS},
}
LATE = HEAVY - {"numpy", "pyarrow"}  # what the harness itself may load inside functions only
LEAVES = {  # imported by name, or inside a function, when a backend is asked for
    "bench/lm/hf.py",
    "bench/lm/vllm.py",
    "bench/resume.py",
    *(f"bench/generators/{name}.py" for name in ("fidelity", "fresh", "learn", "pipeline", "pixel", "waves")),
    *(f"bench/backbones/{name}.py" for name in ("clip", "learn", "lpips", "small")),
}


def modules() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        for path in sorted((REPOSITORY / package).rglob("*.py")):
            yield package, path


def imported(tree: ast.AST, top_only: bool) -> Iterator[str]:
    nodes = tree.body if top_only else ast.walk(tree)  # type: ignore[attr-defined]
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def name_of(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


@pytest.mark.parametrize(
    ("package", "path"), list(modules()), ids=lambda value: name_of(value) if isinstance(value, Path) else ""
)
def test_module_keeps_the_house_rules(package: str, path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for name in imported(tree, top_only=False):
        if name.split(".")[0] in PACKAGES:
            assert any(name == good or name.startswith(f"{good}.") for good in ALLOWED[package]), f"imports {name}"
    if package == "bench" and name_of(path) not in LEAVES:
        assert not {name.split(".")[0] for name in imported(tree, top_only=True)} & LATE
    assert ast.get_docstring(tree), "no docstring"
    assert (ast.get_docstring(tree) or "").split("\n")[0].endswith("."), "the first line is one sentence"
    assert path.read_text(encoding="utf-8").count("\n") <= 250, "a concept is missing: split the module"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= 60, f"{node.name} has {length} lines"


def test_text_backends_are_listed_without_loading_any() -> None:
    code = f"import json, sys, bench.lm; print(json.dumps(sorted(set(sys.modules) & set({sorted(HEAVY)!r}))))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPOSITORY, check=True)
    assert json.loads(shown.stdout) == []


def test_the_vocabulary_imports_the_standard_library_only() -> None:
    for name in imported(ast.parse((REPOSITORY / "bench" / "api.py").read_text()), top_only=False):
        assert name.split(".")[0] in sys.stdlib_module_names


LIGHT = """
import json, sys
sys.argv = ["navibench", *json.loads(sys.argv[1])]
from bench.cli import main
try:
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
print("\\nloaded", json.dumps(sorted(set(sys.modules) & set(%r))))
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["ls"],
        ["ls", "--json"],
        ["run", "--help"],
        ["check", "--help"],
        ["data", "--help"],
        ["report", "--help"],
        ["reproduce", "--help"],
        ["submit", "--help"],
        ["board", "--help"],
        ["board", "build", "--help"],
    ],
    ids=" ".join,
)
def test_listing_and_help_load_nothing_heavy(arguments: list[str]) -> None:
    command = [sys.executable, "-c", LIGHT % sorted(HEAVY), json.dumps(arguments)]
    shown = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, check=True).stdout
    assert json.loads(shown.rpartition("loaded ")[2]) == []


def test_nothing_is_pickled() -> None:
    for _, path in modules():
        names = {name.split(".")[0] for name in imported(ast.parse(path.read_text()), top_only=False)}
        assert not names & {"pickle", "dill", "joblib", "shelve", "marshal"}, name_of(path)
        assert "torch.save" not in path.read_text(), name_of(path)
        assert "allow_pickle" not in path.read_text(), name_of(path)
