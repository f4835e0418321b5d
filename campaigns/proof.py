"""What every decision rested on, kept: the rule files and the campaign file, word for word."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select

from campaigns.definition import read_definition
from campaigns.law import GATES_VERSION, Laws, rule_set
from campaigns.rejudging import Rules
from campaigns.rules.book import RuleBook
from campaigns.store import StoredCampaign
from campaigns.tables import rule_books, rule_sets
from leads.errors import UsageError
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


class KeptRules:
    """The rules under the names that attempts of a campaign carry, each read once."""

    def __init__(self, connection: Connection, campaign: str) -> None:
        """Begin with none; `campaign` is the campaign's name."""
        self._connection = connection
        self._campaign = campaign
        self._found: dict[str, Rules | str] = {}
        self._laws: dict[str, Laws] = {}

    def named(self, name: str) -> Rules | str:
        """Return the rules, or why there are none to judge by."""
        if name not in self._found:
            self._found[name] = self._read(name)
        return self._found[name]

    def _read(self, name: str) -> Rules | str:
        row = self._connection.execute(
            select(rule_sets.c.book, rule_sets.c.definition, rule_sets.c.gates_version).where(
                rule_sets.c.hash == name
            )
        ).one_or_none()
        if row is None:
            return f"the rules {name} are not kept in this base"
        if row.gates_version != GATES_VERSION:
            return (
                f"the rules {name} were applied by gates of version {row.gates_version}, "
                f"and these are of version {GATES_VERSION}"
            )
        campaign = read_definition(row.definition)
        if isinstance(campaign, tuple):
            return f"the campaign file kept with the rules {name} cannot be read: {campaign[0]}"
        try:
            laws = self._applied(row.book)
        except UsageError as error:
            return f"the rules {name}: {error}"
        if rule_set(campaign, laws.book.hash) != name:
            return f"what is kept as the rules {name} is not what the name stands for"
        # Campaigns of the same rules share a name for them, and one of the files is kept.
        return Rules(rule_set=name, laws=laws, campaign=replace(campaign, name=self._campaign))

    def _applied(self, book: str) -> Laws:
        if book not in self._laws:
            document = self._connection.scalar(
                select(rule_books.c.document).where(rule_books.c.hash == book)
            )
            self._laws[book] = Laws(RuleBook.from_document(document or {}))
        return self._laws[book]
