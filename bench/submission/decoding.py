"""What decoders must survive: parquet and media checked from what they say of themselves, then decoded, in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.errors import BenchError
from bench.submission.limits import LIMITS, Limits
from bench.submission.reasons import STOPS, RefusalError
from bench.tables import SCHEMA

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

TEXT, NUMBERS, WORDS = "string", "list<element: int32>", "list<element: string>"
ANSWERS = {
    **{"case": TEXT, "kind": TEXT, "items": WORDS, "ties": NUMBERS, "rest": "int32"},
    **{"text": TEXT, "terms": WORDS, "path": TEXT, "failure": TEXT},
}
MEDIA = {"case": TEXT, "path": TEXT, "failure": TEXT}
SCORES = {"case": TEXT, "user": TEXT, "failed": "bool", "slice_history": TEXT, "slice_popularity": TEXT}
COLUMNS = {"answers.parquet": ANSWERS, "media.parquet": MEDIA}
BATCH = 256  # rows decoded at a time
UNFIT = 1000  # files that may be told of


@dataclass(frozen=True, slots=True)
class Unfit:
    """A file that cannot be decoded, as a path below the folder; "" where the decoder itself came to an end."""

    file: str
    reason: RefusalError

    @property
    def stops(self) -> bool:
        """Return whether nothing more may be read."""
        return not self.file or self.reason.code in STOPS


def decode_all(folder: Path, limits: Limits = LIMITS) -> Iterator[Unfit]:
    """Decode every table and media file below a folder and keep nothing; yield those that are unfit.

    One that unpacks to more than it may is the last, and so is one too many.
    """
    checks = {".parquet": check_table, ".png": check_picture, ".webp": check_picture, ".mp4": check_clip}
    count = 0
    for path in sorted(path for path in folder.rglob("*") if path.suffix in checks):
        place = str(path.relative_to(folder))
        try:
            checks[path.suffix](path, place, limits)
        except RefusalError as reason:
            found = Unfit(place, reason)
            yield found
            count += 1
            if found.stops:
                return
        if count == UNFIT:
            yield Unfit("", RefusalError("decoding-died", f"{UNFIT:,} files cannot be decoded; given up"))
            return


def check_table(path: Path, place: str, limits: Limits) -> None:
    """Refuse a table by its footer first, then by decoding it in batches."""
    import pyarrow as pa

    check_footer(path, place, limits)
    try:
        _check_batches(_opened(path, place, limits), place, limits)
    except (MemoryError, pa.ArrowMemoryError):
        raise RefusalError("parquet-expands", f"{place}: needs more memory than there is for it") from None
    except (pa.ArrowException, OSError, ValueError, UnicodeDecodeError) as error:
        raise RefusalError(
            "parquet-broken", f"{place}: {str(error).splitlines()[0] if str(error) else error!r}"
        ) from None


def check_footer(path: Path, place: str, limits: Limits) -> None:
    """Refuse a file whose two ends are not parquet's, or whose footer is longer than the file or any use."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(max(0, size - 8))
        tail = stream.read(8)
    if size < 12 or tail[4:] != b"PAR1":
        raise RefusalError("parquet-magic", f"{place}: does not end as parquet does")
    length = int.from_bytes(tail[:4], "little")
    if not 0 < length <= min(limits.footer, size - 12):
        raise RefusalError("parquet-footer", f"{place}: a footer of {length:,} bytes in a file of {size:,}")


def _opened(path: Path, place: str, limits: Limits) -> pq.ParquetFile:
    """Return the opened file once its metadata keep the limits."""
    import pyarrow.parquet as pq

    sizes = {"thrift_string_size_limit": limits.footer, "thrift_container_size_limit": limits.columns * 4096}
    file = pq.ParquetFile(path, pre_buffer=False, arrow_extensions_enabled=False, schema_depth_limit=8, **sizes)
    about = file.metadata
    if not 0 <= about.num_rows <= limits.rows:
        raise RefusalError("parquet-rows", f"{place}: {about.num_rows:,} rows; the limit is {limits.rows:,}")
    if about.num_row_groups > limits.row_groups:
        raise RefusalError("parquet-groups", f"{place}: {about.num_row_groups:,} groups of rows")
    if about.num_columns > limits.columns:
        raise RefusalError("parquet-columns", f"{place}: {about.num_columns:,} columns")
    _check_types(file.schema_arrow, place)
    stated = (file.schema_arrow.metadata or {}).get(b"navibench", b"0")
    if not stated.isdigit() or len(stated) > 9 or int(stated) > SCHEMA:
        raise RefusalError("parquet-newer", f"{place}: schema {stated[:20]!r} is newer than {SCHEMA}")
    total, values = 0, 0
    for number in range(about.num_row_groups):
        group = about.row_group(number)
        for column in range(group.num_columns):
            chunk = group.column(column)
            total += max(0, chunk.total_uncompressed_size)
            values = max(values, chunk.num_values)
    if total > limits.decoded:
        raise RefusalError("parquet-expands", f"{place}: {total:,} bytes unpacked; the limit is {limits.decoded:,}")
    if values > limits.values:
        raise RefusalError("parquet-values", f"{place}: {values:,} values in a column")
    return file


