"""Which ways of failing pause a campaign, with every number and its reason; pure.

A check counts some of the calls and holds some of these to be faults. `campaigns.breaker`
asks them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from campaigns.breaker_settings import CHECKS
from campaigns.limits import ANSWERED
from campaigns.model import Outcome

SHORT_TALK_S = 3.0
"""Who hangs up so soon has hardly said a word: nobody knows who has heard nothing, but whoever
hears nothing does not stay."""

SOUND_WITHIN_S = 1.0
"""So soon the first packet is there where there is sound at all: a telephone that is answered
sends fifty of them a second, speech or not."""

_TRIPS_AT = 1e-6
"""How likely an unusual window must be at most among usual calls. A busy day has some ten
thousand windows, which overlap: `bench/breaker.py` measures what comes of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedCall:
    """What is looked at of a call.

    Attributes:
        number_id: None where it was erased.
        evidence: on what the outcome rests, as the ledger has it.
        talk_s: how long the person talked; None where they did not.
        soundless: no sound came from there; None where it cannot be told.
    """

    attempt_id: int
    number_id: int | None
    ended_at: datetime
    outcome: Outcome
    evidence: str = "hangup"
    sip_code: int | None = None
    talk_s: float | None = None
    soundless: bool | None = None


def is_soundless(
    packets: int | None, answered_at: datetime | None, ended_at: datetime
) -> bool | None:
    """Tell whether no sound at all came from whoever answered; None where nobody can tell.

    Args:
        packets: of sound that were received; None where nobody counted them.
        answered_at: None where nobody answered.
        ended_at: when the call was over.
    """
    if packets is None or answered_at is None:
        return None
    if not packets and (ended_at - answered_at).total_seconds() < SOUND_WITHIN_S:
        return None
    return not packets


