"""Whether the rules fit the base: countries without any, registers that are missing or old."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from campaigns import queues
from campaigns.law import ANY_LINE, Laws
from campaigns.legal_gates import registry_remedy, why_not_usable
from campaigns.model import CampaignState
from campaigns.rules.hours import country_has_hours
from campaigns.rules.model import RegistryRule
from campaigns.store import load_all
from leads.listings import current
from leads.tables import numbers

_EARLIEST_ZONE = timedelta(hours=14)
"""Where a day begins first, it begins so long before it does in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """A register that the rules of running campaigns ask for and that cannot be asked.

    Attributes:
        rule: the id of the rule that asks.
        campaigns: the names of those for which it does.
    """

    registry: str
    rule: str
    campaigns: tuple[str, ...]
    why: str
    remedy: str


def countries_of_numbers(connection: Connection) -> Mapping[str | None, int]:
    """Return how many numbers of the base are of each country, the most first; None: of none."""
    rows = connection.execute(
        select(numbers.c.region, func.count().label("many"))
        .group_by(numbers.c.region)
        .order_by(func.count().desc(), numbers.c.region)
    )
    return {row.region: row.many for row in rows}


def without_rules(laws: Laws, countries: Mapping[str | None, int]) -> Mapping[str, int]:
    """Return the countries of which no rule is known and that are not called therefore."""
    return {
        country: many
        for country, many in countries.items()
        if country is not None and not laws.book.knows(country)
    }


def without_hours(
    laws: Laws, countries: Mapping[str | None, int], *, now: datetime
) -> tuple[str, ...]:
    """Return the countries that may be called and of which no statutory hours are known."""
    return tuple(
        country
        for country in countries
        if country is not None
        and laws.book.knows(country)
        and not country_has_hours(laws.book, country, now.date())
    )


def lacking_registers(connection: Connection, laws: Laws, *, now: datetime) -> tuple[Lack, ...]:
    """Return the registers that are asked for where running campaigns call, and are of no use."""
    asked: dict[RegistryRule, dict[str, None]] = defaultdict(dict)
    for stored in load_all(connection):
        if stored.state is not CampaignState.RUNNING:
            continue
        for queue in queues.of_campaign(connection, stored.id):
            law = laws.of(stored.campaign, queue.placing, ANY_LINE, now)
            for rule in law.registries:
                asked[rule][stored.campaign.name] = None
    in_force = {registry.name: registry for registry in current(connection)}
    day = (now + _EARLIEST_ZONE).date()
    return tuple(
        Lack(
            registry=rule.registry,
            rule=rule.id,
            campaigns=tuple(asked[rule]),
            why=why,
            remedy=registry_remedy(rule),
        )
        for rule in sorted(asked, key=lambda rule: rule.id)
        if rule.valid_on(day)
        if (why := why_not_usable(rule, in_force.get(rule.registry), day)) is not None
    )
