"""An edited lead: validated, remembered, and looked at again by the gates."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from campaigns.editing import Edited, edit
from campaigns.erasure import erase
from campaigns.model import Outcome
from campaigns.undo import undo
from leads import store, suppression
from leads.db import reading, writing
from leads.errors import NotAllowedError, UsageError
from leads.model import E164
from leads.tables import lead_changes, leads, numbers, suppressions
from tests.db.people import (
    NOON,
    call,
    enrolled,
    import_text,
    lead_id_of,
    phone,
    started,
    suppress,
    take,
)

PEOPLE = "Kundenr;Navn;Telefon;By\n1;Ola;22448201;Oslo\n2;Kari;22448202;Oslo\n"


def change(base: Engine, lead_id: int, *words: str) -> Edited:
    with writing(base) as connection:
        return edit(
            connection,
            lead_id,
            words,
            region="NO",
            registry_folder=Path("none"),
            who="anna",
            now=NOON,
        )


def numbers_held(base: Engine) -> list[str]:
    with reading(base) as connection:
        return [*connection.scalars(select(numbers.c.e164).order_by(numbers.c.id))]


def test_facts_change_and_what_they_were_is_kept(base: Engine) -> None:
    import_text(base, PEOPLE)
    ola = lead_id_of(base, "Ola")
    done = change(base, ola, "name=Nordmann, Ola", "zone=Europe/Oslo", "By=", "external_id=1")
    assert done.before == {"name": "Ola", "name_key": "ola", "zone": None,
                           "attributes": {"By": "Oslo"}}  # fmt: skip
    assert done.after["name_key"] == "nordmann ola"
    with reading(base) as connection:
        row = connection.execute(select(leads).where(leads.c.id == ola)).one()
        kept = connection.execute(select(lead_changes)).one()
    assert (row.name, row.name_key, row.zone) == ("Nordmann, Ola", "nordmann ola", "Europe/Oslo")
    assert row.attributes == {}
    assert (kept.lead_id, kept.import_id, kept.changed_by) == (ola, None, "anna")
    assert (kept.changed_at, kept.before) == (NOON, done.before)


def test_a_new_number_is_known_with_its_kind_and_zones(base: Engine) -> None:
    import_text(base, PEOPLE)
    ola = lead_id_of(base, "Ola")
    done = change(base, ola, "phone=92 00 00 01", "phone+=22448203")
    assert done.before == {"phones": ["+4722448201"]}
    assert done.after == {"phones": ["+4792000001", "+4722448203"]}
    with reading(base) as connection:
        first, second = store.known_lead(connection, ola).phones
    assert (first.kind, first.region, first.zones) == (
        "mobile",
        "NO",
        ("Arctic/Longyearbyen", "Europe/Oslo"),
    )
    assert second.kind == "fixed"
    assert "+4722448201" not in numbers_held(base)


def test_a_number_that_was_called_or_is_somebodys_stays_in_the_base(base: Engine) -> None:
    import_text(base, PEOPLE)
    call(base, started(base), Outcome.NO_ANSWER)
    ola, kari = lead_id_of(base, "Ola"), lead_id_of(base, "Kari")
    change(base, ola, "phone=22448202")
    assert numbers_held(base) == ["+4722448201", "+4722448202"]
    change(base, kari, "phone=22448203")
    assert "+4722448202" in numbers_held(base)


def test_nothing_that_changes_leaves_no_trace(base: Engine) -> None:
    import_text(base, PEOPLE)
    assert change(base, lead_id_of(base, "Ola"), "name=Ola", "phone+=22448201").before == {}
    with reading(base) as connection:
        assert connection.scalar(select(func.count()).select_from(lead_changes)) == 0


def test_one_wrong_word_and_nothing_is_changed(base: Engine) -> None:
    import_text(base, PEOPLE)
    ola = lead_id_of(base, "Ola")
    with pytest.raises(UsageError, match="no time zone"):
        change(base, ola, "name=Per", "zone=Mars")
    with pytest.raises(UsageError, match="one number at least"):
        change(base, ola, "name=Per", "phone-=22448201")
    assert lead_id_of(base, "Ola") == ola


def test_a_new_number_brings_a_suppressed_person_back_before_the_gates(base: Engine) -> None:
    import_text(base, PEOPLE)
    stored = started(base)
    suppress(base, E164("+4722448201"))
    assert len(take(base, stored, 9)) == 1
    assert enrolled(base, stored)["Ola"].state == "suppressed"
    change(base, lead_id_of(base, "Ola"), "phone=22448203")
    (claim,) = take(base, stored, 9)
    assert claim.person.phone == "+4722448203"


def test_an_edit_that_changes_no_number_does_not_undo_a_suppression(base: Engine) -> None:
    import_text(base, PEOPLE)
    stored = started(base)
    suppress(base, E164("+4722448201"))
    take(base, stored, 9)
    change(base, lead_id_of(base, "Ola"), "By=Bergen")
    assert take(base, stored, 9) == ()
    assert enrolled(base, stored)["Ola"].state == "suppressed"


def test_an_import_whose_people_were_edited_is_not_undone(base: Engine) -> None:
    import_text(base, PEOPLE)
    change(base, lead_id_of(base, "Ola"), "By=Bergen")
    with (
        writing(base) as connection,
        pytest.raises(NotAllowedError, match="1 of its people has been edited"),
    ):
        undo(connection, 1, now=NOON)


def test_an_erased_person_takes_the_earlier_numbers_along(base: Engine) -> None:
    import_text(base, PEOPLE)
    ola = lead_id_of(base, "Ola")
    suppress(base, E164("+4722448201"))
    change(base, ola, f"phone={phone(3)}")
    with writing(base) as connection:
        erase(connection, ola, now=NOON)
    with reading(base) as connection:
        assert connection.scalars(select(suppressions.c.kind)).all() == ["number_hash"]
        (hashed,) = suppression.entries(connection, E164("+4722448201"))
        assert "22448201" not in hashed.suppression.subject
