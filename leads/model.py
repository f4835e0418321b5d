"""The words of the lead base as values; nothing here reads or writes anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

LeadId = NewType("LeadId", int)
ListId = NewType("ListId", int)
NumberId = NewType("NumberId", int)
E164 = NewType("E164", str)
"""A valid telephone number as the ITU writes it, with its plus: "+4721000000"."""


def number_id(e164: str) -> NumberId:
    """Return the id of a number in the base: its digits. No calling code begins with a zero."""
    return NumberId(int(e164.removeprefix("+")))


def e164_of(number: int) -> E164:
    """Return the number that has an id."""
    return E164(f"+{number}")


class ListState(StrEnum):
    """Where a list stands."""

    ACTIVE = "active"
    ARCHIVED = "archived"


class SuppressionKind(StrEnum):
    """What a do-not-call wish is about."""

    NUMBER = "number"
    PREFIX = "prefix"
    LEAD = "lead"
    NUMBER_HASH = "number_hash"
    LEAD_HASH = "lead_hash"


class SuppressionScope(StrEnum):
    """How far a do-not-call wish reaches."""

    ALL = "all"
    SELLER = "seller"
    CAMPAIGN = "campaign"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A number that `phonenumbers` holds to be valid.

    Attributes:
        e164: the number as the ITU writes it.
        kind: mobile, fixed, fixed_or_mobile, toll_free, premium, shared_cost, voip,
            personal, pager, uan, voicemail or unknown.
        region: ISO 3166 country, or None for numbers of no country.
        zones: IANA names of every zone the number may be in, sorted; empty when unknown.
    """

    e164: E164
    kind: str
    region: str | None
    zones: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLead:
    """One usable row of a lead file.

    Attributes:
        line: where the row began in its file, the header being line 1.
        phone: how to reach the person.
        external_id: the owner's own key of the person, or None.
        name: as written, or None.
        language: ISO 639 code, or None.
        attributes: every other column with its name; empty cells are left out.
    """

    line: int
    phone: Phone
    external_id: str | None = None
    name: str | None = None
    language: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """One do-not-call entry.

    Attributes:
        subject: whom it is about: a number in E.164; for other kinds the first digits of
            numbers with the plus, the id of a lead, or a hash.
        scope: how far the wish reaches.
        scope_name: the seller or the campaign; empty for scope all.
        reason: in the words of who entered it, or None.
        kind: what the subject is.
    """

    subject: str
    scope: SuppressionScope = SuppressionScope.ALL
    scope_name: str = ""
    reason: str | None = None
    kind: SuppressionKind = SuppressionKind.NUMBER
