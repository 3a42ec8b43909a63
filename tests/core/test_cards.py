"""A card, a setting or a plug-in that cannot work is refused before anything runs, in a line that says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import BenchError
from bench.listing import Suite
from bench.plan import plan

MODULES = {
    "no_class": "x = 1\n",
    "no_dataclass": "class System:\n    def fit(self, train): ...\n    def rank(self, queries, k): ...\n",
    "no_rank": "from dataclasses import dataclass\n@dataclass\nclass System:\n    def fit(self, train): ...\n",
    "broken": "1 / 0\n",
    "syntax": "def\n",
    "odd": (
        "from dataclasses import dataclass, field\n@dataclass\nclass System:\n    a: frozenset = frozenset()\n"
        "    def fit(self, train): ...\n    def rank(self, queries, k): ...\n"
    ),
}


def planned(card: Path, system: str = "markov", *assign: str) -> None:
    plan(Suite("", (str(card),), (system,)), None, assign)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('primary = "ndcg@5"', 'primary = "ndcg@20"', "primary scorer 'ndcg@20'"),
        ('primary = "ndcg@5"', 'primary = "coverage@5"', "no score a case has"),
        ('primary = "ndcg@5"', 'primary = "popularity-bias@5"', "no score a case has"),
        ('"mrr@5"', '"mrr5"', "unknown scorer 'mrr5'"),
        ('"mrr@5"', '"ndcg@5"', "each named once"),
        ('"mrr@5"', '"mrr@50"', "depth 10 is below the 50"),
        ("test/tiny/next-item", "../../escaped", "expected an id of letters"),
        ("depth = 10", 'depth = "ten"', "depth: expected int"),
        ("depth = 10", "deep = 10", "unknown setting"),
        ("folder", "fodler", r"did you mean data\.folder"),
    ],
)
def test_a_card_that_cannot_work_is_refused(card: Path, old: str, new: str, message: str) -> None:
    text = card.read_text()
    assert old in text
    card.write_text(text.replace(old, new))
    with pytest.raises(BenchError, match=message):
        planned(card)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("policy.resamples=500", "resamples >= 2,000"),
        ("policy.level=1", "between 0 and 1"),
        ("device.name=banana", "unknown device.name 'banana'"),
        ("data.min_value=nan", "expected a finite number"),
        ("transitions.weights=nan", "expected a finite number"),
        ("data.fodler=x", r"did you mean data\.folder"),
    ],
)
def test_a_setting_that_cannot_work_is_refused(card: Path, setting: str, message: str) -> None:
    with pytest.raises(BenchError, match=message):
        planned(card, "transitions", setting)


@pytest.mark.parametrize(
    ("module", "message"),
    [
        ("no_class", "has no 'System'"),
        ("no_dataclass", "expected a dataclass"),
        ("no_rank", "expected the methods fit and rank"),
        ("broken", "ZeroDivisionError: division by zero"),
        ("syntax", "SyntaxError"),
        ("odd", "a setting cannot be written down"),
    ],
)
def test_a_system_that_cannot_work_is_refused(
    card: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, message: str
) -> None:
    (tmp_path / f"mine_{module}.py").write_text(MODULES[module])
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(BenchError, match=message):
        planned(card, f"mine_{module}:System")
