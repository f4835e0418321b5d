"""What an agent sees of the person they have: all of it in one document."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from campaigns import facts, inbound_history
from campaigns.drafts import words_of
from campaigns.history import all_numbers
from campaigns.inbound_history import InboundContact
from campaigns.law import Laws
from campaigns.leases import Lease
from campaigns.model import DialMode
from campaigns.offered import offered, questions_document
from campaigns.orders.documents import form_document
from campaigns.past_calls import Call, calls
from campaigns.questions import usable_answers
from campaigns.rules.placing import possible_zones
from campaigns.scripts.shown import words_for
from campaigns.store import StoredCampaign
from campaigns.tasks import open_documents
from leads.masking import conceal
from leads.model import e164_of, masked
from leads.moments import one_clock
from leads.tables import leads, numbers

_CALLS_SHOWN = 20
"""Earlier calls that an agent sees of a person, the newest of them."""


def person_document(
    connection: Connection, stored: StoredCampaign, laws: Laws, lease: Lease, *, now: datetime
) -> dict[str, object]:
    """Return what an agent sees of the person they have."""
    lead = connection.execute(select(leads).where(leads.c.id == lease.lead_id)).one()
    number = connection.execute(select(numbers).where(numbers.c.id == lease.number_id)).one()
    campaign = stored.campaign
    by_hand = campaign.mode is DialMode.MANUAL
    typed = words_of(connection, lease.lease)
    given = usable_answers(campaign.questions, typed.get("answers", ())) if typed else None
    hidden = hidden_numbers(connection, stored, lease)
    words = words_for(connection, stored, laws, lease, given=given, now=now)
    return {
        "lease": lease.lease,
        "expires_at": lease.expires_at,
        "campaign": campaign.name,
        "lead": conceal(
            {
                "id": lead.id,
                "external_id": lead.external_id,
                "name": lead.name,
                "attributes": lead.attributes,
                "language": lead.language,
            },
            hidden,
        ),
        "phone": number.e164 if by_hand else None,
        "phone_masked": masked(number.e164),
        "local_time": local_time(zones_of(connection, lease), now),
        "script": conceal(words.pop("script"), hidden),
        "questions": questions_document(campaign, typed),
        "dispositions": offered(campaign),
        "history": conceal(_history(connection, lease), hidden),
        "practice": False,
        "draft": typed,
        "order": form_document(campaign.order),
        "tasks": conceal(open_documents(connection, lease.lead_id, now=now), hidden),
        "mode": campaign.mode,
        "live": lease.live,
        "called": (lease.attempt_id or lease.contact_id) is not None,
        **conceal(words, hidden),
        **_returned(connection, lease),
    }


def _returned(connection: Connection, lease: Lease) -> dict[str, object]:
    """Return whether the person called us, and who else of their number it may be."""
    if lease.contact_id is None:
        return {"returned": False}
    others = inbound_history.household(connection, lease.lead_id, lease.number_id)
    return {"returned": True, "household": others}


def hidden_numbers(connection: Connection, stored: StoredCampaign, lease: Lease) -> tuple[str, ...]:
    """Return the person's numbers that no text may show to an agent who does not dial them.

    Lists repeat them in other columns, and agents write them into notes.
    """
    if stored.campaign.mode is DialMode.MANUAL:
        return ()
    theirs = all_numbers(connection, [lease.lead_id])[lease.lead_id]
    return tuple(map(e164_of, {*theirs, lease.number_id}))


def zones_of(connection: Connection, lease: Lease) -> tuple[str, ...]:
    """Return the zones in which the leased person may be."""
    row = connection.execute(
        select(*facts.WHEREABOUTS)
        .select_from(leads)
        .join(numbers, numbers.c.id == lease.number_id)
        .where(leads.c.id == lease.lead_id)
    ).one()
    return possible_zones(facts.whereabouts(row))


def local_time(zones: Sequence[str], now: datetime) -> str | None:
    """Return the person's wall clock, or None where their zones disagree or are unknown."""
    clock = one_clock(now, zones)
    return None if clock is None else clock.strftime("%Y-%m-%dT%H:%M")


def day_there(zones: Sequence[str], now: datetime) -> date:
    """Return the person's day, or that of UTC where their zones disagree or are unknown."""
    days = {now.astimezone(ZoneInfo(zone)).date() for zone in zones}
    return days.pop() if len(days) == 1 else now.astimezone(UTC).date()


def _history(connection: Connection, lease: Lease) -> list[dict[str, object]]:
    """Return the calls before the one that the lease is for, those that the person made too."""
    before = calls(connection, lease.lead_id, ended=True, limit=_CALLS_SHOWN + 1)
    others = [past for past in before if past.attempt_id != lease.attempt_id]
    returned = inbound_history.listed(
        connection, lead_id=lease.lead_id, ended=True, limit=_CALLS_SHOWN
    )
    both: list[tuple[datetime, Call | InboundContact, bool]] = [
        *((past.dialed_at, past, False) for past in others),
        *((past.began_at, past, True) for past in returned),
    ]
    both.sort(key=lambda one: one[0], reverse=True)
    return [
        {
            "at": at,
            "campaign": past.campaign,
            "outcome": past.outcome,
            "disposition": past.disposition,
            "refusal_reason": past.refusal_reason,
            "refusal_detail": past.refusal_detail,
            "note": past.note,
            "returned": is_returned,
        }
        for at, past, is_returned in both[:_CALLS_SHOWN]
    ]
