"""Exports: one snapshot, one row for each thing, columns that never move.

Times are ISO 8601 in UTC, durations seconds. A cell of somebody else's text that a
spreadsheet would run as a formula gets an apostrophe in front (OWASP, "CSV injection").
New columns come at the end only: users script against the order.
"""

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import pandas as pd
from sqlalchemy import Connection, Engine, Select, and_, func, select

from campaigns.store import StoredCampaign, load
from campaigns.tables import agents, attempts, campaign_leads, campaigns
from leads.db import reading
from leads.errors import RingbankError, UsageError
from leads.model import Listed, number_id
from leads.registries import listings
from leads.suppression import applying
from leads.tables import lead_numbers, leads, lists, numbers

_CHUNK = 10_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBERS = frozenset({"phone", "phones", "caller_id"})
"""Columns of our own E.164 numbers, which begin with a plus and are no formulas."""


class ExportError(RingbankError):
    """The export cannot be written."""


def export(base: Engine, what: str, *, output: str, campaign: str | None) -> int:
    """Write all attempts or all leads, or those of one campaign; return the rows written.

    Args:
        base: to read from, in one snapshot.
        what: `attempts` or `leads`.
        output: a file that ends in .csv, or "-" for stdout. A file appears when it is whole.
        campaign: its name, or None for all.

    Raises:
        UsageError: the file's ending or the campaign is not known.
        ExportError: the file cannot be written.
    """
    if output != "-" and not output.lower().endswith(".csv"):
        raise UsageError(f"--output {output!r} must end in .csv, or be - for stdout")
    with _target(output) as file, reading(base) as connection:
        stored = load(connection, campaign) if campaign is not None else None
        columns, rows = _EXPORTS[what](connection, stored)
        return _write(file, columns, rows)


def _write(file: TextIO, columns: Sequence[str], rows: Iterator[Sequence[object]]) -> int:
    pd.DataFrame(columns=list(columns)).to_csv(file, index=False, lineterminator="\n")
    written = 0
    for chunk in _chunks(rows):
        cells = [
            [_cell(column, value) for column, value in zip(columns, row, strict=True)]
            for row in chunk
        ]
        frame = pd.DataFrame(cells, columns=list(columns), dtype=object)
        frame.to_csv(file, index=False, header=False, lineterminator="\n")
        written += len(chunk)
    return written


