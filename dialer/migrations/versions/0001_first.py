"""The schema of the first release."""

import sqlalchemy as sa
from alembic import op

revision = "0001_v0.1.0"
down_revision = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "accesses",
        sa.Column("id", Id, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("lead_id", Id, nullable=True),
        sa.Column("lead_ids", sa.LargeBinary(), nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accesses")),
    )
    with op.batch_alter_table("accesses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_accesses_lead_id"), ["lead_id"], unique=False)

    op.create_table(
        "agents",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("roles", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("skills", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("languages", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=True),
        sa.Column("active", sa.Integer(), server_default="1", nullable=False),
        sa.Column("state", sa.Text(), server_default="out", nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pause", sa.Text(), nullable=True),
        sa.Column("next_state", sa.Text(), nullable=True),
        sa.Column("engine", sa.Text(), nullable=True),
        sa.Column("channel_id", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('out', 'calling', 'paused', 'ready', 'preview', 'dialing', 'talking', 'wrap_up')",
            name=op.f("ck_agents_state_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agents")),
        sa.UniqueConstraint("name", name=op.f("uq_agents_name")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_agents_token_hash")),
    )
    op.create_table(
        "campaigns",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("script", sa.Text(), nullable=True),
        sa.Column("file", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rule_set", sa.Text(), nullable=True),
        sa.Column("tripped", sa.JSON(), nullable=True),
        sa.CheckConstraint(
            "state IN ('stopped', 'running', 'paused')", name=op.f("ck_campaigns_state_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
        sa.UniqueConstraint("name", name=op.f("uq_campaigns_name")),
    )
    op.create_table(
        "engines",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("clock_offset_s", sa.Float(), nullable=False),
        sa.Column("asterisk", sa.Text(), server_default="", nullable=False),
        sa.Column("finished_by", sa.Text(), nullable=True),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_engines")),
    )
    op.create_table(
        "lists",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('active', 'archived')", name=op.f("ck_lists_state_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lists")),
        sa.UniqueConstraint("name", name=op.f("uq_lists_name")),
    )
    op.create_table(
        "numbers",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column(
            "e164", sa.Text(), sa.Computed("'+' || CAST(id AS TEXT)", persisted=True), nullable=True
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("zones", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_numbers")),
    )
    op.create_table(
        "registries",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("entries", Id, nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registries")),
    )
    with op.batch_alter_table("registries", schema=None) as batch_op:
        batch_op.create_index(
            "uq_registries_current",
            ["name"],
            unique=True,
            sqlite_where=sa.text("retired_at IS NULL"),
            postgresql_where=sa.text("retired_at IS NULL"),
        )

    op.create_table(
        "rule_books",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_rule_books")),
    )
    op.create_table(
        "script_versions",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_script_versions")),
    )
    op.create_table(
        "secrets",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_secrets")),
    )
    op.create_table(
        "sources",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sources")),
    )
    op.create_table(
        "suppressions",
        sa.Column("id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("scope_name", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(scope = 'all') = (scope_name = '')", name=op.f("ck_suppressions_scope_named")
        ),
        sa.CheckConstraint(
            "kind IN ('number', 'prefix', 'lead', 'number_hash', 'lead_hash')",
            name=op.f("ck_suppressions_kind_known"),
        ),
        sa.CheckConstraint(
            "scope IN ('all', 'seller', 'campaign')", name=op.f("ck_suppressions_scope_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressions")),
    )
    with op.batch_alter_table("suppressions", schema=None) as batch_op:
        batch_op.create_index("ix_suppressions_subject", ["subject"], unique=False)
        batch_op.create_index(
            "uq_suppressions_in_force",
            ["kind", "subject", "scope", "scope_name"],
            unique=True,
            sqlite_where=sa.text("removed_at IS NULL"),
            postgresql_where=sa.text("removed_at IS NULL"),
        )

    op.create_table(
        "agent_states",
        sa.Column("id", Id, nullable=False),
        sa.Column("agent_id", Id, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("pause", sa.Text(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_agent_states_agent_id_agents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_states")),
        sa.UniqueConstraint(
            "agent_id", "since", "state", name=op.f("uq_agent_states_agent_id_since_state")
        ),
    )
    op.create_table(
        "campaign_lists",
        sa.Column("campaign_id", Id, nullable=False),
        sa.Column("list_id", Id, nullable=False),
        sa.Column("enrolled_to", Id, server_default="0", nullable=False),
        sa.Column("enrolled_lead", Id, server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_lists_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(
            ["list_id"], ["lists.id"], name=op.f("fk_campaign_lists_list_id_lists")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "list_id", name=op.f("pk_campaign_lists")),
    )
    op.create_table(
        "imports",
        sa.Column("id", Id, nullable=False),
        sa.Column("list_id", Id, nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("imported", sa.Integer(), nullable=False),
        sa.Column("joined", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "read = imported + joined + rejected", name=op.f("ck_imports_nothing_lost")
        ),
        sa.ForeignKeyConstraint(["list_id"], ["lists.id"], name=op.f("fk_imports_list_id_lists")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_table(
        "pacings",
        sa.Column("campaign_id", Id, nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_pacings_campaign_id_campaigns")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "engine", name=op.f("pk_pacings")),
    )
    op.create_table(
        "practice_talks",
        sa.Column("id", Id, nullable=False),
        sa.Column("lease", sa.Text(), nullable=False),
        sa.Column("agent_id", Id, nullable=False),
        sa.Column("campaign_id", Id, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_practice_talks_agent_id_agents")
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_practice_talks_campaign_id_campaigns")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice_talks")),
        sa.UniqueConstraint("lease", name=op.f("uq_practice_talks_lease")),
    )
    with op.batch_alter_table("practice_talks", schema=None) as batch_op:
        batch_op.create_index(
            "uq_practice_talks_open",
            ["agent_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "queues",
        sa.Column("id", Id, nullable=False),
        sa.Column("campaign_id", Id, nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("placing", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), server_default="", nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_by", sa.Text(), nullable=True),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_queues_campaign_id_campaigns")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queues")),
        sa.UniqueConstraint(
            "campaign_id",
            "priority",
            "placing",
            "language",
            name=op.f("uq_queues_campaign_id_priority_placing_language"),
        ),
    )
    with op.batch_alter_table("queues", schema=None) as batch_op:
        batch_op.create_index("ix_queues_closes_at", ["campaign_id", "closes_at"], unique=False)

    op.create_table(
        "registry_verdicts",
        sa.Column("number_id", Id, nullable=False),
        sa.Column("registry_id", Id, nullable=False),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.CheckConstraint("listed IN (0, 1)", name=op.f("ck_registry_verdicts_listed_known")),
        sa.ForeignKeyConstraint(
            ["number_id"], ["numbers.id"], name=op.f("fk_registry_verdicts_number_id_numbers")
        ),
        sa.ForeignKeyConstraint(
            ["registry_id"],
            ["registries.id"],
            name=op.f("fk_registry_verdicts_registry_id_registries"),
        ),
        sa.PrimaryKeyConstraint("number_id", "registry_id", name=op.f("pk_registry_verdicts")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rule_sets",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("book", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("gates_version", sa.Integer(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["book"], ["rule_books.hash"], name=op.f("fk_rule_sets_book_rule_books")
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_rule_sets")),
    )
    op.create_table(
        "trainings",
        sa.Column("agent_id", Id, nullable=False),
        sa.Column("campaign_id", Id, nullable=False),
        sa.Column("practised", sa.Integer(), server_default="0", nullable=False),
        sa.Column("supervised", sa.Integer(), server_default="0", nullable=False),
        sa.Column("supervisor_id", Id, nullable=True),
        sa.Column("accompanied_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_trainings_agent_id_agents")
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_trainings_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(
            ["supervisor_id"], ["agents.id"], name=op.f("fk_trainings_supervisor_id_agents")
        ),
        sa.PrimaryKeyConstraint("agent_id", "campaign_id", name=op.f("pk_trainings")),
    )
    op.create_table(
        "leads",
        sa.Column("id", Id, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("name_key", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("zone", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("subdivision", sa.Text(), nullable=True),
        sa.Column("told_zone", sa.Text(), nullable=True),
        sa.Column("told_country", sa.Text(), nullable=True),
        sa.Column("told_subdivision", sa.Text(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("import_id", Id, nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_leads_import_id_imports")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leads")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("leads", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_leads_external_id"), ["external_id"], unique=False)

    op.create_table(
        "attempts",
        sa.Column("id", Id, nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("lease", sa.Text(), nullable=True),
        sa.Column("campaign_id", Id, nullable=False),
        sa.Column("list_id", Id, nullable=False),
        sa.Column("lead_id", Id, nullable=False),
        sa.Column("number_id", Id, nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("agent_id", Id, nullable=True),
        sa.Column("engine", sa.Text(), nullable=True),
        sa.Column("asterisk_boot", sa.Text(), nullable=True),
        sa.Column("clock", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("trunk", sa.Text(), nullable=False),
        sa.Column("caller_id", sa.Text(), nullable=False),
        sa.Column("attempt_no", sa.Integer(), nullable=False),
        sa.Column("seller", sa.Text(), nullable=False),
        sa.Column("rule_set", sa.Text(), nullable=False),
        sa.Column("decision", sa.JSON(), nullable=False),
        sa.Column("dialed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wrapped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ring_s", sa.Float(), nullable=True),
        sa.Column("talk_s", sa.Float(), nullable=True),
        sa.Column("wrap_s", sa.Float(), nullable=True),
        sa.Column("hangup_cause", sa.Integer(), nullable=True),
        sa.Column("sip_code", sa.Integer(), nullable=True),
        sa.Column("rtp_packets", sa.Integer(), nullable=True),
        sa.Column("amd", sa.Text(), nullable=True),
        sa.Column("answer_chance", sa.Float(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("key_pressed", sa.Text(), nullable=True),
        sa.Column("disposition", sa.Text(), nullable=True),
        sa.Column("disposition_kind", sa.Text(), nullable=True),
        sa.Column("refusal_reason", sa.Text(), nullable=True),
        sa.Column("refusal_detail", sa.Text(), nullable=True),
        sa.Column("reoffer_campaign", sa.Text(), nullable=True),
        sa.Column("reoffer_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("callback_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("script_version", sa.Text(), nullable=True),
        sa.Column("accompanied_by", Id, nullable=True),
        sa.Column("superseded_by", Id, nullable=True),
        sa.CheckConstraint("clock IN ('real', 'lab')", name=op.f("ck_attempts_clock_known")),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome IN ('connected', 'machine', 'fax', 'busy', 'no_answer', 'unallocated', 'congestion', 'failed', 'abandoned', 'hung_up_early', 'hung_up_waiting', 'unknown')",
            name=op.f("ck_attempts_outcome_known"),
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (outcome IS NULL)", name=op.f("ck_attempts_end_has_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["accompanied_by"], ["agents.id"], name=op.f("fk_attempts_accompanied_by_agents")
        ),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_attempts_agent_id_agents")
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_attempts_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_attempts_lead_id_leads")),
        sa.ForeignKeyConstraint(["list_id"], ["lists.id"], name=op.f("fk_attempts_list_id_lists")),
        sa.ForeignKeyConstraint(
            ["number_id"], ["numbers.id"], name=op.f("fk_attempts_number_id_numbers")
        ),
        sa.ForeignKeyConstraint(
            ["superseded_by"], ["attempts.id"], name=op.f("fk_attempts_superseded_by_attempts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        sa.UniqueConstraint("channel_id", name=op.f("uq_attempts_channel_id")),
        sa.UniqueConstraint("lease", name=op.f("uq_attempts_lease")),
    )
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_attempts_amd",
            ["campaign_id"],
            unique=False,
            sqlite_where=sa.text("amd IS NOT NULL"),
            postgresql_where=sa.text("amd IS NOT NULL"),
        )
        batch_op.create_index("ix_attempts_campaign_lead", ["campaign_id", "lead_id"], unique=False)
        batch_op.create_index(
            "ix_attempts_campaign_number", ["campaign_id", "number_id"], unique=False
        )
        batch_op.create_index("ix_attempts_dialed_at", ["campaign_id", "dialed_at"], unique=False)
        batch_op.create_index("ix_attempts_lead_id", ["lead_id"], unique=False)
        batch_op.create_index("ix_attempts_number_id", ["number_id"], unique=False)
        batch_op.create_index(
            "ix_attempts_open",
            ["engine"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index("ix_attempts_outcome", ["campaign_id", "outcome", "id"], unique=False)
        batch_op.create_index(
            "uq_attempts_open_lead_id",
            ["lead_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index(
            "uq_attempts_open_number_id",
            ["number_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "consents",
        sa.Column("id", Id, nullable=False),
        sa.Column("lead_id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proof", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.Column("import_id", Id, nullable=True),
        sa.Column("attempt_id", Id, nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_consents_import_id_imports")
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_consents_lead_id_leads")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consents_import_id"), ["import_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_consents_lead_id"), ["lead_id"], unique=False)

    op.create_table(
        "drafts",
        sa.Column("lease", sa.Text(), nullable=False),
        sa.Column("agent_id", Id, nullable=True),
        sa.Column("campaign_id", Id, nullable=False),
        sa.Column("lead_id", Id, nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("held", sa.JSON(), nullable=True),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_drafts_agent_id_agents")
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_drafts_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_drafts_lead_id_leads")),
        sa.PrimaryKeyConstraint("lease", name=op.f("pk_drafts")),
    )
    with op.batch_alter_table("drafts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_drafts_lead_id"), ["lead_id"], unique=False)

    op.create_table(
        "lead_changes",
        sa.Column("id", Id, nullable=False),
        sa.Column("lead_id", Id, nullable=False),
        sa.Column("import_id", Id, nullable=True),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_lead_changes_import_id_imports")
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_lead_changes_lead_id_leads")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_changes")),
    )
    with op.batch_alter_table("lead_changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lead_changes_import_id"), ["import_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_lead_changes_lead_id"), ["lead_id"], unique=False)

    op.create_table(
        "lead_numbers",
        sa.Column("lead_id", Id, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_lead_numbers_lead_id_leads")
        ),
        sa.ForeignKeyConstraint(
            ["number_id"], ["numbers.id"], name=op.f("fk_lead_numbers_number_id_numbers")
        ),
        sa.PrimaryKeyConstraint("lead_id", "position", name=op.f("pk_lead_numbers")),
        sa.UniqueConstraint("number_id", "lead_id", name=op.f("uq_lead_numbers_number_id_lead_id")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "list_members",
        sa.Column("list_id", Id, nullable=False),
        sa.Column("import_id", Id, nullable=False),
        sa.Column("lead_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_list_members_import_id_imports")
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_list_members_lead_id_leads")
        ),
        sa.ForeignKeyConstraint(
            ["list_id"], ["lists.id"], name=op.f("fk_list_members_list_id_lists")
        ),
        sa.PrimaryKeyConstraint("list_id", "import_id", "lead_id", name=op.f("pk_list_members")),
        sa.UniqueConstraint("lead_id", "list_id", name=op.f("uq_list_members_lead_id_list_id")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "merges",
        sa.Column("id", Id, nullable=False),
        sa.Column("kept_id", Id, nullable=False),
        sa.Column("merged_id", Id, nullable=False),
        sa.Column("merged", sa.JSON(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merged_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["kept_id"], ["leads.id"], name=op.f("fk_merges_kept_id_leads")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merges")),
        sa.UniqueConstraint("merged_id", name=op.f("uq_merges_merged_id")),
    )
    with op.batch_alter_table("merges", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_merges_kept_id"), ["kept_id"], unique=False)

    op.create_table(
        "skips",
        sa.Column("id", Id, nullable=False),
        sa.Column("agent_id", Id, nullable=False),
        sa.Column("campaign_id", Id, nullable=False),
        sa.Column("lead_id", Id, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("skipped_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_skips_agent_id_agents")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_skips_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_skips_lead_id_leads")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skips")),
    )
    with op.batch_alter_table("skips", schema=None) as batch_op:
        batch_op.create_index("ix_skips_agent", ["agent_id", "skipped_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_skips_lead_id"), ["lead_id"], unique=False)

    op.create_table(
        "amd_samples",
        sa.Column("attempt_id", Id, nullable=False),
        sa.Column("file", sa.Text(), nullable=True),
        sa.Column("judged", sa.Text(), nullable=True),
        sa.Column("judged_by", sa.Text(), nullable=True),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempts.id"], name=op.f("fk_amd_samples_attempt_id_attempts")
        ),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_amd_samples")),
    )
    op.create_table(
        "answers",
        sa.Column("id", Id, nullable=False),
        sa.Column("attempt_id", Id, nullable=False),
        sa.Column("lead_id", Id, nullable=False),
        sa.Column("campaign_id", Id, nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("script_version", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempts.id"], name=op.f("fk_answers_attempt_id_attempts")
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_answers_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_answers_lead_id_leads")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
        sa.UniqueConstraint(
            "attempt_id", "question", "answer", name=op.f("uq_answers_attempt_id_question_answer")
        ),
    )
    with op.batch_alter_table("answers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_answers_attempt_id"), ["attempt_id"], unique=False)

    op.create_table(
        "campaign_leads",
        sa.Column("id", Id, nullable=False),
        sa.Column("campaign_id", Id, nullable=False),
        sa.Column("lead_id", Id, nullable=False),
        sa.Column("list_id", Id, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("next_call_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_outcome", sa.Text(), nullable=True),
        sa.Column("last_disposition", sa.Text(), nullable=True),
        sa.Column("refusal_reason", sa.Text(), nullable=True),
        sa.Column("held_by", sa.Text(), nullable=True),
        sa.Column("turn", sa.Integer(), server_default="4", nullable=False),
        sa.Column("queue_id", Id, nullable=True),
        sa.Column("rank", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("position", sa.Integer(), server_default="1", nullable=False),
        sa.Column("owner_id", Id, nullable=True),
        sa.Column("owner_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("came_from", Id, nullable=True),
        sa.CheckConstraint(
            "state IN ('new', 'waiting', 'in_call', 'callback', 'done', 'suppressed')",
            name=op.f("ck_campaign_leads_state_known"),
        ),
        sa.CheckConstraint("turn BETWEEN 1 AND 4", name=op.f("ck_campaign_leads_turn_known")),
        sa.ForeignKeyConstraint(
            ["came_from"], ["attempts.id"], name=op.f("fk_campaign_leads_came_from_attempts")
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_leads_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_campaign_leads_lead_id_leads")
        ),
        sa.ForeignKeyConstraint(
            ["list_id"], ["lists.id"], name=op.f("fk_campaign_leads_list_id_lists")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["agents.id"], name=op.f("fk_campaign_leads_owner_id_agents")
        ),
        sa.ForeignKeyConstraint(
            ["queue_id"], ["queues.id"], name=op.f("fk_campaign_leads_queue_id_queues")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_leads")),
        sa.UniqueConstraint(
            "campaign_id", "lead_id", name=op.f("uq_campaign_leads_campaign_id_lead_id")
        ),
    )
    with op.batch_alter_table("campaign_leads", schema=None) as batch_op:
        batch_op.create_index(
            "ix_campaign_leads_due",
            ["campaign_id", "turn", "next_call_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('new', 'waiting', 'callback') AND turn != 4"),
            postgresql_where=sa.text("state IN ('new', 'waiting', 'callback') AND turn != 4"),
        )
        batch_op.create_index(batch_op.f("ix_campaign_leads_lead_id"), ["lead_id"], unique=False)
        batch_op.create_index(
            "ix_campaign_leads_owner",
            ["owner_id", "next_call_at"],
            unique=False,
            sqlite_where=sa.text("owner_id IS NOT NULL"),
            postgresql_where=sa.text("owner_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_campaign_leads_states",
            ["campaign_id", "state", "held_by"],
            unique=False,
            sqlite_where=sa.text("state != ''"),
            postgresql_where=sa.text("state != ''"),
        )
        batch_op.create_index(
            "ix_campaign_leads_turn",
            ["queue_id", "turn", "next_call_at", "rank", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('new', 'waiting', 'callback')"),
            postgresql_where=sa.text("state IN ('new', 'waiting', 'callback')"),
        )
        batch_op.create_index(
            "ix_campaign_leads_unplaced",
            ["campaign_id", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('new', 'waiting', 'callback') AND queue_id IS NULL"),
            postgresql_where=sa.text(
                "state IN ('new', 'waiting', 'callback') AND queue_id IS NULL"
            ),
        )

    op.create_table(
        "claims",
        sa.Column("id", Id, nullable=False),
        sa.Column("lease", sa.Text(), nullable=False),
        sa.Column("campaign_id", Id, nullable=False),
        sa.Column("lead_id", Id, nullable=False),
        sa.Column("number_id", Id, nullable=False),
        sa.Column("agent_id", Id, nullable=True),
        sa.Column("attempt_id", Id, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rule_set", sa.Text(), nullable=False),
        sa.Column("decision", sa.JSON(), nullable=False),
        sa.Column("script_version", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_claims_agent_id_agents")
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["attempts.id"],
            name=op.f("fk_claims_attempt_id_attempts"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_claims_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_claims_lead_id_leads")),
        sa.ForeignKeyConstraint(
            ["number_id"], ["numbers.id"], name=op.f("fk_claims_number_id_numbers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claims")),
        sa.UniqueConstraint("agent_id", name=op.f("uq_claims_agent_id")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_claims_attempt_id")),
        sa.UniqueConstraint("lead_id", name=op.f("uq_claims_lead_id")),
        sa.UniqueConstraint("lease", name=op.f("uq_claims_lease")),
        sa.UniqueConstraint("number_id", name=op.f("uq_claims_number_id")),
    )
    op.create_table(
        "inbound_contacts",
        sa.Column("id", Id, nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("caller_id", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("lead_id", Id, nullable=True),
        sa.Column("number_id", Id, nullable=True),
        sa.Column("campaign_id", Id, nullable=True),
        sa.Column("attempt_id", Id, nullable=True),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("lease", sa.Text(), nullable=True),
        sa.Column("agent_id", Id, nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wrapped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("key_pressed", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("disposition", sa.Text(), nullable=True),
        sa.Column("disposition_kind", sa.Text(), nullable=True),
        sa.Column("refusal_reason", sa.Text(), nullable=True),
        sa.Column("refusal_detail", sa.Text(), nullable=True),
        sa.Column("callback_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("opted_out", sa.Integer(), server_default="0", nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (outcome IS NULL)",
            name=op.f("ck_inbound_contacts_end_has_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_inbound_contacts_agent_id_agents")
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempts.id"], name=op.f("fk_inbound_contacts_attempt_id_attempts")
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaigns.id"],
            name=op.f("fk_inbound_contacts_campaign_id_campaigns"),
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_inbound_contacts_lead_id_leads")
        ),
        sa.ForeignKeyConstraint(
            ["number_id"], ["numbers.id"], name=op.f("fk_inbound_contacts_number_id_numbers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_contacts")),
        sa.UniqueConstraint("channel_id", name=op.f("uq_inbound_contacts_channel_id")),
        sa.UniqueConstraint("lease", name=op.f("uq_inbound_contacts_lease")),
    )
    with op.batch_alter_table("inbound_contacts", schema=None) as batch_op:
        batch_op.create_index("ix_inbound_contacts_began_at", ["began_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_inbound_contacts_lead_id"), ["lead_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_inbound_contacts_number_id"), ["number_id"], unique=False
        )
        batch_op.create_index(
            "ix_inbound_contacts_open",
            ["engine"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "orders",
        sa.Column("id", Id, nullable=False),
        sa.Column("attempt_id", Id, nullable=False),
        sa.Column("lead_id", Id, nullable=False),
        sa.Column("campaign_id", Id, nullable=False),
        sa.Column("agent_id", Id, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_by", sa.Text(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.Text(), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('submitted', 'verified', 'cancelled')", name=op.f("ck_orders_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_orders_agent_id_agents")
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempts.id"], name=op.f("fk_orders_attempt_id_attempts")
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_orders_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_orders_lead_id_leads")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_orders_attempt_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_orders_campaign_id"), ["campaign_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_orders_lead_id"), ["lead_id"], unique=False)

    op.create_table(
        "recordings",
        sa.Column("id", Id, nullable=False),
        sa.Column("attempt_id", Id, nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pauses", sa.JSON(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("delete_on", sa.Date(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempts.id"], name=op.f("fk_recordings_attempt_id_attempts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recordings")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_recordings_attempt_id")),
    )
    op.create_table(
        "requests",
        sa.Column("id", Id, nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("agent_id", Id, nullable=True),
        sa.Column("attempt_id", Id, nullable=True),
        sa.Column("detail", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("by_rule", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_requests_agent_id_agents")
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempts.id"], name=op.f("fk_requests_attempt_id_attempts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
    )
    with op.batch_alter_table("requests", schema=None) as batch_op:
        batch_op.create_index(
            "ix_requests_open",
            ["engine", "id"],
            unique=False,
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        )

    op.create_table(
        "result_changes",
        sa.Column("id", Id, nullable=False),
        sa.Column("attempt_id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('undo', 'correction')", name=op.f("ck_result_changes_kind_known")
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempts.id"], name=op.f("fk_result_changes_attempt_id_attempts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_changes")),
    )
    with op.batch_alter_table("result_changes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_result_changes_attempt_id"), ["attempt_id"], unique=False
        )

    op.create_table(
        "result_traces",
        sa.Column("attempt_id", Id, nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempts.id"], name=op.f("fk_result_traces_attempt_id_attempts")
        ),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_result_traces")),
    )
    op.create_table(
        "supervisions",
        sa.Column("id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("attempt_id", Id, nullable=True),
        sa.Column("agent_id", Id, nullable=False),
        sa.Column("supervisor_id", Id, nullable=True),
        sa.Column("channel_id", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('help', 'listen', 'whisper', 'join', 'take', 'transfer')",
            name=op.f("ck_supervisions_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_supervisions_agent_id_agents")
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempts.id"], name=op.f("fk_supervisions_attempt_id_attempts")
        ),
        sa.ForeignKeyConstraint(
            ["supervisor_id"], ["agents.id"], name=op.f("fk_supervisions_supervisor_id_agents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervisions")),
    )
    with op.batch_alter_table("supervisions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_supervisions_attempt_id"), ["attempt_id"], unique=False
        )

    op.create_table(
        "tasks",
        sa.Column("id", Id, nullable=False),
        sa.Column("lead_id", Id, nullable=True),
        sa.Column("attempt_id", Id, nullable=True),
        sa.Column("campaign_id", Id, nullable=True),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner_id", Id, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.CheckConstraint("priority BETWEEN 1 AND 5", name=op.f("ck_tasks_priority_known")),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempts.id"], name=op.f("fk_tasks_attempt_id_attempts")
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_tasks_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_tasks_lead_id_leads")),
        sa.ForeignKeyConstraint(["owner_id"], ["agents.id"], name=op.f("fk_tasks_owner_id_agents")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tasks_lead_id"), ["lead_id"], unique=False)
