"""The frame that every page shares: templates that escape what they are given, one style sheet, one policy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from bench.io import write_text

PACKAGE = "bench.report.html"
ASSETS = ("style.css", "table.js", "gallery.js")

# "self" means nothing to some browsers for a page that was opened from disk; "file:" says the same there and is out of
# reach for a page from a server. Nothing may be fetched, framed, sent or run from elsewhere or from within the page.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' file:",
        "style-src 'self' file:",
        "img-src 'self' file:",
        "media-src 'self' file:",
        "base-uri 'none'",
        "form-action 'none'",
    )
)


@cache
def environment() -> Environment:
    """Return the templates of this package; names and texts come from anywhere, so everything is escaped."""
    made = Environment(
        loader=PackageLoader(PACKAGE, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals["policy"] = POLICY
    return made


def write_page(path: Path, template: str, root: str, **values: Any) -> None:
    """Write a template as a page; `root` leads from the page to the folder that holds assets and media ("../../")."""
    write_text(path, environment().get_template(template).render(root=root, **values))


def write_assets(folder: Path, names: Sequence[str] = ASSETS) -> None:
    """Copy the style sheet and the scripts of the package."""
    for name in names:
        text = files(PACKAGE).joinpath("assets", name).read_text(encoding="utf-8")
        write_text(folder / name, text)


def script(call: str, *values: object) -> str:
    """Return a script that calls a function of the page with JSON, in ASCII: nothing in a text can end it."""
    told = [json.dumps(value, sort_keys=True, allow_nan=False, separators=(",", ":")) for value in values]
    return call + "(" + ",\n".join(told) + ");\n"
