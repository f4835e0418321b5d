"""Whether a number may be called now: every gate, in one table, each asked every time.

A gate is a function from the facts to a refusal or None. A fact that a rule asks for and
that is not known is a reason to refuse. The engine asks before every call, an agent's
``next`` does, and ``explain`` shows the same answer: nothing else may allow a call.

The days of `starts` and `ends` belong to the gate `hours`, because they are days on the
calendar of the person called; the gate `state` is about the campaign and the lead alone.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from campaigns.law import AGENT_RESERVED, Law
from campaigns.limits import PastCall, Whom, capped, cooling, same_hour
from campaigns.model import Campaign, CampaignState, LeadState, PastAttempt
from campaigns.retry import next_try
from campaigns.rules.model import (
    CapRule,
    CooldownRule,
    Need,
    Placing,
    RegistryList,
    RegistryRule,
    Rule,
)
from leads.consent_rules import Consent, in_force, why_not_in_force
from leads.model import E164, Listed, Listing, NumberId, Suppression, SuppressionScope


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything the gates look at, for one number, campaign and moment.

    Attributes:
        now: the moment in question, aware.
        campaign: what the campaign file says.
        campaign_state: whether it runs.
        number: whom to call.
        law: the rules that hold for the campaign where the person may be.
        rule_set: the name of all rules that may change the decision.
        lead_id: whose number it is, or None when it is no lead's.
        lead_state: where the lead stands in the campaign; None when it is not enrolled.
        on_list: the lead is on a list of the campaign that is not archived.
        in_segment: the campaign's `where` means the lead, or it has none.
        next_call_at: what the lead waits for in the campaign, aware, or None.
        claimed: somebody has the person, or another one of that number, right now.
        suppression: a do-not-call entry that reaches this campaign, or None.
        registries: what every current national register says of the number.
        attempts: the ended ones in the campaign, of the lead or on its number.
        calls: those of the seller in all campaigns, to the lead or on its number.
        consents: those the lead ever gave of the kinds that campaign and rules ask for.
        numbers: how many numbers the lead has; `position` which of them is to be called.
    """

    now: datetime
    campaign: Campaign
    campaign_state: CampaignState
    number: E164
    number_id: NumberId
    law: Law
    rule_set: str
    lead_id: int | None
    lead_state: LeadState | None
    on_list: bool
    in_segment: bool
    next_call_at: datetime | None
    claimed: bool
    suppression: Suppression | None
    registries: tuple[Listing, ...]
    attempts: tuple[PastAttempt, ...] = ()
    calls: tuple[PastCall, ...] = ()
    consents: tuple[Consent, ...] = ()
    numbers: int = 1
    position: int = 1

    @property
    def placing(self) -> Placing:
        """Where the person may be."""
        return self.law.placing

    @property
    def zones(self) -> tuple[str, ...]:
        """IANA names of every zone the person may be in; empty when unknown."""
        return self.law.placing.zones


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One reason why a call may not be placed.

    Attributes:
        gate: the gate that refuses.
        rule: the rule in it, a short name.
        why: the reason in words.
        source: where the rule comes from.
        until: when this reason ends, aware UTC, or None where time alone does not end it.
    """

    gate: str
    rule: str
    why: str
    source: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What all gates together say."""

    refusals: tuple[Refusal, ...]

    @property
    def callable(self) -> bool:
        """Whether no gate refuses."""
        return not self.refusals

    @property
    def until(self) -> datetime | None:
        """When the last refusal ends: None if there is none, or if one has no end."""
        ends = [refusal.until for refusal in self.refusals if refusal.until is not None]
        return max(ends) if ends and len(ends) == len(self.refusals) else None


Gate = Callable[[Facts], Iterator[Refusal]]


def evaluate(facts: Facts) -> Decision:
    """Ask every gate, also after one has refused, and each for all its reasons."""
    return Decision(tuple(refusal for _, gate in GATES for refusal in gate(facts)))


def decision_document(facts: Facts) -> dict[str, object]:
    """Return why a call is allowed, as the attempt keeps it: what was asked, and of whom."""
    law = facts.law
    document: dict[str, object] = {
        "rules": [rule.id for rule in law.rules],
        "jurisdictions": list(law.jurisdictions),
        "places": [str(place) for place in law.placing.places],
        "zones": list(law.placing.zones),
    }
    if law.loosened:
        document["loosened"] = [
            {"rule": one.rule, "by": one.by, "reason": one.reason} for one in law.loosened
        ]
    if law.unknown:
        document["without_rules"] = list(law.unknown)
    if asked := {one.registry.name: one.registry.as_of.isoformat() for one in facts.registries}:
        document["registries"] = asked
    if consents := [one.consent_id for one in facts.consents]:
        document["consents"] = consents
    return document


