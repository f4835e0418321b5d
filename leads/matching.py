"""Whether a row is somebody the base knows already: the rule "same number"; pure.

A row joins a lead of its number when external id or folded name agrees, or when the row
or the lead has neither. Otherwise it is another person of that household.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from leads.model import E164, LeadId, NewLead
from leads.names import fold_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What is known of one lead; `name_key` is the folded name, None without a name."""

    lead_id: LeadId
    external_id: str | None
    name: str | None
    name_key: str | None
    language: str | None
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """What some rows come to.

    Attributes:
        new: the leads to be added, each with its number.
        changed: leads of the base as they are from now on.
        before: the same leads as they were.
        members: every lead that a row was, in the order of the rows, and how many rows it was.
    """

    new: Mapping[LeadId, tuple[Person, E164]]
    changed: Mapping[LeadId, Person]
    before: Mapping[LeadId, Person]
    members: Mapping[LeadId, int]


def assign(
    rows: Iterable[NewLead], known: Mapping[E164, Iterable[Person]], ids: Iterator[int]
) -> Assigned:
    """Decide for each row which lead it is; a row may be one that came before it.

    Args:
        rows: in the order of the file.
        known: the leads of every number of the rows that the base has, oldest first.
        ids: at least as many unused ids as there are rows.
    """
    before = {person.lead_id: person for persons in known.values() for person in persons}
    people = dict(before)
    households: dict[E164, _Household] = {}
    for e164, persons in known.items():
        household = households.setdefault(e164, _Household())
        for person in persons:
            household.add(person)
    numbers: dict[LeadId, E164] = {}
    changed: set[LeadId] = set()
    members: Counter[LeadId] = Counter()
    for row in rows:
        household = households.setdefault(row.phone.e164, _Household())
        lead_id = household.same(row)
        if lead_id is None:
            lead_id = LeadId(next(ids))
            person = _new_person(lead_id, row)
            numbers[lead_id] = row.phone.e164
        else:
            person = _completed(people[lead_id], row)
            if person != people[lead_id]:
                changed.add(lead_id)
        household.add(person)
        people[lead_id] = person
        members[lead_id] += 1
    completed = changed - numbers.keys()
    return Assigned(
        new={lead_id: (people[lead_id], e164) for lead_id, e164 in numbers.items()},
        changed={lead_id: people[lead_id] for lead_id in completed},
        before={lead_id: before[lead_id] for lead_id in completed},
        members=members,
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
        key = fold_name(row.name or "")
        if not row.external_id and not key:
            return self._first
        for found in (self._by_external_id.get(row.external_id or ""), self._by_name.get(key)):
            if found is not None:
                return found
        return self._nameless


def _new_person(lead_id: LeadId, row: NewLead) -> Person:
    """Return the lead that a row of an unknown person becomes."""
    return Person(
        lead_id=lead_id,
        external_id=row.external_id,
        name=row.name,
        name_key=fold_name(row.name or "") or None,
        language=row.language,
        attributes=row.attributes,
    )


def _completed(person: Person, row: NewLead) -> Person:
    """Return the lead with what only the row knows; what is known already stays."""
    named = bool(person.name_key)
    return replace(
        person,
        external_id=person.external_id or row.external_id,
        name=person.name if named else row.name,
        name_key=person.name_key if named else fold_name(row.name or "") or None,
        language=person.language or row.language,
        attributes={**row.attributes, **person.attributes},
    )
