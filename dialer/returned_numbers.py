"""Our own numbers as trunks name them when somebody calls one; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    format_number,
    parse,
    region_code_for_number,
)

from dialer.trunks import Trunk


@dataclass(frozen=True, slots=True)
class OurNumbers:
    """Which number of ours is meant, and which trunk it belongs to.

    Attributes:
        by_digits: the digits of a number, as a trunk may name it -> E.164.
        trunks: E.164 -> the name of its trunk.
    """

    by_digits: Mapping[str, str]
    trunks: Mapping[str, str]

    def named(self, digits: str) -> str | None:
        """Return the number of ours that some digits name, E.164, or None."""
        return self.by_digits.get(digits)

    def trunk(self, number: str | None) -> str | None:
        """Return the trunk of a number of ours, or None."""
        return self.trunks.get(number or "")

    @staticmethod
    def region(number: str | None) -> str | None:
        """Return the country of a number of ours, or None where it is not known."""
        parsed = _parsed(number or "")
        return None if parsed is None else region_code_for_number(parsed)


def our_numbers(trunks: Iterable[Trunk]) -> OurNumbers:
    """Return the numbers of all trunks, by everything that a network may call them.

    A number that is the same in two countries without their codes is not known by that.
    """
    of = {caller_id: trunk.name for trunk in trunks for caller_id in trunk.caller_ids}
    by_digits: dict[str, str] = {}
    twice: set[str] = set()
    for number in of:
        for digits in _names(number):
            if by_digits.setdefault(digits, number) != number:
                twice.add(digits)
    return OurNumbers({one: by_digits[one] for one in by_digits if one not in twice}, of)


def _names(number: str) -> tuple[str, ...]:
    digits = number.removeprefix("+")
    parsed = _parsed(number)
    if parsed is None:
        return (digits, f"00{digits}")
    dialled = "".join(filter(str.isdigit, format_number(parsed, PhoneNumberFormat.NATIONAL)))
    national = digits.removeprefix(str(parsed.country_code))
    return (*dict.fromkeys((digits, f"00{digits}", national, dialled)),)


def _parsed(number: str) -> PhoneNumber | None:
    try:
        return parse(number, None)
    except NumberParseException:
        return None
