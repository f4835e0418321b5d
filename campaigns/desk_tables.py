"""The tables of the desk: agents' time and training, what talks left behind, supervision."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from leads.db import Id, Json, UtcDateTime, metadata

agent_states = Table(
    "agent_states",
    metadata,
    Column("id", Id, primary_key=True),
    Column("agent_id", Id, ForeignKey("agents.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("pause", Text),
    Column("since", UtcDateTime, nullable=False),  # until the next row of the agent
    # A turn of the engine may be written twice, where the first answer was lost.
    UniqueConstraint("agent_id", "since", "state"),
)

skips = Table(
    "skips",
    metadata,
    Column("id", Id, primary_key=True),
    Column("agent_id", Id, ForeignKey("agents.id"), nullable=False),
    Column("campaign_id", Id, ForeignKey("campaigns.id"), nullable=False),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("note", Text),
    Column("skipped_at", UtcDateTime, nullable=False),
)
Index("ix_skips_agent", skips.c.agent_id, skips.c.skipped_at)

trainings = Table(
    "trainings",
    metadata,
    Column("agent_id", Id, ForeignKey("agents.id"), primary_key=True),
    Column("campaign_id", Id, ForeignKey("campaigns.id"), primary_key=True),
    Column("practised", Integer, nullable=False, server_default="0"),  # talks with demo people
    Column("supervised", Integer, nullable=False, server_default="0"),  # calls in company
    Column("supervisor_id", Id, ForeignKey("agents.id")),  # who accompanies them now
    Column("accompanied_until", UtcDateTime),
    Column("released_at", UtcDateTime),  # from then on they call alone, whatever is counted
    Column("released_by", Text),
)

practice_talks = Table(
    "practice_talks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("lease", Text, nullable=False, unique=True),
    Column("agent_id", Id, ForeignKey("agents.id"), nullable=False),
    Column("campaign_id", Id, ForeignKey("campaigns.id"), nullable=False),
    Column("person", Text, nullable=False),  # which of the demo people
    Column("began_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("result", Json),
)
Index(
    "uq_practice_talks_open",
    practice_talks.c.agent_id,
    unique=True,
    sqlite_where=practice_talks.c.ended_at.is_(None),
    postgresql_where=practice_talks.c.ended_at.is_(None),
)

supervisions = Table(
    "supervisions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("attempt_id", Id, ForeignKey("attempts.id"), index=True),
    Column("agent_id", Id, ForeignKey("agents.id"), nullable=False),
    Column("supervisor_id", Id, ForeignKey("agents.id")),  # null: nobody has come yet
    Column("channel_id", Text),  # the supervisor's own line
    Column("detail", Text),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("began_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    CheckConstraint(
        "kind IN ('help', 'listen', 'whisper', 'join', 'take', 'transfer')", name="kind_known"
    ),
)

script_versions = Table(
    "script_versions",
    metadata,
    Column("version", Text, primary_key=True),
    Column("texts", Json, nullable=False),  # word for word (`campaigns.scripts.texts`)
    Column("kept_at", UtcDateTime, nullable=False),
)

drafts = Table(
    "drafts",
    metadata,
    Column("lease", Text, primary_key=True),
    Column("agent_id", Id, ForeignKey("agents.id")),
    Column("campaign_id", Id, ForeignKey("campaigns.id"), nullable=False),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False, index=True),
    Column("words", Json, nullable=False),  # what was typed, as it was typed
    Column("held", Json),  # of a lease that ran out without a call: number, rules and times
    Column("kept_at", UtcDateTime, nullable=False),
)

result_changes = Table(
    "result_changes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("attempt_id", Id, ForeignKey("attempts.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("before", Json, nullable=False),  # the result that stood until then
    Column("changed_at", UtcDateTime, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("why", Text),
    CheckConstraint("kind IN ('undo', 'correction')", name="kind_known"),
)

result_traces = Table(
    "result_traces",
    metadata,
    Column("attempt_id", Id, ForeignKey("attempts.id"), primary_key=True),
    Column("changes", Json, nullable=False),  # what the result changed (`campaigns.traces`)
)

orders = Table(
    "orders",
    metadata,
    Column("id", Id, primary_key=True),
    Column("attempt_id", Id, ForeignKey("attempts.id"), nullable=False, unique=True),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False, index=True),
    Column("campaign_id", Id, ForeignKey("campaigns.id"), nullable=False, index=True),
    Column("agent_id", Id, ForeignKey("agents.id")),
    Column("state", Text, nullable=False),
    Column("fields", Json, nullable=False),  # key -> value as text; money and numbers exact
    Column("created_at", UtcDateTime, nullable=False),
    Column("verified_at", UtcDateTime),
    Column("verified_by", Text),
    Column("cancelled_at", UtcDateTime),
    Column("cancelled_by", Text),
    Column("cancel_reason", Text),
    CheckConstraint("state IN ('submitted', 'verified', 'cancelled')", name="state_known"),
    # Nobody else's order ever has the number of one that was withdrawn: people verify by it.
    sqlite_autoincrement=True,
)

recordings = Table(
    "recordings",
    metadata,
    Column("id", Id, primary_key=True),
    Column("attempt_id", Id, ForeignKey("attempts.id"), nullable=False, unique=True),
    Column("file", Text, nullable=False),  # below Asterisk's folder of recordings
    Column("began_at", UtcDateTime, nullable=False),
    Column("pauses", Json, nullable=False),  # pairs of moments, the last one open or not
    Column("bytes", BigInteger),  # what was on the disk at the end of the call
    Column("delete_on", Date),
    Column("deleted_at", UtcDateTime),
)

tasks = Table(
    "tasks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), index=True),
    Column("attempt_id", Id, ForeignKey("attempts.id")),
    Column("campaign_id", Id, ForeignKey("campaigns.id")),
    Column("class", Text, nullable=False),  # complaint, technician, ...: the operator's own
    Column("priority", Integer, nullable=False),  # 1 is the most urgent, 5 the least
    Column("text", Text, nullable=False),
    Column("due_at", UtcDateTime),
    Column("owner_id", Id, ForeignKey("agents.id")),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("done_at", UtcDateTime),
    Column("done_by", Text),
    Column("outcome", Text),
    CheckConstraint("priority BETWEEN 1 AND 5", name="priority_known"),
)
