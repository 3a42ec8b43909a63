"""The priors by name, and the words that settings use about them."""

from __future__ import annotations

from collections.abc import Callable

from navigen.prior.ease import EaseWeights
from navigen.prior.transitions import TransitionCounts

NONE = "none"  # no prior
AUTO = "auto"  # the weight that is best on validation

Counted = TransitionCounts | EaseWeights
PRIORS: dict[str, Callable[[], Counted]] = {
    "transitions": lambda: TransitionCounts(window=8, backward=0.3),
    "ease": EaseWeights,
}
