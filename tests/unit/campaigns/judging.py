"""What the gates judge: a number, an address, a moment, and the rules that came with Ringbank."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from campaigns.decision import Facts
from campaigns.gates import evaluate
from campaigns.law import Law, Laws
from campaigns.limits import PastCall
from campaigns.model import Campaign, CampaignState, DialMode, DispositionKind, LeadState, Outcome
from campaigns.rules.book import RuleBook
from campaigns.rules.loading import load, shipped_texts
from campaigns.rules.own import Own
from campaigns.rules.placing import Whereabouts, placing_of
from leads.consent_rules import Consent
from leads.model import E164, LeadId, Listed, Listing, Phone, Registry, number_id
from leads.phone import parse_phone
from tests.unit.campaigns.examples import campaign, utc

LAWS = Laws(load(None, Own()))
"""The shipped rules, and nothing of an operator's."""

LEAD, OTHER_LEAD = 1, 2
DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
RING = timedelta(seconds=25)
LONG_AGO = utc("2020-01-01T12:00")

MIAMI, PANHANDLE, DALLAS, UTAH, GEORGIA = (
    "+13055551234",
    "+18505551234",
    "+12145551234",
    "+18015551234",
    "+17062345678",
)
GERMANY, FRANCE, BRITAIN, NORWAY, SWEDEN, POLAND = (
    "+4930123456",
    "+33142000000",
    "+442079460000",
    "+4721000099",
    "+46812345678",
    "+48221234567",
)
TORONTO, SYDNEY, TURKEY, INDIA, BRAZIL, TAIWAN, MOSCOW = (
    "+14165551234",
    "+61291234567",
    "+902121234567",
    "+911123456789",
    "+551131234567",
    "+886221234567",
    "+79161234567",
)

NEW_YORK, CHICAGO, DENVER, BERLIN, PARIS, LONDON, OSLO = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "Europe/Berlin",
    "Europe/Paris",
    "Europe/London",
    "Europe/Oslo",
)

BY_HAND = campaign(mode=DialMode.MANUAL)
"""Sales to consumers, an agent at each call: what most rules are about, and no machine's."""

SURVEY = replace(BY_HAND, purpose="survey")
GIVING = replace(BY_HAND, purpose="fundraising")
DEBTS = replace(BY_HAND, purpose="collections")
MACHINE = campaign(mode=DialMode.PROGRESSIVE)
RECORDED = campaign(mode=DialMode.BROADCAST)
FIRMS = replace(BY_HAND, audience="business")

WEEKDAY = utc("2026-12-01T15:00")
"""A Tuesday on which it is day from Berlin to Denver."""

PROVEN = {"proof": "form 17"}

US_TX = {"country": "US", "subdivision": "TX", "zone": CHICAGO}


@cache
def texts() -> Mapping[str, str]:
    return shipped_texts()


def laws(own_texts: Mapping[str, str] | None = None, **options: Any) -> Laws:
    """The shipped rules with an operator's files and options."""
    found = RuleBook.build(texts(), own_texts or {}, Own(**options))
    assert isinstance(found, RuleBook), [str(problem) for problem in found]
    return Laws(found)


def own_file(rules: str, match: str = 'countries = ["*"]', *, name: str = "ours") -> dict[str, str]:
    """An operator's file with some tables."""
    return {
        f"{name}.toml": f'schema = 1\nid = "{name}"\nname = "x"\nmatch = {{ {match} }}\n{rules}'
    }


def rule(kind: str, says: str, *, name: str = "one", file: str = "ours") -> str:
    return f'\n[[{kind}]]\nid = "{file}.{name}"\nsource = ["a wish"]\n{says}\n'


def phone(number: str) -> Phone:
    found = parse_phone(number, region=None)
    assert isinstance(found, Phone), found
    return found


def known_of(number: str, **address: Any) -> Whereabouts:
    """What is known of a number's person, from the number and the address."""
    found = phone(number)
    return Whereabouts(
        number=number_id(found.e164), region=found.region, number_zones=found.zones, **address
    )


def listing(name: str, as_of: date, listed: Listed = Listed.NO) -> Listing:
    version = Registry(
        registry_id=1,
        name=name,
        as_of=as_of,
        digest="d" * 64,
        entries=3,
        file=f"{name}.csv",
        loaded_at=datetime.fromisoformat("2026-01-01T08:00+00:00"),
    )
    return Listing(version, listed)


def consent(kind: str, *, given_at: datetime, **more: Any) -> Consent:
    return Consent(
        kind=kind,
        source="web form",
        given_at=given_at,
        consent_id=1,
        lead_id=LeadId(LEAD),
        import_id=None,
        attempt_id=None,
        recorded_at=given_at,
        **more,
    )


def past(
    number: str,
    at: datetime,
    outcome: Outcome | None = Outcome.NO_ANSWER,
    said: DispositionKind | None = None,
    **more: Any,
) -> PastCall:
    """An earlier call to the lead on a number, over in the second in which it began."""
    facts: dict[str, Any] = {
        "lead_id": LEAD,
        "number_id": number_id(phone(number).e164),
        "campaign": campaign().name,
        "seller": campaign().seller,
        "dialed_at": at,
        "ended_at": None if outcome is None else at,
        "outcome": outcome,
        "disposition": said,
    }
    return PastCall(**facts | more)


def loaded(law: Law, now: datetime) -> tuple[Listing, ...]:
    """Every register that the law asks for, of the day, with nobody on it."""
    return tuple(listing(rule.registry, now.date()) for rule in law.registries)


def facts(
    number: str,
    now: datetime,
    asked: Campaign,
    *,
    by: Laws = LAWS,
    address: Mapping[str, Any] | None = None,
    registries: Iterable[Listing] | None = None,
    **more: Any,
) -> Facts:
    """A lead that nothing but the law keeps from being called; the law's registers are loaded."""
    found = phone(number)
    law = by.of(asked, placing_of(known_of(number, **address or {}), by.book), found.kind, now)
    values: dict[str, Any] = {
        "now": now,
        "campaign": asked,
        "campaign_state": CampaignState.RUNNING,
        "number": E164(found.e164),
        "number_id": number_id(found.e164),
        "law": law,
        "rule_set": by.rule_set(asked),
        "lead_id": LEAD,
        "lead_state": LeadState.NEW,
        "on_list": True,
        "in_segment": True,
        "next_call_at": None,
        "claimed": False,
        "suppression": None,
        "registries": loaded(law, now) if registries is None else tuple(registries),
    }
    return Facts(**values | more)


def refusing(asked: Facts) -> list[str]:
    """The rules that refuse, in the order in which they are told."""
    return [refusal.rule for refusal in evaluate(asked).refusals]


def at(text: str, zone: str) -> datetime:
    """A moment on a clock on the wall."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def agreed(*kinds: str, **more: Any) -> tuple[Consent, ...]:
    return tuple(consent(kind, given_at=LONG_AGO, **more) for kind in kinds)


def listed(asked: Facts, name: str, listed: Listed = Listed.YES) -> Facts:
    """The same, with the number on a register that is of this very day."""
    others = (one for one in asked.registries if one.registry.name != name)
    return replace(asked, registries=(*others, listing(name, asked.now.date(), listed)))


MARKETING = {"consents": agreed("phone_marketing")}
