"""Numbers of payment cards, which must stand nowhere in this base; pure."""

import re

_CANDIDATE = re.compile(r"(?<![\d+])\d(?:[ -]?\d){12,18}(?!\d)", re.ASCII)


def holds_card_number(text: str) -> bool:
    """Tell whether a text holds what may be the number of a payment card.

    That is 13 to 19 digits, with blanks or dashes between them or not, of which the last is
    the check digit by Luhn. A telephone number with its plus is none.
    """
    return any(_is_luhn(re.sub(r"\D", "", found[0])) for found in _CANDIDATE.finditer(text))


def _is_luhn(digits: str) -> bool:
    # Every second digit from the right is doubled, and the digits of that are added up.
    doubled = [int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(digits))]
    return sum(sum(divmod(one, 10)) for one in doubled) % 10 == 0
