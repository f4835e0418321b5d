"""Segments with everything they may ask: what is known of a lead, and what calls came to.

What calls came to is told over all campaigns of a person: how many attempts ended, how the
last one did, and what was said in the last talk. In the `where` of a campaign its own calls
do not count: whom it is for must not change with the first call that nobody answered, nor
with a callback that was promised in it.

All functions work inside the caller's transaction.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, not_, or_, select

from campaigns.model import Campaign, LeadState
from campaigns.tables import attempts, campaign_leads, campaigns
from leads.filters import (
    LEAD_FIELDS,
    Check,
    SqlField,
    Surroundings,
    attribute_names,
    of_lead,
)
from leads.filters import condition as lead_condition
from leads.problems import Problem, refuse
from leads.segment_tree import Compare, Kind, Known, Node, OneOf, Words, leaves, unknown_words
from leads.segments import parse
from leads.sql import in_chunks
from leads.tables import leads, lists

_last = attempts.alias("last_attempt")
_past = attempts.alias("past_attempt")
_enrolment = campaign_leads.alias("enrolment")
_later = campaign_leads.alias("later_enrolment")
_campaign = campaigns.alias("of_campaign")

_OWN_STATE = "it is what this filter decides; leave it out"


def condition(
    connection: Connection, text: str, *, now: datetime, campaign_id: int | None = None
) -> ColumnElement[bool]:
    """Return the condition on `leads` that the text of a segment means.

    Args:
        connection: to the base, for the names of attributes, lists and campaigns.
        text: as somebody wrote it.
        now: aware UTC, for "30 days ago".
        campaign_id: whose `state` is meant; None for that of the last campaign of each lead.

    Raises:
        UsageError: the text cannot be understood, or names what does not exist.
    """
    fields = _fields(campaign_id, own=False)
    node = parse(text)
    if isinstance(node, Problem):
        problems: tuple[Problem, ...] = (node,)
    else:
        problems = unknown_words(node, text, _words(connection, fields))
    refuse("the filter cannot be used", problems)
    assert not isinstance(node, Problem), "a problem was refused"
    return _condition(connection, node, fields, now=now)


def asked_about(text: str) -> tuple[str, ...]:
    """Return the fields that a segment looks at, without the values: those may name people."""
    node = parse(text)
    if isinstance(node, Problem):
        return ()
    fields = (leaf.of.word for leaf in leaves(node) if isinstance(leaf, Compare | OneOf | Known))
    return (*dict.fromkeys(fields),)


def problems_of(connection: Connection, campaign: Campaign) -> tuple[Problem, ...]:
    """Return what is wrong with the `where` of a campaign that is to be stored."""
    if campaign.where is None:
        return ()
    node = parse(campaign.where)
    if isinstance(node, Problem):
        return (inside_file(node),)
    known = _words(connection, _fields(None, own=True))
    words = Words(
        kinds={name: kind for name, kind in known.kinds.items() if name != "state"},
        attributes=known.attributes,
        lists=known.lists,
        campaigns=[name for name in known.campaigns if name != campaign.name],
        refused={"state": _OWN_STATE},
    )
    return tuple(map(inside_file, unknown_words(node, campaign.where, words)))


def inside_file(problem: Problem) -> Problem:
    """Return a problem of a segment as one of the campaign file that holds it."""
    return Problem(where=f"where, {problem.where}", why=problem.why)


def of_campaign(
    connection: Connection, campaign_id: int, campaign: Campaign, *, now: datetime
) -> ColumnElement[bool] | None:
    """Return the condition on `leads` that a campaign's `where` means, or None without one.

    A list, campaign or column that is gone since the campaign was stored is one that nobody
    is on, and is known of nobody.
    """
    if campaign.where is None:
        return None
    node = parse(campaign.where)
    assert not isinstance(node, Problem), "a stored campaign was read"
    return _condition(connection, node, _fields(campaign_id, own=True), now=now)


def matching(
    connection: Connection,
    campaign_id: int,
    campaign: Campaign,
    lead_ids: Collection[int],
    *,
    now: datetime,
) -> frozenset[int]:
    """Return which of some leads a campaign is for, with one query for all."""
    wanted = of_campaign(connection, campaign_id, campaign, now=now)
    if wanted is None:
        return frozenset(lead_ids)
    found: set[int] = set()
    for chunk in in_chunks(lead_ids):
        found.update(connection.scalars(select(leads.c.id).where(leads.c.id.in_(chunk), wanted)))
    return frozenset(found)


def count(connection: Connection, text: str, *, now: datetime) -> int:
    """Return how many leads a segment means.

    Raises:
        UsageError: the text cannot be understood, or names what does not exist.
    """
    wanted = condition(connection, text, now=now)
    return connection.scalar(select(func.count()).select_from(leads).where(wanted)) or 0


def _condition(
    connection: Connection, node: Node, fields: Mapping[str, SqlField], *, now: datetime
) -> ColumnElement[bool]:
    asked = [leaf.of for leaf in leaves(node) if isinstance(leaf, Compare | OneOf | Known)]
    # Only where one is asked for: this is done before every claim.
    of_files = any(of.quoted or of.word not in fields for of in asked)
    around = Surroundings(
        fields=fields,
        attributes=attribute_names(connection) if of_files else (),
        in_campaign=_in_campaign,
        now=now,
    )
    return lead_condition(node, around)


def _words(connection: Connection, fields: Mapping[str, SqlField]) -> Words:
    return Words(
        kinds={name: field.kind for name, field in fields.items()},
        attributes=attribute_names(connection),
        lists=connection.scalars(select(lists.c.name)).all(),
        campaigns=connection.scalars(select(campaigns.c.name)).all(),
    )


def _fields(campaign_id: int | None, *, own: bool) -> Mapping[str, SqlField]:
    """Return all fields; `own`: as the campaign itself asks, without its own calls."""
    past: list[ColumnElement[bool]] = [_past.c.lead_id == leads.c.id, _past.c.ended_at.is_not(None)]
    if own and campaign_id is not None:
        past.append(_past.c.campaign_id != campaign_id)
    made = select(func.count()).select_from(_past).where(*past).correlate(leads).scalar_subquery()
    ended = _latest(past)
    said = _latest([*past, _past.c.disposition.is_not(None)])
    reason = _last.c.disposition + ":" + _last.c.refusal_reason
    return {
        **LEAD_FIELDS,
        "attempts": SqlField(Kind.NUMBER, lambda check: check(made)),
        "last_attempt_at": SqlField(Kind.MOMENT, ended(_last.c.dialed_at)),
        "last_outcome": SqlField(Kind.TEXT, ended(_last.c.outcome)),
        "last_disposition": SqlField(Kind.TEXT, said(_last.c.disposition, reason)),
        "refusal_reason": SqlField(Kind.TEXT, said(_last.c.refusal_reason)),
        "state": SqlField(Kind.TEXT, lambda check: _state(check, campaign_id)),
    }


_Ask = Callable[[Check], ColumnElement[bool]]


def _latest(past: Iterable[ColumnElement[bool]]) -> Callable[..., _Ask]:
    """Return what makes a question about columns of the latest of some attempts."""
    latest = select(func.max(_past.c.id)).where(*past).correlate(leads).scalar_subquery()

    def of(*columns: ColumnElement[Any]) -> _Ask:
        return lambda check: of_lead(_last.c.id == latest, or_(*map(check, columns)))

    return of


def _state(check: Check, campaign_id: int | None) -> ColumnElement[bool]:
    if campaign_id is not None:
        which = _enrolment.c.campaign_id == campaign_id
    else:
        newest = select(func.max(_later.c.id)).where(_later.c.lead_id == leads.c.id)
        which = _enrolment.c.id == newest.correlate(leads).scalar_subquery()
    return of_lead(_enrolment.c.lead_id == leads.c.id, which, check(_enrolment.c.state))


def _in_campaign(name: str) -> ColumnElement[bool]:
    """Return the condition that a lead is enrolled, and not as one whom `where` left out."""
    left_out = and_(
        _enrolment.c.state == LeadState.DONE.value,
        func.coalesce(_enrolment.c.held_by, "") == "list",
        _enrolment.c.attempts == 0,
    )
    return of_lead(
        _enrolment.c.lead_id == leads.c.id,
        _campaign.c.id == _enrolment.c.campaign_id,
        _campaign.c.name == name,
        not_(left_out),
    )
