"""Where the law gives too little time to find out what answered before an agent is there."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, select

from campaigns.law import ANY_LINE, Laws
from campaigns.model import Campaign
from campaigns.rules.model import AbandonmentRule, ConnectFrom, Place, Placing
from leads.tables import lead_numbers, list_members, lists, numbers

_FROM = {
    ConnectFrom.ANSWER: "the answer",
    ConnectFrom.GREETING_START: "the first word of the person",
}
"""Moments from which too little is left: the verdict comes when a greeting is over."""


def too_slow(rules: Iterable[AbandonmentRule]) -> tuple[AbandonmentRule, ...]:
    """Return the rules that leave no time to wait for a verdict before an agent is there."""
    return tuple(
        rule for rule in rules if rule.connect_within_s is not None and rule.connect_from in _FROM
    )


def warnings(
    connection: Connection, campaign: Campaign, laws: Laws, *, now: datetime
) -> tuple[str, ...]:
    """Return why a campaign should not wait for the verdict, a sentence for each rule.

    Rules count that are in force where the people on its lists have their numbers.

    Args:
        connection: to the base.
        campaign: as its file says.
        laws: the rules in force.
        now: aware.
    """
    if not campaign.amd.before:
        return ()
    found = {
        rule.id: rule
        for country in _countries(connection, campaign)
        for rule in too_slow(
            laws.of(campaign, Placing(places=(Place(country),)), ANY_LINE, now).abandonment
        )
    }
    return tuple(
        f'with amd_when = "before" an agent comes too late by {rule.id}: its '
        f"{rule.connect_within_s:g} s run from {_FROM[rule.connect_from]}; write "
        'amd_when = "joined", or amd = "off"'
        for _, rule in sorted(found.items())
    )


def _countries(connection: Connection, campaign: Campaign) -> list[str]:
    """Return the countries of the numbers on a campaign's lists."""
    return [
        *connection.scalars(
            select(numbers.c.region)
            .distinct()
            .join(lead_numbers, lead_numbers.c.number_id == numbers.c.id)
            .join(list_members, list_members.c.lead_id == lead_numbers.c.lead_id)
            .join(lists, lists.c.id == list_members.c.list_id)
            .where(lists.c.name.in_(campaign.lists), numbers.c.region.is_not(None))
        )
    ]
