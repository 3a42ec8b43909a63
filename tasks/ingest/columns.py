"""Which column of a user's own table is the user, the item, the time: guessed only where there is one guess."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.errors import BenchError


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


OBVIOUS: Mapping[str, frozenset[str]] = {
    "user": _words(
        "user userid uid username usersid customer customerid customernumber client clientid member memberid account "
        "accountid household householdid visitor visitorid reviewerid shopper shopperid player playerid"
    ),
    "item": _words(
        "item itemid iid product productid productcode pid asin parentasin sku stockcode article articleid movie "
        "movieid video videoid track trackid song songid game gameid appid goodsid listingid book bookid newsid"
    ),
    "time": _words(
        "time timestamp ts timems timestampms datetime date eventtime eventtimestamp eventdate createdat created "
        "unixtime unixreviewtime purchasedate purchasetime orderdate invoicedate transactiontimestamp"
    ),
    "title": _words("title name itemname itemtitle productname producttitle movietitle appname"),
    "caption": _words("caption description text keywords itemdescription productdescription abstract"),
    "image": _words("image imagepath imagefile cover picture"),
    "clip": _words("clip clippath video videopath videofile"),
}


def find_column(path: Path, columns: Sequence[str], role: str, given: str = "") -> str:
    """Return the column for a role: the one given, or the only one with an obvious name.

    BenchError lists the columns if the given one is not there, or if none or several could be meant.
    """
    shown = ", ".join(name[:40] for name in columns[:40]) or "none"
    if given:
        if given not in columns:
            raise BenchError(f"{path}: no column {given!r} for the {role}; it has: {shown}")
        return given
    found = guess_columns(columns, role)
    if len(found) == 1:
        return found[0]
    why = f"several could be the {role} ({', '.join(found)})" if found else f"none is obviously the {role}"
    raise BenchError(f"{path}: {why}; name it with {role}=COLUMN. Columns: {shown}")


def guess_columns(columns: Sequence[str], role: str) -> list[str]:
    """Return the columns whose name, without case, blanks and punctuation, is an obvious one for the role."""
    return [name for name in columns if plain(name) in OBVIOUS[role]]


def plain(name: str) -> str:
    """Return a column's bare name: "User ID" -> "userid", "item_id:token" -> "itemid"."""
    return "".join(letter for letter in name.partition(":")[0].lower() if letter.isalnum())
