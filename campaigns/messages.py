"""What is played to people, and what each key does that they may press; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from campaigns.scripts.texts import chosen

VOICES = ("recorded", "synthetic")
"""What a broadcast plays, as rules of law ask for it: a recording, or a machine's voice."""


class KeyAction(StrEnum):
    """What a key pressed during a broadcast message does."""

    CONNECT = "connect"
    ANSWER = "answer"
    CALLBACK = "callback"
    DO_NOT_CALL = "do_not_call"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyMeaning:
    """What one key does; `question` and `answer` only for ANSWER."""

    action: KeyAction
    question: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One sound that Asterisk has, or one text that is spoken; the other is empty."""

    sound: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words(Clip):
    """What is played, and what instead to those who speak other languages.

    Attributes:
        language: of what stands here, ISO 639; empty: the campaign's own (`spoken.home`).
        languages: language -> what is played to those who speak it.
    """

    language: str = ""
    languages: Mapping[str, Clip] = field(default_factory=dict)

    def clip_for(self, language: str | None) -> tuple[Clip, str]:
        """Return what somebody of a language hears, and its language: empty: not said here."""
        found = chosen(language, {*self.languages, self.language})
        if found not in self.languages:
            return Clip(sound=self.sound, text=self.text), self.language
        return self.languages[found], found

    @property
    def clips(self) -> tuple[tuple[Clip, str], ...]:
        """Everything that may be played, each with its language."""
        return (self.clip_for(None), *((clip, one) for one, clip in self.languages.items()))

    @property
    def is_spoken(self) -> bool:
        """Tell whether any of it is made by a machine's voice."""
        return any(clip.text for clip, _ in self.clips)


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu(Words):
    """What is played while a key may be pressed (0 to 9, *), and what each key does."""

    keys: Mapping[str, KeyMeaning] = field(default_factory=dict)

    def pressing(self, *actions: KeyAction) -> str:
        """Return the keys that do one of these things."""
        return "".join(key for key, does in self.keys.items() if does.action in actions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Menu):
    """What a broadcast plays.

    Attributes:
        menu: what is asked afterwards, one after another, of whoever answers by a key.
        confirm: a recording that asks to press the same key again before nobody calls any
            more; language -> sound, `BASE` for everybody else. Empty: it is spoken.
    """

    menu: tuple[Menu, ...] = ()
    confirm: Mapping[str, str] = field(default_factory=dict)

    @property
    def menus(self) -> tuple[Menu, ...]:
        """The message itself, and what is asked after it."""
        return (self, *self.menu)

    @property
    def is_synthetic(self) -> bool:
        """Tell whether the message, or a question after it, is made by a machine's voice."""
        return any(menu.is_spoken for menu in self.menus)

    def does(self, action: KeyAction) -> bool:
        """Tell whether any key does this."""
        return any(menu.pressing(action) for menu in self.menus)

    def meanings(self, pressed: str) -> tuple[KeyMeaning, ...]:
        """Return what the keys mean that somebody pressed, one for each thing they were asked.

        Nothing is asked after a key that is no answer: a further one was pressed elsewhere.
        """
        found: list[KeyMeaning] = []
        for menu, key in zip(self.menus, pressed, strict=False):
            if key not in menu.keys:
                break
            found.append(menu.keys[key])
            if found[-1].action is not KeyAction.ANSWER:
                break
        return tuple(found)
