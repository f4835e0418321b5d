"""A script held against the base: the columns of its campaign's lists, the rules for its people."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from campaigns import queues
from campaigns.law import ANY_LINE, Laws
from campaigns.model import Campaign, CampaignId
from campaigns.rules.model import Duty, Rule
from campaigns.scripts.check import Finding, check
from campaigns.scripts.opening import opening
from campaigns.scripts.shown import duties_on
from campaigns.scripts.texts import BASE, ScriptTexts
from leads.tables import imports, lists


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


def of_rules(
    connection: Connection,
    campaign_id: CampaignId,
    campaign: Campaign,
    script: ScriptTexts | None,
    laws: Laws,
    *,
    now: datetime,
) -> tuple[tuple[Finding, ...], tuple[Shown, ...]]:
    """Return what rules ask the campaign's openings for and nothing says, and what is proposed.

    It is told for the places of the people who are enrolled.
    """
    missing: dict[str, Finding] = {}
    shown: dict[str, Shown] = {}
    placings = {queue.placing for queue in queues.of_campaign(connection, campaign_id)}
    for placing in placings:
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
