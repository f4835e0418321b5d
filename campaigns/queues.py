"""Queues: the people of a campaign who are called at the same hours, and speak one language.

Whoever may be in the same places, on the same clocks, may be called at the same moments. So the
hours are found out once for each such group and kept with it as a span: a claim looks only into
queues that are open now, and at nobody whose window is shut or whose language nobody speaks
who asks. There are as many queues as there are placings and languages in a campaign's lists, a
few hundred at most, whatever the number of people.

A queue keeps the strictest hours, those of people whom nothing spares from a rule: no consent,
no kind of line. Only where these never open does it keep those of whoever is spared.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    Connection,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    func,
    null,
    or_,
    select,
    update,
)

from campaigns.examining import GATES_OF_QUEUES, put_to_work
from campaigns.facts import WHEREABOUTS, whereabouts
from campaigns.law import ANY_LINE, Laws
from campaigns.legal_gates import GATE_OF_PLACE, holds_for_some, why_not_placed
from campaigns.model import CALLABLE_STATES, Campaign, LeadState
from campaigns.proof import keep_rules
from campaigns.rules.model import Place, Placing
from campaigns.store import StoredCampaign
from campaigns.tables import campaign_leads, campaigns, is_callable, queues
from campaigns.timetable import LOOK_AHEAD_DAYS
from leads.segment_values import number_in
from leads.sql import among, insert_if_new, run_many
from leads.tables import lead_numbers, leads, list_members, numbers

PLACE_AT_ONCE = 5_000
"""People who are placed in one transaction, some 0.2 s: nobody else can write meanwhile."""

_HIGHEST_PRIORITY = 9
_LAST_RANK = 2**62
_ORDERS = ("imported", "newest", "random")
"""Orders that ask nothing of the people's attributes."""
_GATE_OF_HOURS = "hours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Some people of a campaign.

    Attributes:
        language: theirs, ISO 639; empty where it is not known.
        opens_at: from when calls to them may begin; None where that is never.
        closes_at: the last moment at which they may.
    """

    id: int
    priority: int
    placing: Placing
    language: str
    opens_at: datetime | None
    closes_at: datetime | None
    held_by: str | None


def of_campaign(connection: Connection, campaign_id: int) -> tuple[Queue, ...]:
    """Return all queues of a campaign."""
    rows = connection.execute(select(queues).where(queues.c.campaign_id == campaign_id))
    return tuple(
        Queue(
            id=row.id,
            priority=row.priority,
            placing=read_placing(row.placing),
            language=row.language,
            opens_at=row.opens_at,
            closes_at=row.closes_at,
            held_by=row.held_by,
        )
        for row in rows
    )


def languages_of(connection: Connection, campaign_id: int) -> frozenset[str]:
    """Return the languages of a campaign's people; empty: it is not known of somebody."""
    theirs = select(queues.c.language).where(queues.c.campaign_id == campaign_id).distinct()
    return frozenset(connection.scalars(theirs))


def open_now(
    connection: Connection,
    campaign_id: int,
    *,
    now: datetime,
    languages: frozenset[str] | None = None,
    at_least: int | None = None,
) -> Sequence[tuple[int, ...]]:
    """Return the queues that are open: the highest priority first, then whichever closes first.

    Queues that differ by their language alone come together: their people are of one place and
    one urgency, and called in one order.

    Args:
        connection: to the base.
        campaign_id: whose.
        now: aware.
        languages: those that somebody speaks who asks. None: any will do.
        at_least: how many of the first are enough, where there are more. None: all.
    """
    asked = {"its_campaign": campaign_id, "now": now}
    some = connection.execute(_OPEN, asked | {"at_most": at_least or _NO_LIMIT}).all()
    if some and some[0].are_told:
        if len(some) == at_least:  # those that belong together may stand among the others
            some = connection.execute(_OPEN, asked | {"at_most": _NO_LIMIT}).all()
        alike = {row.id: (row.priority, row.placing) for row in connection.execute(_ALIKE, asked)}
        together: dict[object, list[int]] = {}
        for row in some:
            if is_spoken(row.language, languages):
                together.setdefault(alike[row.id], []).append(row.id)
        return [(*some,) for some in together.values()]
    return [(row.id,) for row in some]


