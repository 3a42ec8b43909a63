"""The written form of codes: what is written is read back, and nothing else is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import BenchError
from navigen.identifiers.codes import BEGIN, END, format_code, parse_code, vocabulary

CODES = st.lists(st.integers(0, 9000), min_size=1, max_size=6)


def test_the_released_example() -> None:
    text = "<|cid_begin|><s_a_3855><s_b_7257><s_c_3681><|cid_end|>"
    assert format_code((3855, 7257, 3681)) == text
    assert parse_code(text) == (3855, 7257, 3681)


@given(CODES)
def test_round_trip(code: list[int]) -> None:
    assert parse_code(format_code(code), len(code)) == tuple(code)
    assert parse_code(format_code(code), len(code) + 1) is None
    assert len(code) == 1 or parse_code(format_code(code), len(code) - 1) is None


@given(CODES, st.data())
def test_a_changed_text_is_no_code_or_another(code: list[int], data: st.DataObject) -> None:
    text = format_code(code)
    place = data.draw(st.integers(0, len(text) - 1))
    for broken in (text[:place] + text[place + 1 :], text[:place] + " " + text[place:], text + text, text[:place]):
        read = parse_code(broken, len(code))
        assert read is None or format_code(read) == broken != text


@given(st.text(max_size=40))
def test_any_text_is_read_strictly(text: str) -> None:
    for whole in (text, BEGIN + text + END):
        read = parse_code(whole)
        assert read is None or format_code(read) == whole


@pytest.mark.parametrize(
    "text",
    [
        "<|cid_begin|><s_a_1><s_b_2><|cid_end|>",
        "<|cid_begin|><s_b_1><s_a_2><s_c_3><|cid_end|>",
        "<|cid_begin|><s_a_01><s_b_2><s_c_3><|cid_end|>",
        "<|cid_begin|><s_a_1> <s_b_2><s_c_3><|cid_end|>",
        "<|cid_begin|><s_a_1><s_b_2><s_c_3><s_d_4><|cid_end|>",
        "<|cid_begin|><s_a_1><s_b_2><s_c_\u0663><|cid_end|>",
        "<|cid_begin|><s_a_-1><s_b_2><s_c_3><|cid_end|>",
        " <|cid_begin|><s_a_1><s_b_2><s_c_3><|cid_end|>",
        "<|cid_begin|><|cid_end|>",
        "<|cid_begin|>",
        "",
    ],
)
def test_near_misses_are_no_codes(text: str) -> None:
    assert parse_code(text) is None


@pytest.mark.parametrize("code", [(), (-1, 2), tuple(range(27))])
def test_what_cannot_be_written_is_an_error(code: tuple[int, ...]) -> None:
    with pytest.raises(BenchError, match="code"):
        format_code(code)


def test_vocabulary_goes_by_level_and_number() -> None:
    tokens = vocabulary([(10, 0, 1), (9, 0, 2)])
    assert tokens == [BEGIN, "<s_a_9>", "<s_a_10>", "<s_b_0>", "<s_c_1>", "<s_c_2>", END]
