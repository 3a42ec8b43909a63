"""Language-model baselines that share the method's base, budget and prompts, so that a difference is the method's."""

from baselines.language.raw_history import RawHistory
from baselines.language.tuned import CodeIds, SftOnly, TextIds

__all__ = ["CodeIds", "RawHistory", "SftOnly", "TextIds"]