def is_spoken(language: str, languages: frozenset[str] | None) -> bool:
    """Tell whether whoever speaks these languages may talk to people of one; empty: not known."""
    return languages is None or not language or language in languages


def refresh(connection: Connection, stored: StoredCampaign, laws: Laws, *, now: datetime) -> None:
    """Find out when each queue opens of which that is not known, or not any more.

    A queue that does not open within the look-ahead is emptied: its people are held by the
    gate that keeps them, until other rules, or the days that pass, let it open. That is looked
    for now and then, and at once when somebody starts the campaign again or changes it.

    Nothing is done where somebody else does it just now, or starts or changes the campaign:
    nobody waits here for rows while holding others, and the gates judge by the present rules.
    """
    rule_set = laws.rule_set(stored.campaign)
    asked = {"its_campaign": stored.id, "now": now, "a_while_ago": now - _LOOK_AT_SHUT_AGAIN}
    look = connection.execute(_LOOK, asked).one()
    if look.rule_set == rule_set and not look.stale:
        return
    if look.rule_set != rule_set:
        keep_rules(connection, stored, laws, now=now)  # calls will name them
    if connection.scalar(_ALONE, asked) is None:
        return
    if look.rule_set != rule_set:
        # Other rules: nothing that was found out holds any more.
        connection.execute(
            update(queues).where(queues.c.campaign_id == stored.id).values(looked_at=None)
        )
        connection.execute(
            update(campaigns).where(campaigns.c.id == stored.id).values(rule_set=rule_set)
        )
    stale = connection.execute(select(queues).where(_STALE).order_by(queues.c.id), asked).all()
    # Once for each place: several languages are spoken there.
    spans = {
        placing: _span(stored.campaign, read_placing(placing), laws, now=now)
        for placing in {row.placing for row in stale}
    }
    found = [{"queue": row.id, **spans[row.placing]} for row in stale]
    run_many(connection, _FOUND_OUT, found)
    shut = {str(row["its_gate"]) for row in found if row["its_gate"]}
    for gate in shut:
        connection.execute(
            update(campaign_leads)
            .where(
                is_callable,
                among(
                    connection,
                    campaign_leads.c.queue_id,
                    [
                        row.id
                        for row, now_so in zip(stale, found, strict=True)
                        if now_so["its_gate"] == gate
                    ],
                ),
            )
            .values(state=LeadState.DONE, held_by=gate)
        )
    opened = [
        row.id
        for row, now_so in zip(stale, found, strict=True)
        if row.held_by and not now_so["its_gate"]
    ]
    if opened:
        put_to_work(
            connection,
            campaign_leads.c.campaign_id == stored.id,
            campaign_leads.c.held_by.in_(GATES_OF_QUEUES),
            among(connection, campaign_leads.c.queue_id, opened),
        )


_LOOK_AT_SHUT_AGAIN = timedelta(hours=1)
_NOW = bindparam("now", type_=queues.c.closes_at.type)
_STALE = and_(
    queues.c.campaign_id == bindparam("its_campaign", type_=queues.c.campaign_id.type),
    or_(
        queues.c.looked_at.is_(None),
        queues.c.closes_at < _NOW,
        queues.c.looked_at > _NOW,
        and_(
            queues.c.held_by.is_not(None),
            queues.c.looked_at < bindparam("a_while_ago", type_=queues.c.looked_at.type),
        ),
    ),
)
_LOOK = select(
    campaigns.c.rule_set, exists(select(queues.c.id).where(_STALE)).label("stale")
).where(campaigns.c.id == bindparam("its_campaign", type_=queues.c.campaign_id.type))
_ALONE = (
    select(campaigns.c.id)
    .where(campaigns.c.id == bindparam("its_campaign", type_=campaigns.c.id.type))
    .with_for_update(key_share=True, skip_locked=True)
)

_NO_LIMIT = 2**31 - 1
_told = queues.alias("told")
_OPEN = (
    select(
        queues.c.id,
        queues.c.language,
        exists(
            select(_told.c.id).where(
                _told.c.campaign_id == bindparam("its_campaign"), _told.c.language != ""
            )
        ).label("are_told"),
    )
    .where(
        queues.c.campaign_id == bindparam("its_campaign", type_=queues.c.campaign_id.type),
        queues.c.opens_at <= _NOW,
        queues.c.closes_at >= _NOW,
    )
    .order_by(queues.c.priority.desc(), queues.c.closes_at, queues.c.id)
    .limit(bindparam("at_most", type_=Integer))
)
_ALIKE = select(queues.c.id, queues.c.priority, queues.c.placing).where(
    queues.c.campaign_id == bindparam("its_campaign", type_=queues.c.campaign_id.type)
)

