"""What a rule file says, as values; pure.

A jurisdiction only ever adds rules: a state's file adds to its country's, an operator's to
both. Windows intersect, every cap counts, and so "federal and state" and "one of two states,
nobody knows which" are the same operation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from campaigns.model import Window

SCHEMA = 1
"""The version of the format that these values mirror."""


class Force(StrEnum):
    """What makes a rule bind."""

    LAW = "law"
    REGULATION = "regulation"
    GUIDANCE = "guidance"
    CODE = "code"
    CARRIER = "carrier"
    SAFE_HARBOR = "safe_harbor"
    OWN = "own"


class Status(StrEnum):
    """Whether a rule is in force at all; what is proposed is shown and never enforced."""

    IN_FORCE = "in_force"
    PROPOSED = "proposed"
    REPEALED = "repealed"


class Confidence(StrEnum):
    """How sure it is that a value is right; what is low is shown and never enforced."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Applies:
    """To which calls a rule applies; an empty set means: to any.

    Attributes:
        audience: consumer, business.
        purpose: words of the campaign file.
        mode: words of the campaign file.
        voice: what a broadcast plays: recorded, synthetic.
        line: mobile, fixed; a number of which that is not known counts as both.
        caller: company, nonprofit, or hired (by a nonprofit).
        topic: what the campaign is about, free words such as pensions.
    """

    audience: frozenset[str] = frozenset()
    purpose: frozenset[str] = frozenset()
    mode: frozenset[str] = frozenset()
    voice: frozenset[str] = frozenset()
    line: frozenset[str] = frozenset()
    caller: frozenset[str] = frozenset()
    topic: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A relation to the seller that exempts: kind customer or inquiry, not older than months.

    `months` 0: however old.
    """

    kind: str
    months: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Exempt:
    """Whose calls a rule spares although it applies.

    Attributes:
        caller: words of `Applies.caller`.
        purpose: words of the campaign file.
        relation: any of these relations, told by a record in the consents of that kind.
        consent: any of these kinds of consent, in force.
    """

    caller: frozenset[str] = frozenset()
    purpose: frozenset[str] = frozenset()
    relation: tuple[Relation, ...] = ()
    consent: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What every rule says of itself.

    Attributes:
        id: unique in a rule book; told with every refusal and kept with every attempt.
        force: what makes it bind.
        status: proposed rules are shown only.
        confidence: low ones are shown only.
        source: the texts it rests on, at least one.
        valid_from: the first day on which it holds, or None.
        valid_until: the last day on which it holds, or None.
        applies: to which calls.
        exempt: which of those it spares.
        unless_consent: kinds of consent that lift it for a person.
        unless_agent_reserved: it does not hold where an agent waits for this very call
            (modes manual and preview).
        note: what a reader should know, or empty.
        file: where it was read.
    """

    id: str
    force: Force
    confidence: Confidence
    source: tuple[str, ...]
    status: Status = Status.IN_FORCE
    valid_from: date | None = None
    valid_until: date | None = None
    applies: Applies = Applies()
    exempt: Exempt = Exempt()
    unless_consent: frozenset[str] = frozenset()
    unless_agent_reserved: bool = False
    note: str = ""
    file: str = ""

    @property
    def enforced(self) -> bool:
        """Whether the rule binds while it is valid; else it is only shown."""
        return (
            self.status is Status.IN_FORCE
            and self.confidence is not Confidence.LOW
            and self.force is not Force.SAFE_HARBOR
        )

    def valid_on(self, day: date) -> bool:
        """Tell whether the rule is valid on a day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )


class OnHoliday(StrEnum):
    """What a rule of hours says of public holidays where it names no windows for them."""

    AS_WEEKDAY = "as_weekday"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursRule(Rule):
    """When calls may be made, on the clock of the person called; windows are half-open.

    Attributes:
        days: for each weekday (Monday is 0) its windows; a day without any is closed.
        holiday: the windows of a public holiday; None: as on the weekday it falls on.
    """

    days: tuple[tuple[Window, ...], ...]
    holiday: tuple[Window, ...] | None = None


class Period(StrEnum):
    """Over which time a cap counts, or a cool-down waits."""

    ROLLING_HOURS = "rolling_hours"
    CONSECUTIVE_DAYS = "consecutive_days"
    """Days on the person's calendar; the day of the event is the first of them."""
    CALENDAR_DAYS = "calendar_days"
    """Whole days after the day of the event."""
    CALENDAR_WEEK = "calendar_week"
    """Monday to Sunday."""
    CAMPAIGN = "campaign"
    FOREVER = "forever"


