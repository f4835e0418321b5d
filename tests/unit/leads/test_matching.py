"""The rule "same number": who joins whom, and who is another person of the household."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from leads.matching import Assigned, Person, assign
from leads.model import E164, LeadId, NewLead, NumberId, Phone, number_id
from leads.names import fold_name

PHONE = Phone(e164=E164("+4722448200"), kind="fixed", region="NO", zones=("Europe/Oslo",))
OTHER = Phone(e164=E164("+4722448201"), kind="fixed", region="NO", zones=("Europe/Oslo",))


def row(
    name: str | None = None, external_id: str | None = None, phone: Phone = PHONE, **facts: str
) -> NewLead:
    return NewLead(
        line=2,
        phones=(phone,),
        name=name,
        name_key=fold_name(name or "") or None,
        external_id=external_id,
        attributes=facts,
    )


def assign_all(*rows: NewLead, known: tuple[Person, ...] = ()) -> Assigned:
    return assigned(rows, {number_id(PHONE.e164): known} if known else {}, first_id=100)


def assigned(
    rows: Sequence[NewLead], known: Mapping[NumberId, Iterable[Person]], *, first_id: int = 1
) -> Assigned:
    return assign(zip(rows, count(first_id), strict=False), known)


def has(person: Person, phone: Phone) -> bool:
    return number_id(phone.e164) in person.numbers


def people(*rows: NewLead) -> int:
    return len(assign_all(*rows).new)


def test_the_same_external_id_is_the_same_person_whatever_the_name() -> None:
    assert people(row("Ola Nordmann", "17"), row("O. Nordmann", "17")) == 1


def test_the_same_name_is_the_same_person_whatever_the_external_id() -> None:
    assert people(row("Ola Nordmann", "17"), row("NORDMANN, Ola", "18")) == 1


def test_two_names_on_one_number_are_a_household() -> None:
    assert people(row("Ola Nordmann", "17"), row("Kari Nordmann", "18")) == 2


def test_an_external_id_and_a_name_alone_do_not_agree() -> None:
    assert people(row("Ola Nordmann"), row(external_id="17")) == 2


def test_a_bare_number_is_whoever_has_it() -> None:
    assert people(row("Ola Nordmann", "17"), row()) == 1


def test_a_bare_number_becomes_the_first_person_that_is_named() -> None:
    ola, kari = assign_all(row(), row("Ola", "17"), row("Kari", "18")).new.values()
    assert (ola.name, ola.external_id, ola.name_key) == ("Ola", "17", "ola")
    assert kari.name == "Kari"


def test_the_same_person_on_another_number_is_another_lead() -> None:
    assert people(row("Ola", "17"), row("Ola", "17", phone=OTHER)) == 2


def test_a_name_without_a_letter_is_no_name() -> None:
    assert [person.name for person in assign_all(row("-"), row("Ola")).new.values()] == ["Ola"]


def test_joining_adds_what_is_missing_and_keeps_what_is_known() -> None:
    known = Person(
        lead_id=LeadId(7),
        external_id=None,
        name="Ola",
        name_key="ola",
        language=None,
        zone=None,
        country=None,
        subdivision=None,
        attributes={"By": "Oslo"},
        numbers=(number_id(PHONE.e164),),
    )
    found = assign_all(row("OLA", "17", By="Bergen", Kilde="messe"), known=(known,))
    assert found.new == {}
    joined = found.changed[LeadId(7)]
    assert (joined.name, joined.external_id) == ("Ola", "17")
    assert joined.attributes == {"By": "Oslo", "Kilde": "messe"}


def test_a_row_that_says_nothing_new_changes_nothing() -> None:
    first = assign_all(row("Ola", "17", By="Oslo"))
    (known,) = first.new.values()
    again = assign_all(row("Ola", "17", By="Oslo"), known=(known,))
    assert (again.new, again.changed, again.members) == ({}, {}, {known.lead_id: 1})


NAMES = st.sampled_from([None, "Ola", "OLA", "Kari", "Per"])
IDS = st.sampled_from([None, "1", "2", "3"])
ROWS = st.lists(st.builds(row, NAMES, IDS, st.sampled_from([PHONE, OTHER])), max_size=12)


@given(ROWS)
def test_every_row_becomes_a_member_and_a_file_twice_adds_nobody(rows: list[NewLead]) -> None:
    once = assigned(rows, {})
    twice = assigned([*rows, *rows], {})
    assert bool(once.members) == bool(rows)
    assert set(once.members) == set(once.new)
    assert set(twice.new) == set(twice.members) == set(once.new)


@given(ROWS, st.integers(0, 12))
def test_it_does_not_matter_where_one_batch_ends(rows: list[NewLead], cut: int) -> None:
    whole = assigned(rows, {})
    first = assigned(rows[:cut], {})
    known: dict[NumberId, list[Person]] = {}
    for person in first.new.values():
        for number in person.numbers:
            known.setdefault(number, []).append(person)
    second = assigned(rows[cut:], known, first_id=1 + cut)
    assert {**first.new, **second.new, **second.changed} == whole.new


@given(ROWS, st.builds(row, NAMES, IDS))
def test_a_row_joins_exactly_when_it_agrees_with_a_lead_of_its_number(
    rows: list[NewLead], new: NewLead
) -> None:
    before = assigned(rows, {}).new
    after = assigned([*rows, new], {}).new
    agrees = any(
        (new.external_id and person.external_id == new.external_id)
        or (new.name_key and person.name_key == new.name_key)
        or not (new.external_id or new.name)
        or not (person.external_id or person.name)
        for person in before.values()
        if has(person, new.phones[0])
    )
    assert len(after) == len(before) + (not agrees)


def test_a_row_with_a_second_number_gives_it_to_the_lead_that_it_joins() -> None:
    both = NewLead(line=3, phones=(OTHER, PHONE), name="Ola", name_key="ola")
    (ola,) = assign_all(row("Ola", "17"), both).new.values()
    assert ola.numbers == (number_id(PHONE.e164), number_id(OTHER.e164))


def test_a_number_that_joining_brought_is_the_persons_in_the_next_row() -> None:
    both = NewLead(line=3, phones=(OTHER, PHONE), name="Ola", name_key="ola")
    assert people(row("Ola", "17"), both, row("Ola", phone=OTHER)) == 1
