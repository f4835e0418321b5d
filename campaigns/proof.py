"""What every decision rested on, kept: the rule files and the campaign file, word for word."""

from datetime import datetime

from sqlalchemy import Connection

from campaigns.law import GATES_VERSION, Laws
from campaigns.store import StoredCampaign
from campaigns.tables import rule_books, rule_sets
from leads.sql import insert_if_new


def keep_rules(
    connection: Connection, stored: StoredCampaign, laws: Laws, *, now: datetime
) -> None:
    """Keep the rules that hold for a campaign from now on, under the name attempts carry."""
    book = laws.book
    connection.execute(
        insert_if_new(connection, rule_books).values(
            hash=book.hash, document=book.document, kept_at=now
        )
    )
    connection.execute(
        insert_if_new(connection, rule_sets).values(
            hash=laws.rule_set(stored.campaign),
            book=book.hash,
            definition=stored.definition,
            gates_version=GATES_VERSION,
            kept_at=now,
        )
    )
