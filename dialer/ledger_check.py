"""The ledger held against a file of call records of the carrier or of one's own Asterisk.

At any time: nothing is written, no engine is asked, and what calls in flight, a later reading or
the bounds of the file leave open is told as a doubt.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, and_, or_, select

from campaigns.model import Outcome
from campaigns.reconciling import of_days
from campaigns.tables import attempts, campaigns
from dialer import store
from dialer.actions import CALL_PREFIX
from dialer.carrier_records import CarrierRecord, read_records
from dialer.presence import is_alive
from dialer.reconcile import Booked, Difference, Doubt, Doubtful, Seen, Sight
from dialer.reconcile import compare as hold
from leads.errors import UsageError
from leads.model import number_id
from leads.phone import parse_phone
from leads.problems import Problem
from leads.sql import among
from leads.tables import numbers

_DAY = timedelta(days=1)
"""Calls of the days beside those that are asked for are there to be paired and not told of: one
may be dialled before midnight and be in the records of the next day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What came of holding the ledger against a file of records.

    Attributes:
        attempts: how many of the ledger were looked at.
        calls: how many records of them there are.
        others: records of numbers that nobody here has, which are left out.
        sight: when the ledger was read, and from when to when the records reach.
    """

    attempts: int
    calls: int
    others: int
    sight: Sight
    unreadable: tuple[Problem, ...]
    differences: tuple[Difference, ...]
    doubts: tuple[Doubt, ...]

    @property
    def agree(self) -> bool:
        """Nothing is for certain on one side only, and nothing was read in vain."""
        return not self.differences and not self.unreadable

    @property
    def by_kind(self) -> Counter[Doubtful]:
        """Return how many doubts there are of each kind."""
        return Counter(one.kind for one in self.doubts)


def compare(
    connection: Connection,
    file: Path,
    *,
    campaign: str | None,
    region: str | None,
    first: date | None,
    last: date | None,
    now: datetime,
) -> Compared:
    """Hold the ledger against a file of records.

    Without days the span of the records decides which attempts are looked at.

    Args:
        connection: from `reading`, nothing having been read through it before `now`.
        file: as `dialer.carrier_records` reads it.
        campaign: only attempts of this one, and then only records of the numbers it called.
        region: the country of numbers that the records write without one.
        first: the first day in UTC, or None.
        last: the last day, itself included, or None.
        now: when the reading began: what is later than that is no difference.

    Raises:
        UsageError: the file cannot be read, or no line of it can.
    """
    read = _read(file)
    found = [one for one in read if isinstance(one, CarrierRecord)]
    unreadable = tuple(one for one in read if isinstance(one, Problem))
    if unreadable and len(unreadable) == len(read):
        raise UsageError(f"{file} holds no call records: {unreadable[0]}")
    ends = [one.ended_at for one in found]
    sight = Sight(
        ledger_at=now, first_end=min(ends, default=None), last_end=max(ends, default=None)
    )
    asked = [one for one in found if _is_within(one.started_at.date(), first, last)]
    days = [one.started_at.date() for one in asked]
    booked = _booked(
        connection,
        campaign,
        first=first or min(days, default=None),
        last=last or max(days, default=None),
        ids={one.unique_id for one in found if one.unique_id},
        now=now,
    )
    seen, others = _seen(connection, found, booked, campaign, region, first, last)
    came = hold(booked, seen, sight)
    return Compared(
        attempts=sum(one.asked for one in booked),
        calls=sum(one.asked for one in seen),
        others=others,
        sight=sight,
        unreadable=unreadable,
        differences=came.differences,
        doubts=came.doubts,
    )


def _is_within(day: date, first: date | None, last: date | None) -> bool:
    return (first is None or day >= first) and (last is None or day <= last)


def _read(file: Path) -> Sequence[CarrierRecord | Problem]:
    try:
        with file.open(encoding="utf-8", errors="replace", newline="") as lines:
            return [*read_records(lines)]
    except OSError as error:
        raise UsageError(
            f"{file} cannot be read ({error.strerror}); name a copy of Asterisk's "
            "cdr-csv/Master.csv that you may read"
        ) from error


def _booked(
    connection: Connection,
    campaign: str | None,
    *,
    first: date | None,
    last: date | None,
    ids: Collection[str],
    now: datetime,
) -> list[Booked]:
    """Return the attempts of some days and of those beside them, and those with these ids."""
    nearby = [*of_days(attempts.c.dialed_at, first and first - _DAY, last and last + _DAY)]
    query = select(
        attempts.c.id,
        attempts.c.phone,
        attempts.c.dialed_at,
        attempts.c.ended_at,
        attempts.c.outcome,
        attempts.c.evidence,
        attempts.c.channel_id,
        attempts.c.engine,
        campaigns.c.name.label("campaign"),
    ).join(campaigns, campaigns.c.id == attempts.c.campaign_id)
    if nearby:
        of_ids = among(connection, attempts.c.channel_id, ids)
        query = query.where(or_(of_ids, and_(*nearby)))
    listening = {
        one.name
        for one in store.engine_rows(connection)
        if is_alive(one, now) and not one.report.get("ami_down")
    }
    return [
        Booked(
            attempt_id=row.id,
            number=row.phone,
            at=row.dialed_at,
            ended_at=row.ended_at,
            outcome=Outcome(row.outcome) if row.outcome else None,
            evidence=row.evidence,
            channel_id=row.channel_id,
            attended=row.engine in listening,
            asked=_is_within(row.dialed_at.date(), first, last)
            and campaign in (None, row.campaign),
        )
        for row in connection.execute(query)
    ]


def _seen(
    connection: Connection,
    found: Sequence[CarrierRecord],
    booked: Iterable[Booked],
    campaign: str | None,
    region: str | None,
    first: date | None,
    last: date | None,
) -> tuple[list[Seen], int]:
    """Return the calls that may be ours, and how many of those that are asked for are not."""
    ids = {one.channel_id for one in booked}
    ours = {one.number for one in booked if one.asked}
    known = ours if campaign is not None else ours | _known(connection, found, region)
    seen: list[Seen] = []
    others = 0
    for one in found:
        asked = _is_within(one.started_at.date(), first, last)
        number = _e164(one.dialled, region)
        number = number if number in known else None
        of_a_dialer = (one.unique_id or "").startswith(CALL_PREFIX)
        if one.unique_id not in ids and number is None and not (of_a_dialer and campaign is None):
            others += asked
            continue
        seen.append(
            Seen(
                number=number,
                at=one.started_at,
                ended_at=one.ended_at,
                answered=one.answered,
                cause=one.cause,
                unique_id=one.unique_id,
                asked=asked,
            )
        )
    return seen, others


def _known(connection: Connection, found: Sequence[CarrierRecord], region: str | None) -> set[str]:
    """Return which of the dialled numbers are somebody's in the base."""
    dialled = {number for one in found if (number := _e164(one.dialled, region)) is not None}
    wanted = {number_id(number): number for number in dialled}
    there = connection.scalars(select(numbers.c.id).where(among(connection, numbers.c.id, wanted)))
    return {str(wanted[one]) for one in there}


def _e164(dialled: str, region: str | None) -> str | None:
    phone = parse_phone(dialled, region=region)
    return None if isinstance(phone, str) else phone.e164


def document(found: Compared) -> dict[str, object]:
    """Return what came of it as the JSON of ``ringbank reconcile --records``."""
    return {
        "attempts": found.attempts,
        "calls": found.calls,
        "others": found.others,
        "ledger_at": found.sight.ledger_at,
        "records_from": found.sight.first_end,
        "records_until": found.sight.last_end,
        "agree": found.agree,
        "unreadable": [str(problem) for problem in found.unreadable],
        "differences": [{"number": one.number, "what": one.what} for one in found.differences],
        "ambiguous": [
            {"kind": one.kind, "number": one.number, "what": one.what} for one in found.doubts
        ],
    }
