"""What was rendered in a run, seen through the model in the role "clip": once a run, shared by all scorers of media.

A case's medium is a picture or a clip, and a picture is a clip of one frame. What could not be rendered, or is no
picture that can be read, is spoilt: it scores 0 where higher is better and is not judged elsewhere. What was not to be
rendered is not judged at all. Of several targets the one that fits best counts; a target without the medium that the
task asks for (a picture, or a clip) is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.api import Case, Cases, Failure, Item, Kind
from bench.backbones.cache import Remembering
from bench.errors import BenchError
from bench.scorers.encoding import Floats, Ints
from bench.scorers.lens import Encoder, Vectors, encoder, make, named, unit
from bench.scorers.mismatch import mismatched
from bench.scorers.views import Views, look

Stamp = tuple[Path, int, int]
NOTHING = Views(np.zeros((0, 1), dtype=np.float32), np.zeros(1, dtype=np.int64))


class OfMedia:
    """What every scorer of media has."""

    of_media = True
    higher_is_better: bool | None = True


@dataclass(frozen=True, slots=True, eq=False)
class Outputs:
    """The distinct files of a run, sorted, and which of them is every case's; -1: none. `failed`: it was to be one."""

    files: tuple[Path, ...]
    file: Ints
    failed: NDArray[np.bool_]

    def scores(self, values: Floats, spoilt: NDArray[np.bool_], better: bool | None) -> list[float | None]:
        """Return a score a case from values [cases], NaN where not judged, given which files are spoilt [files]."""
        values = values.copy()
        values[self.file < 0] = np.nan
        values[self.failed | np.append(spoilt, False)[self.file]] = 0.0 if better else np.nan
        return [None if np.isnan(value) else value for value in values.tolist()]


# One run is judged by all its scorers before the next begins, so remembering the last one is enough.
@lru_cache(maxsize=1)
def outputs(cases: Cases) -> Outputs:
    """Return the files of a run."""
    files = tuple(sorted({case.media for case in cases.rows if isinstance(case.media, Path)}))
    index = {path: place for place, path in enumerate(files)}
    file = [index[case.media] if isinstance(case.media, Path) else -1 for case in cases.rows]
    failed = [isinstance(case.media, Failure) for case in cases.rows]
    return Outputs(files, np.array(file, dtype=np.int64), np.array(failed, dtype=np.bool_))


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The views of a run's files, one vector of length 1 a file, and which files have none."""

    views: Views
    whole: Vectors
    spoilt: NDArray[np.bool_]


@lru_cache(maxsize=1)
def seen(cases: Cases) -> Seen:
    """Return what the files of a run look like."""
    files = outputs(cases).files
    views = look(encoder(cases), files) if files else NOTHING
    return Seen(views, views.pooled(), views.counts == 0)


@dataclass(frozen=True, slots=True, eq=False)
class Album:
    """The media of a catalogue as unit vectors, each file looked at once as long as it is the same file."""

    encoder: Encoder
    known: dict[Stamp, Vectors]

    def vectors(self, paths: Sequence[Path]) -> Vectors:
        """Return one unit vector a file [paths, d]; a clip's is the mean of its frames, again of length 1."""
        stamps = [stamp(path) for path in paths]
        new = sorted(set(stamps) - self.known.keys())
        views = look(self.encoder, [path for path, _, _ in new])
        for (path, _, _), count in zip(new, views.counts.tolist(), strict=True):
            if not count:
                raise BenchError(f"{path}: not a picture or clip that can be read; load the catalogue's media again")
        self.known.update(zip(new, views.pooled(), strict=True))
        return np.stack([self.known[one] for one in stamps]) if stamps else np.zeros((0, 1), dtype=np.float32)


def album(cases: Cases) -> Album:
    """Return the album of the model in the role "clip": runs that look at one catalogue with one model share it.

    Its vectors are kept on disk too, by content, as `bench.backbones.cache` says.
    """
    return _album(named(cases, "clip"))


@lru_cache(maxsize=2)
def _album(told: str) -> Album:
    return Album(Remembering(make("clip", told), "catalogue"), {})


def stamp(path: Path) -> Stamp:
    """Return what changes when a file is written anew."""
    try:
        found = path.stat()
    except OSError as error:
        raise BenchError(f"{path}: {error.strerror}; load the catalogue's media again") from None
    return path, found.st_size, found.st_mtime_ns


def medium(item: Item, kind: Kind) -> Path | None:
    """Return the file of an item that a task of this kind compares with."""
    return item.clip if kind is Kind.VIDEO else item.image


def media_of(cases: Cases, names: Iterable[str]) -> list[Path]:
    """Return the media of those of the named items that have one, each item once."""
    items = cases.train.items
    found = (medium(items[name], cases.kind) for name in dict.fromkeys(names) if name in items)
    return [path for path in found if path is not None]


def targets_of(cases: Cases, case: Case) -> list[Path]:
    """Return the media of a case's targets."""
    return media_of(cases, case.example.targets)


@lru_cache(maxsize=1)
def partners(cases: Cases) -> list[int | None]:
    """Return the mismatched case of every case that was to be rendered and has a target with a medium."""
    return mismatched(cases, [case.media is not None and bool(targets_of(cases, case)) for case in cases.rows])


def own(cases: Cases) -> list[int | None]:
    """Return every case as its own partner."""
    return list(range(len(cases.rows)))


def texts_seen(cases: Cases, texts: Iterable[str]) -> dict[str, Vectors]:
    """Return the unit vector of every text."""
    distinct = sorted(set(texts))
    if not distinct:
        return {}
    return dict(zip(distinct, unit(encoder(cases).embed_texts(distinct), len(distinct), "texts"), strict=True))


def likeness(cases: Cases, against: Sequence[int | None]) -> Floats:
    """Return the cosine of every case's medium to the nearest target of the case `against` names [cases].

    NaN where a case has no file or no such target.
    """
    media = [[] if place is None else targets_of(cases, cases.rows[place]) for place in against]
    return np.array([np.nan if own is None else own.max() for own in cosines(cases, media)], dtype=np.float64)


def cosines(cases: Cases, media: Sequence[Sequence[Path]]) -> list[Floats | None]:
    """Return the cosine of every case's medium to each of its `media`; None without file or media."""
    run, found = outputs(cases), seen(cases)
    compared = [bool(paths) and file >= 0 for paths, file in zip(media, run.file, strict=True)]
    wanted = sorted({path for paths, taken in zip(media, compared, strict=True) if taken for path in paths})
    index = {path: place for place, path in enumerate(wanted)}
    vectors = album(cases).vectors(wanted).astype(np.float64) if wanted else None
    values: list[Floats | None] = [None] * len(cases.rows)
    for place, paths in enumerate(media):
        if compared[place] and vectors is not None:
            rows = vectors[[index[path] for path in paths]]
            values[place] = (rows @ found.whole[run.file[place]].astype(np.float64)).clip(-1, 1)
    return values