def _chunks(rows: Iterator[Sequence[object]]) -> Iterator[list[Sequence[object]]]:
    chunk: list[Sequence[object]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _cell(column: str, value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, str) and column not in _NUMBERS:
        guarded = f"'{value}" if value.startswith(_FORMULA) else value
        # The CSV writer puts no quotes around a lone CR, and readers take it for a new row.
        return guarded.replace("\r\n", "\n").replace("\r", "\n")
    return value


@contextmanager
def _target(output: str) -> Iterator[TextIO]:
    """Give stdout, or a file that takes its name only when it is whole."""
    if output == "-":
        yield sys.stdout
        return
    target = Path(output)
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise ExportError(
            f"{output} cannot be written ({error.strerror}); check the folder"
        ) from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            yield file
        Path(name).replace(target)
    except OSError as error:
        raise ExportError(f"{output} cannot be written ({error.strerror})") from error
    finally:
        Path(name).unlink(missing_ok=True)


def _stream(
    connection: Connection, query: Select[tuple[object, ...]]
) -> Iterator[Mapping[str, Any]]:
    result = connection.execution_options(stream_results=True, yield_per=_CHUNK).execute(query)
    return (dict(row._mapping) for row in result)


_ATTEMPTS = (
    "attempt_id",
    "campaign",
    "list",
    "lead_id",
    "external_id",
    "phone",
    "agent",
    "mode",
    "caller_id",
    "dialed_at",
    "answered_at",
    "ended_at",
    "ring_s",
    "talk_s",
    "wrap_s",
    "hangup_cause",
    "sip_code",
    "amd",
    "outcome",
    "disposition",
    "refusal_reason",
    "callback_at",
    "rule_set",
    "attempt_no",
    "evidence",
    "key_pressed",
    "superseded_by",
    "clock",
)

_LEADS = (
    "lead_id",
    "external_id",
    "name",
    "phone",
    "phones",
    "list",
    "state",
    "attempts",
    "last_attempt_at",
    "last_outcome",
    "last_disposition",
    "refusal_reason",
    "next_call_at",
    "suppressed",
    "zone",
    "language",
)


def _attempts(
    connection: Connection, stored: StoredCampaign | None
) -> tuple[Sequence[str], Iterator[Sequence[object]]]:
    joined = {
        "attempt_id": attempts.c.id,
        "campaign": campaigns.c.name,
        "list": lists.c.name,
        "external_id": leads.c.external_id,
        "agent": agents.c.name,
    }
    query = (
        select(
            *(
                (joined[name] if name in joined else attempts.c[name]).label(name)
                for name in _ATTEMPTS
            )
        )
        .join(campaigns, campaigns.c.id == attempts.c.campaign_id)
        .join(lists, lists.c.id == attempts.c.list_id)
        .join(leads, leads.c.id == attempts.c.lead_id)
        .outerjoin(agents, agents.c.id == attempts.c.agent_id)
        .order_by(attempts.c.id)
    )
    if stored is not None:
        query = query.where(attempts.c.campaign_id == stored.id)
    rows = _stream(connection, query)
    return _ATTEMPTS, ([row[name] for name in _ATTEMPTS] for row in rows)


def _leads(
    connection: Connection, stored: StoredCampaign | None
) -> tuple[Sequence[str], Iterator[Sequence[object]]]:
    """Without a campaign a lead stands where it stands in the last one it was enrolled in."""
    enrolled = (
        campaign_leads.c.campaign_id == stored.id
        if stored is not None
        else campaign_leads.c.id
        == select(func.max(campaign_leads.c.id))
        .where(campaign_leads.c.lead_id == leads.c.id)
        .correlate(leads)
        .scalar_subquery()
    )
    taken = ("state", "attempts", "last_attempt_at", "last_outcome", "last_disposition")
    query = (
        select(
            leads.c.id,
            leads.c.external_id,
            leads.c.name,
            leads.c.language,
            leads.c.attributes,
            numbers.c.e164,
            numbers.c.zones,
            lists.c.name.label("list"),
            campaign_leads.c.refusal_reason,
            campaign_leads.c.next_call_at,
            leads.c.name_key,
            *(campaign_leads.c[name] for name in taken),
        )
        .join(
            lead_numbers, and_(lead_numbers.c.lead_id == leads.c.id, lead_numbers.c.position == 1)
        )
        .join(numbers, numbers.c.id == lead_numbers.c.number_id)
        .join(
            campaign_leads,
            and_(campaign_leads.c.lead_id == leads.c.id, enrolled),
            isouter=stored is None,
        )
        .outerjoin(lists, lists.c.id == campaign_leads.c.list_id)
        .order_by(leads.c.id)
    )
    keys = _attribute_keys(connection)
    phones = _all_numbers(connection)
    rows = _with_suppressed(connection, stored, _stream(connection, query))
    columns = [*_LEADS, *(f"attr_{key}" for key in keys)]
    return columns, (_lead_row(row, phones, keys) for row in rows)


def _lead_row(
    row: Mapping[str, object], phones: Mapping[int, str], keys: Iterable[str]
) -> Sequence[object]:
    attributes = row["attributes"]
    zones = row["zones"]
    assert isinstance(attributes, dict)
    assert isinstance(zones, list)
    lead_id = row["id"]
    assert isinstance(lead_id, int)
    is_waiting = row["state"] in ("new", "waiting", "callback")
    next_call_at = row["next_call_at"]
    assert next_call_at is None or isinstance(next_call_at, datetime)
    waits = is_waiting and next_call_at is not None and next_call_at.year > _FIRST_YEAR
    return [
        lead_id,
        row["external_id"],
        row["name"],
        row["e164"],
        phones.get(lead_id, row["e164"]),
        row["list"],
        row["state"],
        row["attempts"],
        row["last_attempt_at"],
        row["last_outcome"],
        row["last_disposition"],
        row["refusal_reason"],
        next_call_at if waits else None,
        "true" if row["suppressed"] else "false",
        ";".join(zones),
        row["language"],
        *(attributes.get(key) for key in keys),
    ]


_FIRST_YEAR = 1970
"""`campaigns.store.AT_ONCE` is no moment to tell anybody."""


def _with_suppressed(
    connection: Connection, stored: StoredCampaign | None, rows: Iterator[Mapping[str, Any]]
) -> Iterator[Mapping[str, Any]]:
    """Give the rows together with whether a wish or a registry forbids the call."""
    campaign = stored and stored.campaign
    while chunk := list(islice(rows, _CHUNK)):
        entries = applying(
            connection,
            [(row["id"], row["e164"], row["name_key"]) for row in chunk],
            seller=campaign.seller if campaign else "",
            campaign=campaign.name if campaign else "",
        )
        listed = listings(connection, [number_id(row["e164"]) for row in chunk])
        for row, entry in zip(chunk, entries, strict=True):
            of_number = listed[number_id(row["e164"])]
            on_registry = any(one.listed is Listed.YES for one in of_number)
            yield {**row, "suppressed": entry is not None or on_registry}


def _attribute_keys(connection: Connection) -> list[str]:
    """Return the names of all attributes in use, in the order in which they first appear."""
    keys: dict[str, None] = {}
    for row in _stream(connection, select(leads.c.attributes).order_by(leads.c.id)):
        attributes = row["attributes"]
        assert isinstance(attributes, dict)
        keys.update(dict.fromkeys(attributes))
    return list(keys)


def _all_numbers(connection: Connection) -> dict[int, str]:
    """Return the numbers of those who have more than one, joined by semicolons."""
    several = (
        select(lead_numbers.c.lead_id).group_by(lead_numbers.c.lead_id).having(func.count() > 1)
    )
    found: dict[int, list[str]] = {}
    for lead_id, e164 in connection.execute(
        select(lead_numbers.c.lead_id, numbers.c.e164)
        .join(numbers)
        .where(lead_numbers.c.lead_id.in_(several))
        .order_by(lead_numbers.c.lead_id, lead_numbers.c.position)
    ):
        found.setdefault(lead_id, []).append(e164)
    return {lead_id: ";".join(phones) for lead_id, phones in found.items()}


_EXPORTS = {"attempts": _attempts, "leads": _leads}
