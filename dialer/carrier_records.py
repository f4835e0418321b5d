"""Call records as Asterisk's `cdr_csv` writes them, and carriers hand them on; pure.

The file is `Master.csv`: no header, sixteen columns or more, the moments as the server's
`cdr.conf` has it. `usegmtime=yes` makes them UTC, which is what is read here, and
`loguniqueid=yes` adds the channel's id, by which a call of our own is known for certain.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from leads.problems import Problem

_COLUMNS = (
    "accountcode",
    "src",
    "dst",
    "dcontext",
    "clid",
    "channel",
    "dstchannel",
    "lastapp",
    "lastdata",
    "start",
    "answer",
    "end",
    "duration",
    "billsec",
    "disposition",
    "amaflags",
)
_UNIQUE_ID = len(_COLUMNS)
_CAUSES = {"BUSY": 17, "CONGESTION": 34}
"""What the words mean as Q.850 causes; NO ANSWER and FAILED may mean several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierRecord:
    """One call as a record tells it.

    Attributes:
        dialled: the number as it was dialled, in whatever spelling.
        unique_id: the id of the channel, or None.
        ended_at: its beginning where the record does not tell.
        cause: the Q.850 cause where the record's word means one, else None.
    """

    dialled: str
    unique_id: str | None
    started_at: datetime
    ended_at: datetime
    answered: bool
    cause: int | None


def read_records(lines: Iterable[str]) -> Iterator[CarrierRecord | Problem]:
    """Yield the records of a file, and a problem for each line that is none."""
    rows = csv.reader(lines)
    try:
        for row in rows:
            if row:
                yield _record(row, rows.line_num)
    except csv.Error as error:
        yield Problem(where=f"line {rows.line_num}", why=f"is no CSV: {error}")


def _record(row: list[str], line: int) -> CarrierRecord | Problem:
    where = f"line {line}"
    if len(row) < len(_COLUMNS):
        why = f"has {len(row)} columns; Master.csv of cdr_csv has {len(_COLUMNS)} at least"
        return Problem(where=where, why=why)
    cell = dict(zip(_COLUMNS, row, strict=False))
    try:
        started_at = _moment(cell["start"])
    except ValueError:
        why = f"start is {cell['start']!r}, and no moment like 2026-12-01 18:30:00"
        return Problem(where=where, why=why)
    try:
        ended_at = _moment(cell["end"])
    except ValueError:
        ended_at = started_at
    return CarrierRecord(
        dialled=cell["dst"].strip(),
        unique_id=row[_UNIQUE_ID].strip() or None if len(row) > _UNIQUE_ID else None,
        started_at=started_at,
        ended_at=ended_at,
        # A call that Asterisk began itself is ANSWERED as soon as its own end is; its answer
        # stands in the moment.
        answered=cell["disposition"] == "ANSWERED" and bool(cell["answer"].strip()),
        cause=_CAUSES.get(cell["disposition"]),
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
