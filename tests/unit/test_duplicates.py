"""When two leads are suspected to be one person, and in which words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.duplicates import Suspect, address_of, keys_of, pairs_of, suspicion
from leads.model import LeadId
from leads.names import fold_name


def person(lead_id: int, name: str, *numbers: int, external_id: str | None = None, **facts: str):
    return Suspect(
        lead_id=LeadId(lead_id),
        name=name,
        name_key=fold_name(name),
        external_id=external_id,
        numbers=frozenset(numbers),
        address=address_of(facts),
    )


def score(one: Suspect, other: Suspect) -> int:
    found = suspicion(one, other)
    return found.score if found else 0


def test_address_columns_are_recognised_in_the_languages_of_lists():
    assert address_of(
        {
            "Adresse": "Storgata 1", "Postnr.": "0155", "Şehir": "İzmir", "E-post": "OLA@x.no",
            "Fødselsdato": "01.02.1970", "Kundetype": "gull", "PLZ": "99999",
        }
    ) == {
        "street": "storgata 1", "postcode": "0155", "city": "izmir", "email": "olaxno",
        "born": "01021970",
    }  # fmt: skip


def test_the_same_name_in_another_spelling_at_one_number():
    found = suspicion(person(2, "NORDMANN, Ola", 1), person(1, "Ola Nordmann", 1))
    assert found is not None
    assert (found.first.lead_id, found.second.lead_id) == (1, 2)
    assert found.score == 95
    assert found.reasons == ("the same name", "the same number (+1)")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (person(1, "Ola Nordmann", postnr="0155"), person(2, "Nordmann Ola", postnr="01 55")),
        (person(1, "Ola Nordmann", epost="o@x.no"), person(2, "Olav Nordmann", epost="O@X.no")),
        (
            person(1, "Ola Nordmann", adresse="Storgata 1", by="Oslo"),
            person(2, "Ola Magnus Nordmann", adresse="Storgata 1", by="OSLO"),
        ),
        (person(1, "Łukasz Żak", 5), person(2, "Lukasz Zak", 5)),
    ],
)
def test_who_is_suspected(one: Suspect, other: Suspect):
    assert score(one, other) >= 90


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (person(1, "Ola Nordmann", 1, by="Oslo"), person(2, "Kari Nordmann", 1, by="Oslo")),
        (person(1, "Ola Nordmann", by="Oslo"), person(2, "Ola Nordmann", by="Oslo")),
        (person(1, "Ola Nordmann", postnr="0155"), person(2, "Ola Nordmann", postnr="5003")),
        (person(1, "Ola Nordmann", 1, dob="1970-01-01"), person(2, "Ola Nordmann", 1, dob="1999")),
        (person(1, "", 1), person(2, "", 1)),
        (person(1, "Ola", 1), person(2, "Ola Nordmann", 1)),
    ],
)
def test_who_is_not(one: Suspect, other: Suspect):
    assert score(one, other) < 90


def test_what_speaks_against_it_is_told():
    found = suspicion(
        person(1, "Ola Nordmann", 1, external_id="7", dob="1"),
        person(2, "Ola Nordmann", 1, external_id="8", dob="2"),
    )
    assert found is not None
    assert found.reasons[2:] == ("but another date of birth", "but other external ids (7, 8)")


names = st.text(alphabet="abcæ nołş", max_size=20)


@given(names, names, st.booleans())
def test_order_decides_nothing_and_a_score_is_a_percentage(one: str, other: str, shared: bool):
    first, second = person(1, one, 1), person(2, other, 1 if shared else 2)
    assert suspicion(first, second) == suspicion(second, first)
    assert 0 <= score(first, second) <= 100


def test_two_spellings_share_a_key():
    keys = [
        set(keys_of(one.name_key, one.numbers, one.address))
        for one in (
            person(1, "Ola Nordmann", 1, postnr="0155", epost="a@b.c"),
            person(2, "Nordman, Olaf", 2, postnr="0155"),
        )
    ]
    assert keys[0] & keys[1] == {"postcode 0155 nor ola"}
    assert "email abc" in keys[0]


def test_the_work_in_a_large_block_grows_with_it_and_not_with_its_square():
    block = [person(at, f"Ola Nordmann{at:05}") for at in range(1, 2001)]
    assert len(list(pairs_of(block))) < 26 * 2000
    assert len(list(pairs_of(block[:50]))) == 50 * 49 // 2
