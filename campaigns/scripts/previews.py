"""Whom a preview of a script is for: a person of the base, or a made-up one like them."""

from datetime import datetime

from sqlalchemy import Connection, select

from campaigns.law import ANY_LINE, Laws
from campaigns.rules.model import Duty
from campaigns.scripts.checking import columns_of, placings_of
from campaigns.scripts.shown import duties_on, known_of
from campaigns.scripts.values import Person
from campaigns.store import StoredCampaign
from leads.errors import UsageError
from leads.model import masked
from leads.store import known_lead
from leads.tables import lead_numbers


def made_up(
    connection: Connection, stored: StoredCampaign, laws: Laws, *, now: datetime
) -> tuple[Person, list[Duty]]:
    """Return a person whom nobody knows, with every column of the lists and the rules of all."""
    duties: dict[str, Duty] = {}
    for placing in placings_of(connection, stored.campaign, laws, stored.id):
        law = laws.of(stored.campaign, placing, ANY_LINE, now)
        duties |= {duty.id: duty for duty in duties_on(law, now)}
    columns = sorted(columns_of(connection, stored.campaign))
    person = Person(
        name="Kim Example",
        external_id="1",
        attributes={column: f"({column})" for column in columns},
        campaign=stored.campaign.name,
        seller=stored.campaign.seller,
        local_time=now,
        phone_masked=masked("+4700000000"),
    )
    return person, [*duties.values()]


def a_person(
    connection: Connection, stored: StoredCampaign, laws: Laws, lead_id: int, *, now: datetime
) -> tuple[Person, list[Duty]]:
    """Return a person of the base, on their first number, and the rules that hold for them.

    Raises:
        UsageError: there is no such person, or no number of theirs.
    """
    known_lead(connection, lead_id)
    number_id = connection.scalar(
        select(lead_numbers.c.number_id)
        .where(lead_numbers.c.lead_id == lead_id)
        .order_by(lead_numbers.c.position)
        .limit(1)
    )
    if number_id is None:
        raise UsageError(f"the lead {lead_id} has no number; choose somebody who can be called")
    return known_of(connection, stored, laws, lead_id=lead_id, number_id=number_id, now=now)
