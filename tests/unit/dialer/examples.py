"""Moments, a trunk, campaigns and people to start from."""

from datetime import UTC, datetime, timedelta

from campaigns.ledger import OpenAttempt
from campaigns.model import AgentState, AttemptId, Campaign, CampaignId, CampaignState
from campaigns.store import StoredCampaign
from dialer.agent import Agent
from dialer.trunks import Trunk
from leads.model import E164
from tests.unit.campaigns.examples import CAMPAIGN

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)

TRUNK = Trunk(
    name="main",
    channel="PJSIP/{number}@carrier",
    max_calls=10,
    max_calls_per_second=10,
    caller_ids=("+4721000000", "+4721000001"),
)


def at(seconds: float) -> datetime:
    """Return the moment so many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def stored(campaign: Campaign = CAMPAIGN, *, id: int = 1) -> StoredCampaign:  # noqa: A002
    return StoredCampaign(
        id=CampaignId(id),
        state=CampaignState.RUNNING,
        campaign=campaign,
        definition="",
        script=None,
        file=None,
        started_at=NOON,
    )


def attempt(
    number: int,
    *,
    dialed_s: float = 0,
    agent_id: int | None = None,
    trunk: str = "main",
    boot: str | None = "first",
) -> OpenAttempt:
    return OpenAttempt(
        id=AttemptId(number),
        channel_id=f"rb-{number}",
        campaign_id=1,
        lead_id=number,
        number_id=number,
        phone=E164(f"+47220000{number:02}"),
        trunk=trunk,
        agent_id=agent_id,
        asterisk_boot=boot,
        dialed_at=at(dialed_s),
    )


def agent(
    agent_id: int = 1,
    name: str = "anna",
    state: AgentState = AgentState.OUT,
    *,
    phone: str = "PJSIP/anna",
    since_s: float = 0,
    channel_id: str | None = None,
) -> Agent:
    return Agent(
        agent_id=agent_id,
        name=name,
        phone=phone,
        state=state,
        since=at(since_s),
        channel_id=channel_id,
    )
