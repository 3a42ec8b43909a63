"""The ledger's files: whole lines count, torn ones are written over, broken ones are errors, and writers take turns."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.errors import BenchError
from bench.lm import Prompt, Sampling
from navigen.teacher.desk import TeacherDesk
from navigen.teacher.ledger import FAILURES, REPLIES, Kept, Key, Ledger, Missed, ask_digest
from navigen.teacher.lines import Lines
from navigen.teacher.protocol import Ask
from tests.navigen.teacher.asks import Fake, ask, asks, read_json, said, words

SAME_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


def kept(name: str, text: str) -> Kept:
    return Kept(Key("teacher", name), "terms", name, 0, text, 1, 2)


@given(st.lists(TEXTS, min_size=1, max_size=6), st.data())
@SAME_FOLDER
def test_a_file_torn_anywhere_keeps_its_whole_lines(tmp_path: Path, texts: list[str], data: st.DataObject) -> None:
    path = tmp_path / REPLIES
    path.unlink(missing_ok=True)
    with Ledger(tmp_path).held():
        pass
    ledger = Ledger(tmp_path)
    with ledger.held():
        ledger.write([kept(str(place), text) for place, text in enumerate(texts)], [])
    raw = path.read_bytes()
    torn = raw[: data.draw(st.integers(0, len(raw)))] + data.draw(st.sampled_from([b"", b"\0\0", b'{"a":1}', b"\xff"]))
    path.write_bytes(torn)
    whole = torn.count(b"\n")
    reader = Ledger(tmp_path)
    reader.look()
    assert path.read_bytes() == torn, "reading changes nothing"
    wanted = {Key("teacher", str(place)): text for place, text in enumerate(texts[:whole])}
    assert reader.texts() == wanted and reader.spent.calls == whole
    with reader.held():
        reader.write([kept("new", "one more")], [])
    again = Ledger(tmp_path)
    again.look()
    assert again.texts() == {**wanted, Key("teacher", "new"): "one more"}
    lines = path.read_bytes().split(b"\n")
    assert lines.pop() == b"" and all(isinstance(json.loads(line), dict) for line in lines)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("[1]", "line 2 is no JSON object"),
        ("{broken", "line 2 is no JSON object"),
        ('{"teacher":"t","ask":"a"}', "without a valid"),
        (
            '{"ask":"a","attempt":true,"operation":"o","read":1,"sample":"s","teacher":"t","text":"x","written":1}',
            "atte",
        ),
    ],
)
def test_a_broken_line_within_is_an_error_that_names_it(tmp_path: Path, line: str, reason: str) -> None:
    with (ledger := Ledger(tmp_path)).held():
        ledger.write([kept("a", "b")], [])
    with (tmp_path / REPLIES).open("a") as stream:
        stream.write(line + "\n")
    with pytest.raises(BenchError, match=reason), Ledger(tmp_path).held():
        pass


def test_lines_that_vanish_are_an_error(tmp_path: Path) -> None:
    lines = Lines(tmp_path / "a.jsonl")
    lines.append([{"a": 1}])
    (tmp_path / "a.jsonl").write_text("")
    with pytest.raises(BenchError, match="taken away"):
        lines.fresh()


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = Lines(tmp_path / "a.jsonl")
    lines.append([{"a": 1}])

    def full(place: int, raw: bytes, start: int) -> int:
        with (tmp_path / "a.jsonl").open("ab") as stream:
            stream.write(raw[:3])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(BenchError, match="make room"):
        patch.setattr("os.pwrite", full)
        lines.append([{"b": 2}])
    lines.append([{"c": 3}])
    assert (tmp_path / "a.jsonl").read_text() == '{"a":1}\n{"c":3}\n'


def test_the_ledger_is_written_to_only_while_held(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="only while it is held"):
        Ledger(tmp_path).write([kept("a", "b")], [])


def test_what_failed_is_never_served(tmp_path: Path) -> None:
    with (ledger := Ledger(tmp_path)).held():
        ledger.write([], [Missed(Key("t", "a"), "terms", "s", 0, "refused", "no", 3, 4)])
        ledger.write([], [Missed(Key("t", "b"), "terms", "s", 0, "unanswered", "late", 0, 0)])
        ledger.write([], [Missed(Key("t", "c"), "terms", "s", 0, "unreached", "gone", 0, 0)])
    again = Ledger(tmp_path)
    again.look()
    assert again.texts() == {} and again.is_spoilt(Key("t", "a"))
    assert not again.is_spoilt(Key("t", "b")) and not again.is_spoilt(Key("t", "c"))
    assert (again.spent.calls, again.spent.read, again.spent.written) == (2, 3, 4)
    assert not (tmp_path / REPLIES).exists() and len((tmp_path / FAILURES).read_text().splitlines()) == 3


def test_two_desks_on_one_folder_take_turns_and_share(tmp_path: Path) -> None:
    waited: list[str] = []
    teacher = Fake(lambda ask: said(words(ask)))
    desks = [
        TeacherDesk(teacher, Ledger(tmp_path), workers=2, block=1, progress=lambda stage, *_: waited.append(stage))
        for _ in range(3)
    ]
    found: list[object] = []
    threads = [threading.Thread(target=lambda one=one: found.append(one.ask(asks(30), read_json))) for one in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[f"item {place}" for place in range(30)]] * 3
    assert len(teacher.seen) == 30


def test_the_digest_tells_what_is_asked_and_nothing_else() -> None:
    base = ask("a", colour="red")
    same = Ask(base.operation, "another sample", {"colour": "blue"}, base.prompt, base.sampling)
    assert ask_digest(base) == ask_digest(same) and ask_digest(base, True) != ask_digest(same, True)
    schemas = [{"properties": {"a": {}, "b": {}}}, {"properties": {"b": {}, "a": {}}}]
    others = [
        ask("b"),
        ask("a", operation="x"),
        ask("a", seed=1),
        ask("a", tokens=2),
        *(Ask("terms", "a", {}, base.prompt, Sampling(tokens=20, schema=schema)) for schema in schemas),
        *(Ask("terms", "a", {}, base.prompt, Sampling(tokens=20, stop=stop)) for stop in [("x",), ("y",)]),
        Ask("terms", "a", {}, base.prompt, Sampling(tokens=20, temperature=0.5)),
        Ask("terms", "a", {}, base.prompt, Sampling(tokens=20, top_p=0.5)),
        Ask("terms", "a", {}, Prompt(base.prompt.messages, "p"), base.sampling),
        Ask("terms", "a", {}, Prompt((("system", "s"), ("user", "a"))), base.sampling),
    ]
    assert len({ask_digest(one) for one in [base, *others]}) == len(others) + 1
    with pytest.raises(BenchError, match="allowed"):
        ask_digest(Ask("terms", "a", {}, base.prompt, Sampling(allowed=lambda _: [1])))
