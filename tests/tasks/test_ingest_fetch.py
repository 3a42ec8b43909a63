"""Fetching without a network: injected openers, published and pinned checksums, resuming, bounds, safe unpacking."""

from __future__ import annotations

import hashlib
import io
import json
import urllib.error
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import source_samples as samples
from source_archives import tarred, zipped

from bench.errors import BenchError
from tasks.ingest.fetch import Opener, Reply, fetch, fetch_source, open_address
from tasks.ingest.formats import FORMATS
from tasks.ingest.sources import SOURCES, File, Source
from tasks.load import load

BODY = b"user,item,timestamp\n1,2,3\n" * 1000
MD5 = f"md5:{hashlib.md5(BODY, usedforsecurity=False).hexdigest()}"
ADDRESS = "https://example.org/data/log.csv"


def quiet(file: str, done: int, total: int) -> None:
    """Show nothing."""


class Server:
    """Serves one body, from an offset if it can, and counts what it was asked."""

    def __init__(self, body: bytes, resumes: bool = True, cut: int | None = None) -> None:
        self.body, self.resumes, self.cut = body, resumes, cut
        self.asked: list[int] = []

    def __call__(self, address: str, offset: int) -> Reply:
        self.asked.append(offset)
        begin = offset if self.resumes else 0
        sent = self.body[begin : self.cut]
        self.cut = None
        return Reply(io.BytesIO(sent), begin, len(self.body))


def source(*files: File) -> Source:
    return Source(files, "raw/set", "pair", "CC0", "nobody")


def get(root: Path, file: File, opener: Opener) -> list[Path]:
    return fetch_source("set", source(file), root, quiet, opener)


def test_every_source_names_a_format_a_licence_and_safe_places() -> None:
    for name, entry in SOURCES.items():
        assert entry.format in FORMATS and entry.licence and entry.citation, name
        for file in entry.files:
            assert file.address.startswith("https://") and "/" not in file.name and file.name not in {"", ".", ".."}
            kind, _, digits = file.checksum.partition(":")
            assert file.checksum == "" or (kind, len(digits)) in {("md5", 32), ("sha256", 64)}
    assert "no published checksum" in SOURCES["amazon-toys-2014"].checked
    assert SOURCES["kuairand-pure"].checked == "checksums published by the source"


def test_unknown_source_has_a_near_name() -> None:
    with pytest.raises(BenchError, match="did you mean kuairec"):
        fetch("kuairecc", Path("nowhere"), quiet)


def test_fetch_verify_and_skip(tmp_path: Path) -> None:
    server, seen = Server(BODY), list[tuple[str, int, int]]()
    (path,) = fetch_source("set", source(File(ADDRESS, MD5)), tmp_path, lambda *step: seen.append(step), server)
    assert path.read_bytes() == BODY
    assert seen[-1] == ("log.csv", len(BODY), len(BODY))
    pin = json.loads((tmp_path / "raw/set/provenance.json").read_text())["files"]["log.csv"]
    assert pin["sha256"] == hashlib.sha256(BODY).hexdigest() and pin["address"] == ADDRESS
    get(tmp_path, File(ADDRESS, MD5), server)
    assert server.asked == [0]


def test_wrong_published_checksum_keeps_nothing(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="does not match the published md5"):
        get(tmp_path, File(ADDRESS, "md5:" + "0" * 32), Server(BODY))
    assert list((tmp_path / "raw/set").iterdir()) == []


def test_cut_download_resumes_where_the_server_can(tmp_path: Path) -> None:
    server = Server(BODY, cut=5000)
    with pytest.raises(BenchError, match=rf"cut short at 5000 of {len(BODY)} bytes; run the same command again"):
        get(tmp_path, File(ADDRESS, MD5), server)
    assert not (tmp_path / "raw/set/log.csv").exists()
    (path,) = get(tmp_path, File(ADDRESS, MD5), server)
    assert server.asked == [0, 5000] and path.read_bytes() == BODY


def test_cut_download_starts_again_where_the_server_cannot(tmp_path: Path) -> None:
    server = Server(BODY, resumes=False, cut=5000)
    with pytest.raises(BenchError, match="cut short"):
        get(tmp_path, File(ADDRESS, MD5), server)
    (path,) = get(tmp_path, File(ADDRESS, MD5), server)
    assert path.read_bytes() == BODY


def test_without_a_published_checksum_nothing_is_stitched_and_the_first_fetch_is_pinned(tmp_path: Path) -> None:
    server = Server(BODY, cut=5000)
    with pytest.raises(BenchError, match="cut short"):
        get(tmp_path, File(ADDRESS), server)
    (path,) = get(tmp_path, File(ADDRESS), server)
    assert server.asked == [0, 0]
    path.unlink()
    with pytest.raises(BenchError, match="differs from the first fetch"):
        get(tmp_path, File(ADDRESS), Server(BODY + b"x"))


