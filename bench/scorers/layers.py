"""The six layers of an instruction, each with general English words and the catalogue's slots that belong to it."""

from __future__ import annotations

from collections.abc import Mapping

# Every word counts with its other forms (stems), a line of several words as a phrase.
LEXICON: Mapping[str, str] = {
    "subject": """
        person, people, man, woman, boy, girl, child, baby, couple, crowd, character, figure, hero, portrait, animal,
        cat, dog, bird, horse, fish, dragon, robot, object, product, toy, car, vehicle, food, dish, flower, creature,
        player, dancer, singer, chef, athlete, warrior, knight, wizard, soldier, monster, dress, shirt, shoe, bag
    """,
    "scene": """
        background, backdrop, scene, setting, landscape, indoors, outdoors, interior, exterior, room, kitchen, bedroom,
        office, studio, street, city, town, village, house, building, forest, wood, jungle, garden, park, field,
        meadow, mountain, hill, desert, beach, sea, ocean, lake, river, sky, space, stage, castle, dungeon, arena,
        stadium, market, shop, cafe, restaurant, road, bridge, cave, island, snow, rain
    """,
    "style": """
        style, stylised, stylized, realistic, photorealistic, cartoon, anime, manga, sketch, drawing, painting,
        watercolour, oil painting, illustration, pixel art, low poly, 3d render, render, cinematic, vintage, retro,
        modern, minimalist, abstract, surreal, impressionist, baroque, gothic, art deco, pop art, flat design,
        documentary, noir, fantasy, futuristic, cyberpunk, steampunk, pastel, monochrome, black and white, sepia,
        vivid, muted, saturated, colourful, palette, texture, elegant, playful, whimsical, dreamy, moody, aesthetic
    """,
    "composition": """
        composition, close-up, macro, wide shot, wide angle, long shot, medium shot, full body, full shot, headshot,
        centred, off-centre, symmetry, symmetrical, rule of thirds, foreground, framing, framed, cropped, angle,
        low angle, high angle, eye level, bird's-eye, overhead, top-down, aerial, side view, front view, profile,
        isometric, perspective, depth of field, bokeh, negative space, diagonal, layout, split screen, viewpoint
    """,
    "light": """
        light, lit, lighting, sunlight, daylight, moonlight, candlelight, backlit, backlight, spotlight, sunrise,
        sunset, dawn, dusk, golden hour, blue hour, twilight, shadow, shade, glow, neon, bright, dark, dim, sunny,
        overcast, glare, reflection, highlight, contrast, high key, low key, silhouette, rim light, softbox, luminous,
        radiant, sparkling, shiny, gleam, flare
    """,
    "motion": """
        motion, move, movement, animate, run, walk, jump, leap, spin, rotate, turn, dance, fly, float, fall, rise,
        swing, sway, roll, slide, drift, race, chase, shake, wave, bounce, grow, shrink, expand, explode, flow, pour,
        pan, panning, tilt, zoom, dolly, tracking shot, camera movement, handheld, static camera, time-lapse,
        slow motion, fast-paced, loop, transition, fade, cut to
    """,
}

# Names of slots whose wordings speak of a layer; a slot with another name speaks of none.
SLOTS: Mapping[str, tuple[str, ...]] = {
    "subject": ("subject", "category", "object", "product", "hero", "character", "genre", "articleType"),
    "scene": ("scene", "setting", "world", "place", "location", "background"),
    "style": ("style", "palette", "mood"),
    "composition": ("composition", "view", "angle", "framing"),
    "light": ("light", "lighting"),
    "motion": ("motion", "action", "camera", "movement"),
}
