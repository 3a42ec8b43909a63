"""Figures of media: judged again where the media were sent, shown as not checked where they were not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from bench.api import Cases
from bench.pixels import read_pixels
from tests.submission.making import Draft, code_of, judged, make_run, packed, world_card

NAME = "tests.submission.test_eyes:Brightness"


class Brightness:
    """Mean of a picture's bytes."""

    higher_is_better: ClassVar[bool | None] = True
    of_media: ClassVar[bool] = True

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        return [read_pixels(case.media).mean() / 255 if isinstance(case.media, Path) else None for case in cases.rows]


def test_media_are_judged_again_if_sent(tmp_path: Path) -> None:
    card = world_card(tmp_path, "image", "tests.generators:Paints", more=(NAME,))
    run = make_run(card, "recent-terms", tmp_path / "runs", "generator.cases=20")
    seen = judged(packed([run], tmp_path / "seen.zip", media=True), card)
    assert code_of(seen) == "accepted", str(seen.refused)
    assert NAME in seen.runs[0].judged.checked
    path = packed([run], tmp_path / "unseen.zip")
    unseen = judged(path, card)
    assert code_of(unseen) == "accepted", str(unseen.refused)
    assert unseen.runs[0].judged.unchecked == (NAME,)
    draft = Draft(tmp_path / "seen.zip")
    draft.manifest["figures"][NAME]["value"] += 0.01
    assert code_of(judged(draft.seal().write(tmp_path / "bright.zip"), card)) == "figures-differ"


def test_a_primary_figure_of_media_needs_them(tmp_path: Path) -> None:
    card = world_card(tmp_path, "image", "tests.generators:Paints", NAME, (NAME,))
    run = make_run(card, "recent-terms", tmp_path / "runs", "generator.cases=20")
    assert code_of(judged(packed([run], tmp_path / "s.zip"), card)) == "media-needed"
    assert code_of(judged(packed([run], tmp_path / "t.zip", media=True), card)) == "accepted"
