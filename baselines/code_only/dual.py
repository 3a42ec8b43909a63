"""Items as codes and text at once: the residual decoder over both, with a counted prior, and over text alone.

`dual-codes` differs from `code-only` in one thing: an item's vector is its own embedding plus those of its words, at
both ends of the network and so in every node of the trie. In training the own embedding of half the items is left out
at a time (`own_dropout`), so that the words have to say what they can. `text-codes` is the control in the same
architecture: no item has an embedding of its own, and its code is made of its text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from baselines.code_only.systems import CodeOnly, CodeOnlyPrior


@dataclass
class DualCodes(CodeOnly):
    """Ranks like `CodeOnly`; items are read and compared by their codes and their words."""

    label: ClassVar[str] = "dual-codes"

    text: str = "words"
    own_dropout: float = 0.5


@dataclass
class DualCodesPrior(CodeOnlyPrior):
    """Ranks by a mixture of `DualCodes` and a counted prior; takes over a checkpoint of `DualCodes`."""

    label: ClassVar[str] = "dual-codes"

    text: str = "words"
    own_dropout: float = 0.5


@dataclass
class TextCodes(CodeOnly):
    """Ranks like `DualCodes` by words alone: of behaviour it knows what the network learns, and no item by itself."""

    label: ClassVar[str] = "text-codes"

    encoder: str = "content"
    text: str = "words"
    own: bool = False
