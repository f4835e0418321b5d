"""Many numbers at once: the verdict of `parse_phone`, and so of phonenumbers, for every text."""

import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import (
    SUPPORTED_REGIONS,
    PhoneMetadata,
    PhoneNumberType,
    country_code_for_region,
    example_number_for_type,
    national_significant_number,
)

from leads.model import Phone
from leads.phone import parse_phone
from leads.phones import PhoneReader

REGIONS = sorted(SUPPORTED_REGIONS)


def same_verdicts(texts: list[str], region: str | None) -> PhoneReader:
    """Assert that the reader says of each text what `parse_phone` says; return the reader."""
    reader = PhoneReader(region=region, worth=1)
    for text, found in zip(texts, reader.read(texts), strict=True):
        assert found == parse_phone(text, region=region), (region, text)
    return reader


def examples(region: str) -> list[str]:
    """Return the national numbers that the library gives as examples of each type."""
    found = (example_number_for_type(region, kind) for kind in PhoneNumberType.values())
    return [national_significant_number(number) for number in found if number is not None]


def misspelt(number: str, chance: random.Random) -> str:
    digits = list(number)
    for _ in range(chance.randrange(5)):
        at = chance.randrange(len(digits))
        what = chance.random()
        if what < 0.8:
            digits[at] = chance.choice("0123456789")
        elif what < 0.9:
            digits.insert(at, chance.choice("0123456789"))
        elif len(digits) > 3:
            digits.pop(at)
    return "".join(digits)


def spellings(region: str, number: str) -> Iterator[str]:
    """Yield how people write a national number, at home and abroad, rightly and wrongly."""
    code = country_code_for_region(region)
    prefix = PhoneMetadata.metadata_for_region(region).national_prefix or ""
    parted = " ".join(number[at : at + 3] for at in range(0, len(number), 3))
    yield from (number, prefix + number, parted, f"({number[:2]}) {number[2:]}")
    yield from (f"+{code}{number}", f"+{code} ({prefix}) {parted}", f"+{code}-{parted}")
    yield from (f"00{code}{number}", f"011{code}{number}", f"000{code}{number}")
    yield from (f"{code}{number}", f"{code}{prefix}{number}", f"{code}{prefix}{prefix}{number}")


@pytest.mark.parametrize("region", REGIONS)
def test_every_region_in_every_spelling(region: str) -> None:
    chance = random.Random(region)
    known = examples(region)
    numbers = [*known, *(misspelt(chance.choice(known), chance) for _ in range(12))]
    numbers += ["".join(chance.choices("0123456789", k=chance.randrange(3, 18))) for _ in range(4)]
    same_verdicts([text for number in numbers for text in spellings(region, number)], region)


@pytest.mark.parametrize("region", ["NO", None])
def test_numbers_of_the_whole_world_in_one_list(region: str | None) -> None:
    same_verdicts(
        [text for of in REGIONS for number in examples(of)[:2] for text in spellings(of, number)],
        region,
    )


ODD = [
    "",
    "   ",
    "12",
    "+",
    "+4",
    "22 44 82 00 ext. 12",
    "22448200x5",
    "1-800-FLOWERS",
    "٢٢٤٤٨٢٠٠",
    "22448200",
    "+47 22 44 82 00",
    "22\0448200",
    "22448200\0",
    "\t22448200\n",
    "tel:+4722448200",
    "22448200;ext=3",
    "22-44-82-00 / 22 44 82 01",
    "((((22448200",
    "22448200))))",
    "+47+22448200",
    "++4722448200",
    "4.79E+10",
    "+999 12345678",
    "+0047 22448200",
    "0" * 300,
    "2" * 17,
    "2" * 18,
    " ".join("22448200"),
    "22448200" + " " * 40,
]


@pytest.mark.parametrize("region", ["NO", "US", "AR", "MX", "IT", "CN", None])
def test_odd_texts(region: str | None) -> None:
    same_verdicts(ODD, region)


@pytest.mark.parametrize(
    ("region", "text"),
    [
        ("IT", "06 6982"),
        ("IT", "+39 06 698 12345"),
        ("AR", "011 15 2345-6789"),
        ("AR", "+54 9 11 2345 6789"),
        ("AR", "+54 11 15 2345 6789"),
        ("MX", "+52 1 55 1234 5678"),
        ("MX", "044 55 1234 5678"),
        ("BR", "0 15 11 91234-5678"),
    ],
)
def test_countries_with_rules_of_their_own(region: str, text: str) -> None:
    same_verdicts([text] * 3, region)


letters = st.sampled_from("0123456789+-() ./xX;#*,~٣３\uff0beE\u00a0\u2010abc")


@given(
    region=st.sampled_from([*REGIONS, None]),
    texts=st.lists(
        st.text(letters, max_size=20)
        | st.text("0123456789", min_size=4, max_size=18)
        | st.text("0123456789", min_size=4, max_size=17).map("+{}".format)
        | st.text(max_size=12),
        min_size=1,
        max_size=12,
    ),
)
def test_any_text_at_all(region: str | None, texts: list[str]) -> None:
    same_verdicts(texts, region)


def test_the_library_is_asked_once_for_a_kind() -> None:
    reader = PhoneReader(region="NO", worth=1)
    texts = [f"4{number:07}" for number in range(5000)]
    assert [found.e164 for found in reader.read(texts) if isinstance(found, Phone)] == [
        f"+474{number:07}" for number in range(5000)
    ]
    assert len(reader._verdicts) < 20
    assert not reader._single, "nothing had to be read one by one"


def test_a_few_numbers_of_a_country_make_no_automaton() -> None:
    reader = PhoneReader(region="NO", worth=100)
    assert isinstance(reader.read(["22448200"])[0], Phone)
    assert not reader._verdicts


def test_nothing_to_read() -> None:
    assert PhoneReader(region="NO").read([]) == []


@pytest.mark.parametrize(
    ("number", "zones"),
    [
        ("+1 850 555 0123", {"America/New_York", "America/Chicago"}),
        ("+1 448 555 0123", {"America/New_York", "America/Chicago"}),
        ("+1 212 555 0123", {"America/New_York"}),
        ("+1 800 356 9377", set()),
    ],
)
def test_a_north_american_number_may_be_anywhere_in_its_area_code(
    number: str, zones: set[str]
) -> None:
    phone = parse_phone(number, region=None)
    assert isinstance(phone, Phone)
    assert set(phone.zones) == zones
