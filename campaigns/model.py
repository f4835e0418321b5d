"""The words of a campaign as values; nothing here reads or writes anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import IntEnum, StrEnum
from typing import NewType

from campaigns.amd import AMD_OFF, Amd
from campaigns.breaker_settings import USUAL_BREAKER, Breaker
from campaigns.checks import USUAL, Checks
from campaigns.messages import Message, Words
from campaigns.orders.model import OrderForm
from campaigns.pace_settings import PLAIN, PaceSettings
from campaigns.scripts.settings import ScriptFiles
from campaigns.training_steps import NO_TRAINING, Training

CampaignId = NewType("CampaignId", int)
AgentId = NewType("AgentId", int)
AttemptId = NewType("AttemptId", int)


class CampaignState(StrEnum):
    """Where a campaign stands; only a running one dials."""

    STOPPED = "stopped"
    RUNNING = "running"
    PAUSED = "paused"


class LeadState(StrEnum):
    """Where a lead stands in one campaign."""

    NEW = "new"
    WAITING = "waiting"
    IN_CALL = "in_call"
    CALLBACK = "callback"
    DONE = "done"
    SUPPRESSED = "suppressed"


CALLABLE_STATES = (LeadState.NEW, LeadState.WAITING, LeadState.CALLBACK)
"""The states in which a lead may be claimed once its time has come."""


class Turn(IntEnum):
    """Whose turn comes before whose, the lowest first."""

    CALLBACK = 1
    REOFFER = 2
    RETRY = 3
    FRESH = 4


class AgentState(StrEnum):
    """Where an agent stands."""

    OUT = "out"
    CALLING = "calling"  # their telephone is being rung
    PAUSED = "paused"
    READY = "ready"
    PREVIEW = "preview"  # in, and choosing themselves when somebody is called
    DIALING = "dialing"  # the person they chose is being called
    TALKING = "talking"  # from the moment somebody is being moved to them
    WRAP_UP = "wrap_up"  # the talk is over, its result is not given yet


class Role(StrEnum):
    """What somebody is there for."""

    VOLUNTEER = "volunteer"
    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    ANALYST = "analyst"
    MANAGER = "manager"


class DialMode(StrEnum):
    """Who decides when to dial."""

    MANUAL = "manual"
    PREVIEW = "preview"
    PROGRESSIVE = "progressive"
    RATIO = "ratio"
    PREDICTIVE = "predictive"
    BROADCAST = "broadcast"


FOR_READY_AGENTS = frozenset({DialMode.PROGRESSIVE, DialMode.RATIO, DialMode.PREDICTIVE})
"""Modes in which people are called so that agents who are ready get somebody to talk to."""


class Outcome(StrEnum):
    """How network and engine saw one attempt end."""

    CONNECTED = "connected"
    MACHINE = "machine"
    FAX = "fax"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    UNALLOCATED = "unallocated"
    CONGESTION = "congestion"
    FAILED = "failed"
    ABANDONED = "abandoned"
    HUNG_UP_EARLY = "hung_up_early"
    HUNG_UP_WAITING = "hung_up_waiting"
    UNKNOWN = "unknown"


NUMBER_OUTCOMES = frozenset({Outcome.NO_ANSWER, Outcome.BUSY, Outcome.UNALLOCATED, Outcome.FAX})
"""Outcomes that are true of the number, whoever of its household was meant."""

UNCOUNTED_OUTCOMES = frozenset({Outcome.CONGESTION, Outcome.FAILED})
"""Outcomes in which the person's telephone never rang: they use up no attempt."""


class DispositionKind(StrEnum):
    """What a disposition does, whatever a campaign calls it."""

    SUCCESS = "success"
    REFUSAL = "refusal"
    CALLBACK = "callback"
    WRONG_NUMBER = "wrong_number"
    DO_NOT_CALL = "do_not_call"
    NO_CONTACT = "no_contact"
    MACHINE = "machine"
    LEFT_MESSAGE = "left_message"
    DECEASED = "deceased"
    LANGUAGE = "language"
    HOSTILE = "hostile"
    PARTIAL = "partial"
    COMPLETED = "completed"
    NOT_ELIGIBLE = "not_eligible"


@dataclass(frozen=True, slots=True)
class MoveTo:
    """The person goes on in another campaign, by its name."""

    campaign: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The person is given up, for a reason in one word."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """When to try again after one outcome or disposition.

    Attributes:
        after: how long the lead rests.
        max: the most attempts that may end so.
        factor: every further attempt that ends so multiplies the rest by it.
        up_to: the longest rest that it may grow to, or None.
        other_daypart: the next try is in another part of the person's day.
        other_number: the next try is on the next one of the person's numbers.
        then: what becomes of the person after `max` attempts, or None: nothing more.
    """

    after: timedelta
    max: int
    factor: float = 1.0
    up_to: timedelta | None = None
    other_daypart: bool = False
    other_number: bool = False
    then: MoveTo | GiveUp | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposition:
    """A word an agent may choose for a talk.

    Attributes:
        definition: when it is the right one, in a sentence.
        hidden: kept, and not offered.
        form: the form that goes with it, `order`, or none.
    """

    code: str
    kind: DispositionKind
    label: str
    definition: str = ""
    hidden: bool = False
    form: str = ""


class Needs(StrEnum):
    """What an agent has to write down besides a reason."""

    NOTHING = ""
    DATE = "date"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What somebody who refused is offered instead: in which campaign, and when.

    Attributes:
        campaign: its name; it need not be there yet.
        after: how long after the refusal; None where `before` counts.
        before: how long before the day that the person named.
    """

    campaign: str
    after: timedelta | None = None
    before: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalReason:
    """A reason an agent may give for a refusal.

    Attributes:
        group: the words under which agents find it.
        needs: what has to be written down besides.
        hard: nothing is ever offered to whoever said so.
        do_not_call: it is a wish not to be called.
        offer: what is offered because of it.
    """

    code: str
    label: str
    group: str = "other reasons"
    needs: Needs = Needs.NOTHING
    hard: bool = False
    do_not_call: bool = False
    offer: Offer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Callbacks:
    """Who keeps a promise to call.

    Attributes:
        owned: the agent who made it, unless they say otherwise; False: whoever is free.
        grace: how long after its time it is that agent's alone.
    """

    owned: bool = False
    grace: timedelta = timedelta(minutes=15)


