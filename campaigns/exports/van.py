"""A bulk file for VAN: the last attempt of everybody whom VAN knows.

Which words VAN uses stands in `van_words`. Nothing here talks to VAN.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    and_,
    cast,
    exists,
    func,
    select,
)

from campaigns.exports import cells
from campaigns.exports.content import Content, Following, Found, Part, Query, stream
from campaigns.exports.leads import joined_zones
from campaigns.exports.van_words import HIDDEN, End, Words, local_day, read_map
from campaigns.model import DispositionKind, Outcome
from campaigns.store import StoredCampaign
from campaigns.tables import answers, attempts
from leads.errors import UsageError
from leads.problems import usable
from leads.tables import leads, numbers

COLUMNS = cells.columns(
    {cells.Kind.OWN: "Phone"}, ("VANID", "DateCanvassed", "Phone", "ContactType", "Result")
)


@dataclass(slots=True)
class LeftOut:
    """Whom the file does not hold, counted while it is written.

    Attributes:
        without_vanid: people without an external id.
        hidden: people whose last attempt says nothing that VAN may see.
    """

    without_vanid: int = 0
    hidden: int = 0


def van_content(
    connection: Connection, stored: StoredCampaign, given: Sequence[str], left_out: LeftOut
) -> Content:
    """Return the last ended attempt of every lead of a campaign as VAN takes it.

    Args:
        connection: from `reading`.
        stored: the campaign.
        given: `code=VanResult` texts that come before the built-in words.
        left_out: is told whom the rows leave out.

    Raises:
        UsageError: a text is not usable, or an attempt ended in a way without a word for it.
    """
    words = _words(connection, stored, given)
    keys = [question.key for question in stored.campaign.questions]
    query = (
        select(
            attempts.c.id,
            attempts.c.lead_id,
            leads.c.external_id,
            attempts.c.dialed_at,
            attempts.c.phone,
            attempts.c.outcome,
            attempts.c.disposition,
            attempts.c.disposition_kind,
            leads.c.zone,
            cast(numbers.c.zones, Text),
        )
        .select_from(attempts)
        .outerjoin(leads, leads.c.id == attempts.c.lead_id)
        .outerjoin(numbers, numbers.c.id == attempts.c.number_id)
        .where(_is_last(stored))
        .order_by(attempts.c.id)
    )
    return Content(
        columns=(*COLUMNS, *map(cells.Column, keys)),
        query=query,
        parts=_parts(connection, query, stored, keys, words, left_out),
    )


def _parts(
    connection: Connection,
    query: Query,
    stored: StoredCampaign,
    keys: Sequence[str],
    words: Words,
    left_out: LeftOut,
) -> Iterator[Part]:
    given = Following(
        stream(
            connection,
            select(answers.c.attempt_id, answers.c.question, answers.c.answer, answers.c.text)
            .where(_answers(stored))
            .order_by(answers.c.attempt_id, answers.c.id),
        )
    )
    for part in stream(connection, query):
        shown: list[cells.Row] = []
        lead_ids: list[int] = []
        for row in part:
            said = given.of(row.id)
            end = _end(row)
            if not row.external_id:
                left_out.without_vanid += 1
            elif end.hidden and not said:
                left_out.hidden += 1
            else:
                shown.append(_row(row, said, keys, None if said else words.result(end)))
                lead_ids.append(row.lead_id)
        if shown:
            yield Part(shown, lead_ids)


def _row(row: Found, said: Sequence[Found], keys: Sequence[str], result: str | None) -> cells.Row:
    zones = row.zone or joined_zones(row.zones) or ""
    by_question: dict[str, list[str]] = {}
    for answer in said:
        by_question.setdefault(answer.question, []).append(answer.answer or answer.text)
    return (
        row.external_id,
        local_day(row.dialed_at, zones.split(";") if zones else []),
        row.phone,
        "Phone",
        result,
        *(";".join(by_question[key]) if key in by_question else None for key in keys),
    )


def _words(connection: Connection, stored: StoredCampaign, given: Sequence[str]) -> Words:
    """Return the words for all ends that the file is to hold.

    Raises:
        UsageError: there are not enough of them.
    """
    answered = exists(
        select(answers.c.id).where(answers.c.attempt_id == attempts.c.id, _answers(stored))
    )
    ends = {
        _end(row)
        for row in connection.execute(
            select(attempts.c.outcome, attempts.c.disposition, attempts.c.disposition_kind)
            .distinct()
            .join(leads, leads.c.id == attempts.c.lead_id)
            .where(_is_last(stored), leads.c.external_id != "", ~answered)
        )
    }
    known = {
        *(outcome.value for outcome in Outcome if outcome not in HIDDEN),
        *(disposition.code for disposition in stored.campaign.dispositions),
        *(end.code for end in ends if not end.hidden),
    }
    words = usable("the results for VAN are not usable", read_map(given, known))
    if unknown := sorted({e.code for e in ends if not e.hidden and words.result(e) is None}):
        options = " ".join(f'--map {code}="..."' for code in unknown)
        raise UsageError(
            f"VAN has no word of its own for: {', '.join(unknown)}; say what they are there with "
            f"{options}"
        )
    return words


def _is_last(stored: StoredCampaign) -> ColumnElement[bool]:
    return attempts.c.id.in_(
        select(func.max(attempts.c.id))
        .where(attempts.c.campaign_id == stored.id, attempts.c.ended_at.is_not(None))
        .group_by(attempts.c.lead_id)
        .correlate(None)
    )


def _answers(stored: StoredCampaign) -> ColumnElement[bool]:
    """Return the condition that an answer is one to a question, and no key pressed."""
    keys = [question.key for question in stored.campaign.questions]
    return and_(answers.c.campaign_id == stored.id, answers.c.question.in_(keys))


def _end(row: Found) -> End:
    return End(
        outcome=Outcome(row.outcome),
        disposition=row.disposition,
        kind=row.disposition_kind and DispositionKind(row.disposition_kind),
    )
