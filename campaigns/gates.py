"""Whether a number may be called now: every gate, in one table, each asked every time.

A gate is a function from the facts to a refusal or None. A fact that a rule asks for and
that is not known is a reason to refuse. The engine asks before every call, an agent's
``next`` does, and ``explain`` shows the same answer: nothing else may allow a call.

The days of `starts` and `ends` belong to the gate `hours`, because they are days on the
calendar of the person called; the gate `state` is about the campaign and the lead alone.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from campaigns.model import Campaign, CampaignState, LeadState, PastAttempt
from campaigns.retry import next_try
from campaigns.timetable import Timetable, own_clauses
from leads.consent_rules import Consent, why_not_in_force
from leads.model import E164, Listed, Listing, Suppression, SuppressionScope

GATES_VERSION = 2
"""Goes up with every change of what the gates allow: it is part of `rule_set`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything the gates look at, for one number, campaign and moment.

    Attributes:
        now: the moment in question, aware.
        campaign: what the campaign file says.
        campaign_state: whether it runs.
        number: whom to call.
        zones: IANA names of every zone the number may be in; empty when unknown.
        lead_id: whose number it is, or None when it is no lead's.
        lead_state: where the lead stands in the campaign; None when it is not enrolled.
        on_list: the lead is on a list of the campaign that is not archived.
        in_segment: the campaign's `where` means the lead, or it has none.
        next_call_at: what the lead waits for in the campaign, aware, or None.
        claimed: somebody has the person, or another one of that number, right now.
        suppression: a do-not-call entry that reaches this campaign, or None.
        registries: what every current national register says of the number.
        attempts: the ended ones in the campaign, of the lead or on its number.
        consents: those the lead ever gave of the kinds that the campaign asks for.
    """

    now: datetime
    campaign: Campaign
    campaign_state: CampaignState
    number: E164
    zones: tuple[str, ...]
    lead_id: int | None
    lead_state: LeadState | None
    on_list: bool
    in_segment: bool
    next_call_at: datetime | None
    claimed: bool
    suppression: Suppression | None
    registries: tuple[Listing, ...]
    attempts: tuple[PastAttempt, ...]
    consents: tuple[Consent, ...] = ()


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


Gate = Callable[[Facts], Refusal | None]


def evaluate(facts: Facts) -> Decision:
    """Ask every gate, also after one has refused."""
    refusals = (gate(facts) for _, gate in GATES)
    return Decision(tuple(refusal for refusal in refusals if refusal is not None))


def rule_set(campaign: Campaign) -> str:
    """Return 12 hex digits that change with whatever may change a decision.

    They stand for the version of the gates and the campaign's own rules, and are the same
    on every machine.
    """
    days = campaign.hours.days if campaign.hours else None
    rules = {
        "version": GATES_VERSION,
        "hours": days and [[[str(a), str(b)] for a, b in windows] for windows in days],
        "starts": campaign.starts and str(campaign.starts),
        "ends": campaign.ends and str(campaign.ends),
        "retry": {
            outcome.value: [entry.after.total_seconds(), entry.max]
            for outcome, entry in campaign.retry.items()
        },
        "max_attempts": campaign.max_attempts,
        "ring_s": campaign.ring_s,
        "mode": campaign.mode.value,
        "seller": campaign.seller,
        "consent": sorted(campaign.consent),
        "where": campaign.where,
    }
    canonical = json.dumps(rules, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def explain_document(decision: Decision, facts: Facts) -> dict[str, object]:
    """Return a decision as the JSON of ``ringbank explain``; times ISO 8601, UTC."""
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
        "jurisdictions": [],
        "rule_set": rule_set(facts.campaign),
    }


def _state(facts: Facts) -> Refusal | None:
    name = facts.campaign.name
    if facts.campaign_state is not CampaignState.RUNNING:
        return Refusal(
            gate="state",
            rule="campaign_state",
            why=f"campaign is {facts.campaign_state}; run: ringbank campaigns start {name}",
            source="state of the campaign",
        )
    if facts.claimed or facts.lead_state is LeadState.IN_CALL:
        return Refusal(
            gate="state",
            rule="claimed",
            why="somebody has this person, or another one of this number, right now",
            source="state of the lead",
        )
    return None


def _list(facts: Facts) -> Refusal | None:
    if not facts.on_list:
        lists = ", ".join(facts.campaign.lists)
        return Refusal(
            gate="list",
            rule="on_list",
            why=f"is on no list of the campaign that is in use ({lists})",
            source="campaign file: lists",
        )
    if not facts.in_segment:
        return Refusal(
            gate="list",
            rule="where",
            why=f"does not match where: {' '.join((facts.campaign.where or '').split())}",
            source="campaign file: where",
        )
    return None


def _suppression(facts: Facts) -> Refusal | None:
    entry = facts.suppression
    if entry is None:
        return None
    whom = "anybody" if entry.scope is SuppressionScope.ALL else entry.scope_name
    reason = f": {entry.reason}" if entry.reason else ""
    return Refusal(
        gate="suppression",
        rule=f"do_not_call:{entry.scope}",
        why=f"not to be called by {whom} (scope {entry.scope}){reason}",
        source="do-not-call list",
    )


def _registry(facts: Facts) -> Refusal | None:
    """Refuse for the first registry that does: one that lists the number before the others."""
    held = [one for one in facts.registries if one.listed is not Listed.NO]
    if not held:
        return None
    listing = next((one for one in held if one.listed is Listed.YES), held[0])
    registry = listing.registry
    if listing.listed is Listed.YES:
        rule, why = "registry", f"is in the registry {registry.name}"
    elif listing.listed is Listed.UNKNOWN:
        rule = "registry_unknown"
        why = f"whether the registry {registry.name} lists it is not known; {registry.remedy}"
    else:
        rule = "registry_file"
        why = f"the file of the registry {registry.name} here is another one; {registry.remedy}"
    return Refusal(gate="registry", rule=f"{rule}:{registry.name}", why=why, source=str(registry))


def _consent(facts: Facts) -> Refusal | None:
    """Refuse for want of consents: the rule names the first, the reason all of them."""
    missing = {
        kind: why
        for kind in facts.campaign.consent
        if (why := why_not_in_force(facts.consents, kind, now=facts.now)) is not None
    }
    if not missing:
        return None
    return Refusal(
        gate="consent",
        rule=f"consent:{next(iter(missing))}",
        why="; ".join(missing.values()),
        source="campaign file: consent",
    )


def _hours(facts: Facts) -> Refusal | None:
    clauses = own_clauses(facts.campaign)
    if clauses and not facts.zones:
        return Refusal(
            gate="hours",
            rule="zone_unknown",
            why=f"no time zone is known for {facts.number}",
            source=clauses[-1].source,
        )
    opening = Timetable(clauses, facts.zones, ring_s=facts.campaign.ring_s).at(facts.now)
    if opening.open:
        return None
    shut = opening.closed[0]
    never = f"; {opening.never}" if opening.never and shut.rule != "ends" else ""
    return Refusal(
        gate="hours",
        rule=shut.rule,
        why=f"{shut.why}{never}",
        source=shut.source,
        until=opening.until,
    )


def _attempts(facts: Facts) -> Refusal | None:
    following = next_try(facts.campaign, facts.attempts, lead_id=facts.lead_id)
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
    # A lead put back by the gate `hours` waits for what that gate says by itself.
    held = facts.next_call_at
    if held is not None and held > facts.now and _hours(facts) is None:
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
    ("hours", _hours),
    ("attempts", _attempts),
)
"""Every gate by its name, in the order in which refusals are told."""
