"""Cards of the planted world: three domains, and of each the next item, a picture and a clip."""

from __future__ import annotations

from bench.api import Data, Kind, Task
from tasks.product import SCORERS

LOADER = "tasks.world.load:load"
INSTRUCTED = (
    "attribute-f1",
    "personal-effect",
    "attribute-precision",
    "attribute-recall",
    "term-f1",
    "retrieval@10",
    "specificity",
    "layers",
    "leak",
    "words",
    "distinct-2",
    "self-bleu",
)
LOOKED_AT = ("clip-alignment", "clip-i", "clip-i-effect", "target-retrieval@10", "clip-diversity")
MOVING = ("consistency", "motion", "flicker", "decodes")
JUDGED = {
    Kind.NEXT_ITEM: SCORERS,
    Kind.IMAGE: (*INSTRUCTED, *LOOKED_AT),
    Kind.VIDEO: (*INSTRUCTED, *LOOKED_AT, *MOVING),
}
GENERATORS = {Kind.NEXT_ITEM: "", Kind.IMAGE: "world-image", Kind.VIDEO: "world-video"}
MEDIA = {Kind.NEXT_ITEM: "none", Kind.IMAGE: "image", Kind.VIDEO: "clip"}
MADE = "synthetic: planted users, captions and drawings, made on the spot by this package (Apache-2.0)"
ASKED = {
    Kind.NEXT_ITEM: "Which item comes next; the whole catalogue is ranked.",
    Kind.IMAGE: "An instruction for a picture that the user would like to see next. Judged by its text against the "
    "next item: what it names, whether another user's item would fit as well, which item it finds; and by the picture "
    "that a small generator makes of it, seen by a small CLIP.",
    Kind.VIDEO: "An instruction for a clip that the user would like to see next. Judged by its text and by the clip "
    "that a small generator makes of it, as for pictures.",
}
FINGERPRINTS = {
    "product/world/next-item": "1ba66f334c904da8df2a91dbabe7d2fba5f0380014880c703ef1b6e3011f7cc3",
    "product/world/image": "c18f7765f7b8a35ef5ed2a80731e8eda57d48c07fb1ae4eff520978b69be72e6",
    "product/world/video": "2b95b6211c8dbca5829b52398e7c43159137fec2a39e875512704e2f1675eedc",
    "game/world/next-item": "70a0a81316a8fbb45b4415869ea58acd1890c6775b044733361059afece7b4b0",
    "game/world/image": "15114382f460d93a817ac981b8e79b37935ae9c286e180cea196bf47fcd3b1f5",
    "game/world/video": "b3dec3620f4b04fbccad7a37dcadc9fe4068a35411b546a9cad55eed6e19ca82",
    "short-video/world/next-item": "5102ad9d94f519844c93925f2c911895115844ea04ddf435fadec1c58152b625",
    "short-video/world/image": "6ec1815b0570713e97d1dc170e25d20d1d7a8e7d3efa974fc129304773ca0528",
    "short-video/world/video": "912fda7b6384f0e542d80a483feb5c5eb184d9169381295aaa3a4990f3d2f593",
}


def _card(domain: str, kind: Kind) -> Task:
    name = f"{domain}/world/{kind.value}"
    ranked = kind is Kind.NEXT_ITEM
    return Task(
        id=name,
        kind=kind,
        data=Data(LOADER, {"domain": domain, **({} if ranked else {"media": MEDIA[kind]})}),
        scorers=JUDGED[kind],
        primary="ndcg@10" if ranked else "attribute-f1",
        version="1" if ranked else "2",
        licence="Apache-2.0",
        source=MADE,
        notes=f"SYNTHETIC. {ASKED[kind]} What is planted, and what favours which representation: docs/world.md. A "
        "user's last event is asked; data.split=time and data.split=users split otherwise.",
        fingerprint=FINGERPRINTS[name],
        generator=GENERATORS[kind],
        backbones={} if ranked else {"clip": "world-clip"},
    )


PRODUCT_NEXT = _card("product", Kind.NEXT_ITEM)
PRODUCT_IMAGE = _card("product", Kind.IMAGE)
PRODUCT_VIDEO = _card("product", Kind.VIDEO)
GAME_NEXT = _card("game", Kind.NEXT_ITEM)
GAME_IMAGE = _card("game", Kind.IMAGE)
GAME_VIDEO = _card("game", Kind.VIDEO)
SHORT_VIDEO_NEXT = _card("short-video", Kind.NEXT_ITEM)
SHORT_VIDEO_IMAGE = _card("short-video", Kind.IMAGE)
SHORT_VIDEO_VIDEO = _card("short-video", Kind.VIDEO)
