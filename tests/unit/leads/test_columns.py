"""What the headers of lead files mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.columns import Columns, guess_columns


def columns_of(*header: str, mapping: tuple[tuple[str, str], ...] = ()) -> Columns:
    columns = guess_columns(header, mapping)
    assert isinstance(columns, Columns), columns
    return columns


def problems_of(*header: str, mapping: tuple[tuple[str, str], ...] = ()) -> str:
    problems = guess_columns(header, mapping)
    assert isinstance(problems, tuple), problems
    return "\n".join(map(str, problems))


@pytest.mark.parametrize(
    ("header", "meaning"),
    [
        (
            ("Customer ID", "First name", "LAST_NAME", "Phone Number", "Language"),
            ("external_id", "first_name", "last_name", "phone", "language"),
        ),
        (("Kunde-nr.", "Navn", "Tlf.", "Språk"), ("external_id", "name", "phone", "language")),
        (("Kundnummer", "Namn", "Mobilnummer"), ("external_id", "name", "phone")),
        (("Fornavn", "Efternavn", "Telefonnummer"), ("first_name", "last_name", "phone")),
        (("NR KLIENTA", "Imie i nazwisko", "Telefon"), ("external_id", "name", "phone")),
        (("Imię", "Nazwisko", "Telefon komórkowy"), ("first_name", "last_name", "phone")),
        (("MÜŞTERİ NO", "ADI SOYADI", "TELEFON NUMARASI"), ("external_id", "name", "phone")),
        (("Ad", "Soyadı", "Cep Telefonu", "Dil"), ("first_name", "last_name", "phone", "language")),
        (
            ("Kunden-Nr.", "Vorname", "Nachname", "Handy"),
            ("external_id", "first_name", "last_name", "phone"),
        ),
        (("Vorname", "Name", "Telefon"), ("first_name", "last_name", "phone")),
        (("客戶編號", "姓名", "電話"), ("external_id", "name", "phone")),
        (("客户编号", "姓名", "手机号码", "语言"), ("external_id", "name", "phone", "language")),
    ],
)
def test_headers_are_recognised(header: tuple[str, ...], meaning: tuple[str, ...]) -> None:
    columns = columns_of(*header)
    assert columns.mapping() == dict(zip(meaning, header, strict=True))
    assert columns.attributes == ()


def test_of_two_phone_columns_one_is_dialled_and_the_other_kept() -> None:
    columns = columns_of("Mobil", "Telefon")
    assert columns.mapping() == {"phone": "Telefon"}
    assert columns.attributes == (0,)


def test_a_full_name_makes_first_and_last_name_attributes() -> None:
    columns = columns_of("Name", "First name", "Last name", "Phone")
    assert columns.mapping() == {"phone": "Phone", "name": "Name"}
    assert columns.attributes == (1, 2)


def test_the_user_knows_better_than_the_guess() -> None:
    columns = columns_of("Telefon", "Privat", "Navn", mapping=(("phone", "Privat"),))
    assert columns.mapping() == {"phone": "Privat", "name": "Navn"}
    assert columns.attributes == (0,)


def test_a_mapped_first_name_replaces_the_guessed_name() -> None:
    columns = columns_of("Phone", "Name", "Calls", mapping=(("first_name", "Calls"),))
    assert columns.mapping() == {"phone": "Phone", "first_name": "Calls"}


@pytest.mark.parametrize(
    ("header", "mapping", "said"),
    [
        (("Telefon",), (("fone", "Telefon"),), "did you mean 'phone'?"),
        (("Telefon", "Navn"), (("phone", "Telfon"),), "did you mean 'Telefon'?"),
        (("Telefon",), (("phone", "Telefon"), ("name", "Telefon")), "mapped already, to phone"),
        (("A", "B"), (("phone", "A"), ("phone", "B")), "phone is mapped already, to 'A'"),
        (
            ("A", "B", "C"),
            (("phone", "A"), ("name", "B"), ("first_name", "C")),
            "either name, or first_name and last_name",
        ),
        (("Navn", "By"), (), "(there are: Navn, By); say which one it is with --map phone="),
        (("Telefon", "By", " By "), (), "column 3: the header 'By' is there already"),
        (("Telefon", " "), (), "column 2: its header is empty"),
        (("T\0elefon",), (), "--encoding utf-16-le"),
        (("Telefon", "Br\udcf8d"), (), "the right --encoding"),
    ],
)
def test_what_is_wrong_with_the_columns_is_told(
    header: tuple[str, ...], mapping: tuple[tuple[str, str], ...], said: str
) -> None:
    assert said in problems_of(*header, mapping=mapping)


def test_everything_wrong_is_told_at_once() -> None:
    said = problems_of("Telefon", "", "Telefon", mapping=(("fone", "Telefn"),))
    assert len(said.splitlines()) == 4


def test_the_columns_of_a_rejects_file_are_no_attributes() -> None:
    columns = columns_of("Navn", "Telefon", "reject_line", "reject_column", "reject_reason")
    assert columns.attributes == ()
    assert columns.original() == (0, 1)


@given(
    header=st.lists(st.text(max_size=8), max_size=6),
    mapping=st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=3),
)
def test_any_header_gets_an_answer(header: list[str], mapping: list[tuple[str, str]]) -> None:
    columns = guess_columns(("Phone", *header), mapping)
    assert isinstance(columns, Columns) or columns
