"""How many of the answered calls found nobody, by each jurisdiction's own definition; pure.

A rule names counters that it adds, takes off and divides by, and the time over which it
measures. What the ledger holds is read so, strictly where it leaves something open:

- `abandoned`: the outcome. A machine that was given up is among them.
- `human_answered`: abandoned, hung up while waiting, and connected unless the agent's word
  says that nobody was talked to. Who hung up before anything was known of them
  (`hung_up_early`) may have been a machine and makes no share smaller.
- `connected_late`: connected to an agent after the time that the rule allows. It is measured
  from the answer, whatever the rule names: when a greeting ends nobody has noted. In a
  broadcast the message comes first, and nobody is late.
- `passed_to_agent_human`: those of `human_answered` that an agent had.
- `machine_share_of_abandoned`: of the abandoned ones the share that machines have of the calls
  that agents had; none in a period with machine detection: the machines are found out then.
- `amd_false_positive_estimate`: the machines that detection found and that no agent had, times
  the share of persons among them that a test found (`campaigns.amd_share`); where there was no
  test, all of them.
- `answered`: whoever or whatever picked up.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from campaigns.amd import Heard
from campaigns.amd_share import UNTESTED, AmdTest
from campaigns.limits import ANSWERED, NO_TALK
from campaigns.model import DispositionKind, Outcome
from campaigns.rules.model import AbandonmentRule, AbandonPeriod

_MACHINES = frozenset({DispositionKind.MACHINE, DispositionKind.LEFT_MESSAGE})
_UTC = "UTC"
_DAY = timedelta(days=1)
_MONTHS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredCall:
    """An answered call, as the shares count it.

    Attributes:
        at: when it was dialed, aware.
        zones: IANA names of everywhere the person may be; where there are several, the first
            one's calendar counts, and UTC where there is none.
        outcome: how it ended.
        disposition: the kind of what the agent said, or None.
        by_agent: an agent had it.
        waited_s: from the answer until the agent was there; None where that is not measured.
        amd: the verdict of machine detection, or None.
    """

    at: datetime
    zones: tuple[str, ...]
    outcome: Outcome
    disposition: DispositionKind | None = None
    by_agent: bool = False
    waited_s: float | None = None
    amd: Heard | None = None


@dataclass(slots=True)
class Tally:
    """The counters of one rule in one period."""

    abandoned: int = 0
    connected_late: int = 0
    human_answered: int = 0
    passed_to_agent_human: int = 0
    answered: int = 0
    handled: int = 0
    machines: int = 0
    detected: int = 0
    set_aside: int = 0

    def add(self, call: AnsweredCall, within_s: float | None, by: int = 1) -> None:
        """Count a call; `by` -1 takes it off again.

        `within_s`: the time in which an agent must be there, or None.
        """
        connected = call.outcome is Outcome.CONNECTED
        person = connected and call.disposition not in NO_TALK
        late = within_s is not None and call.waited_s is not None and call.waited_s > within_s
        had = connected and call.by_agent
        self.abandoned += by * (call.outcome is Outcome.ABANDONED)
        self.connected_late += by * (person and late)
        self.human_answered += by * (
            person or call.outcome in {Outcome.ABANDONED, Outcome.HUNG_UP_WAITING}
        )
        self.passed_to_agent_human += by * (person and had)
        self.answered += by * (call.outcome in ANSWERED)
        self.handled += by * had
        self.machines += by * (had and call.disposition in _MACHINES)
        self.detected += by * (call.amd is not None)
        found = call.amd is Heard.MACHINE and call.outcome is Outcome.MACHINE
        self.set_aside += by * found

    def counters(self, tested: AmdTest = UNTESTED) -> dict[str, float]:
        """Return every counter that a rule may name; `tested` is how detection was."""
        by_ear = self.handled and not self.detected
        share = self.machines / self.handled if by_ear else 0.0
        return {
            "abandoned": self.abandoned,
            "connected_late": self.connected_late,
            "amd_false_positive_estimate": self.set_aside * tested.assumed,
            "machine_share_of_abandoned": self.abandoned * share,
            "human_answered": self.human_answered,
            "passed_to_agent_human": self.passed_to_agent_human,
            "answered": self.answered,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a rule measures in one period.

    Attributes:
        begins: the first day of the period, or the moment from which hours are counted.
        ends: its last day, itself included, or the moment up to which.
        counters: those that the rule names.
        rate: the share, or None where nobody answered.
        kept: it is not above what the rule allows; None where that names no share.
    """

    begins: date
    ends: date
    counters: Mapping[str, float]
    numerator: float
    denominator: float
    rate: float | None
    kept: bool | None


