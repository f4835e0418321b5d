"""Bring the rows of a lead file into the base: all of them in one transaction, or none.

The rows pass in batches, so that a file of any size needs the same memory and no row
costs a query of its own.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

import numpy as np
from sqlalchemy import Connection, Engine

from leads import intake, registries, store, suppression
from leads.columns import Columns, Rejected, guess_columns, phone_cell, read_row
from leads.db import writing
from leads.errors import UsageError
from leads.matching import assign
from leads.model import E164, LeadId, ListId, ListState, NewLead, number_id
from leads.phones import PhoneReader
from leads.problems import refuse
from leads.reader import LeadFile, open_leads
from leads.rejects import RejectsFile, rejects_file
from leads.sql import unused_ids
from leads.tables import leads

_BATCH_ROWS = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What became of a file: `read` = `imported` + `joined` + `rejected`, all rows.

    Attributes:
        import_id: the import, or None for a dry run.
        list_name: where the leads are now.
        format: what kind of file it is.
        encoding: as given or guessed.
        delimiter: as given or guessed.
        columns: for each thing that was found, the header of its column.
        read: rows after the header, blank lines left out.
        imported: rows that became a new lead.
        joined: rows that are a lead known before, or of an earlier row.
        joined_in_file: those of them that are a new lead of an earlier row.
        joined_in_base: those of them that are a lead the base had before.
        also_on: how many of the leads the base had before are on each other list.
        rejected: rows that could not be used.
        reasons: how many rows were rejected for each reason.
        suppressed: different numbers of the file that nobody may call.
        zone_unknown: different numbers of the file whose time zone is not known.
        dry_run: nothing was written.
    """

    import_id: int | None
    list_name: str
    format: str
    encoding: str
    delimiter: str
    columns: Mapping[str, str]
    read: int
    imported: int
    joined: int
    joined_in_file: int
    joined_in_base: int
    also_on: Mapping[str, int]
    rejected: int
    reasons: Mapping[str, int]
    suppressed: int
    zone_unknown: int
    dry_run: bool


