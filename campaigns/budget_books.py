"""The accounts of a campaign's abandonment budget, kept up with its ledger.

A ledger may hold a million answered calls, and the engine asks several times a second. So
it is read once, in slices, from the oldest period that may still go on, and then only what
has come since. All engines of a base write into one ledger: each reads what the others did.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from campaigns import amd_samples
from campaigns.abandonment import AnsweredCall, Measuring
from campaigns.amd import Heard
from campaigns.amd_share import UNTESTED, AmdTest
from campaigns.audit_shares import ATTEMPTS, answered_call, first_day, rules_of
from campaigns.budget import OWN_LIMIT, Account, account, deciding, has_own_limit
from campaigns.law import Laws
from campaigns.limits import ANSWERED
from campaigns.model import Campaign, Outcome
from campaigns.proof import KeptRules
from campaigns.rejudging import Rules
from campaigns.rules.model import AbandonmentRule, AbandonPeriod
from campaigns.store import StoredCampaign
from campaigns.tables import attempts
from leads.sql import among

_Row = Row[*tuple[Any, ...]]

_SLICE = 1000
"""Answered calls read in one go: some tens of milliseconds."""
_LONGEST_MONTH = timedelta(days=31)
_UNSAID_FOR = timedelta(hours=3)
"""After so long nobody waits any more for what an agent says of a call."""
_TESTED_EVERY = timedelta(minutes=5)
"""All calls of a campaign are looked through for the test of its machine detection."""
_SETTLED_AFTER = timedelta(minutes=1)
"""An attempt whose id is lower than one that was read may be written later, but not by this much."""


@dataclass(slots=True)
class _Counted:
    """A call that is in the accounts, and in which of them."""

    call: AnsweredCall
    rules: tuple[AbandonmentRule, ...]


@dataclass(slots=True)
class Books:
    """The accounts of one campaign.

    Attributes:
        whole: everything that the ledger holds of the periods that go on is in them.
    """

    campaign_id: int
    whole: bool = False
    _measuring: dict[AbandonmentRule, Measuring] = field(default_factory=dict)
    _rules: dict[str, Rules | str] = field(default_factory=dict)
    _counted: set[int] = field(default_factory=set)
    _unsaid: dict[int, _Counted] = field(default_factory=dict)
    _tested: AmdTest = UNTESTED
    _tested_at: datetime | None = None
    _judged_at: datetime | None = None
    _agents_judged: bool = False
    _from_id: int | None = None
    _read_from: int = 0
    _settled: deque[tuple[datetime, int]] = field(default_factory=deque)

    def read(
        self, connection: Connection, stored: StoredCampaign, laws: Laws, *, now: datetime
    ) -> None:
        """Count the next slice of what is not in the accounts yet.

        Args:
            connection: to the base.
            stored: the campaign.
            laws: the rules in force, applied.
            now: aware.
        """
        if self._from_id is None:
            self._from_id = self._begin(connection, laws, now=now)
            if self._from_id is None:
                self.whole = True  # nobody was called yet
                return
            self._read_from = self._from_id
        # Plus nothing: through the index of the open ones, of which there are few.
        open_from = connection.scalar(
            select(func.min(attempts.c.id + 0)).where(
                attempts.c.campaign_id + 0 == self.campaign_id,
                attempts.c.id + 0 >= self._from_id,
                attempts.c.ended_at.is_(None),
            )
        )
        newest = connection.scalar(select(func.max(attempts.c.id)).where(*self._newest()))
        answered = connection.scalars(
            select(attempts.c.id)
            .where(
                attempts.c.campaign_id == self.campaign_id,
                attempts.c.outcome.in_([one.value for one in ANSWERED]),
                # On the way to the end once each; whoever ended late is found from there.
                attempts.c.id >= (self._from_id if self.whole else self._read_from),
            )
            .order_by(attempts.c.id)
            .limit(None if self.whole else _SLICE + 1)
        ).all()
        new = [one for one in answered if one not in self._counted]
        self._hear_results(connection, now=now)
        self._hear_test(connection, now=now)
        for row in self._rows(connection, new[:_SLICE]):
            self._count(connection, stored, laws, row)
        self._read_from = max(self._read_from, max(new[:_SLICE], default=-1) + 1)
        self.whole = len(new) <= _SLICE
        if self.whole and newest is not None:
            self._settle(min(open_from or newest, newest), now=now)

    def accounts(self, campaign: Campaign, *, now: datetime) -> tuple[Account, ...]:
        """Return the account of each rule that counted a call, and of the campaign's own limit.

        Args:
            campaign: whose limits narrow those of the rules.
            now: in the periods to look at, aware.
        """
        found = [
            account(rule, campaign, share)
            for rule, measuring in self._measuring.items()
            if rule is not OWN_LIMIT and rule.max_rate is not None
            for share in measuring.standing(now)
        ]
        if has_own_limit(campaign):
            own = self._measuring.get(OWN_LIMIT)
            shares = own.standing(now) if own else ()
            found.append(account(OWN_LIMIT, campaign, shares[0] if shares else None))
        return tuple(found)

    def deciding(self, campaign: Campaign, *, now: datetime) -> Account | None:
        """Return the account that is nearest to its limit, or None where no limit holds."""
        return deciding(self.accounts(campaign, now=now))

    def _begin(self, connection: Connection, laws: Laws, *, now: datetime) -> int | None:
        """Return the first attempt that may lie in a period that goes on; None: there is none."""
        first = first_day(connection, self.campaign_id)
        if first is None:
            return None
        self._read_test(connection, now=now)
        self._measuring[OWN_LIMIT] = Measuring(OWN_LIMIT, first, self._tested)
        since = now - _longest_period(laws)
        ours = attempts.c.campaign_id == self.campaign_id
        found: int | None = connection.scalar(
            select(func.min(attempts.c.id)).where(ours, attempts.c.dialed_at >= since)
        )
        if found is None:
            found = connection.scalar(select(func.max(attempts.c.id)).where(ours))
        return found

    def _newest(self) -> Sequence[ColumnElement[bool]]:
        # Plus nothing: the newest attempts are looked through, not all that the campaign has.
        return (attempts.c.campaign_id + 0 == self.campaign_id, attempts.c.id >= self._from_id)

    def _settle(self, reached: int, *, now: datetime) -> None:
        """Look no more at attempts that are all closed and counted, once no other can come."""
        self._settled.append((now, reached))
        while self._settled and self._settled[0][0] <= now - _SETTLED_AFTER:
            self._from_id = self._settled.popleft()[1]
            self._counted = {one for one in self._counted if one >= self._from_id}

    def _rows(self, connection: Connection, ids: Iterable[int]) -> Sequence[_Row]:
        wanted = list(ids)
        if not wanted:
            return ()
        return connection.execute(ATTEMPTS.where(among(connection, attempts.c.id, wanted))).all()

    def _count(self, connection: Connection, stored: StoredCampaign, laws: Laws, row: _Row) -> None:
        self._counted.add(row.id)
        rules = rules_of(row, self._named(connection, stored, laws, row.rule_set)) or ()
        counted = _Counted(answered_call(row), (OWN_LIMIT, *rules))
        for rule in counted.rules:
            if rule not in self._measuring:
                first = first_day(connection, self.campaign_id)
                assert first is not None
                self._measuring[rule] = Measuring(rule, first, self._tested)
            self._measuring[rule].add(counted.call)
        self._agents_judged |= _judges_detection(counted.call)
        if counted.call.outcome is Outcome.CONNECTED and counted.call.disposition is None:
            self._unsaid[row.id] = counted

    def _hear_results(self, connection: Connection, *, now: datetime) -> None:
        """Count calls as their agents say that they were: a machine was no person."""
        for row in self._rows(connection, self._unsaid):
            counted = self._unsaid[row.id]
            call = answered_call(row)
            if call != counted.call:
                for rule in counted.rules:
                    self._measuring[rule].correct(counted.call, call)
                self._agents_judged |= _judges_detection(call)
            if call.disposition is not None or call.at < now - _UNSAID_FOR:
                del self._unsaid[row.id]

    def _hear_test(self, connection: Connection, *, now: datetime) -> None:
        """Estimate with what samples and agents have said of machine detection by now."""
        if self._tested_at is not None and now < self._tested_at + _TESTED_EVERY:
            return
        if self._agents_judged or self._judged_at != amd_samples.last_judged(connection):
            self._read_test(connection, now=now)
            for measuring in self._measuring.values():
                measuring.hear_test(self._tested)

    def _read_test(self, connection: Connection, *, now: datetime) -> None:
        self._tested = amd_samples.tested(connection, self.campaign_id)
        self._tested_at, self._judged_at = now, amd_samples.last_judged(connection)
        self._agents_judged = False

    def _named(
        self, connection: Connection, stored: StoredCampaign, laws: Laws, name: str
    ) -> Rules | str:
        """Return the rules that attempts carry under a name, read once."""
        if name not in self._rules:
            if name == laws.rule_set(stored.campaign):
                self._rules[name] = Rules(rule_set=name, laws=laws, campaign=stored.campaign)
            else:
                self._rules[name] = KeptRules(connection, stored.campaign.name).named(name)
        return self._rules[name]


def _judges_detection(call: AnsweredCall) -> bool:
    """Tell whether an agent has said what a call was that detection took for a machine's."""
    return call.amd is Heard.MACHINE and call.disposition is not None


def _longest_period(laws: Laws) -> timedelta:
    """Return how far back a period may have begun that goes on now, by any rule there is."""
    longest = _LONGEST_MONTH
    for rule in laws.book.abandonment():
        if rule.period is AbandonPeriod.CAMPAIGN_BLOCKS:
            longest = max(longest, timedelta(days=rule.n))
        elif rule.period is AbandonPeriod.ROLLING_HOURS:
            longest = max(longest, timedelta(hours=rule.n))
    return longest + timedelta(days=2)
