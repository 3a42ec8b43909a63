"""A forest plot as SVG: differences with their intervals, a line each, in panels that stand below each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

LABELS, PLOT, ROW, MARGIN = 220, 420, 20, 12


@dataclass(frozen=True, slots=True)
class Line:
    """A difference and its interval; one without an interval is a point."""

    label: str
    value: float
    low: float | None
    high: float | None


def forest(panels: Mapping[str, Sequence[Line]], title: str) -> str:
    """Return the picture; each panel has a scale of its own, symmetrical about 0; empty panels are left out."""
    parts, top = [text(MARGIN, 20, title, "font-weight:bold")], 34
    for name, lines in panels.items():
        if lines:
            parts += panel(name, lines, top)
            top += ROW * (len(lines) + 3)
    size = f'width="{LABELS + PLOT + 2 * MARGIN}" height="{top}"'
    box = f'viewBox="0 0 {LABELS + PLOT + 2 * MARGIN} {top}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box} font-family="sans-serif" font-size="12" role="img">'
    return (
        "\n".join(
            [
                head,
                f"<title>{escape(title)}</title>",
                '<rect width="100%" height="100%" fill="#fff"/>',
                *parts,
                "</svg>",
            ]
        )
        + "\n"
    )


def panel(name: str, lines: Sequence[Line], top: int) -> list[str]:
    """Return the shapes of one panel that begins at `top`."""
    ends = [value for line in lines for value in (line.value, line.low, line.high) if value is not None]
    reach = max((abs(value) for value in ends), default=0.0) or 1.0
    left, middle = LABELS + MARGIN, LABELS + MARGIN + PLOT / 2

    def across(value: float) -> str:
        return f"{middle + value / reach * PLOT / 2:.1f}"

    bottom = top + ROW * (len(lines) + 1)
    parts = [text(MARGIN, top + 14, name, "font-style:italic")]
    parts.append(f'<line x1="{across(0)}" x2="{across(0)}" y1="{top + ROW}" y2="{bottom}" stroke="#999"/>')
    for place, line in enumerate(lines):
        y = top + ROW * (place + 1) + ROW / 2
        parts.append(text(MARGIN, y + 4, line.label))
        if line.low is not None and line.high is not None:
            span = f'x1="{across(line.low)}" x2="{across(line.high)}" y1="{y}" y2="{y}"'
            parts.append(f'<line {span} stroke="#1f4e79" stroke-width="2"/>')
        parts.append(f'<circle cx="{across(line.value)}" cy="{y}" r="4" fill="#1f4e79"/>')
    for value, anchor in ((-reach, "start"), (0.0, "middle"), (reach, "end")):
        x = {"start": left, "middle": middle, "end": left + PLOT}[anchor]
        parts.append(text(x, bottom + 14, f"{value:+.3f}" if value else "0", f"text-anchor:{anchor}"))
    return parts


def text(x: float, y: float, content: str, style: str = "") -> str:
    """Return a line of text."""
    return f'<text x="{x}" y="{y}"{f" style={chr(34)}{style}{chr(34)}" if style else ""}>{escape(content)}</text>'
