"""An import that is taken back leaves the base as it was, or stays whole."""

import pytest
from sqlalchemy import Engine, select

from campaigns import desk, skips
from campaigns.desk_tables import skips as skip_rows
from campaigns.enrolment import enrol
from campaigns.model import CampaignState, Outcome
from campaigns.undo import Undone, undo
from dialer.schema import TABLES
from leads import consents, suppression
from leads.consent_rules import NewConsent
from leads.db import reading, writing
from leads.errors import NotAllowedError, UsageError
from leads.importing import ImportReport
from leads.model import LeadId, Suppression, SuppressionKind
from leads.tables import imports
from tests.db.people import (
    LAWS,
    NOON,
    add_agent,
    call,
    definition,
    import_text,
    lead_id_of,
    names_of,
    put,
    started,
    take,
)

HEADER = "Kundenr;Navn;Telefon;By\n"
OLA = "1;Ola;22448200;\n"
KARI = "2;Kari;22448201;Oslo\n"


def bring(base: Engine, rows: str, list_name: str = "norway") -> int:
    report: ImportReport = import_text(base, HEADER + rows, list_name)
    assert report.import_id is not None
    return report.import_id


def take_back(base: Engine, import_id: int) -> Undone:
    with writing(base) as connection:
        return undo(connection, import_id, now=NOON)


def everything(base: Engine) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows of all tables but the imports', which are the record of what was done."""
    with reading(base) as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in TABLES
            if table is not imports
        }


def test_the_base_is_as_it_was(base: Engine) -> None:
    bring(base, OLA)
    before = everything(base)
    second = bring(base, "1;Ola;22448200;Bergen\n" + KARI + "3;Per;22448200;Oslo\n")
    assert everything(base) != before
    assert take_back(base, second) == Undone(
        import_id=second, list_name="norway", removed=2, restored=1, left=2
    )
    assert everything(base) == before


def test_a_lead_completed_in_two_batches_becomes_what_it_was(base: Engine) -> None:
    bring(base, ";;22448200;\n")
    before = everything(base)
    many = "".join(f"{n};Person {n};{40000000 + n};\n" for n in range(10, 6010))
    second = bring(base, f";Ola;22448200;\n{many}1;Ola;22448200;Oslo\n")
    assert take_back(base, second).restored == 1
    assert everything(base) == before


def test_the_import_is_remembered_and_not_undone_twice(base: Engine) -> None:
    first = bring(base, OLA)
    take_back(base, first)
    with reading(base) as connection:
        assert connection.scalar(select(imports.c.undone_at)) == NOON
    with pytest.raises(UsageError, match="was undone before"):
        take_back(base, first)


def test_an_import_that_never_was(base: Engine) -> None:
    with pytest.raises(UsageError, match="no import 7"):
        take_back(base, 7)


def test_whoever_was_called_stays(base: Engine) -> None:
    first = bring(base, OLA + KARI)
    call(base, started(base), Outcome.NO_ANSWER)
    before = everything(base)
    with pytest.raises(NotAllowedError, match="1 of its people have been called"):
        take_back(base, first)
    assert everything(base) == before


def test_whoever_somebody_has_stays(base: Engine) -> None:
    first = bring(base, OLA)
    take(base, started(base))
    with pytest.raises(NotAllowedError, match="somebody has one of them"):
        take_back(base, first)


def test_a_later_import_of_the_same_people_goes_first(base: Engine) -> None:
    first = bring(base, OLA)
    second = bring(base, OLA, "sweden")
    with pytest.raises(NotAllowedError, match=f"leads undo {second}$"):
        take_back(base, first)
    take_back(base, second)
    assert take_back(base, first).removed == 1


def test_a_later_import_that_completed_the_same_lead_goes_first(base: Engine) -> None:
    bring(base, ";;22448200;\n")
    second = bring(base, ";Ola;22448200;\n")
    third = bring(base, "1;Ola;22448200;\n")
    with pytest.raises(NotAllowedError, match=f"leads undo {third}$"):
        take_back(base, second)


def test_an_undone_import_is_no_obstacle_for_the_next(base: Engine) -> None:
    """Ids that became free must not hide the people who get them from a campaign."""
    first = bring(base, OLA)
    stored = started(base)
    take_back(base, first)
    bring(base, KARI)
    with writing(base) as connection:
        assert enrol(connection, stored, LAWS, now=NOON) == 1
    assert names_of(base, take(base, put(base, stored, CampaignState.RUNNING))) == ["Kari"]


def test_whoever_asked_not_to_be_called_is_not_forgotten_with_the_import(base: Engine) -> None:
    """The wish names an id that nobody gets again: imported anew, the person would be called."""
    first = bring(base, OLA + KARI)
    wish = Suppression(subject=str(lead_id_of(base, "Ola")), kind=SuppressionKind.LEAD)
    with writing(base) as connection:
        suppression.add(connection, wish, source="command", now=NOON)
    before = everything(base)
    with pytest.raises(NotAllowedError, match="1 of its people has a do-not-call wish"):
        take_back(base, first)
    assert everything(base) == before
    with writing(base) as connection:
        suppression.remove(
            connection, wish.subject, wish.scope, "", kind=wish.kind, reason=None, now=NOON
        )
    assert take_back(base, first).removed == 2


def test_a_consent_that_came_otherwise_keeps_its_person(base: Engine) -> None:
    first = bring(base, OLA + KARI)
    given = NewConsent(kind="call", source="fair", given_at=NOON)
    with writing(base) as connection:
        consents.add(connection, LeadId(lead_id_of(base, "Ola")), given, now=NOON)
    with pytest.raises(NotAllowedError, match="1 of its people has given a consent"):
        take_back(base, first)


def test_a_later_import_of_the_same_list_that_met_the_same_people_goes_first(base: Engine) -> None:
    first = bring(base, OLA + KARI)
    second = bring(base, OLA + "3;Per;22448209;\n")
    with pytest.raises(NotAllowedError, match=f"leads undo {second}$"):
        take_back(base, first)
    take_back(base, second)
    assert take_back(base, first).removed == 2


def test_whoever_was_looked_at_and_skipped_goes_with_the_import(base: Engine) -> None:
    first = bring(base, OLA)
    anna, spring = add_agent(base), started(base, definition(mode="preview"))
    with writing(base) as connection:
        lease = desk.next_person(connection, spring, LAWS, anna, now=NOON)
        assert lease is not None
        desk.give_back(connection, spring, lease)
        skips.note_skip(
            connection, campaign_id=spring.id, lead_id=lease.lead_id, agent_id=anna,
            reason="know_person", note="my neighbour", now=NOON,
        )  # fmt: skip
    assert take_back(base, first).removed == 1
    with reading(base) as connection:
        assert connection.execute(select(skip_rows)).all() == []


def test_whoever_comes_back_after_an_undo_is_called_again(base: Engine) -> None:
    """A claim in between has taken out whom no list had any more."""
    bring(base, OLA, "old")
    take_back(base, bring(base, KARI))
    stored = started(base)
    second = bring(base, OLA)
    put(base, stored, CampaignState.RUNNING)
    take_back(base, second)
    assert take(base, stored) == ()
    bring(base, OLA)
    with writing(base) as connection:
        enrol(connection, stored, LAWS, now=NOON)
    assert names_of(base, take(base, stored)) == ["Ola"]
