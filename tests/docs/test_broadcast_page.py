"""docs/broadcast.md and docs/speech.md say what is so."""

import re
import tomllib

from campaigns import spoken
from campaigns.definition import read_definition
from campaigns.fields import Section
from campaigns.messages import KeyAction
from campaigns.model import Campaign, DialMode
from dialer.voices import Speech, read_speech
from leads.problems import Problem
from tests.conftest import CHECKOUT

PAGE = (CHECKOUT / "docs" / "broadcast.md").read_text(encoding="utf-8")
SPEECH = (CHECKOUT / "docs" / "speech.md").read_text(encoding="utf-8")
WHOLE, OWN_WORDS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


def test_the_campaign_file_can_be_used_and_does_what_the_page_says() -> None:
    campaign = read_definition(WHOLE)
    assert isinstance(campaign, Campaign), campaign
    message = campaign.message
    assert message is not None
    assert campaign.voice == "synthetic"
    assert {key: does.action for key, does in message.keys.items()} == {
        "1": KeyAction.CONNECT,
        "5": KeyAction.ANSWER,
        "6": KeyAction.ANSWER,
        "8": KeyAction.CALLBACK,
        "9": KeyAction.DO_NOT_CALL,
    }
    assert message.languages.keys() == {"nb", "pl"}
    assert [one.answer for one in message.meanings("52")] == ["yes", "evening"]


def test_the_words_of_ones_own_can_be_used_and_leave_nothing_out() -> None:
    text = WHOLE.replace("broadcast", DialMode.PROGRESSIVE.value)
    text = re.sub(r"(?s)\[message\].*(?=\[\[questions\]\]\nkey = \"vote\")", "", text)
    campaign = read_definition(f"{text}\n{OWN_WORDS}")
    assert isinstance(campaign, Campaign), campaign
    assert campaign.abandoned is not None
    for clip, language in campaign.abandoned.clips:
        assert "{seller}" in clip.text, language
        assert "{phone}" in clip.text, language
        assert spoken.STOP_KEY in clip.text, language


def test_the_quoted_words_are_those_that_are_said() -> None:
    quoted = " ".join(re.findall(r"^> (.*)$", PAGE, re.MULTILINE))
    assert quoted == spoken.abandoned("Example Telecom AS", "+4721000000", "sales", "en")
    assert spoken.sentence("confirm", "en") in " ".join(PAGE.split())


def test_every_key_action_has_its_row() -> None:
    rows = re.findall(r"^\| `([\w:=]+)` \|", PAGE, re.MULTILINE)
    assert [row.partition(":")[0].lower() for row in rows] == [*KeyAction]


def test_the_voice_of_ones_own_can_be_used_and_every_language_is_named() -> None:
    (table,) = (
        tomllib.loads(text)["speech"]
        for text in re.findall(r"```toml\n(.*?)```", SPEECH, re.DOTALL)
        if "[speech]" in text
    )
    problems: list[Problem] = []
    section = Section(table, problems)
    speech = read_speech(section)
    section.close()
    assert not problems
    assert speech.voices.keys() == {"nb", "en"}
    assert speech.timeout_s == Speech().timeout_s
    (named,) = re.findall(r"are there in (.*?), in\n?", SPEECH.replace("\n", " "))
    assert len(re.split(", | and ", named)) == len(spoken.sentences())
