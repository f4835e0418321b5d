"""The people of a campaign by everything that decides when they can be called, counted.

One statement groups them in the base: a million people are a few thousand groups. What a
gate asks of a person is one column here; what it makes of that is the gate's own matter.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    Subquery,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    select,
)

from campaigns import segment
from campaigns.examining import HELD_BY_GATES
from campaigns.forecast_consents import Agreed, agreements
from campaigns.rules.placing import Whereabouts
from campaigns.store import StoredCampaign, in_use
from campaigns.tables import AT_ONCE, campaign_leads, campaign_lists, is_callable
from leads.db import UtcDateTime
from leads.listings import current
from leads.model import NumberId, Registry, SuppressionKind, SuppressionScope
from leads.phone import AREA_CODE_DIGITS
from leads.suppression import reaches
from leads.tables import (
    consents,
    lead_numbers,
    leads,
    list_members,
    lists,
    numbers,
    registry_verdicts,
    suppressions,
)

_FOREVER = 10**7
"""The day on which a list expires that never does, as a number above all days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Some people of whom all that decides is the same.

    Attributes:
        queue_id: theirs; None: it has to be found from `whereabouts`.
        line: the kind of their number; None: they have none.
        due_at: before it they are not called, aware; None: they wait for nothing.
        held_by: who set `due_at`.
        out_by: the gate that took them out of the work, or None: they are in it.
        list_until: from then on no list of theirs is in use, aware; None: that never comes.
        on_list: a list of theirs is in use now.
        meant: the campaign's `where` means them.
        do_not_call: the scope of the wish that keeps them from being called, or None.
        listed: for each register in force 1, 0 or, where that is not known, None.
        agreed: kind of consent -> how they agreed.
    """

    people: int
    queue_id: int | None
    whereabouts: Whereabouts | None
    line: str | None
    due_at: datetime | None
    held_by: str | None
    out_by: str | None
    list_until: datetime | None
    on_list: bool
    meant: bool
    do_not_call: str | None
    listed: tuple[int | None, ...]
    agreed: tuple[Agreed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of everybody.

    Attributes:
        registries: the versions in force.
        kinds: the kinds of consents that anybody gave, each with the dates that matter: a
            consent given from then on still counts for one more rule.
    """

    registries: tuple[Registry, ...]
    kinds: Mapping[str, tuple[datetime, ...]]


def registries_and_kinds(connection: Connection) -> tuple[tuple[Registry, ...], tuple[str, ...]]:
    """Return the registers in force, and the kinds of consents that there are."""
    kinds = connection.scalars(select(consents.c.kind).distinct().order_by(consents.c.kind))
    return current(connection), (*kinds,)


def judged(
    connection: Connection, stored: StoredCampaign, asked: Asked, *, now: datetime, end: datetime
) -> Iterator[Alike]:
    """Yield the people in the work, those not enrolled yet, and those whom a gate took out."""
    enrolled = select(
        *(campaign_leads.c[name] for name in _PERSON), campaign_leads.c.next_call_at
    ).where(campaign_leads.c.campaign_id == stored.id)
    at_work = enrolled.add_columns(literal(None, Text).label("out_by")).where(is_callable)
    kept_out = enrolled.add_columns(campaign_leads.c.held_by.label("out_by")).where(_kept_out)
    has_queue = campaign_leads.c.queue_id.is_not(None)
    for people, placed in (
        (at_work.where(has_queue), True),
        (at_work.where(~has_queue), False),
        (kept_out.where(has_queue), True),
        (kept_out.where(~has_queue), False),
        (newcomers(stored), False),
    ):
        query = _Query(connection, stored, asked, people.subquery("person"), now=now, end=end)
        for row in connection.execute(query.counted(placed=placed)):
            yield query.read(row, placed=placed)


_kept_out = and_(~is_callable, campaign_leads.c.held_by.in_(HELD_BY_GATES))
_PERSON = ("lead_id", "list_id", "queue_id", "position", "came_from", "held_by")


def newcomers(stored: StoredCampaign) -> Select[Any]:
    """Return those who came onto the lists since people were last enrolled."""
    known = exists(
        select(campaign_leads.c.id).where(
            campaign_leads.c.campaign_id == stored.id,
            campaign_leads.c.lead_id == list_members.c.lead_id,
        )
    )
    return (
        select(
            list_members.c.lead_id,
            func.min(list_members.c.list_id).label("list_id"),
            literal(None, Integer).label("queue_id"),
            literal(1).label("position"),
            literal(None, Integer).label("came_from"),
            literal(None, Text).label("held_by"),
            literal(AT_ONCE, UtcDateTime).label("next_call_at"),
            literal(None, Text).label("out_by"),
        )
        .join(campaign_lists, campaign_lists.c.list_id == list_members.c.list_id)
        .where(
            campaign_lists.c.campaign_id == stored.id,
            list_members.c.import_id > campaign_lists.c.enrolled_to,
            ~known,
        )
        .group_by(list_members.c.lead_id)
    )


