"""Consents of a great many people at once, as far as the gates can tell them apart.

The gates ask of a kind whether a consent is in force, whether one has its proof, and whether
one was given lately enough. People of whom all that is the same are judged by one example.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, case, func, literal, or_, select

from campaigns.legal_gates import months_after
from leads.consent_rules import Consent
from leads.model import LeadId
from leads.tables import consents

Agreed = tuple[int, int]
"""Of one kind: 0 none in force, 1 one, 2 one with its proof; and how many dates it passes."""

_TICK = timedelta(microseconds=1)
_LONG = timedelta(days=36_500)


def agreements(kinds: Mapping[str, tuple[datetime, ...]], *, now: datetime) -> Subquery:
    """Return for each lead how they agreed, in one pass over all consents.

    Args:
        kinds: of consents, each with the dates that a consent may pass, in order.
        now: aware.

    Returns:
        The columns lead_id and, for each kind by its place n, level_n and dates_n (`Agreed`).
    """
    ended = case((consents.c.withdrawn_at <= now, consents.c.withdrawn_at))
    given = (
        select(
            consents.c.lead_id,
            consents.c.kind,
            consents.c.given_at,
            consents.c.expires_at,
            consents.c.proof,
            func.max(ended)
            .over(partition_by=(consents.c.lead_id, consents.c.kind))
            .label("withdrawn"),
        )
        .where(consents.c.given_at <= now)
        .subquery("given")
    )
    # As `leads.consent_rules` says it: a withdrawal ends all that was given until then.
    counts = and_(
        or_(given.c.withdrawn.is_(None), given.c.given_at > given.c.withdrawn),
        or_(given.c.expires_at.is_(None), given.c.expires_at > now),
    )
    columns: list[ColumnElement[Any]] = []
    for n, (kind, dates) in enumerate(kinds.items()):
        of_kind = given.c.kind == kind
        level = case((given.c.proof.is_(None), 1), else_=2)
        passed = sum((case((given.c.given_at >= day, 1), else_=0) for day in dates), literal(0))
        columns.append(func.max(case((of_kind, level), else_=0)).label(f"level_{n}"))
        columns.append(func.max(case((of_kind, passed), else_=0)).label(f"dates_{n}"))
    return (
        select(given.c.lead_id, *columns).where(counts).group_by(given.c.lead_id).subquery("agreed")
    )


def still_counts(months: int, *, now: datetime) -> datetime:
    """Return the first moment from which so many months reach beyond now."""
    before, after = now - timedelta(days=31 * (months + 1)), now
    while after - before > _TICK:
        middle = before + (after - before) // 2
        if months_after(middle, months) > now:
            after = middle
        else:
            before = middle
    return after


def standing_for(
    kind: str, dates: tuple[datetime, ...], how: Agreed, *, now: datetime
) -> Iterator[Consent]:
    """Yield consents of which the gates say the same as of those that a group gave."""
    level, passed = how
    if level == 0:
        return
    long_ago = replace(_CONSENT, kind=kind, given_at=now - _LONG)
    yield replace(long_ago, proof="kept" if level > 1 else None)
    if passed:
        yield replace(long_ago, given_at=dates[passed - 1])


_CONSENT = Consent(
    kind="",
    source="",
    given_at=datetime.min.replace(tzinfo=UTC),
    consent_id=0,
    lead_id=LeadId(0),
    import_id=None,
    attempt_id=None,
    recorded_at=datetime.min.replace(tzinfo=UTC),
)
