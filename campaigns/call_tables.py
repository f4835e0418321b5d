"""The tables of pacing, of machine detection, and of people who call back."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text

from leads.db import Id, Json, UtcDateTime, metadata

pacings = Table(
    "pacings",
    metadata,
    Column("campaign_id", Id, ForeignKey("campaigns.id"), primary_key=True),
    Column("engine", Text, primary_key=True),  # each has agents and trunks of its own
    Column("state", Json, nullable=False),  # what its pacer has learned (`dialer.pacing`)
    Column("saved_at", UtcDateTime, nullable=False),
)

amd_samples = Table(
    "amd_samples",
    metadata,
    Column("attempt_id", Id, ForeignKey("attempts.id"), primary_key=True),
    Column("file", Text),  # below the folder of recordings; null: deleted
    Column("judged", Text),  # what a person heard: person, machine or unsure; null: nobody yet
    Column("judged_by", Text),
    Column("judged_at", UtcDateTime),
)

inbound_contacts = Table(
    "inbound_contacts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("channel_id", Text, nullable=False, unique=True),  # Asterisk's id of the call
    Column("engine", Text, nullable=False),
    Column("caller_id", Text, nullable=False),  # the number of ours that was called
    Column("phone", Text),  # who called, E.164; null: nobody whom we had called, or erased
    Column("lead_id", Id, ForeignKey("leads.id"), index=True),  # null: nobody of the lead base
    Column("number_id", Id, ForeignKey("numbers.id"), index=True),
    Column("campaign_id", Id, ForeignKey("campaigns.id")),
    Column("attempt_id", Id, ForeignKey("attempts.id")),  # the call that they return
    Column("standing", Text, nullable=False),  # who they are to us (`campaigns.inbound_words`)
    Column("lease", Text, unique=True),  # the name under which an agent knows the talk
    Column("agent_id", Id, ForeignKey("agents.id")),  # who talked to them
    Column("began_at", UtcDateTime, nullable=False),
    Column("connected_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("wrapped_at", UtcDateTime),
    Column("key_pressed", Text),
    Column("outcome", Text),  # null: it is still going on
    Column("disposition", Text),
    Column("disposition_kind", Text),
    Column("refusal_reason", Text),
    Column("refusal_detail", Text),
    Column("callback_at", UtcDateTime),
    Column("language", Text),  # what the person speaks, where they and the agent share none
    Column("opted_out", Integer, nullable=False, server_default="0"),
    Column("note", Text),
    CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="end_has_outcome"),
)
Index("ix_inbound_contacts_began_at", inbound_contacts.c.began_at)
Index(
    "ix_inbound_contacts_open",
    inbound_contacts.c.engine,
    sqlite_where=inbound_contacts.c.ended_at.is_(None),
    postgresql_where=inbound_contacts.c.ended_at.is_(None),
)