class Counted(StrEnum):
    """Which earlier calls a cap counts."""

    ATTEMPTS = "attempts"
    ANSWERED = "answered"
    CONVERSATIONS = "conversations"


@dataclass(frozen=True, slots=True, kw_only=True)
class CapRule(Rule):
    """How many calls in a time.

    Attributes:
        max: the most; the next one is refused.
        period: over which time; `n` its length (of hours or days).
        counted: which calls count.
        key: whose calls are counted together, any of number, person, seller, subject, debt,
            campaign. Number and person say whose telephone, the others which calls; where
            neither number nor person is named both hold.
    """

    max: int
    period: Period
    n: int = 1
    counted: Counted = Counted.ATTEMPTS
    key: frozenset[str] = frozenset({"person"})


class Event(StrEnum):
    """After what a cool-down begins."""

    ABANDONED = "abandoned"
    AMD_MACHINE = "amd_machine"
    REFUSED = "refused"
    CONVERSATION = "conversation"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class CooldownRule(Rule):
    """How long nobody calls after something.

    Attributes:
        after: what.
        period: how the time is counted; `n` its length (of hours or days).
        key: as in `CapRule`.
    """

    after: Event
    period: Period
    n: int = 1
    key: frozenset[str] = frozenset({"person"})


@dataclass(frozen=True, slots=True, kw_only=True)
class HourRule(Rule):
    """Not again at the hour of day at which the telephone rang out.

    Attributes:
        days: for how many days after the one on which it did, on the person's calendar.
    """

    days: int


class RegistryList(StrEnum):
    """What being on a registry means."""

    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    REASSIGNED = "reassigned"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryRule(Rule):
    """A national register that has to be asked before a call.

    Attributes:
        registry: the name under which its file is loaded, as in ``dnc import --registry``.
        title: what its keeper calls it.
        list: what being on it means.
        max_age_days: how old the file may be on the day of the call, or None.
        formats: what its keeper sends.
        granularity: national, state, area_code.
        freshness: what the age alone does not say, or empty.
    """

    registry: str
    title: str
    list: RegistryList = RegistryList.OPT_OUT
    max_age_days: int | None = None
    formats: tuple[str, ...] = ()
    granularity: str = ""
    freshness: str = ""


class Need(StrEnum):
    """How much of a consent a rule asks for."""

    PRESUMED = "presumed"
    EXPRESS = "express"
    WRITTEN = "written"
    """Express, and the record names its proof."""
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRule(Rule):
    """What the person must have agreed to.

    Attributes:
        need: how; what is forbidden no consent allows, what is presumed needs no record.
        kind: the kind of consent, as in ``ringbank consents``; empty for the other two.
    """

    need: Need
    kind: str = ""


class ConnectFrom(StrEnum):
    """From when the time until an agent is on the line is measured."""

    ANSWER = "answer"
    GREETING_START = "greeting_start"
    GREETING_END = "greeting_end"


class AbandonPeriod(StrEnum):
    """Over which time the abandonment rate is measured."""

    CAMPAIGN_BLOCKS = "campaign_blocks"
    CALENDAR_DAY = "calendar_day"
    CALENDAR_MONTH = "calendar_month"
    ROLLING_HOURS = "rolling_hours"


