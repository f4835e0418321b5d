"""The exports of what people said: answers, refusals, and wishes not to be called."""

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    or_,
    select,
)

from campaigns.exports.cells import Kind, columns
from campaigns.exports.content import Choice, Content, Part, by_lead, narrowed, stream
from campaigns.model import DispositionKind
from campaigns.tables import agents, answers, attempts, campaigns
from leads.model import SuppressionKind, SuppressionScope
from leads.tables import lead_numbers, leads, numbers, suppressions

ANSWERS = columns(
    {Kind.WHOLE: "attempt_id lead_id", Kind.MOMENT: "answered_at"},
    (
        "attempt_id",
        "lead_id",
        "campaign",
        "question",
        "answer",
        "text",
        "script_version",
        "answered_at",
    ),
)

REFUSALS = columns(
    {Kind.WHOLE: "attempt_id lead_id", Kind.MOMENT: "refused_at reoffer_at"},
    (
        "attempt_id",
        "lead_id",
        "campaign",
        "agent",
        "reason",
        "detail",
        "refused_at",
        "reoffer_campaign",
        "reoffer_at",
    ),
)

SUPPRESSION = columns(
    {Kind.OWN: "number", Kind.MOMENT: "created_at removed_at"},
    (
        "subject_kind",
        "number",
        "scope",
        "name",
        "reason",
        "source",
        "created_at",
        "removed_at",
        "removed_reason",
    ),
)


def answers_content(connection: Connection, choice: Choice) -> Content:
    """Return every answer, one row each, in the order in which they were given."""
    query = narrowed(
        select(
            answers.c.attempt_id,
            answers.c.lead_id,
            campaigns.c.name,
            answers.c.question,
            answers.c.answer,
            answers.c.text,
            answers.c.script_version,
            answers.c.answered_at,
        )
        .select_from(answers)
        .outerjoin(campaigns, campaigns.c.id == answers.c.campaign_id)
        .outerjoin(leads, leads.c.id == answers.c.lead_id)
        .order_by(answers.c.id),
        None if choice.campaign is None else answers.c.campaign_id == choice.campaign.id,
        choice.where,
    )
    return Content(columns=ANSWERS, query=query, parts=by_lead(stream(connection, query), 1))


def refusals_content(connection: Connection, choice: Choice) -> Content:
    """Return every refusal with its reason, by attempt."""
    query = narrowed(
        select(
            attempts.c.id,
            attempts.c.lead_id,
            campaigns.c.name,
            agents.c.name,
            attempts.c.refusal_reason,
            # Where the reason asks for nothing, whatever else was written down.
            func.coalesce(attempts.c.refusal_detail, attempts.c.note),
            func.coalesce(attempts.c.wrapped_at, attempts.c.ended_at),
            attempts.c.reoffer_campaign,
            attempts.c.reoffer_at,
        )
        .select_from(attempts)
        .outerjoin(campaigns, campaigns.c.id == attempts.c.campaign_id)
        .outerjoin(leads, leads.c.id == attempts.c.lead_id)
        .outerjoin(agents, agents.c.id == attempts.c.agent_id)
        .where(attempts.c.disposition_kind == DispositionKind.REFUSAL)
        .order_by(attempts.c.id),
        None if choice.campaign is None else attempts.c.campaign_id == choice.campaign.id,
        choice.where,
    )
    return Content(columns=REFUSALS, query=query, parts=by_lead(stream(connection, query), 1))


def suppression_content(connection: Connection, choice: Choice) -> Content:
    """Return every wish not to be called, those taken back included, oldest first.

    With a campaign those that it has to obey; with a condition those that are about a
    matching lead. The listings of registries are not wishes and are not here.
    """
    query = narrowed(
        select(
            suppressions.c.kind,
            suppressions.c.subject,
            suppressions.c.scope,
            func.nullif(suppressions.c.scope_name, ""),
            suppressions.c.reason,
            suppressions.c.source,
            suppressions.c.created_at,
            suppressions.c.removed_at,
            suppressions.c.removed_reason,
        )
        .select_from(suppressions)
        .order_by(suppressions.c.id),
        _obeyed_by(choice),
        None if choice.where is None else _about(choice.where),
    )
    parts = (
        Part(rows, [int(row[1]) for row in rows if row[0] == SuppressionKind.LEAD])
        for rows in stream(connection, query)
    )
    return Content(columns=SUPPRESSION, query=query, parts=parts)


def _obeyed_by(choice: Choice) -> ColumnElement[bool] | None:
    if choice.campaign is None:
        return None
    own = choice.campaign.campaign
    scope, name = suppressions.c.scope, suppressions.c.scope_name
    return or_(
        scope == SuppressionScope.ALL,
        and_(scope == SuppressionScope.SELLER, name == own.seller),
        and_(scope == SuppressionScope.CAMPAIGN, name == own.name),
    )


def _about(where: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that an entry is about a lead for which another condition holds."""
    kind, subject = suppressions.c.kind, suppressions.c.subject
    # A CASE is what keeps PostgreSQL from making a number of every subject, hashes too.
    digits = case(
        (kind == SuppressionKind.NUMBER, cast(func.substr(subject, 2), BigInteger)),
    )
    holders = (
        select(leads.c.id)
        .join(lead_numbers, lead_numbers.c.lead_id == leads.c.id)
        .where(where)
        .correlate(suppressions)
    )
    return or_(
        exists(holders.where(lead_numbers.c.number_id == digits)),
        and_(
            kind == SuppressionKind.PREFIX,
            exists(
                holders.join(numbers, numbers.c.id == lead_numbers.c.number_id).where(
                    numbers.c.e164.startswith(subject)
                )
            ),
        ),
        and_(
            kind == SuppressionKind.LEAD,
            exists(
                select(leads.c.id)
                .where(where, cast(leads.c.id, Text) == subject)
                .correlate(suppressions)
            ),
        ),
    )
