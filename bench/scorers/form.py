"""Instruction scorers of form: whether the answer could be read, how long it is for CLIP, how much it names."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from bench.api import Cases, Failure, Instruction
from bench.errors import BenchError
from bench.scorers.naming import each, naming
from bench.terms import keys

CONTEXT = 77  # tokens that CLIP reads, its two marks included
UNREAD = ("the answer ", "the answer's ", "the server's answer is not JSON")
"""How the reason of a Failure begins whose answer was written and could not be read (`navigen.parse`, `bench.lm`)."""


class Parsed:
    """Parse rate: answers that were valid as written / answers that were written; nothing is recovered before.

    A Failure whose reason begins as one of `UNREAD` was written and could not be read. Other failures (a prompt too
    long, a server that did not answer) never were written and do not count here. 1 for a system that writes no
    structured output.
    """

    higher_is_better: bool | None = True

    def measure(self, cases: Cases) -> float | None:
        """Return the share in [0, 1]; None where nothing was written."""
        failures = [case.answer.reason for case in cases.rows if isinstance(case.answer, Failure)]
        unread = sum(reason.startswith(UNREAD) for reason in failures)
        written = len(cases.rows) - len(failures) + unread
        return 1 - unread / written if written else None


class Truncated:
    """1 if the text is longer than the 77 tokens that CLIP reads, begin and end included, else 0: its mean is a share.

    Tokens are those of CLIP's own byte-pair encoding, which comes with open_clip, whatever model has the role "clip":
    generators and judges of the CLIP family cut there. A generator with another text encoder may read more or less.
    """

    higher_is_better: bool | None = False

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return 0 or 1 per case; None for what is no instruction."""
        encode = clip_tokenizer().encode if cases.rows else None
        return each(cases, lambda _, answer: float(encode is not None and len(encode(answer.text)) + 2 > CONTEXT))


class Concrete:
    """Number of distinct attribute values of the catalogue that the text names (`bench.scorers.naming`).

    Right or wrong for the target; two wordings of one value count once, an ambiguous wording counts as one value.
    """

    higher_is_better: bool | None = None

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return the number per case, 0 or more; None for what is no instruction or a catalogue without attributes."""
        read = naming(cases)
        if not read.lexicon.values:
            return [None] * len(cases.rows)
        readings = read.lexicon.readings
        return [
            None if named is None else float(len({readings[phrase][0] for phrase in named})) for named in read.named
        ]


class TermsGiven:
    """Number of distinct terms that the instruction stands on, after the one normaliser (`bench.terms`)."""

    higher_is_better: bool | None = None

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return the number per case, 0 or more; None for what is no instruction."""

        def judge(_: object, answer: Instruction) -> float:
            return float(len(keys(answer.terms)))

        return each(cases, judge)


@lru_cache(maxsize=1)
def clip_tokenizer() -> Any:
    """Return CLIP's tokenizer as it comes with open_clip: that file alone, since the whole package loads for long."""
    package = find_spec("open_clip")
    if package is None or package.origin is None:
        raise BenchError('truncated needs the package open_clip: pip install "navibench[see]"')
    line = spec_from_file_location("navibench_clip_tokenizer", Path(package.origin).with_name("tokenizer.py"))
    if line is None or line.loader is None:
        raise BenchError(f"{package.origin}: no tokenizer.py beside it; expected open_clip 3")
    module = module_from_spec(line)
    line.loader.exec_module(module)
    return module.SimpleTokenizer()