def not_judged(connection: Connection, stored: StoredCampaign) -> Sequence[Row[Any]]:
    """Return who is in a call, or out of the work by a result: state, held_by, people."""
    groups = (campaign_leads.c.state, campaign_leads.c.held_by)
    by_gate = func.coalesce(campaign_leads.c.held_by, "").in_(HELD_BY_GATES)
    return connection.execute(
        select(*groups, func.count().label("people"))
        .where(campaign_leads.c.campaign_id == stored.id, ~is_callable, ~by_gate)
        .group_by(*groups)
    ).all()


class _Query:
    """The statement that groups some people, and the reader of its rows."""

    def __init__(
        self,
        connection: Connection,
        stored: StoredCampaign,
        asked: Asked,
        person: Subquery,
        *,
        now: datetime,
        end: datetime,
    ) -> None:
        self._connection = connection
        self._stored = stored
        self._asked = asked
        self._person = person
        self._now = now
        self._end = end

    def counted(self, *, placed: bool) -> Select[Any]:
        person = self._person.c
        agreed = agreements(self._asked.kinds, now=self._now) if self._asked.kinds else None
        facts = [*self._work(), *self._lists(), *self._marks(agreed)]
        if placed:
            facts.append(person.queue_id.label("queue_id"))
        else:
            facts += [numbers.c.id.label("number_id"), *_PLACE]
        query = select(*facts).select_from(self._person)
        if self._meant is not None or not placed:
            query = query.join(leads, leads.c.id == person.lead_id)
        of_person = and_(
            lead_numbers.c.lead_id == person.lead_id, lead_numbers.c.position == person.position
        )
        query = query.outerjoin(lead_numbers, of_person).outerjoin(
            numbers, numbers.c.id == lead_numbers.c.number_id
        )
        for wish, about in self._wishes:
            query = query.outerjoin(wish, wish.c.subject == about)
        for registry, verdict in zip(self._asked.registries, self._verdicts, strict=True):
            of_number = and_(
                verdict.c.number_id == numbers.c.id,
                verdict.c.registry_id == registry.registry_id,
            )
            query = query.outerjoin(verdict, of_number)
        if agreed is not None:
            query = query.outerjoin(agreed, agreed.c.lead_id == person.lead_id)
        each = query.subquery("each_person")
        alike = [column for column in each.c if column.name != "number_id"]
        number = [] if placed else [func.min(each.c.number_id).label("number_id")]
        return select(*alike, *number, func.count().label("people")).group_by(*alike)

    def _work(self) -> list[ColumnElement[Any]]:
        person = self._person.c
        waits = person.next_call_at > self._now
        # Whoever waits for longer than the period is as the others who do.
        late = (person.next_call_at > self._end, literal(self._end, UtcDateTime))
        return [
            case(late, (waits, person.next_call_at)).label("due_at"),
            case((waits, person.held_by)).label("held_by"),
            person.out_by.label("out_by"),
            numbers.c.kind.label("line"),
        ]

    def _lists(self) -> list[ColumnElement[Any]]:
        person = self._person.c
        rows = self._connection.execute(
            select(lists.c.id, lists.c.expires_on, campaign_lists.c.campaign_id)
            .outerjoin(
                campaign_lists,
                and_(
                    campaign_lists.c.list_id == lists.c.id,
                    campaign_lists.c.campaign_id == self._stored.id,
                ),
            )
            .where(in_use(self._now))
        ).all()
        last_day = {
            row.id: _FOREVER if row.expires_on is None else row.expires_on.toordinal()
            for row in rows
        }
        ours = {row.id: last_day[row.id] for row in rows if row.campaign_id is not None}
        found: list[ColumnElement[Any]] = [
            (_longest(ours, person.lead_id) if ours else null()).label("member_until")
        ]
        # Whom another campaign has sent is on a list of that one.
        sent = and_(person.came_from.is_not(None), literal(bool(last_day)))
        sent_until = case(last_day, value=person.list_id) if last_day else null()
        found.append(case((sent, sent_until)).label("sent_until"))
        return found

    def _marks(self, agreed: Subquery | None) -> list[ColumnElement[Any]]:
        campaign = self._stored.campaign
        self._meant = segment.of_campaign(
            self._connection, self._stored.id, campaign, now=self._now
        )
        meant = self._meant
        self._verdicts = [
            registry_verdicts.alias(f"verdict_{n}") for n in range(len(self._asked.registries))
        ]
        marks: list[ColumnElement[Any]] = [
            (literal(1) if meant is None else case((meant, 1), else_=0)).label("meant"),
            self._wish().label("do_not_call"),
        ]
        marks += [one.c.listed.label(f"listed_{n}") for n, one in enumerate(self._verdicts)]
        if agreed is not None:
            marks += [
                func.coalesce(agreed.c[f"{what}_{n}"], 0).label(f"{what}_{n}")
                for n in range(len(self._asked.kinds))
                for what in ("level", "dates")
            ]
        return marks

    def _wish(self) -> ColumnElement[Any]:
        """Return the scope of the oldest wish of a readable kind that concerns somebody."""
        campaign = self._stored.campaign
        reach = reaches(seller=campaign.seller, campaign=campaign.name)
        in_force = and_(suppressions.c.removed_at.is_(None), reach)
        about = {
            SuppressionKind.NUMBER: numbers.c.e164,
            SuppressionKind.LEAD: cast(self._person.c.lead_id, Text),
        }
        kinds = self._connection.scalars(select(suppressions.c.kind).where(in_force).distinct())
        there = {SuppressionKind(kind) for kind in kinds}
        self._wishes = [
            (_oldest_wishes(kind, in_force), whom) for kind, whom in about.items() if kind in there
        ]
        oldest: list[ColumnElement[Any]] = [wish.c.age for wish, _ in self._wishes]
        if SuppressionKind.PREFIX in there:
            oldest.append(self._oldest_prefix(in_force))
        if not oldest:
            return literal(None, Integer)
        # SQLite and PostgreSQL have no one name for the least of several values.
        first: ColumnElement[Any] = func.coalesce(oldest[0], _NO_WISH)
        for other in oldest[1:]:
            first = case((other < first, other), else_=first)
        return first % _SCOPES

    def _oldest_prefix(self, in_force: ColumnElement[bool]) -> ColumnElement[Any]:
        of_prefix = and_(in_force, suppressions.c.kind == SuppressionKind.PREFIX.value)
        prefixes = self._connection.scalars(select(suppressions.c.subject).where(of_prefix))
        heads = [
            func.substr(numbers.c.e164, 1, length)
            for length in sorted({len(prefix) for prefix in prefixes})
        ]
        return (
            select(func.min(_AGE))
            .where(of_prefix, suppressions.c.subject.in_(heads))
            .correlate(numbers)
            .scalar_subquery()
        )

    def read(self, row: Row[Any], *, placed: bool) -> Alike:
        values = row._mapping
        until = max((row.member_until or 0, row.sent_until or 0))
        return Alike(
            people=row.people,
            queue_id=row.queue_id if placed else None,
            whereabouts=None if placed or row.number_id is None else _whereabouts(row),
            line=row.line,
            due_at=row.due_at,
            held_by=row.held_by,
            out_by=row.out_by,
            list_until=None if until in (0, _FOREVER) else _midnight(until),
            on_list=until > 0,
            meant=bool(row.meant),
            do_not_call=_SCOPE_OF.get(row.do_not_call),
            listed=tuple(values[f"listed_{n}"] for n in range(len(self._asked.registries))),
            agreed=tuple(
                (values[f"level_{n}"], values[f"dates_{n}"]) for n in range(len(self._asked.kinds))
            ),
        )


