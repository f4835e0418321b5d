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
  that agents had.
- `amd_false_positive_estimate`: none, as long as no machine detection ends a call.
- `answered`: whoever or whatever picked up.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from campaigns.limits import ANSWERED, NO_TALK
from campaigns.model import DispositionKind, Outcome
from campaigns.rules.model import AbandonmentRule, AbandonPeriod

_MACHINES = frozenset({DispositionKind.MACHINE, DispositionKind.LEFT_MESSAGE})
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
    """

    at: datetime
    zones: tuple[str, ...]
    outcome: Outcome
    disposition: DispositionKind | None = None
    by_agent: bool = False
    waited_s: float | None = None


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

    def counters(self) -> dict[str, float]:
        """Return every counter that a rule may name."""
        share = self.machines / self.handled if self.handled else 0.0
        return {
            "abandoned": self.abandoned,
            "connected_late": self.connected_late,
            "amd_false_positive_estimate": 0,
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


def share(rule: AbandonmentRule, tally: Tally, begins: date, ends: date) -> Share:
    """Return what a rule makes of the counters of a period."""
    counters = tally.counters()
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


class Measuring:
    """The shares of one rule, from calls that come in the order in which they were dialed."""

    def __init__(self, rule: AbandonmentRule, first_day: date) -> None:
        """Begin with no call; `first_day` is that of the campaign's first call, in UTC."""
        self._rule = rule
        self._first_day = first_day
        self._tallies: dict[tuple[date, date], Tally] = {}
        self._last_hours = _LastHours(rule)

    def add(self, call: AnsweredCall) -> None:
        """Count a call."""
        if self._rule.period is AbandonPeriod.ROLLING_HOURS:
            self._last_hours.add(call)
            return
        period = _period(self._rule, call, self._first_day)
        self._tallies.setdefault(period, Tally()).add(call, self._rule.connect_within_s)

    def shares(self) -> tuple[Share, ...]:
        """Return the share of each period in which somebody answered, the worst first.

        Of hours that roll on, the worst ones that end on each day of UTC.
        """
        found: Iterable[Share] = self._last_hours.worst.values()
        if self._rule.period is not AbandonPeriod.ROLLING_HOURS:
            found = (share(self._rule, tally, *days) for days, tally in self._tallies.items())
        return tuple(sorted(found, key=lambda one: (-_rate(one), one.begins)))


@dataclass(slots=True)
class _LastHours:
    """The calls of the last hours, and the worst share of each day."""

    rule: AbandonmentRule
    worst: dict[date, Share] = field(default_factory=dict)
    _calls: deque[AnsweredCall] = field(default_factory=deque)
    _tally: Tally = field(default_factory=Tally)

    def add(self, call: AnsweredCall) -> None:
        within_s = self.rule.connect_within_s
        begins = call.at - timedelta(hours=self.rule.n)
        while self._calls and self._calls[0].at <= begins:
            self._tally.add(self._calls.popleft(), within_s, by=-1)
        self._calls.append(call)
        self._tally.add(call, within_s)
        found = share(self.rule, self._tally, begins, call.at)
        day = call.at.astimezone(UTC).date()
        if day not in self.worst or _rate(found) > _rate(self.worst[day]):
            self.worst[day] = found


def _rate(one: Share) -> float:
    return -1.0 if one.rate is None else one.rate


def _period(rule: AbandonmentRule, call: AnsweredCall, first_day: date) -> tuple[date, date]:
    """Return the first and the last day of the period in which a call lies."""
    if rule.period is AbandonPeriod.CAMPAIGN_BLOCKS:
        blocks = (call.at.astimezone(UTC).date() - first_day).days // rule.n
        begins = first_day + blocks * rule.n * _DAY
        return begins, begins + (rule.n - 1) * _DAY
    clock = ZoneInfo(call.zones[0]) if call.zones else UTC
    day = call.at.astimezone(clock).date()
    if rule.period is AbandonPeriod.CALENDAR_DAY:
        return day, day
    year, month = divmod(day.year * _MONTHS + day.month, _MONTHS)
    return day.replace(day=1), date(year, month + 1, 1) - _DAY
