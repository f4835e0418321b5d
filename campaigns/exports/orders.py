"""The export of orders: every one with where it stands, and what was filled in."""

import re
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection, select

from campaigns.desk_tables import orders
from campaigns.exports.cells import Column, Kind, Row, columns
from campaigns.exports.content import Choice, Content, Query, by_lead, narrowed, stream
from campaigns.orders.form import written
from campaigns.store import StoredCampaign, load_all
from campaigns.tables import agents, campaigns
from leads.tables import leads

COLUMNS = columns(
    {Kind.WHOLE: "order_id attempt_id lead_id", Kind.MOMENT: "created_at verified_at"},
    (
        "order_id",
        "attempt_id",
        "lead_id",
        "campaign",
        "agent",
        "state",
        "created_at",
        "verified_at",
    ),
)

_LEAD = next(at for at, column in enumerate(COLUMNS) if column.name == "lead_id")

_NO_FORMULA = re.compile(r"[+-]?[0-9.]*")
"""What no spreadsheet runs, whatever it begins with: telephone numbers, amounts."""


def orders_content(connection: Connection, choice: Choice) -> Content:
    """Return every order, one row each, in the order in which they were taken.

    Each field that a form has, or had when an order was taken, is a column.
    """
    query = narrowed(
        select(
            orders.c.id,
            orders.c.attempt_id,
            orders.c.lead_id,
            campaigns.c.name,
            agents.c.name,
            orders.c.state,
            orders.c.created_at,
            orders.c.verified_at,
            orders.c.fields,
        )
        .select_from(orders)
        .outerjoin(campaigns, campaigns.c.id == orders.c.campaign_id)
        .outerjoin(leads, leads.c.id == orders.c.lead_id)
        .outerjoin(agents, agents.c.id == orders.c.agent_id)
        .order_by(orders.c.id),
        None if choice.campaign is None else orders.c.campaign_id == choice.campaign.id,
        choice.where,
    )
    kinds = _keys(connection, choice.campaign, query)
    return Content(
        columns=(*COLUMNS, *(Column(f"field_{key}", kind) for key, kind in kinds.items())),
        query=query,
        parts=by_lead(_rows(connection, query, tuple(kinds)), _LEAD),
    )


def _keys(
    connection: Connection, campaign: StoredCampaign | None, query: Query
) -> Mapping[str, Kind]:
    """Return the keys of all fields: as forms have them, then those that orders have besides."""
    stored = load_all(connection) if campaign is None else (campaign,)
    forms = [one.campaign.order for one in stored if one.campaign.order is not None]
    kinds = {field.key: Kind.OWN for form in forms for field in form.fields}
    for part in stream(connection, query.with_only_columns(orders.c.fields)):
        for (fields,) in part:
            for key, kept in fields.items():
                plain = _NO_FORMULA.fullmatch(written(kept)) is not None
                if kinds.setdefault(key, Kind.OWN) is Kind.OWN and not plain:
                    kinds[key] = Kind.TEXT
    return kinds


def _rows(connection: Connection, query: Query, keys: Sequence[str]) -> Iterator[Sequence[Row]]:
    for part in stream(connection, query):
        yield [(*row[:-1], *_cells(row[-1], keys)) for row in part]


def _cells(fields: Mapping[str, str], keys: Sequence[str]) -> Iterator[str | None]:
    for key in keys:
        kept = fields.get(key)
        yield None if kept is None else written(kept)
