"""The gates that ask the law: registers, consents, places, hours, caps and cool-downs; pure.

Each of them asks every rule that holds, and tells the rule's id and source with a refusal.
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from campaigns.decision import Facts, Refusal
from campaigns.law import AGENT_RESERVED, Law
from campaigns.limits import Whom, capped, cooling, same_hour
from campaigns.model import Campaign
from campaigns.rules.model import (
    CapRule,
    ConsentRule,
    CooldownRule,
    HourRule,
    HoursRule,
    Need,
    RegistryList,
    RegistryRule,
    Rule,
)
from campaigns.timetable import Closed
from leads.consent_rules import in_force, why_not_in_force
from leads.model import Listed, Listing, Registry


def registry(facts: Facts) -> Iterator[Refusal]:
    """Refuse for every register of law that does, and for every one of the operator's own."""
    by_name = {listing.registry.name: listing for listing in facts.registries}
    for rule in facts.law.registries:
        if _valid(rule, facts) and not _spared(rule, facts):
            yield from _asked(rule, by_name.get(rule.registry), facts)
    for listing in facts.registries:
        if listing.registry.name not in facts.law.named_registries:
            said = _listed(listing)
            if said is not None:
                rule_id, why = said
                yield Refusal(
                    gate="registry",
                    rule=f"{rule_id}:{listing.registry.name}",
                    why=why,
                    source=str(listing.registry),
                )


def _asked(rule: RegistryRule, listing: Listing | None, facts: Facts) -> Iterator[Refusal]:
    """Refuse by a rule that asks for a register."""
    version = listing.registry if listing is not None else None
    why = why_not_usable(rule, version, max(_days(facts)))
    if why is not None:
        why = f"{why}; {registry_remedy(rule)}"
    if why is None and listing is not None:
        if rule.list is RegistryList.OPT_IN:
            if listing.listed is not Listed.YES:
                why = f"is not in {rule.title}, in which whoever may be called is"
        else:
            said = _listed(listing)
            why = said and said[1]
    if why is not None:
        yield Refusal(gate="registry", rule=rule.id, why=why, source=_sources(rule))


def why_not_usable(rule: RegistryRule, registry: Registry | None, day: date) -> str | None:
    """Return why a register cannot be asked as a rule wants it, or None.

    Args:
        rule: what asks for it.
        registry: its version in force, or None where it was never loaded.
        day: the latest date that it is where people are called.
    """
    if registry is None:
        return f"{rule.title} has to be asked and is not there"
    age = (day - registry.as_of).days
    if rule.max_age_days is not None and age > rule.max_age_days:
        return f"{registry} is {age} days old and may be {rule.max_age_days}"
    return None


def registry_remedy(rule: RegistryRule) -> str:
    """Return how the register that a rule asks for is loaded, as a clause."""
    return f"load it: ringbank dnc import FILE --registry {rule.registry} --as-of DATE"


def _listed(listing: Listing) -> tuple[str, str] | None:
    """Return why a register keeps a number from being called, with a short name for it."""
    registry = listing.registry
    if listing.listed is Listed.NO:
        return None
    if listing.listed is Listed.YES:
        return "registry", f"is in the registry {registry.name}"
    if listing.listed is Listed.UNKNOWN:
        why = f"whether the registry {registry.name} lists it is not known; {registry.remedy}"
        return "registry_unknown", why
    why = f"the file of the registry {registry.name} here is another one; {registry.remedy}"
    return "registry_file", why


def consent(facts: Facts) -> Iterator[Refusal]:
    """Refuse for want of consents: those that the campaign asks for, and those of law."""
    missing = {
        kind: why
        for kind in facts.campaign.consent
        if (why := why_not_in_force(facts.consents, kind, now=facts.now)) is not None
    }
    if missing:
        yield Refusal(
            gate="consent",
            rule=f"consent:{next(iter(missing))}",
            why="; ".join(missing.values()),
            source="campaign file: consent",
        )
    for rule in facts.law.consents:
        if _valid(rule, facts) and not _spared(rule, facts):
            why = _why_not_agreed(rule, facts)
            if why is not None:
                yield Refusal(gate="consent", rule=rule.id, why=why, source=_sources(rule))


def _why_not_agreed(rule: ConsentRule, facts: Facts) -> str | None:
    """Return what is missing of the consent that a rule asks for, or None."""
    if rule.need is Need.PRESUMED:
        return None
    if rule.need is Need.FORBIDDEN:
        return "such calls are forbidden, whatever the person agreed to"
    why = why_not_in_force(facts.consents, rule.kind, now=facts.now)
    if why is None and rule.need is Need.WRITTEN:
        given = in_force(facts.consents, rule.kind, now=facts.now)
        if all(one.proof is None for one in given):
            return f"the consent {rule.kind!r} has to be in writing, and names no proof"
    return why


def place(facts: Facts) -> Iterator[Refusal]:
    """Refuse where it is not known which law and which clock hold."""
    return why_not_placed(facts.campaign, facts.law)


GATE_OF_PLACE = "place"


