"""Refreshes the parts of the documents and the README that commands print: `python docs/render.py [--check]`.

A rendered part stands between `<!-- prints: COMMAND -->` and `<!-- end -->`; everything else is written by hand. A
command behind `prints with data:` needs the real logs (NAVIBENCH_DATA) and is left as it stands where they are absent.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parent
PART = re.compile(r"(<!-- prints(?P<data> with data)?: (?P<command>.+?) -->\n)(?P<body>.*?)(<!-- end -->)", re.DOTALL)


def rendered(text: str) -> str:
    """Return the document with every rendered part as its command prints it now."""
    return PART.sub(refreshed, text)


def refreshed(part: re.Match[str]) -> str:
    """Return one rendered part, marks included."""
    if part["data"] and "NAVIBENCH_DATA" not in os.environ:
        return part[0]
    return f"{part[1]}\n{printed(part['command'])}\n{part[5]}"


def printed(command: str) -> str:
    """Return what a command of this project prints, run from the repository's root."""
    words = shlex.split(command)
    start = [sys.executable, "-m", "bench"] if words[0] == "navibench" else [sys.executable]
    done = subprocess.run([*start, *words[1:]], cwd=DOCS.parent, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command}: {done.stderr}")
    return done.stdout.strip() + "\n"


def main() -> int:
    """Rewrite the documents, or with --check say which ones are out of date."""
    stale = []
    for path in sorted([*DOCS.parent.glob("*.md"), *DOCS.glob("*.md")]):
        old = path.read_text(encoding="utf-8")
        new = rendered(old)
        if new != old:
            stale.append(path.name)
            if "--check" not in sys.argv:
                path.write_text(new, encoding="utf-8")
    print("\n".join(stale) or "up to date")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
