"""The results in the base, each held against the record of its call."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, exists, func, select

from campaigns import store
from campaigns.checks import Checks
from campaigns.desk_tables import orders, recordings
from campaigns.model import HAND_DIALLED, DialMode, DispositionKind, Outcome
from campaigns.tables import agents, attempts, campaigns
from campaigns.truth import Mark, Record, Report, Verdict, judge
from campaigns.truth_findings import Reported, findings
from campaigns.truth_values import Claim, Marked, Reconciled, Unmatched
from leads.errors import UsageError

JUDGED: tuple[ColumnElement[Any], ...] = (
    attempts.c.campaign_id.label("judged_campaign_id"),
    attempts.c.agent_id.label("judged_agent_id"),
    attempts.c.disposition.label("judged_code"),
    attempts.c.disposition_kind.label("judged_kind"),
    attempts.c.callback_at.label("judged_callback_at"),
    attempts.c.dialed_at.label("judged_dialed_at"),
    attempts.c.wrapped_at.label("judged_wrapped_at"),
    attempts.c.answered_at.label("judged_answered_at"),
    attempts.c.outcome.label("judged_outcome"),
    attempts.c.evidence.label("judged_evidence"),
    attempts.c.ring_s.label("judged_ring_s"),
    attempts.c.talk_s.label("judged_talk_s"),
    attempts.c.hangup_cause.label("judged_cause"),
    attempts.c.sip_code.label("judged_sip_code"),
    exists(select(orders.c.id).where(orders.c.attempt_id == attempts.c.id)).label("judged_ordered"),
    # The export of attempts names the recordings itself: this one looks for its own.
    exists(
        select(recordings.c.id).where(recordings.c.attempt_id == attempts.c.id).correlate(attempts)
    ).label("judged_recorded"),
)
"""The columns from which a `Judge` tells what a result is worth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asks:
    """What a campaign asks of its results.

    Attributes:
        forms: the codes of dispositions that go with an order.
        records_from: when it began to record calls, aware, or None: it has not.
    """

    checks: Checks
    forms: frozenset[str]
    records_from: datetime | None


class Judge:
    """Judges results by what their campaigns ask of them now."""

    def __init__(self, connection: Connection) -> None:
        """Find out what each campaign asks."""
        begun = connection.execute(
            select(attempts.c.campaign_id, func.min(recordings.c.began_at))
            .join(attempts, attempts.c.id == recordings.c.attempt_id)
            .group_by(attempts.c.campaign_id)
        )
        first = {row[0]: row[1] for row in begun}
        self._asks = {
            campaign_id: _asks(connection, campaign_id, first.get(campaign_id))
            for campaign_id in connection.scalars(select(campaigns.c.id)).all()
        }

    def checks(self, campaign_id: int) -> Checks:
        """Return the thresholds of a campaign."""
        return self._asks[campaign_id].checks

    def verdict(self, row: Row[Any]) -> Verdict | None:
        """Return what the result of a row with the columns `JUDGED` is worth.

        None where no agent has said anything of the call, and while the call goes on.
        """
        if row.judged_kind is None or row.judged_agent_id is None:
            return None
        asks = self._asks[row.judged_campaign_id]
        recorded: bool | None = bool(row.judged_recorded)
        if not recorded and (asks.records_from is None or row.judged_dialed_at < asks.records_from):
            recorded = None
        report = Report(
            kind=DispositionKind(row.judged_kind),
            code=row.judged_code,
            reported_at=row.judged_wrapped_at,
            callback_at=row.judged_callback_at,
        )
        record = Record(
            outcome=None if row.judged_outcome is None else Outcome(row.judged_outcome),
            evidence=row.judged_evidence,
            answered=row.judged_answered_at is not None,
            ring_s=row.judged_ring_s,
            talk_s=row.judged_talk_s,
            cause=row.judged_cause,
            sip_code=row.judged_sip_code,
            recorded=recorded,
            ordered=bool(row.judged_ordered) if row.judged_code in asks.forms else None,
        )
        return judge(report, record, asks.checks)


