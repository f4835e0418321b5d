"""The tables of campaigns: enrolled leads, claims, attempts, agents, and what was said.

What must never happen is forbidden here, not in habits: a lead or a number in two
claims or two open attempts, an agent with two people, an end without an outcome.
"""

from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    and_,
    literal,
)

from campaigns.model import (
    CALLABLE_STATES,
    AgentState,
    CampaignState,
    LeadState,
    Outcome,
    Turn,
)
from leads.db import Id, Json, UtcDateTime, metadata

AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
"""`next_call_at` of a lead that waits for nothing: earlier than any clock's now."""


def one_of(column: str, words: type[StrEnum]) -> str:
    """Return the SQL condition that a column holds one of the words, or nothing."""
    return f"{column} IN ({', '.join(repr(word.value) for word in words)})"


campaigns = Table(
    "campaigns",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("definition", Text, nullable=False),  # the campaign file, word for word
    Column("script", Text),  # the version of its script (`script_versions`)
    Column("file", Text),  # where the definition came from
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("rule_set", Text),  # the rules by which its queues were opened (`campaigns.queues`)
    Column("tripped", Json),  # why its calls paused it, and which of them; null: they did not
    CheckConstraint(one_of("state", CampaignState), name="state_known"),
)

queues = Table(
    "queues",
    metadata,
    Column("id", Id, primary_key=True),
    Column("campaign_id", Id, ForeignKey("campaigns.id"), nullable=False),
    Column("priority", Integer, nullable=False),  # the higher goes first
    Column("placing", Text, nullable=False),  # where its people may be, as JSON
    Column("language", Text, nullable=False, server_default=""),  # theirs; empty: not known
    # When a call to its people may begin: this span is open, or the next one to open. Both
    # null where the law of their places is not known or nothing opens within the look-ahead.
    Column("opens_at", UtcDateTime),
    Column("closes_at", UtcDateTime),
    Column("held_by", Text),  # the gate that keeps all of its people out, or null
    Column("looked_at", UtcDateTime),  # when that was found out; null: it has to be
    UniqueConstraint("campaign_id", "priority", "placing", "language"),
)
Index("ix_queues_closes_at", queues.c.campaign_id, queues.c.closes_at)

campaign_lists = Table(
    "campaign_lists",
    metadata,
    Column("campaign_id", Id, ForeignKey("campaigns.id"), primary_key=True),
    Column("list_id", Id, ForeignKey("lists.id"), primary_key=True),
    Column("enrolled_to", Id, nullable=False, server_default="0"),  # imports that were looked at
    # Of the import after it: its members up to this lead. A great many are enrolled by and by.
    Column("enrolled_lead", Id, nullable=False, server_default="0"),
)

