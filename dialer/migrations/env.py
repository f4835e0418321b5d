"""What Alembic runs to migrate: on the connection, and in the transaction, it is given."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from dialer.schema import TABLES
from leads.db import Id, UtcDateTime


def _render(kind: str, item: Any, _: AutogenContext) -> str | Literal[False]:
    # A migration must not change when the code's own types do: it names the plain ones.
    if kind == "type" and item is Id:
        return "Id"  # declared by the template
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=TABLES[0].metadata,
    render_as_batch=True,
    render_item=_render,
    compare_type=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
