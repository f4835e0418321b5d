"""What the ledger says of who answers: calls to learn from, and what is known of the next ones.

The calls of a campaign are read in slices, each in a snapshot of its own and with a rest after
it, so that whoever dials meanwhile hardly notices.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, Row, func, or_, select

from campaigns.chances import Chances, Examples, Levels, last_word, levels, was_answered
from campaigns.claims import Claim
from campaigns.model import DialMode, DispositionKind, Outcome
from campaigns.store import StoredCampaign
from campaigns.tables import attempts, campaign_leads, campaign_lists
from leads.db import reading
from leads.sql import among
from leads.tables import leads, numbers

MOST = 100_000
"""Calls of the campaign from which is learned; the last ones."""

_NEW = 5_000
"""With fewer of its own, those of the same lists or the same seller are taken besides."""
_LOOK_BACK = 4 * MOST
"""Attempts of the whole base that are looked through at most."""
_SLICE = 1_000


@dataclass(frozen=True, slots=True)
class _Seen:
    """A call that has ended, as the ledger has it."""

    campaign_id: int
    lead_id: int
    list_id: int
    tries: int
    dialed_at: datetime
    outcome: Outcome
    disposition: DispositionKind | None
    line: str
    zone: str


def learn(base: Engine, stored: StoredCampaign, rest: Callable[[], None]) -> Chances | None:
    """Return how likely the people of a campaign are to answer, or None: too little is known.

    Args:
        base: is read only.
        stored: the campaign.
        rest: is called between slices of the work.
    """
    own, related = _read(base, stored, rest)
    examples = Examples()
    _take_in(examples, own, "", rest)
    if len(examples) < _NEW:
        _take_in(examples, related, None, rest)
    rest()
    return examples.fit()


def _read(
    base: Engine, stored: StoredCampaign, rest: Callable[[], None]
) -> tuple[list[_Seen], list[_Seen]]:
    """Return the campaign's calls and those related to it, the oldest first."""
    own: list[_Seen] = []
    related: list[_Seen] = []
    with reading(base) as connection:
        last = connection.scalar(select(func.max(attempts.c.id))) or 0
        lists = connection.scalars(
            select(campaign_lists.c.list_id).where(campaign_lists.c.campaign_id == stored.id)
        ).all()
    of_interest = or_(
        attempts.c.campaign_id == stored.id,
        attempts.c.seller == stored.campaign.seller,
        attempts.c.list_id.in_(lists),
    )
    for above in range(last - _SLICE, max(-_SLICE, last - _LOOK_BACK), -_SLICE):
        with reading(base) as connection:
            rows = connection.execute(
                _CALLS.where(
                    attempts.c.id > above, attempts.c.id <= above + _SLICE, of_interest
                ).order_by(attempts.c.id.desc())
            ).all()
        for row in rows:
            (own if row.campaign_id == stored.id else related).append(_seen(row))
        if len(own) >= MOST:
            break
        del related[MOST:]
        rest()
    return own[:MOST][::-1], related[::-1]


_ZONES = (leads.c.told_zone, leads.c.zone, numbers.c.zones)
_CALLS = (
    select(
        attempts.c.campaign_id,
        attempts.c.lead_id,
        attempts.c.list_id,
        attempts.c.attempt_no,
        attempts.c.dialed_at,
        attempts.c.outcome,
        attempts.c.disposition_kind,
        numbers.c.kind,
        *_ZONES,
    )
    .join(leads, leads.c.id == attempts.c.lead_id)
    .join(numbers, numbers.c.id == attempts.c.number_id)
    .where(attempts.c.ended_at.is_not(None), attempts.c.mode != DialMode.MANUAL)
)


def _seen(row: Row[*tuple[Any, ...]]) -> _Seen:
    return _Seen(
        row.campaign_id,
        row.lead_id,
        row.list_id,
        row.attempt_no - 1,
        row.dialed_at,
        Outcome(row.outcome),
        row.disposition_kind and DispositionKind(row.disposition_kind),
        row.kind,
        clock_of(row.told_zone, row.zone, row.zones),
    )


def clock_of(told: str | None, zone: str | None, of_number: Sequence[str]) -> str:
    """Return the zone on whose clock a person lives, as far as is known; UTC where nothing is."""
    return told or zone or (of_number[0] if of_number else "UTC")


def _take_in(
    examples: Examples, calls: Sequence[_Seen], source: str | None, rest: Callable[[], None]
) -> None:
    """Make examples of calls, the oldest first; `source` None: the campaign of each."""
    before: dict[tuple[int, int], _Seen] = {}
    zones: dict[str, ZoneInfo] = {}
    for at, call in enumerate(calls):
        if at % _SLICE == 0:
            rest()
        if call.zone not in zones:
            zones[call.zone] = ZoneInfo(call.zone)
        clock = zones[call.zone]
        whose = (call.campaign_id, call.lead_id)
        earlier = before.get(whose)
        before[whose] = call
        answered = was_answered(call.outcome)
        if answered is None:
            continue
        last = None if call.tries else ""
        if earlier is not None:
            last = last_word(earlier.outcome, earlier.disposition)
        example = levels(
            call.dialed_at.astimezone(clock),
            tries=call.tries,
            last=last,
            last_local=None if earlier is None else earlier.dialed_at.astimezone(clock),
            line=call.line,
            list_id=call.list_id,
            source=str(call.campaign_id) if source is None else source,
        )
        examples.add(example, answered=answered)


def chances_of(
    connection: Connection, model: Chances | None, taken: Sequence[Claim], *, now: datetime
) -> list[float | None]:
    """Return how likely people who are claimed are to answer; None where nobody knows."""
    if model is None or not taken:
        return [None] * len(taken)
    before: dict[tuple[int, int], Row[*tuple[Any, ...]]] = {
        (row.id, row.attempt_no): row
        for row in connection.execute(
            select(
                campaign_leads.c.id,
                attempts.c.attempt_no,
                attempts.c.dialed_at,
                attempts.c.outcome,
                attempts.c.disposition_kind,
            )
            .join(
                attempts,
                (attempts.c.lead_id == campaign_leads.c.lead_id)
                & (attempts.c.campaign_id == campaign_leads.c.campaign_id),
            )
            .where(among(connection, campaign_leads.c.id, [one.person.row_id for one in taken]))
        )
    }
    return [
        model.of(_levels_of(one, before.get((one.person.row_id, one.attempt_no - 1)), now))
        for one in taken
    ]


def _levels_of(claim: Claim, before: Row[*tuple[Any, ...]] | None, now: datetime) -> Levels:
    """Return what is known of a call that is about to be placed, and of the one `before`."""
    person = claim.person
    where = person.whereabouts
    clock = ZoneInfo(clock_of(where.told_zone, where.zone, where.number_zones))
    last, last_at = last_word(None, None), None
    if before is not None:
        kind = before.disposition_kind and DispositionKind(before.disposition_kind)
        last = last_word(before.outcome and Outcome(before.outcome), kind)
        last_at = before.dialed_at.astimezone(clock)
    return levels(
        now.astimezone(clock),
        tries=claim.attempt_no - 1,
        last=last,
        last_local=last_at,
        line=person.line,
        list_id=person.list_id,
    )
