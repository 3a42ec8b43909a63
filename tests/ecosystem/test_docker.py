"""The images are made of what is here: pinned bases and packages, a user without rights, commands of the README."""

from __future__ import annotations

import re
import shlex
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

IMAGES = sorted((REPOSITORY / "docker").glob("Dockerfile.*"))
SYSTEM = ("apt-get ", "install -d ", "python3 -m venv ", "rm -rf /var/lib/apt/lists/*", "useradd ", "userdel ")
KNOWN = {"FROM", "RUN", "USER", "WORKDIR", "ENV", "COPY", "VOLUME", "ENTRYPOINT", "CMD"}


def instructions(image: Path) -> list[tuple[str, str]]:
    """Return (instruction, what follows), comments left out and continued lines joined."""
    lines = [line for line in image.read_text().splitlines() if not line.startswith("#")]
    text = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(line.partition(" ")[0], line.partition(" ")[2].strip()) for line in text.splitlines() if line.strip()]


def values(image: Path, wanted: str) -> list[str]:
    return [rest for name, rest in instructions(image) if name == wanted]


def environment(image: Path) -> dict[str, str]:
    pairs = [word.partition("=") for rest in values(image, "ENV") for word in shlex.split(rest)]
    return {name: value for name, _, value in pairs}


def sources(image: Path) -> list[str]:
    return [word for rest in values(image, "COPY") for word in shlex.split(rest)[:-1] if not word.startswith("--")]


def kept(path: str) -> bool:
    """Return whether .dockerignore lets a path through; the last line that matches decides, as docker does it."""
    ignored = False
    for line in (REPOSITORY / ".dockerignore").read_text().splitlines():
        rule = line.strip()
        if rule and not rule.startswith("#"):
            pattern = rule.removeprefix("!").removeprefix("**/")
            if fnmatch(path, pattern) or path.startswith(f"{pattern}/"):
                ignored = not rule.startswith("!")
    return not ignored


def test_there_is_one_for_each_kind_of_machine() -> None:
    assert [image.suffix for image in IMAGES] == [".cpu", ".cuda"]


@pytest.mark.parametrize("image", IMAGES, ids=lambda image: image.suffix)
class TestImage:
    def test_every_instruction_is_known(self, image: Path) -> None:
        assert {name for name, _ in instructions(image)} <= KNOWN

    def test_the_base_is_pinned_to_a_whole_version(self, image: Path) -> None:
        (base,) = values(image, "FROM")
        assert re.fullmatch(r"[a-z/]+:\d+\.\d+\.\d+-[a-z0-9.-]+", base), base

    def test_packages_are_those_that_were_tested_together(self, image: Path) -> None:
        place = environment(image)["PIP_CONSTRAINT"]
        home = next(rest for name, rest in instructions(image) if name == "WORKDIR")
        assert place == f"{home}/.ci/constraints.txt"
        assert ".ci/constraints.txt" in sources(image)

    def test_nothing_runs_as_root(self, image: Path) -> None:
        names = [name for name, _ in instructions(image)]
        assert values(image, "USER") == ["bench"]
        assert any("useradd" in rest and "bench" in rest for rest in values(image, "RUN"))
        assert names.index("USER") < names.index("COPY") < names.index("ENTRYPOINT")
        assert all("--chown=bench:bench" in rest for rest in values(image, "COPY"))
        after = [rest for name, rest in instructions(image)[names.index("USER") :] if name == "RUN"]
        assert not any(word in rest for rest in after for word in ("apt-get", "useradd", "sudo"))

    def test_what_is_copied_is_there_and_reaches_the_builder(self, image: Path) -> None:
        assert sources(image)
        for source in sources(image):
            assert (REPOSITORY / source).exists(), source
            assert kept(source), f".dockerignore leaves {source} out"

    def test_every_package_of_the_project_is_copied(self, image: Path) -> None:
        told = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
        wanted = {name.rstrip("*") for name in told["tool"]["setuptools"]["packages"]["find"]["include"]}
        assert wanted | {"pyproject.toml", told["project"]["readme"], *told["project"]["license-files"]} <= set(
            sources(image)
        )

    def test_what_it_runs_is_in_the_readme(self, image: Path) -> None:
        readme = (REPOSITORY / "README.md").read_text()
        commands = [part.strip() for rest in values(image, "RUN") for part in rest.split("&&")]
        own = [command for command in commands if not command.startswith(SYSTEM)]
        assert own
        for command in own:
            assert re.search(rf"^{re.escape(command)}( |$)", readme, re.MULTILINE), command

    def test_it_starts_the_command_line(self, image: Path) -> None:
        assert values(image, "ENTRYPOINT") == ['["navibench"]']
        assert values(image, "CMD") == ['["doctor"]']

    def test_its_head_shows_how_to_build_and_run_it(self, image: Path) -> None:
        head = image.read_text().splitlines()[:3]
        assert f"docker build -f docker/{image.name} -t navibench:{image.suffix[1:]} ." in head[1]
        assert f"navibench:{image.suffix[1:]} " in head[2] and "docker run --rm" in head[2]


def test_what_nobody_asked_for_stays_away() -> None:
    for path in (".git", ".tox", "runs", "tests", "docs", ".ci/run", "bench/__pycache__"):
        assert not kept(path) or path.endswith("__pycache__"), path
    assert not kept("__pycache__")
