"""How a judge is asked: its settings, its backend, and a cache on disk that holds valid replies only."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from bench.api import Failure, Setting
from bench.config import build
from bench.errors import BenchError, unknown
from bench.io import cache_root
from bench.lm import BACKENDS, Prompt, Sampling, TextModel, load
from bench.lm.marks import Marker
from bench.lm.settings import SETTINGS
from bench.scorers.rubric import CRITERIA

Asked = Mapping[str, float] | Failure
HOW = (
    "--set scorer.judge.backend=openai --set scorer.judge.url=ADDRESS --set scorer.judge.model=NAME, or "
    "--set scorer.judge.backend=hf --set scorer.judge.model=FOLDER"
)


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """Role "judge". `backend`: hf, vllm or openai; `model`: a folder, or for openai the model's name at `url`.

    `tokens`: the longest reply. `temperature` and `seed`: how it is drawn (0: greedy). Further settings are the
    backend's (bench/lm/settings.py), `key` among them: the name of the environment variable that holds a key.
    """

    backend: str
    model: str
    url: str = ""
    tokens: int = 256
    temperature: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.backend not in BACKENDS:
            raise unknown("scorer.judge.backend", self.backend, BACKENDS)
        if (self.backend == "openai") != bool(self.url):
            raise BenchError("scorer.judge.url is the address of backend openai, and of no other; " + HOW)
        if urlsplit(self.url).username is not None or urlsplit(self.url).query:
            raise BenchError(
                "scorer.judge.url: expected an address without user, password or query; name the key's "
                "environment variable in scorer.judge.key"
            )


@dataclass(frozen=True, slots=True)
class Configured:
    """A judge's settings and those of its backend."""

    judge: JudgeSettings
    backend: Mapping[str, Setting]


def configured(values: Mapping[str, Setting]) -> Configured:
    """Return the settings of the role "judge", checked; BenchError where no judge is configured."""
    if not values.get("backend") or not values.get("model"):
        raise BenchError(f"no judge is configured, and none is assumed: {HOW}")
    own = {name: value for name, value in values.items() if name in JudgeSettings.__dataclass_fields__}
    rest = {name: value for name, value in values.items() if name not in own}
    key = str(rest.get("key", ""))
    if key and not re.fullmatch(r"[A-Z_][A-Z0-9_]*", key):  # not repeated here: it may be the key itself
        raise BenchError("scorer.judge.key: expected the name of an environment variable, as OPENAI_API_KEY")
    made = build(JudgeSettings, own, "scorer.judge")
    if made.backend == "openai":
        rest["model"] = made.model
    build(SETTINGS[made.backend], rest, "scorer.judge")
    return Configured(made, rest)


@dataclass(frozen=True)
class Judge:
    """A backend that is asked only what it has not answered before; it is loaded when the first question needs it."""

    told: Configured

    @cached_property
    def model(self) -> TextModel:
        """The backend."""
        where = self.told.judge.url if self.told.judge.backend == "openai" else self.told.judge.model
        return load(self.told.judge.backend, where, self.told.backend)

    @cached_property
    def sampling(self) -> Sampling:
        """How replies are drawn."""
        own = self.told.judge
        return Sampling(tokens=own.tokens, temperature=own.temperature, seed=own.seed)

    @cached_property
    def marker(self) -> Marker:
        """What asks, reads and keeps."""
        return Marker(self.model, self.sampling, cache_root() / "judge")

    @property
    def fingerprint(self) -> str:
        """The sha256 over the model's fingerprint and the sampling."""
        return self.marker.fingerprint

    def ask(self, prompts: Sequence[Prompt]) -> list[Asked]:
        """Return a valid reply a prompt (criterion -> number), or a Failure that says why there is none."""
        return self.marker.ask(prompts, [tuple(CRITERIA)] * len(prompts))
