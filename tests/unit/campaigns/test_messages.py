"""Messages, their languages and keys, as a campaign file writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.changes import describe_changes
from campaigns.definition import read_definition
from campaigns.messages import Clip, KeyAction, KeyMeaning, Menu, Message, Words
from leads.problems import Problem
from tests.unit.campaigns.test_definition import campaign_of

HEAD = """
name = "turnout"
lists = ["members"]
mode = "broadcast"
trunk = "main"
caller_id = "+4721000000"
seller = "Example Party"
purpose = "political"
"""
PROGRESSIVE = HEAD.replace("broadcast", "progressive")
SPOKEN = (
    HEAD
    + """
[message]
text = "This is {seller}."
language = "en"
keys = { 5 = "answer:vote=yes", 9 = "do_not_call" }
[message.languages.nb]
text = "Dette er {seller}."
[message.languages.sv]
sound = "party/hej"
[[message.menu]]
text = "When?"
keys = { 1 = "answer:when=morning", 2 = "callback" }
"""
)


def message_of(text: str) -> Message:
    message = campaign_of(text).message
    assert message is not None
    return message


def faults(text: str) -> dict[str, str]:
    read = read_definition(text)
    assert isinstance(read, tuple), "the file should have been refused"
    assert all(isinstance(one, Problem) for one in read)
    return {one.where: one.why for one in read}


# -- what is read --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "clip", "spoken_in"),
    [
        (None, Clip(text="This is {seller}."), "en"),
        ("en-US", Clip(text="This is {seller}."), "en"),
        ("pl", Clip(text="This is {seller}."), "en"),
        ("nb", Clip(text="Dette er {seller}."), "nb"),
        ("no", Clip(text="Dette er {seller}."), "nb"),
        ("sv", Clip(sound="party/hej"), "sv"),
    ],
)
def test_the_persons_language_chooses_else_the_message_itself(
    language: str | None, clip: Clip, spoken_in: str
) -> None:
    assert message_of(SPOKEN).clip_for(language) == (clip, spoken_in)


def test_who_speaks_the_language_of_the_message_hears_no_neighbouring_one() -> None:
    words = Words(text="Hei", language="nb", languages={"nn": Clip(text="Hei du")})
    assert words.clip_for("nb") == (Clip(text="Hei"), "nb")
    assert words.clip_for("nn") == (Clip(text="Hei du"), "nn")


def test_questions_come_one_after_another_each_with_keys_of_its_own() -> None:
    message = message_of(SPOKEN)
    assert [menu.text for menu in message.menus] == ["This is {seller}.", "When?"]
    assert message.menus[1].pressing(KeyAction.ANSWER, KeyAction.CALLBACK) == "12"
    assert message.does(KeyAction.DO_NOT_CALL)
    assert not message.does(KeyAction.CONNECT)


def test_a_recorded_question_to_confirm_may_stand_beside_a_language_or_alone() -> None:
    text = HEAD + (
        '[message]\nsound = "a"\nconfirm = "sure"\nkeys = { 9 = "do_not_call" }\n'
        '[message.languages.nb]\nconfirm = "sikker"\n[message.languages.sv]\nsound = "b"\n'
    )
    message = message_of(text)
    assert message.confirm == {"": "sure", "nb": "sikker"}
    assert message.languages == {"sv": Clip(sound="b")}


# -- what keys come to ---------------------------------------------------------------------

VOTE = KeyMeaning(action=KeyAction.ANSWER, question="vote", answer="yes")
MORNING = KeyMeaning(action=KeyAction.ANSWER, question="when", answer="morning")
LATER = KeyMeaning(action=KeyAction.CALLBACK)
NEVER = KeyMeaning(action=KeyAction.DO_NOT_CALL)


@pytest.mark.parametrize(
    ("pressed", "meanings"),
    [
        ("", ()),
        ("5", (VOTE,)),
        ("51", (VOTE, MORNING)),
        ("52", (VOTE, LATER)),
        ("9", (NEVER,)),
        ("91", (NEVER,)),
        ("7", ()),
        ("71", ()),
        ("57", (VOTE,)),
        ("511", (VOTE, MORNING)),
    ],
)
def test_every_key_means_what_was_asked_when_it_was_pressed(
    pressed: str, meanings: tuple[KeyMeaning, ...]
) -> None:
    assert message_of(SPOKEN).meanings(pressed) == meanings


@given(st.text("0123456789*", max_size=12))
def test_nothing_but_answers_leads_on_and_nobody_answers_what_was_not_asked(pressed: str) -> None:
    message = message_of(SPOKEN)
    found = message.meanings(pressed)
    assert len(found) <= min(len(message.menus), len(pressed))
    assert all(one.action is KeyAction.ANSWER for one in found[:-1])
    assert all(one in menu.keys.values() for one, menu in zip(found, message.menus, strict=False))


# -- what is refused -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "where", "why"),
    [
        (("text = \"This is {seller}.\"", 'text = "Hi {name}."'), "message.text", "{name}"),
        (("text = \"This is {seller}.\"", 'text = "Hi {seller!r}."'), "message.text", "{seller}"),
        (("text = \"This is {seller}.\"", 'text = "Hi {."'), "message.text", "brace"),
        (("text = \"This is {seller}.\"", 'text = "..."'), "message.text", "says nothing"),
        (('language = "en"', 'language = "English"'), "message.language", "code of a language"),
        (('language = "en"', 'sound = "a"'), "message.sound", "leave one of them out"),
        (("languages.nb", "languages.norsk"), "message.languages.norsk", "code of a language"),
        (('sound = "party/hej"', ""), "message.languages.sv.sound", "is missing"),
        (('5 = "answer:vote=yes"', '5 = "callback"'), "message.menu[1]", "never reached"),
        (('text = "When?"', ""), "message.menu[1].sound", "is missing"),
        (('1 = "answer:when=morning"', '1 = "dance"'), "message.menu[1].keys.1", "must be one of"),
    ],
)  # fmt: skip
def test_what_cannot_be_played_or_pressed_is_refused_with_its_key(
    change: tuple[str, str], where: str, why: str
) -> None:
    assert change[0] in SPOKEN
    found = faults(SPOKEN.replace(*change))
    assert why in found[where]
    assert len(found) == 1


@pytest.mark.parametrize(
    ("voice", "message", "kept"),
    [
        ("", 'sound = "a"', "recorded"),
        ("", 'text = "a"', "synthetic"),
        ('voice = "synthetic"\n', 'text = "a"', "synthetic"),
        ('voice = "synthetic"\n', 'sound = "a"', "synthetic"),
        ('voice = "recorded"\n', 'sound = "a"', "recorded"),
        ("", 'sound = "a"\n[message.languages.nb]\ntext = "b"', "synthetic"),
        ("", 'sound = "a"\nkeys = { 1 = "answer:q=y" }\n[[message.menu]]\ntext = "b"', "synthetic"),
    ],
)
def test_rules_of_law_are_told_of_a_machines_voice_wherever_there_is_one(
    voice: str, message: str, kept: str
) -> None:
    assert campaign_of(f"{voice}{HEAD}[message]\n{message}").voice == kept


def test_a_spoken_text_is_never_called_recorded() -> None:
    found = faults(f'voice = "recorded"\n{HEAD}[message]\ntext = "a"')
    assert list(found) == ["voice"]
    assert "spoken by a machine" in found["voice"]


# -- where no agent is free ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('text = "Sorry, all are busy."', "abandoned.text"),
        ('text = "{seller} is busy."\n[abandoned.languages.nb]\ntext = "Opptatt."', "abandoned.languages.nb.text"),
        ('sound = "a,b"', "abandoned.sound"),
        ("", "abandoned.sound"),
    ],
)  # fmt: skip
def test_own_words_for_abandoned_calls_must_name_the_seller(text: str, where: str) -> None:
    assert list(faults(f"{PROGRESSIVE}[abandoned]\n{text}")) == [where]


@pytest.mark.parametrize("text", ["{seller} called. Press 1.", "Example Party called. Press 1."])
def test_the_seller_may_be_named_by_name(text: str) -> None:
    abandoned = campaign_of(f'{PROGRESSIVE}[abandoned]\ntext = "{text}"').abandoned
    assert abandoned == Words(text=text)


def test_a_manual_campaign_abandons_nobody() -> None:
    text = HEAD.replace("broadcast", "manual") + '[abandoned]\nsound = "a"'
    assert "never played" in faults(text)["abandoned"]


def test_a_broadcast_whose_keys_reach_nobody_abandons_nobody() -> None:
    heard = '[abandoned]\nsound = "a"\n[message]\nsound = "a"\nkeys = { 1 = "%s" }'
    assert campaign_of(HEAD + heard % "connect").abandoned == Words(sound="a")
    assert "no key" in faults(HEAD + heard % "callback")["abandoned"]


# -- changes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (("This is {seller}.", "Here is {seller}."), "message.text"),
        (('language = "en"', 'language = "da"'), "message.language"),
        (("Dette er {seller}.", "Her er {seller}."), "message.languages.nb.text"),
        (('sound = "party/hej"', 'sound = "party/hallo"'), "message.languages.sv.sound"),
        (("When?", "At what time?"), "message.menu[1].text"),
        (('2 = "callback"', '2 = "do_not_call"'), "message.menu[1].keys.2"),
    ],
)
def test_every_change_of_a_message_is_told_by_its_key(change: tuple[str, str], line: str) -> None:
    told = describe_changes(campaign_of(SPOKEN), campaign_of(SPOKEN.replace(*change)))
    assert [one.partition(":")[0] for one in told] == [line]


def test_another_voice_is_told() -> None:
    old, new = (
        campaign_of(f'{HEAD}[message]\nsound = "a"'),
        campaign_of(f'{HEAD}[message]\ntext = "a"'),
    )
    told = [one.partition(":")[0] for one in describe_changes(old, new)]
    assert told == ["voice", "message.sound", "message.text"]


def test_a_menu_without_keys_is_only_heard() -> None:
    assert Menu(sound="a").pressing(*KeyAction) == ""
