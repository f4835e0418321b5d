"""What an operator's configuration says of rules of law, and the rules that it makes; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from campaigns.rules.model import (
    CapRule,
    Confidence,
    Force,
    HourRule,
    Jurisdiction,
    Period,
    Rule,
)

OWN = "own"
"""The id of the jurisdiction that the configuration makes; no file may have it."""

ZONE_POLICIES = ("all", "address")
"""Whose clocks count: of every zone a person may be in, or of the address where one is known."""

_SOURCE = ("the configuration, [rules]",)
_WEEK_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What an operator asks for besides the law.

    Attributes:
        allow_without_rules: countries that may be called although no file names them.
        office_hours: the shipped file own-hours is in force.
        max_per_day: the most attempts to a person on one day of their calendar, or None.
        max_per_week: the most on any seven days in a row, or None.
        other_hour: not again at the hour of the day at which nobody answered.
        zone_policy: one of `ZONE_POLICIES`.
    """

    allow_without_rules: frozenset[str] = frozenset()
    office_hours: bool = False
    max_per_day: int | None = None
    max_per_week: int | None = None
    other_hour: bool = False
    zone_policy: str = "all"

    def document(self) -> dict[str, object]:
        """Return the same as plain values, equal for equal options."""
        return {
            "allow_without_rules": sorted(self.allow_without_rules),
            "office_hours": self.office_hours,
            "max_per_day": self.max_per_day,
            "max_per_week": self.max_per_week,
            "other_hour": self.other_hour,
            "zone_policy": self.zone_policy,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, object]) -> "Own":
        """Return what `document` wrote."""
        return cls(
            allow_without_rules=frozenset(cast("list[str]", document["allow_without_rules"])),
            office_hours=document["office_hours"] is True,
            max_per_day=cast("int | None", document["max_per_day"]),
            max_per_week=cast("int | None", document["max_per_week"]),
            other_hour=document["other_hour"] is True,
            zone_policy=str(document["zone_policy"]),
        )


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
