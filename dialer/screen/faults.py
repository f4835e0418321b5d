"""Which of the typed fields a refusal of the desk is about; pure."""

import re

from dialer.screen.talk import (
    DETAIL,
    LANGUAGE,
    WHEN,
    Talk,
    answer_of,
    chosen,
)
from dialer.screen.telling import plain_words
from leads.errors import NotAllowedError, RingbankError

NEEDED = "this is needed"

_NEAREST = re.compile(r"the nearest time that is allowed is ([0-9T:+-]+)")


def faults_of(talk: Talk, error: RingbankError) -> dict[str, str]:
    """Return which of the typed fields a refusal is about, and what it says of each."""
    text, offered = str(error), chosen(talk)
    found: dict[str, str] = {}
    if offered is not None and offered.form == "order":
        for one in talk.person.order:
            about = re.compile(rf"\b{re.escape(one.key)}\b[\"']?[:,]?\s*(.*)")
            lines = [match for line in text.splitlines() if (match := about.search(line))]
            if lines:
                found[f"order:{one.key}"] = plain_words(lines[0][1]) or "not accepted"
    for question in talk.person.questions:
        if re.search(rf"--answer '?{re.escape(question.key)}=", text):
            lacks = not answer_of(talk, question)
            found[f"answer:{question.key}"] = NEEDED if lacks else "not accepted, see below"
    if talk.typed.get(LANGUAGE) and "--language" in text:
        found[LANGUAGE] = "not accepted, see below"
    if talk.typed.get(DETAIL) and "--detail" in text:
        found[DETAIL] = "not accepted, see below"
    if talk.typed.get(WHEN) and not found:
        nearest = _NEAREST.search(text)
        about_time = nearest or "--callback" in text or isinstance(error, NotAllowedError)
        if about_time and offered is not None and offered.kind == "callback":
            found[WHEN] = (
                f"not at that time; the nearest that is allowed is {nearest[1]}"
                if nearest
                else "not at that time, see below"
            )
    return found
