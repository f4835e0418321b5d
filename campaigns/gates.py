"""Whether a number may be called now: every gate, in one table, each asked every time.

A gate is a function from the facts to its refusals. A fact that a rule asks for and that is
not known is a reason to refuse. The engine asks before every call, an agent's ``next`` does,
and ``explain`` shows the same answer: nothing else may allow a call.

The days of `starts` and `ends` belong to the gate `hours`, because they are days on the
calendar of the person called; the gate `state` is about the campaign and the lead alone.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from campaigns import legal_gates, recording
from campaigns.decision import Decision, Facts, Gate, Refusal
from campaigns.model import CampaignState, LeadState
from campaigns.retry import next_try
from campaigns.rules.own import OWN
from leads.model import SuppressionScope


def evaluate(facts: Facts) -> Decision:
    """Ask every gate, also after one has refused, and each for all its reasons."""
    return Decision(tuple(refusal for _, gate in GATES for refusal in gate(facts)))


def decision_document(facts: Facts) -> dict[str, object]:
    """Return why a call is allowed, as the attempt keeps it: what was asked, and of whom."""
    law = facts.law
    document: dict[str, object] = {
        "at": _iso(facts.now),
        "rules": [rule.id for rule in law.rules],
        "jurisdictions": list(law.jurisdictions),
        "places": [str(place) for place in law.placing.places],
        "zones": list(law.placing.zones),
    }
    if law.loosened:
        document["loosened"] = [
            {"rule": one.rule, "by": one.by, "reason": one.reason} for one in law.loosened
        ]
    if law.without_rules:
        document["without_rules"] = list(law.without_rules)
    if asked := {one.registry.name: one.registry.as_of.isoformat() for one in facts.registries}:
        document["registries"] = asked
    if consents := [one.consent_id for one in facts.consents]:
        document["consents"] = consents
    if facts.campaign.recording is not None:
        recorded = recording.decide(facts.campaign, law.duties, unknown=law.without_rules)
        document[recording.TOPIC] = recorded.document()
    if facts.campaign.amd.detect and facts.campaign.amd.samples:
        sampled = recording.decide_sample(law.duties, unknown=law.without_rules)
        document[recording.SAMPLE] = sampled.document()
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
        "jurisdictions": [one for one in law.jurisdictions if one != OWN],
        "rule_set": facts.rule_set,
        "until": decision.until and _iso(decision.until),
        "places": [str(place) for place in law.placing.places],
        "gates": {name: name not in refusing for name, _ in GATES},
        "rules": [rule.id for rule in law.rules],
        "not_enforced": [rule.id for rule in law.shown],
        "loosened": [
            {"rule": one.rule, "by": one.by, "reason": one.reason} for one in law.loosened
        ],
        "without_hours": [str(place) for place in law.without_hours],
    }


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
        again = f"ringbank campaigns start {facts.campaign.name}"
        return _held(
            facts,
            f"the lead is {facts.lead_state} in this campaign; whom a gate took out of it is "
            f"looked at again by: {again}",
            None,
        )
    # The promise itself may have been moved since the talk in which it was made.
    promised = following.state is facts.lead_state is LeadState.CALLBACK
    due = facts.next_call_at if promised and facts.next_call_at else following.at
    if due is not None and due > facts.now:
        return replace(refusal, until=due.astimezone(UTC))
    # A lead put back by another gate waits for what that gate says by itself.
    held = facts.next_call_at
    others = (legal_gates.hours, legal_gates.caps, legal_gates.cooldown)
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
    "moved": "campaign file: [retry]",
    "gave_up": "campaign file: [retry]",
    "next_number": "numbers of the lead",
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
    ("registry", legal_gates.registry),
    ("consent", legal_gates.consent),
    ("place", legal_gates.place),
    ("hours", legal_gates.hours),
    ("caps", legal_gates.caps),
    ("cooldown", legal_gates.cooldown),
    ("attempts", _attempts),
)
"""Every gate by its name, in the order in which refusals are told."""
