"""The rule "same number": who joins whom, and who is another person of the household."""

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from leads.matching import Assigned, Person, assign
from leads.model import E164, LeadId, NewLead, Phone
from leads.names import fold_name

PHONE = Phone(e164=E164("+4722448200"), kind="fixed", region="NO", zones=("Europe/Oslo",))
OTHER = Phone(e164=E164("+4722448201"), kind="fixed", region="NO", zones=("Europe/Oslo",))


def row(
    name: str | None = None, external_id: str | None = None, phone: Phone = PHONE, **facts: str
) -> NewLead:
    return NewLead(line=2, phone=phone, name=name, external_id=external_id, attributes=facts)


def assign_all(*rows: NewLead, known: tuple[Person, ...] = ()) -> Assigned:
    return assign(rows, {PHONE.e164: known} if known else {}, iter(count(100)))


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
    assigned = assign_all(row(), row("Ola", "17"), row("Kari", "18"))
    ola, kari = (person for person, _ in assigned.new.values())
    assert (ola.name, ola.external_id, ola.name_key) == ("Ola", "17", "ola")
    assert kari.name == "Kari"


def test_the_same_person_on_another_number_is_another_lead() -> None:
    assert people(row("Ola", "17"), row("Ola", "17", phone=OTHER)) == 2


def test_a_name_without_a_letter_is_no_name() -> None:
    assigned = assign_all(row("-"), row("Ola"))
    assert [person.name for person, _ in assigned.new.values()] == ["Ola"]


def test_joining_adds_what_is_missing_and_keeps_what_is_known() -> None:
    known = Person(
        lead_id=LeadId(7),
        external_id=None,
        name="Ola",
        name_key="ola",
        language=None,
        attributes={"By": "Oslo"},
    )
    assigned = assign_all(row("OLA", "17", By="Bergen", Kilde="messe"), known=(known,))
    assert assigned.new == {}
    joined = assigned.changed[LeadId(7)]
    assert (joined.name, joined.external_id) == ("Ola", "17")
    assert joined.attributes == {"By": "Oslo", "Kilde": "messe"}


def test_a_row_that_says_nothing_new_changes_nothing() -> None:
    first = assign_all(row("Ola", "17", By="Oslo"))
    known = next(person for person, _ in first.new.values())
    again = assign_all(row("Ola", "17", By="Oslo"), known=(known,))
    assert (again.new, again.changed, again.members) == ({}, {}, {known.lead_id: 1})


NAMES = st.sampled_from([None, "Ola", "OLA", "Kari", "Per"])
IDS = st.sampled_from([None, "1", "2", "3"])
ROWS = st.lists(st.builds(row, NAMES, IDS, st.sampled_from([PHONE, OTHER])), max_size=12)


@given(ROWS)
def test_every_row_becomes_a_member_and_a_file_twice_adds_nobody(rows: list[NewLead]) -> None:
    once = assign(rows, {}, iter(count(1)))
    twice = assign([*rows, *rows], {}, iter(count(1)))
    assert bool(once.members) == bool(rows)
    assert set(once.members) == set(once.new)
    assert set(twice.new) == set(twice.members) == set(once.new)


@given(ROWS, st.integers(0, 12))
def test_it_does_not_matter_where_one_batch_ends(rows: list[NewLead], cut: int) -> None:
    whole = assign(rows, {}, iter(count(1)))
    first = assign(rows[:cut], {}, iter(count(1)))
    known: dict[E164, list[Person]] = {}
    for person, e164 in first.new.values():
        known.setdefault(e164, []).append(person)
    second = assign(rows[cut:], known, iter(count(1 + len(first.new))))
    merged = {**first.new, **second.new}
    for lead_id, person in second.changed.items():
        merged[lead_id] = (person, merged[lead_id][1])
    assert merged == whole.new


@given(ROWS, st.builds(row, NAMES, IDS))
def test_a_row_joins_exactly_when_it_agrees_with_a_lead_of_its_number(
    rows: list[NewLead], new: NewLead
) -> None:
    before = assign(rows, {}, iter(count(1))).new
    after = assign([*rows, new], {}, iter(count(1))).new
    agrees = any(
        (new.external_id and person.external_id == new.external_id)
        or (new.name and person.name_key == fold_name(new.name))
        or not (new.external_id or new.name)
        or not (person.external_id or person.name)
        for person, e164 in before.values()
        if e164 == new.phone.e164
    )
    assert len(after) == len(before) + (not agrees)
