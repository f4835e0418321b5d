"""What the rows of a lead file say of people, and why some cannot be used."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.columns import Columns, Rejected
from leads.model import NewLead, Phone
from leads.names import fold_name
from leads.phone import parse_phone
from leads.phones import PhoneReader
from leads.rows import DIGITS_LOST, read_rows

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def columns_of(*header: str, phones: Sequence[str] = ("Telefon",), **targets: str) -> Columns:
    taken = {*phones, *targets.values()}
    return Columns(
        header=header,
        phones=tuple(header.index(name) for name in phones),
        targets={target: header.index(name) for target, name in targets.items()},
        attributes=tuple(at for at, name in enumerate(header) if name not in taken),
    )


def read(
    columns: Columns, *rows: Sequence[str], region: str | None = "NO"
) -> tuple[list[NewLead], list[Rejected]]:
    """Return the leads of some rows, the first of which is line 2, and what was rejected."""
    reader = PhoneReader(region=region, worth=1)
    batch, unusable = read_rows(range(2, 2 + len(rows)), rows, columns, reader, now=NOW)
    leads = []
    for at in range(len(batch.lines)):
        pairs = zip(batch.numbers[at].tolist(), batch.verdicts[at].tolist(), strict=True)
        answers = [reader.answer(number, verdict) for number, verdict in pairs if number]
        leads.append(batch.lead(at, [phone for phone in answers if isinstance(phone, Phone)]))
        assert len(leads[-1].phones) == len(answers)
    return leads, [rejected for _, rejected in unusable]


def e164s(lead: NewLead) -> list[str]:
    return [phone.e164 for phone in lead.phones]


def test_a_row_becomes_a_lead() -> None:
    columns = columns_of(
        "Kundenr",
        "Navn",
        "Telefon",
        "By",
        "Merknad",
        "Språk",
        external_id="Kundenr",
        name="Navn",
        language="Språk",
    )
    (lead,), _ = read(columns, (" 17 ", "Åse Lunde", "22 44 82 00", " Oslo", "", "nb-NO"))
    assert (lead.line, e164s(lead)) == (2, ["+4722448200"])
    assert (lead.external_id, lead.name, lead.name_key) == ("17", "Åse Lunde", "ase lunde")
    assert (lead.language, lead.attributes) == ("nb", {"By": "Oslo"})


def test_the_columns_of_an_address_say_where_the_person_is() -> None:
    columns = columns_of(
        "Telefon", "Land", "Fylke", "Sone", country="Land", subdivision="Fylke", zone="Sone"
    )
    (lead,), _ = read(columns, ("22448200", "no", "Oslo", "Europe/Oslo"))
    assert (lead.country, lead.subdivision, lead.zone) == ("NO", "Oslo", "Europe/Oslo")


@pytest.mark.parametrize(
    ("target", "header", "cell"),
    [
        ("language", "Språk", "Bokmål"),
        ("zone", "Tidssone", "Europe/Atlantis"),
        ("country", "Land", "Norge"),
    ],
)
def test_a_cell_that_is_not_what_its_column_says_is_kept_as_an_attribute(
    target: str, header: str, cell: str
) -> None:
    columns = columns_of("Telefon", header, **{target: header})
    (lead,), _ = read(columns, ("22448200", cell))
    assert getattr(lead, target) is None
    assert lead.attributes == {header: cell}


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [("Ola", "Nordmann", "Ola Nordmann"), ("", "Nordmann", "Nordmann"), ("怡君", "陳", "陳怡君")],
)
def test_first_and_last_name_are_joined(first: str, last: str, name: str) -> None:
    columns = columns_of(
        "Fornavn", "Etternavn", "Telefon", first_name="Fornavn", last_name="Etternavn"
    )
    (lead,), _ = read(columns, (first, last, "22448200"))
    assert lead.name == name


def test_a_person_may_have_several_numbers_in_the_order_of_dialling() -> None:
    columns = columns_of("Telefon", "Mobil", "Jobb", phones=("Mobil", "Telefon", "Jobb"))
    (lead,), _ = read(columns, ("22448200", "91234567", "22 44 82 00"))
    assert e164s(lead) == ["+4791234567", "+4722448200"]
    assert lead.attributes == {}


def test_a_further_number_that_is_none_is_kept_as_an_attribute() -> None:
    columns = columns_of("Telefon", "Mobil", phones=("Mobil", "Telefon"))
    leads, rejected = read(columns, ("22448200", "ukjent"), ("1", ""), ("22448201", ""))
    assert [(e164s(lead), lead.attributes) for lead in leads] == [
        (["+4722448200"], {"Mobil": "ukjent"}),
        (["+4722448201"], {}),
    ]
    assert rejected == [Rejected(line=3, column="Telefon", reason="not a number")]


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        (("Ola",), "", "too few cells (1 where the header has 2)"),
        (("Ola", "22448200", "x"), "", "too many cells (3 where the header has 2)"),
        (("Ola", ""), "Telefon", "empty"),
        (("Ola", "ukjent"), "Telefon", "not a number"),
        (("Ola", "4.79E+10"), "Telefon", DIGITS_LOST),
        (("Ola", " 4,7922E+10"), "Telefon", DIGITS_LOST),
        (("Ola", "4e9"), "Telefon", DIGITS_LOST),
        (("O\0la", "22448200"), "Navn", "holds a NUL byte"),
        (("Bj\udcf8rn", "22448200"), "Navn", "holds bytes that are no text"),
    ],
)
def test_a_row_that_cannot_be_used_says_where_and_why(
    cells: tuple[str, ...], column: str, reason: str
) -> None:
    columns = columns_of("Navn", "Telefon", name="Navn")
    good = ("Kari", "22448201")
    leads, rejected = read(columns, good, cells, good)
    assert len(leads) == 2
    assert rejected == [Rejected(line=3, column=column, reason=reason)]


TEXT = st.text(max_size=8) | st.sampled_from(["22448200", "+4791234567", "1e5", "\0", 'a"b\\'])


@given(st.lists(st.lists(TEXT, min_size=3, max_size=4), max_size=8))
def test_no_row_is_lost_and_each_says_what_it_says_alone(rows: list[list[str]]) -> None:
    columns = columns_of("Navn", "Telefon", "By", name="Navn")
    leads, rejected = read(columns, *rows)
    assert sorted([*(lead.line for lead in leads), *(one.line for one in rejected)]) == [
        *range(2, 2 + len(rows))
    ]
    for lead in leads:
        name, number, town = (cell.strip() for cell in rows[lead.line - 2])
        assert lead.phones == (parse_phone(number, region="NO"),)
        assert (lead.name, lead.name_key) == (name or None, fold_name(name) or None)
        assert lead.attributes == ({"By": town} if town else {})
        assert json.dumps(dict(lead.attributes))
