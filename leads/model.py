"""The words of the lead base as values; nothing here reads or writes anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
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


def masked(e164: str) -> str:
    """Return a number of which only the country's beginning and the last two digits show."""
    return f"{e164[:5]}{'*' * (len(e164) - 7)}{e164[-2:]}"


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
        phones: how to reach the person, the number to dial first in front; at least one.
        external_id: the owner's own key of the person, or None.
        name: as written, or None.
        name_key: the name folded, by which the same person is recognised, or None.
        language: ISO 639 code, or None.
        zone: IANA name, of the address, or None.
        country: ISO 3166, of the address, or None.
        subdivision: state, county or land of the address as written, or None.
        attributes: every other column with its name; empty cells are left out.
    """

    line: int
    phones: tuple[Phone, ...]
    external_id: str | None = None
    name: str | None = None
    name_key: str | None = None
    language: str | None = None
    zone: str | None = None
    country: str | None = None
    subdivision: str | None = None
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """One version of a national do-not-call register; its numbers are in a file of their own.

    Attributes:
        registry_id: of the version.
        name: of the registry.
        as_of: the day its keeper says it is of.
        digest: SHA-256 of the sorted file.
        entries: how many numbers it lists.
        file: what was imported.
        loaded_at: aware UTC.
    """

    registry_id: int
    name: str
    as_of: date
    digest: str
    entries: int
    file: str
    loaded_at: datetime

    def __str__(self) -> str:
        """Return the name with the date, as reasons tell it."""
        return f"{self.name} as of {self.as_of.isoformat()}"

    @property
    def remedy(self) -> str:
        """Return what to do where the version cannot be used, as a clause."""
        return f"load it again: ringbank dnc import FILE --registry {self.name} --as-of DATE"


class Listed(StrEnum):
    """What is known of a number and the current version of a registry."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    OTHER_FILE = "other_file"


@dataclass(frozen=True, slots=True)
class Listing:
    """What a registry says of a number.

    Attributes:
        listed: on it, not on it, or unknown; `OTHER_FILE`: the file here is not the
            one that the base means.
    """

    registry: Registry
    listed: Listed
