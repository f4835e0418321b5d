"""Earlier calls to people and on numbers, as the gates look at them: read from the ledger."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Text, cast, literal, null, select, union_all

from campaigns.amd import Heard
from campaigns.call_tables import inbound_contacts
from campaigns.limits import PastCall
from campaigns.model import DispositionKind, Outcome, PastAttempt
from campaigns.tables import attempts, campaigns
from leads.db import UtcDateTime
from leads.sql import among_given
from leads.tables import lead_numbers


class History:
    """Earlier calls to some leads and on some numbers, oldest first.

    Of the calls that people made themselves only those with a word of theirs.
    """

    def __init__(self, rows: Iterable[Row[Any]]) -> None:
        self._by_lead: dict[int, set[int]] = defaultdict(set)
        self._by_number: dict[int, set[int]] = defaultdict(set)
        self._rows: dict[int, Row[Any]] = {}
        self._returned: list[Row[Any]] = []
        for row in sorted(rows, key=lambda row: int(row.id)):
            if row.returned:
                self._returned.append(row)
                continue
            self._by_lead[row.lead_id].add(row.id)
            self._by_number[row.number_id].add(row.id)
            self._rows[row.id] = row

    def rows(self, lead_id: int | None, number_ids: Iterable[int]) -> list[Row[tuple[object, ...]]]:
        """Return what the ledger says of the calls to the lead or on one of the numbers."""
        ids = set() if lead_id is None else {*self._by_lead.get(lead_id, ())}
        for number_id in number_ids:
            ids |= self._by_number.get(number_id, set())
        return [self._rows[attempt_id] for attempt_id in sorted(ids)]

    def of(
        self, lead_id: int | None, number_ids: Sequence[int], campaign_id: int
    ) -> tuple[PastAttempt, ...]:
        """Return the ended attempts of a campaign meant for the lead or made on its numbers.

        With them what the lead said when they called back. `number_ids` are the lead's
        numbers, the one that is dialled first in front.
        """
        return (
            *(
                past_attempt(row, number_ids)
                for row in self.rows(lead_id, number_ids)
                if row.campaign_id == campaign_id and row.ended_at is not None
            ),
            *(
                _said_in_return(row, number_ids)
                for row in self._returned
                if row.campaign_id == campaign_id and row.lead_id == lead_id
            ),
        )

    def by_seller(self, lead_id: int | None, number_id: int, seller: str) -> tuple[PastCall, ...]:
        """Return a seller's calls of all campaigns to the lead or on the number."""
        return tuple(
            past_call(row) for row in self.rows(lead_id, [number_id]) if row.seller == seller
        )


def _said_in_return(row: Row[Any], number_ids: Sequence[int]) -> PastAttempt:
    return PastAttempt(
        lead_id=row.lead_id,
        position=number_ids.index(row.number_id) + 1 if row.number_id in number_ids else 0,
        outcome=Outcome.CONNECTED,
        ended_at=row.ended_at or row.dialed_at,
        disposition=DispositionKind(row.disposition_kind),
        code=row.disposition,
        callback_at=row.callback_at,
        language=row.language,
        returned=True,
    )


def past_attempt(row: Row[tuple[object, ...]], number_ids: Sequence[int]) -> PastAttempt:
    """Return an ended attempt as the retries see it; `number_ids` are the lead's, in order."""
    known = row.number_id in number_ids
    return PastAttempt(
        lead_id=row.lead_id,
        position=number_ids.index(row.number_id) + 1 if known else 0,
        outcome=Outcome(row.outcome),
        ended_at=row.ended_at,
        disposition=row.disposition_kind and DispositionKind(row.disposition_kind),
        code=row.disposition,
        callback_at=row.callback_at,
        language=row.language,
    )


def past_call(row: Row[tuple[object, ...]]) -> PastCall:
    """Return an attempt as caps and cool-downs see it."""
    return PastCall(
        lead_id=row.lead_id,
        number_id=row.number_id,
        campaign=row.campaign,
        seller=row.seller,
        dialed_at=row.dialed_at,
        ended_at=row.ended_at,
        outcome=row.outcome and Outcome(row.outcome),
        disposition=row.disposition_kind and DispositionKind(row.disposition_kind),
        amd=row.amd and Heard(row.amd),
    )


def all_numbers(connection: Connection, lead_ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    """Return the numbers of each lead, the one that is dialled first in front."""
    found: dict[int, tuple[int, ...]] = dict.fromkeys(lead_ids, ())
    # Ordered here: told to, SQLite would walk the whole table in its order.
    rows = connection.execute(_NUMBERS, {"leads": lead_ids})
    for lead_id, _, number_id in sorted(map(tuple, rows)):
        found[lead_id] += (number_id,)
    return found


def past_calls(
    connection: Connection, *, lead_ids: Collection[int], number_ids: Collection[int]
) -> History:
    """Return all calls to these leads and on these numbers, in every campaign."""
    return History(connection.execute(_ALL_CALLS, {"leads": lead_ids, "numbers": number_ids}))


# Statements that are asked before every call, made once.
_NUMBERS = select(lead_numbers.c.lead_id, lead_numbers.c.position, lead_numbers.c.number_id).where(
    among_given(lead_numbers.c.lead_id, "leads")
)
_CALLS = select(
    attempts.c.id,
    attempts.c.lead_id,
    attempts.c.number_id,
    attempts.c.campaign_id,
    # Not joined: PostgreSQL would go through all calls of each campaign while they are few.
    select(campaigns.c.name)
    .where(campaigns.c.id == attempts.c.campaign_id)
    .scalar_subquery()
    .label("campaign"),
    attempts.c.seller,
    attempts.c.outcome,
    attempts.c.dialed_at,
    attempts.c.ended_at,
    attempts.c.disposition,
    attempts.c.disposition_kind,
    attempts.c.callback_at,
    attempts.c.language,
    attempts.c.wrapped_at,
    attempts.c.amd,
    literal(0).label("returned"),
)
# What they said when they called us, with the same columns.
_SAID_IN_RETURN = select(
    inbound_contacts.c.id,
    inbound_contacts.c.lead_id,
    inbound_contacts.c.number_id,
    inbound_contacts.c.campaign_id,
    cast(null(), Text),
    cast(null(), Text),
    cast(null(), Text),
    inbound_contacts.c.began_at,
    inbound_contacts.c.ended_at,
    inbound_contacts.c.disposition,
    inbound_contacts.c.disposition_kind,
    inbound_contacts.c.callback_at,
    inbound_contacts.c.language,
    cast(null(), UtcDateTime),
    cast(null(), Text),
    literal(1),
).where(
    among_given(inbound_contacts.c.lead_id, "leads"),
    inbound_contacts.c.disposition_kind.is_not(None),
)
_ALL_CALLS = union_all(
    # One half for each index: an OR over two columns would walk the whole table.
    _CALLS.where(among_given(attempts.c.lead_id, "leads")),
    _CALLS.where(
        among_given(attempts.c.number_id, "numbers"),
        ~among_given(attempts.c.lead_id, "leads"),  # those are in the first half
    ),
    _SAID_IN_RETURN,
)
