"""Erasing and merging while others call and import: nobody waits for ever, nothing breaks."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, func, select

from campaigns.claims import hold_off_erasing
from campaigns.erasure import erase
from campaigns.examining import examine_consents_again
from campaigns.merging import merge
from campaigns.tables import attempts, campaign_leads
from dialer.schema import open_base
from leads.consent_rules import NewConsent
from leads.consents import add, find
from leads.db import reading, writing
from leads.errors import NotAllowedError
from leads.model import LeadId
from leads.tables import leads
from tests.db.people import NOON, definition, drain, import_people, phone, started
from tests.waiting import until

PEOPLE = 40


def test_a_campaign_runs_on_while_its_people_are_erased_and_merged(
    base: Engine, base_url: str
) -> None:
    import_people(base, [(f"Person {at}", phone(at)) for at in range(1, PEOPLE + 1)])
    started(base, definition())
    with reading(base) as connection:
        ids = connection.scalars(select(leads.c.id).order_by(leads.c.id)).all()

    def forget(some: list[int]) -> int:
        """Erase and merge in turn; return how many leads that took out."""
        own = open_base(base_url)
        done = 0
        for first, second in zip(some[::2], some[1::2], strict=True):
            try:
                with writing(own) as connection:
                    merge(connection, first, second, who="anna", now=NOON)
                done += 1
                with writing(own) as connection:
                    erase(connection, first, now=NOON)
            except NotAllowedError:
                continue
        own.dispose()
        return done

    def call(_: int) -> None:
        own = open_base(base_url)
        drain(own, "spring", lambda *_: None)
        own.dispose()

    def bring(at: int) -> None:
        own = open_base(base_url)
        for turn in range(3):
            import_people(own, [(f"Again {at} {turn}", phone(at + turn))], f"list {at}")
        own.dispose()

    with ThreadPoolExecutor(5) as pool:
        callers = [pool.submit(call, at) for at in range(2)]
        importers = [pool.submit(bring, at) for at in (1,)]
        forgetters = [pool.submit(forget, [*ids[at::2]]) for at in range(2)]
        merged = sum(one.result(timeout=50) for one in forgetters)
        for one in (*callers, *importers):
            one.result(timeout=50)
    with reading(base) as connection:
        left = connection.scalar(select(func.count()).where(leads.c.id.in_(ids)))
        assert left == PEOPLE - merged
        strangers = select(func.count()).where(
            attempts.c.lead_id.not_in(select(leads.c.id))
            | attempts.c.lead_id.in_(select(leads.c.id).where(leads.c.erased_at.is_not(None)))
            & attempts.c.phone.is_not(None)
        )
        assert connection.scalar(strangers) == 0
        doubly = (
            select(campaign_leads.c.lead_id)
            .group_by(campaign_leads.c.campaign_id, campaign_leads.c.lead_id)
            .having(func.count() > 1)
        )
        assert connection.scalars(doubly).all() == []


def test_who_records_a_consent_and_who_erases_wait_in_one_order(base: Engine) -> None:
    if base.dialect.name == "sqlite":
        pytest.skip("SQLite lets one writer in at a time")
    import_people(base, [("Åse", phone(1))])
    started(base, definition())
    with reading(base) as connection:
        ase = LeadId(connection.scalars(select(leads.c.id)).one())

    def erase_her() -> None:
        with writing(base) as own:
            erase(own, ase, now=NOON)

    def waits() -> bool:
        with reading(base) as asking:
            query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            return asking.exec_driver_sql(query).scalar_one() == 1

    given = NewConsent(kind="call", source="fair", given_at=NOON)
    with ThreadPoolExecutor(1) as pool:
        with writing(base) as connection:
            hold_off_erasing(connection)
            add(connection, ase, given, now=NOON)
            erasing = pool.submit(erase_her)
            until(waits)
            examine_consents_again(connection, [ase])
        erasing.result(timeout=20)
    with reading(base) as connection:
        assert [*find(connection, lead_ids=[ase])] == []
