"""Retention: who is on expired lists only is erased, and nobody else."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, func, insert, select

from campaigns import expiry
from campaigns.enrolment import judge_slice
from campaigns.expiry import Expired
from leads import store
from leads.access import accesses_to
from leads.db import reading, writing
from leads.tables import imports, leads, list_members, lists
from tests.db.people import (
    LAWS,
    NOON,
    import_people,
    import_text,
    lead_id_of,
    names_of,
    phone,
    started,
    take,
)

OLA, KARI, PER = ("Ola", phone(1)), ("Kari", phone(2)), ("Per", phone(3))
TODAY = NOON.date()


def expire_list(base: Engine, name: str, *, days: int) -> None:
    """Let a list expire some days after today."""
    with writing(base) as connection:
        found = store.known_list(connection, name)
        store.set_expiry(connection, found.list_id, TODAY + timedelta(days))


def run(base: Engine, *, now: datetime = NOON) -> tuple[Expired, list[int]]:
    seen: list[int] = []
    return expiry.expire(base, who="anna", now=now, progress=seen.append), seen


def names_left(base: Engine) -> list[str]:
    with reading(base) as connection:
        return [
            *connection.scalars(
                select(leads.c.name).where(leads.c.erased_at.is_(None)).order_by(leads.c.id)
            )
        ]


def test_who_is_on_another_list_too_stays(base: Engine) -> None:
    import_people(base, [OLA, KARI])
    import_people(base, [KARI, PER], "sweden")
    expire_list(base, "norway", days=0)
    assert expiry.look(base, now=NOON) == Expired(lists=("norway",), people=1, erased=0, held=0)
    assert names_left(base) == ["Ola", "Kari", "Per"]
    done, seen = run(base)
    assert done == Expired(lists=("norway",), people=1, erased=1, held=0)
    assert seen == [1]
    assert names_left(base) == ["Kari", "Per"]
    expire_list(base, "sweden", days=-30)
    assert run(base)[0].erased == 2
    assert names_left(base) == []
    assert run(base)[0] == Expired(lists=("norway", "sweden"), people=0, erased=0, held=0)


def test_the_day_begins_in_utc(base: Engine) -> None:
    import_people(base, [OLA])
    expire_list(base, "norway", days=1)
    midnight = datetime(TODAY.year, TODAY.month, TODAY.day + 1, tzinfo=UTC)
    assert run(base, now=midnight - timedelta(seconds=1))[0].erased == 0
    assert run(base, now=midnight)[0].erased == 1


def test_who_is_held_goes_the_next_time(base: Engine) -> None:
    import_people(base, [OLA, KARI])
    stored = started(base)
    (held,) = take(base, stored)
    expire_list(base, "norway", days=0)
    done, _ = run(base)
    assert (done.erased, done.held) == (1, 1)
    with reading(base) as connection:
        assert store.known_lead(connection, held.person.lead_id).name in names_left(base)


def test_many_go_in_portions_and_the_trail_says_so(base: Engine) -> None:
    import_people(base, [OLA])
    with writing(base) as connection:
        import_id = connection.scalar(select(imports.c.id))
        list_id = connection.scalar(select(lists.c.id))
        many = [{"id": at, "name": "x", "attributes": {}, "import_id": import_id}
                for at in range(10, 460)]  # fmt: skip
        connection.execute(insert(leads), many)
        connection.execute(
            insert(list_members),
            [{"list_id": list_id, "import_id": import_id, "lead_id": one["id"]} for one in many],
        )
    ola = lead_id_of(base, "Ola")
    expire_list(base, "norway", days=0)
    done, seen = run(base)
    assert (done.erased, seen) == (451, [100, 200, 300, 400, 451])
    with reading(base) as connection:
        for lead_id, people in ((ola, 100), (459, 51)):
            (one,) = accesses_to(connection, lead_id).accesses
            assert (one.who, one.action, one.people) == ("anna", "expire", people)
        stubs = select(func.count()).where(leads.c.erased_at == NOON)
        assert connection.scalar(stubs) == 451


def test_lists_tell_when_they_expire(base: Engine) -> None:
    import_people(base, [OLA])
    expire_list(base, "norway", days=9)
    with reading(base) as connection:
        (one,) = store.all_lists(connection)
    assert one.expires_on == TODAY + timedelta(9)


def test_a_list_that_expires_later_after_all_brings_its_people_back(base: Engine) -> None:
    import_text(base, "Navn;Telefon\nÅse;22448201\n")
    stored = started(base)
    with writing(base) as connection:
        norway = store.known_list(connection, "norway").list_id
        store.set_expiry(connection, norway, NOON.date())
    assert take(base, stored) == ()
    with writing(base) as connection:
        store.set_expiry(connection, norway, NOON.date() + timedelta(days=9))
        judge_slice(connection, stored, LAWS, after_lead_id=0, now=NOON)
    assert names_of(base, take(base, stored)) == ["Åse"]
