"""Recordings in the base: which talk is in which file, when it was paused, when it must go."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Select, and_, func, or_, select, update

from campaigns.desk_tables import recordings
from campaigns.recording import TOPIC
from campaigns.tables import agents, attempts, campaigns
from leads.sql import in_chunks, insert_if_new

WAV_HEADER = 44
"""A WAV file of this size holds not one sample: the disk was full, or nobody spoke."""

_BYTES_A_SECOND = 16_000
"""Of the WAV files that Asterisk writes: 8000 samples a second, two bytes each."""

_KEEP_DAYS = 1
"""Where no decision says how long: it should have, and a day is enough to find out why not."""

is_kept = and_(
    recordings.c.deleted_at.is_(None),
    or_(recordings.c.bytes.is_(None), recordings.c.bytes > WAV_HEADER),
)
"""The talk is in its file, or being written into it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What the dialplan told of a recording.

    Attributes:
        size: bytes on the disk at the end of the call; None while it goes on.
    """

    attempt_id: int
    channel_id: str
    began_at: datetime
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRow:
    """A recording as the base holds it.

    Attributes:
        pauses: pairs of moments, ISO 8601; the second is None while it lasts.
        size: bytes, or None while the call goes on.
    """

    id: int
    attempt_id: int
    file: str
    campaign: str
    agent: str | None
    began_at: datetime
    pauses: tuple[tuple[str, str | None], ...]
    size: int | None
    delete_on: date | None
    deleted_at: datetime | None

    @property
    def seconds(self) -> float | None:
        """How long it is, or None while the call goes on."""
        if self.size is None:
            return None
        return round(max(0, self.size - WAV_HEADER) / _BYTES_A_SECOND, 1)


def file_of(channel_id: str) -> str:
    """Return the name of the file in which a call is recorded."""
    return f"{channel_id}.wav"


def note(connection: Connection, recorded: Recorded) -> None:
    """Write what the dialplan told; told twice it is the same."""
    decision = connection.scalar(
        select(attempts.c.decision).where(attempts.c.id == recorded.attempt_id)
    )
    keep = timedelta(days=(decision or {}).get(TOPIC, {}).get("keep_days") or _KEEP_DAYS)
    connection.execute(
        insert_if_new(connection, recordings),
        {
            "attempt_id": recorded.attempt_id,
            "file": file_of(recorded.channel_id),
            "began_at": recorded.began_at,
            "pauses": [],
            "delete_on": (recorded.began_at + keep).date(),
        },
    )
    if recorded.size is not None:
        connection.execute(
            update(recordings)
            .where(recordings.c.attempt_id == recorded.attempt_id)
            .values(bytes=recorded.size)
        )


def note_pause(connection: Connection, attempt_id: int, at: datetime, *, ends: bool) -> None:
    """Write that a recording fell silent at a moment, or goes on; said twice it is the same."""
    row = connection.execute(
        select(recordings.c.id, recordings.c.pauses)
        .where(recordings.c.attempt_id == attempt_id)
        .with_for_update()
    ).one_or_none()
    if row is None:
        return
    pauses = [*row.pauses]
    silent = bool(pauses) and pauses[-1][1] is None
    if silent is not ends:
        return
    moment = at.isoformat()
    pauses = [*pauses[:-1], [pauses[-1][0], moment]] if ends else [*pauses, [moment, None]]
    connection.execute(update(recordings).where(recordings.c.id == row.id).values(pauses=pauses))


def is_paused(row: RecordingRow) -> bool:
    """Tell whether a recording is silent at this moment."""
    return bool(row.pauses) and row.pauses[-1][1] is None


def of_attempt(connection: Connection, attempt_id: int) -> RecordingRow | None:
    """Return the recording of a call, or None where there is none."""
    found = connection.execute(_ROWS.where(recordings.c.attempt_id == attempt_id)).one_or_none()
    return _row(found) if found is not None else None


def kept(connection: Connection, *, campaign_id: int | None = None) -> tuple[RecordingRow, ...]:
    """Return the talks that are in files, the oldest first."""
    query = _ROWS.where(is_kept).order_by(recordings.c.id)
    if campaign_id is not None:
        query = query.where(attempts.c.campaign_id == campaign_id)
    return tuple(map(_row, connection.execute(query)))


def due(connection: Connection, today: date) -> tuple[RecordingRow, ...]:
    """Return the recordings whose time is over, those without a sound among them."""
    query = _ROWS.where(recordings.c.deleted_at.is_(None), recordings.c.delete_on <= today)
    # Until its end is known the file may still be written.
    ended = query.where(attempts.c.ended_at.is_not(None)).order_by(recordings.c.id)
    return tuple(map(_row, connection.execute(ended)))


def note_deleted(connection: Connection, ids: Iterable[int], *, now: datetime) -> None:
    """Write that files are no more; that they were there stays."""
    for some in in_chunks(ids):
        connection.execute(
            update(recordings).where(recordings.c.id.in_(some)).values(deleted_at=now)
        )


def expire_those_of(connection: Connection, lead_id: int, today: date) -> int:
    """Have a person's recordings deleted with the next expiry; return how many there are."""
    theirs = select(attempts.c.id).where(attempts.c.lead_id == lead_id)
    of_person = and_(recordings.c.attempt_id.in_(theirs), recordings.c.deleted_at.is_(None))
    connection.execute(update(recordings).where(of_person).values(delete_on=today))
    return int(
        connection.scalar(select(func.count()).select_from(recordings).where(of_person)) or 0
    )


_ROWS: Select[tuple[object, ...]] = (
    select(recordings, campaigns.c.name.label("campaign"), agents.c.name.label("agent"))
    .join(attempts, attempts.c.id == recordings.c.attempt_id)
    .join(campaigns, campaigns.c.id == attempts.c.campaign_id)
    .outerjoin(agents, agents.c.id == attempts.c.agent_id)
)


def _row(row: object) -> RecordingRow:
    names = RecordingRow.__dataclass_fields__.keys() - {"size", "pauses"}
    return RecordingRow(
        **{name: getattr(row, name) for name in names},
        size=getattr(row, "bytes"),  # noqa: B009  (the column has the name of a type)
        pauses=tuple((began, ended) for began, ended in getattr(row, "pauses")),  # noqa: B009
    )
