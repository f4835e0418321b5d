"""Telephone numbers as people write them, for the benches; run by itself it prints some."""

import random

from phonenumbers import country_code_for_region

WRONG = 0.03
"""The share of texts that hold no valid number."""

_PATTERNS = {
    "NO": "9#######",
    "SE": "70#######",
    "DK": "31######",
    "PL": "60#######",
    "TR": "53########",
    "DE": "151########",
    "GB": "7912######",
    "US": "212N######",
    "FR": "61#######",
    "AU": "41#######",
    "IT": "06########",
    "TW": "9########",
}
_SIGNS = {"#": "0123456789", "N": "23456789"}


def spelt(chance: random.Random) -> str:
    """Return a number of one of twelve countries, a third of them Norwegian, in any spelling."""
    region = chance.choice([*_PATTERNS, *["NO"] * 6])
    number = "".join(chance.choice(_SIGNS.get(sign, sign)) for sign in _PATTERNS[region])
    if chance.random() < WRONG:
        number = number[: chance.randrange(3, 7)]
    code = country_code_for_region(region)
    parted = " ".join(number[at : at + 2] for at in range(0, len(number), 2))
    spellings = [f"+{code}{number}", f"+{code} {parted}", f"00{code}{number}", f"+{code}-{number}"]
    if region == "NO":
        spellings += [number, parted, number, parted]
    return chance.choice(spellings)


if __name__ == "__main__":
    for _ in range(20):
        print(spelt(random.Random()))
