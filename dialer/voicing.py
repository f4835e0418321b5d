"""The sounds of the running campaigns: spoken before the first call, chosen for each person.

A voice may take a second for each text and the engine's one thread has calls to follow, so
another thread does the speaking. Until a campaign's own texts are there none of its calls is
placed, and `status` says why.
"""

import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection

from campaigns import queues, spoken
from campaigns.demands import demanding
from campaigns.law import Laws
from campaigns.model import Campaign
from campaigns.store import StoredCampaign
from dialer.clock import Clock, elapsed_s
from dialer.link import Link
from dialer.sounds import Sounds, Spoken, home_of, sorry_is_ours, sorry_text, sounds_for, to_speak
from dialer.speech import Folder, Speaker, SpeechError
from dialer.voices import Speech

logger = logging.getLogger(__name__)

FOLDER_VARIABLE = "RINGBANK_SOUNDS"
"""The global variable by which an Asterisk tells where its sounds are: "HERE|THERE"."""

_TRY_AGAIN_S = 30.0
_NO_FOLDER = (
    "texts cannot be spoken: it is not known into which folder; name one that Asterisk reads as "
    "asterisk.sounds in the configuration"
)


@dataclass(slots=True)
class _State:
    """What is known of the texts of one definition of a campaign, for people of some languages."""

    campaign: Campaign
    languages: frozenset[str]
    thread: threading.Thread | None = None
    failed: dict[Spoken, str] = field(default_factory=dict)
    """What could not be spoken in the last round that ended, and why."""
    fresh: dict[Spoken, str] = field(default_factory=dict)
    """The same of the round that goes on; the thread writes it."""
    ended_s: float | None = None
    """When a round ended; None before the first has."""
    demanded_by: tuple[str, ...] = ()
    """Rules that demand a message which there is none of."""
    sounds: dict[str | None, Sounds] = field(default_factory=dict)
    """Those for each language, once nothing more is being spoken."""


class Voicing:
    """Speaks what the campaigns of one engine say, and knows what is there."""

    def __init__(self, speech: Speech, *, sounds: str, there: str, clock: Clock) -> None:
        """Begin with nothing spoken.

        Args:
            speech: how.
            sounds: the folder for it; empty: Asterisk may say.
            there: the same folder as Asterisk sees it.
            clock: the engine's.
        """
        self._speech = speech
        self._clock = clock
        self._folder = Folder(here=Path(sounds), there=there) if sounds else None
        self._is_named = bool(sounds)
        self._states: dict[int, _State] = {}

    def see(self, link: Link) -> None:
        """Ask an Asterisk where its sounds are, unless the configuration says so.

        Raises:
            RingbankError: it does not answer.
        """
        if self._is_named:
            return
        folder = folder_of(link)
        if folder != self._folder:
            self._folder = folder
            self._states.clear()

    def prepare(
        self, connection: Connection, running: Iterable[StoredCampaign], laws: Laws
    ) -> None:
        """Have the texts spoken of campaigns that run, and see what has become of the others."""
        campaigns = {stored.id: stored for stored in running}
        for gone in self._states.keys() - campaigns.keys():
            del self._states[gone]
        for stored in campaigns.values():
            languages = queues.languages_of(connection, stored.id)
            state = self._states.get(stored.id)
            if state is None or (state.campaign, state.languages) != (stored.campaign, languages):
                state = self._states[stored.id] = _State(stored.campaign, languages)
                self._begin(state)
            self._look(state)
            state.demanded_by = ()
            if state.failed and not self._has_sorry(stored.campaign):
                places = [one.placing for one in queues.of_campaign(connection, stored.id)]
                demands = demanding(stored.campaign, places, laws, self._clock.now())
                state.demanded_by = tuple(rule.id for rule in demands)

    def why_not(self, stored: StoredCampaign) -> str | None:
        """Return why no call of a campaign is placed yet, as far as it is the voice's."""
        state = self._states.get(stored.id)
        if state is None or state.campaign != stored.campaign:
            return "its messages are being looked for"
        if state.ended_s is None:
            return "its messages are being spoken"
        for text, why in state.failed.items():
            if text.needed:
                return why
        if state.demanded_by:
            rules = ", ".join(state.demanded_by)
            why = next(iter(state.failed.values()), _NO_FOLDER)
            return f"{rules} demands a message where no agent is free, and there is none: {why}"
        return None

    def of(self, stored: StoredCampaign, language: str | None) -> Sounds:
        """Return what a person of a language is played."""
        state = self._states.get(stored.id)
        if state is None or state.ended_s is None:
            return sounds_for(stored.campaign, language, self._made)
        if language not in state.sounds:
            state.sounds[language] = sounds_for(stored.campaign, language, self._made)
        return state.sounds[language]

    def _begin(self, state: _State) -> None:
        """Speak what is not there; most of it is, from the last time."""
        missing = [
            one
            for one in to_speak(state.campaign, sorted(state.languages))
            if not self._made(one.text, one.language)
        ]
        state.fresh = {}
        speaker = self._speaker()
        if speaker is None:
            state.fresh = dict.fromkeys(missing, _NO_FOLDER)
        elif missing:
            state.thread = threading.Thread(
                target=_speak, args=(speaker, missing, state.fresh), name="speech", daemon=True
            )
            state.thread.start()
        if state.thread is None:
            self._end(state)

    def _end(self, state: _State) -> None:
        for why in dict.fromkeys(state.fresh.values()):
            if why not in state.failed.values():
                logger.warning("Campaign %s: %s", state.campaign.name, why)
        state.thread, state.ended_s, state.failed = None, elapsed_s(), state.fresh
        state.sounds.clear()

    def _look(self, state: _State) -> None:
        """See whether everything has been spoken; try again what could not be."""
        if state.thread is not None:
            if not state.thread.is_alive():
                self._end(state)
        elif state.failed and elapsed_s() >= (state.ended_s or 0.0) + _TRY_AGAIN_S:
            self._begin(state)

    def _has_sorry(self, campaign: Campaign) -> bool:
        if not sorry_is_ours(campaign):
            return True
        home = spoken.ours(None, home_of(campaign))
        return self._made(sorry_text(campaign, home), home) is not None

    def _made(self, text: str, language: str) -> str | None:
        speaker = self._speaker()
        return speaker.made(text, language) if speaker is not None else None

    def _speaker(self) -> Speaker | None:
        return Speaker(self._speech, self._folder) if self._folder is not None else None


def folder_of(link: Link) -> Folder | None:
    """Return the folder for sounds that an Asterisk tells of, or None.

    Raises:
        RingbankError: it does not answer.
    """
    here, _, there = link.ask("Getvar", ("Variable", FOLDER_VARIABLE)).get("Value").partition("|")
    return Folder(here=Path(here), there=there or here) if here else None


def _speak(speaker: Speaker, texts: Iterable[Spoken], failed: dict[Spoken, str]) -> None:
    """Make every sound, those first without which no call is placed; note what cannot be.

    A language without a voice is told once, and is no fault of the others.
    """
    for one in sorted(texts, key=lambda text: not text.needed):
        try:
            speaker.sound(one.text, one.language)
        except SpeechError as error:
            failed[one] = str(error)
