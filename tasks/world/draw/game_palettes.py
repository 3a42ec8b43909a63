"""The palettes of a game: ramps of a few tones that everything in the picture is painted with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from tasks.world.draw.shot import Floats, Shot


@dataclass(frozen=True, slots=True, eq=False)
class Tones:
    """The tones of a palette, each [3, n, 1, 1].

    Background: `sky` above, `low` at the horizon, `far` and `near` silhouettes, `leaf`, `soil`, `snow`, `deep` (night
    and depth). Objects: `ink` outlines, `pale`, `glow`, the accents `red`, `blue` and `green` (roles, not
    hues), and the hero's `coat`.
    """

    sky: Floats
    low: Floats
    far: Floats
    near: Floats
    leaf: Floats
    soil: Floats
    snow: Floats
    deep: Floats
    ink: Floats
    pale: Floats
    glow: Floats
    red: Floats
    blue: Floats
    green: Floats
    coat: Floats


PALETTES: Mapping[str, str] = {  # in the order of the fields of Tones
    "pastel": """
        f8c4d8 fff0cf cbbcea a9c4e8 a4dcb4 fbd9b4 fff8fb a596d2
        5c4f86 fffaf5 ffe07a f694b4 93c5f2 a8e2b0 f3e4fb
    """,
    "neon": """
        08041c 2b0750 4a0f86 0a6f93 12e07c 2a0f5e 5c6cf0 04020f
        05020f d8ffff fff01e ff1fb4 12e4ff 8cff1e f0e6ff
    """,
    "earthy": """
        cfae7e e9d6a8 a98d62 75643c 6d7432 a8763f efe0bd 4a3120
        2a1a0e f6e8c6 e8a42a b24e26 7f8a5c c99440 d9ba88
    """,
    "sunset": """
        5a2280 ff9440 c23f74 7c2468 8f2c5c d45a4a ffc9a0 3a1050
        260836 ffe2b4 ffd23c f2443c f27aa8 ff9a34 ffcaa0
    """,
    "icy": """
        8fd0f0 d6f0fa 9cc8de 4f94b4 2f98a4 a4d4e4 f8ffff 123e62
        0a2a44 fafeff c8fbff 1f86b8 7fdcec 3fbcc0 e4f6ff
    """,
    "monochrome": """
        a4a4a4 d6d6d6 929292 5c5c5c 6c6c6c a8a8a8 fafafa 2c2c2c
        121212 fcfcfc e4e4e4 4c4c4c bababa 848484 dedede
    """,
}


def tones(palette: str, shot: Shot) -> Tones:
    """Return the tones of a palette, a little warmer or cooler in one picture than in another."""
    warm, lit = shot.chance(8, -0.03, 0.03), shot.chance(9, 0.96, 1.04)
    drift: Floats = np.stack([lit * (1 + warm), lit, lit * (1 - warm)])
    if palette == "monochrome":
        drift = np.stack([lit, lit, lit])
    codes = [bytes.fromhex(code) for code in PALETTES[palette].split()]
    plain = [np.array(list(code), dtype=np.float32).reshape(3, 1, 1, 1) / np.float32(255) for code in codes]
    names = [field.name for field in fields(Tones)]
    ramp: dict[str, Floats] = {name: one * drift for name, one in zip(names, plain, strict=True)}
    return Tones(**ramp)
