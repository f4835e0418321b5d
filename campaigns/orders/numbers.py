"""Numbers and amounts as people type them, exact, and never guessed at; pure."""

import re
import unicodedata
from decimal import Context, Decimal

from campaigns.fields import shown
from campaigns.orders.model import decimals_of

MOST_MONEY = Decimal(10) ** 12

EXACT = Context(prec=80)
"""Enough digits for every product and sum of the numbers that a form takes."""

_GROUPED = re.compile(r"[0-9]{1,3}(?:([ .,'])[0-9]{3})(?:\1[0-9]{3})*(?:[.,]([0-9]+))?")
_PLAIN = re.compile(r"([0-9]+)(?:[.,]([0-9]+))?")


def read_money(text: str, currency: str) -> Decimal | str:
    """Return an exact amount, or what is wrong; the currency may stand before or after it."""
    bare = re.sub(rf"^{currency}\s*|\s*{currency}$", "", text, count=1, flags=re.IGNORECASE)
    places = decimals_of(currency)
    amount = read_number(bare, decimals=places)
    if isinstance(amount, str):
        return f"{shown(text)} {amount}; write it like {money_text(Decimal(1299), currency)}"
    return amount if abs(amount) < MOST_MONEY else f"{shown(text)} is too much to be true"


def money_text(amount: Decimal, currency: str) -> str:
    """Return an amount as it is kept: "1299.00", with the currency's decimals."""
    return f"{amount:.{decimals_of(currency)}f}"


def number_text(number: Decimal) -> str:
    """Return a number without an exponent and without zeros behind its decimals."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def plain_digits(text: str) -> str:
    """Return a text with the digits of every script as 0 to 9, and every blank as one."""
    return "".join(
        str(unicodedata.decimal(letter))
        if letter.isdecimal()
        else " "
        if letter.isspace()
        else letter
        for letter in text
    )


def read_number(text: str, *, decimals: int) -> Decimal | str:
    """Return the number that a text is, or why it is none."""
    text = (
        plain_digits(text)
        .replace("\N{MINUS SIGN}", "-")
        .replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    )
    negative = text.startswith("-")
    text = text.removeprefix("-").strip()
    plain, grouped = _PLAIN.fullmatch(text), _GROUPED.fullmatch(text)
    if plain is not None:
        whole, fraction = plain[1], plain[2] or ""
        # 1.299 is a thousand to some and one to others.
        if grouped is not None and not grouped[2] and fraction and whole.strip("0"):
            return "may mean two numbers"
    elif grouped is not None:
        fraction = grouped[2] or ""
        mark = grouped[1]
        head = text[: -len(fraction) - 1] if fraction else text
        if fraction and text[-len(fraction) - 1] == mark:
            return "is no number"
        whole = head.replace(mark, "")
    else:
        return "is no number"
    if len(fraction.rstrip("0")) > decimals:
        return f"has more than {decimals} decimals" if decimals else "has decimals"
    if len(whole.lstrip("0")) > 15:  # noqa: PLR2004 (more are a slip, or no number at all)
        return "is too long"
    fraction = fraction.rstrip("0")
    number = Decimal(f"{whole}.{fraction}" if fraction else whole)
    return -number if negative and number else number