def share(
    rule: AbandonmentRule, tally: Tally, begins: date, ends: date, tested: AmdTest = UNTESTED
) -> Share:
    """Return what a rule makes of the counters of a period; `tested` is how detection was."""
    counters = tally.counters(tested)
    numerator = sum(counters[name] for name in rule.numerator)
    numerator -= sum(counters[name] for name in rule.numerator_minus)
    denominator = sum(counters[name] for name in rule.denominator)
    rate = numerator / denominator if denominator else None
    named = (*rule.numerator, *rule.numerator_minus, *rule.denominator)
    return Share(
        begins=begins,
        ends=ends,
        counters={name: counters[name] for name in dict.fromkeys(named)},
        numerator=numerator,
        denominator=denominator,
        rate=rate,
        kept=None if rule.max_rate is None or rate is None else rate <= rule.max_rate,
    )


def wait_s(rules: Iterable[AbandonmentRule], longest_s: float) -> float:
    """Return how long a person may wait for an agent before they hear the message, in seconds.

    Args:
        rules: those that hold for the person; the strictest one counts.
        longest_s: where none names a time, or only longer ones.
    """
    named = (s for rule in rules for s in (rule.connect_within_s, rule.message_within_s))
    return min((longest_s, *(within_s for within_s in named if within_s is not None)))


def rings_s(rules: Iterable[AbandonmentRule], asked_s: int) -> int:
    """Return how long a telephone rings before a call is given up, in seconds.

    Args:
        rules: those that hold for the person; where they contradict each other, the longest
            of the shortest times counts: nobody may be cut off while they get up.
        asked_s: what the campaign says; a rule shortens or lengthens it.
    """
    bounds = [(rule.min_ring_s, rule.max_ring_s) for rule in rules]
    most = min((asked_s, *(longest for _, longest in bounds if longest is not None)))
    return max((most, *(shortest for shortest, _ in bounds if shortest is not None)))