def explain_document(decision: Decision, facts: Facts) -> dict[str, object]:
    """Return a decision as the JSON of ``ringbank explain``; times ISO 8601, UTC."""
    law = facts.law
    refusing = {refusal.gate for refusal in decision.refusals}
    return {
        "number": facts.number,
        "at": _iso(facts.now),
        "callable": decision.callable,
        "refusals": [
            {
                "gate": refusal.gate,
                "rule": refusal.rule,
                "why": refusal.why,
                "source": refusal.source,
                "until": refusal.until and _iso(refusal.until),
            }
            for refusal in decision.refusals
        ],
        "zones": list(facts.zones),
        "jurisdictions": [one for one in law.jurisdictions if one != OWN_RULES],
        "rule_set": facts.rule_set,
        "until": decision.until and _iso(decision.until),
        "places": [str(place) for place in law.placing.places],
        "gates": {name: name not in refusing for name, _ in GATES},
        "rules": [rule.id for rule in law.rules],
        "not_enforced": [rule.id for rule in law.shown],
        "loosened": [
            {"rule": one.rule, "by": one.by, "reason": one.reason} for one in law.loosened
        ],
        "statutory_hours": law.knows_hours,
    }


OWN_RULES = "own"
"""The id under which a rule book keeps what the configuration asks for."""


def _state(facts: Facts) -> Iterator[Refusal]:
    name = facts.campaign.name
    if facts.campaign_state is not CampaignState.RUNNING:
        yield Refusal(
            gate="state",
            rule="campaign_state",
            why=f"campaign is {facts.campaign_state}; run: ringbank campaigns start {name}",
            source="state of the campaign",
        )
    elif facts.claimed or facts.lead_state is LeadState.IN_CALL:
        yield Refusal(
            gate="state",
            rule="claimed",
            why="somebody has this person, or another one of this number, right now",
            source="state of the lead",
        )


def _list(facts: Facts) -> Iterator[Refusal]:
    if not facts.on_list:
        lists = ", ".join(facts.campaign.lists)
        yield Refusal(
            gate="list",
            rule="on_list",
            why=f"is on no list of the campaign that is in use ({lists})",
            source="campaign file: lists",
        )
    elif not facts.in_segment:
        yield Refusal(
            gate="list",
            rule="where",
            why=f"does not match where: {' '.join((facts.campaign.where or '').split())}",
            source="campaign file: where",
        )


def _suppression(facts: Facts) -> Iterator[Refusal]:
    entry = facts.suppression
    if entry is None:
        return
    whom = "anybody" if entry.scope is SuppressionScope.ALL else entry.scope_name
    reason = f": {entry.reason}" if entry.reason else ""
    yield Refusal(
        gate="suppression",
        rule=f"do_not_call:{entry.scope}",
        why=f"not to be called by {whom} (scope {entry.scope}){reason}",
        source="do-not-call list",
    )


def _registry(facts: Facts) -> Iterator[Refusal]:
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
    remedy = f"load it: ringbank dnc import FILE --registry {rule.registry} --as-of DATE"
    why = None
    if listing is None:
        why = f"{rule.title} has to be asked and is not there; {remedy}"
    elif rule.max_age_days is not None:
        age = (max(_days(facts)) - listing.registry.as_of).days
        if age > rule.max_age_days:
            why = f"{listing.registry} is {age} days old and may be {rule.max_age_days}; {remedy}"
    if why is None and listing is not None:
        if rule.list is RegistryList.OPT_IN:
            if listing.listed is not Listed.YES:
                why = f"is not in {rule.title}, in which whoever may be called is"
        else:
            said = _listed(listing)
            why = said and said[1]
    if why is not None:
        yield Refusal(gate="registry", rule=rule.id, why=why, source=_sources(rule))


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


def _consent(facts: Facts) -> Iterator[Refusal]:
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
        if not _valid(rule, facts) or rule.need is Need.PRESUMED or _spared(rule, facts):
            continue
        why: str | None
        if rule.need is Need.FORBIDDEN:
            why = "such calls are forbidden, whatever the person agreed to"
        else:
            why = why_not_in_force(facts.consents, rule.kind, now=facts.now)
            if why is None and rule.need is Need.WRITTEN:
                given = in_force(facts.consents, rule.kind, now=facts.now)
                if all(one.proof is None for one in given):
                    why = f"the consent {rule.kind!r} has to be in writing, and names no proof"
        if why is not None:
            yield Refusal(gate="consent", rule=rule.id, why=why, source=_sources(rule))


