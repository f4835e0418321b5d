"""The tables of the lead base."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
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
    Column("expires_on", Date),  # from that day on nobody of it is called, and they may be erased
    Column("created_at", UtcDateTime, nullable=False),
    CheckConstraint("state IN ('active', 'archived')", name="state_known"),
)

sources = Table(
    "sources",
    metadata,
    Column("name", Text, primary_key=True),  # who sends such files
    Column("options", Json, nullable=False),  # how their last file was read
    Column("updated_at", UtcDateTime, nullable=False),
)

imports = Table(
    "imports",
    metadata,
    Column("id", Id, primary_key=True),
    Column("list_id", Id, ForeignKey("lists.id"), nullable=False),
    Column("file", Text, nullable=False),
    Column("source", Text),  # the name under which the file's mapping is kept
    Column("encoding", Text, nullable=False),
    Column("mapping", Json, nullable=False),
    Column("attributes", Json, nullable=False),  # the names of the columns kept as attributes
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
    Column("zone", Text),  # of the address, an IANA name; the numbers have zones of their own
    Column("country", Text),  # of the address, ISO 3166
    Column("subdivision", Text),
    # Where the person said that they are: it replaces whatever number and address suggest.
    Column("told_zone", Text),
    Column("told_country", Text),
    Column("told_subdivision", Text),
    Column("told_at", UtcDateTime),
    Column("attributes", Json, nullable=False),
    Column("import_id", Id, ForeignKey("imports.id"), nullable=False),
    Column("erased_at", UtcDateTime),  # nothing personal is left; the row is kept for the counts
    # An id names one person for good: merges, the audit trail and do-not-call entries keep ids
    # of leads that are no more, and must never mean somebody else.
    sqlite_autoincrement=True,
)

numbers = Table(
    "numbers",
    metadata,
    # The digits of E.164: whoever has the number needs no look-up for its id.
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("e164", Text, Computed("'+' || CAST(id AS TEXT)", persisted=True)),
    Column("kind", Text, nullable=False),
    Column("region", Text),
    Column("zones", Json, nullable=False),
)

lead_numbers = Table(
    "lead_numbers",
    metadata,
    Column("lead_id", Id, ForeignKey("leads.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),  # 1 is dialled first
    Column("number_id", Id, ForeignKey("numbers.id"), nullable=False),
    UniqueConstraint("number_id", "lead_id"),
    sqlite_with_rowid=False,
)

list_members = Table(
    "list_members",
    metadata,
    # In this order: who came onto a list since an import, and whom an import brought.
    Column("list_id", Id, ForeignKey("lists.id"), primary_key=True),
    Column("import_id", Id, ForeignKey("imports.id"), primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), primary_key=True),
    UniqueConstraint("lead_id", "list_id"),
    sqlite_with_rowid=False,
)

lead_changes = Table(
    "lead_changes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False, index=True),
    # What an import completed; without one a person edited it.
    Column("import_id", Id, ForeignKey("imports.id"), index=True),
    Column("before", Json, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("changed_by", Text),
)

merges = Table(
    "merges",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kept_id", Id, ForeignKey("leads.id"), nullable=False, index=True),
    Column("merged_id", Id, nullable=False, unique=True),  # a lead that is no more
    Column("merged", Json, nullable=False),  # everything it was
    Column("merged_at", UtcDateTime, nullable=False),
    Column("merged_by", Text, nullable=False),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", Text, nullable=False),
    # number: E.164; prefix: its first digits with the plus; lead: the lead's id;
    # *_hash: a keyed hash of an erased one (`leads.suppression`).
    Column("subject", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("scope_name", Text, nullable=False, server_default=""),
    Column("reason", Text),
    Column("source", Text, nullable=False),  # command, key, agent, erasure
    Column("created_at", UtcDateTime, nullable=False),
    Column("removed_at", UtcDateTime),
    Column("removed_reason", Text),
    CheckConstraint(
        "kind IN ('number', 'prefix', 'lead', 'number_hash', 'lead_hash')", name="kind_known"
    ),
    CheckConstraint("scope IN ('all', 'seller', 'campaign')", name="scope_known"),
    CheckConstraint("(scope = 'all') = (scope_name = '')", name="scope_named"),
)
Index("ix_suppressions_subject", suppressions.c.subject)
Index(
    "uq_suppressions_in_force",
    suppressions.c.kind,
    suppressions.c.subject,
    suppressions.c.scope,
    suppressions.c.scope_name,
    unique=True,
    sqlite_where=suppressions.c.removed_at.is_(None),
    postgresql_where=suppressions.c.removed_at.is_(None),
)

registries = Table(
    "registries",
    metadata,
    Column("id", Id, primary_key=True),  # of one version of a registry
    Column("name", Text, nullable=False),
    Column("as_of", Date, nullable=False),  # the day its keeper says it is of
    Column("digest", Text, nullable=False),  # SHA-256 of the sorted file
    Column("entries", Id, nullable=False),
    Column("file", Text, nullable=False),  # what was imported
    Column("loaded_at", UtcDateTime, nullable=False),
    Column("retired_at", UtcDateTime),  # when a newer version took its place
)
Index(
    "uq_registries_current",
    registries.c.name,
    unique=True,
    sqlite_where=registries.c.retired_at.is_(None),
    postgresql_where=registries.c.retired_at.is_(None),
)

registry_verdicts = Table(
    "registry_verdicts",
    metadata,
    Column("number_id", Id, ForeignKey("numbers.id"), primary_key=True),
    Column("registry_id", Id, ForeignKey("registries.id"), primary_key=True),
    Column("listed", Integer, nullable=False),
    CheckConstraint("listed IN (0, 1)", name="listed_known"),
    sqlite_with_rowid=False,
)

consents = Table(
    "consents",
    metadata,
    Column("id", Id, primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("wording", Text),
    Column("source", Text, nullable=False),
    Column("given_at", UtcDateTime, nullable=False),
    Column("proof", Text),
    Column("expires_at", UtcDateTime),
    Column("withdrawn_at", UtcDateTime),
    Column("withdrawn_reason", Text),
    Column("import_id", Id, ForeignKey("imports.id"), index=True),
    Column("attempt_id", Id),  # the call in which it was given; its table is not known here
    Column("recorded_at", UtcDateTime, nullable=False),
)

accesses = Table(
    "accesses",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("who", Text, nullable=False),
    Column("action", Text, nullable=False),  # show, find, next, export, ...
    Column("lead_id", Id, index=True),  # the one whose data were seen, or null for many
    Column("lead_ids", LargeBinary),  # the many, packed (`leads.access`)
    Column("people", Integer, nullable=False),
    Column("detail", Json, nullable=False),
)

secrets = Table(
    "secrets",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
