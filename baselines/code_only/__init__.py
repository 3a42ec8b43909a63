"""A residual decoder over item codes: codes alone, with the items' words, words alone, and with a counted prior."""

from baselines.code_only.dual import DualCodes, DualCodesPrior, TextCodes
from baselines.code_only.systems import CodeOnly, CodeOnlyPrior

__all__ = ["CodeOnly", "CodeOnlyPrior", "DualCodes", "DualCodesPrior", "TextCodes"]
