"""What the gates would have said of a past call, by the rules kept with it; pure.

The gates `state` and `list` are not asked: whether a campaign ran, who was on its lists and
whom its `where` meant at some moment of the past nobody has kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, cast

from campaigns.decision import Facts, Refusal
from campaigns.gates import evaluate
from campaigns.law import Law, Laws
from campaigns.limits import PastCall
from campaigns.model import Campaign, CampaignState, DialMode, LeadState, PastAttempt
from campaigns.rules.model import Place, Placing, RegistryList
from leads.consent_rules import Consent
from leads.model import Listed, Listing, Registry, Suppression, e164_of

JUDGED = ("suppression", "registry", "consent", "place", "hours", "caps", "cooldown", "attempts")
"""The gates that are asked."""

_OF_THE_ERASED = frozenset({"suppression", "registry", "consent"})
"""Gates whose facts go when a person is erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules kept under the name that attempts carry.

    Attributes:
        rule_set: the name.
        laws: the rule book, applied.
        campaign: as its file was.
    """

    rule_set: str
    laws: Laws
    campaign: Campaign


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDecision:
    """A call as the ledger holds it, and what the base knows of the time before it.

    Attributes:
        number_id: None where the person was erased since.
        line: the kind of number; empty where that is not known any more.
        judged_at: the moment at which it had to be allowed, aware (`moment_of`).
        decision: what was kept with it (`campaigns.gates.decision_document`).
        suppression: the do-not-call entry that reached it then, or None.
        listings: what the registries that are in force now say of the number.
        consents: all that the lead ever gave, as far as they are still there.
        calls: the earlier ones of the seller, as they stood then; `attempts` those of the
            campaign that had ended.
        numbers: how many the lead has.
    """

    lead_id: int
    number_id: int | None
    line: str
    judged_at: datetime
    decision: Mapping[str, Any]
    suppression: Suppression | None = None
    listings: tuple[Listing, ...] = ()
    consents: tuple[Consent, ...] = ()
    calls: tuple[PastCall, ...] = ()
    attempts: tuple[PastAttempt, ...] = ()
    numbers: int = 1


@dataclass(frozen=True, slots=True)
class Rejudged:
    """What became of a past decision.

    Attributes:
        refusals: why the call would not be allowed; empty where it would.
        unknown: what could not be looked at, in words.
    """

    refusals: tuple[Refusal, ...]
    unknown: tuple[str, ...] = ()


def moment_of(dialed_at: datetime, mode: str, decision: Mapping[str, Any]) -> datetime:
    """Return the moment at which a call had to be allowed.

    An agent who dials by hand tells of it afterwards; what counts is when they took the
    person, where that was kept.
    """
    if mode != DialMode.MANUAL or "at" not in decision:
        return dialed_at
    return min(datetime.fromisoformat(str(decision["at"])), dialed_at)


def placing_in(decision: Mapping[str, Any]) -> Placing | None:
    """Return where the person may have been, or None where that was not kept."""
    if "places" not in decision or "zones" not in decision:
        return None
    return Placing(
        zones=tuple(cast("list[str]", decision["zones"])),
        places=tuple(map(_place, cast("list[str]", decision["places"]))),
    )


def _place(written: str) -> Place:
    country, dash, _ = written.partition("-")
    return Place(country, written if dash else "")


def rejudge(past: PastDecision, rules: Rules) -> Rejudged | str:
    """Return what the gates say of a past call, or why they cannot say anything.

    Args:
        past: the call.
        rules: those that were kept with it.
    """
    placing = placing_in(past.decision)
    if placing is None:
        return "where the person was is not kept with it"
    law = rules.laws.of(rules.campaign, placing, past.line, past.judged_at)
    registries, guessed = _registries(past, law)
    facts = Facts(
        now=past.judged_at,
        campaign=rules.campaign,
        campaign_state=CampaignState.RUNNING,
        number=e164_of(past.number_id or 0),
        number_id=past.number_id or 0,  # type: ignore[arg-type]
        law=law,
        rule_set=rules.rule_set,
        lead_id=past.lead_id,
        # A promise may have been moved since the talk in which it was made, to this moment.
        lead_state=LeadState.CALLBACK,
        next_call_at=past.judged_at,
        on_list=True,
        in_segment=True,
        claimed=False,
        suppression=past.suppression,
        registries=registries,
        attempts=past.attempts,
        calls=past.calls,
        consents=tuple(one for one in past.consents if one.recorded_at <= past.judged_at),
        numbers=past.numbers,
    )
    refusals = (refusal for refusal in evaluate(facts).refusals if refusal.gate in JUDGED)
    unknown = [f"whether {name} listed the number" for name in guessed]
    if past.number_id is None:
        refusals = (one for one in refusals if one.gate not in _OF_THE_ERASED)
        unknown = ["what an erased person wished and agreed to"]
    return Rejudged(tuple(refusals), tuple(unknown))


def _registries(past: PastDecision, law: Law) -> tuple[tuple[Listing, ...], list[str]]:
    """Return what the registries said that were asked, and those of which that is a guess.

    Whether a number was listed is known of a version that is in force still; of any other the
    answer is taken for the one that allowed the call.
    """
    opt_in = {rule.registry for rule in law.registries if rule.list is RegistryList.OPT_IN}
    known = {
        (one.registry.name, one.registry.as_of): one
        for one in past.listings
        if one.registry.loaded_at <= past.judged_at and one.listed in {Listed.YES, Listed.NO}
    }
    found, guessed = [], []
    asked = cast("Mapping[str, str]", past.decision.get("registries", {}))
    for name, written in asked.items():
        as_of = date.fromisoformat(written)
        listing = known.get((name, as_of))
        if listing is None:
            guessed.append(f"the registry {name} as of {as_of}")
            listing = Listing(_gone(name, as_of), Listed.YES if name in opt_in else Listed.NO)
        found.append(listing)
    return tuple(found), guessed


def _gone(name: str, as_of: date) -> Registry:
    loaded_at = datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC)
    return Registry(
        registry_id=0, name=name, as_of=as_of, digest="", entries=0, file="", loaded_at=loaded_at
    )


def calls_as_they_stood(calls: Iterable[PastCall], moment: datetime) -> tuple[PastCall, ...]:
    """Return earlier calls without what came to be known of them after a moment."""
    return tuple(
        call
        if call.ended_at is not None and call.ended_at <= moment
        else replace(call, ended_at=None, outcome=None, disposition=None, amd=None)
        for call in calls
    )


def attempts_as_they_stood(
    attempts: Sequence[tuple[PastAttempt, datetime | None]], moment: datetime
) -> tuple[PastAttempt, ...]:
    """Return the attempts that had ended by a moment, without what was said later.

    Args:
        attempts: ended ones, each with the moment at which its result was given, or None.
        moment: aware.
    """
    return tuple(
        attempt
        if said_at is None or said_at <= moment
        else replace(attempt, disposition=None, code=None, callback_at=None)
        for attempt, said_at in attempts
        if attempt.ended_at <= moment
    )