@dataclass(frozen=True, slots=True, kw_only=True)
class AbandonmentRule(Rule):
    """How many answered calls may find nobody.

    Attributes:
        max_rate: the highest share that may, 0 to 1, or None where the law names none.
        guard_rate: a lower one to pace to, or None.
        safe_harbor: keeping below `max_rate` protects; else it is only a ceiling.
        period: over which time; `n` days of a block, or hours.
        group: what is measured together: campaign, call_centre.
        numerator: names of counters that are added.
        numerator_minus: names of counters that are taken off.
        denominator: names of counters that are added.
        connect_within_s: the time in which an agent must be there, or None.
        connect_from: from when it is measured.
        message_required: an abandoned person must hear a message.
        message_within_s: how soon, or None.
        message_states: what it must state.
        message_opt_out: how it lets people opt out; empty where it need not.
        message_marketing: whether it may advertise.
        min_ring_s: how long it must ring before nobody is said to answer, or None.
        max_ring_s: how long it may, or None.
    """

    max_rate: float | None
    period: AbandonPeriod
    n: int = 1
    guard_rate: float | None = None
    safe_harbor: bool = False
    group: tuple[str, ...] = ("campaign",)
    numerator: tuple[str, ...] = ()
    numerator_minus: tuple[str, ...] = ()
    denominator: tuple[str, ...] = ()
    connect_within_s: float | None = None
    connect_from: ConnectFrom = ConnectFrom.ANSWER
    message_required: bool = False
    message_within_s: float | None = None
    message_states: tuple[str, ...] = ()
    message_opt_out: str = ""
    message_marketing: bool = False
    min_ring_s: int | None = None
    max_ring_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty(Rule):
    """A rule that no gate can enforce: shown where the manager looks, with its values.

    Attributes:
        topic: opt_out, caller_id, recording, disclosure or retain.
        says: its values by key, in words.
    """

    topic: str
    says: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Which days are public holidays where a jurisdiction holds.

    Attributes:
        country: ISO 3166, as the package `holidays` names it; empty: no holiday at all.
        subdivision: its code there, without the country; empty: the country's own days.
        from_address: the person's own subdivision counts where it is known.
        union: where it is not known a day that is a holiday in any subdivision is one;
            else only the country's own days are.
        add: days that are holidays besides, "MM-DD" every year or "YYYY-MM-DD", and a name.
        drop: days of the civil calendar that are none here: names as `holidays` tells them.
    """

    country: str = ""
    subdivision: str = ""
    from_address: bool = False
    union: bool = False
    add: tuple[tuple[str, str], ...] = ()
    drop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Jurisdiction:
    """One rule file.

    Attributes:
        id: its file's name without the ending: "us", "us-fl".
        name: in words.
        checked: the day on which somebody last compared it with its sources.
        countries: ISO 3166 codes for which it holds; "*" for every country.
        subdivisions: ISO 3166-2 codes to which it is confined; empty: the whole country.
        presume_by_area_code: an area code of a subdivision makes the person a candidate for
            it, even where the address says another one.
        calendar: its public holidays.
        rules: all, in the file's order.
        own: an operator's file, not one that came with Ringbank.
    """

    id: str
    name: str
    checked: date | None = None
    countries: frozenset[str]
    subdivisions: frozenset[str] = frozenset()
    presume_by_area_code: bool = False
    calendar: Calendar = Calendar()
    rules: tuple[Rule, ...] = ()
    loosened: tuple["Loosening", ...] = ()
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Loosening:
    """A rule that a named person switched off in an operator's file, and why.

    Attributes:
        rule: its id.
        by: who answers for it.
        reason: in their words; kept with every decision that it changes.
        valid_until: the last day, or None.
    """

    rule: str
    by: str
    reason: str
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where somebody may be: a country, and a subdivision of it where that is known."""

    country: str
    subdivision: str = ""
    """ISO 3166-2, with the country: "US-FL"."""

    def __str__(self) -> str:
        """Return the narrower of the two."""
        return self.subdivision or self.country


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """Everywhere a person may be, as far as anybody knows.

    Attributes:
        zones: IANA names, sorted; empty when none is known.
        places: sorted; empty when no country is known.
    """

    zones: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
