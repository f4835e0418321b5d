"""Bring the rows of a lead file into the base: all of them in one transaction, or none.

The rows pass in batches, so that a file of any size needs the same memory and no row
costs a query of its own.
"""

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine

from leads import consents, intake, registries, sources, store, suppression
from leads.columns import Columns, guess_columns
from leads.db import reading, writing
from leads.errors import UsageError
from leads.files import LeadFile, open_leads
from leads.matching import Assigned, assign
from leads.model import E164, LeadId, ListId, ListState, NewLead, Phone, e164_of
from leads.notices import EVERYBODY, Subject, notify
from leads.phones import PhoneReader
from leads.problems import refuse
from leads.rejects import RejectsFile, rejects_file
from leads.rows import Batch, read_rows
from leads.sources import Reading
from leads.sql import unused_ids
from leads.tables import leads
from leads.waiting import MOST_WAITING, Rows, Waiting

_BATCH_ROWS = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What became of a file: `read` = `imported` + `joined` + `rejected`, all rows.

    Attributes:
        import_id: the import, or None for a dry run.
        list_name: where the leads are now.
        format: what kind of file it is.
        encoding: as given or guessed.
        delimiter: as given or guessed.
        columns: for each thing that was found, the header of its column, or of several.
        read: rows after the header, blank lines left out.
        imported: rows that became a new lead.
        joined: rows that are a lead known before, or of an earlier row.
        joined_in_file: those of them that are a new lead of an earlier row.
        joined_in_base: those of them that are a lead the base had before.
        also_on: how many of the leads the base had before are on each other list.
        rejected: rows that could not be used.
        reasons: how many rows were rejected for each reason.
        suppressed: different numbers of the file that nobody may call.
        registered: different numbers of the file that a registry lists.
        zone_unknown: different numbers of the file whose time zone is not known.
        dry_run: nothing was written.
    """

    import_id: int | None
    list_name: str
    format: str
    encoding: str
    delimiter: str
    columns: Mapping[str, str | list[str]]
    read: int
    imported: int
    joined: int
    joined_in_file: int
    joined_in_base: int
    also_on: Mapping[str, int]
    rejected: int
    reasons: Mapping[str, int]
    suppressed: int
    registered: int
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
    source_name: str | None = None,
    home_region: str | None = None,
    expires_on: date | None = None,
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
        source_name: whose files are read so; what is not given is as it was with the last
            one of theirs, and is remembered for the next. None: nobody in particular.
        home_region: the region where neither the caller nor the source names one.
        expires_on: the day (UTC) from which nobody of the list is called and all of it may be
            erased; None leaves that as it is.
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
    how = Reading(
        region=region, mapping=mapping, encoding=encoding, delimiter=delimiter, sheet=sheet
    )
    if source_name is not None:
        with reading(engine) as connection:
            how = how.over(sources.recall(connection, source_name))
    how = how.over(Reading(region=home_region))
    with open_leads(
        source,
        encoding=how.encoding,
        delimiter=how.delimiter,
        region=how.region,
        sheet=how.sheet,
    ) as file:
        columns = _columns(file, how.mapping, how.region)
        target = (
            nullcontext()
            if rejects is None or dry_run
            else rejects_file(rejects, source=source, columns=columns, delimiter=file.delimiter)
        )
        with target as unusable:
            with writing(engine) as connection, _uncollected():
                intake.lock_for_import(connection)
                list_id = _open_list(connection, list_name, expires_on, now)
                import_id = intake.begin_import(
                    connection,
                    list_id,
                    file=file.source.encode("utf-8", "backslashreplace").decode(),
                    source=source_name,
                    encoding=file.encoding,
                    mapping=columns.mapping(),
                    now=now,
                )
                place = _Place(
                    list_id=list_id, import_id=import_id, registries=registry_folder, now=now
                )
                phones = PhoneReader(region=how.region)
                tally = _fill(connection, file, columns, phones, unusable, place, progress=progress)
                if source_name is not None:
                    sources.remember(connection, source_name, _used(how, columns), now=now)
                notify(connection, Subject.PEOPLE, EVERYBODY)
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
        registered=len(tally.registered),
        zone_unknown=len(tally.zone_unknown),
        dry_run=dry_run,
    )


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep Python from looking for cycles: there are none among millions of cells to look at."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


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
    registered: set[int] = field(default_factory=set)
    zone_unknown: set[int] = field(default_factory=set)
    left_out: dict[str, None] = field(default_factory=dict)  # in order, each once

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
    waiting = Waiting()
    rows = file.rows()
    while some := list(islice(rows, _BATCH_ROWS)):
        batch, rejected = read_rows(
            [row.line for row in some],
            [row.cells for row in some],
            columns,
            phones,
            now=place.now,
        )
        _keep(connection, batch, phones, waiting, place, tally)
        if len(waiting) > MOST_WAITING:
            _write(connection, waiting.take_all(), phones, place, tally)
        tally.reasons.update(why.reason for _, why in rejected)
        if unusable is not None:
            unusable.write(rejected)
        del some, batch
        gc.collect()  # see `_uncollected`: what statements leave behind
        progress(file.bytes_read)
    _write(connection, waiting.take_all(), phones, place, tally)
    if not tally.read:
        raise UsageError(f"{file.source} has a header and nothing else; add a row for each person")
    intake.end_import(
        connection,
        place.import_id,
        attributes=[*(columns.header[at] for at in columns.attributes), *tally.left_out],
        imported=tally.imported,
        joined=tally.joined,
        rejected=tally.rejected,
    )
    return tally


def _keep(
    connection: Connection,
    batch: Batch,
    phones: PhoneReader,
    waiting: Waiting,
    place: _Place,
    tally: _Tally,
) -> None:
    if not len(batch.lines):
        return
    ids, first, counts = np.unique(batch.numbers, return_index=True, return_counts=True)
    verdicts = batch.verdicts.ravel()[first]
    present = ids != 0
    ids, verdicts, counts = ids[present], verdicts[present], counts[present]
    known = np.isin(ids, intake.known_numbers(connection, ids))
    waits = waiting.has(ids)
    shared: NDArray[np.bool_] = np.any(
        np.isin(batch.numbers, ids[known | waits | (counts > 1)]), axis=1
    )
    _write(connection, waiting.take(ids[waits]), phones, place, tally)
    met = ~known & ~waits & np.isin(ids, batch.numbers[shared])
    intake.add_numbers(connection, ids[met], verdicts[met], phones.verdicts)
    _look_up(connection, ids[known | met], place, tally)
    lead_ids = np.array(unused_ids(connection, leads, len(batch.lines)), dtype=np.int64)
    intake.add_strangers(
        connection,
        batch,
        lead_ids,
        ~shared,
        list_id=place.list_id,
        import_id=place.import_id,
    )
    tally.left_out |= dict.fromkeys(batch.left_out)
    waiting.add(batch.numbers[~shared], batch.verdicts[~shared], lead_ids[~shared])
    tally.imported += int(np.count_nonzero(~shared))
    rows = np.flatnonzero(shared)
    if len(rows):
        people = intake.people_of(connection, ids[known | waits])
        assigned = assign(_leads(batch, rows, lead_ids, phones), people)
        intake.keep(
            connection,
            assigned,
            list_id=place.list_id,
            import_id=place.import_id,
            now=place.now,
        )
        lead_ids[rows] = assigned.leads
        _count(connection, assigned, len(rows), place, tally)
    given = [
        (LeadId(lead_id), one)
        for lead_id, one in zip(lead_ids.tolist(), batch.consents, strict=False)
        if one is not None
    ]
    if given:
        consents.add_many(connection, given, import_id=place.import_id, now=place.now)
    e164s = {e164_of(number) for number in ids.tolist()}
    tally.suppressed |= suppression.suppressed_everywhere(connection, e164s)
    zoneless = [
        at
        for at, known_of in enumerate(phones.verdicts)
        if isinstance(known_of, Phone) and not known_of.zones
    ]
    tally.zone_unknown |= {*ids[np.isin(verdicts, zoneless)].tolist()}


def _write(
    connection: Connection, rows: Rows, phones: PhoneReader, place: _Place, tally: _Tally
) -> None:
    """Write numbers that have waited, and what registries say of them."""
    intake.write_waiting(connection, rows, phones.verdicts)
    _look_up(connection, rows["number"], place, tally)


def _look_up(connection: Connection, ids: NDArray[np.int64], place: _Place, tally: _Tally) -> None:
    """Write what registries say of numbers that the base has now."""
    if place.registries is not None:
        for at in range(0, len(ids), _BATCH_ROWS):
            some = ids[at : at + _BATCH_ROWS]
            tally.registered |= registries.scrub_new(connection, place.registries, some)


def _leads(
    batch: Batch, rows: NDArray[np.int64], lead_ids: NDArray[np.int64], phones: PhoneReader
) -> Iterator[tuple[NewLead, int]]:
    """Yield some rows of a batch as values, each with its unused id."""
    for row in rows.tolist():
        pairs = zip(batch.numbers[row].tolist(), batch.verdicts[row].tolist(), strict=True)
        theirs = [phones.answer(number, verdict) for number, verdict in pairs if number]
        found = [phone for phone in theirs if isinstance(phone, Phone)]
        yield batch.lead(row, found), int(lead_ids[row])


def _count(
    connection: Connection, assigned: Assigned, rows: int, place: _Place, tally: _Tally
) -> None:
    before = {lead_id for lead_id in assigned.members if lead_id <= tally.known_to}
    tally.joined_in_base += sum(assigned.members[lead_id] for lead_id in before)
    newly_met = before - tally.known_before
    tally.also_on.update(intake.other_lists(connection, newly_met, place.list_id))
    tally.known_before |= newly_met
    tally.imported += len(assigned.new)
    tally.joined += rows - len(assigned.new)


def _used(how: Reading, columns: Columns) -> Reading:
    """Return how a file was read, what its columns were taken for included."""
    return replace(how, mapping=columns.pairs())


def _columns(file: LeadFile, mapping: Sequence[tuple[str, str]], region: str | None) -> Columns:
    columns = guess_columns(file.header, mapping, file.sample(), region=region)
    if isinstance(columns, tuple):
        refuse(file.source, columns)
    assert isinstance(columns, Columns)
    return columns


def _open_list(connection: Connection, name: str, expires_on: date | None, now: datetime) -> ListId:
    known = store.list_named(connection, name)
    list_id = store.add_list(connection, name, now=now) if known is None else known.list_id
    if expires_on is not None:
        store.set_expiry(connection, list_id, expires_on)
    if known is not None and known.state is ListState.ARCHIVED:
        raise UsageError(f"the list {name!r} is archived; name another one with --list")
    until = expires_on or (known and known.expires_on)
    if until and until <= now.date():
        raise UsageError(
            f"the list {name!r} has expired on {until}; give it a later day with --expires, or "
            "name another one with --list"
        )
    return list_id


def _check_name(name: str) -> None:
    if not name.strip() or name != name.strip() or not name.isprintable():
        raise UsageError(
            f"{name!r} cannot be the name of a list; give one without blanks around it, "
            "for example bought-base-2026"
        )
