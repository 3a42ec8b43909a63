"""One way to cut text into words and to compare them: words, stems, and phrases found in a text as whole words.

A word is a run of letters, digits and combining marks of any script, after Unicode NFKC and in lower case. An
apostrophe (straight or curly) belongs to a word inside it ("bird's") and is dropped at its ends; everything else
separates words, hyphens too, so that "side-scrolling" and "side scrolling" are the same two words. Text without blanks
between words (Chinese, Japanese, Thai) is one word a run.

Two words are the same if their stems are: the English Snowball stem (Porter 2, version 3 of the algorithm, which tells
"organ" from "organic"), of the American spelling where the two spellings differ ("colourful" is "colorful"). So
"stripes" is "striped", and "art" is not in "party". What the stemmer leaves apart ("wood" and "wooden") is apart.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from threading import Lock
from typing import Any

Stems = tuple[str, ...]

APOSTROPHES = "'\u2018\u2019\u02bc\u00b4\uff07"

# Stems of British spellings and those of the same words in American spelling.
_SPELLINGS = """
    aluminium/aluminum armour/armor catalogu/catalog centr/center chequer/checker colour/color cosi/cozi favour/favor
    fibr/fiber flavour/flavor grey/gray greyish/grayish greyscal/grayscal harbour/harbor humour/humor jewelleri/jewelri
    metr/meter mould/mold moustach/mustach neighbour/neighbor neighbourhood/neighborhood plough/plow pyjama/pajama
    sceptic/skeptic theatr/theater tyre/tire vapour/vapor
"""
SPELLINGS: Mapping[str, str] = dict(pair.split("/") for pair in _SPELLINGS.split())

# Words that say nothing about what is shown, and the words that only ask for a picture or video.
_STOP = """
    a about above after again all also am an and any are as at be because been before being below between both but by
    can could did do does doing down during each few for from further had has have having he her here hers him his how
    i if in into is it it's its itself just me more most my no nor not of off on once only or other our out over own s
    same she should so some such t than that the their them then there these they this those through to too under
    until up very was we were what when where which while who whom why will with would you your
    image images photo photos picture pictures video videos show showing shown shows
"""
STOP: frozenset[str] = frozenset(_STOP.split())


class _Letters(dict[int, str]):
    """What `str.translate` makes of a character: itself in a word, a straight apostrophe, or a blank."""

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        self[code] = sign if unicodedata.category(sign)[0] in "LNM" else " "
        return self[code]


_BUSY = Lock()
_LETTERS = _Letters({ord(sign): "'" for sign in APOSTROPHES})
_STRAIGHT = str.maketrans(dict.fromkeys(APOSTROPHES, "'"))  # before NFKC, which would take some of them apart


def tokens(text: str) -> list[str]:
    """Return the words of a text in order, in lower case."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text.translate(_STRAIGHT))
    return [word for part in plain.lower().translate(_LETTERS).split() if (word := part.strip("'"))]


def stems(text: str) -> Stems:
    """Return the stem of every word of a text, in order."""
    return tuple(map(stem, tokens(text)))


def content(text: str) -> Stems:
    """Return the stems of a text's content words, in order: all words but those in `STOP`."""
    return tuple(stem(word) for word in tokens(text) if word not in STOP)


@lru_cache(maxsize=2**18)
def stem(word: str) -> str:
    """Return the stem of one word in lower case, in American spelling."""
    with _BUSY:  # the stemmer keeps the word it works on
        found: str = _stemmer().stemWord(word)
    return SPELLINGS.get(found, found)


@cache
def _stemmer() -> Any:
    # Not snowballstemmer.stemmer("english"): that is another package's, of any version, where it is installed.
    from snowballstemmer.english_stemmer import EnglishStemmer

    return EnglishStemmer()


class Phrases:
    """Many phrases, each a sequence of stems, to be found in texts as whole, consecutive words.

    Where phrases overlap in a text the longest counts and the others do not ("running shoe" is no "running"); of two
    equally long ones the first does. Punctuation does not separate phrases.
    """

    def __init__(self, phrases: Iterable[Stems]) -> None:
        starts: dict[str, set[Stems]] = {}
        for phrase in phrases:
            if phrase:
                starts.setdefault(phrase[0], set()).add(phrase)
        self._starts = {first: sorted(found, key=len, reverse=True) for first, found in starts.items()}

    def find(self, text: Sequence[str]) -> list[Stems]:
        """Return the phrases in a text given as stems, in order of their place; a repeated one comes repeatedly."""
        words = tuple(text)
        starts = self._starts
        found = [
            (place, phrase)
            for place, word in enumerate(words)
            if word in starts
            for phrase in starts[word]
            if words[place : place + len(phrase)] == phrase
        ]
        if len(found) < 2:
            return [phrase for _, phrase in found]
        taken: set[int] = set()
        kept: list[tuple[int, Stems]] = []
        for place, phrase in sorted(found, key=lambda one: (-len(one[1]), one[0])):
            places = range(place, place + len(phrase))
            if taken.isdisjoint(places):
                taken.update(places)
                kept.append((place, phrase))
        return [phrase for _, phrase in sorted(kept)]


def contains(text: Sequence[str], phrase: Sequence[str]) -> bool:
    """Return whether the phrase stands in the text as consecutive stems; an empty phrase stands in none."""
    size, words, sought = len(phrase), tuple(text), tuple(phrase)
    return size > 0 and any(words[place : place + size] == sought for place in range(len(words) - size + 1))
