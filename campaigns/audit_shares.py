"""The shares of abandoned calls of a campaign, from its ledger."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from campaigns import amd_samples
from campaigns.abandonment import AnsweredCall, Measuring, Share
from campaigns.amd import Heard
from campaigns.audit_values import Abandonment
from campaigns.limits import ANSWERED
from campaigns.model import DialMode, DispositionKind, Outcome
from campaigns.proof import KeptRules
from campaigns.rejudging import Rules, placing_in
from campaigns.rules.model import AbandonmentRule
from campaigns.store import StoredCampaign
from campaigns.tables import attempts
from leads.sql import among, in_chunks
from leads.tables import leads, numbers

ATTEMPTS = (
    select(
        attempts.c.id,
        attempts.c.lead_id,
        attempts.c.number_id,
        attempts.c.mode,
        attempts.c.dialed_at,
        attempts.c.rule_set,
        attempts.c.decision,
        attempts.c.agent_id,
        attempts.c.answered_at,
        attempts.c.connected_at,
        attempts.c.outcome,
        attempts.c.disposition_kind,
        attempts.c.amd,
        numbers.c.kind,
        leads.c.name_key,
    )
    .join(leads, leads.c.id == attempts.c.lead_id)
    .outerjoin(numbers, numbers.c.id == attempts.c.number_id)
    .order_by(attempts.c.dialed_at, attempts.c.id)
)
"""The attempts as an audit looks at them, in the order of their calls."""


def answered_ids(connection: Connection, stored: StoredCampaign) -> Sequence[int]:
    """Return the ids of a campaign's answered attempts, in the order of their calls."""
    return connection.scalars(
        select(attempts.c.id)
        .where(
            attempts.c.campaign_id == stored.id,
            attempts.c.outcome.in_([outcome.value for outcome in ANSWERED]),
        )
        .order_by(attempts.c.dialed_at, attempts.c.id)
    ).all()


def measured(
    connection: Connection,
    campaign_id: int,
    ids: Sequence[int],
    kept: KeptRules,
    *,
    days: tuple[date | None, date | None],
    progress: Callable[[int], None],
) -> tuple[tuple[Abandonment, ...], int]:
    """Return the shares of each rule, and how many answered calls are in none.

    Args:
        connection: to the base.
        campaign_id: whose they are.
        ids: as `answered_ids` returned them.
        kept: the rules under their names.
        days: of periods that reach into these days only, both included; None for no end.
        progress: told how many attempts are done.
    """
    measuring: dict[AbandonmentRule, Measuring] = {}
    left_out = done = 0
    begins = first_day(connection, campaign_id) or date.min
    tested = amd_samples.tested(connection, campaign_id)
    for chunk in in_chunks(ids):
        for row in connection.execute(ATTEMPTS.where(among(connection, attempts.c.id, chunk))):
            rules = rules_of(row, kept.named(row.rule_set))
            if rules is None:
                left_out += 1
                continue
            call = answered_call(row)
            for rule in rules:
                if rule not in measuring:
                    measuring[rule] = Measuring(rule, begins, tested)
                measuring[rule].add(call)
        done += len(chunk)
        progress(done)
    found = (
        Abandonment(
            rule=rule,
            shares=tuple(one for one in its.shares() if _reaches_into(one, *days)),
        )
        for rule, its in sorted(measuring.items(), key=lambda pair: pair[0].id)
    )
    return tuple(one for one in found if one.shares), left_out


def first_day(connection: Connection, campaign_id: int) -> date | None:
    """Return the day of a campaign's first call, in UTC, or None where there was none yet."""
    earliest: datetime | None = connection.scalar(
        select(func.min(attempts.c.dialed_at)).where(attempts.c.campaign_id == campaign_id)
    )
    return earliest and earliest.astimezone(UTC).date()


def rules_of(row: Row[*tuple[Any, ...]], rules: Rules | str) -> tuple[AbandonmentRule, ...] | None:
    """Return the rules that count an attempt.

    Args:
        row: of `ATTEMPTS`.
        rules: those under whose name it was made, or why they are not known.

    Returns:
        The rules, or None where it is not known which they are.
    """
    placing = placing_in(row.decision)
    if isinstance(rules, str) or placing is None:
        return None
    law = rules.laws.of(rules.campaign, placing, row.kind or "", row.dialed_at)
    day = row.dialed_at.date()
    return tuple(rule for rule in law.abandonment if rule.valid_on(day))


def answered_call(row: Row[*tuple[Any, ...]]) -> AnsweredCall:
    """Return a row of `ATTEMPTS` as the shares count it."""
    placing = placing_in(row.decision)
    measured = (
        row.mode != DialMode.BROADCAST
        and row.answered_at is not None
        and row.connected_at is not None
    )
    return AnsweredCall(
        at=row.dialed_at,
        zones=placing.zones if placing else (),
        outcome=Outcome(row.outcome),
        disposition=row.disposition_kind and DispositionKind(row.disposition_kind),
        by_agent=row.agent_id is not None,
        amd=row.amd and Heard(row.amd),
        waited_s=(row.connected_at - row.answered_at).total_seconds() if measured else None,
    )


def _reaches_into(one: Share, first: date | None, last: date | None) -> bool:
    return (first is None or _day(one.ends) >= first) and (last is None or _day(one.begins) <= last)


def _day(moment: date) -> date:
    return moment.astimezone(UTC).date() if isinstance(moment, datetime) else moment
