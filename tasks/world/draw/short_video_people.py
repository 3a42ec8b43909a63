"""People who star in short videos: dancer, skater and cook."""

from __future__ import annotations

from tasks.world.draw.canvas import Place
from tasks.world.draw.short_video_figure import INK, WHITE, Figure
from tasks.world.draw.shot import Floats
from tasks.world.draw.space import cut, join, mirror, rim

SKIN = (1.0, 0.8, 0.64)


def dancer(p: Place, beat: Floats) -> Figure:
    """Return a ballerina on the tip of one toe, arms in a ring above her, in a wide pink tutu."""
    pink, deep, tights = (0.95, 0.28, 0.6), (0.6, 0.06, 0.4), (1.0, 0.86, 0.86)
    q = mirror(p)
    knee = p.at(0.04, 0.3, turn=-0.03 * beat)
    raised = join(knee.line(0.0, 0.0, 0.4, 0.22, 0.085), knee.line(0.4, 0.22, 0.06, 0.4, 0.075))
    solid = [
        (p.circle(0.0, -0.79, 0.13), (0.35, 0.18, 0.12)),
        (cut(rim(p.circle(0.0, -0.6, 0.4), 0.065, p.unit), 0.16 * p.unit - q.x * p.unit), SKIN),
        (join(p.line(-0.05, 0.2, -0.03, 0.82, 0.09), raised), tights),
        (p.polygon((-0.12, 0.78), (0.06, 0.78), (0.02, 1.0), (-0.07, 1.0)), deep),
        (join(p.box(0.0, 0.17, 0.74, 0.14, 0.12), p.box(0.0, 0.08, 0.56, 0.14, 0.12)), pink),
        (p.polygon((-0.2, -0.28), (0.2, -0.28), (0.13, 0.1), (-0.13, 0.1)), deep),
        (join(p.circle(0.0, -0.5, 0.22), p.box(0.0, -0.28, 0.07, 0.07)), SKIN),
    ]
    frill = join(*(q.ellipse(x, 0.24, 0.06, 0.05) for x in (0.08, 0.28, 0.48)))
    detail = [
        (cut(p.circle(0.0, -0.52, 0.23), (p.y + 0.6) * p.unit), (0.35, 0.18, 0.12)),
        (frill, (1.0, 0.85, 0.92)),
        (q.circle(0.09, -0.47, 0.04), INK),
        (p.ellipse(0.0, -0.37, 0.07, 0.03), (0.85, 0.2, 0.3)),
    ]
    return Figure(solid, detail)


def skater(p: Place, beat: Floats) -> Figure:
    """Return a skateboarder with a helmet, knees bent and arms spread, on a board with wheels."""
    hood, jeans, helmet = (0.4, 0.9, 0.4), (0.2, 0.28, 0.66), (0.98, 0.3, 0.2)
    q = mirror(p)
    upper = p.at(0.0, 0.3, turn=0.015 * beat)
    arms = join(upper.line(0.05, -0.42, 0.6, -0.3, 0.085), upper.line(0.05, -0.42, -0.55, -0.62, 0.085))
    hands = join(upper.circle(0.66, -0.29, 0.1), upper.circle(-0.61, -0.64, 0.1))
    legs = join(p.line(-0.08, 0.3, -0.42, 0.46, 0.12), p.line(-0.42, 0.46, -0.3, 0.74, 0.11))
    other = join(p.line(0.08, 0.3, 0.46, 0.44, 0.12), p.line(0.46, 0.44, 0.34, 0.74, 0.11))
    solid = [
        (q.circle(0.46, 0.92, 0.1), (0.95, 0.95, 0.9)),
        (join(p.box(0.0, 0.82, 0.66, 0.06, 0.05), q.line(0.64, 0.82, 0.86, 0.7, 0.055)), (1.0, 0.78, 0.15)),
        (join(legs, other), jeans),
        (hands, SKIN),
        (join(arms, upper.line(0.0, -0.02, 0.05, -0.42, 0.19)), hood),
        (upper.circle(0.1, -0.76, 0.24), SKIN),
        (cut(upper.circle(0.08, -0.86, 0.34), (upper.y + 0.8) * p.unit), helmet),
    ]
    detail = [
        (join(q.circle(0.44, 0.45, 0.09), q.box(0.33, 0.78, 0.13, 0.05, 0.04)), WHITE),
        (join(*(upper.line(0.08 + x, -0.92, 0.08 + 0.8 * x, -1.08, 0.03) for x in (-0.14, 0.0, 0.14))), INK),
        (join(upper.circle(0.2, -0.72, 0.04), upper.line(-0.1, -0.78, 0.04, -0.56, 0.025)), INK),
        (join(q.circle(0.46, 0.92, 0.035), upper.line(0.14, -0.62, 0.22, -0.63, 0.02)), INK),
    ]
    return Figure(solid, detail)


def cook(p: Place, beat: Floats) -> Figure:
    """Return a cook in white with a tall hat and a moustache, tossing an egg in a pan."""
    q = mirror(p)
    white = (0.98, 0.98, 0.96)
    pan = p.at(0.74, -0.06, turn=0.02 * beat)
    arm = p.line(0.24, 0.16, 0.62, 0.3, 0.1)
    solid = [
        (join(q.line(0.16, 0.7, 0.16, 0.92, 0.12), q.ellipse(0.22, 0.95, 0.18, 0.07)), (0.25, 0.25, 0.36)),
        (join(p.line(-0.26, 0.14, -0.52, 0.36, 0.1), p.line(-0.52, 0.36, -0.34, 0.52, 0.1)), (0.84, 0.86, 0.92)),
        (join(pan.line(-0.1, 0.38, 0.0, 0.1, 0.05), pan.circle(0.02, -0.1, 0.27)), (0.2, 0.2, 0.27)),
        (arm, (0.84, 0.86, 0.92)),
        (p.box(0.0, 0.4, 0.36, 0.4, 0.2), white),
        (join(p.circle(0.63, 0.3, 0.09), p.circle(0.0, -0.26, 0.27)), SKIN),
        (join(p.box(0.0, -0.55, 0.25, 0.16), q.circle(0.2, -0.78, 0.19), p.circle(0.0, -0.86, 0.2)), white),
    ]
    egg = pan.at(0.02, -0.1 - 0.05 * beat)
    detail = [
        (egg.ellipse(0.0, 0.0, 0.19, 0.16), WHITE),
        (egg.circle(0.02, -0.01, 0.085), (1.0, 0.75, 0.1)),
        (join(p.box(0.0, -0.44, 0.25, 0.03), q.line(0.09, -0.8, 0.07, -0.56, 0.018)), (0.72, 0.74, 0.82)),
        (join(q.polygon((0.0, 0.02), (0.22, -0.03), (0.2, 0.14)), p.box(0.0, 0.66, 0.36, 0.04)), (0.92, 0.2, 0.2)),
        (join(q.circle(0.1, -0.3, 0.04), q.line(0.03, -0.15, 0.17, -0.13, 0.045)), INK),
        (join(*(q.circle(0.11, y, 0.04) for y in (0.26, 0.42, 0.56))), (0.25, 0.25, 0.36)),
    ]
    return Figure(solid, detail)
