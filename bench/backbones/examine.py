"""How well a CLIP tells what pictures show: attributes named without training for it, and pictures found by text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bench.backbones.cache import Encoder, Vectors


class Question(Protocol):
    """Wordings to choose from per picture, and the place of the right one."""

    @property
    def attribute(self) -> str: ...  # noqa: D102
    @property
    def form(self) -> str: ...  # noqa: D102
    @property
    def choices(self) -> Sequence[Sequence[str]]: ...  # noqa: D102
    @property
    def answers(self) -> NDArray[np.int64]: ...  # noqa: D102


class Sheet(Protocol):
    """Pictures of a domain, the text of each, and the questions."""

    @property
    def domain(self) -> str: ...  # noqa: D102
    @property
    def looks(self) -> str: ...  # noqa: D102
    @property
    def pixels(self) -> NDArray[np.uint8]: ...  # noqa: D102
    @property
    def texts(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def questions(self) -> Sequence[Question]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Figure:
    """A share of pictures: rightly named (`what`: an attribute) or found by text ("found@1", "found@10").

    `chance`: the share that guessing reaches.
    """

    domain: str
    looks: str
    what: str
    form: str
    share: float
    chance: float
    pictures: int


def examine(encoder: Encoder, sheets: Iterable[Sheet]) -> Iterator[Figure]:
    """Yield the figures of every sheet: its questions, or where it asks none, how its pictures are found by text."""
    for sheet in sheets:
        seen = encoder.embed_pictures(sheet.pixels)
        number = len(sheet.pixels)
        for question in sheet.questions:
            right = float((name(encoder, seen, question) == question.answers).mean())
            chance = 1 / len(question.choices[0])
            yield Figure(sheet.domain, sheet.looks, question.attribute, question.form, right, chance, number)
        if not sheet.questions:
            places = ranks(encoder.embed_texts(sheet.texts), seen)
            for depth in (1, 10):
                found = float((places < depth).mean())
                yield Figure(sheet.domain, sheet.looks, f"found@{depth}", "instruction", found, depth / number, number)


def name(encoder: Encoder, seen: Vectors, question: Question) -> NDArray[np.int64]:
    """Return the place of the wording nearest to each picture."""
    texts = list(dict.fromkeys(text for choices in question.choices for text in choices))
    place = {text: at for at, text in enumerate(texts)}
    chosen = np.array([[place[text] for text in choices] for choices in question.choices])
    said = encoder.embed_texts(texts)
    near = np.einsum("nd,ncd->nc", seen, said[chosen])
    found: NDArray[np.int64] = near.argmax(axis=1)
    return found


def ranks(asked: Vectors, seen: Vectors) -> NDArray[np.int64]:
    """Return, per text, how many pictures are nearer to it than its own is; ties count half, against it."""
    near = asked @ seen.T
    own = np.diag(near)[:, None]
    ties = (near == own).sum(axis=1) - 1
    return np.asarray((near > own).sum(axis=1) + (ties + 1) // 2, dtype=np.int64)


def tell(figures: Sequence[Figure]) -> list[str]:
    """Return the figures as a Markdown table: a row an attribute, in percent."""
    cells = {(one.domain, one.what, one.looks, one.form): one for one in figures}
    rows = list(dict.fromkeys((one.domain, one.what) for one in figures if one.looks != "items"))
    kinds = [(looks, form) for looks in ("ordinary", "held-out") for form in ("instruction", "value")]
    lines = ["| domain | attribute | chance | " + " | ".join(f"{looks}, {form}" for looks, form in kinds) + " |"]
    lines.append("|---|---|---:|" + "---:|" * len(kinds))
    for domain, what in rows:
        found = [cells[domain, what, *kind] for kind in kinds]
        shares = " | ".join(f"{100 * one.share:.0f}" for one in found)
        lines.append(f"| {domain} | {what} | {100 * found[0].chance:.0f} | {shares} |")
    told = [one for one in figures if one.looks == "items"]
    lines += ["", "| domain | pictures | found@1 | found@10 |", "|---|---:|---:|---:|"]
    for domain in dict.fromkeys(one.domain for one in told):
        first, tenth = (one for one in told if one.domain == domain)
        lines.append(f"| {domain} | {first.pictures} | {100 * first.share:.0f} | {100 * tenth.share:.0f} |")
    return lines
