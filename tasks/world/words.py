"""The words of the world: per domain and attribute, a value a line, followed by other wordings that mean it."""

from __future__ import annotations

from collections.abc import Mapping

PRODUCT: Mapping[str, str] = {
    "category": """
        lamp, table lamp, lampshade
        chair, seat, stool
        mug, cup, tumbler
        vase, urn, flower jar
        backpack, rucksack, knapsack
        sneaker, trainer, running shoe
        clock, alarm clock, timepiece
        cushion, pillow, throw pillow
        teapot, kettle, tea maker
        umbrella, parasol, brolly
        hat, bonnet, sun hat
        guitar, ukulele, six-string
    """,
    "setting": """
        kitchen, cookhouse, by the stove
        office, workplace, study
        garden, backyard, among flowers
        beach, seaside, shore
        bedroom, bedside, sleeping room
        studio, plain backdrop, showroom
    """,
    "colour": """
        red, crimson, scarlet
        orange, tangerine, amber
        yellow, lemon, golden
        green, emerald, olive
        blue, navy, azure
        purple, violet, lavender
        pink, rose, fuchsia
        black, jet, charcoal
    """,
    "material": """
        wood, wooden, timber
        metal, steel, brass
        glass, crystal, see-through
        fabric, cloth, textile
        ceramic, porcelain, glazed clay
    """,
    "pattern": """
        plain, unpatterned, solid
        striped, stripes, pinstripe
        dotted, polka dot, speckled
        checked, chequered, gingham
        zigzag, chevron, herringbone
    """,
    "style": """
        modern, minimalist, contemporary
        vintage, retro, old-fashioned
        playful, cartoonish, whimsical
        elegant, luxurious, refined
    """,
}

GAME: Mapping[str, str] = {
    "genre": """
        platformer, jump and run, platform game
        racing, racer, driving game
        shooter, shoot 'em up, blaster
        puzzle, brain teaser, match-three
        strategy, tactics, war game
        farming, farm simulator, harvest game
        rhythm, music game, beat game
        football, soccer, ball game
    """,
    "hero": """
        knight, armoured warrior, paladin
        robot, android, droid
        cat, kitten, feline
        wizard, sorcerer, mage
        dragon, wyvern, drake
        rabbit, bunny, hare
        ghost, phantom, spirit
    """,
    "world": """
        forest, woodland, jungle
        desert, dunes, sand sea
        space, cosmos, among stars
        ocean, underwater, deep sea
        city, metropolis, among skyscrapers
        snow, snowfield, winter land
        volcano, lava land, fire mountain
    """,
    "palette": """
        pastel, soft tones, powdery hues
        neon, glowing colours, fluorescent
        earthy, brown tones, muted ochre
        sunset, warm gradient, dusk tones
        icy, cold tones, frosty hues
        monochrome, black and white, greyscale
    """,
    "view": """
        side view, side-scrolling, profile view
        top-down, overhead, bird's-eye
        isometric, three-quarter view, diorama
    """,
    "mood": """
        cheerful, joyful, sunny
        tense, thrilling, nerve-racking
        calm, relaxing, peaceful
        eerie, spooky, haunting
    """,
}

SHORT_VIDEO: Mapping[str, str] = {
    "subject": """
        cat, kitty, tomcat
        dog, puppy, hound
        dancer, ballerina, dance artist
        car, automobile, hatchback
        bird, sparrow, songbird
        balloon, hot-air balloon, airship
        skater, skateboarder, boarder
        cook, chef, baker
    """,
    "action": """
        jumping, leaping, hopping
        spinning, whirling, twirling
        running, dashing, racing past
        swaying, rocking, swinging
        growing, swelling, inflating
    """,
    "scene": """
        kitchen, cookery room, by the oven
        beach, seaside, shore
        street, avenue, roadside
        stage, theatre, limelight
        forest, woods, among trees
        mountain, peak, summit
    """,
    "palette": """
        vivid, saturated, punchy tones
        pastel, soft tones, powdery hues
        sepia, old film tint, brownish
        neon, glowing colours, fluorescent
        cool, bluish, teal tones
        monochrome, black and white, greyscale
    """,
    "camera": """
        static camera, locked shot, tripod shot
        pan left, panning left, leftward pan
        pan right, panning right, rightward pan
        zoom in, push in, closing in
        zoom out, pull back, widening shot
    """,
    "mood": """
        cheerful, joyful, funny
        calm, relaxing, peaceful
        dramatic, intense, gripping
        dreamy, hazy, magical
    """,
}
