"""When two spellings are one name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.names import fold, fold_name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nordmann, Ola", "Ola Nordmann"),
        ("OLA  NORDMANN", "ola nordmann"),
        ("Åse Rønning", "Ase Ronning"),
        ("Łucja Dąbrowska", "LUCJA DABROWSKA"),
        ("Işıl Doğan", "ISIL DOGAN"),
        ("İbrahim Şahin", "ibrahim sahin"),
        ("Anne-Marie O'Brien", "Anne Marie OBrien"),
        ("Weiß", "WEISS"),
        ("陳怡君", " 陳怡君 "),
    ],
)
def test_the_same_person_however_written(one: str, other: str) -> None:
    assert fold_name(one) == fold_name(other) != ""


@pytest.mark.parametrize(
    ("one", "other"), [("Ola Nordmann", "Kari Nordmann"), ("राम", "रमा"), ("陳怡君", "陳怡")]
)
def test_different_people(one: str, other: str) -> None:
    assert fold_name(one) != fold_name(other)


def test_no_name_has_no_key() -> None:
    assert fold_name(" -, ") == ""


@given(st.text(max_size=30))
def test_folding_is_final(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold_name(fold_name(text)) == fold_name(text)