def import_leads(
    engine: Engine,
    *,
    source: str,
    list_name: str,
    region: str | None,
    mapping: Sequence[tuple[str, str]],
    encoding: str | None,
    delimiter: str | None,
    sheet: str | None = None,
    rejects: Path | None,
    dry_run: bool,
    registry_folder: Path | None = None,
    now: datetime,
    progress: Callable[[int], None],
) -> ImportReport:
    """Import a lead file into a list, which is made if there is none of that name.

    Args:
        engine: the base.
        source: a path, or "-" for standard input.
        list_name: where every person of the file becomes a member.
        region: ISO 3166 country of numbers written without one, or None.
        mapping: pairs of target and column that come before any guess.
        encoding: of the file; None to guess.
        delimiter: of the file; None to guess.
        sheet: of a spreadsheet; None for the only one that is filled.
        rejects: where to write the rows that were rejected, or None.
        dry_run: do everything, keep nothing, write no rejects file.
        registry_folder: where the files of registries are; without one nobody is looked up.
        now: aware UTC.
        progress: is told how many bytes of the file have been read.

    Raises:
        UsageError: the file, its columns, the list or the rejects file cannot be used.
        RingbankError: the base or the rejects file failed; nothing was written.
    """
    _check_name(list_name)
    with open_leads(
        source, encoding=encoding, delimiter=delimiter, region=region, sheet=sheet
    ) as file:
        columns = _columns(file, mapping)
        target = (
            nullcontext()
            if rejects is None or dry_run
            else rejects_file(rejects, source=source, columns=columns, delimiter=file.delimiter)
        )
        with target as unusable:
            with writing(engine) as connection:
                intake.lock_for_import(connection)
                list_id = _open_list(connection, list_name, now)
                import_id = intake.begin_import(
                    connection,
                    list_id,
                    file=file.source.encode("utf-8", "backslashreplace").decode(),
                    encoding=file.encoding,
                    mapping=columns.mapping(),
                    attributes=[columns.header[at] for at in columns.attributes],
                    now=now,
                )
                place = _Place(
                    list_id=list_id, import_id=import_id, registries=registry_folder, now=now
                )
                phones = PhoneReader(region=region)
                tally = _fill(connection, file, columns, phones, unusable, place, progress=progress)
                if dry_run:
                    connection.rollback()
                elif unusable is not None:
                    unusable.finish()
            if unusable is not None:
                unusable.publish()
    return ImportReport(
        import_id=None if dry_run else import_id,
        list_name=list_name,
        format=file.format,
        encoding=file.encoding,
        delimiter=file.delimiter,
        columns=columns.mapping(),
        read=tally.read,
        imported=tally.imported,
        joined=tally.joined,
        joined_in_file=tally.joined - tally.joined_in_base,
        joined_in_base=tally.joined_in_base,
        also_on=dict(tally.also_on),
        rejected=tally.rejected,
        reasons=dict(tally.reasons.most_common()),
        suppressed=len(tally.suppressed),
        zone_unknown=len(tally.zone_unknown),
        dry_run=dry_run,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where the rows go, and when."""

    list_id: ListId
    import_id: int
    registries: Path | None
    now: datetime


@dataclass(slots=True)
class _Tally:
    known_to: LeadId  # whoever has this id or a lower one was in the base before
    imported: int = 0
    joined: int = 0
    joined_in_base: int = 0
    also_on: Counter[str] = field(default_factory=Counter)
    known_before: set[LeadId] = field(default_factory=set)
    reasons: Counter[str] = field(default_factory=Counter)
    suppressed: set[E164] = field(default_factory=set)
    zone_unknown: set[E164] = field(default_factory=set)

    @property
    def rejected(self) -> int:
        return self.reasons.total()

    @property
    def read(self) -> int:
        return self.imported + self.joined + self.rejected


def _fill(
    connection: Connection,
    file: LeadFile,
    columns: Columns,
    phones: PhoneReader,
    unusable: RejectsFile | None,
    place: _Place,
    *,
    progress: Callable[[int], None],
) -> _Tally:
    tally = _Tally(known_to=intake.newest_lead(connection))
    rows = file.rows()
    while batch := list(islice(rows, _BATCH_ROWS)):
        usable: list[NewLead] = []
        rejected: list[tuple[Sequence[str], Rejected]] = []
        found = phones.read([phone_cell(row.cells, columns) for row in batch])
        for row, phone in zip(batch, found, strict=True):
            lead = read_row(row.cells, columns, line=row.line, phone=phone)
            if isinstance(lead, Rejected):
                rejected.append((row.cells, lead))
            else:
                usable.append(lead)
        _keep(connection, usable, place, tally)
        tally.reasons.update(why.reason for _, why in rejected)
        if unusable is not None:
            unusable.write(rejected)
        progress(file.bytes_read)
    if not tally.read:
        raise UsageError(f"{file.source} has a header and nothing else; add a row for each person")
    intake.end_import(
        connection,
        place.import_id,
        imported=tally.imported,
        joined=tally.joined,
        rejected=tally.rejected,
    )
    return tally


def _keep(connection: Connection, rows: list[NewLead], place: _Place, tally: _Tally) -> None:
    phones = {row.phone.e164: row.phone for row in rows}
    assigned = assign(
        rows,
        intake.people_of(connection, phones),
        iter(unused_ids(connection, leads, len(rows))),
    )
    intake.keep(
        connection,
        assigned,
        phones,
        list_id=place.list_id,
        import_id=place.import_id,
        now=place.now,
    )
    if place.registries is not None:
        ids = np.fromiter(map(number_id, phones), dtype=np.int64, count=len(phones))
        registries.scrub_new(connection, place.registries, ids)
    before = {lead_id for lead_id in assigned.members if lead_id <= tally.known_to}
    tally.joined_in_base += sum(assigned.members[lead_id] for lead_id in before)
    newly_met = before - tally.known_before
    tally.also_on.update(intake.other_lists(connection, newly_met, place.list_id))
    tally.known_before |= newly_met
    tally.imported += len(assigned.new)
    tally.joined += len(rows) - len(assigned.new)
    tally.suppressed |= suppression.suppressed_everywhere(connection, phones)
    tally.zone_unknown |= {phone.e164 for phone in phones.values() if not phone.zones}


def _columns(file: LeadFile, mapping: Sequence[tuple[str, str]]) -> Columns:
    columns = guess_columns(file.header, mapping)
    if isinstance(columns, tuple):
        refuse(file.source, columns)
    assert isinstance(columns, Columns)
    return columns


def _open_list(connection: Connection, name: str, now: datetime) -> ListId:
    known = store.list_named(connection, name)
    if known is None:
        return store.add_list(connection, name, now=now)
    if known.state is ListState.ARCHIVED:
        raise UsageError(f"the list {name!r} is archived; name another one with --list")
    return known.list_id


def _check_name(name: str) -> None:
    if not name.strip() or name != name.strip() or not name.isprintable():
        raise UsageError(
            f"{name!r} cannot be the name of a list; give one without blanks around it, "
            "for example bought-base-2026"
        )
