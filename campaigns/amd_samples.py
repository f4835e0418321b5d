"""The first seconds of calls, kept to judge machine detection by: which there are, what was heard."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Connection, Select, and_, func, select, update

from campaigns.amd import Heard
from campaigns.amd_share import AmdTest
from campaigns.call_tables import amd_samples
from campaigns.ledger import OpenAttempt
from campaigns.model import DispositionKind, Outcome
from campaigns.recording import SAMPLE, SAMPLE_KEPT
from campaigns.tables import attempts, campaigns
from leads.errors import UsageError
from leads.sql import in_chunks, insert_if_new
from leads.tables import leads


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The beginning of a call that can be listened to.

    Attributes:
        verdict: what machine detection took it for; None where it came to none.
        file: below the folder of recordings; None where it is deleted.
        judged: what somebody heard, or None.
        erased: its person was erased.
    """

    attempt_id: int
    campaign: str
    dialed_at: datetime
    verdict: Heard | None
    outcome: str | None
    file: str | None
    judged: Heard | None
    judged_by: str | None
    delete_on: date
    erased: bool


def file_of(channel_id: str) -> str:
    """Return the name of the file in which the first seconds of a call are."""
    return f"amd-{channel_id}.wav"


def write(connection: Connection, sampled: Iterable[tuple[OpenAttempt, str]]) -> None:
    """Write of which calls the first seconds are in a file; told twice it is the same."""
    for attempt, file in sampled:
        connection.execute(
            insert_if_new(connection, amd_samples), {"attempt_id": attempt.id, "file": file}
        )


def count_of_day(connection: Connection, campaign_id: int, day: date) -> int:
    """Return how many calls of a campaign, dialed on a day of UTC, were sampled."""
    begins = datetime.combine(day, time.min, UTC)
    return int(
        connection.scalar(
            select(func.count())
            .select_from(amd_samples)
            .join(attempts, attempts.c.id == amd_samples.c.attempt_id)
            .where(attempts.c.campaign_id == campaign_id, attempts.c.dialed_at >= begins)
        )
        or 0
    )


def samples(
    connection: Connection, *, campaign_id: int | None = None, unjudged: bool = False
) -> tuple[Sample, ...]:
    """Return the samples, the oldest first; `unjudged` those to be listened to only."""
    query = _ROWS.order_by(amd_samples.c.attempt_id)
    if campaign_id is not None:
        query = query.where(attempts.c.campaign_id == campaign_id)
    if unjudged:
        query = query.where(
            amd_samples.c.judged.is_(None),
            amd_samples.c.file.is_not(None),
            attempts.c.ended_at.is_not(None),
            attempts.c.amd.is_not(None),
            leads.c.erased_at.is_(None),
        )
    return tuple(map(_sample, connection.execute(query)))


