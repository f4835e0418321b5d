"""A call that was promised is kept: by the one who promised it, and at an hour that is allowed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from campaigns import callbacks, desk, leases, store
from campaigns.enrolment import enrol
from campaigns.law import Laws
from campaigns.ledger import note_agent
from campaigns.model import DispositionKind, Outcome
from campaigns.rules.loading import load as load_rules
from campaigns.rules.own import Own
from campaigns.store import StoredCampaign
from leads.db import reading, writing
from leads.errors import NotAllowedError, UsageError
from tests.db.people import (
    LAWS,
    NOON,
    OPEN_10_TO_20,
    add_agent,
    attempt_row,
    close,
    definition,
    dial_next,
    enrolled,
    import_people,
    lead_id_of,
    minutes,
    phone,
    said,
    started,
    suppress,
)

SECOND = timedelta(seconds=1)
GRACE = minutes(15)
PROMISED = NOON + minutes(24 * 60)
"""Wednesday, twelve o'clock in Oslo."""

CALLBACK = DispositionKind.CALLBACK


def by_hand(name: str = "spring", **more: str) -> str:
    return definition(name, mode="manual", **more)


@pytest.fixture
def anna(base: Engine) -> int:
    return add_agent(base, "anna")


@pytest.fixture
def bo(base: Engine) -> int:
    return add_agent(base, "bo")


@pytest.fixture
def spring(base: Engine) -> StoredCampaign:
    """A manual campaign that runs, with Åse alone on its list."""
    import_people(base, [("Åse", phone(1))])
    return started(base, by_hand())


def ask(
    base: Engine, stored: StoredCampaign, agent_id: int, *, now: datetime = NOON
) -> leases.Lease | None:
    with writing(base) as connection:
        return desk.next_person(connection, stored, LAWS, agent_id, now=now)


def promise(
    base: Engine,
    stored: StoredCampaign,
    agent_id: int,
    at: datetime = PROMISED,
    *,
    now: datetime = NOON,
    **more: Any,
) -> int:
    """Take the next person, call them, and promise to call again; return the lead."""
    lease = ask(base, stored, agent_id, now=now)
    assert lease is not None
    give(base, stored, lease, CALLBACK, now=now, callback_at=at, **more)
    return lease.lead_id


def give(
    base: Engine,
    stored: StoredCampaign,
    lease: leases.Lease,
    kind: DispositionKind,
    *,
    now: datetime = NOON,
    **more: Any,
) -> None:
    with writing(base) as connection:
        desk.give_result(connection, stored, lease, said(stored, kind, **more), now=now)


def owner(base: Engine, stored: StoredCampaign, name: str = "Åse") -> tuple[object, object]:
    row = enrolled(base, stored)[name]
    return row.owner_id, row.owner_until


# Whose it is


def test_a_promise_of_ones_own_waits_for_the_one_who_made_it(
    base: Engine, spring: StoredCampaign, anna: int, bo: int
):
    promise(base, spring, anna, own_callback=True)
    assert owner(base, spring) == (anna, PROMISED + GRACE)
    assert ask(base, spring, anna, now=PROMISED - SECOND) is None
    assert ask(base, spring, bo, now=PROMISED) is None
    assert ask(base, spring, bo, now=PROMISED + GRACE - SECOND) is None
    assert ask(base, spring, anna, now=PROMISED) is not None


def test_when_the_grace_is_over_anybody_calls(
    base: Engine, spring: StoredCampaign, anna: int, bo: int
):
    promise(base, spring, anna, own_callback=True)
    assert ask(base, spring, bo, now=PROMISED + GRACE - SECOND) is None
    assert ask(base, spring, bo, now=PROMISED + GRACE) is not None


def test_a_promise_of_nobody_in_particular_is_anybodys(
    base: Engine, spring: StoredCampaign, anna: int, bo: int
):
    promise(base, spring, anna)
    assert owner(base, spring) == (None, None)
    assert ask(base, spring, bo, now=PROMISED - SECOND) is None
    assert ask(base, spring, bo, now=PROMISED) is not None


