"""What is asked: the tables of task cards and suites; listing them reads no data and imports nothing heavy."""

from bench.listing import Entry

TASKS: dict[str, Entry] = {
    "product/amazon-toys-2014/next-item": Entry(
        "tasks.product:TOYS", "next toy of 19,412 reviewers among 11,924 (the 5-core set of S3-Rec, P5 and TIGER)"
    ),
    "product/amazon-office-2018/next-item": Entry(
        "tasks.product:OFFICE", "next office product of 3,231 reviewers among 3,459, with titles and descriptions"
    ),
    "product/uci-online-retail/next-basket": Entry(
        "tasks.product:RETAIL", "all items of the next invoice of a gift-ware shop's customers"
    ),
    "product/complete-journey/next-item": Entry(
        "tasks.product:JOURNEY", "dearest item of a household's next grocery basket; data from a package", "journey"
    ),
    "game/amazon-games-2018-8k/next-item": Entry(
        "tasks.game:AMAZON", "next video game or accessory of 7,782 reviewers among 3,685"
    ),
    "game/steam-reviews-au/next-item": Entry(
        "tasks.game:STEAM", "next reviewed Steam game of 5,543 players among 984 (smoke data)"
    ),
    "short-video/microlens-8k/next-item": Entry(
        "tasks.short_video:MICROLENS", "next commented short video of 7,473 users among 3,567, with titles"
    ),
    "short-video/kuairand-pure-5k/next-item": Entry(
        "tasks.short_video:KUAIRAND", "next short video of 4,926 users among 2,955, with category names"
    ),
    "product/world/next-item": Entry("tasks.world.cards:PRODUCT_NEXT", "synthetic: next of 640 drawn products"),
    "product/world/image": Entry(
        "tasks.world.cards:PRODUCT_IMAGE",
        "synthetic: an instruction for a picture of the next product",
        "media,render,see",
    ),
    "product/world/video": Entry(
        "tasks.world.cards:PRODUCT_VIDEO",
        "synthetic: an instruction for a clip of the next product",
        "media,render,see",
    ),
    "game/world/next-item": Entry("tasks.world.cards:GAME_NEXT", "synthetic: next of 640 drawn games"),
    "game/world/image": Entry(
        "tasks.world.cards:GAME_IMAGE", "synthetic: an instruction for a picture of the next game", "media,render,see"
    ),
    "game/world/video": Entry(
        "tasks.world.cards:GAME_VIDEO", "synthetic: an instruction for a clip of the next game", "media,render,see"
    ),
    "short-video/world/next-item": Entry(
        "tasks.world.cards:SHORT_VIDEO_NEXT", "synthetic: next of 640 drawn short videos"
    ),
    "short-video/world/image": Entry(
        "tasks.world.cards:SHORT_VIDEO_IMAGE",
        "synthetic: an instruction for a picture of the next video",
        "media,render,see",
    ),
    "short-video/world/video": Entry(
        "tasks.world.cards:SHORT_VIDEO_VIDEO",
        "synthetic: an instruction for a clip like the next video",
        "media,render,see",
    ),
}

SUITES: dict[str, Entry] = {
    "quick": Entry(
        "tasks.suites:QUICK",
        "the planted world and real shopping data from a package, systems that train nothing here: minutes",
        "journey,lm",
    ),
    "language": Entry(
        "tasks.suites:LANGUAGE", "the planted world, systems that speak, trained here, three seeds", "lm"
    ),
    "shipped": Entry("tasks.suites:SHIPPED", "the planted world, whole, asked of the checkpoints that ship", "lm"),
    "ablations": Entry(
        "tasks.suites:ABLATIONS",
        "the planted world, the whole method and one thing changed at a time",
        "lm",
    ),
    "world": Entry("tasks.suites:WORLD", "the planted world, all nine cards, every system that ships"),
    "paper": Entry(
        "tasks.paper:PAPER",
        "the paper's setting of the method: GPUs, a teacher's and a judge's server",
        "lm,render,see",
    ),
    "classic": Entry("tasks.suites:CLASSIC", "every real log against counting, linear and self-attentive systems"),
}

DATA: dict[str, Entry] = {
    "columns": Entry("tasks.ingest.table:Columns", "column names of a user's own log"),
    "describe": Entry("tasks.ingest.describe:describe", "statistics of a loaded data set"),
    "export": Entry("tasks.ingest.export:export", "write a task's log and items for another library"),
    "fetch": Entry("tasks.ingest.fetch:fetch", "download a source, checked and resumable"),
    "import": Entry("tasks.ingest.importer:import_log", "make a task of a user's own log"),
    "sheets": Entry("tasks.sheet:write_sheets", "contact sheet and clips of a loaded data set"),
    "sources": Entry("tasks.ingest.sources:SOURCES", "what can be fetched, and from where"),
    "terms": Entry("tasks.ingest.importer:Terms", "how to read and clean a user's own log"),
}
