"""Cards of the short-video tasks."""

from bench.api import Data, Kind, Task
from tasks.product import LOADER, SCORERS

MICROLENS = Task(
    id="short-video/microlens-8k/next-item",
    kind=Kind.NEXT_ITEM,
    data=Data(LOADER, {"folder": "short_video/microlens-8k"}),
    scorers=SCORERS,
    primary="ndcg@10",
    version="1",
    fingerprint="ca62d746a4719e85d4cf518004b7e946809da5b5642cf234a6780814c19da724",
    licence="no licence stated by the publisher; research use, cite the source",
    source="Ni et al., A content-driven micro-video recommendation dataset at scale (arXiv 2309.15379); a dense "
    "sample of MicroLens-50k",
    notes="7,473 users, 3,567 items, 53,587 events (comments); a dense sample, so figures are not comparable with "
    "MicroLens-50k. Titles and hashtags are machine-translated from Chinese. 7.6 % of "
    "the targets have no training event: out of reach of behaviour alone. Only the order of events is known.",
)

KUAIRAND = Task(
    id="short-video/kuairand-pure-5k/next-item",
    kind=Kind.NEXT_ITEM,
    data=Data(LOADER, {"folder": "short_video/kuairand-pure-5k"}),
    scorers=SCORERS,
    primary="ndcg@10",
    version="1",
    fingerprint="030eb1cd17b26948470603be6955f4f935c4e1d401eadffbf5cc6d3ded412c73",
    licence="CC BY-SA 4.0",
    source="Gao et al., KuaiRand: an unbiased sequential recommendation dataset with randomly exposed videos, CIKM "
    "2022 (arXiv 2208.08696), doi 10.5281/zenodo.10439422",
    notes="4,926 users, 2,955 items, 99,868 events. The log shows taste but little order: counting neighbours beats "
    "counting transitions. The only text is a category name; its English is inferred from the tag number.",
)
