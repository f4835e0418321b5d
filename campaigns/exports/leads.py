"""The export of leads: everybody with where they stand. Erased people are left out."""

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache

from sqlalchemy import (
    ColumnElement,
    Connection,
    Exists,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    or_,
    select,
)

from campaigns.exports.cells import Column, Kind, Row, columns
from campaigns.exports.content import (
    Choice,
    Content,
    Following,
    Found,
    Query,
    by_lead,
    narrowed,
    stream,
)
from campaigns.model import CALLABLE_STATES
from campaigns.store import StoredCampaign
from campaigns.tables import AT_ONCE, campaign_leads
from leads.model import SuppressionKind, SuppressionScope, e164_of
from leads.suppression import reaches
from leads.tables import (
    imports,
    lead_numbers,
    leads,
    lists,
    numbers,
    registries,
    registry_verdicts,
    suppressions,
)

COLUMNS = columns(
    {
        Kind.WHOLE: "lead_id attempts",
        Kind.MOMENT: "last_attempt_at next_call_at",
        Kind.OWN: "phone phones",
        Kind.FLAG: "suppressed",
    },
    (
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
    ),
)


def leads_content(connection: Connection, choice: Choice) -> Content:
    """Return every lead, or those of a campaign, by id.

    Without a campaign a lead stands where it stands in the last one it was enrolled in.
    """
    query = narrowed(_query(choice.campaign), leads.c.erased_at.is_(None), choice.where)
    keys = _attribute_names(connection)
    return Content(
        columns=(*COLUMNS, *(Column(f"attr_{key}") for key in keys)),
        query=query,
        parts=by_lead(_rows(connection, query, keys), 0),
    )


def _rows(connection: Connection, query: Query, keys: Sequence[str]) -> Iterator[Sequence[Row]]:
    further = Following(
        stream(
            connection,
            select(lead_numbers.c.lead_id, lead_numbers.c.number_id)
            .where(lead_numbers.c.position > 1)
            .order_by(lead_numbers.c.lead_id, lead_numbers.c.position),
        )
    )
    for part in stream(connection, query):
        yield [_row(row, further.of(row[0]), keys) for row in part]


def _query(stored: StoredCampaign | None) -> Query:
    enrolled = (
        campaign_leads.c.campaign_id == stored.id
        if stored is not None
        else campaign_leads.c.id
        == select(func.max(campaign_leads.c.id))
        .where(campaign_leads.c.lead_id == leads.c.id)
        .correlate(leads)
        .scalar_subquery()
    )
    return (
        select(
            leads.c.id,
            leads.c.external_id,
            leads.c.name,
            numbers.c.e164,
            lists.c.name,
            campaign_leads.c.state,
            campaign_leads.c.attempts,
            campaign_leads.c.last_attempt_at,
            campaign_leads.c.last_outcome,
            campaign_leads.c.last_disposition,
            campaign_leads.c.refusal_reason,
            case((_is_promised(), campaign_leads.c.next_call_at)),
            is_suppressed(stored),
            leads.c.zone,
            cast(numbers.c.zones, Text),
            leads.c.language,
            leads.c.attributes,
        )
        .select_from(leads)
        .join(
            campaign_leads,
            and_(campaign_leads.c.lead_id == leads.c.id, enrolled),
            isouter=stored is None,
        )
        .outerjoin(
            lead_numbers, and_(lead_numbers.c.lead_id == leads.c.id, lead_numbers.c.position == 1)
        )
        .outerjoin(numbers, numbers.c.id == lead_numbers.c.number_id)
        .outerjoin(lists, lists.c.id == campaign_leads.c.list_id)
        .order_by(leads.c.id)
    )


def _row(row: Found, further: Sequence[Found], keys: Sequence[str]) -> Row:
    """Return a row of the export: the query's own columns, and what is worked out between them."""
    *_, zone, zones, language, attributes = row
    return (
        *row[:_PHONES],
        _phones(row[_PHONES - 1], further),
        *row[_PHONES:-4],
        zone or joined_zones(zones),
        language,
        *map(attributes.get, keys),
    )


_PHONES = next(at for at, column in enumerate(COLUMNS) if column.name == "phones")


def _phones(first: str | None, further: Sequence[Found]) -> str | None:
    if not further:
        return first
    return ";".join([*filter(None, [first]), *(e164_of(number) for _, number in further)])


def _is_promised() -> ColumnElement[bool]:
    """Return the condition that a lead waits; `AT_ONCE` is no moment to tell anybody."""
    return and_(
        campaign_leads.c.state.in_([state.value for state in CALLABLE_STATES]),
        campaign_leads.c.next_call_at != AT_ONCE,
    )


@lru_cache(maxsize=4096)
def joined_zones(zones: str | None) -> str | None:
    """Return the zones of a number, which the base holds as a JSON list."""
    return None if zones is None else ";".join(json.loads(zones))


def is_suppressed(stored: StoredCampaign | None) -> ColumnElement[bool]:
    """Return the condition that a wish or a registry in force forbids to call the lead.

    It is about the number that is dialled first. Of the wishes that reach no further than one
    seller or campaign only the campaign's own count, none without a campaign.
    """
    reach = suppressions.c.scope == SuppressionScope.ALL
    if stored is not None:
        reach = reaches(seller=stored.campaign.seller, campaign=stored.campaign.name)

    def wish(kind: SuppressionKind, about: ColumnElement[bool]) -> Exists:
        return exists(
            select(suppressions.c.id).where(
                suppressions.c.kind == kind,
                about,
                suppressions.c.removed_at.is_(None),
                reach,
            )
        )

    subject = suppressions.c.subject
    registered = exists(
        select(registry_verdicts.c.number_id)
        .join(registries, registries.c.id == registry_verdicts.c.registry_id)
        .where(
            registry_verdicts.c.number_id == numbers.c.id,
            registry_verdicts.c.listed == 1,
            registries.c.retired_at.is_(None),
        )
    )
    return or_(
        registered,
        wish(SuppressionKind.NUMBER, subject == numbers.c.e164),
        wish(SuppressionKind.LEAD, subject == cast(leads.c.id, Text)),
        wish(SuppressionKind.PREFIX, numbers.c.e164.startswith(subject)),
    )


def _attribute_names(connection: Connection) -> list[str]:
    """Return the names of the attributes that imports brought, the oldest import's first."""
    names: dict[str, None] = {}
    kept = select(imports.c.attributes).where(imports.c.undone_at.is_(None)).order_by(imports.c.id)
    for attributes in connection.scalars(kept):
        names.update(dict.fromkeys(attributes))
    return list(names)
