"""What counts as a telephone number: exactly what phonenumbers holds to be one."""

from zoneinfo import available_timezones

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.errors import UsageError
from leads.model import Phone
from leads.phone import MOST_ZONES, known_region, parse_phone

NUMBERISH = st.text(
    alphabet=st.one_of(
        st.sampled_from("0123456789+ -()./#*;x"),
        st.sampled_from("\u0660\u0661\u0662\u0663\uff10\uff11\uff12\uff13"),
        st.characters(),
    ),
    max_size=40,
)
REGIONS = st.sampled_from([None, "NO", "SE", "PL", "TR", "TW", "US", "GB", "IT"])


@pytest.mark.parametrize(
    ("text", "region", "e164", "kind"),
    [
        ("22 44 82 00", "NO", "+4722448200", "fixed"),
        ("0047 418 43 602", "NO", "+4741843602", "mobile"),
        ("(+47) 73 23 8874", None, "+4773238874", "fixed"),
        ("+46 (0)70 174 06 82", "NO", "+46701740682", "mobile"),
        ("0(312) 400 47 59", "TR", "+903124004759", "fixed"),
        ("٠٢١٢ ٥٣٣ ٨٧ ٢٢", "TR", "+902125338722", "fixed"),
        ("\uff10\uff19\uff11\uff12 498 967", "TW", "+886912498967", "mobile"),
        ("+1 202-555-0143", None, "+12025550143", "fixed_or_mobile"),
        ("800 234 5678", "US", "+18002345678", "toll_free"),
    ],
)
def test_a_number_is_read_as_it_is_written_locally(
    text: str, region: str | None, e164: str, kind: str
) -> None:
    phone = parse_phone(text, region=region)
    assert isinstance(phone, Phone)
    assert (phone.e164, phone.kind) == (e164, kind)


@pytest.mark.parametrize(
    ("text", "region", "reason"),
    [
        ("  ", "NO", "empty"),
        ("se merknad", "NO", "not a number"),
        ("22 44 82 00", None, "written without a country code, and no region is given"),
        ("+999 123 456 789", None, "no country has this code"),
        ("08-46", "SE", "too short for SE"),
        ("+47 22 44 82 00 11 22 33", None, "too long for NO"),
        ("9" * 300, "NO", "too long"),
        ("00 00 00 00", "NO", "no such number in NO (valid ones look different)"),
        ("416 555 01", "CA", "too short for CA"),
        ("555 0143", "US", "too short for US, the area code is missing"),
    ],
)
def test_what_is_no_number_is_told_with_the_reason(
    text: str, region: str | None, reason: str
) -> None:
    assert parse_phone(text, region=region) == reason


def test_zones_are_every_zone_the_number_may_be_in() -> None:
    norwegian_mobile = parse_phone("+4799999999", region=None)
    assert isinstance(norwegian_mobile, Phone)
    assert norwegian_mobile.zones == ("Arctic/Longyearbyen", "Europe/Oslo")


@pytest.mark.parametrize("text", ["+18002345678", "+15002345678", "+79161234567"])
def test_a_number_that_may_be_anywhere_in_a_wide_country_has_no_known_zone(text: str) -> None:
    phone = parse_phone(text, region=None)
    assert isinstance(phone, Phone)
    assert phone.zones == ()


def test_a_number_of_no_country_has_no_region() -> None:
    phone = parse_phone("+80012345678", region=None)
    assert isinstance(phone, Phone)
    assert phone.region is None


@given(text=NUMBERISH, region=REGIONS)
def test_the_verdict_is_that_of_phonenumbers_for_any_text(text: str, region: str | None) -> None:
    phone = parse_phone(text, region=region)
    try:
        number = phonenumbers.parse(text.strip(), region)
    except phonenumbers.NumberParseException:
        assert isinstance(phone, str)
        return
    assert isinstance(phone, Phone) == phonenumbers.is_valid_number(number)
    if isinstance(phone, Phone):
        assert phone.e164 == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    else:
        assert phone


@given(
    region=st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)),
    kind=st.sampled_from(sorted(phonenumbers.PhoneNumberType.values())),
)
def test_zones_are_few_and_known_for_the_numbers_of_every_country(region: str, kind: int) -> None:
    example = phonenumbers.example_number_for_type(region, kind)
    if example is None or not phonenumbers.is_valid_number(example):
        return
    phone = parse_phone(phonenumbers.format_number(example, 0), region=None)
    assert isinstance(phone, Phone)
    assert len(phone.zones) <= MOST_ZONES
    assert set(phone.zones) <= available_timezones()
    assert list(phone.zones) == sorted(phone.zones)


def test_a_region_is_two_letters_that_numbers_are_known_for() -> None:
    assert known_region(" no ") == "NO"
    with pytest.raises(UsageError, match="NO"):
        known_region("Norway")
