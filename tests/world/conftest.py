"""What the tests of the planted world share: small worlds, and those of the cards."""

from __future__ import annotations

import pytest

from tasks.world.strengths import Strengths, strengths
from tasks.world.taxonomy import DOMAINS
from tasks.world.world import World, make_world


def small(domain: str, **changed: float) -> Strengths:
    """Return a domain's parameters for a world that is made in a moment."""
    return strengths(domain, {"items": 120, "users": 300, **changed})


@pytest.fixture(params=DOMAINS)
def domain(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def world(domain: str) -> World:
    """The world of a domain as the cards ask for it."""
    return make_world(domain, strengths(domain, {}), 0)