campaign_leads = Table(
    "campaign_leads",
    metadata,
    Column("id", Id, primary_key=True),
    Column("campaign_id", Id, ForeignKey("campaigns.id"), nullable=False),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False, index=True),
    Column("list_id", Id, ForeignKey("lists.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("next_call_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("last_attempt_at", UtcDateTime),
    Column("last_outcome", Text),
    Column("last_disposition", Text),
    Column("refusal_reason", Text),
    Column("held_by", Text),  # the gate or rule that set next_call_at or ended the work
    Column("turn", Integer, nullable=False, server_default=str(Turn.FRESH.value)),
    Column("queue_id", Id, ForeignKey("queues.id")),  # null: it has to be found yet
    Column("rank", BigInteger, nullable=False, server_default="0"),  # the manager's order
    Column("position", Integer, nullable=False, server_default="1"),  # which number is next
    Column("owner_id", Id, ForeignKey("agents.id")),  # the agent who promised to call
    Column("owner_until", UtcDateTime),  # from then on any agent may
    Column("came_from", Id, ForeignKey("attempts.id")),  # the call after which they came here
    UniqueConstraint("campaign_id", "lead_id"),
    CheckConstraint(one_of("state", LeadState), name="state_known"),
    CheckConstraint("turn BETWEEN 1 AND 4", name="turn_known"),
)
is_callable = campaign_leads.c.state.in_(
    [literal(state.value, literal_execute=True) for state in CALLABLE_STATES]
)
"""Written out in every statement: SQLite uses a partial index only where it sees the words."""
Index(
    "ix_campaign_leads_turn",
    campaign_leads.c.queue_id,
    campaign_leads.c.turn,
    campaign_leads.c.next_call_at,
    campaign_leads.c.rank,
    campaign_leads.c.id,
    sqlite_where=is_callable,
    postgresql_where=is_callable,
)
is_fresh = campaign_leads.c.turn == literal(Turn.FRESH.value, literal_execute=True)
Index(
    "ix_campaign_leads_due",
    campaign_leads.c.campaign_id,
    campaign_leads.c.turn,
    campaign_leads.c.next_call_at,
    sqlite_where=and_(is_callable, ~is_fresh),
    postgresql_where=and_(is_callable, ~is_fresh),
)
Index(
    "ix_campaign_leads_unplaced",
    campaign_leads.c.campaign_id,
    campaign_leads.c.id,
    sqlite_where=and_(is_callable, campaign_leads.c.queue_id.is_(None)),
    postgresql_where=and_(is_callable, campaign_leads.c.queue_id.is_(None)),
)
is_counted = campaign_leads.c.state != literal("", literal_execute=True)
"""True of everybody: who counts all of a campaign says so, and goes through an index of its own.

Who looks at some must not: without statistics SQLite would take that index for the best of all,
and walk through everybody who is out of the work.
"""
Index(
    "ix_campaign_leads_states",
    campaign_leads.c.campaign_id,
    campaign_leads.c.state,
    campaign_leads.c.held_by,
    sqlite_where=is_counted,
    postgresql_where=is_counted,
)
Index(
    "ix_campaign_leads_owner",
    campaign_leads.c.owner_id,
    campaign_leads.c.next_call_at,
    sqlite_where=campaign_leads.c.owner_id.is_not(None),
    postgresql_where=campaign_leads.c.owner_id.is_not(None),
)

agents = Table(
    "agents",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("phone", Text),  # E.164, or a channel as Asterisk dials it; null: none is rung
    Column("roles", Json, nullable=False, server_default="[]"),
    Column("skills", Json, nullable=False, server_default="[]"),
    Column("languages", Json, nullable=False, server_default="[]"),  # empty: not told
    Column("token_hash", Text, unique=True),  # SHA-256 of what proves who they are
    Column("active", Integer, nullable=False, server_default="1"),
    Column("state", Text, nullable=False, server_default="out"),
    Column("since", UtcDateTime, nullable=False),
    Column("pause", Text),  # the code of the pause they are on, or go on after the talk
    Column("next_state", Text),  # what follows the talk in hand
    Column("engine", Text),  # the engine that keeps this agent's line
    Column("channel_id", Text),
    CheckConstraint(one_of("state", AgentState), name="state_known"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("channel_id", Text, nullable=False, unique=True),  # Asterisk's id of the call
    Column("lease", Text, unique=True),  # the name under which an agent knows the call
    Column("campaign_id", Id, ForeignKey("campaigns.id"), nullable=False),
    Column("list_id", Id, ForeignKey("lists.id"), nullable=False),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False),
    # Both null once the person has been erased.
    Column("number_id", Id, ForeignKey("numbers.id")),
    Column("phone", Text),
    Column("agent_id", Id, ForeignKey("agents.id")),
    Column("engine", Text),
    Column("asterisk_boot", Text),  # which run of Asterisk the call was given to
    Column("clock", Text, nullable=False),  # real, or lab: the moments are made up
    Column("mode", Text, nullable=False),
    Column("trunk", Text, nullable=False),
    Column("caller_id", Text, nullable=False),
    Column("attempt_no", Integer, nullable=False),
    Column("seller", Text, nullable=False),  # caps and cool-downs are a seller's
    Column("rule_set", Text, nullable=False),
    Column("decision", Json, nullable=False),  # why the call was allowed (`campaigns.gates`)
    Column("dialed_at", UtcDateTime, nullable=False),
    Column("answered_at", UtcDateTime),
    Column("connected_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("wrapped_at", UtcDateTime),
    Column("ring_s", Float),
    Column("talk_s", Float),
    Column("wrap_s", Float),
    Column("hangup_cause", Integer),
    Column("sip_code", Integer),
    Column("rtp_packets", Integer),  # of sound that came from the person, where they are counted
    Column("amd", Text),  # what answered, by machine detection: person, machine or unsure
    Column("answer_chance", Float),  # how likely an answer was held to be when it was dialled
    Column("outcome", Text),
    Column("evidence", Text),
    Column("key_pressed", Text),
    Column("disposition", Text),
    Column("disposition_kind", Text),
    Column("refusal_reason", Text),
    Column("refusal_detail", Text),  # what the reason asks for: a date, a provider
    Column("reoffer_campaign", Text),  # where the person was moved to because of it
    Column("reoffer_at", UtcDateTime),
    Column("callback_at", UtcDateTime),
    Column("language", Text),  # what the person speaks, where they and the agent share none
    Column("note", Text),
    Column("script_version", Text),  # what the agent was shown (`script_versions`)
    Column("accompanied_by", Id, ForeignKey("agents.id")),  # the supervisor of a newcomer
    Column("superseded_by", Id, ForeignKey("attempts.id")),
    CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="end_has_outcome"),
    CheckConstraint(f"outcome IS NULL OR {one_of('outcome', Outcome)}", name="outcome_known"),
    CheckConstraint("clock IN ('real', 'lab')", name="clock_known"),
)
Index("ix_attempts_campaign_lead", attempts.c.campaign_id, attempts.c.lead_id)
Index("ix_attempts_lead_id", attempts.c.lead_id)
Index("ix_attempts_number_id", attempts.c.number_id)
Index("ix_attempts_campaign_number", attempts.c.campaign_id, attempts.c.number_id)
# What an engine asks as it starts, and reports ask: none of it reads the attempts themselves.
Index("ix_attempts_dialed_at", attempts.c.campaign_id, attempts.c.dialed_at)
Index("ix_attempts_outcome", attempts.c.campaign_id, attempts.c.outcome, attempts.c.id)
_heard = attempts.c.amd.is_not(None)
Index("ix_attempts_amd", attempts.c.campaign_id, sqlite_where=_heard, postgresql_where=_heard)
_open = attempts.c.ended_at.is_(None)
Index("ix_attempts_open", attempts.c.engine, sqlite_where=_open, postgresql_where=_open)
for _column in (attempts.c.lead_id, attempts.c.number_id):
    Index(
        f"uq_attempts_open_{_column.name}",
        _column,
        unique=True,
        sqlite_where=_open,
        postgresql_where=_open,
    )

claims = Table(
    "claims",
    metadata,
    Column("id", Id, primary_key=True),
    Column("lease", Text, nullable=False, unique=True),  # what an agent's commands name
    Column("campaign_id", Id, ForeignKey("campaigns.id"), nullable=False),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False, unique=True),
    Column("number_id", Id, ForeignKey("numbers.id"), nullable=False, unique=True),
    Column("agent_id", Id, ForeignKey("agents.id"), unique=True),
    # Written before the attempt itself, which has to be there at the end of the transaction.
    Column(
        "attempt_id",
        Id,
        ForeignKey("attempts.id", deferrable=True, initially="DEFERRED"),
        unique=True,
    ),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),  # null while the engine holds the call
    Column("rule_set", Text, nullable=False),
    Column("decision", Json, nullable=False),
    Column("script_version", Text),  # what the agent was shown, until there is an attempt
)

rule_books = Table(
    "rule_books",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("document", Json, nullable=False),  # every rule file, word for word
    Column("kept_at", UtcDateTime, nullable=False),
)

rule_sets = Table(
    "rule_sets",
    metadata,
    Column("hash", Text, primary_key=True),  # what each attempt names
    Column("book", Text, ForeignKey("rule_books.hash"), nullable=False),
    Column("definition", Text, nullable=False),  # the campaign's file, word for word
    Column("gates_version", Integer, nullable=False),
    Column("kept_at", UtcDateTime, nullable=False),
)

answers = Table(
    "answers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("attempt_id", Id, ForeignKey("attempts.id"), nullable=False, index=True),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False),
    Column("campaign_id", Id, ForeignKey("campaigns.id"), nullable=False),
    Column("question", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("text", Text),
    Column("script_version", Text),
    Column("answered_at", UtcDateTime, nullable=False),
    UniqueConstraint("attempt_id", "question", "answer"),
)