def test_an_own_promise_comes_before_all_others(base: Engine, anna: int, bo: int):
    import_people(base, [("Åse", phone(1)), ("Per", phone(2)), ("Kari", phone(3))])
    stored = started(base, by_hand())
    earlier = promise(base, stored, bo, PROMISED - minutes(30))
    own = promise(base, stored, anna, own_callback=True)
    lease = ask(base, stored, anna, now=PROMISED)
    assert lease is not None
    assert lease.lead_id == own
    other = ask(base, stored, bo, now=PROMISED)
    assert other is not None
    assert other.lead_id == earlier


def test_the_campaign_says_how_long_the_grace_is(base: Engine, anna: int):
    import_people(base, [("Åse", phone(1))])
    stored = started(base, by_hand(callbacks='[callbacks]\nowner = "agent"\ngrace = "1h"'))
    promise(base, stored, anna, own_callback=True)
    assert owner(base, stored) == (anna, PROMISED + minutes(60))


def test_who_lets_go_of_the_person_keeps_the_promise(
    base: Engine, spring: StoredCampaign, anna: int, bo: int
):
    promise(base, spring, anna, own_callback=True)
    lease = ask(base, spring, anna, now=PROMISED)
    assert lease is not None
    with writing(base) as connection:
        desk.give_back(connection, spring, lease)
    assert owner(base, spring) == (anna, PROMISED + GRACE)
    assert ask(base, spring, bo, now=PROMISED + SECOND) is None


@pytest.mark.parametrize("kind", [DispositionKind.SUCCESS, DispositionKind.NO_CONTACT])
def test_once_it_was_kept_it_is_nobodys(
    base: Engine, spring: StoredCampaign, anna: int, kind: DispositionKind
):
    promise(base, spring, anna, own_callback=True)
    lease = ask(base, spring, anna, now=PROMISED)
    assert lease is not None
    give(base, spring, lease, kind, now=PROMISED)
    assert owner(base, spring) == (None, None)


def test_a_promise_in_a_live_call_holds_when_the_call_has_ended(base: Engine, anna: int):
    import_people(base, [("Åse", phone(1))])
    stored = started(base)
    attempt = dial_next(base, stored)
    with writing(base) as connection:
        note_agent(connection, attempt.id, anna)
        lease = leases.lease_of(connection, anna)
    assert lease is not None
    give(base, stored, lease, CALLBACK, callback_at=PROMISED, own_callback=True)
    close(base, stored, attempt, Outcome.CONNECTED, agent_id=anna)
    assert enrolled(base, stored)["Åse"].state == "callback"
    assert owner(base, stored) == (anna, PROMISED + GRACE)


def test_a_word_that_replaces_a_promise_frees_the_person(base: Engine, anna: int):
    import_people(base, [("Åse", phone(1))])
    stored = started(base)
    attempt = dial_next(base, stored)
    with writing(base) as connection:
        note_agent(connection, attempt.id, anna)
        lease = leases.lease_of(connection, anna)
    assert lease is not None
    give(base, stored, lease, CALLBACK, callback_at=PROMISED, own_callback=True)
    give(base, stored, lease, CALLBACK, callback_at=PROMISED)
    assert owner(base, stored) == (None, None)
    close(base, stored, attempt, Outcome.CONNECTED, agent_id=anna)
    assert enrolled(base, stored)["Åse"].state == "callback"


# At which hour


def judge(
    base: Engine,
    stored: StoredCampaign,
    moment: datetime,
    *,
    laws: Laws = LAWS,
    now: datetime = NOON,
    name: str = "Åse",
) -> str | None:
    """Return why a call cannot be promised for a moment, or None."""
    lead_id = lead_id_of(base, name)
    with reading(base) as connection:
        try:
            callbacks.judge(connection, stored, laws, lead_id, moment, now=now)
        except NotAllowedError as refused:
            return str(refused)
    return None


