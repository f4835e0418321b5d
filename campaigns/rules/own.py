"""What an operator's configuration asks for besides the law; pure.

Every command reads the configuration, so nothing here imports what rules are made of.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

OWN = "own"
"""The id of the jurisdiction that the configuration makes; no file may have it."""

ZONE_POLICIES = ("all", "address")
"""Whose clocks count: of every zone a person may be in, or of the address where one is known."""


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
