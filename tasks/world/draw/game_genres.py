"""The genres of a game: what is played, as things on the ground and things that float before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tasks.world.draw import game_arcade, game_fields
from tasks.world.draw.game_palettes import Tones
from tasks.world.draw.game_stage import Stage
from tasks.world.draw.game_views import Ground
from tasks.world.draw.shot import Floats

GENRES: Mapping[str, Callable[[Stage, Ground, Tones, Floats], None]] = {
    "platformer": game_arcade.platformer,
    "racing": game_fields.racing,
    "shooter": game_arcade.shooter,
    "puzzle": game_arcade.puzzle,
    "strategy": game_fields.strategy,
    "farming": game_fields.farming,
    "rhythm": game_arcade.rhythm,
    "football": game_fields.football,
}
