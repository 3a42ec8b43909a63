"""Tiny files in each publisher's real format, written by the tests that read them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from source_layouts import minionerec, movielens_1m, movielens_20m, movielens_100k, recbole, write

__all__ = [
    "amazon_2014",
    "amazon_2018",
    "amazon_2023",
    "kuairand",
    "kuairec",
    "microlens",
    "minionerec",
    "movielens_1m",
    "movielens_20m",
    "movielens_100k",
    "pair",
    "recbole",
    "retail",
    "steam",
    "write",
    "write_gz",
]


def write_gz(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wb") as stream:
        stream.write(text.encode())
    return path


def pair(folder: Path) -> None:
    write_gz(folder / "sequences.tsv.gz", "u1\ta b c a\nu2\tb c\nu3\tc a b\n")
    rows = [
        {
            "item": "a",
            "title": "Ark",
            "keywords": "wooden boat",
            "tags": ["toy", "wood"],
            "price": 3.5,
            "image": "a.jpg",
        },
        {"item": "b", "caption": "blue ball"},
        {"item": "z", "title": "never bought"},
    ]
    write(folder / "a.jpg", "not really a picture")
    write_gz(folder / "items.jsonl.gz", "".join(json.dumps(row) + "\n" for row in rows))


def amazon_2014(folder: Path) -> None:
    reviews = [
        {
            "reviewerID": "A1",
            "asin": "B1",
            "reviewerName": "x",
            "helpful": [0, 0],
            "overall": 5.0,
            "unixReviewTime": 1000000300,
        },
        {"reviewerID": "A1", "asin": "B2", "overall": 2.0, "unixReviewTime": 1000000100},
        {"reviewerID": "A1", "asin": "B3", "overall": 4.0, "unixReviewTime": 1000000200},
    ]
    write_gz(folder / "reviews_Toys_and_Games_5.json.gz", "".join(json.dumps(row) + "\n" for row in reviews))
    meta = (
        "{'asin': 'B1', 'title': \"Lion's den\", 'categories': [['Toys', 'Animals']], 'price': 9.99, 'brand': 'Acme'}\n"
        "{'asin': 'B2', 'description': 'A drum.', 'related': {'also_bought': ['B1']}, 'categories': [['Toys']]}\n"
    )
    write_gz(folder / "meta_Toys_and_Games.json.gz", meta)


def amazon_2018(folder: Path) -> None:
    reviews = [
        {
            "overall": 5.0,
            "verified": True,
            "reviewTime": "11 9, 2012",
            "reviewerID": "A1",
            "asin": item,
            "unixReviewTime": time,
        }
        for item, time in (("B1", 1352419200), ("B2", 1352419300), ("B3", 1352419400))
    ]
    write_gz(folder / "Office_Products_5.json.gz", "".join(json.dumps(row) + "\n" for row in reviews))
    meta = {
        "category": ["Office", "Pens"],
        "description": ["Blue", "ink."],
        "title": "Pen",
        "brand": "Bic",
        "asin": "B1",
    }
    write_gz(folder / "meta_Office_Products.json.gz", json.dumps(meta) + "\n")


def amazon_2023(folder: Path) -> None:
    reviews = [
        {
            "rating": 5.0,
            "title": "t",
            "asin": "C1",
            "parent_asin": item,
            "user_id": "AE",
            "timestamp": time,
            "helpful_vote": 0,
        }
        for item, time in (("B1", 1658185117948), ("B2", 1658185117949), ("B3", 1658185117950))
    ]
    write_gz(folder / "Video_Games.jsonl.gz", "".join(json.dumps(row) + "\n" for row in reviews))
    meta = {
        "main_category": "Video Games",
        "title": "Quest",
        "features": ["two", "players"],
        "description": [],
        "store": "Nin",
        "categories": ["Games"],
        "details": {},
        "parent_asin": "B1",
    }
    write_gz(folder / "meta_Video_Games.jsonl.gz", json.dumps(meta) + "\n")


def microlens(folder: Path) -> None:
    write(
        folder / "MicroLens-50k_pairs.csv",
        "user,item,timestamp\n1,10,1583378629552\n1,11,1583378629551\n1,12,1583378629553\n",
    )
    write(folder / "MicroLens-50k_titles.csv", 'item,title\n10,"Duck, dry fried"\n11,Armor\n')
    write(folder / "MicroLens-50k_covers" / "10.jpg", "cover")
    write(folder / "MicroLens-50k_videos" / "10.mp4", "clip")


RAND_HEADER = (
    "user_id,video_id,date,hourmin,time_ms,is_click,is_like,is_follow,is_comment,is_forward,is_hate,long_view,"
    "play_time_ms,duration_ms,profile_stay_time,comment_stay_time,is_profile_enter,is_rand,tab\n"
)


def kuairand(folder: Path) -> None:
    def row(video: int, time: int, click: int) -> str:
        return f"7,{video},20220421,400,{time},{click},0,0,0,0,0,0,5000,10000,0,0,0,0,1\n"

    data = folder / "data"
    early = row(1, 1650485801301, 1) + row(2, 1650485801302, 0) + row(3, 1650485801303, 1)
    write(data / "log_standard_4_08_to_4_21_pure.csv", RAND_HEADER + early)
    write(data / "log_standard_4_22_to_5_08_pure.csv", RAND_HEADER + row(4, 1650585801303, 1))
    write(data / "log_random_4_22_to_5_08_pure.csv", RAND_HEADER + row(5, 1650585801304, 1))
    basic = "video_id,author_id,video_type,upload_dt,upload_type,visible_status,"
    basic += "video_duration,server_width,server_height,music_id,music_type,tag\n"
    write(
        data / "video_features_basic_pure.csv",
        basic + '1,441,NORMAL,2020-07-08,ShortImport,1,17200.0,720,1280,9,4,"12,65"\n',
    )


def kuairec(folder: Path) -> None:
    header = "user_id,video_id,play_duration,video_duration,time,date,timestamp,watch_ratio\n"
    rows = "".join(
        f"14,{item},4381,6067,2020-07-05 05:27:48.378,20200705,{time},{ratio}\n"
        for item, time, ratio in ((1, 1593898068.378, 0.72), (2, 1593898058.3, 1.9), (3, 1593898078.3, 0.1))
    )
    data = folder / "KuaiRec 2.0" / "data"
    write(data / "big_matrix.csv", header + rows)
    write(data / "item_categories.csv", 'video_id,feat\n1,"[8, 9]"\n2,[27]\n')
    write(
        data / "kuairec_caption_category.csv",
        "video_id,manual_cover_text,caption,topic_tag,first_level_category_id,first_level_category_name\n"
        '1,UNKNOWN,"line one\nline two",[cats],8,Pets\n',
    )


def steam(folder: Path) -> None:
    user = {
        "user_id": "u",
        "user_url": "http://x",
        "reviews": [
            {
                "funny": "",
                "posted": "Posted November 5, 2011.",
                "item_id": "10",
                "recommend": True,
                "review": 'it\'s "good"',
            },
            {"funny": "", "posted": "Posted September 8, 2013.", "item_id": "20", "recommend": False, "review": ""},
            {"funny": "", "posted": "Posted July 15, 2011.", "item_id": "30", "recommend": True, "review": ""},
            {"funny": "", "posted": "Posted July 15.", "item_id": "40", "recommend": True, "review": ""},
        ],
    }
    write_gz(folder / "australian_user_reviews.json.gz", repr(user) + "\n")
    game = "{u'publisher': u'Kotoshiro', u'genres': [u'Action'], u'app_name': u'Lost Summoner', u'title': u'Lost"
    game += " Summoner', u'tags': [u'Indie', u'RPG'], u'release_date': u'2018-01-04', u'id': u'10'}\n"
    write_gz(folder / "steam_games.json.gz", game)


def retail(folder: Path) -> None:
    write(
        folder / "OnlineRetail.csv",
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        "536365,85123A,WHITE HANGING HEART,6,12/1/2010 8:26,2.55,17850,United Kingdom\n"
        "536366,71053,WHITE METAL LANTERN,6,12/1/2010 8:28,3.39,17850.0,United Kingdom\n"
        "536367,84406b,CREAM CUPID,8,2010-12-02 08:26:00,2.75,17850,United Kingdom\n"
        "C536379,22752,RETURNED,-1,12/1/2010 9:41,27.5,17850,United Kingdom\n"
        "536370,POST,POSTAGE,3,12/1/2010 8:45,18,17850,France\n"
        "536371,22752,NO CUSTOMER,1,12/1/2010 9:00,1,,United Kingdom\n",
    )
