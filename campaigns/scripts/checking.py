"""A script held against the base: the columns of its campaign's lists, the rules for its people."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from campaigns import queues
from campaigns.facts import WHEREABOUTS, whereabouts
from campaigns.law import ANY_LINE, Laws
from campaigns.model import Campaign, CampaignId
from campaigns.rules.model import Duty, Placing, Rule
from campaigns.scripts.check import Finding, check
from campaigns.scripts.opening import opening
from campaigns.scripts.shown import duties_on
from campaigns.scripts.texts import BASE, ScriptTexts
from leads.tables import imports, lead_numbers, leads, list_members, lists, numbers

_LOOK_AT = 200
"""How many people tell where those of a list may be."""


def columns_of(connection: Connection, campaign: Campaign) -> frozenset[str]:
    """Return the names of the columns that a campaign's lists have besides the known ones."""
    found = connection.scalars(
        select(imports.c.attributes)
        .join(lists, lists.c.id == imports.c.list_id)
        .where(lists.c.name.in_(campaign.lists), imports.c.undone_at.is_(None))
    )
    return frozenset(name for names in found for name in names)


def findings(
    connection: Connection, campaign: Campaign, script: ScriptTexts | None
) -> tuple[Finding, ...]:
    """Return what is wrong with a campaign's script or strange in it."""
    if script is None or campaign.script is None:
        return ()
    files = {BASE: campaign.script.file, **campaign.script.languages}
    return check(script, campaign, files=files, attributes=columns_of(connection, campaign))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A rule about what is said that holds for nobody yet: an agent may want to know it.

    Attributes:
        rule: its id.
        says: its values by key, in words.
        status: proposed, or how sure it is.
        source: the texts it rests on.
    """

    rule: str
    says: dict[str, str]
    status: str
    source: str

    def document(self) -> dict[str, object]:
        """Return the same as plain values."""
        return {
            "rule": self.rule,
            "says": self.says,
            "status": self.status,
            "source": self.source,
        }


def placings_of(
    connection: Connection, campaign: Campaign, laws: Laws, campaign_id: CampaignId | None
) -> frozenset[Placing]:
    """Return where people of a campaign may be; before its start, where some of its lists are.

    Args:
        connection: to the base.
        campaign: as its file says.
        laws: the rules, applied.
        campaign_id: that of the stored one, or None where there is none yet.
    """
    found = set()
    if campaign_id is not None:
        found = {queue.placing for queue in queues.of_campaign(connection, campaign_id)}
    if not found:
        some = (
            select(*WHEREABOUTS)
            .select_from(list_members)
            .join(lists, lists.c.id == list_members.c.list_id)
            .join(leads, leads.c.id == list_members.c.lead_id)
            .join(lead_numbers, lead_numbers.c.lead_id == leads.c.id)
            .join(numbers, numbers.c.id == lead_numbers.c.number_id)
            .where(lists.c.name.in_(campaign.lists), lead_numbers.c.position == 1)
            .limit(_LOOK_AT)
        )
        found = {laws.placing(whereabouts(row)) for row in connection.execute(some)}
    return frozenset(found)


def of_rules(
    connection: Connection,
    campaign_id: CampaignId | None,
    campaign: Campaign,
    script: ScriptTexts | None,
    laws: Laws,
    *,
    now: datetime,
) -> tuple[tuple[Finding, ...], tuple[Shown, ...]]:
    """Return what rules ask the campaign's openings for and nothing says, and what is proposed.

    It is told for the places of the campaign's people.
    """
    missing: dict[str, Finding] = {}
    shown: dict[str, Shown] = {}
    for placing in placings_of(connection, campaign, laws, campaign_id):
        law = laws.of(campaign, placing, ANY_LINE, now)
        said = opening(
            campaign, script, duties_on(law, now), agent="", language=None, recorded=False
        )
        for duty in said.duties:
            if "nature_of_goods" in duty.say:
                why = f"is missing: {duty.rule} asks to say at once what is offered"
                missing[duty.rule] = Finding(where="script.about", why=why, error=False)
        shown |= {rule.id: _shown(rule) for rule in law.shown if _is_said(rule)}
    return tuple(missing.values()), tuple(sorted(shown.values(), key=lambda one: one.rule))


def _is_said(rule: Rule) -> bool:
    return isinstance(rule, Duty) and rule.topic in {"disclosure", "recording"}


def _shown(rule: Rule) -> Shown:
    assert isinstance(rule, Duty)
    status = rule.status.value if rule.status.value != "in_force" else f"{rule.confidence} certain"
    return Shown(rule=rule.id, says={**rule.says}, status=status, source="; ".join(rule.source))
