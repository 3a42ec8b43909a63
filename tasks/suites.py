"""The suites: named grids of tasks, systems and seeds."""

from bench.api import Suite

COUNTING = ("random", "popularity", "recent", "markov", "transitions", "item-knn")
LINEAR = ("ease",)
TRAINED = ("sasrec-bce", "sasrec-sampled-softmax", "sasrec-softmax")

QUICK = Suite(
    id="quick",
    tasks=("product/complete-journey/next-item",),
    systems=(*COUNTING, *LINEAR),
    notes="Real data that come with a package and systems that need no gradient: a first look in half a minute.",
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
