"""The export of attempts: how every call ended."""

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Connection, select

from campaigns.desk_tables import recordings
from campaigns.exports.cells import Kind, Row, columns
from campaigns.exports.content import Choice, Content, Found, by_lead, narrowed, stream
from campaigns.reconciling import JUDGED, Judge
from campaigns.recordings import is_kept
from campaigns.tables import agents, attempts, campaigns
from leads.tables import leads, lists

COLUMNS = columns(
    {
        Kind.WHOLE: "attempt_id lead_id hangup_cause sip_code attempt_no superseded_by",
        Kind.NUMBER: "ring_s talk_s wrap_s answer_chance",
        Kind.MOMENT: "dialed_at answered_at ended_at callback_at",
        Kind.OWN: "phone caller_id",
    },
    (
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
        "recording",
        "truth",
        "answer_chance",
    ),
)

_JOINED = {
    "attempt_id": attempts.c.id,
    "campaign": campaigns.c.name,
    "list": lists.c.name,
    "external_id": leads.c.external_id,
    "agent": agents.c.name,
    "recording": recordings.c.file,
}


def attempts_content(connection: Connection, choice: Choice) -> Content:
    """Return every attempt, open ones too, in the order in which they were begun.

    `truth` tells what an agent's word is worth beside the record of the call
    (`campaigns.truth`); it is empty where no agent has said anything. `answer_chance` is how likely
    an answer was held to be before the call (`campaigns.chances`); empty: nobody knew.
    """
    query = narrowed(
        # Outer joins keep SQLite to the order of the ids: it walks `attempts` first.
        select(
            *(
                (_JOINED[name] if name in _JOINED else attempts.c[name]).label(name)
                for name, _ in COLUMNS
                if name != "truth"
            ),
            *JUDGED,
        )
        .select_from(attempts)
        .outerjoin(campaigns, campaigns.c.id == attempts.c.campaign_id)
        .outerjoin(lists, lists.c.id == attempts.c.list_id)
        .outerjoin(leads, leads.c.id == attempts.c.lead_id)
        .outerjoin(agents, agents.c.id == attempts.c.agent_id)
        .outerjoin(recordings, (recordings.c.attempt_id == attempts.c.id) & is_kept)
        .order_by(attempts.c.id),
        None if choice.campaign is None else attempts.c.campaign_id == choice.campaign.id,
        choice.where,
    )
    judged = _judged(Judge(connection), stream(connection, query))
    return Content(columns=COLUMNS, query=query, parts=by_lead(judged, 3))


def _judged(judge: Judge, parts: Iterable[Sequence[Found]]) -> Iterator[Sequence[Row]]:
    last = len(COLUMNS) - 2
    for rows in parts:
        yield [(*row[:last], _mark(judge, row), row[last]) for row in rows]


def _mark(judge: Judge, row: Found) -> str | None:
    verdict = judge.verdict(row)
    return None if verdict is None else verdict.mark.word
