"""The carrier's own call records: what the network says of each call, one line a call.

Written by Asterisk's `cdr_custom` as a call ends; read here. The ledger is reconciled
against them. Pure but for `read`.
"""

import csv
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from leads.errors import RingbankError

FILE_NAME = "network.csv"
"""The records' file in Asterisk's folder `cdr-custom`."""

_COLUMNS = {
    "number": "CDR(number)",
    "caller": "CDR(caller)",
    "start": "CDR(start,u)",
    "answer": "CDR(answer,u)",
    "end": "CDR(end,u)",
    "disposition": "CDR(disposition)",
    "cause": "CDR(cause)",
    "kind": "CDR(kind)",
}


class RecordsError(RingbankError):
    """The carrier's records could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRecord:
    """One call as the network saw it.

    Attributes:
        number: the number called, E.164.
        caller: the number shown.
        started_at: when the call came in, aware UTC.
        answered_at: when it was answered, or None.
        ended_at: when it ended.
        disposition: Asterisk's word: ANSWERED, BUSY, CONGESTION, else NO ANSWER; whether the
            number is in use only `cause` tells.
        cause: the Q.850 cause with which it ended: 16 normal, 17 busy, 1 no such number.
        kind: the person who was called, as the scenario names it.
    """

    number: str
    caller: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    disposition: str
    cause: int | None
    kind: str


def cdr_mapping() -> str:
    """Return the carrier's `cdr_custom.conf`."""
    cells = ",".join(f"${{CSV_QUOTE(${{{function}}})}}" for function in _COLUMNS.values())
    return f"[mappings]\n{FILE_NAME} => {cells}\n"


def parse(text: str) -> tuple[NetworkRecord, ...]:
    """Return the records of a file's text; a last line that is still being written is left out."""
    whole = text[: text.rfind("\n") + 1]
    rows = csv.DictReader(whole.splitlines(), fieldnames=tuple(_COLUMNS))
    return tuple(_record(row) for row in rows)


def read(path: Path) -> tuple[NetworkRecord, ...]:
    """Return the records written so far, oldest end first; none when there is no file yet.

    Raises:
        RecordsError: the file is there and cannot be read.
    """
    try:
        return parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise RecordsError(
            f"the carrier's records {path} cannot be read ({error.strerror}); "
            "run as the user who started the lab"
        ) from error


def _record(row: dict[str, str]) -> NetworkRecord:
    started_at, ended_at = _moment(row["start"]), _moment(row["end"])
    assert started_at is not None, "Asterisk writes a start into every record"
    assert ended_at is not None, "Asterisk writes an end into every record"
    return NetworkRecord(
        number=row["number"],
        caller=row["caller"],
        started_at=started_at,
        answered_at=_moment(row["answer"]),
        ended_at=ended_at,
        disposition=row["disposition"],
        cause=int(row["cause"]) if row["cause"] else None,
        kind=row["kind"],
    )


def _moment(epoch: str) -> datetime | None:
    """Read seconds since 1970, with a fraction; Asterisk writes 0 for "never"."""
    seconds = float(epoch or 0)
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
