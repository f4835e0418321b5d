"""Who somebody is to us who calls back, what they may choose, what came of it; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Standing(StrEnum):
    """Who a caller is to us."""

    KNOWN = "known"  # the last person whom we called there by the number that they call
    SUPPRESSED = "suppressed"  # the same, and they must not be called any more
    MOVED = "moved"  # we called the number, and whom we meant does not have it any more
    STRANGER = "stranger"  # nobody was called there by the number that they call
    WITHHELD = "withheld"  # they show no number, or one that is none


class InboundOutcome(StrEnum):
    """What came of a call that somebody made to us; never an outcome of an attempt."""

    TALKED = "talked"  # to an agent
    OPTED_OUT = "opted_out"
    CALLBACK = "callback"  # a call was promised
    NOBODY = "nobody"  # they asked for an agent or a call, and got neither
    HEARD = "heard"  # who called and why, or whose number it is
    LEFT = "left"  # before they were answered
    LOST = "lost"  # Asterisk died in the call


KEYS: Mapping[Standing, str] = {
    Standing.KNOWN: "12",
    Standing.SUPPRESSED: "",
    Standing.MOVED: "",
    Standing.STRANGER: "",
    Standing.WITHHELD: "",
}
"""The keys that mean something besides 9: 1 an agent, 2 a call later.

Whoever must not be called any more may call us, and is sold nothing.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a call that came in; moments aware.

    Attributes:
        heard: the dialplan has begun to tell them something.
        asked: they asked for an agent, or for a call.
        opted_out: they pressed the key not to be called any more.
        key: the last key that was pressed, or None.
        lost: its end was not seen, and Asterisk was started anew since.
    """

    began_at: datetime
    heard: bool = False
    asked: bool = False
    opted_out: bool = False
    key: str | None = None
    connected_at: datetime | None = None
    ended_at: datetime | None = None
    lost: bool = False


def outcome_of(facts: Facts, *, booked: bool) -> InboundOutcome:
    """Return what came of a call that has ended; `booked`: a call was promised in it."""
    if facts.connected_at is not None:
        return InboundOutcome.TALKED
    if facts.opted_out:
        return InboundOutcome.OPTED_OUT
    if booked:
        return InboundOutcome.CALLBACK
    if facts.asked:
        return InboundOutcome.NOBODY
    if facts.lost:
        return InboundOutcome.LOST
    return InboundOutcome.HEARD if facts.heard else InboundOutcome.LEFT


def owes_call(facts: Facts) -> bool:
    """Tell whether somebody who called us is to be called: they asked, and reached nobody."""
    return facts.asked and facts.connected_at is None and not facts.opted_out
