"""What machines read: JUnit's structure, and names that try to break out of XML, Markdown and workflow commands."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.gate.check import Checked
from bench.gate.output import annotation, annotations, junit, junit_error, markdown, one_line
from bench.gate.pins import Pin
from bench.gate.verdict import Verdict
from bench.gate.words import HEADER, headline, passed

GOOD = Verdict("ndcg@10", 0.5, 0.5, 0.0, -0.01, 0.01, 0.1, 0.02, 400, 400, 0, True, 0.05)
HOSTILE = [
    'a"/><script>alert(1)</script>',
    "]]>&amp;<!-- ",
    "line\nbreak\r\n::error::forged",
    "::stop-commands::token",
    "x ##[error]forged",
    "pipe | cell",
    "`code` [link](http://x) ![i](y) **b** @octocat",
    "nul \x00 bell \x07 escape \x1b[31m",
    "lone \ud800 surrogate \uffff",
    "percent %0A %25",
]


def checked(name: str, *verdicts: Verdict) -> Checked:
    pin = Pin("t", "1", "s", "f", "keep", "x.parquet", "", {"ndcg@10": 0.1})
    return Checked(name, pin, "s", verdicts)


def bad(metric: str = "recall@10", high: float = -0.1) -> Verdict:
    return Verdict(metric, 0.3, 0.5, -0.2, -0.3, high, 0.1, 0.05, 400, 400, 0, True, 0.05)


def test_junit_has_a_suite_an_entry_and_a_case_a_metric() -> None:
    root = ET.fromstring(junit([checked("one", GOOD, bad()), checked("two", GOOD)]))
    assert root.tag == "testsuites"
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("3", "1", "0")
    suites = list(root)
    assert [(suite.tag, suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in suites] == [
        ("testsuite", "one", "2", "1"),
        ("testsuite", "two", "1", "0"),
    ]
    for suite in suites:
        assert len(suite.findall("testcase")) == int(suite.get("tests", ""))
        assert len(suite.findall("testcase/failure")) == int(suite.get("failures", ""))
        for case in suite:
            assert case.get("classname") == suite.get("name") and case.get("name")
            assert {part.tag for part in case} <= {"failure", "system-out"}
    failure = root.find(".//failure")
    assert failure is not None and failure.get("type") == "regression"
    assert "significantly worse" in failure.get("message", "")


def test_a_gate_that_could_not_be_held_is_an_error_not_a_failure() -> None:
    root = ET.fromstring(junit_error("no such <file>\x00"))
    assert (root.get("failures"), root.get("errors")) == ("0", "1")
    error = root.find("testsuite/testcase/error")
    assert error is not None and error.get("message") == "no such <file>\ufffd"


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_words(name: str) -> None:
    found = [checked(name, bad(metric=name))]
    root = ET.fromstring(junit(found))
    assert [part.tag for part in root.iter()] == ["testsuites", "testsuite", "testcase", "failure"]
    assert len(annotations(found)) == 1
    line = annotations(found)[0]
    assert line.startswith("::error title=") and not {"\n", "\r"} & set(line)
    assert "::" not in line.removeprefix("::error title=").partition("::")[0]
    text = markdown(found)
    rows = [line for line in text.splitlines() if line.startswith("| **regression**")]
    assert len(rows) == 1 and len(re.findall(r"(?<!\\)\|", rows[0])) == len(HEADER) + 1
    assert "<script" not in text and "](http" not in text and "@octocat" not in text
    shown = one_line(name)
    assert not re.search(r"[\x00-\x1f]|::|##\[", shown)


@given(st.text(), st.text())
def test_a_workflow_command_can_be_read_back(title: str, text: str) -> None:
    line = annotation(title, text)
    head, _, data = line.removeprefix("::error title=").partition("::")
    assert "\n" not in line and "\r" not in line
    for raw, coded in (("\r", "%0D"), ("\n", "%0A"), (":", "%3A"), (",", "%2C"), ("%", "%25")):
        head, data = head.replace(coded, raw), data.replace(coded, raw) if raw not in ":," else data
    assert (head, data) == (title, text)


@given(st.text())
def test_any_text_gives_readable_xml(text: str) -> None:
    assert ET.fromstring(junit([checked(text, bad(metric=text))])).get("failures") == "1"


def test_the_headline_counts_and_one_bad_metric_fails_the_gate() -> None:
    assert headline([checked("a", GOOD)]) == "gate passed: 1 metrics of 1 entries"
    mixed = [checked("a", GOOD, bad(high=0.1)), checked("b", bad())]
    assert headline(mixed) == "gate failed: 1 regressions, 1 unclear of 3 metrics of 2 entries"
    assert [one.outcome.value for one in mixed] == ["unclear", "regression"]
    assert not passed(mixed)
    assert "**unclear**" in markdown(mixed)