def oslo(text: str) -> datetime:
    """Return a moment of the summer on the clocks of Oslo."""
    return datetime.fromisoformat(f"{text}+02:00").astimezone(UTC)


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [
        ("2026-06-03T10:00", None),
        ("2026-06-03T09:59", "2026-06-03T10:00"),
        ("2026-06-03T19:59", None),
        ("2026-06-03T19:59:35", None),  # it may ring for 25 seconds
        ("2026-06-03T19:59:36", "2026-06-03T19:45"),
        ("2026-06-03T21:30", "2026-06-03T19:45"),
        ("2026-06-04T07:00", "2026-06-04T10:00"),
        ("2026-06-06T12:00", "2026-06-05T19:45"),  # a Saturday
        ("2026-06-07T22:00", "2026-06-08T10:00"),  # a Sunday
        ("2026-06-02T23:00", "2026-06-02T19:45"),
    ],
)
def test_a_call_can_be_promised_for_the_campaigns_hours(
    base: Engine, asked: str, nearest: str | None
):
    import_people(base, [("Åse", phone(1))])
    stored = started(base, by_hand(hours=OPEN_10_TO_20))
    why = judge(base, stored, oslo(asked))
    if nearest is None:
        assert why is None
        return
    assert why is not None
    assert why.endswith(f"the nearest time that is allowed is {nearest}")
    assert "campaign file: [hours]" in why


def test_nothing_that_is_past_is_the_nearest(base: Engine):
    import_people(base, [("Åse", phone(1))])
    stored = started(base, by_hand(hours=OPEN_10_TO_20))
    why = judge(base, stored, oslo("2026-06-02T20:30"), now=oslo("2026-06-02T20:15"))
    assert why is not None
    assert why.endswith("is 2026-06-03T10:00")


def test_a_day_after_the_campaigns_last_one_cannot_be_promised(base: Engine):
    import_people(base, [("Åse", phone(1))])
    stored = started(base, by_hand(top="ends = 2026-06-05"))
    assert judge(base, stored, oslo("2026-06-05T12:00")) is None
    why = judge(base, stored, oslo("2026-06-06T00:30"))
    assert why is not None
    assert why.endswith("the nearest time that is allowed is 2026-06-05T20:45")
    far = judge(base, stored, oslo("2026-06-20T12:00"))
    assert far is not None
    assert far.endswith("no time that is allowed was found near it")


def test_the_law_and_its_holidays_hold(base: Engine):
    import_people(base, [("Åse", phone(1))])
    text = by_hand().replace('purpose = "service"', 'purpose = "sales"')
    assert "sales" in text
    stored = started(base, text)
    eve = datetime(2026, 12, 23, 11, tzinfo=UTC)
    assert judge(base, stored, eve) is None
    christmas = judge(base, stored, eve + timedelta(days=2))
    assert christmas is not None
    assert "Markedsføringsloven" in christmas
    assert "2026-12-24T20:45" in christmas


def test_what_was_said_just_now_counts_as_a_call(base: Engine, spring: StoredCampaign, anna: int):
    once_a_day = Laws(load_rules(None, Own(max_per_day=1)))
    assert judge(base, spring, oslo("2026-06-02T18:00"), laws=once_a_day) is None
    promise(base, spring, anna, oslo("2026-06-02T18:00"))
    why = judge(base, spring, oslo("2026-06-02T18:00"), laws=once_a_day)
    assert why is not None
    assert why.endswith("the nearest time that is allowed is 2026-06-03T08:00")


@pytest.mark.parametrize("late", [timedelta(), SECOND, minutes(3000)])
def test_what_is_past_is_refused_with_the_first_moment_to_come(
    base: Engine, spring: StoredCampaign, late: timedelta
):
    with pytest.raises(
        UsageError, match="is past; the nearest time that is allowed is 2026-06-02T12:15"
    ):
        judge(base, spring, NOON - late)
    assert judge(base, spring, NOON + SECOND) is None


