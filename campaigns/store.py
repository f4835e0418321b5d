"""Campaigns in the base: created, changed, started; their lists' people enrolled.

Rows stay in here. A campaign's definition is stored word for word as its file had it,
and read by `campaigns.definition` on the way out, so that there is one reader of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import lru_cache

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Update,
    and_,
    case,
    delete,
    exists,
    false,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    true,
    update,
)

from campaigns import segment
from campaigns.definition import read_definition
from campaigns.model import Campaign, CampaignId, CampaignState, LeadState
from campaigns.tables import campaign_leads, campaign_lists, campaigns, is_callable
from leads.errors import UsageError
from leads.model import ListState
from leads.names import did_you_mean
from leads.problems import Problem
from leads.sql import among, insert_if_new
from leads.tables import (
    consents,
    lead_numbers,
    leads,
    list_members,
    lists,
    registries,
    registry_verdicts,
)

AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
"""`next_call_at` of a lead that waits for nothing: earlier than any clock's now."""

ERASED = "erased"
"""`campaign_leads.held_by` of a person whose data are gone: nothing brings them back."""

HELD_BY_GATES = ("state", "list", "suppression", "registry", "consent", "hours", "attempts")
"""`campaign_leads.held_by` of leads that a gate, not a result, took out of the work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCampaign:
    """A campaign as the base holds it.

    Attributes:
        definition: its file, word for word.
        script: the text of its script file, or None.
        file: where the definition was read from, or None.
    """

    id: CampaignId
    state: CampaignState
    campaign: Campaign
    definition: str
    script: str | None
    file: str | None
    started_at: datetime | None


def create(
    connection: Connection,
    campaign: Campaign,
    *,
    definition: str,
    script: str | None,
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
            script=script,
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
    script: str | None,
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
        .values(definition=definition, script=script, file=file, updated_at=now)
    )
    _set_lists(connection, stored.id, campaign.lists)
    examine_again(connection, stored.id, campaign, now=now, everybody=True)
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


def load(connection: Connection, name: str) -> StoredCampaign:
    """Return the campaign of a name.

    Raises:
        UsageError: there is none.
    """
    row = connection.execute(select(campaigns).where(campaigns.c.name == name)).one_or_none()
    if row is not None:
        return _from_row(row)
    names = connection.scalars(select(campaigns.c.name))
    hint = did_you_mean(name, names, see="campaigns list")
    raise UsageError(f"there is no campaign {name!r}; {hint}")


def load_id(connection: Connection, campaign_id: int) -> StoredCampaign:
    """Return the campaign of an id that the base holds."""
    return _from_row(
        connection.execute(select(campaigns).where(campaigns.c.id == campaign_id)).one()
    )


def load_all(connection: Connection) -> tuple[StoredCampaign, ...]:
    """Return all campaigns, by name."""
    rows = connection.execute(select(campaigns).order_by(campaigns.c.name))
    return tuple(_from_row(row) for row in rows)


def set_state(
    connection: Connection, stored: StoredCampaign, state: CampaignState, *, now: datetime
) -> None:
    """Start, pause or stop a campaign; a start looks again at whom a gate had refused."""
    values: dict[str, object] = {"state": state, "updated_at": now}
    if state is CampaignState.RUNNING:
        values["started_at"] = now
        examine_again(connection, stored.id, stored.campaign, now=now)
    connection.execute(update(campaigns).where(campaigns.c.id == stored.id).values(**values))


def enrol(connection: Connection, stored: StoredCampaign, *, now: datetime) -> int:
    """Enrol whoever came onto the campaign's lists since the last time; return how many.

    Whom its `where` does not mean is enrolled too, as one whom the gate `list` took out, so
    that no claim has to walk through them. Whom the gate `consent` had refused is looked at
    again when an import has brought a consent of theirs meanwhile.
    """
    campaign_id = stored.id
    enrolled = 0
    memberships = connection.execute(
        select(campaign_lists).where(campaign_lists.c.campaign_id == campaign_id)
    ).all()
    for membership in memberships:
        with_members, with_consents = _newest_imports(connection, membership.list_id)
        newest = max(with_members, with_consents)
        if newest <= membership.enrolled_to:
            continue
        if with_consents > membership.enrolled_to:
            brought = select(consents.c.lead_id).where(
                consents.c.import_id > membership.enrolled_to, consents.c.import_id <= newest
            )
            _put_to_work(
                connection,
                campaign_leads.c.campaign_id == campaign_id,
                campaign_leads.c.held_by == "consent",
                campaign_leads.c.lead_id.in_(brought),
            )
        known = (
            select(campaign_leads.c.id)
            .where(
                campaign_leads.c.campaign_id == campaign_id,
                campaign_leads.c.lead_id == list_members.c.lead_id,
            )
            .exists()
        )
        meant = segment.of_campaign(connection, campaign_id, stored.campaign, now=now)
        left_out = false() if meant is None else leads.c.id.is_(None)
        newcomers = (
            select(
                literal(campaign_id),
                list_members.c.lead_id,
                list_members.c.list_id,
                case((left_out, LeadState.DONE.value), else_=LeadState.NEW.value),
                case((left_out, _GATE_OF_WHERE), else_=null()),
                literal(AT_ONCE, campaign_leads.c.next_call_at.type),
            )
            .where(
                list_members.c.list_id == membership.list_id,
                list_members.c.import_id > membership.enrolled_to,
                list_members.c.import_id <= newest,
                ~known,
            )
            .order_by(list_members.c.import_id, list_members.c.lead_id)
        )
        if meant is not None:
            newcomers = newcomers.select_from(list_members).outerjoin(
                leads, and_(leads.c.id == list_members.c.lead_id, meant)
            )
        # Whom the gate `list` had taken out may be on a list again.
        came = select(list_members.c.lead_id).where(
            list_members.c.list_id == membership.list_id,
            list_members.c.import_id > membership.enrolled_to,
            list_members.c.import_id <= newest,
        )
        _put_to_work(
            connection,
            campaign_leads.c.campaign_id == campaign_id,
            campaign_leads.c.held_by == _GATE_OF_WHERE,
            campaign_leads.c.lead_id.in_(came),
            true() if meant is None else _is_meant(meant),
        )
        columns = ["campaign_id", "lead_id", "list_id", "state", "held_by", "next_call_at"]
        added = connection.execute(
            insert_if_new(connection, campaign_leads).from_select(columns, newcomers),
            execution_options={"preserve_rowcount": True},
        )
        enrolled += added.rowcount
        connection.execute(
            update(campaign_lists)
            .where(
                campaign_lists.c.campaign_id == campaign_id,
                campaign_lists.c.list_id == membership.list_id,
            )
            .values(enrolled_to=newest)
        )
    return enrolled


def _newest_imports(connection: Connection, list_id: int) -> tuple[int, int]:
    """Return the newest import with members of a list, and with consents of anybody; or 0.

    Two looks at the ends of indexes, in one statement: this is asked twice a second, and an
    import that ends between two statements would be seen by one and not the other.
    """
    members = select(func.max(list_members.c.import_id)).where(list_members.c.list_id == list_id)
    with_consents = select(func.max(consents.c.import_id))
    row = connection.execute(
        select(
            func.coalesce(members.scalar_subquery(), 0),
            func.coalesce(with_consents.scalar_subquery(), 0),
        )
    ).one()
    return row[0], row[1]


def examine_again(
    connection: Connection,
    campaign_id: CampaignId,
    campaign: Campaign,
    *,
    now: datetime,
    everybody: bool = False,
) -> None:
    """Let the gates look again at the leads that a gate had refused.

    `everybody`: after a change of the rules also at those whom an outcome made wait or ended;
    what an agent or the person said stays, and so does a promised callback. Whom the
    campaign's `where` does not mean is left where they are, or taken out of the work.
    """
    held_by = campaign_leads.c.held_by
    by_gate = held_by.in_(HELD_BY_GATES)
    by_outcome = and_(
        literal(everybody),
        campaign_leads.c.state != LeadState.CALLBACK,
        held_by.not_like("disposition:%"),
        held_by != ERASED,
    )
    ours = campaign_leads.c.campaign_id == campaign_id
    meant = segment.of_campaign(connection, campaign_id, campaign, now=now)
    if meant is not None:
        connection.execute(_take_out(ours, meant))
    _put_to_work(
        connection,
        ours,
        or_(by_gate, by_outcome),
        true() if meant is None else _is_meant(meant),
    )


def examine_registries_again(connection: Connection) -> None:
    """Let the gates of all campaigns look again at whom a registry held back."""
    _put_to_work(connection, campaign_leads.c.held_by == "registry")


def examine_consents_again(connection: Connection, lead_ids: Iterable[int]) -> None:
    """Let the gates of all campaigns look again at those whom the gate `consent` had refused.

    Asked whenever people gave a consent. A withdrawal needs nothing: the gates are asked
    before every call.
    """
    _put_to_work(
        connection,
        campaign_leads.c.held_by == "consent",
        among(connection, campaign_leads.c.lead_id, lead_ids),
    )


def examine_lead_again(connection: Connection, lead_id: int) -> None:
    """Let the gates of every campaign look again at a lead that a gate had refused."""
    _put_to_work(
        connection,
        campaign_leads.c.lead_id == lead_id,
        campaign_leads.c.held_by.in_(HELD_BY_GATES),
    )


def _put_to_work(connection: Connection, *which: ColumnElement[bool]) -> None:
    back_in_work = case(
        (is_callable, campaign_leads.c.state),
        (campaign_leads.c.attempts == 0, LeadState.NEW.value),
        else_=LeadState.WAITING.value,
    )
    connection.execute(
        update(campaign_leads)
        .where(campaign_leads.c.state != LeadState.IN_CALL, *which)
        .values(state=back_in_work, next_call_at=AT_ONCE, held_by=None)
    )


_GATE_OF_WHERE = "list"


def judge_slice(
    connection: Connection, stored: StoredCampaign, *, after_lead_id: int, now: datetime
) -> int | None:
    """Look again at some leads of a campaign; return the last one, or None at the end.

    Those whom its `where` does not mean any more are taken out; those come back whom the gate
    `list` had taken out and who are on a list and meant again, and those whom a registry had
    held back that says now that it does not list them. What people are changes while a campaign runs: another import, a call in another campaign,
    or the mere passing of time. Nobody notes what has changed: an engine walks through all
    the leads at a slow rhythm, a slice at a time, so that no transaction is long. A slice in
    which nothing changed is only read. `after_lead_id` is 0 at the beginning.
    """
    meant = segment.of_campaign(connection, stored.id, stored.campaign, now=now)
    ours = campaign_leads.c.campaign_id == stored.id
    following = select(campaign_leads.c.lead_id).where(ours)
    following = following.where(campaign_leads.c.lead_id > after_lead_id)
    following = following.order_by(campaign_leads.c.lead_id)
    last = connection.scalar(following.offset(_SLICE - 1).limit(1))
    of_slice = and_(ours, campaign_leads.c.lead_id > after_lead_id)
    if last is not None:
        of_slice = and_(of_slice, campaign_leads.c.lead_id <= last)
    if meant is not None:
        connection.execute(_take_out(of_slice, meant))
    # Those of an archived list would only be refused again by the next claim.
    on_list = exists(
        select(list_members.c.lead_id).where(
            list_members.c.lead_id == campaign_leads.c.lead_id,
            list_members.c.list_id.in_(active_lists(connection, stored.id, now=now)),
        )
    )
    _put_to_work(
        connection,
        of_slice,
        campaign_leads.c.state == LeadState.DONE,
        campaign_leads.c.held_by == _GATE_OF_WHERE,
        on_list,
        true() if meant is None else _is_meant(meant),
    )
    _put_to_work(
        connection,
        of_slice,
        campaign_leads.c.state == LeadState.SUPPRESSED,
        campaign_leads.c.held_by == "registry",
        ~_in_doubt(),
    )
    return last


def _in_doubt() -> ColumnElement[bool]:
    """Return the condition that a registry in force lists the lead's first number, or may."""
    cleared = exists(
        select(registry_verdicts.c.number_id)
        .join(lead_numbers, lead_numbers.c.number_id == registry_verdicts.c.number_id)
        .where(
            lead_numbers.c.lead_id == campaign_leads.c.lead_id,
            lead_numbers.c.position == 1,
            registry_verdicts.c.registry_id == registries.c.id,
            registry_verdicts.c.listed == 0,
        )
        .correlate(campaign_leads, registries)
    )
    in_force = select(registries.c.id).where(registries.c.retired_at.is_(None), ~cleared)
    return exists(in_force.correlate(campaign_leads))


_SLICE = 5000


def _take_out(which: ColumnElement[bool], meant: ColumnElement[bool]) -> Update:
    """Return the statement that takes out of the work whom a `where` does not mean."""
    return (
        update(campaign_leads)
        .where(which, is_callable, ~_is_meant(meant))
        .values(state=LeadState.DONE, held_by=_GATE_OF_WHERE)
    )


def _is_meant(meant: ColumnElement[bool]) -> ColumnElement[bool]:
    lead = select(leads.c.id).where(leads.c.id == campaign_leads.c.lead_id, meant)
    return exists(lead.correlate(campaign_leads))


def in_use(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a list is neither archived nor, by the day in UTC, expired."""
    today = now.astimezone(UTC).date()
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


def _set_lists(connection: Connection, campaign_id: int, names: Iterable[str]) -> None:
    wanted = set(connection.scalars(select(lists.c.id).where(lists.c.name.in_(list(names)))))
    ours = campaign_lists.c.campaign_id == campaign_id
    present = set(connection.scalars(select(campaign_lists.c.list_id).where(ours)))
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
        script=row.script,
        file=row.file,
        started_at=row.started_at,
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
