"""Bring a file of consents into the base: all its rows in one transaction, or none.

The people must be in the base already; a row that means nobody, or several people, is
rejected with the reason, like one that is no consent.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection, Engine, select

from leads import consents
from leads.columns import Columns, Rejected
from leads.consent_columns import column_of, consent_columns, consent_facts, who
from leads.consent_rules import NewConsent, from_row
from leads.db import writing
from leads.errors import UsageError
from leads.files import LeadFile, open_leads
from leads.model import LeadId, Phone, number_id
from leads.phones import PhoneReader
from leads.problems import Problem, usable
from leads.rejects import RejectsFile, rejects_file
from leads.rows import dialable
from leads.sql import in_chunks
from leads.tables import lead_numbers, leads

_BATCH_ROWS = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentReport:
    """What became of a file of consents: `read` = `added` + `known` + `rejected`.

    Attributes:
        columns: for each thing that was found, the header of its column.
        read: rows after the header, blank lines left out.
        added: consents that are new.
        known: consents that the base, or an earlier row, was already.
        withdrawn: known ones that are withdrawn only now.
        rejected: rows that could not be used.
        reasons: how many rows were rejected for each reason.
        dry_run: nothing was written.
    """

    columns: Mapping[str, str | list[str]]
    read: int
    added: int
    known: int
    withdrawn: int
    rejected: int
    reasons: Mapping[str, int]
    dry_run: bool


@dataclass(slots=True)
class _Tally:
    added: int = 0
    known: int = 0
    withdrawn: int = 0
    reasons: Counter[str] = field(default_factory=Counter)


def import_consents(
    engine: Engine,
    *,
    file: str,
    kind: str | None,
    source: str | None,
    region: str | None,
    mapping: Sequence[tuple[str, str]],
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    rejects: Path | None,
    dry_run: bool,
    now: datetime,
    begun: Callable[[Connection], None],
    recorded: Callable[[Connection, Collection[LeadId]], None],
) -> ConsentReport:
    """Record the consents of a file.

    Args:
        engine: the base.
        file: a path, or "-" for standard input.
        kind: of rows that name none.
        source: of rows that name none.
        region: ISO 3166 country of numbers written without one, or None.
        mapping: pairs of target and column that come before any guess.
        encoding: of the file; None to guess.
        delimiter: of the file; None to guess.
        sheet: of a spreadsheet; None for the only one that is filled.
        rejects: where to write the rows that were rejected, or None.
        dry_run: do everything, keep nothing, write no rejects file.
        now: aware UTC.
        begun: is told of the transaction before anything else is done in it.
        recorded: is told, in the same transaction, whose consents were brought.

    Raises:
        UsageError: the file, its columns or the rejects file cannot be used.
        RingbankError: the base or the rejects file failed; nothing was written.
    """
    with open_leads(
        file, encoding=encoding, delimiter=delimiter, region=region, sheet=sheet
    ) as opened:
        columns = usable(opened.source, consent_columns(opened.header, mapping))
        for target, given in (("kind", kind), ("source", source)):
            if given is None and target not in columns.targets:
                raise UsageError(
                    f"{opened.source} has no column {target}; say it for all rows with --{target}"
                )
        reader = _Reader(
            columns, kind=kind, source=source, phones=PhoneReader(region=region), now=now
        )
        target_file = (
            nullcontext()
            if rejects is None or dry_run
            else rejects_file(rejects, source=file, columns=columns, delimiter=opened.delimiter)
        )
        with target_file as unusable:
            with writing(engine) as connection:
                begun(connection)
                tally = _fill(connection, opened, reader, unusable, recorded)
                if dry_run:
                    connection.rollback()
                elif unusable is not None:
                    unusable.finish()
            if unusable is not None:
                unusable.publish()
    return ConsentReport(
        columns=columns.mapping(),
        read=tally.added + tally.known + tally.reasons.total(),
        added=tally.added,
        known=tally.known,
        withdrawn=tally.withdrawn,
        rejected=tally.reasons.total(),
        reasons=dict(tally.reasons.most_common()),
        dry_run=dry_run,
    )


def _fill(
    connection: Connection,
    file: LeadFile,
    reader: "_Reader",
    unusable: RejectsFile | None,
    recorded: Callable[[Connection, Collection[LeadId]], None],
) -> _Tally:
    tally = _Tally()
    rows = file.rows()
    while batch := list(islice(rows, _BATCH_ROWS)):
        given: list[tuple[LeadId, NewConsent]] = []
        rejected: list[tuple[Sequence[str], Rejected]] = []
        read = reader.read(connection, [row.cells for row in batch])
        for row, found in zip(batch, read, strict=True):
            if isinstance(found, Problem):
                why = Rejected(line=row.line, column=found.where, reason=found.why)
                rejected.append((row.cells, why))
            else:
                given.append(found)
        done = consents.add_many(connection, given, now=reader.now)
        recorded(connection, {lead_id for lead_id, _ in given})
        tally.added += done.added
        tally.known += done.known
        tally.withdrawn += done.withdrawn
        tally.reasons.update(why.reason for _, why in rejected)
        if unusable is not None:
            unusable.write(rejected)
    if not (tally.added + tally.known + tally.reasons.total()):
        raise UsageError(f"{file.source} has a header and nothing else; add a row for each consent")
    return tally


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads rows of one file: whose consent, and to what."""

    columns: Columns
    kind: str | None
    source: str | None
    phones: PhoneReader
    now: datetime

    def read(
        self, connection: Connection, rows: Sequence[Sequence[str]]
    ) -> list[tuple[LeadId, NewConsent] | Problem]:
        """Return for each row the consent with its lead, or what is wrong with it."""
        whole = [len(cells) == len(self.columns.header) for cells in rows]
        phones = self._phones([cells if ok else () for cells, ok in zip(rows, whole, strict=True)])
        named = [
            who(cells, self.columns) if ok else {} for cells, ok in zip(rows, whole, strict=True)
        ]
        people = _People.of(connection, named, phones)
        return [
            self._read(cells, people, names, phone)
            if ok
            else Problem(
                where="", why=f"{len(cells)} cells where the header has {len(self.columns.header)}"
            )
            for cells, ok, names, phone in zip(rows, whole, named, phones, strict=True)
        ]

    def _phones(self, rows: Sequence[Sequence[str]]) -> list[Phone | str]:
        if "phone" not in self.columns.targets:
            return ["no number"] * len(rows)
        at = self.columns.targets["phone"]
        texts = [cells[at] if at < len(cells) else "" for cells in rows]
        return self.phones.read(dialable(texts))

    def _read(
        self, cells: Sequence[str], people: "_People", names: Mapping[str, str], phone: Phone | str
    ) -> tuple[LeadId, NewConsent] | Problem:
        odd = next((at for at, cell in enumerate(cells) if not _is_text(cell)), None)
        if odd is not None:
            return Problem(where=self.columns.header[odd], why="holds bytes that are no text")
        lead_id = people.find(names, phone)
        if isinstance(lead_id, Problem):
            at = self.columns.targets.get(lead_id.where)
            return Problem(where="" if at is None else self.columns.header[at], why=lead_id.why)
        facts = consent_facts(cells, self.columns)
        found = from_row(facts, now=self.now, kind=self.kind, source=self.source)
        if found is None:
            return Problem(where="", why="says nothing of a consent")
        if isinstance(found, Problem):
            return Problem(where=column_of(found.where, self.columns), why=found.why)
        return lead_id, found


