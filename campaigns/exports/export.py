"""Write an export: the rows of one snapshot into a file or to stdout, and tell of it.

Whoever exports sees many people's data: the leads are handed to a recorder after the last
row and before the file has its name, so that no file lies about that nobody knows of.
"""

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, Engine, func, literal, select

from campaigns.exports.attempts import attempts_content
from campaigns.exports.content import Choice, Content
from campaigns.exports.leads import leads_content
from campaigns.exports.orders import orders_content
from campaigns.exports.said import answers_content, refusals_content, suppression_content
from campaigns.exports.sheets import (
    FORMATS,
    MOST_XLSX_ROWS,
    STDOUT,
    ExportError,
    Sheet,
    destination,
    format_of,
)
from campaigns.exports.van import LeftOut, van_content
from campaigns.segment import asked_about, condition
from campaigns.store import load
from leads.db import reading, writing

if TYPE_CHECKING:
    pass

__all__ = ["WHAT", "ExportError", "Exported", "Recorder", "export", "export_van", "write_out"]

CONTENTS: Mapping[str, Callable[[Connection, Choice], Content]] = MappingProxyType(
    {
        "attempts": attempts_content,
        "leads": leads_content,
        "answers": answers_content,
        "orders": orders_content,
        "refusals": refusals_content,
        "suppression": suppression_content,
    }
)

WHAT = tuple(CONTENTS)
"""What can be exported, beside VAN's file."""

Recorder = Callable[[Connection, "array[int]", Mapping[str, object]], None]
"""Writes down whose data were seen: a writing connection, the leads, and what was exported."""


class Exported(NamedTuple):
    """What was written: how many rows, and the SHA-256 of the bytes."""

    rows: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One export.

    Attributes:
        what: its name.
        output: a file, or "-" for stdout.
        form: how it is written, see `format_of`.
        campaign: the name of the only one, or None.
        where: the condition as it was typed, or None.
        recorded: is told whose data were seen, or None where nobody wants to know.
    """

    what: str
    output: str
    form: str
    campaign: str | None = None
    where: str | None = None
    recorded: Recorder | None = None


def export(
    base: Engine,
    what: str,
    *,
    output: str,
    now: datetime,
    campaign: str | None = None,
    where: str | None = None,
    recorded: Recorder | None = None,
) -> Exported:
    """Write all rows of one kind, or those of one campaign or of certain leads.

    Args:
        base: to read from, in one snapshot.
        what: one of `WHAT`.
        output: a file whose ending says how it is written, or "-" for CSV on stdout. A file
            appears when it is whole.
        now: aware UTC; what "today" means in a condition.
        campaign: its name, or None for all.
        where: a condition on leads as `--where` takes it, or None for all.
        recorded: is told whose data were seen.

    Raises:
        UsageError: the file's ending, the campaign or the condition is not usable.
        ExportError: the file cannot be written.
    """
    job = Job(
        what=what,
        output=output,
        form=format_of(output),
        campaign=campaign,
        where=where,
        recorded=recorded,
    )

    def content(connection: Connection) -> Content:
        stored = load(connection, campaign) if campaign is not None else None
        meant = None
        if where is not None:
            campaign_id = stored.id if stored is not None else None
            meant = condition(connection, where, now=now, campaign_id=campaign_id)
        return CONTENTS[what](connection, Choice(campaign=stored, where=meant))

    return write_out(base, job, content)


def export_van(
    base: Engine,
    *,
    output: str,
    campaign: str,
    mapped: Sequence[str] = (),
    recorded: Recorder | None = None,
) -> tuple[Exported, LeftOut]:
    """Write a campaign's results as VAN takes them; return also whom the file leaves out.

    Args:
        base: to read from, in one snapshot.
        output: a file that ends in .csv, or "-" for stdout.
        campaign: its name.
        mapped: `code=VanResult` texts, see `van_words`.
        recorded: is told whose data were seen.

    Raises:
        UsageError: the ending, the campaign or a text is not usable, or an attempt ended in a
            way for which there is no word.
        ExportError: the file cannot be written.
    """
    left_out = LeftOut()
    job = Job(
        what="van",
        output=output,
        form=format_of(output, FORMATS[:1]),
        campaign=campaign,
        recorded=recorded,
    )
    exported = write_out(
        base,
        job,
        lambda connection: van_content(connection, load(connection, campaign), mapped, left_out),
    )
    return exported, left_out


def write_out(base: Engine, job: Job, content: Callable[[Connection], Content]) -> Exported:
    """Write what a content gives, tell of it, and give the file its name.

    Raises:
        UsageError: the content cannot be had as asked.
        ExportError: the file cannot be written.
    """
    seen: array[int] = array("q")
    with destination(job.output, job.form) as place:
        try:
            with reading(base) as connection:
                found = content(connection)
                if job.form == ".xlsx":
                    _check_fits(connection, found)
                with place.sheet(found.columns) as sheet:
                    exported = _write(sheet, found, seen)
        except BaseException:
            # What stdout has taken was seen, even where it broke off before the end.
            if job.output == STDOUT and seen:
                _record(base, job, seen, Exported(rows=len(seen), sha256=""))
            raise
        _record(base, job, seen, exported)
    return exported


def _write(sheet: Sheet, content: Content, seen: "array[int]") -> Exported:
    rows = 0
    for part in content.parts:
        seen.extend(part.lead_ids)
        sheet.write(part.rows)
        rows += len(part.rows)
    return Exported(rows, sheet.finish())


def _check_fits(connection: Connection, content: Content) -> None:
    """Refuse what a spreadsheet cannot hold, before a row is written.

    Raises:
        ExportError: there are more rows than a sheet has.
    """
    bare = content.query.with_only_columns(literal(1))
    some = bare.order_by(None).limit(MOST_XLSX_ROWS + 1).subquery()
    rows = connection.scalar(select(func.count()).select_from(some)) or 0
    if rows > MOST_XLSX_ROWS:
        raise ExportError(
            f"a spreadsheet holds at most {MOST_XLSX_ROWS:,} rows, and there are more; write it "
            "as .csv or .parquet, or fewer of them with --campaign or --where"
        )


def _record(base: Engine, job: Job, seen: "array[int]", exported: Exported) -> None:
    if job.recorded is None:
        return
    import numpy as np

    people = array("q")
    people.frombytes(np.unique(np.frombuffer(seen, dtype=np.int64)).data.cast("B"))
    detail = {
        "what": job.what,
        "filter": None if job.where is None else [*asked_about(job.where)],
        "campaign": job.campaign,
        "rows": exported.rows,
        "sha256": exported.sha256,
    }
    with writing(base) as connection:
        job.recorded(connection, people, detail)
