"""Numbers of payment cards are found, however they are written; others are let be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.cards import holds_card_number


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("4111111111111111", True),
        ("card: 4111 1111 1111 1111, 12/28", True),
        ("5500-0000-0000-0004", True),
        ("378282246310005", True),
        ("4222222222222", True),  # 13 digits
        ("4111111111111112", False),  # the check digit is another one
        ("411111111111", False),  # 12 digits
        ("41111111111111111111", False),  # 20 digits
        ("+4722448201", False),
        ("+4111111111111111", False),  # a telephone number, by its plus
        ("22 44 82 01", False),
        ("", False),
    ],
)
def test_a_card_is_told_by_its_digits(text: str, held: bool) -> None:
    assert holds_card_number(text) is held


@given(st.lists(st.integers(0, 9), min_size=12, max_size=18), st.sampled_from(["", " ", "-"]))
def test_whatever_has_the_right_check_digit_is_found_and_with_a_wrong_one_it_is_not(
    digits: list[int], between: str
) -> None:
    def text(last: int) -> str:
        return between.join(map(str, [*digits, last]))

    assert sum(holds_card_number(text(last)) for last in range(10)) == 1
