"""Which sounds a person is played, of what has been spoken by now."""

from dataclasses import replace

import pytest

from campaigns.amd import AMD_OFF, Amd
from campaigns.messages import Clip, KeyAction, KeyMeaning, Menu, Message, Words
from campaigns.model import Campaign, DialMode
from dialer.sounds import Sounds, may_be_abandoned, sounds_for, to_speak
from tests.unit.campaigns.examples import campaign

CONNECT = {"1": KeyMeaning(action=KeyAction.CONNECT)}
NEVER = {"9": KeyMeaning(action=KeyAction.DO_NOT_CALL)}
ASKED = Message(
    text="This is {seller}.",
    language="en",
    languages={"nb": Clip(text="Dette er {seller}."), "sv": Clip(sound="hej")},
    keys=NEVER | {"5": KeyMeaning(action=KeyAction.ANSWER, question="q", answer="y")},
    menu=(Menu(text="When?", keys=CONNECT),),
    confirm={"sv": "bekrafta"},
)
BROADCAST = campaign(mode=DialMode.BROADCAST, message=ASKED)
PROGRESSIVE = campaign()


def everything(text: str, language: str) -> str:
    return f"{language}:{text[:20]}"


def nothing(text: str, language: str) -> None:
    return None


@pytest.mark.parametrize(
    ("language", "menus", "confirm"),
    [
        ("nb", ("nb:Dette er Example Tel", "en:When?"), "nb:Hvis du ikke vil bli"),
        ("sv", ("hej", "en:When?"), "bekrafta"),
        ("pl", ("en:This is Example Tele", "en:When?"), "pl:Jeśli nie życzą sobi"),
        (None, ("en:This is Example Tele", "en:When?"), "en:If you do not want t"),
        ("ur", ("en:This is Example Tele", "en:When?"), "en:If you do not want t"),
    ],
)
def test_a_person_hears_everything_in_the_language_that_is_there(
    language: str | None, menus: tuple[str, ...], confirm: str
) -> None:
    heard = sounds_for(BROADCAST, language, everything)
    assert (heard.menus, heard.confirm) == (menus, confirm)
    assert heard.sorry.partition(":")[0] == heard.never.partition(":")[0]


def test_without_a_voice_there_is_what_comes_with_asterisk_and_no_confirming() -> None:
    heard = sounds_for(
        campaign(mode=DialMode.BROADCAST, message=Message(sound="hi", keys=NEVER)), "nb", nothing
    )
    assert heard == Sounds(menus=("hi",))
    assert sounds_for(PROGRESSIVE, "nb", nothing) == Sounds()


def test_what_is_not_there_in_their_language_is_heard_in_the_campaigns() -> None:
    def english_alone(text: str, language: str) -> str | None:
        return everything(text, language) if language == "en" else None

    heard = sounds_for(BROADCAST, "pl", english_alone)
    assert heard.confirm.startswith("en:")
    assert heard.sorry.startswith("en:")


def test_own_words_take_the_place_of_the_usual_ones() -> None:
    own = Words(text="{seller} called, on {phone}.", languages={"sv": Clip(sound="upptaget")})
    what = campaign(abandoned=own)
    assert sounds_for(what, "sv", everything).sorry == "upptaget"
    assert sounds_for(what, None, everything).sorry == "nb:Example Telecom AS c"
    texts = [one for one in to_speak(what, ["sv"]) if one.needed]
    assert [one.text for one in texts] == [
        "Example Telecom AS called, on pluss 4 7, 2 1, 0 0, 0 0, 0 0."
    ]


@pytest.mark.parametrize(
    ("what", "may"),
    [
        (PROGRESSIVE, True),
        (campaign(mode=DialMode.PREVIEW), True),
        (campaign(mode=DialMode.MANUAL), False),
        (BROADCAST, True),
        (campaign(mode=DialMode.BROADCAST, message=Message(sound="a", keys=NEVER)), False),
    ],
)
def test_who_may_wait_for_an_agent_may_wait_in_vain(what: Campaign, may: bool) -> None:
    assert may_be_abandoned(what) is may
    spoken = to_speak(what, [])
    assert any("4 7, 2 1" in one.text for one in spoken) is may


TO_MACHINES = campaign(
    amd=Amd(detect=True, on_machine="message"),
    machine_message=Words(text="Call {phone}.", languages={"sv": Clip(sound="ring")}),
)


def test_a_machine_is_told_what_its_person_would_understand() -> None:
    assert sounds_for(TO_MACHINES, None, everything).machine == "nb:Call pluss 4 7, 2 1,"
    assert sounds_for(TO_MACHINES, "sv", everything).machine == "ring"
    needed = [one.text for one in to_speak(TO_MACHINES, []) if one.needed]
    assert needed == ["Call pluss 4 7, 2 1, 0 0, 0 0, 0 0."]
    unnoticed = replace(TO_MACHINES, amd=AMD_OFF)
    assert sounds_for(unnoticed, None, everything).machine == ""
    assert not any(one.needed for one in to_speak(unnoticed, []))


@pytest.mark.parametrize(
    "what", [PROGRESSIVE, BROADCAST, campaign(abandoned=Words(text="{seller}")), TO_MACHINES]
)
@pytest.mark.parametrize("language", ["", "nb", "sv", "ur"])
def test_whatever_is_played_was_spoken_before(what: Campaign, language: str) -> None:
    spoken = {(one.text, one.language) for one in to_speak(what, [language])}
    asked: set[tuple[str, str]] = set()

    def made(text: str, in_language: str) -> str:
        asked.add((text, in_language))
        return "made"

    sounds_for(what, language or None, made)
    assert asked
    assert asked <= spoken
