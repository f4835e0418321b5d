"""How the files of one sender are read: said once, remembered under the sender's name.

The next file of the same source is read like the last one, whatever it would be taken for
by itself; what the user gives goes before what is remembered.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from leads.tables import sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a lead file is to be read; None leaves it to a guess.

    Attributes:
        region: ISO 3166 country of numbers written without one.
        mapping: pairs of target and column that come before any guess.
        encoding: of the file.
        delimiter: of the file.
        sheet: of a spreadsheet.
    """

    region: str | None = None
    mapping: Sequence[tuple[str, str]] = ()
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None

    def over(self, earlier: "Reading") -> "Reading":
        """Return this reading with what only an earlier one says."""
        given = {target for target, _ in self.mapping}
        columns = {column for _, column in self.mapping}
        kept = [
            (target, column)
            for target, column in earlier.mapping
            if target not in given and column not in columns
        ]
        return replace(
            self,
            region=self.region or earlier.region,
            mapping=(*self.mapping, *kept),
            encoding=self.encoding or earlier.encoding,
            delimiter=self.delimiter or earlier.delimiter,
            sheet=self.sheet or earlier.sheet,
        )


def recall(connection: Connection, name: str) -> Reading:
    """Return how the last file of a source was read; of a new one nothing is known."""
    options: dict[str, Any] | None = connection.scalar(
        select(sources.c.options).where(sources.c.name == name)
    )
    if options is None:
        return Reading()
    return Reading(**options | {"mapping": [(target, at) for target, at in options["mapping"]]})


def remember(connection: Connection, name: str, used: Reading, *, now: datetime) -> None:
    """Keep how a file of a source was read."""
    options = {
        "region": used.region,
        "mapping": [list(pair) for pair in used.mapping],
        "encoding": used.encoding,
        "delimiter": used.delimiter,
        "sheet": used.sheet,
    }
    connection.execute(delete(sources).where(sources.c.name == name))
    connection.execute(insert(sources).values(name=name, options=options, updated_at=now))
