"""The ledger held against a file of call records of the carrier or of one's own Asterisk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import Connection, select

from campaigns.model import Outcome
from campaigns.reconciling import of_days
from campaigns.tables import attempts, campaigns
from dialer.carrier_records import CarrierRecord, read_records
from dialer.reconcile import Booked, Difference, Seen, differences
from leads.errors import UsageError
from leads.model import number_id
from leads.phone import parse_phone
from leads.problems import Problem
from leads.sql import among
from leads.tables import numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What came of holding the ledger against a file of records.

    Attributes:
        attempts: how many of the ledger were looked at.
        calls: how many records of them there are.
        others: records of numbers that nobody here has, which are left out.
    """

    attempts: int
    calls: int
    others: int
    unreadable: tuple[Problem, ...]
    differences: tuple[Difference, ...]

    @property
    def agree(self) -> bool:
        """Nothing is on one side only, and nothing was read in vain."""
        return not self.differences and not self.unreadable


def compare(
    connection: Connection,
    file: Path,
    *,
    campaign: str | None,
    region: str | None,
    first: date | None,
    last: date | None,
) -> Compared:
    """Hold the ledger against a file of records.

    Without days the span of the records decides which attempts are looked at.

    Args:
        connection: from `reading`.
        file: as `dialer.carrier_records` reads it.
        campaign: only attempts of this one, and then only records of the numbers it called.
        region: the country of numbers that the records write without one.
        first: the first day in UTC, or None.
        last: the last day, itself included, or None.

    Raises:
        UsageError: the file cannot be read, or no line of it can.
    """
    read = _read(file)
    found = [
        one
        for one in read
        if isinstance(one, CarrierRecord)
        and (first is None or one.started_at.date() >= first)
        and (last is None or one.started_at.date() <= last)
    ]
    unreadable = tuple(one for one in read if isinstance(one, Problem))
    if unreadable and len(unreadable) == len(read):
        raise UsageError(f"{file} holds no call records: {unreadable[0]}")
    days = [one.started_at.date() for one in found]
    booked, ids = _booked(
        connection,
        campaign,
        first=first or min(days, default=None),
        last=last or max(days, default=None),
    )
    ours = {one.number for one in booked}
    known = None if campaign is not None else _known(connection, found, region)
    seen: list[Seen] = []
    for one in found:
        number = ids.get(one.unique_id or "") or _e164(one.dialled, region)
        if number is None or number not in (ours if known is None else ours | known):
            continue
        seen.append(Seen(number=number, at=one.started_at, answered=one.answered, cause=one.cause))
    return Compared(
        attempts=len(booked),
        calls=len(seen),
        others=len(found) - len(seen),
        unreadable=unreadable,
        differences=differences(booked, seen),
    )


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
    connection: Connection, campaign: str | None, *, first: date | None, last: date | None
) -> tuple[list[Booked], dict[str, str]]:
    """Return the attempts of some days, and the number of each by its channel's id."""
    query = select(attempts).where(
        attempts.c.phone.is_not(None), *of_days(attempts.c.dialed_at, first, last)
    )
    if campaign is not None:
        query = query.join(campaigns, campaigns.c.id == attempts.c.campaign_id)
        query = query.where(campaigns.c.name == campaign)
    booked: list[Booked] = []
    ids: dict[str, str] = {}
    for row in connection.execute(query):
        booked.append(
            Booked(
                attempt_id=row.id,
                number=row.phone,
                at=row.dialed_at,
                outcome=Outcome(row.outcome) if row.outcome else None,
                evidence=row.evidence,
            )
        )
        ids[row.channel_id] = row.phone
    return booked, ids


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
        "unreadable": [str(problem) for problem in found.unreadable],
        "differences": [{"number": one.number, "what": one.what} for one in found.differences],
    }
