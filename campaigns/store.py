"""Campaigns in the base: created, changed, started; their lists' people enrolled.

Rows stay in here. A campaign's definition is stored word for word as its file had it,
and read by `campaigns.definition` on the way out, so that there is one reader of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from difflib import get_close_matches
from functools import lru_cache

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    and_,
    delete,
    insert,
    null,
    or_,
    select,
    update,
)

from campaigns import segment
from campaigns.definition import read_definition
from campaigns.desk_tables import script_versions
from campaigns.examining import examine_again, place_anew
from campaigns.model import Campaign, CampaignId, CampaignState
from campaigns.scripts import versions
from campaigns.scripts.texts import ScriptTexts
from campaigns.tables import campaign_leads, campaign_lists, campaigns
from leads.errors import UsageError
from leads.model import ListState
from leads.names import did_you_mean
from leads.notices import Subject, in_campaign, notify
from leads.problems import Problem
from leads.tables import (
    lists,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCampaign:
    """A campaign as the base holds it.

    Attributes:
        definition: its file, word for word.
        script: what its agents say, or None.
        file: where the definition was read from, or None.
        tripped: why its own calls paused it, until it is started (`campaigns.breaker`), or None.
    """

    id: CampaignId
    state: CampaignState
    campaign: Campaign
    definition: str
    script: ScriptTexts | None
    file: str | None
    started_at: datetime | None
    tripped: Mapping[str, object] | None = None


def create(
    connection: Connection,
    campaign: Campaign,
    *,
    definition: str,
    script: ScriptTexts | None,
    file: str | None,
    now: datetime,
) -> tuple[Problem, ...]:
    """Store a new, stopped campaign, or return why it cannot be stored."""
    taken = connection.scalar(select(campaigns.c.id).where(campaigns.c.name == campaign.name))
    if taken is not None:
        why = f"a campaign {campaign.name!r} exists; change it with: ringbank campaigns update FILE"
        return (Problem(where="name", why=why),)
    problems = _unknown_words(connection, campaign)
    if problems:
        return problems
    campaign_id = connection.execute(
        insert(campaigns)
        .values(
            name=campaign.name,
            state=CampaignState.STOPPED,
            definition=definition,
            script=versions.keep(connection, script, now=now),
            file=file,
            created_at=now,
            updated_at=now,
        )
        .returning(campaigns.c.id)
    ).scalar_one()
    _set_lists(connection, campaign_id, campaign.lists)
    return ()


def change(
    connection: Connection,
    stored: StoredCampaign,
    campaign: Campaign,
    *,
    definition: str,
    script: ScriptTexts | None,
    file: str | None,
    now: datetime,
) -> tuple[Problem, ...]:
    """Replace a campaign's definition for all calls not yet begun, or return why not."""
    problems = _unknown_words(connection, campaign)
    if problems:
        return problems
    connection.execute(
        update(campaigns)
        .where(campaigns.c.id == stored.id)
        .values(
            definition=definition,
            script=versions.keep(connection, script, now=now),
            file=file,
            updated_at=now,
        )
    )
    _set_lists(connection, stored.id, campaign.lists)
    examine_again(connection, stored.id, campaign, now=now, everybody=True)
    if campaign.queue != stored.campaign.queue:
        place_anew(connection, campaign_leads.c.campaign_id == stored.id)
    return ()


def _unknown_words(connection: Connection, campaign: Campaign) -> tuple[Problem, ...]:
    return (*unknown_lists(connection, campaign), *segment.problems_of(connection, campaign))


def unknown_lists(connection: Connection, campaign: Campaign) -> tuple[Problem, ...]:
    """Return a problem for each list of the campaign that is not in the base."""
    known = set(connection.scalars(select(lists.c.name)))
    problems = []
    for position, name in enumerate(campaign.lists, start=1):
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "import it first"
            problems.append(
                Problem(where=f"lists[{position}]", why=f"there is no list {name!r}; {hint}")
            )
    return tuple(problems)


_CAMPAIGNS = select(campaigns, script_versions.c.texts).outerjoin(
    script_versions, script_versions.c.version == campaigns.c.script
)


