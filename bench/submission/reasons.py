"""Why a submission is refused: one code and one advice each, so that a refusal tells what to do."""

from __future__ import annotations

from bench.errors import BenchError

PACK = "pack the runs again with `navibench submit pack`"
RUN = "run the task again with this version of navibench, all cases, then pack"
MEND = "submit the run as `navibench run` wrote it"

REASONS: dict[str, str] = {
    # the archive
    "archive-size": "leave the media out, or split the runs over several submissions",
    "not-an-archive": PACK,
    "archive-damaged": "upload the file again, or " + PACK,
    "archive-slack": "no bytes may stand before, between or behind the members; " + PACK,
    "archive-order": PACK,
    "archive-headers": "the two headers of a member differ; " + PACK,
    "archive-extra": "comments, extra fields and other dates are not allowed; " + PACK,
    "member-count": "split the runs over several submissions",
    "member-size": "leave the media out, or submit fewer runs in a file",
    "member-duplicate": PACK,
    "member-link": "links are not followed; " + PACK,
    "member-device": "only plain files are taken; " + PACK,
    "member-folder": "folders need no members of their own; " + PACK,
    "member-encrypted": "encrypted files cannot be judged; " + PACK,
    "member-compressed": "members are stored as they are; " + PACK,
    "member-checksum": "upload the file again, or " + PACK,
    "member-type": "only .json, .parquet, .png, .webp and .mp4 files are taken; " + PACK,
    "member-content": "its first bytes are not those of its type; " + PACK,
    "member-place": "remove what no run needs; " + PACK,
    "path-absolute": PACK,
    "path-parent": PACK,
    "path-backslash": PACK,
    "path-drive": PACK,
    "path-control": PACK,
    "path-characters": "only letters, digits, dots, hyphens, underscores and @ make names; " + PACK,
    "path-part": "no part of a name may be empty or begin or end with a dot; " + PACK,
    "path-depth": PACK,
    "path-length": "shorten the task's or the system's name",
    # JSON
    "json-size": MEND,
    "json-depth": MEND,
    "json-syntax": MEND,
    "json-encoding": "JSON is written in UTF-8; " + MEND,
    "json-duplicate-key": MEND,
    "json-not-finite": "NaN and infinities are no JSON; " + MEND,
    "json-number": "no number has so many digits; " + MEND,
    # submission.json
    "submission-absent": PACK,
    "submission-schema": PACK,
    "submission-newer": "the verifier is older than the packer; upgrade navibench where it verifies",
    "submission-keys": PACK,
    "submission-type": PACK,
    "submission-name": "choose 1 to 60 letters, digits, spaces, dots, hyphens or underscores",
    "submission-contact": "give one e-mail address, as in a@example.org",
    "submission-licence": "give an SPDX expression, as in Apache-2.0 or CC-BY-4.0",
    "submission-runs": "name at least one run and no more than the limit, each once",
    "file-unlisted": "submission.json lists every file; " + PACK,
    "file-absent": "submission.json lists a file that is not there; " + PACK,
    "file-changed": "a file is not the one that was packed; " + PACK,
    # run.json
    "manifest-keys": MEND,
    "manifest-type": MEND,
    "manifest-newer": "the run is from a newer version; upgrade navibench where it verifies",
    "manifest-key": "the key is not that of this configuration; " + MEND,
    "manifest-folder": "the folder's name does not belong to the run; " + MEND,
    "manifest-code": "the sources that made the run must be named; " + MEND,
    "manifest-files": "the run was changed after it was made; " + MEND,
    "manifest-counts": MEND,
    "limited-run": "the leaderboard compares full runs; run without --limit",
    "policy": "leave policy.resamples and policy.level as they are, and run again",
    "unknown-task": "submit a registered task, or name its card file with --card",
    "card-version": RUN,
    "card-changed": "the card or its data options are not the registered ones; run without --set data.*",
    "data-fingerprint": "the run was asked on other data; fetch the data anew and run again",
    "rendering-changed": "render and look as the card says: run without --set generator.* and scorer.*",
    "system-name": "rename the system: letters, digits, dots, colons, hyphens and underscores",
    # tables
    "parquet-magic": MEND,
    "parquet-footer": MEND,
    "parquet-broken": MEND,
    "parquet-columns": MEND,
    "parquet-types": MEND,
    "parquet-rows": "no task has so many cases; " + MEND,
    "parquet-groups": MEND,
    "parquet-values": MEND,
    "parquet-expands": "a table unpacks to more than any run needs; " + MEND,
    "parquet-newer": "upgrade navibench where it verifies",
    "parquet-lists": "a list is longer than any catalogue; " + MEND,
    "parquet-text": "shorten the instructions: a cell holds too much text",
    "decoding-died": "a file makes its decoder fail, or takes too long or too much memory; make it again",
    # answers
    "case-absent": "the system must answer every case, if only with a failure; " + RUN,
    "case-unknown": MEND,
    "case-duplicate": MEND,
    "case-order": MEND,
    "answer-kind": "an answer is not of the kind the task asks for; " + MEND,
    "answer-media": "systems that make files themselves cannot be submitted yet; submit instructions",
    "answer-fields": "fields that do not belong to the answer's kind are filled; " + MEND,
    "answer-empty": "an empty ranking or instruction is a failure; answer, or fail",
    "ranking-unknown-item": "rank items of the catalogue only; " + MEND,
    "ranking-duplicate": "rank an item once; " + MEND,
    "ranking-excluded": "rank no item that the query excludes; " + MEND,
    "ranking-ties": "the sizes of tied groups must add up to the items; " + MEND,
    "ranking-rest": "the count of unlisted candidates is wrong; " + MEND,
    "ranking-shallow": "rank as many items as the task asks for, or as there are candidates; " + RUN,
    # media
    "media-absent": "all rendered files or none; pack again with --media, or without",
    "media-needed": "the primary metric looks at media; pack again with --media",
    "media-unknown-case": MEND,
    "media-place": "a file is not kept under the name of its prompt and seed; render again",
    "media-size": "render smaller pictures or shorter clips",
    "media-broken": "a picture or clip cannot be decoded; render it again",
    # scores and figures
    "scores-columns": "the scores are not those of the card's scorers; `navibench score` remakes them",
    "scores-cases": "the scores are not of these cases; `navibench score` remakes them",
    "scores-not-finite": "`navibench score` remakes them",
    "scores-differ": "a stored score is not what the answer earns; `navibench score` remakes them",
    "figures-names": "`navibench score` remakes the figures",
    "figures-differ": "a claimed figure is not what the answers earn; `navibench score` remakes them",
    "figures-disagree": "submission.json and run.json claim different figures; " + PACK,
    # what no system does
    "suspicious-hits": "the first item is the target more often than any system can know; look for a leak",
    "suspicious-captions": "instructions repeat captions of targets the user never met; look for a leak",
    "suspicious-terms": "terms equal those of targets the user never met; look for a leak",
    "beats-optimum": "the figure is above the best possible one; look for a leak",
    "copied-answers": "these very answers were submitted before; submit a system of your own",
}


STOPS = frozenset({"parquet-expands", "decoding-died"})
"""A file that says this of itself is hostile or as good as that: nothing more of the archive is read."""


class RefusalError(BenchError):
    """A submission is not accepted: `code` is a key of `REASONS`, `detail` says where and what was found."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        self.detail = clean(detail)
        super().__init__(f"{code}: {self.detail}; {REASONS[code]}")


def clean(text: str, most: int = 200) -> str:
    """Return strangers' text as one printable line of at most `most` characters."""
    line = text[: most + 1]
    if not line.isprintable():
        line = "".join(sign if sign.isprintable() else "?" for sign in line)
    return line if len(line) <= most else line[: most - 3] + "..."
