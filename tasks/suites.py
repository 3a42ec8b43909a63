"""The suites: named grids of tasks, systems and seeds."""

from bench.listing import Suite

COUNTING = ("random", "popularity", "recent", "markov", "transitions", "item-knn")
LINEAR = ("ease",)
TEXTUAL = ("text-knn",)
INSTRUCTORS = ("popular-terms", "recent-terms", "history-terms")
TRAINED = ("sasrec-bce", "sasrec-sampled-softmax", "sasrec-softmax")

SPEAKING = ("raw-history", "text-ids", "code-ids", "sft-only")
LEARNT = ("text-ids", "code-ids", "sft-only")  # of these, small checkpoints for the world are shipped

DOMAINS = ("product", "game", "short-video")
PLANTED = tuple(f"{domain}/world/{kind}" for domain in DOMAINS for kind in ("next-item", "image", "video"))

QUICK = Suite(
    id="quick",
    tasks=("product/complete-journey/next-item", *PLANTED),
    systems=(*COUNTING, *LINEAR, *TEXTUAL, *INSTRUCTORS),
    settings=("generator.cases=48",),
    notes="Real data that come with a package, the planted (synthetic) world, and systems that train nothing here; a "
    "part of the instructions is rendered by small generators.",
    parts=(
        Suite(
            id="quick-language",
            tasks=PLANTED,
            systems=(*LEARNT, "popularity", "markov", *INSTRUCTORS),
            limit=400,
            settings=("generator.cases=48", *(f"{name}.checkpoint=shipped" for name in LEARNT)),
            notes="Small language models that come with the source tree, asked a part of the cases.",
        ),
    ),
)

LANGUAGE = Suite(
    id="language",
    tasks=PLANTED,
    systems=LEARNT,
    seeds=(0, 1, 2),
    settings=("generator.cases=200",),
    notes="The planted (synthetic) world: language models trained here with three seeds, and what to set beside them.",
    parts=(
        Suite(
            id="raw",
            tasks=PLANTED,
            systems=("raw-history",),
            settings=("generator.cases=200",),
            notes="The base as it is: no seed changes it.",
        ),
        Suite(
            id="beside",
            tasks=PLANTED,
            systems=("popularity", "markov", "code-only", "popular-terms", "history-terms"),
            settings=("generator.cases=200",),
        ),
        Suite(
            "consensus",
            tuple(name for name in PLANTED if not name.endswith("next-item")),
            ("text-ids", "sft-only"),
            (0, 1, 2),
            settings=("generator.cases=200", "text-ids.terms=consensus", "sft-only.terms=consensus"),
            notes="The same policies; the instruction's terms are those that their own ranking agrees on.",
        ),
    ),
)

WORLD = Suite(
    id="world",
    tasks=PLANTED,
    systems=(*COUNTING, *LINEAR, *TEXTUAL, *TRAINED, *INSTRUCTORS),
    settings=("generator.cases=200",),
    notes="The planted (synthetic) world; docs/world.md sets the best possible ranking beside these systems.",
)

CLASSIC = Suite(
    id="classic",
    tasks=(
        "product/amazon-toys-2014/next-item",
        "product/amazon-office-2018/next-item",
        "product/uci-online-retail/next-basket",
        "product/complete-journey/next-item",
        "game/amazon-games-2018-8k/next-item",
        "game/steam-reviews-au/next-item",
        "short-video/microlens-8k/next-item",
        "short-video/kuairand-pure-5k/next-item",
    ),
    systems=(*COUNTING, *LINEAR, *TRAINED),
    notes="SASRec appears once a loss: the loss alone moves it by half.",
)
