"""The people of a campaign of whom too little is known to call them: where they are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, Subquery, and_, or_, select

from campaigns import queues
from campaigns.facts import WHEREABOUTS, whereabouts
from campaigns.forecast_groups import newcomers
from campaigns.law import ANY_LINE, Laws
from campaigns.legal_gates import GATE_OF_PLACE, why_not_placed
from campaigns.model import Campaign
from campaigns.rules.model import Placing
from campaigns.rules.placing import placing_of
from campaigns.store import StoredCampaign
from campaigns.tables import campaign_leads, is_callable
from leads.model import LeadId, masked
from leads.sql import among
from leads.tables import lead_numbers, leads, lists, numbers

_ABOUT_PERSON = {"zone_unknown": "zone", "country_unknown": "country"}
"""What is missing by the rules of the gate `place` that a person can mend by an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplaced:
    """Somebody whom it takes an answer to call.

    Attributes:
        phone: masked.
        missing: zone, country or both.
    """

    lead_id: LeadId
    external_id: str | None
    name: str | None
    phone: str
    list_name: str
    missing: tuple[str, ...]

    @property
    def remedy(self) -> str:
        """The command that mends it, with an answer for an example."""
        answers = {"zone": "told_zone=Europe/Oslo", "country": "told_country=NO"}
        sets = " ".join(f"--set {answers[one]}" for one in self.missing)
        return f"ringbank leads edit {self.lead_id} {sets}"


def unplaced(
    connection: Connection, stored: StoredCampaign, laws: Laws, *, now: datetime
) -> Iterator[Unplaced]:
    """Yield the people of whom a zone or a country is missing, by their ids.

    Those who came onto the campaign's lists and are not enrolled yet are among them.

    Args:
        connection: from `reading`.
        stored: the campaign.
        laws: the rules, applied.
        now: aware.
    """
    lacking = {
        queue.id: missing
        for queue in queues.of_campaign(connection, stored.id)
        if (missing := _missing(stored.campaign, queue.placing, laws, now))
    }
    kept_out = and_(~is_callable, campaign_leads.c.held_by == GATE_OF_PLACE)
    enrolled = select(
        campaign_leads.c.lead_id,
        campaign_leads.c.list_id,
        campaign_leads.c.queue_id,
        campaign_leads.c.position,
    ).where(
        campaign_leads.c.campaign_id == stored.id,
        or_(is_callable, kept_out),
        or_(
            campaign_leads.c.queue_id.is_(None),
            among(connection, campaign_leads.c.queue_id, lacking),
        ),
    )
    found: list[Unplaced] = []
    known: dict[object, tuple[str, ...]] = {}
    for people in (enrolled, newcomers(stored)):
        for row in connection.execute(_people(people.subquery("person"))):
            where = whereabouts(row)
            if row.queue_id is None and where.place_key not in known:
                placing = placing_of(where, laws.book)
                known[where.place_key] = _missing(stored.campaign, placing, laws, now)
            in_queue = row.queue_id is not None
            missing = lacking[row.queue_id] if in_queue else known[where.place_key]
            if missing:
                found.append(_unplaced(row, missing))
    yield from sorted(found, key=lambda one: one.lead_id)


def _missing(campaign: Campaign, placing: Placing, laws: Laws, now: datetime) -> tuple[str, ...]:
    law = laws.of(campaign, placing, ANY_LINE, now)
    rules = (refusal.rule for refusal in why_not_placed(campaign, law))
    return tuple(_ABOUT_PERSON[rule] for rule in rules if rule in _ABOUT_PERSON)


def _people(person: Subquery) -> Select[Any]:
    return (
        select(
            person.c.lead_id,
            person.c.queue_id,
            leads.c.external_id,
            leads.c.name,
            numbers.c.e164,
            lists.c.name.label("list_name"),
            *WHEREABOUTS,
        )
        .select_from(person)
        .join(leads, leads.c.id == person.c.lead_id)
        .join(lists, lists.c.id == person.c.list_id)
        .join(
            lead_numbers,
            and_(
                lead_numbers.c.lead_id == person.c.lead_id,
                lead_numbers.c.position == person.c.position,
            ),
        )
        .join(numbers, numbers.c.id == lead_numbers.c.number_id)
    )


def _unplaced(row: Row[Any], missing: tuple[str, ...]) -> Unplaced:
    return Unplaced(
        lead_id=LeadId(row.lead_id),
        external_id=row.external_id,
        name=row.name,
        phone=masked(row.e164),
        list_name=row.list_name,
        missing=missing,
    )


def document(one: Unplaced) -> Mapping[str, object]:
    """Return somebody as the JSON of ``campaigns unplaced``."""
    return {
        "lead_id": one.lead_id,
        "external_id": one.external_id,
        "name": one.name,
        "phone": one.phone,
        "list": one.list_name,
        "missing": one.missing,
        "remedy": one.remedy,
    }
