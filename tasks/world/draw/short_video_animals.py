"""Animals that star in short videos: cat, dog and bird."""

from __future__ import annotations

from tasks.world.draw.canvas import Place
from tasks.world.draw.short_video_figure import INK, WHITE, Figure
from tasks.world.draw.shot import Floats
from tasks.world.draw.space import join, mirror

# Figures live in a frame whose origin is their middle: head near y = -1, feet at y = 1; those with a side look right.
# `beat` [n, 1, 1] swings between -1 and 1 with their steps.


def cat(p: Place, beat: Floats) -> Figure:
    """Return a sitting ginger cat with pricked ears, stripes and whiskers; its tail wags."""
    q = mirror(p)
    fur, dark, cream = (1.0, 0.68, 0.25), (0.92, 0.5, 0.12), (1.0, 0.93, 0.78)
    tail = lean_tail(p, beat)
    step = p.at(y=-0.03 * beat)
    solid = [
        (tail, dark),
        (p.ellipse(0.0, 0.48, 0.5, 0.52), dark),
        (join(p.ellipse(0.0, -0.3, 0.7, 0.52), q.polygon((0.1, -0.7), (0.66, -0.35), (0.62, -1.05))), fur),
        (join(p.ellipse(-0.24, 0.92, 0.22, 0.11), step.ellipse(0.24, 0.92, 0.22, 0.11)), cream),
    ]
    eyes = q.ellipse(0.3, -0.34, 0.12, 0.17)
    stripes = join(p.line(0.0, -0.76, 0.0, -0.58, 0.045), q.line(0.2, -0.74, 0.17, -0.6, 0.04))
    whiskers = join(q.line(0.34, -0.08, 0.88, -0.16, 0.022), q.line(0.34, -0.02, 0.86, 0.06, 0.022))
    detail = [
        (join(p.ellipse(0.0, -0.06, 0.3, 0.17), p.ellipse(0.0, 0.55, 0.25, 0.3)), cream),
        (
            join(q.polygon((0.3, -0.7), (0.55, -0.55), (0.54, -0.88)), p.ellipse(0.0, -0.14, 0.09, 0.06)),
            (1.0, 0.5, 0.5),
        ),
        (stripes, (0.6, 0.26, 0.08)),
        (join(eyes, whiskers), INK),
        (p.at(0.03).circle(-0.3, -0.4, 0.04), WHITE),
        (p.at(0.03).circle(0.3, -0.4, 0.04), WHITE),
    ]
    return Figure(solid, detail)


def lean_tail(p: Place, beat: Floats) -> Floats:
    """Return the distance to a tail that rises on the left and wags by `beat`."""
    wag = p.at(-0.7, 0.7, turn=0.04 * beat)
    return join(p.line(-0.3, 0.86, -0.7, 0.7, 0.1), wag.line(0.0, 0.0, -0.06, -0.5, 0.1))


def dog(p: Place, beat: Floats) -> Figure:
    """Return a brown dog seen from its side: floppy ear, long snout, tongue out."""
    fur, dark, cream = (0.66, 0.38, 0.2), (0.34, 0.17, 0.1), (1.0, 0.92, 0.8)
    near, far = p.at(-0.3, 0.4, turn=0.05 * beat), p.at(-0.3, 0.4, turn=-0.05 * beat)
    legs = [pair.line(dx, 0.0, dx, 0.52, 0.095) for pair in (near,) for dx in (0.0, 0.62)]
    back = [pair.line(dx, 0.0, dx, 0.5, 0.09) for pair in (far,) for dx in (-0.16, 0.46)]
    head = p.at(0.0, 0.02 * beat)
    tail = p.at(-0.55, 0.1, turn=0.05 * beat).line(0.0, 0.0, -0.28, -0.5, 0.085)
    solid = [
        (join(*back), dark),
        (join(tail, p.box(-0.08, 0.28, 0.56, 0.27, 0.25), p.line(0.3, 0.2, 0.42, -0.3, 0.2)), fur),
        (join(*legs), fur),
        (head.box(0.84, 0.04, 0.085, 0.2, 0.08), (1.0, 0.3, 0.4)),
        (join(head.circle(0.42, -0.42, 0.38), head.box(0.74, -0.26, 0.3, 0.18, 0.17)), fur),
        (head.ellipse(0.16, -0.26, 0.18, 0.42), dark),
        (head.ellipse(1.0, -0.36, 0.12, 0.1), INK),
    ]
    detail = [
        (head.box(0.76, -0.2, 0.26, 0.11, 0.11), cream),
        (p.ellipse(-0.2, 0.16, 0.26, 0.17), dark),
        (p.line(0.18, 0.06, 0.6, 0.12, 0.07), (0.9, 0.15, 0.2)),
        (p.circle(0.5, 0.2, 0.075), (1.0, 0.85, 0.3)),
        (join(head.ellipse(0.52, -0.5, 0.07, 0.1), head.line(0.66, -0.12, 0.95, -0.14, 0.025)), INK),
    ]
    return Figure(solid, detail)


def bird(p: Place, beat: Floats) -> Figure:
    """Return a round blue songbird with raised wings that beat, an orange beak and thin legs."""
    blue, deep, belly = (0.2, 0.52, 0.98), (0.08, 0.26, 0.7), (1.0, 0.94, 0.78)
    orange = (1.0, 0.6, 0.1)
    front, rear = p.at(-0.12, 0.2, turn=-0.07 + 0.06 * beat), p.at(0.02, 0.1, turn=0.0 + 0.06 * beat)
    wing = front.polygon((0.2, 0.0), (-0.22, 0.06), (-0.62, -0.74), (-0.1, -0.82))
    other = rear.polygon((0.2, 0.0), (-0.2, 0.0), (-0.3, -0.95), (0.02, -0.85))
    solid = [
        (join(p.line(-0.05, 0.6, -0.05, 0.94, 0.045), p.line(0.2, 0.6, 0.2, 0.94, 0.045)), orange),
        (join(p.line(-0.05, 0.95, 0.1, 0.95, 0.05), p.line(0.2, 0.95, 0.36, 0.95, 0.05)), orange),
        (other, deep),
        (p.polygon((-0.3, 0.2), (-0.35, 0.55), (-1.0, 0.42), (-1.02, 0.12)), deep),
        (p.polygon((0.7, -0.32), (1.1, -0.1), (0.7, 0.06)), orange),
        (join(p.ellipse(0.03, 0.32, 0.52, 0.42), p.circle(0.46, -0.14, 0.36)), blue),
        (wing, deep),
    ]
    feathers = join(front.line(-0.02, -0.1, -0.2, -0.7, 0.03), front.line(-0.14, 0.0, -0.42, -0.68, 0.03))
    detail = [
        (p.ellipse(0.2, 0.46, 0.3, 0.24), belly),
        (feathers, (0.55, 0.78, 1.0)),
        (p.circle(0.55, -0.22, 0.14), WHITE),
        (join(p.circle(0.58, -0.22, 0.075), p.line(0.74, -0.12, 1.0, -0.1, 0.02)), INK),
        (p.circle(0.42, 0.0, 0.07), (1.0, 0.5, 0.55)),
    ]
    return Figure(solid, detail)
