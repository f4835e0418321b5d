"""Which sounds a campaign's calls play, and which texts have to be spoken for them first; pure."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from campaigns import spoken
from campaigns.messages import Clip, KeyAction, Words
from campaigns.model import Campaign, DialMode
from campaigns.scripts.texts import BASE, chosen

USUAL_SORRY, USUAL_THANKS = "tt-allbusy", "auth-thankyou"
"""Sounds that come with Asterisk, played where there is no voice and none is demanded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A text that is spoken before a call may need it.

    Attributes:
        needed: no call can be placed without it.
    """

    text: str
    language: str
    needed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sounds:
    """What the dialplan plays to one person, as Asterisk names sounds; empty: nothing.

    Attributes:
        menus: a broadcast's message and what is asked after it.
        confirm: asks for a second press before nobody calls any more.
        unknown: tells that a key means nothing.
        thanks: ends the call after an answer.
        later: ends it after a key for a call back.
        never: ends it once somebody is not to be called again.
        sorry: what they hear whom no agent reached.
        machine: what a machine is told that answers for them.
        returned: says who called and why, to somebody who calls back.
    """

    menus: tuple[str, ...] = ()
    confirm: str = ""
    unknown: str = ""
    thanks: str = USUAL_THANKS
    later: str = USUAL_THANKS
    never: str = USUAL_THANKS
    sorry: str = USUAL_SORRY
    machine: str = ""
    returned: str = ""


Made = Callable[[str, str], str | None]
"""Returns the sound of a text in a language, or None while there is none."""


def to_speak(campaign: Campaign, languages: Iterable[str]) -> tuple[Spoken, ...]:
    """Return every text that the calls of a campaign may play to people of some languages."""
    if campaign.mode is DialMode.MANUAL:
        return ()
    home = home_of(campaign)
    ours = dict.fromkeys(spoken.ours(one, home) for one in ("", *languages))
    return tuple(dict.fromkeys(_texts(campaign, home, ours)))


def may_be_abandoned(campaign: Campaign) -> bool:
    """Tell whether somebody may wait for an agent in vain: they are never to hear nothing."""
    if campaign.mode is not DialMode.BROADCAST:
        return campaign.mode is not DialMode.MANUAL
    return campaign.message is not None and campaign.message.does(KeyAction.CONNECT)


def sorry_is_ours(campaign: Campaign) -> bool:
    """Tell whether the usual words are what such a person hears, and not the campaign's own."""
    return may_be_abandoned(campaign) and campaign.abandoned is None


def sorry_text(campaign: Campaign, language: str) -> str:
    """Return the usual words to whom no agent reached, in a language that we have."""
    return spoken.abandoned(campaign.seller, campaign.caller_id, campaign.purpose, language)


def returned_text(campaign: Campaign, language: str) -> str:
    """Return what somebody hears first who calls back, in a language that we have."""
    return spoken.returned(campaign.seller, campaign.caller_id, campaign.purpose, language)


def home_of(campaign: Campaign) -> str:
    """Return the language of the campaign's people whose own is not known."""
    own = (campaign.message, campaign.abandoned, campaign.machine_message, campaign.script)
    return spoken.home(campaign.caller_id, (one.language for one in own if one is not None))


def sounds_for(campaign: Campaign, language: str | None, made: Made) -> Sounds:
    """Return what a person of a language hears, of what has been made by now.

    A text that is not there in their language is played in the campaign's.
    """
    home = home_of(campaign)
    ours = dict.fromkeys([spoken.ours(language, home), spoken.ours(home, home)])

    def found(sentence: Callable[[str], str]) -> str:
        sounds = (made(sentence(one), one) for one in ours)
        return next(filter(None, sounds), "")

    said = {
        name: found(partial(spoken.sentence, name)) for name in dict.fromkeys(_sentences(campaign))
    }
    sounds = Sounds(
        menus=tuple(
            _played(campaign, menu, language, made)
            for menu in (campaign.message.menus if campaign.message is not None else ())
        ),
        confirm=_recorded_confirm(campaign, language) or said.get("confirm", ""),
        unknown=said.get("unknown", ""),
        thanks=said.get("thanks") or USUAL_THANKS,
        later=said.get("later") or USUAL_THANKS,
        never=said.get("never") or USUAL_THANKS,
        machine="".join(_played(campaign, one, language, made) for one in _to_machines(campaign)),
        returned=found(partial(returned_text, campaign)),
    )
    if not may_be_abandoned(campaign):
        return sounds
    if campaign.abandoned is not None:
        sorry = _played(campaign, campaign.abandoned, language, made)
    else:
        sorry = found(partial(sorry_text, campaign))
    return replace(sounds, sorry=sorry or USUAL_SORRY)


def _recorded_confirm(campaign: Campaign, language: str | None) -> str:
    if campaign.message is None:
        return ""
    recorded = campaign.message.confirm
    return recorded.get(chosen(language, recorded)) or recorded.get(BASE, "")


def _to_machines(campaign: Campaign) -> list[Words]:
    """Return what is played to a machine, as far as any is ever noticed."""
    words = campaign.machine_message
    return [words] if words is not None and campaign.amd.detect else []


def _texts(campaign: Campaign, home: str, ours: Iterable[str]) -> Iterator[Spoken]:
    own: list[Words] = [*campaign.message.menus] if campaign.message is not None else []
    if campaign.abandoned is not None and may_be_abandoned(campaign):
        own.append(campaign.abandoned)
    own += _to_machines(campaign)
    for words in own:
        for clip, language in words.clips:
            if clip.text:
                text = _filled(campaign, clip, language or home)
                yield Spoken(text=text, language=language or home, needed=True)
    for language in ours:
        if sorry_is_ours(campaign):
            yield Spoken(text=sorry_text(campaign, language), language=language, needed=False)
        for name in _sentences(campaign):
            text = spoken.sentence(name, language)
            yield Spoken(text=text, language=language, needed=False)
        yield Spoken(text=returned_text(campaign, language), language=language, needed=False)


def _sentences(campaign: Campaign) -> Iterator[str]:
    """Return the names of what is said besides the message."""
    message = campaign.message
    if may_be_abandoned(campaign) or (message and message.does(KeyAction.DO_NOT_CALL)):
        yield "never"
    if message is None or not any(menu.keys for menu in message.menus):
        return
    yield from ("unknown", "thanks", "later")
    if message.does(KeyAction.DO_NOT_CALL):
        yield "confirm"


def _played(campaign: Campaign, words: Words, language: str | None, made: Made) -> str:
    """Return the sound of a campaign's own words, empty while it is not there."""
    clip, spoken_in = words.clip_for(language)
    if clip.sound:
        return clip.sound
    spoken_in = spoken_in or home_of(campaign)
    return made(_filled(campaign, clip, spoken_in), spoken_in) or ""


def _filled(campaign: Campaign, clip: Clip, language: str) -> str:
    return spoken.filled(
        clip.text, seller=campaign.seller, phone=campaign.caller_id, language=language
    )