def _place(facts: Facts) -> Iterator[Refusal]:
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
            "ringbank leads edit ID --set zone=Europe/Oslo",
            source="whoever calls must know what time it is there",
        )
    if not law.placing.places:
        yield Refusal(
            gate=GATE_OF_PLACE,
            rule="country_unknown",
            why="the person's country is not known; find out and run: "
            "ringbank leads edit ID --set country=NO",
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


def _caps(facts: Facts) -> Iterator[Refusal]:
    yield from _limited("caps", facts, facts.law.caps)


def _cooldown(facts: Facts) -> Iterator[Refusal]:
    yield from _limited("cooldown", facts, facts.law.cooldowns)


def _limited(gate: str, facts: Facts, rules: tuple[Rule, ...]) -> Iterator[Refusal]:
    if not facts.calls:
        return
    whom = Whom(
        lead_id=facts.lead_id,
        number_id=facts.number_id,
        campaign=facts.campaign.name,
        seller=facts.campaign.seller,
        zones=facts.zones,
    )
    for rule in rules:
        if not _valid(rule, facts) or _spared(rule, facts):
            continue
        if isinstance(rule, CapRule):
            limit = capped(rule, facts.calls, whom, facts.now)
        elif isinstance(rule, CooldownRule):
            limit = cooling(rule, facts.calls, whom, facts.now)
        else:
            limit = same_hour(rule, facts.calls, whom, facts.now)
        if limit is not None:
            yield Refusal(
                gate=gate, rule=rule.id, why=limit.why, source=_sources(rule), until=limit.until
            )


def _spared(rule: Rule, facts: Facts) -> bool:
    """Tell whether a rule spares this very person: by a consent, or a relation to the seller."""
    for kind in rule.unless_consent | rule.exempt.consent:
        if why_not_in_force(facts.consents, kind, now=facts.now) is None:
            return True
    return any(
        relation.months == 0 or _months_after(one.given_at, relation.months) > facts.now
        for relation in rule.exempt.relation
        for one in in_force(facts.consents, relation.kind, now=facts.now)
    )


def _months_after(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.month - 1 + months, 12)
    for day in range(moment.day, 0, -1):
        try:
            return moment.replace(year=moment.year + year, month=month + 1, day=day)
        except ValueError:  # no such day in that month
            continue
    raise AssertionError("every month has a first day")


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


def _hours(facts: Facts) -> Iterator[Refusal]:
    law = facts.law
    if not law.clauses or not facts.zones:
        return
    lifted = frozenset(
        rule.id
        for rule in law.rules
        if rule.unless_consent | rule.exempt.consent or rule.exempt.relation
        if _spared(rule, facts)
    )
    opening = law.timetable(lifted).at(facts.now)
    # What shuts longest ends when everything is open at once, which may be later still.
    last = max(opening.closed, key=lambda closed: closed.until or _NEVER, default=None)
    for closed in opening.closed:
        yield Refusal(
            gate="hours",
            rule=closed.rule,
            why=closed.why,
            source=closed.source,
            until=opening.until if closed is last else closed.until,
        )


_NEVER = datetime.max.replace(tzinfo=UTC)


def _attempts(facts: Facts) -> Iterator[Refusal]:
    refusal = _wait(facts)
    if refusal is not None:
        yield refusal


def _wait(facts: Facts) -> Refusal | None:
    following = next_try(
        facts.campaign,
        facts.attempts,
        lead_id=facts.lead_id,
        zones=facts.zones,
        numbers=facts.numbers,
    )
    refusal = Refusal(
        gate="attempts", rule=following.rule, why=following.why, source=_source(following.rule)
    )
    if not following.callable:
        return refusal
    if facts.lead_state in {LeadState.DONE, LeadState.SUPPRESSED}:
        return _held(facts, f"the lead is {facts.lead_state} in this campaign", None)
    # The promise itself may have been moved since the talk in which it was made.
    promised = following.state is facts.lead_state is LeadState.CALLBACK
    due = facts.next_call_at if promised and facts.next_call_at else following.at
    if due is not None and due > facts.now:
        return replace(refusal, until=due.astimezone(UTC))
    # A lead put back by another gate waits for what that gate says by itself.
    held = facts.next_call_at
    others = (_hours, _caps, _cooldown)
    if (
        held is not None
        and held > facts.now
        and not any(refusal for gate in others for refusal in gate(facts))
    ):
        return _held(facts, "the lead is held back in this campaign", held.astimezone(UTC))
    return None


def _held(facts: Facts, why: str, until: datetime | None) -> Refusal:
    return Refusal(
        gate="attempts",
        rule=f"lead_state:{facts.lead_state}",
        why=why,
        source="state of the lead",
        until=until,
    )


_ATTEMPT_SOURCES = {
    "disposition": "result of an earlier call",
    "broadcast": "campaign file: mode",
    "outcome": "campaign file: [retry]",
    "retry": "campaign file: [retry]",
    "max_attempts": "campaign file: dialing.max_attempts",
    "new": "state of the lead",
    "reoffer": "campaign file: [[refusal_reasons]] offer",
    "moved": "campaign file: [retry]",
    "gave_up": "campaign file: [retry]",
    "numbers": "numbers of the lead",
}
"""Where the rules of `next_try` come from, by the part of their name before the colon."""


def _source(rule: str) -> str:
    return _ATTEMPT_SOURCES[rule.partition(":")[0]]


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


GATES: tuple[tuple[str, Gate], ...] = (
    ("state", _state),
    ("list", _list),
    ("suppression", _suppression),
    ("registry", _registry),
    ("consent", _consent),
    ("place", _place),
    ("hours", _hours),
    ("caps", _caps),
    ("cooldown", _cooldown),
    ("attempts", _attempts),
)
"""Every gate by its name, in the order in which refusals are told."""
