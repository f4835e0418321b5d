"""Which voice speaks, and with which command."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.fields import Section
from campaigns.spoken import sentences
from dialer.voices import Speech, read_speech
from leads.languages import CODES
from leads.problems import Problem

PIPER = ("piper", "--model", "{voice}", "--output_file", "{file}")


def read(table: dict[str, object]) -> Speech | list[Problem]:
    problems: list[Problem] = []
    section = Section(table, problems)
    speech = read_speech(section)
    section.close()
    return problems or speech


@pytest.mark.parametrize(
    ("language", "voice"),
    [
        ("nb", "nb"),
        ("no", "nb"),
        ("nn", "nb"),
        ("zh", "cmn"),
        ("pl", "pl"),
        ("xx", None),
        ("", None),
    ],
)
def test_the_built_in_voice_speaks_languages_under_its_own_names(
    language: str, voice: str | None
) -> None:
    assert Speech().voice(language) == voice


def test_the_built_in_voice_speaks_every_language_that_we_write() -> None:
    assert all(Speech().voice(language) for language in sentences())


def test_the_built_in_voice_has_most_languages_that_a_person_may_speak() -> None:
    spoken = {language for language in CODES if Speech().voice(language)}
    assert len(spoken) > 90
    assert CODES - spoken >= {"ae", "aa"}, "and none is made up"


def test_a_command_speaks_the_languages_that_it_has_a_voice_for() -> None:
    speech = Speech(command=PIPER, voices={"nb": "/voices/nb.onnx"})
    assert speech.voice("nb") == speech.voice("no") == "/voices/nb.onnx"
    assert speech.voice("en") is None
    assert Speech(command=("say", "{file}")).voice("en") == ""


def test_the_text_is_no_word_of_the_command() -> None:
    speech = Speech(command=(*PIPER, "--language={language}"))
    argv = speech.argv((), voice="a b", language="nb", file="/tmp/x.wav")
    assert argv == [
        "piper", "--model", "a b", "--output_file", "/tmp/x.wav", "--language=nb",
    ]  # fmt: skip
    assert Speech().argv(["espeak-ng"], voice="nb", language="nb", file="")[:3] == [
        "espeak-ng", "-v", "nb",
    ]  # fmt: skip


@given(st.lists(st.tuples(st.text(), st.sampled_from(["nb", "en"]), st.text()), unique=True))
def test_another_text_language_or_voice_has_another_name(
    spoken: list[tuple[str, str, str]],
) -> None:
    names = {Speech().file_name(*one) for one in spoken}
    assert len(names) == len(spoken)
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for name in names)


def test_another_program_has_other_names() -> None:
    assert Speech().file_name("a", "en", "en") != Speech(command=PIPER).file_name("a", "en", "en")


@pytest.mark.parametrize(
    ("table", "where"),
    [
        ({"command": ["say", "{text}"]}, "command"),
        ({"command": "say"}, "command"),
        ({"voices": {"norsk": "a"}}, "norsk"),
        ({"voices": {"nb": ""}}, "nb"),
        ({"timeout_s": 0}, "timeout_s"),
        ({"timeout_s": 601}, "timeout_s"),
        ({"voice": "a"}, "voice"),
    ],
)
def test_what_no_voice_can_be_made_of_is_refused(table: dict[str, object], where: str) -> None:
    problems = read(table)
    assert isinstance(problems, list)
    assert [one.where.rpartition(".")[2] for one in problems] == [where]


@pytest.mark.parametrize("timeout_s", [1, 600])
def test_a_text_may_take_from_a_second_to_ten_minutes(timeout_s: int) -> None:
    assert read({"timeout_s": timeout_s}) == Speech(timeout_s=timeout_s)