class QuestionType(StrEnum):
    """What kind of answer a question takes."""

    CHOICE = "choice"
    MULTI = "multi"
    SCALE = "scale"
    NUMBER = "number"
    DATE = "date"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question an agent asks.

    Attributes:
        choices: for the types that choose.
        low: the least value of a scale.
        high: its greatest value.
        required: no result without an answer, where the question is asked.
        asked_if: the condition on earlier answers under which it is asked, as
            `campaigns.conditions` reads it; empty: always.
    """

    key: str
    text: str
    type: QuestionType
    choices: tuple[str, ...] = ()
    low: int = 1
    high: int = 5
    required: bool = False
    asked_if: str = ""


Window = tuple[time, time]
"""Half-open: from the first moment up to, and without, the second.

An end of 00:00 is the midnight that ends the day; a campaign file writes it "24:00".
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """The manager's own calling hours on the called person's clock.

    Attributes:
        days: for each weekday (Monday is 0) its windows; a day without any is closed.
    """

    days: tuple[tuple[Window, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueOrder:
    """In which order a campaign's people are called, as far as the rules leave it open.

    Attributes:
        priority: the attribute that holds a priority, 0 to 9, the highest first; empty: none.
        by: imported, newest, random, or an attribute whose number decides; "-" before the
            attribute's name puts the highest first.
    """

    priority: str = ""
    by: str = "imported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """How a campaign records its talks (`campaigns.recording`).

    Attributes:
        keep: how long a file is kept.
        announce: when the person is told: always, law (where it asks for it) or never.
        sound: what tells them; empty: the agent does.
    """

    keep: timedelta
    announce: str = "always"
    sound: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """One campaign as its file defines it; durations in seconds, dates inclusive.

    `hours` None means: no window of the manager's own. `message` is there exactly when
    `mode` is broadcast. `abandon_limit` is a share, 0 to 0.03.
    `dispositions` holds the built-in ones too; `retry_dispositions` has the codes of some of
    them, and goes before `retry`. `consent` names the kinds of consent that
    everybody who is called must have given. `where` is a segment (`leads.segments`) that
    can be read; None means: everybody on the lists. `caller` is who calls: company,
    nonprofit, or hired (by a nonprofit); `topics` what it is about where a rule asks;
    `voice` what a broadcast plays, recorded or synthetic. `skills` are those that its agents
    must have, all of them. `recording` None means: no talk is recorded. `abandoned` is what
    people hear whom no agent reached; None: the usual words (`campaigns.spoken`).
    `machine_message` is what a machine is told where `amd` leaves it a message.
    """

    name: str
    lists: tuple[str, ...]
    mode: DialMode
    trunk: str
    caller_id: str
    seller: str
    purpose: str
    audience: str
    consent: tuple[str, ...] = ()
    starts: date | None = None
    ends: date | None = None
    priority: int = 50
    hours: Hours | None = None
    ring_s: int = 25
    max_attempts: int = 6
    connect_within_s: float = 2.0
    abandon_limit: float = 0.03
    retry: Mapping[Outcome, Retry] = field(default_factory=dict)
    retry_dispositions: Mapping[str, Retry] = field(default_factory=dict)
    message: Message | None = None
    script: ScriptFiles | None = None
    questions: tuple[Question, ...] = ()
    dispositions: tuple[Disposition, ...] = ()
    refusal_reasons: tuple[RefusalReason, ...] = ()
    where: str | None = None
    caller: str = "company"
    topics: tuple[str, ...] = ()
    voice: str = "recorded"
    queue: QueueOrder = QueueOrder()
    callbacks: Callbacks = Callbacks()
    training: Training = NO_TRAINING
    order: OrderForm | None = None
    skills: tuple[str, ...] = ()
    checks: Checks = USUAL
    recording: Recording | None = None
    pace: PaceSettings = PLAIN
    amd: Amd = AMD_OFF
    breaker: Breaker = USUAL_BREAKER
    abandoned: Words | None = None
    machine_message: Words | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastAttempt:
    """What the next decision needs to know of an earlier attempt in the same campaign.

    Attributes:
        lead_id: whom it was meant for; another lead of the same number's household counts
            where the outcome is the number's.
        outcome: how it ended.
        ended_at: aware UTC.
        disposition: the kind of what the agent said, or None.
        callback_at: the moment that was promised in it, aware UTC, or None.
        code: the code of what the agent said, or None: the built-in one of `disposition`.
        position: which of the lead's numbers was dialed, from 1; 0 for one that it does not
            have any more.
        language: what the person speaks, where the agent said that they share none; or None.
        returned: it is no attempt but a call that the person made: their word counts, and
            nothing else of it does.
    """

    lead_id: int
    outcome: Outcome
    ended_at: datetime
    disposition: DispositionKind | None = None
    callback_at: datetime | None = None
    code: str | None = None
    position: int = 1
    language: str | None = None
    returned: bool = False


HAND_DIALLED = "self_reported"
"""The evidence of a call that an agent dialled by hand: their word is all there is."""

UNDO_TIME = timedelta(minutes=10)
"""How long an agent may take their own result back."""
