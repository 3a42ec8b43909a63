"""How a judge is asked: its settings, its backend, and a cache on disk that holds valid replies only."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from bench.api import Failure, Setting
from bench.config import build
from bench.errors import BenchError, unknown
from bench.io import cache_root, canonical, digest, read_json, write_text
from bench.lm import BACKENDS, Prompt, Sampling, TextModel, load
from bench.lm.settings import SETTINGS
from bench.scorers.rubric import read_reply

Asked = Mapping[str, float] | Failure
BLOCK = 64  # prompts between two writes of the cache
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
    def fingerprint(self) -> str:
        """The sha256 over the model's fingerprint and the sampling."""
        own = self.sampling
        return digest([self.model.fingerprint, own.tokens, own.temperature, own.seed])

    def ask(self, prompts: Sequence[Prompt]) -> list[Asked]:
        """Return a valid reply a prompt (criterion -> number), or a Failure that says why there is none.

        Valid replies are written to the cache block by block, so that a run that is killed asks on from there.
        """
        keys = [digest([self.fingerprint, prompt.messages, prompt.prefix]) for prompt in prompts]
        found: dict[str, Asked] = {key: reply for key in keys if (reply := recall(path_of(key))) is not None}
        todo = list({key: prompt for key, prompt in zip(keys, prompts, strict=True) if key not in found}.items())
        for start in range(0, len(todo), BLOCK):
            block = todo[start : start + BLOCK]
            written = self.model.generate([prompt for _, prompt in block], self.sampling)
            for (key, _), answer in zip(block, written, strict=True):
                if isinstance(answer, Failure):
                    found[key] = answer
                    continue
                told = read_reply(answer.text) if answer.finished else "cut off before its end"
                found[key] = Failure(f"the judge's reply: {told}") if isinstance(told, str) else told
                if not isinstance(told, str):
                    write_text(path_of(key), canonical({"judge": self.fingerprint, "reply": told}))
        return [found[key] for key in keys]


def path_of(key: str) -> Path:
    """Return where the reply to a question is kept."""
    return cache_root() / "judge" / key[:2] / f"{key}.json"


def recall(path: Path) -> Mapping[str, float] | None:
    """Return a kept reply; None if there is none. A broken file is an error, since only valid replies are written."""
    if not path.exists():
        return None
    kept = read_json(path)
    told = read_reply(canonical(kept["reply"])) if isinstance(kept, dict) and "reply" in kept else "no reply"
    if isinstance(told, str):
        raise BenchError(f"{path}: not a kept reply of a judge ({told}); delete it to ask again")
    return told
