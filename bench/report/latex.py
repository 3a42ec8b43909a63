"""Pages as LaTeX tables for a paper: booktabs, every figure with its interval, names as the text they are."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bench.errors import unknown
from bench.report.board import Figure, Page
from bench.report.html.ranks import against_best
from bench.report.render import number, probability

SPECIAL = {
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    "-": "-{}",  # two of them would become a dash
    **{mark: f"{{{mark}}}" for mark in "[]*"},  # at the start of a row they would be read as an option of the last one
    **{mark: f"\\{mark}" for mark in "&%$#_{}"},
}
HEAD = "% needs \\usepackage{booktabs} and \\usepackage[T1]{fontenc}; made by navibench report --latex\n"


def escaped(text: str) -> str:
    """Return text that LaTeX sets as it is, on one line; what cannot be printed becomes a question mark."""
    line = " ".join(text.split())
    shown = "".join(SPECIAL.get(mark, mark if mark.isprintable() else "?") for mark in line)
    return re.sub(r"-\{\}(?!-)", "-", shown)


def latex(pages: Sequence[Page], metrics: Sequence[str] = ()) -> str:
    """Return a table a page, best row first: figures with intervals, and the paired difference to the first row.

    `metrics` names the columns, in order, where a page has them (none: all of the page's). BenchError for a metric
    that no page has.
    """
    known = {name for page in pages for name in page.metrics}
    for name in metrics:
        if name not in known:
            raise unknown("metric", name, known)
    return HEAD + "\n".join(
        _table(page, [name for name in metrics or page.metrics if name in page.metrics]) for page in pages
    )


def _table(page: Page, metrics: Sequence[str]) -> str:
    asked = page.question
    level = f"{100 * asked.level:g}\\,\\%"
    behind = against_best(page)
    head = ["System", *map(escaped, metrics), f"{escaped(asked.primary)}, to the first", "$p$"]
    rows = []
    for row in page.rows:
        cells = [escaped(row.label), *(figure(row.figures.get(name)) for name in metrics)]
        line = behind.get(row.label)
        if line is None or line.difference is None or line.low is None or line.high is None:
            cells += ["--", "--"]
        else:
            gap = Figure(-line.difference, -line.high, -line.low)
            cells += [figure(gap, signed=True), _math(probability(line.p_holm))]
        rows.append(" & ".join(cells) + r" \\")
    told = (
        f"{escaped(page.title)}: {page.cases:,} cases of {page.users:,} users; {level} intervals over users; paired "
        f"differences on {escaped(asked.primary)}, $p$ after Holm over all pairs."
    )
    name = re.sub(r"[^a-z0-9]+", "-", page.title.lower()).strip("-")
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{told}}}",
            rf"\label{{tab:{name}}}",
            rf"\begin{{tabular}}{{l{'r' * (len(head) - 1)}}}",
            r"\toprule",
            " & ".join(head) + r" \\",
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def figure(found: Figure | None, signed: bool = False) -> str:
    r"""Return ".0412 {\scriptsize[.0389, .0436]}"; a figure without an interval stands alone, "--" for none."""
    if found is None or found.value is None:
        return "--"
    value = _math(number(found.value), signed)
    if found.low is None or found.high is None:
        return value
    return rf"{value} {{\scriptsize[{_math(number(found.low), signed)}, {_math(number(found.high), signed)}]}}"


def _math(text: str, signed: bool = False) -> str:
    """Return a number with a minus that is one and not a hyphen; with `signed` a plus where there is none."""
    if text == "-":
        return "--"
    mark = text[0] if text[0] in "-<" else "+" if signed else ""
    return f"${mark}${text.removeprefix(mark)}" if mark else text
