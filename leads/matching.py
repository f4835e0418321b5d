"""Whether a row is somebody the base knows already: the rule "same number"; pure.

A row joins a lead of one of its numbers when external id or folded name agrees, or when
the row or the lead has neither. Otherwise it is another person of that household.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from leads.model import LeadId, NewLead, NumberId, number_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What is known of one lead; `name_key` is the folded name, None without a name."""

    lead_id: LeadId
    external_id: str | None
    name: str | None
    name_key: str | None
    language: str | None
    zone: str | None
    country: str | None
    subdivision: str | None
    attributes: Mapping[str, str]
    numbers: tuple[NumberId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """What some rows come to.

    Attributes:
        new: the leads to be added.
        changed: leads of the base as they are from now on.
        before: the same leads as they were.
        members: every lead that a row was, in the order of the rows, and how many rows it was.
        leads: for each row the lead that it is.
    """

    new: Mapping[LeadId, Person]
    changed: Mapping[LeadId, Person]
    before: Mapping[LeadId, Person]
    members: Mapping[LeadId, int]
    leads: Sequence[LeadId]


def assign(
    rows: Iterable[tuple[NewLead, int]], known: Mapping[NumberId, Iterable[Person]]
) -> Assigned:
    """Decide for each row which lead it is; a row may be one that came before it.

    Args:
        rows: in the order of the file, each with an unused id, its own if it is somebody new.
        known: the leads of every number of the rows that the base has, oldest first.
    """
    before = {person.lead_id: person for persons in known.values() for person in persons}
    people = dict(before)
    households: dict[NumberId, _Household] = {}
    for number, persons in known.items():
        household = households.setdefault(number, _Household())
        for person in persons:
            household.add(person)
    new: set[LeadId] = set()
    changed: set[LeadId] = set()
    members: Counter[LeadId] = Counter()
    leads: list[LeadId] = []
    for row, unused_id in rows:
        numbers = [number_id(phone.e164) for phone in row.phones]
        theirs = [households.setdefault(number, _Household()) for number in numbers]
        lead_id = next((same for one in theirs if (same := one.same(row)) is not None), None)
        if lead_id is None:
            lead_id = LeadId(unused_id)
            person = _new_person(lead_id, row)
            new.add(lead_id)
        else:
            person = _completed(people[lead_id], row)
            if person != people[lead_id]:
                changed.add(lead_id)
        for number in person.numbers:
            households.setdefault(number, _Household()).add(person)
        people[lead_id] = person
        members[lead_id] += 1
        leads.append(lead_id)
    completed = changed - new
    return Assigned(
        new={lead_id: people[lead_id] for lead_id in members if lead_id in new},
        changed={lead_id: people[lead_id] for lead_id in completed},
        before={lead_id: before[lead_id] for lead_id in completed},
        members=members,
        leads=leads,
    )


@dataclass(slots=True)
class _Household:
    """The leads of one number, in the order they came, found by what identifies them."""

    _by_external_id: dict[str, LeadId] = field(default_factory=dict)
    _by_name: dict[str, LeadId] = field(default_factory=dict)
    _nameless: LeadId | None = None
    _first: LeadId | None = None

    def add(self, person: Person) -> None:
        """Take in a lead of this number, or what has become known of one."""
        if self._first is None:
            self._first = person.lead_id
        if person.external_id:
            self._by_external_id.setdefault(person.external_id, person.lead_id)
        if person.name_key:
            self._by_name.setdefault(person.name_key, person.lead_id)
        if not (person.external_id or person.name_key):
            self._nameless = person.lead_id
        elif self._nameless == person.lead_id:
            self._nameless = None

    def same(self, row: NewLead) -> LeadId | None:
        """Return the lead that the row is, or None for a person not known yet.

        The external id is asked first, then the name, then who has neither.
        """
        if not row.external_id and not row.name_key:
            return self._first
        for found in (
            self._by_external_id.get(row.external_id or ""),
            self._by_name.get(row.name_key or ""),
        ):
            if found is not None:
                return found
        return self._nameless


def _new_person(lead_id: LeadId, row: NewLead) -> Person:
    """Return the lead that a row of an unknown person becomes."""
    return Person(
        lead_id=lead_id,
        external_id=row.external_id,
        name=row.name,
        name_key=row.name_key,
        language=row.language,
        zone=row.zone,
        country=row.country,
        subdivision=row.subdivision,
        attributes=row.attributes,
        numbers=_numbers((), row),
    )


def _completed(person: Person, row: NewLead) -> Person:
    """Return the lead with what only the row knows; what is known already stays."""
    named = bool(person.name_key)
    placed = bool(person.zone or person.country or person.subdivision)
    return replace(
        person,
        external_id=person.external_id or row.external_id,
        name=person.name if named else row.name,
        name_key=person.name_key if named else row.name_key,
        language=person.language or row.language,
        zone=person.zone if placed else row.zone,
        country=person.country if placed else row.country,
        subdivision=person.subdivision if placed else row.subdivision,
        attributes={**row.attributes, **person.attributes},
        numbers=_numbers(person.numbers, row),
    )


def _numbers(known: tuple[NumberId, ...], row: NewLead) -> tuple[NumberId, ...]:
    """Return a lead's numbers with those of a row behind them, each once."""
    return tuple(dict.fromkeys((*known, *(number_id(phone.e164) for phone in row.phones))))
