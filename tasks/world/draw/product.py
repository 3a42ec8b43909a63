"""Draw one product on show: a scene, a style, and the thing itself turning gently in front of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tasks.world.draw.canvas import Canvas, Place
from tasks.world.draw.product_settings import furnish
from tasks.world.draw.product_styles import STYLES, outline
from tasks.world.draw.product_surfaces import dress
from tasks.world.draw.product_things import FORMS, Form
from tasks.world.draw.shot import Floats, Shot, column, swing, wave
from tasks.world.draw.space import join

STAND = 0.68
"""Where the product's foot stands (scene y)."""


def draw(look: Mapping[str, str], shot: Shot, size: int) -> NDArray[np.uint8]:
    """Return pictures [n, size, size, 3] of one product."""
    canvas = Canvas(shot, size)
    form, style = FORMS[look["category"]], STYLES[look["style"]]
    furnish(canvas, look["setting"])
    style.before(canvas)
    o = _stage(canvas, form)
    thing = form.shape(o, column(shot.phase))
    if style.outline:
        whole = join(*(part for part in (thing.body, thing.under, thing.over) if part is not None))
        outline(canvas, whole, style.outline)
    dress(canvas, thing, look, o)
    style.after(canvas)
    return canvas.finish()


def _stage(canvas: Canvas, form: Form) -> Place:
    """Paint the product's shadow and return its frame: it sways and hops about its foot, and turns on the spot."""
    shot = canvas.shot
    sway = swing(shot.phase)
    hop = np.float32(0.05) * column(wave(2 * shot.phase + np.float32(0.25)))  # never at rest when the sway is
    foot = canvas.scene.at(
        shot.chance(0, -0.1, 0.1),
        STAND - hop + shot.chance(1, -0.04, 0.03),
        form.scale * shot.chance(2, 0.92, 1.05),
        shot.chance(3, -0.008, 0.008) + np.float32(0.012) * sway,
    )
    _shadow(canvas, foot, hop)
    face = 1 - np.float32(0.2) * sway * sway  # seen from the side, it looks narrower
    return Place(foot.x / face, foot.y + np.float32(form.foot), foot.unit).flip(shot.side(9))


def _shadow(canvas: Canvas, foot: Place, hop: Floats) -> None:
    """Paint a soft shadow, fainter as the product hops."""
    soft = foot.ellipse(0, 0.02, 0.95, 0.16) + hop
    canvas.blend(np.clip(np.float32(0.3) - soft * 5, 0, 1) * np.float32(0.4), (0.08, 0.06, 0.1))
