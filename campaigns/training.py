"""The training of newcomers in the base: what they have done, and who sits beside them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, select, update

from campaigns.abilities import is_newcomer
from campaigns.agents import AgentRow, list_agents
from campaigns.desk_tables import trainings
from campaigns.model import Role
from campaigns.store import StoredCampaign
from campaigns.tables import agents, attempts
from campaigns.training_steps import NO_TRAINING, Counts, Step, StepKind, step_of
from leads.errors import NotAllowedError, UsageError
from leads.sql import insert_if_new


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """How an agent stands in a campaign.

    Attributes:
        supervisor: who accompanies them now, or did last; None: nobody ever, or not any more.
        until: how long; aware.
        released_by: who let them call alone, or None.
    """

    step: Step
    practised: int = 0
    supervised: int = 0
    supervisor_id: int | None = None
    supervisor: str | None = None
    until: datetime | None = None
    released_at: datetime | None = None
    released_by: str | None = None

    def in_company(self, now: datetime) -> bool:
        """Tell whether somebody accompanies them at a moment."""
        return self.supervisor_id is not None and self.until is not None and now < self.until

    def may_call(self, now: datetime) -> bool:
        """Tell whether they may be given people, and not demo people."""
        return self.step.kind is StepKind.ALONE or (
            self.step.kind is StepKind.ACCOMPANIED and self.in_company(now)
        )


def training_of(
    connection: Connection, stored: StoredCampaign, some: Collection[AgentRow]
) -> dict[int, Trained]:
    """Return by id how agents stand in a campaign."""
    beside = agents.alias("beside")
    rows = {
        row.agent_id: row
        for row in connection.execute(
            select(trainings, beside.c.name.label("supervisor"))
            .outerjoin(beside, beside.c.id == trainings.c.supervisor_id)
            .where(
                trainings.c.campaign_id == stored.id,
                trainings.c.agent_id.in_([agent.id for agent in some]),
            )
        )
    }
    asked = stored.campaign.training
    found = {}
    for agent in some:
        row, newcomer = rows.get(agent.id), is_newcomer(agent.roles)
        if row is None:
            found[agent.id] = Trained(step=step_of(asked, Counts(newcomer=newcomer)))
            continue
        counts = Counts(
            newcomer=newcomer,
            practised=row.practised,
            supervised=row.supervised,
            released=row.released_at is not None,
        )
        found[agent.id] = Trained(
            step=step_of(asked, counts),
            practised=row.practised,
            supervised=row.supervised,
            supervisor_id=row.supervisor_id,
            supervisor=row.supervisor,
            until=row.accompanied_until,
            released_at=row.released_at,
            released_by=row.released_by,
        )
    return found


def may_take(
    connection: Connection, stored: StoredCampaign, agent_ids: Collection[int], *, now: datetime
) -> frozenset[int]:
    """Return which of the agents may be given people of a campaign at a moment.

    Whoever still has to practise may not, and who calls in company only while they have it.
    """
    if stored.campaign.training == NO_TRAINING:
        return frozenset(agent_ids)
    some = [agent for agent in list_agents(connection) if agent.id in agent_ids]
    trained = training_of(connection, stored, some)
    return frozenset(agent_id for agent_id, how in trained.items() if how.may_call(now))


def barred(
    connection: Connection,
    campaigns: Iterable[StoredCampaign],
    agent_ids: Collection[int],
    *,
    now: datetime,
) -> frozenset[tuple[int, int]]:
    """Return the pairs of agent and campaign of which the agent may be given nobody now."""
    return frozenset(
        (agent_id, stored.id)
        for stored in campaigns
        for agent_id in {*agent_ids} - may_take(connection, stored, agent_ids, now=now)
    )


def why_not_yet(
    agent: AgentRow, stored: StoredCampaign, trained: Trained, supervisors: Collection[str]
) -> str:
    """Return what an agent is told who may not call alone and has nobody beside them."""
    name = stored.campaign.name
    whom = f"ask {' or '.join(sorted(supervisors))}" if supervisors else "ask a supervisor"
    return (
        f"{agent.name} calls in company first: {trained.step.why}, and nobody accompanies them "
        f"now; {whom} to run: ringbank agents accompany {agent.name} --campaign {name}"
    )


def supervisors(connection: Connection) -> tuple[str, ...]:
    """Return who may accompany others: active supervisors, else managers."""
    everybody = list_agents(connection)
    for role in (Role.SUPERVISOR, Role.MANAGER):
        if found := tuple(agent.name for agent in everybody if role in agent.roles):
            return found
    return ()


def check_supervisor(agent: AgentRow, newcomer: AgentRow) -> None:
    """Refuse somebody as the one who trains another.

    Raises:
        NotAllowedError: they are no supervisor, or the newcomer themselves.
    """
    if is_newcomer(agent.roles):
        raise NotAllowedError(
            f"{agent.name} is no supervisor; name one with --by, or make them one: ringbank "
            f"agents roles {agent.name} {' '.join(sorted({*agent.roles, Role.SUPERVISOR}))}"
        )
    if agent.id == newcomer.id:
        raise NotAllowedError(f"{agent.name} cannot train themselves; another supervisor has to")


def accompany(
    connection: Connection,
    stored: StoredCampaign,
    newcomer: AgentRow,
    supervisor: AgentRow,
    *,
    until: datetime,
    now: datetime,
) -> None:
    """Write who accompanies a newcomer, and how long; whoever did until now does no more.

    Raises:
        NotAllowedError: the supervisor is none.
        UsageError: the time is past, or longer than a day, or the newcomer still practises.
    """
    check_supervisor(supervisor, newcomer)
    if not now < until <= now + LONGEST_COMPANY:
        raise UsageError("somebody is accompanied for a day at most; write for example --for 4h")
    (trained,) = training_of(connection, stored, [newcomer]).values()
    if trained.step.kind is StepKind.PRACTICE:
        raise UsageError(
            f"{newcomer.name} practises first: {trained.step.why}; "
            f"they go on with: ringbank next --campaign {stored.campaign.name} "
            f"--agent {newcomer.name}"
        )
    _write(connection, stored, newcomer.id, supervisor_id=supervisor.id, accompanied_until=until)


LONGEST_COMPANY = timedelta(days=1)


def leave_alone(connection: Connection, stored: StoredCampaign, newcomer: AgentRow) -> None:
    """End a newcomer's company."""
    _write(connection, stored, newcomer.id, supervisor_id=None, accompanied_until=None)


