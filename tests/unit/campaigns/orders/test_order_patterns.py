"""Patterns of text fields: those that could keep the machine busy are refused beforehand."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.orders.patterns import LONGEST_MATCHED, why_unusable


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "[0-9]{13}|[0-9]{21}",
        r"NO[0-9]{2}( ?[0-9]{4}){2} ?[0-9]{3}",
        r"[A-ZÆØÅ]{2}\s?\d{5}",
        r"[^@]+@[^@]+",
        r"(?:[0-9]{4}-){3}[0-9]{4}",
        r"[]a^-]\]",
        r"a{,3}",  # three letters and more, to be read as they stand
    ],
)
def test_a_pattern_that_is_soon_done_with_is_usable(pattern: str) -> None:
    assert why_unusable(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(a+)+", "too many ways"),
        ("(a|a)*", "too many ways"),
        ("(a|b|ab)*c", "too many ways"),
        ("a*a*a*a*b", "too many ways"),
        ("(a?){50}a{50}", "too many ways"),
        ("a?" * 30, "too many ways"),
        (".*.*.*.*x", "too many ways"),
        ("(a{0,100}){0,100}", "too many ways"),
        (r"(a)\1", "may not refer"),
        (r"(?=a)a", "groups may only begin"),
        (r"(?P<n>a)", "groups may only begin"),
        (r"(?i)a", "groups may only begin"),
        ("(", "no usable pattern"),
        ("[a", "no usable pattern"),
        ("a)", "no usable pattern"),
        ("*a", "no usable pattern"),
        ("a\\", "no usable pattern"),
        ("a{3,2}", "no usable pattern"),
        ("[[a]", "write"),
        ("[a--b]", "write"),
        ("a" * 201, "longer than 200"),
    ],
)
def test_a_pattern_that_may_take_long_or_is_none_is_refused(pattern: str, why: str) -> None:
    told = why_unusable(pattern)
    assert told is not None
    assert why in told


PIECES = st.sampled_from(
    ["a", "b", ".", "[ab]", r"\w", "(", ")", "|", "*", "+", "?", "{2}", "{0,9}", "(?:", "a?", "a*"]
)


@settings(max_examples=300)
@given(st.lists(PIECES, max_size=14).map("".join))
def test_whatever_is_allowed_is_done_within_a_second(pattern: str) -> None:
    if why_unusable(pattern) is not None:
        return
    for text in ("a" * LONGEST_MATCHED, "a" * (LONGEST_MATCHED - 1) + "c"):
        began = time.perf_counter()
        re.fullmatch(pattern, text)
        assert time.perf_counter() - began < 1


@given(st.text(max_size=30))
def test_any_text_is_a_pattern_or_refused(pattern: str) -> None:
    if why_unusable(pattern) is None:
        re.compile(pattern)