_FOUND_OUT = (
    update(queues)
    .where(queues.c.id == bindparam("queue"))
    .values(
        opens_at=bindparam("its_opening"),
        closes_at=bindparam("its_closing"),
        held_by=bindparam("its_gate"),
        looked_at=bindparam("its_look"),
    )
)


def _span(campaign: Campaign, placing: Placing, laws: Laws, *, now: datetime) -> dict[str, object]:
    law = laws.of(campaign, placing, ANY_LINE, now)
    opens_at = closes_at = None
    gate: str | None = None
    if any(True for _ in why_not_placed(campaign, law)):
        gate = GATE_OF_PLACE
    elif not law.clauses or not placing.zones:
        opens_at, closes_at = now, now + timedelta(days=LOOK_AHEAD_DAYS)
    else:
        # Where nobody whom every rule binds may ever be called, those whom one spares are asked.
        spare = frozenset(rule.id for rule in law.rules if holds_for_some(rule))
        span = law.timetable().span(now) or law.timetable(spare).span(now)
        if span is None:
            gate = _GATE_OF_HOURS
        else:
            opens_at = span.opens_at
            closes_at = span.closes_at or now + timedelta(days=LOOK_AHEAD_DAYS)
    return {"its_opening": opens_at, "its_closing": closes_at, "its_gate": gate, "its_look": now}


# -- who is in which queue ------------------------------------------------------------------


def place_some(connection: Connection, stored: StoredCampaign, laws: Laws, *, now: datetime) -> int:
    """Find the queues of some people who are in none; return how many there were."""
    rows = connection.execute(
        _people(stored)
        .where(is_callable, campaign_leads.c.queue_id.is_(None))
        .order_by(campaign_leads.c.id)
        .limit(PLACE_AT_ONCE)
    ).all()
    _place(connection, stored, laws, rows, now=now)
    return len(rows)


def count_unplaced(connection: Connection, campaign_id: int) -> int:
    """Return how many people who may be called are in no queue yet."""
    return connection.scalars(
        select(func.count())
        .select_from(campaign_leads)
        .where(
            campaign_leads.c.campaign_id == campaign_id,
            is_callable,
            campaign_leads.c.queue_id.is_(None),
        )
    ).one()


def place_again(
    connection: Connection,
    stored: StoredCampaign,
    laws: Laws,
    *,
    after_lead_id: int,
    last: int | None,
    now: datetime,
) -> None:
    """Find the queues of a slice of leads anew: an address or a rule may be another one."""
    query = _people(stored).where(is_callable, campaign_leads.c.queue_id.is_not(None))
    # Of every table by itself: PostgreSQL reads a whole one that is only joined to a slice.
    for lead_id in (campaign_leads.c.lead_id, lead_numbers.c.lead_id, leads.c.id):
        query = query.where(lead_id > after_lead_id)
        if last is not None:
            query = query.where(lead_id <= last)
    # In one order, that of `place_some`: two who place the same people wait in it.
    query = query.order_by(campaign_leads.c.id)
    _place(connection, stored, laws, connection.execute(query).all(), now=now)


def _people(stored: StoredCampaign) -> Select[tuple[object, ...]]:
    return (
        select(
            campaign_leads.c.id.label("row_id"),
            campaign_leads.c.queue_id,
            campaign_leads.c.rank,
            list_members.c.import_id,
            leads.c.language,
            (leads.c.attributes if _asks_attributes(stored.campaign) else null()).label(
                "attributes"
            ),
            *WHEREABOUTS,
        )
        .join(
            lead_numbers,
            (lead_numbers.c.lead_id == campaign_leads.c.lead_id)
            & (lead_numbers.c.position == campaign_leads.c.position),
        )
        .join(numbers, numbers.c.id == lead_numbers.c.number_id)
        .join(leads, leads.c.id == campaign_leads.c.lead_id)
        .outerjoin(
            list_members,
            (list_members.c.lead_id == campaign_leads.c.lead_id)
            & (list_members.c.list_id == campaign_leads.c.list_id),
        )
        .where(campaign_leads.c.campaign_id == stored.id)
    )


