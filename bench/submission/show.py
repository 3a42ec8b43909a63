"""A verdict as JSON, Markdown or lines; whatever a stranger wrote is shown as the text it is."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from bench.config import plain
from bench.report.render import number
from bench.submission.reasons import REASONS, RefusalError, clean
from bench.submission.taking import Accepted
from bench.submission.verify import Verdict

ROOM = 200  # reasons shown of a submission; JSON has all that were kept
CODES = 12  # named of those that were counted only
STOPPED = "nothing more was read: a file that is broken or hostile like this is closed at once"
MARKS = re.compile(r"([\\`*_{}\[\]()#+!|~@:<>-])")


def as_json(verdict: Verdict) -> dict[str, Any]:
    """Return the verdict as JSON-able values; the contact is left out. `refused` is the first of `reasons`."""
    form = verdict.form
    reasons = [_reason(one, part.place) for part in verdict.faults for one in part.kept]
    return {
        "file": verdict.file,
        "sha256": verdict.sha256,
        "accepted": verdict.refused is None,
        "stopped": verdict.stopped,
        "refused": next(({key: one[key] for key in ("code", "detail", "advice")} for one in reasons), None),
        "reasons": reasons,
        "more": [{"run": part.place or None, "codes": part.more} for part in verdict.faults if part.more],
        "name": form and form.name,
        "licence": form and form.licence,
        "runs": [_run(run) for run in verdict.runs],
    }


def _reason(one: RefusalError, place: str) -> dict[str, Any]:
    return {"run": place or None, "code": one.code, "detail": one.detail, "advice": REASONS[one.code]}


def as_lines(verdict: Verdict) -> list[str]:
    """Return the reasons of a refusal as lines: the first of each part, and how many more there are."""
    lines: list[str] = []
    for part, kept, more in shown(verdict):
        lines += [str(one) for one in kept]
        lines += [f"{part}: {more}"] if more else []
    return [*lines, STOPPED] if verdict.stopped else lines


def shown(verdict: Verdict) -> Iterator[tuple[str, list[RefusalError], str]]:
    """Yield what is wrong with each part: its name, its reasons while there is room, and the count of the rest."""
    room = ROOM
    for part in verdict.faults:
        kept = part.kept[:room]
        room -= len(kept)
        rest = part.counts - Counter(one.code for one in kept)
        codes = ", ".join(f"{count:,} {code}" for code, count in rest.most_common(CODES))
        told = codes + (", ..." if len(rest) > CODES else "")
        yield clean(part.place) or "the archive", kept, f"{rest.total():,} more ({told})" if rest else ""


def _run(one: Accepted) -> dict[str, Any]:
    return {
        "task": one.run.task,
        "system": one.run.system,
        "seed": one.run.seed,
        "seen": one.seen,
        "settings": dict(one.changed),
        "folder": one.run.folder,
        "cases": one.judged.cases,
        "failed": one.judged.failed,
        "figures": {name: plain(line) for name, line in one.judged.figures.items()},
        "unchecked": list(one.judged.unchecked),
        "shares": dict(one.shares),
        "place": one.place and {"place": one.place[0], "systems": one.place[1]},
    }


def as_markdown(verdict: Verdict) -> str:
    """Return the verdict for a comment on a pull request."""
    refused = verdict.refused
    lines = [f"### {escaped(verdict.file)}: {'accepted' if refused is None else 'refused'}", ""]
    if verdict.form is not None:
        lines += [f"{escaped(verdict.form.name)}, licence {escaped(verdict.form.licence)}", ""]
    for part, kept, more in shown(verdict):
        lines += [f"#### {escaped(part)}", ""]
        lines += [
            f"- **`{one.code}`** {escaped(one.detail)}. What to do: {escaped(REASONS[one.code])}." for one in kept
        ]
        lines += [f"- {escaped(more)}"] if more else []
        lines.append("")
    if verdict.stopped:
        lines.append(f"{STOPPED}.")
    elif refused is None:
        lines += [
            "| task | system | seed | primary | failed | place | not checked |",
            "|---|---|---:|---:|---:|---:|---|",
        ]
        lines += ["| " + " | ".join(map(escaped, cells(run))) + " |" for run in verdict.runs]
    return "\n".join([*lines, ""])


def cells(one: Accepted) -> list[str]:
    """Return a run's row."""
    figure = one.judged.figures[one.primary]
    primary = f"{one.primary} {number(figure['value'])}"
    task = one.run.task + (" (seen items masked)" if one.seen == "mask" else "")
    place = "-" if one.place is None else f"{one.place[0]} of {one.place[1]}"
    failed = f"{one.judged.failed}/{one.judged.cases}"
    return [task, one.run.system, str(one.run.seed), primary, failed, place, ", ".join(one.judged.unchecked) or "-"]


def escaped(text: str) -> str:
    """Return text that Markdown and HTML leave as it is, on one line."""
    return html.escape(MARKS.sub(r"\\\1", clean(text, 400)), quote=False)