def load(connection: Connection, name: str) -> StoredCampaign:
    """Return the campaign of a name.

    Raises:
        UsageError: there is none.
    """
    row = connection.execute(_CAMPAIGNS.where(campaigns.c.name == name)).one_or_none()
    if row is not None:
        return _from_row(row)
    names = connection.scalars(select(campaigns.c.name))
    hint = did_you_mean(name, names, see="campaigns list")
    raise UsageError(f"there is no campaign {name!r}; {hint}")


def load_id(connection: Connection, campaign_id: int) -> StoredCampaign:
    """Return the campaign of an id that the base holds."""
    return _from_row(connection.execute(_CAMPAIGNS.where(campaigns.c.id == campaign_id)).one())


def load_all(connection: Connection) -> tuple[StoredCampaign, ...]:
    """Return all campaigns, by name."""
    rows = connection.execute(_CAMPAIGNS.order_by(campaigns.c.name))
    return tuple(_from_row(row) for row in rows)


def set_state(
    connection: Connection, stored: StoredCampaign, state: CampaignState, *, now: datetime
) -> None:
    """Start, pause or stop a campaign; a start looks again at whom a gate had refused."""
    values: dict[str, object] = {"state": state, "updated_at": now}
    if state is CampaignState.RUNNING:
        values |= {"started_at": now, "tripped": null()}
    # Before its people, as a change does: two who do both at once wait in one order.
    connection.execute(update(campaigns).where(campaigns.c.id == stored.id).values(**values))
    if state is CampaignState.RUNNING:
        notify(connection, Subject.PEOPLE, in_campaign(int(stored.id)))
        examine_again(connection, stored.id, stored.campaign, now=now)


def in_use(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a list is neither archived nor, by the day in UTC, expired."""
    return in_use_on(now.astimezone(UTC).date())


def in_use_on(today: date | BindParameter[date]) -> ColumnElement[bool]:
    """Return the condition that a list is neither archived nor expired on a day."""
    return and_(
        lists.c.state == ListState.ACTIVE,
        or_(lists.c.expires_on.is_(None), lists.c.expires_on > today),
    )


def active_lists(
    connection: Connection, campaign_id: CampaignId, *, now: datetime
) -> frozenset[int]:
    """Return the ids of the campaign's lists that are neither archived nor expired."""
    return frozenset(
        connection.scalars(
            select(campaign_lists.c.list_id)
            .join(lists)
            .where(
                campaign_lists.c.campaign_id == campaign_id,
                in_use(now),
            )
        )
    )


def lists_of(connection: Connection, campaign_id: CampaignId) -> frozenset[int]:
    """Return the ids of the campaign's lists, also of those that are not in use."""
    ours = campaign_lists.c.campaign_id == campaign_id
    return frozenset(connection.scalars(select(campaign_lists.c.list_id).where(ours)))


def _set_lists(connection: Connection, campaign_id: CampaignId, names: Iterable[str]) -> None:
    wanted = set(connection.scalars(select(lists.c.id).where(lists.c.name.in_(list(names)))))
    ours = campaign_lists.c.campaign_id == campaign_id
    present = lists_of(connection, campaign_id)
    if gone := present - wanted:
        connection.execute(delete(campaign_lists).where(ours, campaign_lists.c.list_id.in_(gone)))
    for list_id in wanted - present:
        connection.execute(insert(campaign_lists).values(campaign_id=campaign_id, list_id=list_id))


def _from_row(row: Row[tuple[object, ...]]) -> StoredCampaign:
    return StoredCampaign(
        id=CampaignId(row.id),
        state=CampaignState(row.state),
        campaign=_read(row.definition),
        definition=row.definition,
        script=None if row.texts is None else ScriptTexts.from_document(row.texts),
        file=row.file,
        started_at=row.started_at,
        tripped=row.tripped,
    )


@lru_cache(maxsize=64)
def _read(definition: str) -> Campaign:
    campaign = read_definition(definition)
    if isinstance(campaign, tuple):
        raise UsageError(
            f"a stored campaign is not readable by this version ({campaign[0]}); "
            "mend its file and run: ringbank campaigns update"
        )
    return campaign
