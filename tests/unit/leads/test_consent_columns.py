"""Which column of a file of consents is which."""

import pytest

from leads.columns import Columns
from leads.consent_columns import column_of, consent_columns, consent_facts, who


def understood(header: str, *mapping: tuple[str, str]) -> Columns:
    found = consent_columns(header.split(","), mapping)
    assert isinstance(found, Columns), found
    return found


def test_columns_are_known_by_their_names():
    columns = understood(
        "Lead ID,Customer ID,Phone,Consent,Wording,Source,Given at,Proof,Expires,x"
    )
    assert list(columns.targets) == [
        "lead_id", "external_id", "phone", "kind", "wording", "source", "given_at", "proof",
        "expires",
    ]  # fmt: skip
    assert columns.attributes == (9,)


def test_a_mapping_comes_before_any_guess():
    columns = understood("Phone,When,Date", ("given_at", "When"))
    assert columns.mapping() == {"phone": "Phone", "given_at": "When"}


def test_a_rejects_file_is_read_without_its_own_columns():
    columns = understood("phone,given_at,reject_line,reject_column,reject_reason")
    assert columns.original() == (0, 1)


@pytest.mark.parametrize(
    ("header", "mapping", "why"),
    [
        ("name,given_at", (), "no column names the person"),
        ("phone,kind", (), "--map given_at=COLUMN"),
        ("phone,given_at", (("nobody", "phone"),), "'nobody' is not one of lead_id"),
        ("phone,given_at", (("phone", "Tlf"),), "the file has no column 'Tlf'"),
        ("phone,given_at", (("phone", "phone"), ("phone", "given_at")), "mapped twice"),
    ],
)
def test_a_header_that_cannot_be_used(header: str, mapping: tuple[tuple[str, str], ...], why: str):
    problems = consent_columns(header.split(","), mapping)
    assert isinstance(problems, tuple)
    assert why in str(problems[0])


def test_a_row_names_its_person_and_says_its_facts():
    columns = understood("phone,external_id,given_at,kind")
    cells = [" 22448201 ", "", "2025-11-03", "recording"]
    assert who(cells, columns) == {"phone": "22448201"}
    assert consent_facts(cells, columns) == {
        "consent_at": "2025-11-03",
        "consent_kind": "recording",
    }
    assert column_of("consent_at", columns) == "given_at"
    assert column_of("consent_proof", columns) == ""
