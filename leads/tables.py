"""The tables of the lead base."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from leads.db import Id, Json, UtcDateTime, metadata

lists = Table(
    "lists",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    CheckConstraint("state IN ('active', 'archived')", name="state_known"),
)

imports = Table(
    "imports",
    metadata,
    Column("id", Id, primary_key=True),
    Column("list_id", Id, ForeignKey("lists.id"), nullable=False),
    Column("source", Text, nullable=False),
    Column("encoding", Text, nullable=False),
    Column("mapping", Json, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("read", Integer, nullable=False),
    Column("imported", Integer, nullable=False),
    Column("joined", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("undone_at", UtcDateTime),
    CheckConstraint("read = imported + joined + rejected", name="nothing_lost"),
)

leads = Table(
    "leads",
    metadata,
    Column("id", Id, primary_key=True),
    Column("external_id", Text, index=True),
    Column("name", Text),
    Column("name_key", Text),  # folded, for the question "is this the same person?"
    Column("language", Text),
    Column("attributes", Json, nullable=False),
    Column("import_id", Id, ForeignKey("imports.id"), nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
)

numbers = Table(
    "numbers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("e164", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("region", Text),
    Column("zones", Json, nullable=False),
    CheckConstraint("e164 LIKE '+%'", name="e164_has_plus"),
)

lead_numbers = Table(
    "lead_numbers",
    metadata,
    Column("lead_id", Id, ForeignKey("leads.id"), primary_key=True),
    Column("number_id", Id, ForeignKey("numbers.id"), primary_key=True, index=True),
    Column("position", Integer, nullable=False),  # 1 is dialled first
    UniqueConstraint("lead_id", "position"),
)

list_members = Table(
    "list_members",
    metadata,
    Column("id", Id, primary_key=True),
    Column("list_id", Id, ForeignKey("lists.id"), nullable=False),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False, index=True),
    Column("import_id", Id, ForeignKey("imports.id"), nullable=False, index=True),
    UniqueConstraint("list_id", "lead_id"),
    Index(None, "list_id", "id"),  # who came onto a list since the last look
)

lead_changes = Table(
    "lead_changes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False, index=True),
    Column("import_id", Id, ForeignKey("imports.id"), nullable=False, index=True),
    Column("before", Json, nullable=False),  # what an import completed, as it was until then
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("e164", Text, nullable=False, index=True),
    Column("scope", Text, nullable=False),
    Column("scope_name", Text, nullable=False, server_default=""),
    Column("reason", Text),
    Column("source", Text, nullable=False),  # command, key, agent
    Column("created_at", UtcDateTime, nullable=False),
    Column("removed_at", UtcDateTime),
    Column("removed_reason", Text),
    CheckConstraint("scope IN ('all', 'seller', 'campaign')", name="scope_known"),
    CheckConstraint("(scope = 'all') = (scope_name = '')", name="scope_named"),
)
Index(
    "uq_suppressions_in_force",
    suppressions.c.e164,
    suppressions.c.scope,
    suppressions.c.scope_name,
    unique=True,
    sqlite_where=suppressions.c.removed_at.is_(None),
    postgresql_where=suppressions.c.removed_at.is_(None),
)
