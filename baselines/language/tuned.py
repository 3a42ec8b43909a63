"""The method's training with one of its parts taken away: no codes, no terms, or no reinforcement learning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from navigen.prompt import Form
from navigen.system import Tuned

WITHOUT_MAPPING = ("cid2cid", "cid2ins")


@dataclass
class SftOnly(Tuned):
    """Codes and terms, both stages of fine-tuning, nothing after them."""

    label: ClassVar[str] = "sft-only"
    accepts: ClassVar[tuple[str, ...]] = ("navigen",)


@dataclass
class TextIds(Tuned):
    """Terms instead of codes: histories are lists of terms, and the next item is named by its terms.

    Items with the same terms tie. There is nothing to map, and no new token. A history takes more tokens than one of
    codes: packs are twice as long and half as many, so that none is left out and a step learns from as many tokens.
    Term lists are long too, so fewer beams walk them.
    """

    reads: Form = Form.TERMS
    length: int = 512
    batch: int = 4
    beams: int = 16

    label: ClassVar[str] = "text-ids"
    tasks: ClassVar[tuple[str, ...]] = WITHOUT_MAPPING
    writes: ClassVar[Form] = Form.TERMS


@dataclass
class CodeIds(Tuned):
    """Codes without terms: the model never reads what a code means, and writes instructions without naming terms."""

    label: ClassVar[str] = "code-ids"
    tasks: ClassVar[tuple[str, ...]] = WITHOUT_MAPPING
    writes: ClassVar[Form] = Form.CODE
