"""The words that a machine's voice says to people, in their language; pure.

They are made of the campaign file's own values, never of what is known of a person: one set
of sounds serves everybody who is called.
"""

import string
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from campaigns.messages import Words
from campaigns.rules.model import AbandonmentRule
from campaigns.scripts.texts import chosen

_FILE = Path(__file__).with_name("spoken.toml")
_ENGLISH = "en"
_PLACES = ("seller", "phone")
_IN_A_GROUP = 2
_TELEMARKETING = frozenset({"sales", "fundraising"})
"""Purposes whose calls have to say that they are telemarketing. Source: 16 CFR 310.2, 310.4(b)."""

MAY_STAND = " or ".join(f"{{{place}}}" for place in _PLACES)
"""What a campaign's own text may hold for Ringbank to put in."""

STOP_KEY = "1"
"""Who presses it while the message for abandoned calls is played is never called again.

`ringbank-sorry` in the dialplan knows it too.
"""


@cache
def sentences() -> Mapping[str, Mapping[str, Any]]:
    """Return the sentences of every language that we have, by their names."""
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def home(caller_id: str, named: Iterable[str] = ()) -> str:
    """Return the language of people whose own is not known.

    Args:
        caller_id: the campaign's number, E.164: people are mostly called in its country.
        named: languages that the campaign file names for what it says; the first one counts.
    """
    told = next(filter(None, named), None)
    if told is not None:
        return told
    digits = caller_id.removeprefix("+")
    return next(
        (
            language
            for language, words in sentences().items()
            if digits.startswith(tuple(words["codes"]))
        ),
        _ENGLISH,
    )


def ours(language: str | None, otherwise: str) -> str:
    """Return in which of our languages somebody is spoken to."""
    there = sentences()
    return chosen(language, there) or chosen(otherwise, there) or _ENGLISH


def sentence(name: str, language: str) -> str:
    """Return a sentence into which nothing has to be put."""
    return str(sentences()[language][name])


def abandoned(seller: str, phone: str, purpose: str, language: str) -> str:
    """Return what somebody hears whom no agent reached in time.

    One message for all rules: who called, that it is telemarketing where it is, that nobody was
    free, the key and the number by which no more calls come, and nothing else.
    """
    words = sentences()[language]
    who = words["telemarketing" if purpose in _TELEMARKETING else "call"]
    text = f"{who} {words['nobody']} {words['stop']}"
    return filled(text, seller=seller, phone=phone, language=language)


def returned(seller: str, phone: str, purpose: str, language: str) -> str:
    """Return what somebody hears who calls back: who called them, and why."""
    words = sentences()[language]
    text = f"{words['returned']} {words[f'why_{purpose}']}"
    return filled(text, seller=seller, phone=phone, language=language)


def filled(text: str, *, seller: str, phone: str, language: str) -> str:
    """Return a text with the campaign's values put in, as it is to be spoken."""
    digits = said_digits(phone, plus=sentence("plus", ours(language, _ENGLISH)))
    return text.format(seller=seller, phone=digits)


def said_digits(phone: str, *, plus: str) -> str:
    """Return a number of E.164 so that a voice says its digits one by one, with short rests."""
    digits = phone.removeprefix("+")
    odd = len(digits) % _IN_A_GROUP
    groups = [digits[:odd]] if odd else []
    groups += [digits[at : at + _IN_A_GROUP] for at in range(odd, len(digits), _IN_A_GROUP)]
    return f"{plus} " + ", ".join(" ".join(group) for group in groups)


def fault_in(text: str) -> str | None:
    """Return why a campaign's own text cannot be spoken, or None where it can."""
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        return "holds a brace that is not closed, or was not opened"
    for _, place, how, conversion in parts:
        if place is not None and (place not in _PLACES or how or conversion):
            return f"holds {{{place}}}"
    if not any(character.isalnum() for character in text):
        return "says nothing"
    return None


def left_out(words: Words, rules: Iterable[AbandonmentRule], *, phone: str) -> tuple[str, ...]:
    """Return what rules ask for that a campaign's own words do not seem to say, in sentences.

    Args:
        words: what is played to whom no agent reached.
        rules: those that may hold for the people called.
        phone: the campaign's number.
    """
    texts = [clip.text for clip, _ in words.clips if clip.text]
    if not texts:
        return ()
    numbered = all("{phone}" in text or phone in text for text in texts)
    keyed = all(STOP_KEY in text.replace(phone, "") for text in texts)
    found = {}
    for rule in rules:
        if not rule.message_required:
            continue
        if {"callback_phone", "opt_out_phone"}.intersection(rule.message_states) and not numbered:
            found[rule.id] = f"{rule.id} wants a telephone number in it; write {{phone}}"
        elif "keypress" in rule.message_opt_out and not keyed:
            found[rule.id] = f"{rule.id} wants it to say that key {STOP_KEY} ends all calls"
    return tuple(found.values())
