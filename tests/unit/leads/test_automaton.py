"""Automata over digits against the regular expressions they stand for."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.automaton import PAD, UnsupportedPatternError, distinguish, longest_prefix

WIDTH = 12


def matrix(texts: list[str]) -> np.ndarray:
    digits = np.full((len(texts), WIDTH), PAD, dtype=np.uint8)
    for row, text in enumerate(texts):
        digits[row, : len(text)] = [int(digit) for digit in text]
    return digits


digit = st.sampled_from("0123456789")
digits = st.text("0123456789", max_size=WIDTH)
atoms = digit | st.just("\\d") | st.sampled_from(["[13-5]", "[2-9]", "[07]", "\\d*"])


def larger(patterns: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    group = st.lists(patterns, min_size=1, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})")
    counted = st.tuples(group, st.sampled_from(["?", "{2}", "{0,2}", "{1,3}", "*"])).map("".join)
    return group | counted | st.lists(patterns, min_size=2, max_size=3).map("".join)


patterns = st.recursive(atoms, larger, max_leaves=8)


@given(st.lists(patterns, min_size=1, max_size=3), st.lists(digits, min_size=1, max_size=20))
def test_texts_that_end_in_one_state_are_matched_by_the_same_patterns(
    some: list[str], texts: list[str]
) -> None:
    answers: dict[int, tuple[bool, ...]] = {}
    for state, text in zip(distinguish(some).run(matrix(texts)).tolist(), texts, strict=True):
        matched = tuple(re.fullmatch(pattern, text) is not None for pattern in some)
        # Before the first digit nothing is known; `PhoneReader` keeps lengths apart.
        assert answers.setdefault(state * (WIDTH + 1) + len(text), matched) == matched


def test_numbers_of_one_kind_share_a_state() -> None:
    mobile = distinguish([r"4\d{7}", r"9[0-5]\d{6}"])
    states = mobile.run(matrix(["41234567", "49999999", "91234567", "96234567", "4123456"]))
    assert states[0] == states[1]
    assert states[0] != states[2]
    assert states[3] == 0, "no pattern knows it"
    assert states[4] not in states[:4]


@pytest.mark.parametrize("pattern", ["[^1]", "1+", "(?=1)2", "1{", "1{a}", "a", "(1", "1)", "[1"])
def test_what_is_not_understood_is_refused(pattern: str) -> None:
    with pytest.raises(UnsupportedPatternError):
        distinguish([pattern])


@given(
    st.dictionaries(st.text("012", max_size=4), st.integers(0, 99), max_size=8),
    st.lists(st.text("0123", max_size=6), min_size=1, max_size=20),
)
def test_the_longest_known_prefix_wins(values: dict[str, int], texts: list[str]) -> None:
    known = longest_prefix(values).run(matrix(texts)).tolist()
    for found, text in zip(known, texts, strict=True):
        heads = [text[:length] for length in range(len(text), -1, -1)]
        assert found == next((values[head] for head in heads if head in values), -1)