@dataclass(frozen=True, slots=True)
class Window:
    """How many of the last calls are looked at.

    Attributes:
        calls: so many that the check counts.
        share: the share of faults that is needed at the least, however unusual fewer are.
        within: none of them is older.
    """

    calls: int
    share: float
    within: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One way in which calls fail.

    Attributes:
        counts: whether a call says anything here.
        faulty: whether a call that counts is a fault.
        windows: each may trip.
        usual: the guess of what is usual; None: the campaign's limit for abandoned calls,
            which nobody gets used to.
        drift: the guess of how far the usual share wanders, as the correlation of two calls of
            a window; 0: it does not.
        trips_at: how likely the window must be at most.
        of_trunk: the calls of all campaigns on a trunk are looked at together too.
        found: what was found, in words, for how many of how many.
        remedy: where to look.
        why: why the numbers are what they are.
    """

    name: str
    counts: Callable[[EndedCall], bool]
    faulty: Callable[[EndedCall], bool]
    windows: tuple[Window, ...]
    usual: float | None
    drift: float
    found: str
    remedy: str
    why: str
    trips_at: float = _TRIPS_AT
    of_trunk: bool = False


_HOUR, _DAY = timedelta(hours=1), timedelta(hours=24)
_REFUSING_CODES = frozenset({401, 403, 407, 500, 501, 502, 503, 505})
_PEOPLE = frozenset({Outcome.CONNECTED, Outcome.ABANDONED, Outcome.HUNG_UP_WAITING})
_HEARD = frozenset({Outcome.CONNECTED, Outcome.HUNG_UP_EARLY, Outcome.HUNG_UP_WAITING})
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
_NETWORK = frozenset({Outcome.CONGESTION, Outcome.FAILED})
_OURS = frozenset({"no_trace", "lost", "self_reported"})
"""Evidence of a call that never was, or that nobody followed: the network is not to blame."""


def _followed(call: EndedCall) -> bool:
    return call.evidence not in _OURS


def _refused(call: EndedCall) -> bool:
    return call.outcome is Outcome.FAILED or (
        call.outcome is Outcome.CONGESTION and call.sip_code in _REFUSING_CODES
    )


def _silent(call: EndedCall) -> bool:
    if call.outcome is not Outcome.CONNECTED:
        return True
    return call.talk_s is not None and call.talk_s < SHORT_TALK_S


TABLE: tuple[Check, ...] = (
    Check(
        name="congestion",
        counts=_followed,
        faulty=lambda call: call.outcome is Outcome.CONGESTION,
        windows=(Window(20, 1.0, _HOUR), Window(60, 0.85, _HOUR)),
        usual=0.03,
        drift=0.05,
        of_trunk=True,
        found="{faults} of the last {calls} calls ended in congestion of the network",
        remedy="ask the carrier of the trunk whether it has lines",
        why="a healthy route has a few per cent; twenty in a row are no traffic peak, and every "
        "further one is an attempt for nothing on a network that is short of lines",
    ),
    Check(
        name="refused",
        counts=_followed,
        faulty=_refused,
        windows=(Window(20, 1.0, _HOUR), Window(60, 0.85, _HOUR)),
        usual=0.03,
        drift=0.05,
        of_trunk=True,
        found="{faults} of the last {calls} calls were refused by the trunk",
        remedy="look at the trunk's account and registration: ringbank doctor",
        why="a blocked account or a wrong password refuses everything at once; carriers block "
        "for longer whoever keeps knocking",
    ),
    Check(
        name="unallocated",
        counts=lambda call: _followed(call) and call.outcome not in _NETWORK,
        faulty=lambda call: call.outcome is Outcome.UNALLOCATED,
        windows=(Window(40, 1.0, _HOUR), Window(120, 0.9, _HOUR)),
        usual=0.15,
        drift=0.1,
        found="{faults} of the last {calls} numbers do not exist, says the network",
        remedy="dial one of them by hand; the trunk may want another form of number",
        why="old lists have 40 per cent of them and more, and blocks that were given back lie "
        "together; forty in a row mean a wrong prefix or a broken route, and each of them "
        "would take somebody out of the campaign for good",
    ),
    Check(
        name="abandoned",
        counts=lambda call: call.outcome in _PEOPLE,
        faulty=lambda call: call.outcome is Outcome.ABANDONED,
        windows=(
            Window(5, 1.0, _DAY),
            Window(30, 0.0, _DAY),
            Window(100, 0.0, _DAY),
            Window(300, 0.0, _DAY),
            Window(1000, 0.0, _DAY),
        ),
        usual=None,
        drift=0.0,
        trips_at=1e-5,
        found="{faults} of the last {calls} people who answered found no agent",
        remedy="see whether the agents' telephones work, and lower the dial level",
        why="pacing steers close to the limit, and hours above it are its ordinary noise; the "
        "check is for what steering does not explain, from the limit itself and not from what "
        "this campaign has got used to",
    ),
    Check(
        name="silent",
        counts=lambda call: _followed(call) and call.outcome in _HEARD,
        faulty=_silent,
        windows=(Window(15, 1.0, _HOUR), Window(60, 0.8, _HOUR)),
        usual=0.15,
        drift=0.05,
        found="{faults} of the last {calls} people who answered were gone within 3 seconds",
        remedy="call one of your own telephones through the trunk, and listen on both ends",
        why="one in six or seven hangs up on hearing who calls; all of them do when they hear "
        "nothing, which a firewall or a wrong address in the trunk's settings brings about",
    ),
    Check(
        name="no_audio",
        counts=lambda call: _followed(call) and call.soundless is not None,
        faulty=lambda call: call.soundless is True,
        windows=(Window(15, 1.0, _HOUR), Window(60, 0.8, _HOUR)),
        usual=0.02,
        drift=0.05,
        of_trunk=True,
        found="from {faults} of the last {calls} people who answered came no sound at all",
        remedy="see whether a firewall lets the sound through (UDP, Asterisk's rtp.conf), and "
        "whether Asterisk tells the trunk its own address",
        why="a telephone sends sound from its answer on, and a few that suppress silence do not; "
        "fifteen in a row mean that the way back is shut, and people talk to nobody",
    ),
    Check(
        name="machines",
        counts=lambda call: _followed(call) and call.outcome in ANSWERED,
        faulty=lambda call: call.outcome is Outcome.MACHINE,
        windows=(Window(60, 1.0, _HOUR), Window(150, 0.97, _HOUR)),
        usual=0.5,
        drift=0.05,
        found="{faults} of the last {calls} answered calls were taken for machines",
        remedy="judge some of them: ringbank amd review; and call a telephone of your own",
        why="by day four in five may be machines where people carry mobiles; sixty in a row "
        "mean that the detection hears no voice, and hangs up on people",
    ),
)
"""Every check with its numbers and their reasons, in the order in which they are asked."""

assert tuple(check.name for check in TABLE) == CHECKS


def bits_of(call: EndedCall) -> tuple[int, int]:
    """Return for which checks a call counts, and in which it is a fault, as bits."""
    return _kinds(
        call.outcome,
        call.evidence if call.evidence in _OURS else "hangup",
        call.sip_code if call.sip_code in _REFUSING_CODES else None,
        None if call.talk_s is None else call.talk_s < SHORT_TALK_S,
        call.soundless,
    )


@cache
def _kinds(
    outcome: Outcome,
    evidence: str,
    sip_code: int | None,
    short: bool | None,
    soundless: bool | None,
) -> tuple[int, int]:
    """Return the same for all calls of one kind: a busy engine asks often."""
    call = EndedCall(
        attempt_id=0,
        number_id=None,
        ended_at=_ANY_TIME,
        outcome=outcome,
        evidence=evidence,
        sip_code=sip_code,
        talk_s=None if short is None else SHORT_TALK_S * (not short),
        soundless=soundless,
    )
    counts = sum(check.counts(call) << bit for bit, check in enumerate(TABLE))
    faults = sum(
        (check.counts(call) and check.faulty(call)) << bit for bit, check in enumerate(TABLE)
    )
    return counts, faults
