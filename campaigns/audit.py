"""Every past call of a campaign, judged once more by the rules that were kept with it.

The ledger is read a few hundred attempts at a time, each with few queries for all. What the
gates say of a call is decided in `campaigns.rejudging`, what the shares of abandoned calls
are in `campaigns.abandonment`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from campaigns.audit_shares import ATTEMPTS, answered_ids, measured
from campaigns.audit_values import Audit, NotAllowed
from campaigns.facts import agreed_to
from campaigns.history import History, all_numbers, past_attempt, past_call, past_calls
from campaigns.limits import PastCall
from campaigns.model import PastAttempt
from campaigns.proof import KeptRules
from campaigns.rejudging import (
    PastDecision,
    Rejudged,
    Rules,
    attempts_as_they_stood,
    calls_as_they_stood,
    moment_of,
    placing_in,
    rejudge,
)
from campaigns.store import StoredCampaign
from campaigns.tables import attempts
from leads.listings import listings
from leads.model import Suppression, e164_of
from leads.sql import among, in_chunks
from leads.suppression import applied

_Row = Row[*tuple[Any, ...]]
_DAY = timedelta(days=1)


def audit(
    connection: Connection,
    stored: StoredCampaign,
    *,
    first: date | None,
    last: date | None,
    progress: Callable[[float], None] = lambda _: None,
) -> Audit:
    """Judge every attempt of a campaign again, and measure its abandoned calls.

    Args:
        connection: to the base.
        stored: the campaign.
        first: the first day, in UTC, on which attempts were dialed; None for all. Shares are
            of whole periods, those that reach into the days.
        last: the last day, itself included; None for all.
        progress: told which share of the work is done.
    """
    kept = KeptRules(connection, stored.campaign.name)
    found = Audit()
    ids = _ids(connection, stored, first, last)
    answered = answered_ids(connection, stored)
    work = (len(ids) + len(answered)) or 1
    for chunk in in_chunks(ids):
        for row, judged in _rejudged(connection, stored, chunk, kept):
            _note(found, row, judged)
        progress(found.attempts / work)
    found.abandonment, found.not_measured = measured(
        connection,
        stored.id,
        answered,
        kept,
        days=(first, last),
        progress=lambda done: progress((len(ids) + done) / work),
    )
    return found


def _note(found: Audit, row: _Row, judged: Rejudged | str) -> None:
    found.attempts += 1
    if isinstance(judged, str):
        found.not_judged[judged] += 1
        return
    found.unknown.update(judged.unknown)
    if not judged.refusals:
        found.allowed += 1
        return
    found.not_allowed.append(
        NotAllowed(
            attempt_id=row.id,
            lead_id=row.lead_id,
            mode=row.mode,
            dialed_at=row.dialed_at,
            judged_at=moment_of(row.dialed_at, row.mode, row.decision),
            rule_set=row.rule_set,
            refusals=judged.refusals,
        )
    )


def _ids(
    connection: Connection, stored: StoredCampaign, first: date | None, last: date | None
) -> Sequence[int]:
    query = select(attempts.c.id).where(attempts.c.campaign_id == stored.id)
    if first is not None:
        query = query.where(attempts.c.dialed_at >= datetime.combine(first, time.min, UTC))
    if last is not None:
        query = query.where(attempts.c.dialed_at < datetime.combine(last + _DAY, time.min, UTC))
    return connection.scalars(query.order_by(attempts.c.dialed_at, attempts.c.id)).all()


def _rejudged(
    connection: Connection, stored: StoredCampaign, ids: Sequence[int], kept: KeptRules
) -> Iterator[tuple[_Row, Rejudged | str]]:
    """Yield some attempts, each with what the gates say of it now."""
    rows = connection.execute(ATTEMPTS.where(among(connection, attempts.c.id, ids))).all()
    rules_of = [kept.named(row.rule_set) for row in rows]
    lead_ids = sorted({row.lead_id for row in rows})
    numbers_of = all_numbers(connection, lead_ids)
    called = {row.number_id for row in rows if row.number_id is not None}
    history = past_calls(
        connection,
        lead_ids=lead_ids,
        number_ids=called.union(*numbers_of.values()),
    )
    listed = listings(connection, sorted(called))
    agreed = agreed_to(connection, _consent_kinds(rows, rules_of), lead_ids)
    moments = [moment_of(row.dialed_at, row.mode, row.decision) for row in rows]
    wished = _wishes(connection, rows, moments, rules_of)
    for row, rules, moment, wish in zip(rows, rules_of, moments, wished, strict=True):
        if isinstance(rules, str):
            yield row, rules
            continue
        calls, earlier = _before(row, moment, rules, history, numbers_of, stored.id)
        past = PastDecision(
            lead_id=row.lead_id,
            number_id=row.number_id,
            line=row.kind or "",
            judged_at=moment,
            decision=row.decision,
            suppression=wish,
            listings=listed.get(row.number_id, ()),
            consents=agreed.get(row.lead_id, ()),
            calls=calls,
            attempts=earlier,
            numbers=max(1, len(numbers_of[row.lead_id])),
        )
        yield row, rejudge(past, rules)


def _before(
    row: _Row,
    moment: datetime,
    rules: Rules,
    history: History,
    numbers_of: Mapping[int, Sequence[int]],
    campaign_id: int,
) -> tuple[tuple[PastCall, ...], tuple[PastAttempt, ...]]:
    """Return the seller's calls and the campaign's ended attempts before a moment."""
    theirs = numbers_of[row.lead_id]
    called = () if row.number_id is None else (row.number_id,)
    calls = [
        past_call(one)
        for one in _earlier(row, moment, history.rows(row.lead_id, called))
        if one.seller == rules.campaign.seller
    ]
    ended = [
        (past_attempt(one, theirs), one.wrapped_at)
        for one in _earlier(row, moment, history.rows(row.lead_id, {*theirs, *called}))
        if one.campaign_id == campaign_id and one.ended_at is not None
    ]
    return calls_as_they_stood(calls, moment), attempts_as_they_stood(ended, moment)


def _earlier(row: _Row, moment: datetime, rows: Iterable[_Row]) -> Iterator[_Row]:
    for one in rows:
        if one.dialed_at <= moment and (one.dialed_at, one.id) < (row.dialed_at, row.id):
            yield one


def _consent_kinds(rows: Sequence[_Row], rules_of: Sequence[Rules | str]) -> set[str]:
    """Return the kinds of consent on which anything may depend in some attempts."""
    kinds: set[str] = set()
    for row, rules in zip(rows, rules_of, strict=True):
        placing = placing_in(row.decision)
        if placing is not None and not isinstance(rules, str):
            law = rules.laws.of(rules.campaign, placing, row.kind or "", row.dialed_at)
            kinds |= law.consent_kinds
    return kinds


def _wishes(
    connection: Connection,
    rows: Sequence[_Row],
    moments: Sequence[datetime],
    rules_of: Sequence[Rules | str],
) -> list[Suppression | None]:
    """Return for each attempt the do-not-call entry that reached it at its moment, or None."""
    found: list[Suppression | None] = [None] * len(rows)
    together: dict[tuple[str, str], list[int]] = {}
    for at, (row, rules) in enumerate(zip(rows, rules_of, strict=True)):
        if not isinstance(rules, str) and row.number_id is not None:
            asked = (rules.campaign.seller, rules.campaign.name)
            together.setdefault(asked, []).append(at)
    for (seller, campaign), places in together.items():
        people = [
            ((rows[at].lead_id, e164_of(rows[at].number_id), rows[at].name_key), moments[at])
            for at in places
        ]
        entries = applied(connection, people, seller=seller, campaign=campaign)
        for at, entry in zip(places, entries, strict=True):
            found[at] = entry
    return found
