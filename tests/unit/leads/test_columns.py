"""What the headers of lead files mean."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.columns import REJECT_COLUMNS, Columns, guess_columns
from leads.headers import TARGETS


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


@pytest.mark.parametrize(
    ("header", "phones"),
    [
        (("Telefon", "Mobil"), "Mobil, Telefon"),
        (("Phone 2", "Phone", "Phone 3"), "Phone, Phone 2, Phone 3"),
        (
            ("Work phone", "Home phone", "Alternative number", "Cell"),
            "Cell, Home phone, Work phone, Alternative number",
        ),
        (
            ("Jobbtelefon", "Tlf. privat", "Mobiltelefon 2", "Mobilnr"),
            "Mobilnr, Mobiltelefon 2, Tlf. privat, Jobbtelefon",
        ),
        (("Arbetstelefon", "Hemtelefon", "Mobil"), "Mobil, Hemtelefon, Arbetstelefon"),
        (
            ("Telefon arbejde", "Fastnet", "Mobilnummer"),
            "Mobilnummer, Fastnet, Telefon arbejde",
        ),
        (
            ("Telefon służbowy", "Tel. stacjonarny", "Numer telefonu komórkowego"),
            "Numer telefonu komórkowego, Tel. stacjonarny, Telefon służbowy",
        ),
        (("İŞ TELEFONU", "Ev telefonu", "CEP"), "CEP, Ev telefonu, İŞ TELEFONU"),
        (
            ("Telefon geschäftlich", "Telefon privat", "Handynummer"),
            "Handynummer, Telefon privat, Telefon geschäftlich",
        ),
        (("公司電話", "住家電話", "手機", "備用電話"), "手機, 住家電話, 公司電話, 備用電話"),
    ],
)
def test_all_phone_columns_are_dialled_mobile_first(header: tuple[str, ...], phones: str) -> None:
    columns = columns_of(*header)
    assert columns.phones == tuple(header.index(name) for name in phones.split(", "))
    assert columns.mapping()["phone"] == [header[at] for at in columns.phones]
    assert columns.attributes == ()


@pytest.mark.parametrize(
    "name",
    ["Phone type", "Fax", "Telefax", "Telefontid", "Ev no", "Company number", "Phone OK", "Number"],
)
def test_what_only_speaks_of_telephones_is_none(name: str) -> None:
    columns = columns_of("Phone", name)
    assert columns.phones == (0,)
    assert columns.attributes == (1,)


def test_phones_can_be_mapped_in_any_order() -> None:
    mapping = (("phone", "B"), ("phone", "A"))
    columns = columns_of("A", "B", "Mobil", mapping=mapping)
    assert columns.phones == (1, 0)
    assert columns.mapping() == {"phone": ["B", "A"]}
    assert columns.attributes == (2,)


def test_where_the_person_lives_is_known_by_unmistakable_headers() -> None:
    columns = columns_of("Telefon", "Tidssone", "Land", "Fylke", "Zone", "Landkode")
    assert columns.mapping() == {
        "phone": "Telefon",
        "zone": "Tidssone",
        "country": "Land",
        "subdivision": "Fylke",
    }
    assert columns.attributes == (4, 5)


def test_consent_is_known_by_exactly_its_names() -> None:
    columns = columns_of("Telefon", "consent_kind", "CONSENT_AT", "Consent", "consent source")
    assert columns.targets == {"consent_kind": 1, "consent_at": 2}
    assert columns.attributes == (3, 4)


NORWEGIANS = ["22448200", "+47 912 34 567", "93456789", "40 61 22 33", "99887766", "45678901"]


def sample_of(*columns: Sequence[str]) -> list[tuple[str, ...]]:
    return [*zip(*columns, strict=True)]


def test_the_values_tell_where_no_header_names_a_telephone() -> None:
    ids = [str(number) for number in range(90000001, 90000007)]
    names = ["Ola", "Kari", "Per", "Åse", "Ida", "Jon"]
    born = ["17.05.1980", "01.02.1990", "31.12.1975", "24.12.1999", "02.03.1971", "09.09.1989"]
    post = ["0150", "5003", "7010", "9008", "4006", "3015"]
    sample = sample_of(ids, names, NORWEGIANS, born, post)
    columns = guess_columns(("Ident", "Navn", "X", "Y", "Z"), (), sample, region="NO")
    assert isinstance(columns, Columns)
    assert columns.mapping() == {"phone": "X", "name": "Navn"}
    assert columns.attributes == (0, 3, 4)


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("Kunde-nr.", NORWEGIANS),
        ("Org.nr.", NORWEGIANS),
        ("Faks", NORWEGIANS),
        ("X", [str(number) for number in range(22000000, 22000060, 10)]),
        ("X", ["20250101", "20240229", "19991231", "20010203", "20100101", "20200202"]),
        ("X", ["17.05.1980", "1/2/1990", "2026-01-01", "2026-01-01T10:00:00", "1-1-2020", ""]),
        ("X", ["0150", "5003", "12345", "12-345", "123456", "1234567"]),
        ("X", ["12345-6789", "90210-1234", "10001-0001", "60601-2222", "33101-0000", "94105-1"]),
        ("X", ["12057812345"] * 6),
        ("X", ["", "", "", "", "", " "]),
        ("X", ["22448200", "ja", "nei", "ja", "nei", "ja"]),
        ("X", ["22448200.50"] * 6),
    ],
)
def test_what_is_no_telephone_is_not_taken_for_one(name: str, cells: list[str]) -> None:
    problems = guess_columns(("Navn", name), (), sample_of(["Ola"] * 6, cells), region="NO")
    assert isinstance(problems, tuple)
    assert "no column looks like the telephone number" in str(problems[0])


def test_two_columns_of_numbers_need_a_word_of_the_owner() -> None:
    sample = sample_of(NORWEGIANS, NORWEGIANS)
    problems = guess_columns(("A", "B"), (), sample, region="NO")
    assert isinstance(problems, tuple)
    assert "several columns look like the telephone number (A, B)" in str(problems[0])
    columns = guess_columns(("A", "B"), (("phone", "B"),), sample, region="NO")
    assert isinstance(columns, Columns)
    assert columns.phones == (1,)


def test_a_header_that_names_a_telephone_is_enough() -> None:
    sample = sample_of(["ukjent"] * 6, NORWEGIANS)
    columns = guess_columns(("Telefon", "X"), (), sample, region="NO")
    assert isinstance(columns, Columns)
    assert columns.phones == (0,)


@pytest.mark.parametrize(
    "number", ["+47 22 44 82 00", "22448200", "0047-22448200", "(212) 555-0100"]
)
def test_a_first_row_of_data_is_told(number: str) -> None:
    said = problems_of("Ola Nordmann", number, "", "")
    assert f"the first row holds no names of columns but a telephone number ({number})" in said
    assert "put a row above it" in said


@pytest.mark.parametrize("name", ["2026-05-17", "2025-2026", "17.05.2026"])
def test_a_date_may_name_a_column(name: str) -> None:
    assert "no column looks like" in problems_of("Navn", name)


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
        (("Telefon",), (("telephone", "Telefon"),), "did you mean 'phone'?"),
        (("Telefon", "Navn"), (("phone", "Telfon"),), "did you mean 'Telefon'?"),
        (("Telefon",), (("phone", "Telefon"), ("name", "Telefon")), "mapped already, to phone"),
        (("A", "B"), (("name", "A"), ("name", "B")), "name is mapped already, to 'A'"),
        (("A", "B"), (("phone", "A"), ("phone", "A")), "'A' is mapped already, to phone"),
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
    mapping=st.lists(
        st.tuples(st.sampled_from([*TARGETS, "x"]) | st.text(max_size=8), st.text(max_size=8)),
        max_size=3,
    ),
    sample=st.lists(st.lists(st.text(max_size=12) | st.sampled_from(NORWEGIANS), max_size=7)),
    region=st.sampled_from([None, "NO", "US", "??"]),
)
def test_no_header_and_no_rows_are_too_odd_for_a_guess(
    header: list[str],
    mapping: list[tuple[str, str]],
    sample: list[list[str]],
    region: str | None,
) -> None:
    columns = guess_columns(header, mapping, sample, region=region)
    if isinstance(columns, Columns):
        used = [*columns.phones, *columns.targets.values(), *columns.attributes]
        rejects = {at for at, name in enumerate(columns.header) if name in REJECT_COLUMNS}
        assert columns.phones
        assert sorted([*used, *(rejects - {*used})]) == list(range(len(header)))
    else:
        assert columns
