"""When leads are called again: settled from all their attempts, once a call is over.

What an agent said and what the network saw are both there by then, or the one that is missing
will settle the lead again. Rows of `campaign_leads` are written here before any claim is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    Connection,
    Integer,
    Text,
    and_,
    bindparam,
    case,
    func,
    null,
    or_,
    select,
    update,
)

from campaigns.facts import WHEREABOUTS, whereabouts
from campaigns.history import past_calls
from campaigns.model import LeadState, PastAttempt, Turn
from campaigns.moving import send_after_retries
from campaigns.retry import NextTry, next_try
from campaigns.rules.placing import Whereabouts, possible_zones
from campaigns.store import StoredCampaign, load_id
from campaigns.tables import AT_ONCE, campaign_leads
from leads.notices import Subject, in_campaign, notify
from leads.sql import among, among_given
from leads.tables import lead_numbers, leads, numbers


def settle(
    connection: Connection, stored: StoredCampaign, people: Sequence[tuple[int, int]]
) -> None:
    """Write when leads are called again, or that they are not, from all their attempts.

    Args:
        connection: in a writing transaction.
        stored: their campaign.
        people: pairs of lead id and the id of the number that was called.
    """
    if not people:
        return
    notify(connection, Subject.PEOPLE, in_campaign(int(stored.id)))
    of, following = _following(connection, stored, [lead_id for lead_id, _ in people])
    connection.execute(
        _SETTLE,
        [_settled(stored, lead_id, of[lead_id], following[lead_id]) for lead_id, _ in people],
    )
    send_after_retries(
        connection,
        stored,
        [(one, then.then_campaign) for one, then in following.items() if then.then_campaign],
    )


def _following(
    connection: Connection, stored: StoredCampaign, lead_ids: Sequence[int]
) -> tuple[dict[int, tuple[PastAttempt, ...]], dict[int, NextTry]]:
    """Return the attempts that count for each of some leads, and when they are called again."""
    reached_at = _reached_at(connection, lead_ids)
    history = past_calls(
        connection,
        lead_ids=lead_ids,
        number_ids={number for reach in reached_at.values() for number in reach.numbers},
    )
    of = {
        lead_id: history.of(lead_id, reach.numbers, stored.id)
        for lead_id, reach in reached_at.items()
    }
    following = {
        lead_id: next_try(
            stored.campaign,
            of[lead_id],
            lead_id=lead_id,
            zones=reach.zones,
            numbers=len(reach.numbers),
        )
        for lead_id, reach in reached_at.items()
    }
    return of, following


def renumber(connection: Connection, lead_ids: Iterable[int]) -> None:
    """Find out anew which of their numbers is next for leads whose numbers have changed.

    In every campaign in which they were called: it keeps the place of a number, at which
    there may be another one now, or none.
    """
    tried = connection.execute(
        select(campaign_leads.c.campaign_id, campaign_leads.c.lead_id).where(
            among(connection, campaign_leads.c.lead_id, lead_ids),
            or_(campaign_leads.c.attempts > 0, campaign_leads.c.position > 1),
        )
    ).all()
    by_campaign: dict[int, list[int]] = {}
    for row in tried:
        by_campaign.setdefault(row.campaign_id, []).append(row.lead_id)
    for campaign_id, some in sorted(by_campaign.items()):
        _, following = _following(connection, load_id(connection, campaign_id), some)
        connection.execute(
            _RENUMBER,
            [
                {"campaign": campaign_id, "lead": lead_id, "its_position": then.position}
                for lead_id, then in following.items()
            ],
        )


_RENUMBER = (
    update(campaign_leads)
    .where(
        campaign_leads.c.campaign_id == bindparam("campaign"),
        campaign_leads.c.lead_id == bindparam("lead"),
    )
    # The number at that place, too, may be another one.
    .values(position=bindparam("its_position"), queue_id=null())
)

# Whoever was sent here and has not been called is not new, and goes on waiting.
_IS_SENT = and_(
    bindparam("its_turn", type_=Integer) == Turn.FRESH.value,
    campaign_leads.c.came_from.is_not(None),
)
_IS_CALLBACK = bindparam("its_state", type_=Text) == LeadState.CALLBACK

_SETTLE = (
    update(campaign_leads)
    .where(
        campaign_leads.c.campaign_id == bindparam("campaign"),
        campaign_leads.c.lead_id == bindparam("lead"),
    )
    .values(
        state=case(
            (and_(_IS_SENT, campaign_leads.c.state == LeadState.IN_CALL), LeadState.WAITING.value),
            (_IS_SENT, campaign_leads.c.state),
            else_=bindparam("its_state", type_=Text),
        ),
        turn=case((_IS_SENT, Turn.REOFFER.value), else_=bindparam("its_turn", type_=Integer)),
        next_call_at=case(
            (_IS_SENT, campaign_leads.c.next_call_at),
            else_=bindparam("its_next", type_=campaign_leads.c.next_call_at.type),
        ),
        held_by=case((_IS_SENT, campaign_leads.c.held_by), else_=bindparam("its_rule", type_=Text)),
        last_outcome=func.coalesce(bindparam("its_outcome"), campaign_leads.c.last_outcome),
        position=bindparam("its_position"),
        # Another number may be in another place.
        queue_id=case(
            (
                campaign_leads.c.position == bindparam("its_position", type_=Integer),
                campaign_leads.c.queue_id,
            ),
            else_=null(),
        ),
        owner_id=case((_IS_CALLBACK, campaign_leads.c.owner_id), else_=null()),
        owner_until=case((_IS_CALLBACK, campaign_leads.c.owner_until), else_=null()),
    )
)

_TURNS = {LeadState.CALLBACK: Turn.CALLBACK, LeadState.NEW: Turn.FRESH}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reach:
    """How a lead is reached: on which numbers, in the order of dialling, and in which zones."""

    numbers: tuple[int, ...]
    zones: tuple[str, ...]


def _reached_at(connection: Connection, lead_ids: Sequence[int]) -> dict[int, _Reach]:
    found: dict[int, list[Whereabouts]] = {lead_id: [] for lead_id in lead_ids}
    for row in connection.execute(_REACHED_AT, {"leads": lead_ids}):
        found[row.lead_id].append(whereabouts(row))
    return {
        lead_id: _Reach(
            numbers=tuple(one.number for one in known),
            zones=tuple(sorted({zone for one in known for zone in possible_zones(one)})),
        )
        for lead_id, known in found.items()
    }


_REACHED_AT = (
    select(leads.c.id.label("lead_id"), *WHEREABOUTS)
    .join(lead_numbers, lead_numbers.c.lead_id == leads.c.id)
    .join(numbers, numbers.c.id == lead_numbers.c.number_id)
    .where(among_given(leads.c.id, "leads"))
    .order_by(leads.c.id, lead_numbers.c.position)
)
"""Made once: it is asked after every call."""


def _settled(
    stored: StoredCampaign, lead_id: int, history: Sequence[PastAttempt], following: NextTry
) -> dict[str, object]:
    own = [one.outcome for one in history if one.lead_id == lead_id and not one.returned]
    return {
        "campaign": stored.id,
        "lead": lead_id,
        "its_state": following.state,
        "its_turn": _TURNS.get(following.state, Turn.RETRY).value,
        "its_next": following.at or AT_ONCE,
        "its_rule": following.rule,
        "its_outcome": own[-1] if own else None,
        "its_position": following.position,
    }
