"""What FIELD=VALUE asks for, and everything that is wrong with it at once."""

import pytest

from leads.edits import Edits, numbers_after, read_edits
from leads.model import Phone
from leads.phone import parse_phone
from leads.problems import Problem


def number(text: str) -> Phone:
    phone = parse_phone(text, region="NO")
    assert isinstance(phone, Phone)
    return phone


FIRST, SECOND, THIRD = number("22448201"), number("22448202"), number("22448203")


def read(*words: str) -> Edits | tuple[Problem, ...]:
    return read_edits(words, attributes=["By", "Merke"], region="NO")


def test_every_kind_of_field_is_read():
    assert read(
        "name=Ola Nordmann", "external_id=7", "language=NB", "zone=Europe/Oslo", "country=no",
        "subdivision=NO-03", "By=Oslo", "phone=22448201", "phone+=+4722448202",
        "phone-=22 44 82 03",
    ) == Edits(
        facts={
            "name": "Ola Nordmann", "external_id": "7", "language": "nb", "zone": "Europe/Oslo",
            "country": "NO", "subdivision": "NO-03",
        },
        attributes={"By": "Oslo"},
        phones=(("=", FIRST), ("+=", SECOND), ("-=", THIRD)),
    )  # fmt: skip


def test_an_empty_value_takes_a_fact_away():
    assert read("name=", "By= ") == Edits(facts={"name": None}, attributes={"By": None})


def test_a_value_may_hold_an_equals_sign():
    assert read("name=a=b") == Edits(facts={"name": "a=b"})


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("name", "FIELD=VALUE"),
        ("phone=12", "no telephone number"),
        ("phone+=", "no telephone number"),
        ("zone=Europe/Olso", "no time zone"),
        ("zone=../../etc/passwd", "no time zone"),
        ("country=XX", "not a country code"),
        ("language=norsk bokmål", "ISO 639"),
        ("Merker=x", "did you mean 'Merke'?"),
        ("naem=x", "did you mean 'name'?"),
        ("zzz=x", "there are name, "),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(word: str, why: str):
    (problem,) = problems = read(word)  # type: ignore[misc]
    assert isinstance(problems, tuple)
    assert why in str(problem)


def test_all_problems_are_told_at_once():
    problems = read("zone=x", "name=Ola", "By", "phone=1")
    assert isinstance(problems, tuple)
    assert len(problems) == 3


@pytest.mark.parametrize(
    ("edits", "after"),
    [
        ([("=", THIRD)], [THIRD, SECOND]),
        ([("=", SECOND)], [SECOND]),
        ([("=", FIRST)], [FIRST, SECOND]),
        ([("+=", THIRD)], [FIRST, SECOND, THIRD]),
        ([("+=", FIRST)], [FIRST, SECOND]),
        ([("-=", FIRST)], [SECOND]),
        ([("-=", FIRST), ("-=", SECOND), ("+=", THIRD)], [THIRD]),
    ],
)
def test_numbers_are_replaced_added_and_taken_away(edits, after):
    before = [FIRST.e164, SECOND.e164]
    assert numbers_after(before, edits) == tuple(phone.e164 for phone in after)


def test_a_lead_keeps_a_number_and_loses_none_it_has_not():
    (problem,) = numbers_after([FIRST.e164], [("-=", FIRST)])
    assert "one number at least" in str(problem)
    (problem,) = numbers_after([FIRST.e164], [("-=", SECOND)])
    assert "not a number of this lead" in str(problem)
