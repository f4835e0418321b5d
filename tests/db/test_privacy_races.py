"""Erasing and merging while others call and import: nobody waits for ever, nothing breaks."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine, func, select

from campaigns.erasure import erase
from campaigns.merging import merge
from campaigns.tables import attempts, campaign_leads
from dialer.schema import open_base
from leads.db import reading, writing
from leads.errors import NotAllowedError
from leads.tables import leads
from tests.db.people import NOON, definition, drain, import_people, phone, started

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