def why_not_placed(campaign: Campaign, law: Law) -> Iterator[Refusal]:
    """Tell why nobody in a placing may be called: too little is known of where they are."""
    by_machine = campaign.mode not in AGENT_RESERVED
    if not law.placing.zones and (law.clauses or by_machine):
        yield Refusal(
            gate=GATE_OF_PLACE,
            rule="zone_unknown",
            why="the person's time zone is not known; ask where they are and run: "
            "ringbank leads edit ID --set told_zone=Europe/Oslo",
            source="whoever calls must know what time it is there",
        )
    if not law.placing.places:
        yield Refusal(
            gate=GATE_OF_PLACE,
            rule="country_unknown",
            why="the person's country is not known; find out and run: "
            "ringbank leads edit ID --set told_country=NO",
            source="whoever calls must know which law holds there",
        )
    for country in law.unknown:
        yield Refusal(
            gate=GATE_OF_PLACE,
            rule=f"no_rules:{country}",
            why=f"there are no rules for {country}; write a rule file for it, or name it in "
            "allow_without_rules of [rules]",
            source="configuration: [rules] allow_without_rules",
        )


def caps(facts: Facts) -> Iterator[Refusal]:
    """Refuse for every cap that is reached."""
    yield from _limited("caps", facts, facts.law.caps)


def cooldown(facts: Facts) -> Iterator[Refusal]:
    """Refuse for every cool-down that goes on."""
    yield from _limited("cooldown", facts, facts.law.cooldowns)


def _limited(
    gate: str, facts: Facts, rules: Sequence[CapRule | CooldownRule | HourRule]
) -> Iterator[Refusal]:
    if not facts.calls:
        # Nothing has happened yet, and only where no call at all is allowed is one too many.
        rules = [rule for rule in rules if isinstance(rule, CapRule) and not rule.max]
    whom = Whom(
        lead_id=facts.lead_id,
        number_id=facts.number_id,
        campaign=facts.campaign.name,
        seller=facts.campaign.seller,
        zones=facts.zones,
    )
    for rule in rules:
        if isinstance(rule, CapRule):
            limit = capped(rule, facts.calls, whom, now=facts.now)
        elif isinstance(rule, CooldownRule):
            limit = cooling(rule, facts.calls, whom, now=facts.now)
        else:
            limit = same_hour(rule, facts.calls, whom, now=facts.now)
        # Most rules are not reached, and then it is all the same whom they spare.
        if limit is not None and _valid(rule, facts) and not _spared(rule, facts):
            yield Refusal(
                gate=gate, rule=rule.id, why=limit.why, source=_sources(rule), until=limit.until
            )


def _spared(rule: Rule, facts: Facts) -> bool:
    """Tell whether a rule spares this very person: by a consent, or a relation to the seller."""
    if not facts.consents or not _spares(rule):
        return False
    for kind in rule.unless_consent | rule.exempt.consent:
        if why_not_in_force(facts.consents, kind, now=facts.now) is None:
            return True
    return any(
        relation.months == 0 or months_after(one.given_at, relation.months) > facts.now
        for relation in rule.exempt.relation
        for one in in_force(facts.consents, relation.kind, now=facts.now)
    )


def _spares(rule: Rule) -> bool:
    """Tell whether what a person agreed to, or is to the seller, may lift a rule."""
    return bool(rule.unless_consent or rule.exempt.consent or rule.exempt.relation)


def holds_for_some(rule: Rule) -> bool:
    """Tell whether a rule may bind some people of a place and not others."""
    return bool(rule.applies.line) or _spares(rule)


def months_after(moment: datetime, months: int) -> datetime:
    """Return the same day of a later month, or that month's last where it has no such day."""
    years, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + years, month + 1
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))


def _valid(rule: Rule, facts: Facts) -> bool:
    """Tell whether a rule holds today, on the calendar of any zone the person may be in."""
    if rule.valid_from is None and rule.valid_until is None:
        return True
    return any(rule.valid_on(day) for day in _days(facts))


def _days(facts: Facts) -> tuple[date, ...]:
    """Return the dates that it may be where the person is."""
    if not facts.zones:
        day, one = facts.now.astimezone(UTC).date(), timedelta(days=1)
        return (day - one, day, day + one)
    return tuple({facts.now.astimezone(ZoneInfo(zone)).date() for zone in facts.zones})


def _sources(rule: Rule) -> str:
    return "; ".join(rule.source)


def hours(facts: Facts) -> Iterator[Refusal]:
    """Refuse for every rule of hours that is shut where the person may be."""
    law = facts.law
    if not law.clauses or not facts.zones:
        return
    lifted = frozenset(
        rule.id for rule in law.rules if isinstance(rule, HoursRule) and _spared(rule, facts)
    )
    opening = law.timetable(lifted).at(facts.now)
    # A rule with other holidays in each of two places may be shut in both: it is told once.
    shut: dict[str, Closed] = {}
    for closed in opening.closed:
        shut[closed.rule] = max(shut.get(closed.rule, closed), closed, key=_ends)
    # What shuts longest ends when everything is open at once, which may be later still.
    last = max(shut.values(), key=_ends, default=None)
    for closed in shut.values():
        yield Refusal(
            gate="hours",
            rule=closed.rule,
            why=closed.why,
            source=closed.source,
            until=opening.until if closed is last else closed.until,
        )


def _ends(closed: Closed) -> datetime:
    return closed.until or _NEVER


_NEVER = datetime.max.replace(tzinfo=UTC)