_NO_WISH = 2**62
"""Younger than every wish, and of no scope."""

_SCOPE = {scope.value: number for number, scope in enumerate(SuppressionScope, start=1)}
_SCOPE_OF = {number: scope for scope, number in _SCOPE.items()}
_SCOPES = 4
_AGE = suppressions.c.id * _SCOPES + case(_SCOPE, value=suppressions.c.scope)
"""Orders wishes by their age, and tells the scope as its remainder."""


def _oldest_wishes(kind: SuppressionKind, in_force: ColumnElement[bool]) -> Subquery:
    """Return of everything that wishes of a kind are about the age of the oldest."""
    return (
        select(suppressions.c.subject, func.min(_AGE).label("age"))
        .where(in_force, suppressions.c.kind == kind.value)
        .group_by(suppressions.c.subject)
        .subquery(f"wish_{kind.value}")
    )


def _longest(last_day: Mapping[int, int], lead_id: ColumnElement[int]) -> ColumnElement[Any]:
    """Return the last day on which one of some lists is in use that a lead is on."""
    return (
        select(func.max(case(dict(last_day), value=list_members.c.list_id)))
        .where(list_members.c.lead_id == lead_id, list_members.c.list_id.in_([*last_day]))
        .scalar_subquery()
    )


_PLACE: tuple[ColumnElement[Any], ...] = (
    numbers.c.region,
    func.substr(numbers.c.e164, 2, 1 + AREA_CODE_DIGITS).label("area"),
    cast(numbers.c.zones, Text).label("number_zones"),
    leads.c.zone,
    leads.c.country,
    leads.c.subdivision,
    leads.c.told_zone,
    leads.c.told_country,
    leads.c.told_subdivision,
)
"""What `Whereabouts.place_key` is made of; PostgreSQL cannot compare JSON."""


def _whereabouts(row: Row[Any]) -> Whereabouts:
    return Whereabouts(
        number=NumberId(row.number_id),
        region=row.region,
        number_zones=(*json.loads(row.number_zones),),
        zone=row.zone,
        country=row.country,
        subdivision=row.subdivision,
        told_zone=row.told_zone,
        told_country=row.told_country,
        told_subdivision=row.told_subdivision,
    )


def _midnight(day: int) -> datetime:
    """Return the beginning of a day in UTC, on which a list expires."""
    return datetime.combine(date.fromordinal(day), time.min, UTC)
