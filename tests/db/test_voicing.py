"""The texts of running campaigns: spoken before anybody is called, and why not where they cannot be."""

import sys
import wave
from pathlib import Path

import pytest
from sqlalchemy import Engine

from campaigns.store import StoredCampaign
from dialer.clock import Clock
from dialer.voices import Speech
from dialer.voicing import Voicing
from leads.db import reading
from tests.db.people import LAWS, definition, import_text, started
from tests.waiting import until

MESSAGE = '[message]\ntext = "Vote on Monday."\nlanguage = "en"\nkeys = { 9 = "do_not_call" }'
SPEAKS = "import shutil, sys; text = sys.stdin.read(); {}; shutil.copy(sys.argv[2], sys.argv[1])"


@pytest.fixture
def voice(tmp_path: Path) -> "Voice":
    return Voice(tmp_path)


class Voice:
    """A voice that is a program, told what it cannot say."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sounds = folder / "sounds"
        with wave.open(str(folder / "tone.wav"), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(b"\x00\x20\x00\xe0" * 400)

    def speech(self, check: str = "pass") -> Speech:
        program = SPEAKS.format(check)
        command = (sys.executable, "-c", program, "{file}", str(self.folder / "tone.wav"))
        return Speech(command=(*command, "{language}"))

    def voicing(self, check: str = "pass", *, sounds: str | None = None) -> Voicing:
        folder = str(self.sounds) if sounds is None else sounds
        return Voicing(self.speech(check), sounds=folder, there="/there", clock=Clock())


def prepared(base: Engine, voicing: Voicing, stored: StoredCampaign) -> str | None:
    """Wait until everything has been tried; return why nobody may be called."""

    def look() -> str | None:
        with reading(base) as connection:
            voicing.prepare(connection, [stored], LAWS)
        return voicing.why_not(stored)

    first = look()
    until(lambda: look() != "its messages are being spoken", 60)
    assert first is None or first == "its messages are being spoken" or "texts" in first
    return look()


def people(base: Engine, *rows: str) -> None:
    text = "Navn;Telefon;Language\n" + "".join(f"{row}\n" for row in rows)
    assert import_text(base, text).rejected == 0


@pytest.fixture
def norway(base: Engine) -> None:
    people(base, "Åse;+4722000001;nb", "Piotr;+4722000002;pl", "Ida;+4722000003;")


def test_nobody_is_called_before_everything_is_spoken(base: Engine, norway: None, voice: Voice):
    stored = started(base, definition("radio", mode="broadcast", message=MESSAGE))
    voicing = voice.voicing()
    assert voicing.why_not(stored) == "its messages are being looked for"
    with reading(base) as connection:
        voicing.prepare(connection, [stored], LAWS)
    assert voicing.why_not(stored) == "its messages are being spoken"
    assert prepared(base, voicing, stored) is None
    languages = {file.name.partition("-")[0] for file in voice.sounds.iterdir()}
    assert languages == {"en", "nb", "pl"}, "of the people, and the campaign's own"
    heard = {language: voicing.of(stored, language) for language in ("nb", "pl", None)}
    (message,) = heard["nb"].menus
    assert message.startswith("/there/en-")
    assert [one.confirm.removeprefix("/there/")[:2] for one in heard.values()] == ["nb", "pl", "en"]
    # The next engine finds it all there, and needs no voice.
    (voice.folder / "tone.wav").unlink()
    again = voice.voicing()
    with reading(base) as connection:
        again.prepare(connection, [stored], LAWS)
    assert again.why_not(stored) is None
    assert again.of(stored, "pl") == heard["pl"]


def test_a_message_that_cannot_be_spoken_is_the_reason(base: Engine, norway: None, voice: Voice):
    stored = started(base, definition("radio", mode="broadcast", message=MESSAGE))
    why = prepared(base, voice.voicing("sys.exit('no model')"), stored)
    assert why is not None
    assert "failed (no model)" in why


def test_what_ringbank_says_besides_keeps_nobody_from_being_called(
    base: Engine, norway: None, voice: Voice
):
    recorded = MESSAGE.replace('text = "Vote on Monday."', 'sound = "party/vote"')
    stored = started(base, definition("radio", mode="broadcast", message=recorded))
    voicing = voice.voicing("sys.exit('no model')")
    assert prepared(base, voicing, stored) is None
    heard = voicing.of(stored, "nb")
    assert (heard.menus, heard.confirm, heard.thanks) == (("party/vote",), "", "auth-thankyou")


def test_without_a_folder_a_text_is_not_spoken_and_the_remedy_is_named(
    base: Engine, norway: None, voice: Voice
):
    stored = started(base, definition("radio", mode="broadcast", message=MESSAGE))
    why = prepared(base, voice.voicing(sounds=""), stored)
    assert why is not None
    assert "asterisk.sounds" in why


def test_where_no_rule_demands_a_message_a_recording_of_asterisks_will_do(
    base: Engine, norway: None, voice: Voice
):
    stored = started(base)
    voicing = voice.voicing("sys.exit('no model')")
    assert prepared(base, voicing, stored) is None
    assert voicing.of(stored, "nb").sorry == "tt-allbusy"


def test_where_a_rule_demands_it_nobody_is_called_without_it(base: Engine, voice: Voice):
    people(base, "Tom;+442079460001;en")
    stored = started(base)
    why = prepared(base, voice.voicing("sys.exit('no model')"), stored)
    assert why is not None
    assert why.startswith("gb.ofcom.guard demands a message where no agent is free")
    assert "no model" in why
    # A recording of one's own will do, whatever the voice says.
    own = started(base, definition("own", abandoned='[abandoned]\nsound = "we/are/sorry"'))
    voicing = voice.voicing("sys.exit('no model')")
    assert prepared(base, voicing, own) is None
    assert voicing.of(own, "en").sorry == "we/are/sorry"


def test_a_language_without_a_voice_is_spoken_to_in_the_campaigns(
    base: Engine, norway: None, voice: Voice
):
    stored = started(base)
    voicing = voice.voicing("assert sys.argv[3] == 'nb', 'only Norwegian'")
    assert prepared(base, voicing, stored) is None
    assert voicing.of(stored, "pl").sorry == voicing.of(stored, "nb").sorry
    assert voicing.of(stored, "nb").sorry.startswith("/there/nb-")


def test_people_of_another_language_and_another_text_are_spoken_for_at_once(
    base: Engine, norway: None, voice: Voice
):
    stored = started(base)
    voicing = voice.voicing()
    assert prepared(base, voicing, stored) is None
    assert voicing.of(stored, "tr").sorry.startswith("/there/nb-")
    people(base, "Ayşe;+4722000004;tr")
    stored = started(base, definition("spring2"))
    assert prepared(base, voicing, stored) is None
    assert voicing.of(stored, "tr").sorry.startswith("/there/tr-")
