"""Which rules demand a message where a person finds no agent free; pure."""

from collections.abc import Iterable
from datetime import datetime

from campaigns.law import ANY_LINE, Laws
from campaigns.model import Campaign
from campaigns.rules.model import AbandonmentRule, Placing


def demanding(
    campaign: Campaign, places: Iterable[Placing], laws: Laws, now: datetime
) -> tuple[AbandonmentRule, ...]:
    """Return the rules by which some of the people called must hear a message.

    Args:
        campaign: whose calls they are.
        places: where the people may be.
        laws: the rules, applied.
        now: aware.
    """
    found = {
        rule.id: rule
        for placing in places
        for rule in laws.of(campaign, placing, ANY_LINE, now).abandonment
        if rule.message_required
    }
    return tuple(found.values())
