"""The replies of an earlier run, played again: no model is asked, and what was not answered then is a Failure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from bench.api import Failure
from bench.errors import BenchError
from bench.io import digest
from bench.lm import Spoilt
from navigen.teacher.ledger import REPLIES, Ledger, ask_digest
from navigen.teacher.protocol import Ask, Reply


class Recorded:
    """The ledger of one teacher, both its files, as a teacher. It is read when made; its folder is left as it is.

    `retries`: how many times a desk must ask again to come to the last reply on record.
    """

    def __init__(self, folder: Path) -> None:
        if not (folder / REPLIES).is_file():
            raise BenchError(f"{folder}: no {REPLIES}; expected the folder of a teacher's ledger")
        ledger = Ledger(folder)
        ledger.look()
        texts, spoilt = ledger.texts(), ledger.spoilt()
        teachers = {key.teacher for key in [*texts, *spoilt]}
        if len(teachers) > 1:
            raise BenchError(f"{folder}: replies of {len(teachers)} teachers; expected those of one")
        self.folder = folder
        self._texts = {key.ask: text for key, text in texts.items()}
        self._spoilt = {key.ask for key in spoilt}
        self.retries = 1 + max(spoilt.values(), default=0)

    @cached_property
    def fingerprint(self) -> str:
        """Return the sha256 over all replies, and over which attempts had none of use."""
        return digest(["recorded", sorted(self._texts.items()), sorted(self._spoilt)])

    def answer(self, asks: Sequence[Ask]) -> list[Reply | Failure]:
        """Return the recorded reply of every ask, which costs nothing; an unknown ask is a Failure.

        An attempt that was answered by nothing of use is a `Spoilt`, so that the next one is made, as it was then.
        """
        return [self._one(ask) for ask in asks]

    def _one(self, ask: Ask) -> Reply | Failure:
        for by_facts in (False, True):
            name = ask_digest(ask, by_facts)
            if name in self._texts:
                return Reply(self._texts[name])
            if name in self._spoilt:
                return Spoilt("the record has no reply of use")
        return Failure(f"{ask.operation}: this ask is not in the record; run it with the teacher that made the record")
