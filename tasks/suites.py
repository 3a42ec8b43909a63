"""The suites: named grids of tasks, systems and seeds."""

from dataclasses import dataclass

from bench.listing import Suite

COUNTING = ("random", "popularity", "recent", "markov", "transitions", "item-knn")
LINEAR = ("ease",)
TEXTUAL = ("text-knn",)
INSTRUCTORS = ("popular-terms", "recent-terms", "history-terms")
TRAINED = ("sasrec-bce", "sasrec-sampled-softmax", "sasrec-softmax")

SPEAKING = ("raw-history", "text-ids", "code-ids", "sft-only")
LEARNT = ("text-ids", "code-ids", "sft-only")
READY = (*LEARNT, "navigen")  # of these, small checkpoints for the world are shipped
AGREED = ("text-ids", "sft-only", "navigen")  # these write terms, which their ranking may choose
LOADED = tuple(f"{name}.checkpoint=shipped" for name in READY)
RENDERED = ("generator.cases=200",)

DOMAINS = ("product", "game", "short-video")
PLANTED = tuple(f"{domain}/world/{kind}" for domain in DOMAINS for kind in ("next-item", "image", "video"))
INSTRUCTED = tuple(name for name in PLANTED if not name.endswith("next-item"))

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
            systems=(*READY, "popularity", "markov", *INSTRUCTORS),
            limit=400,
            settings=("generator.cases=48", *LOADED),
            notes="Small language models that come with the source tree, asked a part of the cases.",
        ),
    ),
)

LANGUAGE = Suite(
    id="language",
    tasks=PLANTED,
    systems=LEARNT,
    seeds=(0, 1, 2),
    settings=RENDERED,
    notes="The planted (synthetic) world: language models trained here with three seeds, and what to set beside them.",
    parts=(
        Suite(
            id="raw",
            tasks=PLANTED,
            systems=("raw-history",),
            settings=RENDERED,
            notes="The base as it is: no seed changes it.",
        ),
        Suite(
            id="beside",
            tasks=PLANTED,
            systems=("popularity", "markov", "code-only", "popular-terms", "history-terms"),
            settings=RENDERED,
        ),
        Suite(
            "consensus",
            INSTRUCTED,
            ("text-ids", "sft-only"),
            (0, 1, 2),
            settings=(*RENDERED, "text-ids.terms=consensus", "sft-only.terms=consensus"),
            notes="The same policies; the instruction's terms are those that their own ranking agrees on.",
        ),
    ),
)

SHIPPED = Suite(
    id="shipped",
    tasks=PLANTED,
    systems=READY,
    settings=(*RENDERED, *LOADED),
    notes="The planted (synthetic) world, whole, asked of every small checkpoint that comes with the source tree; "
    "nothing is trained.",
    parts=(
        Suite("as-it-is", PLANTED, ("raw-history",), settings=RENDERED, notes="The base that they began as."),
        Suite("counted", INSTRUCTED, INSTRUCTORS, settings=RENDERED),
        Suite(
            "agreed",
            INSTRUCTED,
            AGREED,
            settings=(*RENDERED, *LOADED, *(f"{name}.terms=consensus" for name in AGREED)),
            notes="The same checkpoints; the instruction's terms are those that their own ranking agrees on.",
        ),
    ),
)

WORLD = Suite(
    id="world",
    tasks=PLANTED,
    systems=(*COUNTING, *LINEAR, *TEXTUAL, *TRAINED, *INSTRUCTORS),
    settings=RENDERED,
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


@dataclass(frozen=True, slots=True)
class Variant:
    """The whole method with one thing changed: its name in tables, the system, and what is set otherwise."""

    name: str
    system: str = "navigen"
    settings: tuple[str, ...] = ()

    def part(self, tasks: tuple[str, ...], seeds: tuple[int, ...], common: tuple[str, ...]) -> Suite:
        """Return the runs of this variant as a part of a suite."""
        own = tuple(f"{self.system}.{line}" for line in self.settings)
        return Suite(self.name, tasks, (self.system,), seeds, settings=(*common, *own))


FULL = Variant("full")
LONGER = ("thought_tokens=160", "reinforce.thought_tokens=160")  # thoughts, and packs that hold them
VARIANTS = (
    Variant("without collaborative codes", "navigen-text"),
    Variant("without textual codes", "navigen-code"),
    Variant("codes of content", settings=("encoder=content",)),
    Variant("without stage 1", settings=("embed_epochs=0",)),
    Variant("single-shot supervision", settings=("teach.search=single",)),
    Variant("0 rounds of search", settings=("teach.rounds=0",)),
    Variant("2 rounds of search", settings=("teach.rounds=2",)),
    Variant("4 rounds of search", settings=("teach.rounds=4",)),
    Variant("nothing concealed", settings=("teach.conceal=off",)),
    Variant("terms concealed", settings=("teach.conceal=terms",)),
    Variant("with thoughts", settings=("think=true", "length=512", "batch=4", *LONGER)),
    Variant("without reinforcement", settings=("reinforce.steps=0",)),
    Variant("additive hierarchy", settings=("reward.hierarchy=additive",)),
    Variant("without hierarchy", settings=("reward.hierarchy=off",)),
    Variant("without consistency", settings=("reward.consistency=false",)),
    Variant("without quality", settings=("reward.quality=false",)),
    Variant("contrasted reward", settings=("reward.contrast=1",)),
    Variant("unconstrained", settings=("constrained=false",)),
    Variant("raw history", "raw-history"),
)
"""What `full` (one round of search) is compared with."""

ABLATIONS = Suite(
    id="ablations",
    tasks=PLANTED,
    systems=(FULL.system,),
    seeds=(0, 1, 2),
    settings=RENDERED,
    notes="The whole method on the planted (synthetic) world, and one thing changed at a time; variants take up the "
    "stages they share. docs/ablations.md shows them.",
    parts=tuple(one.part(PLANTED, (0, 1, 2) if one.system != "raw-history" else (0,), RENDERED) for one in VARIANTS),
)
