"""Where a law or a code says when calls may be made, and where none is known to; pure."""

from collections.abc import Iterable
from datetime import date

from campaigns.rules.book import RuleBook
from campaigns.rules.model import Force, HoursRule, Jurisdiction, Place


def statutory_hours(files: Iterable[Jurisdiction], day: date) -> bool:
    """Tell whether a law, or a code that counts as one, says when calls may be made, on a day."""
    return any(
        isinstance(rule, HoursRule)
        and rule.enforced
        and rule.valid_on(day)
        and rule.force is not Force.OWN
        for file in files
        for rule in file.rules
    )


def without_hours(book: RuleBook, places: Iterable[Place], day: date) -> tuple[Place, ...]:
    """Return those of some places of which no statutory hours are known, on a day."""
    return tuple(place for place in places if not statutory_hours(book.of_place(place), day))


def country_has_hours(book: RuleBook, country: str, day: date) -> bool:
    """Tell whether a law of a whole country says when calls may be made, on a day."""
    return statutory_hours((file for file in book.naming(country) if not file.subdivisions), day)
