"""The tables of what runs: engines with their heartbeat, and what is asked of them."""

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, Table, Text

from leads.db import Id, Json, UtcDateTime, metadata

engines = Table(
    "engines",
    metadata,
    Column("name", Text, primary_key=True),
    Column("token", Text, nullable=False),  # of the one process that may use the name
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),  # this machine's clock, as below
    Column("heartbeat_at", UtcDateTime, nullable=False),
    Column("stopped_at", UtcDateTime),
    Column("clock_offset_s", Float, nullable=False),  # not 0 in the lab only
    Column(
        "asterisk", Text, nullable=False, server_default=""
    ),  # host:port of its manager interface
    Column("finished_by", Text),  # the engine that settles what this one left, while it does
    Column("report", Json, nullable=False),  # what `ringbank status` shows of it
)

requests = Table(
    "requests",
    metadata,
    Column("id", Id, primary_key=True),
    Column("engine", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("agent_id", Id, ForeignKey("agents.id")),
    Column("attempt_id", Id, ForeignKey("attempts.id")),
    Column("detail", Json, nullable=False, server_default="{}"),  # what the kind needs besides
    Column("asked_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    Column("answer", Text),  # null: done as asked; else why not
    Column("by_rule", Integer, nullable=False, server_default="0"),  # 1: a rule said no
)
Index(
    "ix_requests_open",
    requests.c.engine,
    requests.c.id,
    sqlite_where=requests.c.done_at.is_(None),
    postgresql_where=requests.c.done_at.is_(None),
)
