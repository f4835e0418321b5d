"""The rules that an operator's configuration makes; pure."""

from campaigns.rules.model import (
    CapRule,
    Confidence,
    Force,
    HourRule,
    Jurisdiction,
    Period,
    Rule,
)
from campaigns.rules.own import OWN, Own

_SOURCE = ("the configuration, [rules]",)
_WEEK_DAYS = 7


def floor(own: Own) -> Jurisdiction:
    """Return the rules that the configuration makes: for everybody, everywhere."""
    rules: list[Rule] = []
    for name, most, days in (
        ("max_per_day", own.max_per_day, 1),
        ("max_per_week", own.max_per_week, _WEEK_DAYS),
    ):
        if most is not None:
            rules.append(
                CapRule(
                    id=f"{OWN}.{name}",
                    force=Force.OWN,
                    confidence=Confidence.HIGH,
                    source=_SOURCE,
                    max=most,
                    period=Period.CONSECUTIVE_DAYS,
                    n=days,
                )
            )
    if own.other_hour:
        rules.append(
            HourRule(
                id=f"{OWN}.other_hour",
                force=Force.OWN,
                confidence=Confidence.HIGH,
                source=_SOURCE,
                days=_WEEK_DAYS - 1,  # after the day of the call
            )
        )
    return Jurisdiction(
        id=OWN,
        name="The configuration's own limits",
        countries=frozenset("*"),
        rules=tuple(rules),
        own=True,
    )