def _asks(connection: Connection, campaign_id: int, records_from: datetime | None) -> _Asks:
    try:
        campaign = store.load_id(connection, campaign_id).campaign
    except UsageError:  # of a version whose files this one cannot read: its calls were made
        return _Asks(checks=Checks(), forms=frozenset(), records_from=records_from)
    forms = frozenset(word.code for word in campaign.dispositions if word.form)
    return _Asks(checks=campaign.checks, forms=forms, records_from=records_from)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which results are meant; days in UTC, both included, by the moment of dialling."""

    campaign: str | None = None
    agent: str | None = None
    first: date | None = None
    last: date | None = None


def reconcile(connection: Connection, choice: Choice) -> Reconciled:
    """Hold results against the records of their calls.

    An agent's shares are compared with those of the whole campaign in the same days, whichever
    agent is asked for.

    Args:
        connection: from `reading`.
        choice: which results.
    """
    deciding = Judge(connection)
    counted: dict[str, Counter[Mark]] = {}
    marked: list[Marked] = []
    reported: list[Reported] = []
    checks: dict[str, Checks] = {}
    not_judged = 0
    for row in _rows(connection, choice):
        verdict = deciding.verdict(row)
        meant = choice.agent in (None, row.agent)
        if verdict is None:
            not_judged += meant
            continue
        checks[row.campaign] = deciding.checks(row.judged_campaign_id)
        reported.append(_reported(row, verdict))
        if not meant:
            continue
        counted.setdefault(row.agent, Counter())[verdict.mark] += 1
        if verdict.mark in (Mark.EXPLAIN, Mark.SUSPECT):
            marked.append(_marked(row, verdict))
    found = findings(reported, checks)
    return Reconciled(
        counted=counted,
        marked=tuple(marked),
        findings=tuple(one for one in found if choice.agent in (None, one.agent)),
        not_judged=not_judged,
    )


def of_days(
    moment: ColumnElement[datetime], first: date | None, last: date | None
) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that a moment lies on some days in UTC, both included."""
    if first is not None:
        yield moment >= datetime.combine(first, time.min, UTC)
    if last is not None:
        yield moment < datetime.combine(last + timedelta(days=1), time.min, UTC)


def _rows(connection: Connection, choice: Choice) -> Iterable[Row[Any]]:
    query = (
        select(
            attempts.c.id,
            attempts.c.lead_id,
            attempts.c.mode,
            attempts.c.connected_at,
            attempts.c.ended_at,
            campaigns.c.name.label("campaign"),
            agents.c.name.label("agent"),
            *JUDGED,
        )
        .join(campaigns, campaigns.c.id == attempts.c.campaign_id)
        .join(agents, agents.c.id == attempts.c.agent_id)
        .where(
            attempts.c.disposition_kind.is_not(None),
            *of_days(attempts.c.dialed_at, choice.first, choice.last),
        )
        .order_by(attempts.c.id)
    )
    if choice.campaign is not None:
        query = query.where(campaigns.c.name == choice.campaign)
    return connection.execute(query)


def _reported(row: Row[Any], verdict: Verdict) -> Reported:
    return Reported(
        attempt_id=row.id,
        agent=row.agent,
        campaign=row.campaign,
        mode=DialMode(row.mode),
        kind=DispositionKind(row.judged_kind),
        reported_at=row.judged_wrapped_at or row.ended_at,
        connected_at=row.connected_at,
        ended_at=row.ended_at,
        verdict=verdict,
    )


def _marked(row: Row[Any], verdict: Verdict) -> Marked:
    return Marked(
        attempt_id=row.id,
        campaign=row.campaign,
        agent=row.agent,
        lead_id=row.lead_id,
        dialed_at=row.judged_dialed_at,
        disposition=row.judged_code,
        outcome=row.judged_outcome,
        talk_s=row.judged_talk_s,
        verdict=verdict,
    )


def compare_claim(connection: Connection, *, agent: str, on: date, claimed: int) -> Claim:
    """Return what is recorded of an agent's day beside what somebody claims of it."""
    rows = connection.execute(
        select(
            attempts.c.id,
            attempts.c.dialed_at,
            attempts.c.outcome,
            attempts.c.evidence,
            attempts.c.disposition_kind,
        )
        .join(agents, agents.c.id == attempts.c.agent_id)
        .where(agents.c.name == agent, *of_days(attempts.c.dialed_at, on, on))
        .order_by(attempts.c.id)
    ).all()
    told = [row for row in rows if row.disposition_kind is not None]
    return Claim(
        agent=agent,
        on=on,
        claimed=claimed,
        recorded=len(told),
        by_hand=sum(row.evidence == HAND_DIALLED for row in told),
        unmatched=tuple(
            Unmatched(
                attempt_id=row.id,
                dialed_at=row.dialed_at,
                outcome=row.outcome,
                why="the call goes on" if row.outcome is None else "no result was given",
            )
            for row in rows
            if row.disposition_kind is None
        ),
    )
