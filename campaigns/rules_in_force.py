"""The rules by which a process judges: those on the disk, or the last that could be used.

A fault in an operator's file must not stop a calling night, nor let anybody be called whom the
rules forbid: it is told, and the set that was in force stays so. A command adds to it what newer
files forbid, by which no call was judged yet.
"""

from pathlib import Path

from sqlalchemy import Connection, select

from campaigns.law import Laws
from campaigns.rules.book import RuleBook
from campaigns.rules.loading import load, texts_in
from campaigns.rules.own import Own
from campaigns.tables import campaigns, rule_books, rule_sets
from leads.db import reading
from leads.errors import RingbankError
from leads.site import Site


class RulesInForce:
    """The rules of a process that lives long, read again whenever a file of them changes.

    Attributes:
        laws: the rules, applied.
        problem: why what lies on the disk is not in force, or None where it is.
    """

    def __init__(self, folder: Path | None, own: Own) -> None:
        """Read the rules.

        Raises:
            UsageError: a file cannot be used, and there is no older set.
            RingbankError: one cannot be read.
        """
        self._folder = folder
        self._own = own
        self._seen = self._stamp()
        self.laws = Laws(load(folder, own))
        self.problem: str | None = None

    def look(self) -> bool:
        """See whether a file has changed; tell whether other rules are in force since then."""
        seen = self._stamp()
        if seen == self._seen:
            return False
        self._seen = seen
        try:
            book = load(self._folder, self._own)
        except RingbankError as error:
            self.problem = str(error)
            return False
        self.problem = None
        if book.hash == self.laws.book.hash:
            return False
        self.laws = Laws(book)
        return True

    def _stamp(self) -> tuple[tuple[str, int, int], ...]:
        if self._folder is None:
            return ()
        found = []
        for file in sorted(self._folder.glob("*.toml")):
            try:
                facts = file.stat()
            except FileNotFoundError:  # taken away between the two looks
                continue
            found.append((file.name, facts.st_mtime_ns, facts.st_size))
        return tuple(found)


def laws_of(site: Site) -> Laws:
    """Return the rules of the configuration, for one command.

    Raises:
        UsageError: a file cannot be used, and no call was ever judged by others.
        RingbankError: one cannot be read, likewise.
    """
    settings = site.settings()
    try:
        return Laws(load(settings.rules_folder, Own.from_document(settings.own_rules)))
    except RingbankError as error:
        with reading(site.base()) as connection:
            kept = _last_kept(connection)
        if kept is None:
            raise
        site.say(f"{error}\nuntil that is mended, the rules that were in force before stay so")
        return Laws(kept.with_new(_readable(settings.rules_folder)))


def _readable(folder: Path | None) -> dict[str, str]:
    """Return the operator's files of today; none where one of them is not even text."""
    try:
        return texts_in([folder]) if folder else {}
    except RingbankError:
        return {}


def _last_kept(connection: Connection) -> RuleBook | None:
    """Return the rules by which queues were last opened, or None."""
    document = connection.scalar(
        select(rule_books.c.document)
        .join(rule_sets, rule_sets.c.book == rule_books.c.hash)
        .join(campaigns, campaigns.c.rule_set == rule_sets.c.hash)
        .order_by(rule_sets.c.kept_at.desc())
        .limit(1)
    )
    return None if document is None else RuleBook.from_document(document)