def judge(
    connection: Connection, attempt_id: int, heard: Heard, *, by: str, now: datetime
) -> Sample:
    """Write what somebody heard in a sample; said again it is the later word that counts.

    Raises:
        UsageError: the call has no sample, or its file is gone and nobody can have heard it.
    """
    found = connection.execute(_ROWS.where(amd_samples.c.attempt_id == attempt_id)).one_or_none()
    if found is None:
        raise UsageError(
            f"the attempt {attempt_id} has no sample; list those that there are with: "
            "ringbank amd review --all"
        )
    if found.file is None:
        raise UsageError(f"the sample of the attempt {attempt_id} was deleted; its time was over")
    connection.execute(
        update(amd_samples)
        .where(amd_samples.c.attempt_id == attempt_id)
        .values(judged=heard, judged_by=by, judged_at=now)
    )
    found = connection.execute(_ROWS.where(amd_samples.c.attempt_id == attempt_id)).one()
    return _sample(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What machine detection came to in a campaign.

    Attributes:
        verdicts: verdict -> calls.
        tested: verdicts "machine", by samples and by the words of agents.
        by_samples: those of them that were listened to.
        machines_missed: of the samples of persons (and unsure), those with a machine in them.
        persons_judged: how many of these samples were judged.
        untold: samples of machines of which nobody could say what they were.
        to_judge: samples that wait for somebody to listen to them.
    """

    campaign: str
    verdicts: dict[str, int]
    tested: AmdTest
    by_samples: AmdTest
    machines_missed: int
    persons_judged: int
    untold: int
    to_judge: int


def report(connection: Connection, campaign_id: int, name: str) -> Report:
    """Return what machine detection came to in a campaign, and what its test says."""
    verdicts = connection.execute(
        select(attempts.c.amd, func.count())
        .where(attempts.c.campaign_id == campaign_id, attempts.c.amd.is_not(None))
        .group_by(attempts.c.amd)
    )
    told = _told(connection, campaign_id)
    heard_by_samples = _of_samples(told)
    others = {pair: n for pair, n in told.items() if pair[0] is not Heard.MACHINE}
    certain = {Heard.PERSON, Heard.MACHINE}
    return Report(
        campaign=name,
        verdicts=dict(sorted(map(tuple, verdicts))),
        tested=heard_by_samples + _by_agents(connection, campaign_id),
        by_samples=heard_by_samples,
        machines_missed=sum(n for (_, judged), n in others.items() if judged is Heard.MACHINE),
        persons_judged=sum(n for (_, judged), n in others.items() if judged in certain),
        untold=told.get((Heard.MACHINE, Heard.UNSURE), 0),
        to_judge=len(samples(connection, campaign_id=campaign_id, unjudged=True)),
    )


def tested(connection: Connection, campaign_id: int) -> AmdTest:
    """Return how a campaign's verdicts "machine" were tested, by samples and by its agents."""
    return _of_samples(_told(connection, campaign_id)) + _by_agents(connection, campaign_id)


def last_judged(connection: Connection) -> datetime | None:
    """Return when somebody said last what they heard in a sample, or None: nobody has yet."""
    last: datetime | None = connection.scalar(select(func.max(amd_samples.c.judged_at)))
    return last


def _told(connection: Connection, campaign_id: int) -> dict[tuple[Heard, Heard], int]:
    """Return verdict and what was heard -> samples."""
    rows = connection.execute(
        select(attempts.c.amd, amd_samples.c.judged, func.count())
        .join(attempts, attempts.c.id == amd_samples.c.attempt_id)
        .where(
            attempts.c.campaign_id == campaign_id,
            attempts.c.amd.is_not(None),
            amd_samples.c.judged.is_not(None),
        )
        .group_by(attempts.c.amd, amd_samples.c.judged)
    )
    return {(Heard(amd), Heard(judged)): count for amd, judged, count in rows}


def _of_samples(told: dict[tuple[Heard, Heard], int]) -> AmdTest:
    persons = told.get((Heard.MACHINE, Heard.PERSON), 0)
    return AmdTest(persons + told.get((Heard.MACHINE, Heard.MACHINE), 0), persons)


_MACHINES = (DispositionKind.MACHINE, DispositionKind.LEFT_MESSAGE)


def _by_agents(connection: Connection, campaign_id: int) -> AmdTest:
    """Return what agents said of machines that were passed on to them.

    A sample of the same call is the one that counts; who said that nobody was there says
    nothing of what answered.
    """
    sampled = select(amd_samples.c.attempt_id).where(amd_samples.c.judged.is_not(None))
    rows = connection.execute(
        select(attempts.c.disposition_kind, func.count())
        .where(
            attempts.c.campaign_id == campaign_id,
            attempts.c.amd == Heard.MACHINE,
            attempts.c.outcome == Outcome.CONNECTED,
            attempts.c.agent_id.is_not(None),
            attempts.c.disposition_kind.is_not(None),
            attempts.c.disposition_kind != DispositionKind.NO_CONTACT,
            attempts.c.id.not_in(sampled),
        )
        .group_by(attempts.c.disposition_kind)
    )
    counts = {DispositionKind(kind): count for kind, count in rows}
    judged = sum(counts.values())
    return AmdTest(judged, judged - sum(counts.get(kind, 0) for kind in _MACHINES))


def due(connection: Connection, today: date) -> tuple[Sample, ...]:
    """Return the samples whose time is over, or whose person was erased."""
    there = _ROWS.where(
        amd_samples.c.file.is_not(None),
        # Until its end is known the file may still be written.
        attempts.c.ended_at.is_not(None),
    ).order_by(amd_samples.c.attempt_id)
    found = map(_sample, connection.execute(there))
    return tuple(one for one in found if one.erased or one.delete_on <= today)


def count_of_person(connection: Connection, lead_id: int) -> int:
    """Return how many samples of a person are in files."""
    theirs = and_(attempts.c.lead_id == lead_id, amd_samples.c.file.is_not(None))
    return int(
        connection.scalar(
            select(func.count())
            .select_from(amd_samples)
            .join(attempts, attempts.c.id == amd_samples.c.attempt_id)
            .where(theirs)
        )
        or 0
    )


def note_deleted(connection: Connection, ids: Iterable[int]) -> None:
    """Write that files are no more; what was heard in them stays, since nobody is named in it."""
    for some in in_chunks(ids):
        connection.execute(
            update(amd_samples).where(amd_samples.c.attempt_id.in_(some)).values(file=None)
        )


_ROWS: Select[tuple[object, ...]] = (
    select(
        amd_samples,
        attempts.c.dialed_at,
        attempts.c.amd,
        attempts.c.outcome,
        attempts.c.decision,
        campaigns.c.name.label("campaign"),
        leads.c.erased_at,
    )
    .join(attempts, attempts.c.id == amd_samples.c.attempt_id)
    .join(campaigns, campaigns.c.id == attempts.c.campaign_id)
    .join(leads, leads.c.id == attempts.c.lead_id)
)


def _sample(row: object) -> Sample:
    decision = getattr(row, "decision").get(SAMPLE) or {}  # noqa: B009  (rows have no types)
    dialed_at: datetime = getattr(row, "dialed_at")  # noqa: B009
    keep = timedelta(days=decision.get("keep_days") or SAMPLE_KEPT.days)
    amd, judged = getattr(row, "amd", None), getattr(row, "judged", None)
    return Sample(
        **{
            name: getattr(row, name)
            for name in ("attempt_id", "campaign", "dialed_at", "outcome", "file", "judged_by")
        },
        verdict=amd and Heard(amd),
        judged=judged and Heard(judged),
        delete_on=(dialed_at + keep).date(),
        erased=getattr(row, "erased_at", None) is not None,
    )