class Measuring:
    """The shares of one rule, from calls that come in the order in which they were dialed."""

    def __init__(self, rule: AbandonmentRule, first_day: date, tested: AmdTest = UNTESTED) -> None:
        """Begin with no call.

        Args:
            rule: what is measured.
            first_day: that of the campaign's first call, in UTC.
            tested: how its machine detection was tested.
        """
        self._rule = rule
        self._tested = tested
        self._first_day = first_day
        self._tallies: dict[tuple[date, date], Tally] = {}
        self._calendars: set[str] = set()
        self._last_hours = _LastHours(rule, tested)

    def add(self, call: AnsweredCall) -> None:
        """Count a call."""
        if self._rule.period is AbandonPeriod.ROLLING_HOURS:
            self._last_hours.add(call)
            return
        calendar = call.zones[0] if call.zones else _UTC
        self._calendars.add(calendar)
        period = _period(self._rule, call.at, calendar, self._first_day)
        self._tallies.setdefault(period, Tally()).add(call, self._rule.connect_within_s)

    def correct(self, before: AnsweredCall, after: AnsweredCall) -> None:
        """Count a call as it is known to be now instead of as it was added."""
        if self._rule.period is AbandonPeriod.ROLLING_HOURS:
            self._last_hours.correct(before, after)
            return
        calendar = before.zones[0] if before.zones else _UTC
        tally = self._tallies[_period(self._rule, before.at, calendar, self._first_day)]
        tally.add(before, self._rule.connect_within_s, by=-1)
        tally.add(after, self._rule.connect_within_s)

    def hear_test(self, tested: AmdTest) -> None:
        """Estimate from now on with what is known by now of the campaign's machine detection."""
        self._tested = self._last_hours.tested = tested

    def standing(self, now: datetime) -> tuple[Share, ...]:
        """Return the share of the period in which a moment lies, on every calendar seen so far.

        A period in which nobody has answered yet has none.
        """
        if self._rule.period is AbandonPeriod.ROLLING_HOURS:
            return self._last_hours.standing(now)
        periods = {_period(self._rule, now, one, self._first_day) for one in self._calendars}
        return tuple(
            share(self._rule, self._tallies[period], *period, self._tested)
            for period in sorted(periods & self._tallies.keys())
        )

    def shares(self) -> tuple[Share, ...]:
        """Return the share of each period in which somebody answered, the worst first.

        Of hours that roll on, the worst ones that end on each day of UTC.
        """
        found: Iterable[Share] = self._last_hours.worst.values()
        if self._rule.period is not AbandonPeriod.ROLLING_HOURS:
            found = (
                share(self._rule, tally, *days, self._tested)
                for days, tally in self._tallies.items()
            )
        return tuple(sorted(found, key=lambda one: (-_rate(one), one.begins)))


@dataclass(slots=True)
class _LastHours:
    """The calls of the last hours, and the worst share of each day."""

    rule: AbandonmentRule
    tested: AmdTest = UNTESTED
    worst: dict[date, Share] = field(default_factory=dict)
    _calls: deque[AnsweredCall] = field(default_factory=deque)
    _tally: Tally = field(default_factory=Tally)

    def add(self, call: AnsweredCall) -> None:
        begins = self._forget_before(call.at)
        self._calls.append(call)
        self._tally.add(call, self.rule.connect_within_s)
        found = share(self.rule, self._tally, begins, call.at, self.tested)
        day = call.at.astimezone(UTC).date()
        if day not in self.worst or _rate(found) > _rate(self.worst[day]):
            self.worst[day] = found

    def correct(self, before: AnsweredCall, after: AnsweredCall) -> None:
        if before in self._calls:
            self._calls[self._calls.index(before)] = after
            self._tally.add(before, self.rule.connect_within_s, by=-1)
            self._tally.add(after, self.rule.connect_within_s)

    def standing(self, now: datetime) -> tuple[Share, ...]:
        begins = self._forget_before(now)
        return (share(self.rule, self._tally, begins, now, self.tested),) if self._calls else ()

    def _forget_before(self, moment: datetime) -> datetime:
        """Take off what is out of the hours that end at a moment; return when they began."""
        begins = moment - timedelta(hours=self.rule.n)
        while self._calls and self._calls[0].at <= begins:
            self._tally.add(self._calls.popleft(), self.rule.connect_within_s, by=-1)
        return begins


def _rate(one: Share) -> float:
    return -1.0 if one.rate is None else one.rate


def _period(
    rule: AbandonmentRule, moment: datetime, calendar: str, first_day: date
) -> tuple[date, date]:
    """Return the first and the last day of the period in which a moment lies."""
    if rule.period is AbandonPeriod.CAMPAIGN_BLOCKS:
        blocks = (moment.astimezone(UTC).date() - first_day).days // rule.n
        begins = first_day + blocks * rule.n * _DAY
        return begins, begins + (rule.n - 1) * _DAY
    day = moment.astimezone(ZoneInfo(calendar)).date()
    if rule.period is AbandonPeriod.CALENDAR_DAY:
        return day, day
    year, month = divmod(day.year * _MONTHS + day.month, _MONTHS)
    return day.replace(day=1), date(year, month + 1, 1) - _DAY
