"""A verdict as JSON, Markdown or lines; whatever a stranger wrote is shown as the text it is."""

from __future__ import annotations

import html
import re
from typing import Any

from bench.config import plain
from bench.report.render import number
from bench.submission.reasons import REASONS, clean
from bench.submission.verify import Accepted, Verdict

MARKS = re.compile(r"([\\`*_{}\[\]()#+!|~@:<>-])")


def as_json(verdict: Verdict) -> dict[str, Any]:
    """Return the verdict as JSON-able values; the contact is left out."""
    refused = verdict.refused
    told = (
        None if refused is None else {"code": refused.code, "detail": refused.detail, "advice": REASONS[refused.code]}
    )
    form = verdict.form
    return {
        "file": verdict.file,
        "sha256": verdict.sha256,
        "accepted": refused is None,
        "refused": told,
        "name": form and form.name,
        "licence": form and form.licence,
        "runs": [_run(run) for run in verdict.runs],
    }


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
    if refused is not None:
        lines += [
            f"**`{refused.code}`** {escaped(refused.detail)}",
            "",
            f"What to do: {escaped(REASONS[refused.code])}.",
        ]
    elif verdict.runs:
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
