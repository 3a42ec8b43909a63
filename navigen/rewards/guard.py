"""Which model rewards a policy, told so that a run can keep it apart from the models that evaluate."""

from __future__ import annotations

from pathlib import Path

from bench.backbones.identity import Identity, identify_role, weigh
from navigen.rewards.settings import Rewarding


def identify_reward(settings: Rewarding) -> Identity | None:
    """Return the model of a reward's judge, None for a judge without one; nothing is loaded."""
    if settings.judge == "lexical":
        return None
    if settings.judge == "llm":
        place = Path(settings.judge_model)
        local = not settings.judge_url and place.is_dir()
        return Identity(settings.judge_model, weigh(place.glob("*")) if local else "")
    from navigen.rewards.embedding import MODEL, role_of

    name = settings.judge_model or MODEL
    return identify_role(role_of(name), {"name": name})
