"""Payment cards in what agents type: found however they are written, and little else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.cards import holds_card_number, without_card_numbers

# The numbers that the issuers publish for tests; none of them belongs to anybody.
CARDS = {
    "visa": "4111111111111111",
    "visa, the old short one": "4222222222222",
    "mastercard": "5555555555554444",
    "mastercard, new range": "2223003122003222",
    "american express": "378282246310005",
    "discover": "6011111111111117",
    "jcb": "3530111333300000",
    "diners": "30569309025904",
    "unionpay": "6205500000000000004",
    "maestro": "6759649826438453",
    "dankort": "5019717010103742",
}


def _with_check_digit(digits: str) -> str:
    return next(digits + last for last in "0123456789" if _luhn(digits + last))


def _luhn(digits: str) -> bool:
    doubled = [
        int(d) if place % 2 == 0 else sum(map(int, str(2 * int(d))))
        for place, d in enumerate(reversed(digits))
    ]
    return sum(doubled) % 10 == 0


def _cards(prefix: str, length: int) -> st.SearchStrategy[str]:
    free = length - len(prefix) - 1
    return st.text("0123456789", min_size=free, max_size=free).map(
        lambda middle: _with_check_digit(prefix + middle)
    )


ANY_CARD = st.one_of(
    _cards("4", 13),
    _cards("4", 16),
    _cards("4", 19),
    *(_cards(str(prefix), 16) for prefix in range(51, 56)),
    _cards("2221", 16),
    _cards("2720", 16),
    _cards("34", 15),
    _cards("37", 15),
    _cards("6011", 16),
    _cards("3528", 16),
    _cards("3589", 16),
    _cards("36", 14),
    _cards("62", 19),
    _cards("6759", 13),
    _cards("6759", 19),
)


@pytest.mark.parametrize("number", CARDS.values(), ids=CARDS.keys())
@pytest.mark.parametrize(
    "written",
    [
        "{}",
        "the card is {}, until 12/29",
        "Visa{}",
        "{} 123",  # the three digits from the back go on in the same row
        "(+47 21 00 00 00) {}",
    ],
)
def test_a_card_is_found_wherever_it_stands(number: str, written: str) -> None:
    assert holds_card_number(written.format(number))


@pytest.mark.parametrize(
    "written",
    [
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111.1111.1111.1111",
        "4111\N{NO-BREAK SPACE}1111\N{EN DASH}1111\N{NON-BREAKING HYPHEN}1111",
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
        "4111\N{ZERO WIDTH SPACE}1111\N{ZERO WIDTH SPACE}1111\N{ZERO WIDTH SPACE}1111",
    ],
)
def test_a_card_is_found_however_it_is_written(written: str) -> None:
    assert holds_card_number(written)


@pytest.mark.parametrize(
    "zero",
    ["\N{ARABIC-INDIC DIGIT ZERO}", "\N{FULLWIDTH DIGIT ZERO}", "\N{DEVANAGARI DIGIT ZERO}"],
)
def test_a_card_is_found_in_the_digits_of_any_script(zero: str) -> None:
    row = "".join(chr(ord(zero) + int(digit)) for digit in CARDS["visa"])
    assert holds_card_number(row)
    assert holds_card_number("4" + row[1:])


@pytest.mark.parametrize(
    "written",
    [
        "",
        "4111 1111 1111 1112",  # no check digit of it
        "9111111111111111",  # no issuer's
        "411111111117",  # 12 digits, and the check digit is right
        "41111111111111111111111111",  # one row longer than any card
        "4111  1111  1111  1111 ",  # two blanks part two numbers
        "+49 1512 3456787",  # a telephone: 13 digits, a 4, and the check digit is right
        "+4915123456787",
        "0049 1512 3456787",
        "00 49 1512 3456787",
        "NO93 8601 1117 947",
        "DE89 3704 0044 0532 0130 00",
        "2026-12-01 18:30, 4 people, flat 1203",
    ],
)
def test_other_numbers_are_no_cards(written: str) -> None:
    assert not holds_card_number(written)


def test_the_telephone_of_the_table_would_be_a_card_without_its_plus() -> None:
    assert holds_card_number("4915123456787")


def test_an_account_that_looks_like_a_card_is_told_from_one_by_its_own_check_digits() -> None:
    account = next(
        f"NO{check:02} {body[:4]} {body[4:8]} {body[8:]}"
        for body in (f"{n:011}" for n in range(10_000_000_000, 10_000_100_000))
        for check in [98 - int(f"{body}232400") % 97]
        if 40 <= check <= 49 and _luhn(f"{check}{body}")
    )
    assert not holds_card_number(account)
    assert holds_card_number(account.removeprefix("NO"))
    assert holds_card_number(account + " 4111 1111 1111 1111")


@given(ANY_CARD, st.lists(st.sampled_from(["", " ", "-", "."]), min_size=18, max_size=18))
def test_every_card_of_a_known_issuer_is_found_with_any_single_separators(
    number: str, between: list[str]
) -> None:
    written = number[0] + "".join(
        gap + digit for gap, digit in zip(between, number[1:], strict=False)
    )
    assert holds_card_number(f"card: {written}!")


@given(ANY_CARD, st.integers(0, 18), st.integers(1, 9))
def test_one_wrong_digit_and_it_is_no_card(number: str, place: int, by: int) -> None:
    place %= len(number)
    wrong = f"{(int(number[place]) + by) % 10}"
    assert not holds_card_number(number[:place] + wrong + number[place + 1 :])


@given(st.text("0123456789 .-", max_size=12))
def test_fewer_than_thirteen_digits_never_are_a_card(text: str) -> None:
    assert not holds_card_number(text)


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    assert holds_card_number(text + "\n4111111111111111")


@given(st.text("ab\n\u0663", max_size=9), ANY_CARD)
def test_nothing_of_a_card_is_left_in_what_is_kept(text: str, number: str) -> None:
    kept = without_card_numbers(f"{text} {number}\n")
    assert not holds_card_number(kept)
    assert number not in kept


@given(st.text("0123456789 abc", max_size=12))
def test_what_holds_no_card_is_kept_as_it_is(text: str) -> None:
    assert without_card_numbers(text) == text
