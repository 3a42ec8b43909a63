"""Code-only identifiers: a residual decoder over behaviour codes, alone and with a counted prior."""

from baselines.code_only.systems import CodeOnly, CodeOnlyPrior

__all__ = ["CodeOnly", "CodeOnlyPrior"]
