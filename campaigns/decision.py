"""What the gates look at and what they answer, as values; pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from campaigns.law import Law
from campaigns.limits import PastCall
from campaigns.model import Campaign, CampaignState, LeadState, PastAttempt
from campaigns.rules.model import Placing
from leads.consent_rules import Consent
from leads.model import E164, Listing, NumberId, Suppression


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
        """When the last refusal ends: None if there is none, or if one has no end.

        Until then no call may be placed; then the gates have to be asked again, because a limit
        may end at night.
        """
        ends = [refusal.until for refusal in self.refusals if refusal.until is not None]
        return max(ends) if ends and len(ends) == len(self.refusals) else None


Gate = Callable[[Facts], Iterator[Refusal]]