def _place(
    connection: Connection,
    stored: StoredCampaign,
    laws: Laws,
    rows: Sequence[Row[tuple[object, ...]]],
    *,
    now: datetime,
) -> None:
    wanted = {
        row.row_id: (
            _priority(stored.campaign, row.attributes),
            laws.placing(whereabouts(row)),
            row.language or "",
        )
        for row in rows
    }
    ids = _ids(connection, stored, laws, set(wanted.values()), now=now)
    moved: dict[str | None, list[dict[str, object]]] = {}
    for row in rows:
        queue_id, gate = ids[wanted[row.row_id]]
        rank = _rank(stored.campaign, row)
        if (row.queue_id, row.rank) != (queue_id, rank) or gate is not None:
            to = {"row": row.row_id, "queue": queue_id, "its_rank": rank}
            moved.setdefault(gate, []).append(to)
    for gate, people in moved.items():
        held = {} if gate is None else {"state": LeadState.DONE, "held_by": gate}
        run_many(connection, _MOVE.values(**held), people)


_MOVE = (
    update(campaign_leads)
    # Somebody may have taken them out of the work since they were read, for good.
    .where(
        campaign_leads.c.id == bindparam("row"),
        or_(*(campaign_leads.c.state == state for state in CALLABLE_STATES)),
    )
    .values(queue_id=bindparam("queue"), rank=bindparam("its_rank"))
)


def _ids(
    connection: Connection,
    stored: StoredCampaign,
    laws: Laws,
    wanted: Iterable[tuple[int, Placing, str]],
    *,
    now: datetime,
) -> dict[tuple[int, Placing, str], tuple[int, str | None]]:
    """Return the id of each queue, and the gate that keeps its people out; new ones are made."""
    written = {one: (one[0], write_placing(one[1]), one[2]) for one in wanted}

    def known() -> dict[tuple[int, str, str], tuple[int, str | None]]:
        rows = connection.execute(select(queues).where(queues.c.campaign_id == stored.id))
        return {(row.priority, row.placing, row.language): (row.id, row.held_by) for row in rows}

    found = known()
    if missing := sorted({*written.values()} - found.keys()):
        connection.execute(
            insert_if_new(connection, queues),
            [
                {
                    "campaign_id": stored.id,
                    "priority": priority,
                    "placing": placing,
                    "language": language,
                }
                for priority, placing, language in missing
            ],
        )
        refresh(connection, stored, laws, now=now)
        found = known()
    return {one: found[name] for one, name in written.items()}


def _asks_attributes(campaign: Campaign) -> bool:
    return bool(campaign.queue.priority) or campaign.queue.by not in _ORDERS


def _priority(campaign: Campaign, attributes: Mapping[str, str] | None) -> int:
    if not campaign.queue.priority or attributes is None:
        return 0
    number = number_in(attributes.get(campaign.queue.priority))
    return 0 if number is None else min(max(int(number), 0), _HIGHEST_PRIORITY)


def _rank(campaign: Campaign, row: Row[tuple[object, ...]]) -> int:
    """Return where somebody stands in the manager's order: the lowest is called first."""
    match campaign.queue.by:
        case "imported":
            return 0
        case "newest":
            return -(row.import_id or 0)
        case "random":
            # The same for as long as they are enrolled, and unlike any order in a file.
            return int(row.row_id * 2_654_435_761 % 2**32)
        case by:
            highest_first = by.startswith("-")
            number = number_in(row.attributes.get(by.removeprefix("-")))
            if number is None:
                return _LAST_RANK
            scaled = round(min(max(number, -1e12), 1e12) * 1000)
            return -scaled if highest_first else scaled


def write_placing(placing: Placing) -> str:
    """Return a placing as the text by which a queue is known."""
    places = [[place.country, place.subdivision] for place in placing.places]
    return json.dumps([placing.zones, places], separators=(",", ":"))


def read_placing(text: str) -> Placing:
    """Return the placing that a queue was made for."""
    zones, places = json.loads(text)
    return Placing(zones=(*zones,), places=tuple(Place(*place) for place in places))