def test_a_file_that_changed_on_disk_is_noticed(tmp_path: Path) -> None:
    (path,) = get(tmp_path, File(ADDRESS), Server(BODY))
    path.write_bytes(b"tampered")
    with pytest.raises(BenchError, match="differs from the first fetch"):
        get(tmp_path, File(ADDRESS), Server(BODY))


def test_a_file_put_there_by_hand_is_checked(tmp_path: Path) -> None:
    place = tmp_path / "raw/set"
    place.mkdir(parents=True)
    (place / "log.csv").write_bytes(b"something else")
    with pytest.raises(BenchError, match=r"md5 is .* published is"):
        get(tmp_path, File(ADDRESS, MD5), Server(BODY))
    (place / "log.csv").write_bytes(BODY)
    server = Server(BODY)
    get(tmp_path, File(ADDRESS, MD5), server)
    assert server.asked == []


def test_size_bound(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="larger than the 1000 bytes"):
        get(tmp_path, File(ADDRESS, limit=1000), Server(BODY))
    assert not (tmp_path / "raw/set/log.csv").exists()


@pytest.mark.parametrize(
    "failure", [urllib.error.URLError("no route"), TimeoutError("timed out"), ConnectionResetError("reset")]
)
def test_offline_says_what_to_get_and_where_to_put_it(tmp_path: Path, failure: Exception) -> None:
    def offline(address: str, offset: int) -> Reply:
        raise failure

    with pytest.raises(BenchError, match=f"{ADDRESS}: cannot be fetched") as caught:
        get(tmp_path, File(ADDRESS), offline)
    assert f"put it at {tmp_path / 'raw/set/log.csv'}" in str(caught.value)


def test_server_errors_are_named(tmp_path: Path) -> None:
    def gone(address: str, offset: int) -> Reply:
        raise urllib.error.HTTPError(address, 404, "gone", None, None)  # type: ignore[arg-type]

    with pytest.raises(BenchError, match="the server answers 404; get it by other means"):
        get(tmp_path, File(ADDRESS), gone)


def test_damaged_record_is_an_error(tmp_path: Path) -> None:
    get(tmp_path, File(ADDRESS), Server(BODY))
    (tmp_path / "raw/set/provenance.json").write_text('{"files": [1]}')
    with pytest.raises(BenchError, match="not a record of fetched files"):
        get(tmp_path, File(ADDRESS), Server(BODY))


def test_file_addresses_and_other_schemes(tmp_path: Path) -> None:
    (tmp_path / "there.csv").write_bytes(BODY)
    (path,) = get(tmp_path / "root", File((tmp_path / "there.csv").as_uri(), MD5), open_address)
    assert path.read_bytes() == BODY
    with pytest.raises(BenchError, match="only https, http and file"):
        open_address("ftp://example.org/x", 0)
    with pytest.raises(BenchError, match="cannot be fetched"):
        get(tmp_path / "root", File((tmp_path / "absent.csv").as_uri()), open_address)


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_archives_are_unpacked_once(tmp_path: Path, pack: Callable[..., Path]) -> None:
    body = pack(tmp_path / "pack", {"ml/ratings.csv": b"1,2", "ml/sub/readme.txt": b"hello"}).read_bytes()
    server = Server(body)
    for _ in range(2):
        paths = get(tmp_path, File("https://example.org/pack.bin", archive=True), server)
        assert [path.relative_to(tmp_path / "raw/set").as_posix() for path in paths] == [
            "ml/ratings.csv",
            "ml/sub/readme.txt",
        ]
        assert paths[0].read_bytes() == b"1,2"
    assert server.asked == [0]


@pytest.mark.parametrize(
    ("name", "make", "top"),
    [
        ("kuairand-pure", samples.kuairand, "KuaiRand-Pure/"),
        ("kuairec", samples.kuairec, ""),
        ("movielens-100k", samples.movielens_100k, "ml-100k/"),
        ("movielens-1m", samples.movielens_1m, "ml-1m/"),
        ("movielens-10m", samples.movielens_1m, "ml-10M100K/"),
        ("movielens-20m", samples.movielens_20m, "ml-20m/"),
    ],
)
def test_a_fetched_archive_loads_from_the_folder_it_went_to(
    tmp_path: Path, name: str, make: Callable[[Path], None], top: str
) -> None:
    make(tmp_path / "made")
    files = [path for path in (tmp_path / "made").rglob("*") if path.is_file()]
    members = {top + path.relative_to(tmp_path / "made").as_posix(): path.read_bytes() for path in files}
    entry = SOURCES[name]
    (file,) = entry.files
    body = (tarred if file.name.endswith(".tar.gz") else zipped)(tmp_path / "pack", members).read_bytes()
    entry = replace(entry, files=(replace(file, checksum=""),))
    fetch_source(name, entry, tmp_path / "root", quiet, Server(body))
    assert len(load(tmp_path / "root", folder=entry.folder, format=entry.format).examples) == 1
