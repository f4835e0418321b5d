"""Options and words that several commands understand alike."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from leads.errors import UsageError

if TYPE_CHECKING:
    from leads.model import Phone

Region = Annotated[
    str | None,
    typer.Option(help="Country of numbers written without one, such as NO; else leads.region."),
]


def number_of(text: str, region: str | None) -> "Phone":
    """Return the number that a text is.

    Raises:
        UsageError: it is none.
    """
    from leads.phone import parse_phone

    phone = parse_phone(text, region=region)
    if isinstance(phone, str):
        raise UsageError(
            f"{text!r} is no telephone number ({phone}); "
            "write it with its country code, for example +4721000000"
        )
    return phone


def pair_of(text: str) -> tuple[str, str]:
    """Return target and column of one ``--map``.

    Raises:
        UsageError: it names no column.
    """
    target, equals, column = text.partition("=")
    if not equals:
        raise UsageError(f"--map {text} names no column; write for example --map phone=Telefon")
    return target.strip(), column.strip()


def day_of(text: str, *, option: str) -> date:
    """Return the day that an option names.

    Raises:
        UsageError: it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{option} {text!r} is no day; write it like 2026-11-01") from error
