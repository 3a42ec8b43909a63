"""More tiny source files: MovieLens, MiniOneRec and RecBole."""

from __future__ import annotations

import json
from pathlib import Path


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))
    return path


def movielens_100k(folder: Path) -> None:
    write(folder / "u.data", "196\t242\t3\t881250949\n196\t302\t3\t881250900\n196\t377\t1\t881250999\n")
    flags = "|".join("1" if index in (5, 8) else "0" for index in range(19))
    write(folder / "u.item", f"242|Misérables, Les (1995)|01-Jan-1995||http://us.imdb.com/M|{flags}\n", "latin-1")


def movielens_1m(folder: Path) -> None:
    write(folder / "ratings.dat", "1::1193::5::978300760\n1::661::3::978302109\n1::914::3::978301968\n")
    write(folder / "movies.dat", "1193::Fée (1975)::Drama|War\n661::James: and::Animation\n", "latin-1")


def movielens_20m(folder: Path) -> None:
    ratings = "userId,movieId,rating,timestamp\n1,2,3.5,1112486027\n1,29,3.5,1112484676\n1,32,3.5,1112484819\n"
    write(folder / "ratings.csv", ratings)
    movies = 'movieId,title,genres\n2,"American President, The (1995)",Comedy|Drama\n29,Lost,(no genres listed)\n'
    write(folder / "movies.csv", movies)


def minionerec(folder: Path) -> None:
    header = "user_id,history_item_title,item_title,history_item_id,item_id,history_item_sid,item_sid\n"

    def row(history: list[int], item: int) -> str:
        return f'A22,"[\'x, y\']",T,"{history}",{item},"[\'<a_1>\']",<a_1><b_1><c_1>\n'

    write(folder / "train" / "Office_5_2016-10-2018-11.csv", header + row([4], 5) + row([4, 5], 6))
    write(folder / "valid" / "Office_5_2016-10-2018-11.csv", header + row([5, 6], 4))
    write(folder / "test" / "Office_5_2016-10-2018-11.csv", header + row([6, 4], 9))
    codes = {"4": ["<a_1>", "<b_2>", "<c_3>"], "9": ["<a_1>", "<b_2>", "<c_4>"]}
    write(folder / "index" / "Office.index.json", json.dumps(codes))
    texts = {"4": {"title": "Ink", "description": "Black ink.", "brand": "HP"}}
    write(folder / "index" / "Office.item.json", json.dumps(texts))


def recbole(folder: Path) -> None:
    header = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
    write(folder / "ml.inter", header + "1\ta\t5\t30\n1\tb\t4\t10\n1\tc\t3\t20\n")
    header = "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
    write(folder / "ml.item", header + "a\tToy Story\t1995\tComedy Drama\n")
