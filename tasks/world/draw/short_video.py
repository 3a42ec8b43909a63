"""Drawing short videos: frames of phone clips in which a subject does something somewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from tasks.world.draw import short_video_animals as animals
from tasks.world.draw import short_video_nature as nature
from tasks.world.draw import short_video_people as people
from tasks.world.draw import short_video_scenes as scenes
from tasks.world.draw import short_video_things as things
from tasks.world.draw.canvas import Canvas, Place, tint
from tasks.world.draw.short_video_figure import INK, WHITE, Figure
from tasks.world.draw.short_video_looks import MOODS, PALETTES, Glass, Palette
from tasks.world.draw.short_video_motion import ACTIONS, Pose
from tasks.world.draw.shot import Floats, Shot, column, swing
from tasks.world.draw.space import cut, join, rim

SUBJECTS: Mapping[str, Callable[[Place, Floats], Figure]] = {
    "cat": animals.cat,
    "dog": animals.dog,
    "dancer": people.dancer,
    "car": things.car,
    "bird": animals.bird,
    "balloon": things.balloon,
    "skater": people.skater,
    "cook": people.cook,
}

SCENES: Mapping[str, Callable[[Canvas, Place], None]] = {
    "kitchen": scenes.kitchen,
    "beach": nature.beach,
    "street": scenes.street,
    "stage": scenes.stage,
    "forest": nature.forest,
    "mountain": nature.mountain,
}

HALO = (0.98, 0.97, 0.93)
"""The light behind the subject, which sets it off from the scenery."""

GROUND = 0.62
"""Where the subject stands: units below the middle of the picture."""

FOLLOW = 0.7
"""How much of the camera's way the subject goes along."""


def draw(look: Mapping[str, str], shot: Shot, size: int) -> NDArray[np.uint8]:
    """Return pictures [n, size, size, 3] of one short video; the camera's motion is the shot's own."""
    canvas = Canvas(shot, size)
    SCENES[look["scene"]](canvas, _place(canvas))
    floor = _floor(canvas)
    pose = ACTIONS[look["action"]](floor, shot.phase)
    canvas.blend(np.clip(0.9 - 1.25 * pose.body.circle(radius=0.0), 0, 0.5), HALO)
    palette = PALETTES[look["palette"]]
    canvas.rgb[:] = palette.scenery(canvas.rgb)
    ink, white = palette.paint(tint(INK)), palette.paint(tint(WHITE))
    canvas.paint(pose.shadow, ink, 0.45)
    canvas.paint(pose.marks - np.float32(0.025), ink)
    canvas.paint(pose.marks, white)
    _star(canvas, pose, SUBJECTS[look["subject"]], palette)
    MOODS[look["mood"]](Glass(canvas, palette))
    return canvas.finish()


def _place(canvas: Canvas) -> Place:
    """Return the frame the scene is painted in: shifted and mirrored by chance."""
    shot, scene = canvas.shot, canvas.scene
    return Place(shot.side(1) * scene.x + shot.chance(0, -0.2, 0.2), scene.y)


def _floor(canvas: Canvas) -> Place:
    """Return the frame whose origin is the ground under the subject; it follows the camera most of the way."""
    shot = canvas.shot
    near = np.float32(1) / (np.float32(0.6) + np.float32(0.4) * column(shot.zoom))
    x = np.float32(FOLLOW) * column(shot.x) + shot.chance(2, -0.1, 0.1)
    y = np.float32(FOLLOW) * column(shot.y) + np.float32(GROUND) * near
    return canvas.scene.at(x, y, near * shot.chance(3, 0.94, 1.06))


def _star(canvas: Canvas, pose: Pose, subject: Callable[[Place, Floats], Figure], palette: Palette) -> None:
    """Paint the subject as a sticker: ink and white around its silhouette, its echoes behind it."""
    shot = canvas.shot
    reach = 1.75 if pose.echoes else 1.36
    part, place = canvas.window(pose.body, -reach, -reach, reach, reach, room=0.0)
    pane = place.box(0.0, 0.0, reach, reach)
    beat = swing(2 * shot.phase + shot.luck[:, 9])
    way = place if pose.heading else place.flip(shot.side(5))
    figure = subject(way.at(turn=shot.chance(4, -0.012, 0.012)), beat)
    outline = join(*(distance for distance, _ in figure.solid))
    ink, white = palette.paint(tint(INK)), palette.paint(tint(WHITE))
    for echo in pose.echoes:
        part.paint(cut(rim(outline - np.float32(echo) * place.unit, 0.018), pane), white, 0.75)
    part.paint(cut(outline - np.float32(0.06), pane), white)
    part.paint(cut(outline - np.float32(0.026), pane), ink)
    drift = np.stack([shot.chance(number, 0.9, 1.08) for number in (6, 7, 8)])
    for distance, colour in (*figure.solid, *figure.detail):
        part.paint(distance, palette.paint(tint(colour) * drift))
