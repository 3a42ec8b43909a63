"""Cards of the game tasks."""

from bench.api import Data, Kind, Task
from tasks.product import LOADER, SCORERS

AMAZON = Task(
    id="game/amazon-games-2018-8k/next-item",
    kind=Kind.NEXT_ITEM,
    data=Data(LOADER, {"folder": "game/amazon-games-2018-8k"}),
    scorers=SCORERS,
    primary="ndcg@10",
    version="1",
    fingerprint="899091ae6b07bf54c32b0d7a352d7a18678655b8459db6a0685b193a3f35ed9c",
    licence="no licence stated by the publisher; research use, cite the source",
    source="Ni, Li, McAuley, Justifying recommendations using distantly-labeled reviews and fine-grained aspects, "
    "EMNLP 2019; Video Games, a dense sample",
    notes="7,782 users, 3,685 items, 66,688 events; a dense sample, so figures are higher than on the whole set and "
    "not comparable with it. Only the order of events is known. Users never repeat an item here; `--set "
    "policy.seen=mask` is the easier protocol.",
)

STEAM = Task(
    id="game/steam-reviews-au/next-item",
    kind=Kind.NEXT_ITEM,
    data=Data(LOADER, {"folder": "game/steam-reviews-au"}),
    scorers=SCORERS,
    primary="ndcg@10",
    version="1",
    fingerprint="904c26d7874431a55fe25df602ebe625052bed936207b2a158cda1bdb16f472f",
    licence="no licence stated by the publisher; research use, cite the source",
    source="Kang, McAuley, Self-attentive sequential recommendation, ICDM 2018 (arXiv 1808.09781); Pathak, Gupta, "
    "McAuley, SIGIR 2017; UCSD Steam, reviews of Australian users",
    notes="5,543 users, 984 items, 24,706 events. Smoke data: popularity is hard to beat (recall@10 .25), so it "
    "checks that a system runs, not that it is good. Half the queries have a history of three items at most; 4.4 % "
    "of the targets have no training event. Only the order of events is known.",
)