def _is_text(cell: str) -> bool:
    """Tell whether a cell is text: no NUL, and no byte that was no letter (`leads.reader`)."""
    return not any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in cell)


@dataclass(frozen=True, slots=True)
class _People:
    """Who the names of some rows may be: for each kind of name, the leads that have it."""

    by: Mapping[str, Mapping[str, frozenset[LeadId]]]

    @classmethod
    def of(
        cls,
        connection: Connection,
        named: Sequence[Mapping[str, str]],
        phones: Sequence[Phone | str],
    ) -> "_People":
        """Look up everybody of some rows at once; who has been erased is nobody."""
        alive = leads.c.erased_at.is_(None)
        ids = {names["lead_id"] for names in named if _is_id(names.get("lead_id", ""))}
        keys = {names["external_id"] for names in named if "external_id" in names}
        numbers = {number_id(phone.e164) for phone in phones if isinstance(phone, Phone)}
        found: dict[str, dict[str, set[LeadId]]] = {"lead_id": {}, "external_id": {}, "phone": {}}
        for chunk in in_chunks(map(int, ids)):
            query = select(leads.c.id).where(leads.c.id.in_(chunk), alive)
            for lead_id in connection.scalars(query):
                found["lead_id"].setdefault(str(lead_id), set()).add(LeadId(lead_id))
        for keys_chunk in in_chunks(keys):
            known = select(leads.c.id, leads.c.external_id).where(
                leads.c.external_id.in_(keys_chunk), alive
            )
            for row in connection.execute(known):
                found["external_id"].setdefault(row.external_id, set()).add(LeadId(row.id))
        for numbers_chunk in in_chunks(numbers):
            reached = select(lead_numbers.c.number_id, lead_numbers.c.lead_id).where(
                lead_numbers.c.number_id.in_(numbers_chunk)
            )
            for row in connection.execute(reached):
                found["phone"].setdefault(f"+{row.number_id}", set()).add(LeadId(row.lead_id))
        return cls(
            {
                kind: {name: frozenset(ids) for name, ids in of_kind.items()}
                for kind, of_kind in found.items()
            }
        )

    def find(self, names: Mapping[str, str], phone: Phone | str) -> LeadId | Problem:
        """Return the one lead that all names of a row mean, or why there is none."""
        if not names:
            return Problem(where="", why="names nobody")
        if "phone" in names and isinstance(phone, str):
            return Problem(where="phone", why=phone)
        meant: frozenset[LeadId] | None = None
        for kind, name in names.items():
            key = phone.e164 if kind == "phone" and isinstance(phone, Phone) else name
            if kind == "lead_id" and _is_id(name):
                key = str(int(name))
            have_it = self.by[kind].get(key, frozenset())
            if not have_it:
                return Problem(where=kind, why=f"nobody has this {_WORDS[kind]}")
            meant = have_it if meant is None else meant & have_it
        if not meant:
            return Problem(where="", why="its columns name different people")
        if len(meant) > 1:
            why = f"{len(meant)} people have this {_WORDS[[*names][-1]]}; add the lead_id"
            return Problem(where="", why=why)
        (lead_id,) = meant
        return lead_id


_WORDS = {"lead_id": "id", "external_id": "external id", "phone": "number"}


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _ID_DIGITS


_ID_DIGITS = 18
"""What fits into the 64 bits of an id."""