def _check_types(schema: pa.Schema, place: str) -> None:
    """Refuse other columns or types than a run writes; scores may have a column of doubles for each scorer."""
    found = {field.name: str(field.type) for field in schema}
    if len(found) != len(schema):
        raise RefusalError("parquet-columns", f"{place}: a column stands there twice")
    wanted = COLUMNS.get(Path(place).name)
    if wanted is None:
        wanted = {**dict.fromkeys(found, "double"), **SCORES}
    if found.keys() != wanted.keys():
        raise RefusalError("parquet-columns", f"{place}: has {', '.join(found)}; expected {', '.join(wanted)}")
    for name, kind in wanted.items():
        if found[name] != kind:
            raise RefusalError("parquet-types", f"{place}: {name} is {found[name]}; expected {kind}")


def _check_batches(file: pq.ParquetFile, place: str, limits: Limits) -> None:
    """Decode the rows and refuse cells, lists or tables that are larger in memory than any run needs."""
    total, rows = 0, 0
    for batch in file.iter_batches(batch_size=BATCH, use_threads=False):
        batch.validate(full=True)
        total += batch.nbytes
        rows += batch.num_rows
        if total > limits.decoded:
            raise RefusalError("parquet-expands", f"{place}: more than {limits.decoded:,} bytes in memory")
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            _check_cells(name, column, place, limits)
    if rows != file.metadata.num_rows:
        raise RefusalError("parquet-broken", f"{place}: {rows:,} rows where {file.metadata.num_rows:,} were told")


def _check_cells(name: str, column: Any, place: str, limits: Limits) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_list(column.type):
        if (pc.max(pc.list_value_length(column)).as_py() or 0) > limits.listed:
            raise RefusalError("parquet-lists", f"{place}: {name}: more than {limits.listed:,} in a list")
        column = column.flatten()
        if column.null_count:
            raise RefusalError("parquet-broken", f"{place}: {name}: a list with nothing in a place")
    if pa.types.is_string(column.type) and (pc.max(pc.binary_length(column)).as_py() or 0) > limits.text:
        raise RefusalError("parquet-text", f"{place}: {name}: more than {limits.text:,} bytes in a cell")


def check_picture(path: Path, place: str, limits: Limits) -> None:
    """Refuse a picture by the size it tells, then by decoding it."""
    from PIL import Image

    from bench.pixels import read_pixels

    try:
        with Image.open(path, formats=("PNG", "WEBP")) as opened:
            width, height = opened.size
            frames = getattr(opened, "n_frames", 1)
    except Image.DecompressionBombError as error:
        raise RefusalError("media-size", f"{place}: {error}") from None
    except (OSError, SyntaxError, ValueError) as error:
        raise RefusalError("media-broken", f"{place}: {error}") from None
    _check_size(width, height, frames, place, limits)
    try:
        read_pixels(path)
    except (BenchError, EOFError, MemoryError) as error:
        raise RefusalError("media-broken", f"{place}: {error}") from None


def check_clip(path: Path, place: str, limits: Limits) -> None:
    """Refuse a clip by the size it tells, then by decoding its frames one by one."""
    import av

    try:
        with av.open(str(path), format="mp4", options={"protocol_whitelist": "file"}) as file:
            stream = file.streams.video[0]
            _check_size(stream.codec_context.width, stream.codec_context.height, stream.frames, place, limits)
            count = 0
            for frame in file.decode(stream):
                count += 1
                _check_size(frame.width, frame.height, count, place, limits)
    except (av.FFmpegError, IndexError, ValueError, MemoryError) as error:
        raise RefusalError("media-broken", f"{place}: {error!r}") from None
    if not count:
        raise RefusalError("media-broken", f"{place}: no frame")


def _check_size(width: int, height: int, frames: int, place: str, limits: Limits) -> None:
    if max(width, height) > limits.side or frames > limits.frames:
        told = f"{width} x {height}, {frames} frames; the limit is {limits.side} and {limits.frames}"
        raise RefusalError("media-size", f"{place}: {told}")