def let_call_alone(
    connection: Connection,
    stored: StoredCampaign,
    newcomer: AgentRow,
    supervisor: AgentRow,
    *,
    now: datetime,
) -> None:
    """Write that a newcomer calls alone from now on, whatever is counted, and on whose word.

    Raises:
        NotAllowedError: the supervisor is none.
    """
    check_supervisor(supervisor, newcomer)
    _write(connection, stored, newcomer.id, released_at=now, released_by=supervisor.name)


def note_result(connection: Connection, attempt: Row[Any]) -> None:
    """Count a call that came to a result, if somebody accompanied its agent when it began.

    A result given once more for the same call counts once.
    """
    if attempt.agent_id is None or attempt.accompanied_by is not None:
        return
    row_of = and_(
        trainings.c.campaign_id == attempt.campaign_id, trainings.c.agent_id == attempt.agent_id
    )
    beside = connection.execute(
        select(trainings.c.supervisor_id).where(
            row_of,
            trainings.c.supervisor_id.is_not(None),
            trainings.c.accompanied_until > attempt.dialed_at,
        )
    ).scalar_one_or_none()
    if beside is None:
        return
    connection.execute(
        update(attempts).where(attempts.c.id == attempt.id).values(accompanied_by=beside)
    )
    connection.execute(
        update(trainings).where(row_of).values(supervised=trainings.c.supervised + 1)
    )


def forget_result(connection: Connection, attempt: Row[Any]) -> None:
    """Take a call out of the count whose result its agent has taken back."""
    if attempt.accompanied_by is None:
        return
    connection.execute(
        update(attempts).where(attempts.c.id == attempt.id).values(accompanied_by=None)
    )
    connection.execute(
        update(trainings)
        .where(
            trainings.c.campaign_id == attempt.campaign_id,
            trainings.c.agent_id == attempt.agent_id,
            trainings.c.supervised > 0,
        )
        .values(supervised=trainings.c.supervised - 1)
    )


def note_practice(connection: Connection, stored: StoredCampaign, agent_id: int) -> None:
    """Count a talk with a demo person that came to a result."""
    _write(connection, stored, agent_id, practised=trainings.c.practised + 1)


def _write(connection: Connection, stored: StoredCampaign, agent_id: int, **values: object) -> None:
    connection.execute(
        insert_if_new(connection, trainings).values(agent_id=agent_id, campaign_id=stored.id)
    )
    connection.execute(update(trainings).where(_row_of(stored, agent_id)).values(values))


def _row_of(stored: StoredCampaign, agent_id: int) -> ColumnElement[bool]:
    return and_(trainings.c.campaign_id == stored.id, trainings.c.agent_id == agent_id)
