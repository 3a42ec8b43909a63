"""The gate's result for machines and reviewers: JUnit XML, GitHub annotations, a Markdown summary."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from html import escape

from bench.gate.check import Checked
from bench.gate.verdict import Outcome
from bench.gate.words import HEADER, headline, message, row

# What XML 1.0 cannot hold, not even escaped: most control characters, lone surrogates, two non-characters.
ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def junit(found: Sequence[Checked]) -> str:
    """Return JUnit XML: a test suite an entry, a test case a metric, a failure where the metric did not pass."""
    root = ET.Element("testsuites", name="navibench check")
    total = failed = 0
    for checked in found:
        wrong = sum(verdict.outcome is not Outcome.PASS for verdict in checked.verdicts)
        total, failed = total + len(checked.verdicts), failed + wrong
        about = {"name": legal(checked.name), **counts(len(checked.verdicts), wrong)}
        suite = ET.SubElement(root, "testsuite", about)
        for verdict in checked.verdicts:
            case = ET.SubElement(suite, "testcase", classname=legal(checked.name), name=legal(verdict.metric))
            told = legal(message(verdict))
            if verdict.outcome is Outcome.PASS:
                ET.SubElement(case, "system-out").text = told
                continue
            failure = ET.SubElement(case, "failure", type=verdict.outcome.value, message=told)
            failure.text = legal("\n".join(f"{n}: {v}" for n, v in zip(HEADER, row(checked, verdict), strict=True)))
    root.attrib.update(counts(total, failed))
    return _document(root)


def junit_error(text: str) -> str:
    """Return JUnit XML for a gate that could not be held: one test case with an error."""
    about = {"name": "navibench check", **counts(1, 0, 1)}
    root = ET.Element("testsuites", about)
    suite = ET.SubElement(root, "testsuite", about)
    case = ET.SubElement(suite, "testcase", classname="navibench check", name="input")
    ET.SubElement(case, "error", type="input", message=legal(text)).text = legal(text)
    return _document(root)


def counts(tests: int, failures: int, errors: int = 0) -> dict[str, str]:
    """Return the counts that JUnit writes on a suite."""
    return {"tests": str(tests), "failures": str(failures), "errors": str(errors), "skipped": "0"}


def annotations(found: Sequence[Checked]) -> list[str]:
    """Return a GitHub error line for each metric that did not pass."""
    return [
        annotation(f"{verdict.outcome.value}: {checked.name}", message(verdict))
        for checked in found
        for verdict in checked.verdicts
        if verdict.outcome is not Outcome.PASS
    ]


def annotation(title: str, text: str) -> str:
    """Return one workflow command; whatever the words hold, it stays one line and one command."""
    return f"::error title={command_property(title)}::{command_data(text)}"


def command_data(text: str) -> str:
    """Return text as the message of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def command_property(text: str) -> str:
    """Return text as a property of a workflow command."""
    return command_data(text).replace(":", "%3A").replace(",", "%2C")


def markdown(found: Sequence[Checked]) -> str:
    """Return a summary: the result, a table with a row a metric, and what the failing ones mean."""
    shown = {Outcome.PASS: "pass", Outcome.REGRESSION: "**regression**", Outcome.UNCLEAR: "**unclear**"}
    lines = [f"### {headline(found)}", "", "| " + " | ".join(HEADER) + " |"]
    lines.append("|---|---|---|" + "---:|" * (len(HEADER) - 3))
    notes = []
    for checked in found:
        for verdict in checked.verdicts:
            cells = [shown[verdict.outcome], *map(plain_text, row(checked, verdict)[1:])]
            lines.append("| " + " | ".join(cells) + " |")
            if verdict.outcome is not Outcome.PASS:
                notes.append(f"- {plain_text(checked.name)}: {plain_text(message(verdict))}")
    return "\n".join([*lines, *([""] if notes else []), *notes, ""])


def plain_text(text: str) -> str:
    """Return text that Markdown shows as it is: one line, no markup, no cell, no mention of anybody."""
    marked = re.sub(r"([\\`*_{}\[\]()#|~!])", r"\\\1", escape(one_line(text), quote=False))
    return re.sub(r"(?<!\w)@", "@\u2060", marked)


def one_line(text: str) -> str:
    """Return text for a log: control characters become blanks, and no part of it reads as a workflow command."""
    return CONTROL.sub(" ", text).replace("##[", "##\u2060[").replace("::", ":\u2060:")


def legal(text: str) -> str:
    """Return text that XML can hold."""
    return ILLEGAL.sub("\ufffd", text)


def _document(root: ET.Element) -> str:
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"
