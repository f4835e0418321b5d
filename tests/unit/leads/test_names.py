"""When two spellings are one name."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.names import fold, fold_name, printable, printable_lines


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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ola\x1b]0;root\x07", "Ola ]0;root "),
        ("one\ttwo\r\nthree", "one two  three"),
        ("\x9b2J", " 2J"),
        ("Ola \u202etxet", "Ola  txet"),
        ("\u0645\u06cc\u200c\u0631\u0648\u0645", "\u0645\u06cc\u200c\u0631\u0648\u0645"),
    ],
)
def test_what_a_terminal_would_obey_is_blank(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(max_size=50))
def test_no_text_holds_a_control_character_but_its_ends_of_lines(text: str) -> None:
    shown = printable_lines(text)
    kinds = {unicodedata.category(letter) for letter in shown.replace("\n", "")}
    assert not kinds & {"Cc", "Zl", "Zp", "Cs"}
    assert shown.count("\n") == text.count("\n")
