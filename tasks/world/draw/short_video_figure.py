"""What the subjects of short videos are made of: parts of one colour each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tasks.world.draw.canvas import Layer

INK, WHITE = (0.15, 0.1, 0.14), (1.0, 1.0, 1.0)


class Figure(NamedTuple):
    """What a subject is made of: `solid` parts make its silhouette, `detail` lies on top; both back to front."""

    solid: Sequence[Layer]
    detail: Sequence[Layer]
