"""The suite of the paper's setting: the method as released, on real logs and on the planted world."""

from bench.listing import Suite

METHOD = ("navigen",)
LOGS = (
    "product/amazon-toys-2014/next-item",
    "game/amazon-games-2018-8k/next-item",
    "short-video/microlens-8k/next-item",
)
DOMAINS = ("product", "game", "short-video")
SERVERS = (
    ("navigen.teacher.url", "address of the teacher's OpenAI-compatible server, as http://localhost:8000/v1"),
    ("navigen.teacher.model", "the name that server gives the teacher"),
    ("navigen.reward.judge_url", "address of the server of the judge that rewards instructions"),
    ("navigen.reward.judge_model", "the name that server gives the judge"),
)
EYES = (
    (
        "scorer.clip.name",
        "folder of a CLIP that looks at the media: hf download laion/CLIP-ViT-B-32-laion2B-s34B-b79K --revision "
        "1a25a446712ba5ee05982a381eed697ef9b435cf --local-dir models/clip",
    ),
)
NUMBERS = ("device.dtype=bfloat16",)
FEW = ("navigen.codes=0",)  # 8192 codes a level would name each of the world's 640 items by its first code alone


def _rendered(name: str, kind: str, generator: str, cases: int) -> Suite:
    return Suite(
        id=name,
        tasks=tuple(f"{domain}/world/{kind}" for domain in DOMAINS),
        systems=METHOD,
        settings=(*NUMBERS, *FEW, f"generator.name={generator}", f"generator.cases={cases}"),
        notes="The real logs have no pictures and no clips to compare with, so instructions are asked of the world.",
        config="paper",
        asks=(*SERVERS, *EYES),
    )


PAPER = Suite(
    id="paper",
    tasks=LOGS,
    systems=METHOD,
    settings=NUMBERS,
    notes="Qwen3-1.7B taught by a server's model, tuned in two stages, reinforced for 600 steps; needs GPUs and two "
    "addresses. docs/paper.md says what it costs and what of it was never run.",
    config="paper",
    asks=SERVERS,
    parts=(
        _rendered("paper-images", "image", "z-image-turbo", 100),
        _rendered("paper-videos", "video", "open-sora-like", 34),
        Suite(
            id="paper-beside",
            tasks=LOGS,
            systems=("popularity", "markov", "item-knn", "sasrec-softmax"),
            settings=NUMBERS,  # a process computes in one format
        ),
    ),
)