def test_every_clock_that_may_be_theirs_must_allow_it(base: Engine):
    import_people(base, [("Kim", "+61412345678")])
    stored = started(base, by_hand(hours=OPEN_10_TO_20))
    moment = datetime(2026, 6, 3, 9, 15, tzinfo=UTC)  # 17:15 in Perth, 19:45 on Lord Howe Island
    assert judge(base, stored, moment, name="Kim") is None
    later = judge(base, stored, moment + minutes(60), name="Kim")
    assert later is not None
    assert later.endswith("the nearest time that is allowed is 2026-06-03T09:15+00:00")


# Listed, moved, cancelled


def listed(
    base: Engine, stored: StoredCampaign | None = None, agent_id: int | None = None, **more: Any
) -> list[callbacks.Callback]:
    with reading(base) as connection:
        return [
            *callbacks.listed(
                connection, campaign=stored, agent_id=agent_id, **{"now": NOON} | more
            )
        ]


def test_promises_are_listed_the_earliest_first(
    base: Engine, spring: StoredCampaign, anna: int, bo: int
):
    import_people(base, [("Per", phone(2))], "summer")
    summer = started(base, by_hand("summer", on=["summer"]))
    promise(base, spring, anna, own_callback=True)
    promise(base, summer, bo, PROMISED - minutes(60))
    per, ase = listed(base)
    assert ase == callbacks.Callback(
        campaign="spring",
        lead_id=lead_id_of(base, "Åse"),
        name="Åse",
        phone_masked="+4722****01",
        at=PROMISED,
        local_time="2026-06-03T12:00",
        owner="anna",
        owner_until=PROMISED + GRACE,
        promised_by="anna",
        overdue=False,
    )
    assert (per.campaign, per.owner, per.owner_until, per.promised_by) == (
        "summer", None, None, "bo"
    )  # fmt: skip
    assert listed(base, spring) == [ase]
    assert listed(base, agent_id=anna) == [ase]
    assert listed(base, agent_id=bo) == []


def test_a_promise_is_overdue_once_its_time_has_passed(
    base: Engine, spring: StoredCampaign, anna: int
):
    promise(base, spring, anna)
    assert [one.overdue for one in listed(base, now=PROMISED)] == [False]
    assert [one.overdue for one in listed(base, now=PROMISED + SECOND)] == [True]


def test_whom_nobody_may_call_any_more_is_not_listed(
    base: Engine, spring: StoredCampaign, anna: int
):
    promise(base, spring, anna)
    suppress(base, phone(2))
    assert len(listed(base)) == 1
    suppress(base, phone(1))  # said in another campaign, or written
    assert listed(base) == []


def test_who_is_in_a_call_or_through_with_it_is_not_listed(
    base: Engine, spring: StoredCampaign, anna: int
):
    promise(base, spring, anna)
    lease = ask(base, spring, anna, now=PROMISED)
    assert lease is not None
    assert listed(base) == []
    give(base, spring, lease, DispositionKind.SUCCESS, now=PROMISED)
    assert listed(base) == []


def move(base: Engine, stored: StoredCampaign, to: datetime, *, now: datetime = NOON) -> None:
    with writing(base) as connection:
        callbacks.move(connection, stored, LAWS, lead_id_of(base, "Åse"), to, now=now)


@pytest.mark.parametrize("by", [-minutes(60), minutes(60)])
def test_a_promise_that_is_moved_is_kept_then(
    base: Engine, spring: StoredCampaign, anna: int, bo: int, by: timedelta
):
    promise(base, spring, anna, own_callback=True)
    move(base, spring, PROMISED + by)
    assert owner(base, spring) == (anna, PROMISED + by + GRACE)
    assert ask(base, spring, anna, now=PROMISED + by - SECOND) is None
    lease = ask(base, spring, anna, now=PROMISED + by)
    assert lease is not None
    with writing(base) as connection:
        desk.give_back(connection, spring, lease)
    assert enrolled(base, spring)["Åse"].next_call_at == PROMISED + by


