"""Where real data come from: addresses, published checksums, licences, citations, and the folder they go to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MIB = 1 << 20
GIB = 1 << 30

MCAULEY_2014 = "McAuley et al., Image-based recommendations on styles and substitutes, SIGIR 2015 (arXiv 1506.04757)"
MCAULEY_2018 = "Ni, Li, McAuley, Justifying recommendations using distantly-labeled reviews, EMNLP 2019"
MCAULEY_2023 = "Hou et al., Bridging language and items for retrieval and recommendation (arXiv 2403.03952)"
STEAM = "Kang, McAuley, Self-attentive sequential recommendation, ICDM 2018 (arXiv 1808.09781)"
HARPER = "Harper, Konstan, The MovieLens datasets: history and context, ACM TiiS 5(4), 2015, doi 10.1145/2827872"
KUAIRAND = "Gao et al., KuaiRand, CIKM 2022 (arXiv 2208.08696), doi 10.5281/zenodo.10439422"
KUAIREC = "Gao et al., KuaiRec, CIKM 2022 (arXiv 2202.10842), doi 10.5281/zenodo.18164998"
MICROLENS = "Ni et al., A content-driven micro-video recommendation dataset at scale (arXiv 2309.15379)"
UCI = "Chen, Online Retail, UCI Machine Learning Repository 352, doi 10.24432/C5BW33"

NO_LICENCE = "no licence stated by the publisher; research use, cite the source"
GROUPLENS = "GroupLens terms: research use, no redistribution without permission, no commercial use"

UCSD_2014 = "https://snap.stanford.edu/data/amazon/productGraph/categoryFiles"
UCSD_2018 = "https://mcauleylab.ucsd.edu/public_datasets/data/amazon_v2"
UCSD_2023 = "https://mcauleylab.ucsd.edu/public_datasets/data/amazon_2023/raw"
UCSD_STEAM = "https://mcauleylab.ucsd.edu/public_datasets/data/steam"
MOVIELENS = "https://files.grouplens.org/datasets/movielens"
MICROLENS_SITE = "https://recsys.westlake.edu.cn/MicroLens-50k-Dataset"


@dataclass(frozen=True, slots=True)
class File:
    """One file: its address, the publisher's checksum ("md5:..." or "sha256:..."; "" if none), the largest size."""

    address: str
    checksum: str = ""
    limit: int = 2 * GIB
    archive: bool = False

    @property
    def name(self) -> str:
        """Return the file's own name."""
        return self.address.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Source:
    """A data set to fetch: files, the folder they go to (below the data root), the format to load them with."""

    files: tuple[File, ...]
    folder: str
    format: str
    licence: str
    citation: str
    notes: str = ""

    @property
    def checked(self) -> str:
        """Return what the download is checked against, in words."""
        if all(file.checksum for file in self.files):
            return "checksums published by the source"
        return "no published checksum: recorded on first fetch, compared ever after"


def _amazon(folder: str, format: str, citation: str, *addresses: str) -> Source:
    files = tuple(File(one, limit=8 * GIB) for one in addresses)
    return Source(files, folder, format, NO_LICENCE, citation, "make the plain pair of it with `navibench data import`")


def _movielens(name: str, md5: str, format: str, limit: int) -> Source:
    file = File(f"{MOVIELENS}/{name}.zip", f"md5:{md5}", limit, archive=True)
    return Source((file,), f"movie/{name}", format, GROUPLENS, HARPER)


SOURCES: Mapping[str, Source] = {
    "amazon-toys-2014": _amazon(
        "raw/amazon-toys-2014",
        "amazon-2014",
        MCAULEY_2014,
        f"{UCSD_2014}/reviews_Toys_and_Games_5.json.gz",
        f"{UCSD_2014}/meta_Toys_and_Games.json.gz",
    ),
    "amazon-office-2018": _amazon(
        "raw/amazon-office-2018",
        "amazon-2018",
        MCAULEY_2018,
        f"{UCSD_2018}/categoryFilesSmall/Office_Products_5.json.gz",
        f"{UCSD_2018}/metaFiles2/meta_Office_Products.json.gz",
    ),
    "amazon-games-2018": _amazon(
        "raw/amazon-games-2018",
        "amazon-2018",
        MCAULEY_2018,
        f"{UCSD_2018}/categoryFilesSmall/Video_Games_5.json.gz",
        f"{UCSD_2018}/metaFiles2/meta_Video_Games.json.gz",
    ),
    "amazon-games-2023": _amazon(
        "raw/amazon-games-2023",
        "amazon-2023",
        MCAULEY_2023,
        f"{UCSD_2023}/review_categories/Video_Games.jsonl.gz",
        f"{UCSD_2023}/meta_categories/meta_Video_Games.jsonl.gz",
    ),
    "steam-reviews-au": Source(
        (File(f"{UCSD_STEAM}/australian_user_reviews.json.gz"), File(f"{UCSD_STEAM}/steam_games.json.gz")),
        "raw/steam-reviews-au",
        "steam",
        NO_LICENCE,
        STEAM,
    ),
    "kuairand-pure": Source(
        (
            File(
                "https://zenodo.org/records/10439422/files/KuaiRand-Pure.tar.gz",
                "md5:0820331067a3784d9691136f772b35a7",
                400 * MIB,
                archive=True,
            ),
        ),
        "raw/kuairand-pure",
        "kuairand",
        "CC BY-SA 4.0",
        KUAIRAND,
    ),
    "kuairand-1k": Source(
        (
            File(
                "https://zenodo.org/records/10439422/files/KuaiRand-1K.tar.gz",
                "md5:6b0b9c8222d67fcd4c676218edca3f1f",
                8 * GIB,
                archive=True,
            ),
        ),
        "raw/kuairand-1k",
        "kuairand",
        "CC BY-SA 4.0",
        KUAIRAND,
    ),
    "kuairec": Source(
        (
            File(
                "https://zenodo.org/records/18164998/files/KuaiRec.zip",
                "md5:261550d472c48eff4990fb13c0e5bcf7",
                800 * MIB,
                archive=True,
            ),
        ),
        "raw/kuairec",
        "kuairec",
        "CC BY-SA 4.0",
        KUAIREC,
    ),
    "microlens-50k": Source(
        (File(f"{MICROLENS_SITE}/MicroLens-50k_pairs.csv"), File(f"{MICROLENS_SITE}/MicroLens-50k_titles.csv")),
        "raw/microlens-50k",
        "microlens",
        NO_LICENCE,
        MICROLENS,
        "covers and videos are separate archives on the same site",
    ),
    "uci-online-retail": Source(
        (File("https://archive.ics.uci.edu/static/public/352/online+retail.zip", limit=100 * MIB, archive=True),),
        "raw/uci-online-retail",
        "online-retail",
        "CC BY 4.0",
        UCI,
        "the archive holds an xlsx file: save its sheet as csv beside it before loading",
    ),
    "movielens-100k": _movielens("ml-100k", "0e33842e24a9c977be4e0107933c0723", "movielens-100k", 20 * MIB),
    "movielens-1m": _movielens("ml-1m", "c4d9eecfca2ab87c1945afe126590906", "movielens-1m", 20 * MIB),
    "movielens-10m": _movielens("ml-10m", "ce571fd55effeba0271552578f2648bd", "movielens-1m", 200 * MIB),
    "movielens-20m": _movielens("ml-20m", "cd245b17a1ae2cc31bb14903e1204af3", "movielens-20m", 600 * MIB),
    "movielens-25m": _movielens("ml-25m", "6b51fb2759a8657d3bfcbfc42b592ada", "movielens-20m", 800 * MIB),
}
