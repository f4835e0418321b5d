"""Whoever is to be called on another number than their first, and loses it meanwhile."""

from pathlib import Path

from sqlalchemy import Engine

from campaigns.editing import edit
from campaigns.model import Outcome
from campaigns.store import StoredCampaign
from campaigns.undo import undo
from leads.db import writing
from tests.db.people import (
    NOON,
    call,
    definition,
    enrolled,
    import_text,
    lead_id_of,
    minutes,
    started,
    take,
)

FIRST, SECOND, THIRD = "+4722448201", "+4722448202", "+4722448203"
NEXT_NUMBER = """[retry]
busy = { after = "15m", max = 3, other_number = true }
unallocated = { after = "15m", max = 1 }"""


def change(base: Engine, *words: str) -> None:
    with writing(base) as connection:
        edit(
            connection,
            lead_id_of(base, "Ola"),
            words,
            region="NO",
            registry_folder=Path("none"),
            who="anna",
            now=NOON,
        )


def called_once(base: Engine, outcome: Outcome) -> StoredCampaign:
    """Return a campaign in which Ola's first number was called, and the second is next."""
    stored = started(base, definition(retry=NEXT_NUMBER))
    call(base, stored, outcome)
    assert enrolled(base, stored)["Ola"].position == 2
    return stored


def dialled_next(base: Engine, stored: StoredCampaign) -> list[str]:
    return [one.person.phone for one in take(base, stored, 9, now=NOON + minutes(60))]


def test_whose_next_number_was_taken_away_is_called_on_the_one_that_is_left(base: Engine):
    import_text(base, f"Navn;Telefon;Telefon 2\nOla;{FIRST};{SECOND}\n")
    stored = called_once(base, Outcome.BUSY)
    change(base, f"phone-={SECOND}")
    assert dialled_next(base, stored) == [FIRST]


def test_a_number_that_moves_up_is_not_passed_over(base: Engine):
    import_text(base, f"Navn;Telefon;Telefon 2\nOla;{FIRST};{SECOND}\n")
    stored = called_once(base, Outcome.UNALLOCATED)
    change(base, f"phone-={FIRST}", f"phone+={THIRD}")
    assert dialled_next(base, stored) == [SECOND]


def test_whose_next_number_goes_with_its_import_is_called_on_the_one_that_is_left(base: Engine):
    header = "Kundenr;Navn;Telefon;Telefon 2\n"
    import_text(base, f"{header}1;Ola;{FIRST};\n")
    second = import_text(base, f"{header}1;Ola;{FIRST};{SECOND}\n", "norway")
    assert second.import_id is not None
    stored = called_once(base, Outcome.BUSY)
    with writing(base) as connection:
        undo(connection, second.import_id, now=NOON)
    assert enrolled(base, stored)["Ola"].position == 1
    assert dialled_next(base, stored) == [FIRST]
