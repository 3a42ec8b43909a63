"""Things that star in short videos: car and hot-air balloon."""

from __future__ import annotations

from tasks.world.draw.canvas import Place
from tasks.world.draw.short_video_figure import INK, Figure
from tasks.world.draw.shot import Floats
from tasks.world.draw.space import cut, join, mirror


def car(p: Place, beat: Floats) -> Figure:
    """Return a small red car seen from its side, wheels turning."""
    red, deep = (0.92, 0.13, 0.15), (0.7, 0.08, 0.14)
    body = p.at(0.0, 0.02 * beat)
    wheels = [p.at(x, 0.45, turn=0.125 * beat) for x in (-0.56, 0.56)]
    cabin = body.polygon((-0.72, 0.0), (-0.42, -0.62), (0.28, -0.62), (0.68, 0.0))
    solid = [
        (cabin, red),
        (body.box(0.0, 0.14, 1.06, 0.3, 0.18), red),
        (join(*(wheel.circle(0.0, 0.0, 0.27) for wheel in wheels)), INK),
    ]
    panes = body.polygon((-0.56, -0.02), (-0.34, -0.5), (0.22, -0.5), (0.5, -0.02))
    hubs = join(*(cut(wheel.circle(0.0, 0.0, 0.16), -wheel.box(0.0, 0.0, 0.035, 0.2)) for wheel in wheels))
    detail = [
        (cut(panes, 0.05 * p.unit - abs(body.x + 0.08) * p.unit), (0.8, 0.95, 1.0)),
        (body.box(0.0, 0.2, 1.04, 0.045), (1.0, 0.95, 0.85)),
        (join(body.box(0.92, 0.06, 0.1, 0.085, 0.08), body.box(0.16, 0.08, 0.1, 0.02)), (1.0, 0.9, 0.35)),
        (body.box(-0.98, 0.06, 0.06, 0.09, 0.04), deep),
        (hubs, (0.86, 0.88, 0.92)),
    ]
    return Figure(solid, detail)


def balloon(p: Place, beat: Floats) -> Figure:
    """Return a striped hot-air balloon with a wicker basket that dangles."""
    red, yellow, blue, wicker = (0.9, 0.14, 0.2), (1.0, 0.92, 0.5), (0.12, 0.36, 0.82), (0.62, 0.38, 0.2)
    q = mirror(p)
    hung = p.at(0.0, 0.4, turn=0.012 * beat)
    bag = join(p.circle(0.0, -0.32, 0.68), p.polygon((-0.58, 0.04), (0.58, 0.04), (0.18, 0.48), (-0.18, 0.48)))
    solid = [
        (mirror(hung).line(0.16, 0.0, 0.16, 0.4, 0.025), INK),
        (bag, red),
        (hung.box(0.0, 0.46, 0.22, 0.16, 0.05), wicker),
    ]
    side = cut(q.ellipse(0.0, -0.3, 0.46, 0.69), -q.ellipse(0.0, -0.3, 0.2, 0.74))
    detail = [
        (cut(side, bag), yellow),
        (cut(p.ellipse(0.0, -0.25, 0.2, 0.78), bag), blue),
        (cut(p.box(0.0, 0.43, 0.6, 0.05), bag), (0.55, 0.2, 0.25)),
        (join(hung.box(0.0, 0.34, 0.22, 0.035, 0.03), hung.box(0.0, 0.5, 0.2, 0.02)), (0.9, 0.68, 0.4)),
    ]
    return Figure(solid, detail)
