"""Pictures and clips of a game: tiny screenshots of a hero in a world, with what the genre plays with."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tasks.world.draw.game_genres import GENRES
from tasks.world.draw.game_heroes import hero
from tasks.world.draw.game_moods import MOODS
from tasks.world.draw.game_palettes import tones
from tasks.world.draw.game_stage import Stage
from tasks.world.draw.game_views import VIEWS
from tasks.world.draw.game_worlds import WORLDS, land, sky
from tasks.world.draw.shot import Shot, column


def draw(look: Mapping[str, str], shot: Shot, size: int) -> NDArray[np.uint8]:
    """Return the pictures of a game with these attributes as bytes [n, size, size, 3]."""
    stage, shades, phase = Stage(shot, size), tones(look["palette"], shot), column(shot.phase)
    world, view, mood = WORLDS[look["world"]], VIEWS[look["view"]], MOODS[look["mood"]]
    sky(stage, world, shades)
    if view.has_horizon:
        stage.layers(world.back(stage.scene, shades, phase))
    ground = view.ground(stage, *world.colours(shades)[2:], shades.ink)
    land(stage, world, view, shades, ground.floor, ground.mask)
    mood.behind(stage, shades, phase)
    GENRES[look["genre"]](stage, ground, shades, phase)
    hero(stage, look["hero"], ground.hero, shades, ground.shade)
    mood.before(stage, shades, phase)
    return stage.finish()
