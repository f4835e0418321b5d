"""Find the number of a payment card in what somebody typed: it must never be kept; pure.

A telephone number written with its + or 00 is none, and neither is a bank account written as
a valid IBAN: both are things that a form may well ask for.
"""

import re
import unicodedata
from collections.abc import Iterator

from leads.errors import UsageError

_SHORTEST, _LONGEST = 13, 19

_LONGEST_PHONE = 15
"""The most digits that an international telephone number has, as E.164 says."""

_ISSUERS = (
    ((4,), range(13, 20)),  # Visa
    (range(51, 56), (16,)),  # Mastercard
    (range(2221, 2721), (16,)),
    ((34, 37), (15,)),  # American Express
    ((6011, *range(644, 650), 65), range(16, 20)),  # Discover
    (range(3528, 3590), range(16, 20)),  # JCB
    ((*range(300, 306), 3095, 36, 38, 39), range(14, 20)),  # Diners Club
    ((62, 81), range(16, 20)),  # UnionPay
    ((50, 56, 57, 58, 6), range(13, 20)),  # Maestro, and national cards like Dankort and RuPay
    (range(2200, 2205), range(16, 20)),  # Mir
    ((9792,), (16,)),  # Troy
)
"""By what the numbers of each issuer begin, and how long they are."""

_LENGTHS_BY_PREFIX: dict[str, set[int]] = {}
for _prefixes, _lengths in _ISSUERS:
    for _prefix in _prefixes:
        _LENGTHS_BY_PREFIX.setdefault(str(_prefix), set()).update(_lengths)

_RUN = re.compile(r"[0-9]+(?:[ .-][0-9]+)*")
_IBAN = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{2}[0-9]{2}(?: ?[0-9A-Za-z]){9,30}")
_IBAN_LENGTHS = {
    **{"AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18},
    **{"EE": 20, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28},
    **{"IE": 22, "IS": 26, "IT": 27, "LT": 20, "LU": 20, "LV": 21, "MT": 31, "NL": 18},
    **{"NO": 15, "PL": 28, "PT": 25, "RO": 24, "SE": 24, "SI": 19, "SK": 24, "TR": 26},
}


def holds_card_number(text: str) -> bool:
    """Tell whether a text holds what may be the number of a payment card.

    That is 13 to 19 digits of any script, with single blanks, dashes or dots between them or
    without, that begin as an issuer's numbers do and agree with their check digit (Luhn).

    Args:
        text: what somebody typed, of any length.
    """
    plain = _IBAN.sub(_without_iban, "".join(map(_plain, text)))
    for run in _RUN.finditer(plain):
        is_phone = plain[: run.start()].rstrip(" (").endswith("+")
        groups = re.split("[ .-]", run[0])
        if any(map(_is_card, _stretches(groups, is_phone=is_phone))):
            return True
    return False


def refuse_card(text: str | None, option: str) -> None:
    """Refuse what somebody wrote of a talk if it holds the number of a payment card.

    Args:
        text: as typed, or None.
        option: whose value it is, for the error.

    Raises:
        UsageError: it does.
    """
    if text is not None and holds_card_number(text):
        raise UsageError(f"{option} {NO_CARDS}")


def without_card_numbers(text: str) -> str:
    """Return a text fit to be kept: of one that holds a card's number no digit is left.

    Args:
        text: what somebody typed.
    """
    if not holds_card_number(text):
        return text
    return "".join(
        "*" if unicodedata.digit(letter, None) is not None else letter for letter in text
    )


def _plain(letter: str) -> str:
    """Return a digit of any script as 0 to 9, a dash or a blank as the plain one."""
    digit = unicodedata.digit(letter, None)
    if digit is not None:
        return str(digit)
    category = unicodedata.category(letter)
    if category == "Cf":  # seen by nobody: it separates nothing
        return ""
    if category == "Pd" or letter == "\N{MINUS SIGN}":
        return "-"
    return " " if category == "Zs" or letter in "\t\r\n" else letter


def _without_iban(found: re.Match[str]) -> str:
    """Return what stands after a valid IBAN, or all of it where there is none."""
    length = _IBAN_LENGTHS.get(found[0][:2].upper(), 0)
    ends = [place for place, letter in enumerate(found[0], start=1) if letter != " "]
    if not 0 < length <= len(ends):
        return found[0]
    iban = found[0][: ends[length - 1]].replace(" ", "")
    turned = "".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4])
    return found[0][ends[length - 1] :] if int(turned) % 97 == 1 else found[0]


def _stretches(groups: list[str], *, is_phone: bool) -> Iterator[str]:
    """Yield every stretch of whole groups that is as long as a card's number."""
    for first in range(len(groups)):
        dials = is_phone if first == 0 else first == 1 and groups[0] == "00"
        digits = ""
        for group in groups[first:]:
            digits += group
            if len(digits) > _LONGEST:
                break
            if len(digits) >= _SHORTEST and not (dials and len(digits) <= _LONGEST_PHONE):
                yield digits


def _is_card(digits: str) -> bool:
    begins = (_LENGTHS_BY_PREFIX.get(digits[:size], ()) for size in range(1, 5))
    return any(len(digits) in lengths for lengths in begins) and _agrees(digits)


def _agrees(digits: str) -> bool:
    """Tell whether the last digit is the check digit of the others, as Luhn has it."""
    total = 0
    for place, letter in enumerate(reversed(digits)):
        digit = int(letter)
        total += sum(divmod(digit * 2, 10)) if place % 2 else digit
    return total % 10 == 0


NO_CARDS = "holds what looks like the number of a payment card; never write one down, delete it"
"""Why a text is not taken."""