def test_a_promise_is_moved_to_no_hour_at_which_nobody_may_call(base: Engine, anna: int):
    import_people(base, [("Åse", phone(1))])
    stored = started(base, by_hand(hours=OPEN_10_TO_20))
    promise(base, stored, anna)
    before = enrolled(base, stored)["Åse"]
    with pytest.raises(NotAllowedError, match="allowed is 2026-06-03T19:45"):
        move(base, stored, oslo("2026-06-03T21:00"))
    with pytest.raises(UsageError, match="is past"):
        move(base, stored, NOON)
    assert enrolled(base, stored)["Åse"] == before


def cancel(base: Engine, stored: StoredCampaign, reason: str | None = None) -> str:
    with writing(base) as connection:
        return callbacks.cancel(connection, stored, lead_id_of(base, "Åse"), reason=reason)


def test_a_promise_taken_back_rests_like_a_call_that_nobody_answered(
    base: Engine, spring: StoredCampaign, anna: int, bo: int
):
    promise(base, spring, anna, own_callback=True, note="after work")
    assert cancel(base, spring, "has written") == "waiting"
    row = enrolled(base, spring)["Åse"]
    assert (row.held_by, row.next_call_at) == ("retry:no_answer", NOON + minutes(240))
    assert owner(base, spring) == (None, None)
    assert listed(base) == []
    kept = attempt_row(base, 1)
    assert (kept.callback_at, kept.note) == (
        None, "after work; callback cancelled: has written"
    )  # fmt: skip
    assert ask(base, spring, bo, now=NOON + minutes(240)) is not None


def test_why_a_promise_is_taken_back_holds_no_card_number(
    base: Engine, spring: StoredCampaign, anna: int
):
    promise(base, spring, anna)
    with pytest.raises(UsageError, match="--reason holds what looks like the number of a paym"):
        cancel(base, spring, "has paid, 4111-1111-1111-1111")
    assert len(listed(base)) == 1


def test_where_nothing_is_retried_a_promise_taken_back_is_the_end(base: Engine, anna: int):
    import_people(base, [("Åse", phone(1))])
    stored = started(base, by_hand(retry=""))
    promise(base, stored, anna)
    assert cancel(base, stored) == "done"
    assert ask(base, stored, anna, now=PROMISED) is None


def test_only_a_promise_can_be_moved_or_taken_back(base: Engine, spring: StoredCampaign, anna: int):
    with pytest.raises(UsageError, match="no call is promised to the lead 1 in spring; see: "):
        cancel(base, spring)
    with pytest.raises(UsageError, match="no call is promised"):
        move(base, spring, PROMISED)
    promise(base, spring, anna)
    assert ask(base, spring, anna, now=PROMISED) is not None
    with pytest.raises(NotAllowedError, match="somebody has the lead 1 right now"):
        cancel(base, spring)
    with pytest.raises(NotAllowedError, match="somebody has the lead 1 right now"):
        move(base, spring, PROMISED + minutes(60), now=PROMISED)


def test_a_promise_outlives_a_start_and_a_change(
    base: Engine, spring: StoredCampaign, anna: int, bo: int
):
    promise(base, spring, anna, own_callback=True)
    text = by_hand(top="priority = 60")
    with writing(base) as connection:
        store.change(
            connection, spring, replace(spring.campaign, priority=60),
            definition=text, script=None, file=None, now=NOON,
        )  # fmt: skip
        enrol(connection, spring, LAWS, now=NOON)
    assert owner(base, spring) == (anna, PROMISED + GRACE)
    assert ask(base, spring, anna, now=PROMISED - SECOND) is None
    assert ask(base, spring, anna, now=PROMISED) is not None
