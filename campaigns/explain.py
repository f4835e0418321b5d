"""``explain``: the decision of the gates for any number, campaign and moment."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, select

from campaigns.decision import Decision, Facts
from campaigns.facts import CANDIDATES, agreed_to, candidate, candidates_of, gather, past_calls
from campaigns.gates import evaluate
from campaigns.law import Laws
from campaigns.rules.placing import Whereabouts, placing_of
from campaigns.segment import matching
from campaigns.store import StoredCampaign, active_lists, load
from campaigns.tables import campaign_leads
from leads.errors import UsageError
from leads.model import E164, Phone, number_id
from leads.moments import on_clocks, read_moment
from leads.phone import parse_phone
from leads.registries import of_number
from leads.suppression import applying
from leads.tables import lead_numbers, leads, list_members, numbers


def explain_number(
    connection: Connection,
    number: str,
    campaign: str,
    *,
    at: str | None,
    now: datetime,
    region: str | None,
    registries: Path,
    laws: Laws,
) -> tuple[Decision, Facts]:
    """Return what the gates say of a call to a number, and the facts they judged by.

    Args:
        connection: to the base.
        number: as written; a number on no list is refused by `list` and judged by the rest.
        campaign: its name.
        at: ISO 8601; without an offset the called person's local time; None means now.
        now: aware.
        region: ISO country for a number written without one.
        registries: the folder of their files, for a number that the base does not have.
        laws: the rules, applied.

    Raises:
        UsageError: the number, the campaign or the moment cannot be used.
    """
    phone = parse_phone(number, region=region)
    if isinstance(phone, str):
        raise UsageError(f"{number!r} cannot be called ({phone}); write it like +4721000000")
    moment = now if at is None else _moment(at, phone)
    stored = load(connection, campaign)
    rows = connection.execute(
        CANDIDATES.where(
            campaign_leads.c.campaign_id == stored.id,
            numbers.c.id == number_id(phone.e164),
        ).order_by(campaign_leads.c.id),
        candidates_of(stored.id, now=moment),
    ).all()
    household = gather(connection, stored, [candidate(row) for row in rows], laws, now=moment)
    judged = [
        (evaluate(facts), facts)
        for facts in household
        or [_not_enrolled(connection, stored, phone, laws, moment, registries=registries)]
    ]
    # A number may be called as soon as one of its people may.
    return next((one for one in judged if one[0].callable), judged[0])


_ADDRESS = (
    leads.c.zone,
    leads.c.country,
    leads.c.subdivision,
    leads.c.told_zone,
    leads.c.told_country,
    leads.c.told_subdivision,
)


def _not_enrolled(
    connection: Connection,
    stored: StoredCampaign,
    phone: Phone,
    laws: Laws,
    moment: datetime,
    *,
    registries: Path,
) -> Facts:
    """Return the facts of a number that nobody of the campaign has, or has as yet."""
    lead = connection.execute(
        select(leads.c.id, leads.c.name_key, *_ADDRESS)
        .join(lead_numbers, lead_numbers.c.lead_id == leads.c.id)
        .join(list_members, list_members.c.lead_id == leads.c.id)
        .where(
            lead_numbers.c.number_id == number_id(phone.e164),
            list_members.c.list_id.in_(active_lists(connection, stored.id, now=moment)),
        )
        .order_by(leads.c.id)
        .limit(1)
    ).one_or_none()
    lead_id = None if lead is None else lead.id
    campaign = stored.campaign
    address = {} if lead is None else {name.key: lead._mapping[name.key] for name in _ADDRESS}
    whereabouts = Whereabouts(
        number=number_id(phone.e164),
        region=phone.region,
        number_zones=phone.zones,
        **address,
    )
    law = laws.of(campaign, placing_of(whereabouts, laws.book), phone.kind, moment)
    agreed = {} if lead_id is None else agreed_to(connection, law.consent_kinds, [lead_id])
    (suppressed,) = applying(
        connection,
        [(lead_id, phone.e164, None if lead is None else lead.name_key)],
        seller=campaign.seller,
        campaign=campaign.name,
    )
    history = past_calls(
        connection,
        lead_ids=[] if lead_id is None else [lead_id],
        number_ids=[number_id(phone.e164)],
    )
    known = [] if lead_id is None else [lead_id]
    meant = matching(connection, stored.id, stored.campaign, known, now=moment)
    return Facts(
        now=moment,
        campaign=campaign,
        campaign_state=stored.state,
        number=E164(phone.e164),
        number_id=number_id(phone.e164),
        law=law,
        rule_set=laws.rule_set(campaign),
        lead_id=lead_id,
        lead_state=None,
        on_list=lead_id is not None,
        in_segment=lead_id is None or lead_id in meant,
        next_call_at=None,
        claimed=False,
        suppression=suppressed,
        registries=of_number(connection, phone.e164, registries),
        calls=history.by_seller(lead_id, number_id(phone.e164), campaign.seller),
        consents=() if lead_id is None else agreed.get(lead_id, ()),
    )


def _moment(text: str, phone: Phone) -> datetime:
    """Return the moment that is meant; without an offset it is the person's own clock."""
    moment = read_moment(text, option="--at")
    if moment.tzinfo is not None:
        return moment
    moments = on_clocks(moment, phone.zones)
    if len(moments) != 1:
        where = ", ".join(phone.zones) or "no known zone"
        raise UsageError(
            f"--at {text!r} has no offset and {phone.e164} may be in {where}; add one, like Z"
        )
    return moments[0]
