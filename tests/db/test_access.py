"""The audit trail: who saw whose data, found for one person among many."""

from collections.abc import Collection

from sqlalchemy import Engine, func, select

from campaigns.merging import merge
from leads.access import accesses_to, record
from leads.db import reading, writing
from leads.tables import accesses
from tests.db.people import NOON, import_people, lead_id_of, minutes, phone


def see(base: Engine, who: str, lead_ids: Collection[int], action: str = "show", at: float = 0):
    with writing(base) as connection:
        record(
            connection, who=who, action=action, lead_ids=lead_ids, detail={"at": at},
            now=NOON + minutes(at),
        )  # fmt: skip


def who_saw(base: Engine, lead_id: int, limit: int = 100) -> list[str]:
    with reading(base) as connection:
        return [one.who for one in accesses_to(connection, lead_id, limit=limit).accesses]


def test_one_and_many_are_found_newest_first(base: Engine) -> None:
    see(base, "anna", [7])
    see(base, "bert", [*range(1, 10_000, 3)], "export", at=1)
    see(base, "carl", [6, 8], "find", at=2)
    see(base, "dora", [7, 7], at=3)
    assert who_saw(base, 7) == ["dora", "bert", "anna"]
    assert who_saw(base, 8) == ["carl"]
    with reading(base) as connection:
        _, bert, _ = accesses_to(connection, 7).accesses
    assert (bert.action, bert.people, bert.at) == ("export", 3333, NOON + minutes(1))
    assert bert.detail == {"at": 1}


def test_who_saw_nobody_is_not_written_down(base: Engine) -> None:
    see(base, "anna", [])
    with reading(base) as connection:
        assert connection.scalar(select(func.count()).select_from(accesses)) == 0


def test_what_lies_beyond_the_limit_is_told_of(base: Engine) -> None:
    for at in range(3):
        see(base, f"agent {at}", [7], at=at)
    with reading(base) as connection:
        trail = accesses_to(connection, 7, limit=2)
        assert [one.who for one in trail.accesses] == ["agent 2", "agent 1"]
        assert trail.examined_from == NOON
        assert accesses_to(connection, 7, limit=3).examined_from is None


def test_a_merged_leads_trail_is_its_keepers_too(base: Engine) -> None:
    import_people(base, [("Ola", phone(1)), ("Olaf", phone(2))])
    kept, merged = lead_id_of(base, "Ola"), lead_id_of(base, "Olaf")
    see(base, "anna", [merged])
    see(base, "bert", [merged, 99], at=1)
    with writing(base) as connection:
        merge(connection, kept, merged, who="carl", now=NOON)
    assert who_saw(base, kept) == who_saw(base, merged) == ["bert", "anna"]
