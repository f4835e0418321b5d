"""What the ledger says of who answers, and what an attempt keeps of it."""

import secrets
from collections.abc import Callable
from datetime import timedelta
from math import exp

import pytest
from sqlalchemy import Engine, insert, select, update

from campaigns.chance_learning import chances_of, clock_of, learn
from campaigns.chances import Chances
from campaigns.claims import claim
from campaigns.model import DialMode, DispositionKind, Outcome
from campaigns.store import StoredCampaign
from campaigns.tables import attempts, campaign_leads
from dialer.learning import Learners
from dialer.placing import Placer
from leads.db import reading, writing
from leads.tables import leads, lists, numbers
from tests.db.people import (
    LAWS,
    NOON,
    call,
    close,
    definition,
    dial_next,
    import_people,
    intend,
    new_lease,
    phone,
    started,
    take,
)
from tests.db.placers import placer_for
from tests.waiting import until

PEOPLE = 40
RETRIED = "[retry]\nno_answer = { after = '1h', max = 40 }"


@pytest.fixture
def crowd(base: Engine) -> Engine:
    import_people(base, [(f"Person {n}", phone(n)) for n in range(PEOPLE)])
    import_people(base, [(f"Old {n}", phone(1000 + n)) for n in range(PEOPLE)], "others")
    return base


def never() -> None:
    """Rest not at all."""


def past(
    base: Engine,
    stored: StoredCampaign,
    calls: int,
    answered: Callable[[int, int], Outcome],
    *,
    on: str = "norway",
    seller: str | None = None,
    mode: str = "progressive",
) -> None:
    """Write calls of earlier days to people whom nobody calls any more, hour after hour.

    They were on the list `on` then; `answered(person, hour)` is how a call ended.
    """
    with writing(base) as connection:
        list_id = connection.scalar(select(lists.c.id).where(lists.c.name == on))
        people = connection.execute(select(leads.c.id).where(leads.c.name.like("Old%"))).all()
        rows = []
        for n in range(calls):
            who, hour = n % PEOPLE, 9 + n % 11
            began = NOON - timedelta(days=60) + timedelta(days=n // 40, hours=hour - 12)
            rows.append(
                {
                    "channel_id": secrets.token_hex(8),
                    "campaign_id": stored.id,
                    "list_id": list_id,
                    "lead_id": people[who].id,
                    "number_id": int(phone(1000 + who)[1:]),
                    "clock": "real",
                    "mode": mode,
                    "trunk": "main",
                    "caller_id": "+4721000000",
                    "attempt_no": 1 + n // PEOPLE,
                    "seller": seller or stored.campaign.seller,
                    "rule_set": "x",
                    "decision": {},
                    "dialed_at": began,
                    "ended_at": began + timedelta(seconds=30),
                    "outcome": answered(who, hour),
                    "evidence": "hangup",
                }
            )
        connection.execute(insert(attempts), rows)


def by_hour(who: int, hour: int) -> Outcome:
    """In the evening two of three answer, by day one of six."""
    mark = (who * 7 + hour * 13) % 6
    return Outcome.CONNECTED if mark < (4 if hour >= 17 else 1) else Outcome.NO_ANSWER


def told(base: Engine, stored: StoredCampaign, model: Chances | None, hour: int) -> float | None:
    """Return what is said of the next person at an hour in Oslo."""
    now = NOON + timedelta(hours=hour - 12)
    (claim,) = take(base, stored, now=now)
    with writing(base) as connection:
        (found,) = chances_of(connection, model, [claim], now=now)
    return found


def test_an_empty_ledger_says_nothing(crowd: Engine):
    spring = started(crowd)
    assert learn(crowd, spring, never) is None
    assert told(crowd, spring, None, 12) is None


@pytest.mark.parametrize(("hour", "low", "high"), [(12, 0.08, 0.30), (18, 0.5, 0.8)])
def test_the_hour_is_that_of_the_persons_clock(crowd: Engine, hour: int, low: float, high: float):
    spring = started(crowd)
    past(crowd, spring, 2000, by_hour)
    model = learn(crowd, spring, never)
    assert model is not None
    assert model.calls == 2000
    found = told(crowd, spring, model, hour)
    assert found is not None
    assert low < found < high


def test_a_person_in_another_zone_is_called_at_their_own_hour(crowd: Engine):
    spring = started(crowd)
    past(crowd, spring, 2000, by_hour)
    model = learn(crowd, spring, never)
    here = told(crowd, spring, model, 13)
    with writing(crowd) as connection:
        connection.execute(update(leads).values(zone="Asia/Dubai"))
    # Two hours further east it is evening already when it is 16 o'clock in Oslo.
    there = told(crowd, spring, model, 16)
    assert here is not None
    assert there is not None
    assert there > here + 0.2


@pytest.mark.parametrize(
    ("told_zone", "zone", "of_number", "clock"),
    [
        ("Asia/Tokyo", "Europe/Oslo", ["Europe/London"], "Asia/Tokyo"),
        (None, "Europe/Oslo", ["Europe/London"], "Europe/Oslo"),
        (None, None, ["America/New_York", "America/Chicago"], "America/New_York"),
        (None, None, [], "UTC"),
    ],
)
def test_whose_clock_counts(told_zone, zone, of_number, clock: str):
    assert clock_of(told_zone, zone, of_number) == clock


def test_calls_that_the_network_failed_or_agents_made_by_hand_teach_nothing(crowd: Engine):
    spring = started(crowd)
    past(crowd, spring, 1000, by_hour)
    past(crowd, spring, 500, lambda *_: Outcome.CONGESTION)
    past(crowd, spring, 500, lambda *_: Outcome.CONNECTED, mode="manual")
    model = learn(crowd, spring, never)
    assert model is not None
    assert model.calls == 1000


def test_a_new_campaign_learns_from_its_sellers_and_its_lists(crowd: Engine):
    older = started(crowd, definition("older"))
    spring = started(crowd)
    autumn = started(
        crowd,
        definition("autumn", on=("others",)).replace("Example Telecom AS", "Somebody Else"),
    )
    past(crowd, older, 1500, by_hour)
    past(crowd, autumn, 700, by_hour, on="others", seller="Somebody Else")
    model = learn(crowd, spring, never)
    assert model is not None
    assert model.calls == 1500, "neither its list nor its seller: the 700 are left out"
    past(crowd, spring, 6000, by_hour)
    model = learn(crowd, spring, never)
    assert model is not None
    assert model.calls == 6000, "enough of its own"


def test_what_was_tried_before_is_known_of_the_next_call(crowd: Engine):
    spring = started(crowd, definition(retry=RETRIED))

    def stubborn(who: int, hour: int) -> Outcome:
        answers = (hour * 5 + who * 3) % 4 == 0 if who < PEOPLE // 2 else (hour + who) % 4 > 0
        return Outcome.CONNECTED if answers else Outcome.NO_ANSWER

    past(crowd, spring, 3000, stubborn)
    model = learn(crowd, spring, never)
    assert model is not None
    first = dial_next(crowd, spring)
    close(crowd, spring, first, Outcome.NO_ANSWER)
    second = dial_next(crowd, spring)
    close(crowd, spring, second, Outcome.CONNECTED)
    with reading(crowd) as connection:
        rows = {
            row.lead_id: row
            for row in connection.execute(
                select(campaign_leads).where(campaign_leads.c.attempts == 1)
            )
        }
    assert rows[first.lead_id].last_outcome == "no_answer"
    (again,) = take(crowd, spring, now=NOON + timedelta(hours=4))
    assert again.person.lead_id == first.lead_id
    with reading(crowd) as connection:
        (chance,) = chances_of(connection, model, [again], now=NOON + timedelta(hours=4))
    tries = model.weights[3]
    last = model.weights[4]
    assert "1" in tries
    assert {"no_answer", "connected"} <= last.keys()
    assert chance is not None
    assert last["no_answer"] < last["connected"]


@pytest.mark.parametrize("to_call", [False, True])
def test_the_call_before_counts_whether_one_is_called_at_once_or_looked_at_first(
    crowd: Engine, to_call: bool
):
    spring = started(crowd)
    call(crowd, spring, Outcome.NO_ANSWER)
    later = NOON + timedelta(hours=5)
    fewer = {"no_answer": -2.0}
    traits = tuple(fewer if trait == 4 else {} for trait in range(9))
    model = Chances(usual=0.0, weights=traits, calls=1, answers=0)
    with writing(crowd) as connection:
        taken = claim(
            connection, spring, LAWS, limit=1, now=later, new_lease=new_lease, to_call=to_call
        ).taken
        (chance,) = chances_of(connection, model, taken, now=later)
        intend(connection, spring, taken, now=later)
    assert chance == pytest.approx(1 / (1 + exp(2)))


def test_the_agents_word_for_a_machine_is_what_the_next_call_goes_by(crowd: Engine):
    spring = started(crowd)
    past(crowd, spring, 1000, by_hour)
    with writing(crowd) as connection:
        connection.execute(
            update(attempts)
            .where(attempts.c.outcome == Outcome.CONNECTED, attempts.c.attempt_no % 2 == 0)
            .values(disposition_kind=DispositionKind.MACHINE, disposition="machine")
        )
    model = learn(crowd, spring, never)
    assert model is not None
    assert "machine" in model.weights[4]


def placer(base: Engine, learners: Learners) -> Placer:
    return placer_for(base, LAWS, learners=learners)


def test_an_attempt_keeps_what_was_believed_when_it_was_dialled(crowd: Engine):
    spring = started(crowd)
    past(crowd, spring, 2000, by_hour)
    learners = Learners(crowd)

    def place() -> float | None:
        with writing(crowd) as connection:
            (live,), _ = placer(crowd, learners).place(
                connection, spring, 1, (), languages=None, now=NOON
            )
        with reading(crowd) as connection:
            kept = connection.scalar(
                select(attempts.c.answer_chance).where(attempts.c.id == live.attempt.id)
            )
        assert kept == live.answer_chance
        return live.answer_chance

    assert place() is None, "nothing was learned yet"
    learners.look([spring], at_s=1000)
    until(lambda: learners._models, 20)
    chance = place()
    assert chance is not None
    assert 0.05 < chance < 0.35
    learners.end()


def test_it_is_learned_anew_every_ten_minutes_and_not_before(crowd: Engine):
    spring = started(crowd)
    past(crowd, spring, 1000, by_hour)
    learners = Learners(crowd)

    def learned_at(at_s: float) -> bool:
        learners._models.clear()
        learners.look([spring], at_s=at_s)
        if learners._thread is not None:
            learners._thread.join(20)
        return bool(learners._models)

    assert learned_at(10)
    assert not learned_at(609.9)
    assert learned_at(610)
    learners.end()
    assert not learned_at(10_000)


def test_an_end_of_the_engine_does_not_wait_for_it(crowd: Engine):
    spring = started(crowd)
    past(crowd, spring, 3000, by_hour)
    learners = Learners(crowd)
    learners.look([spring], at_s=0)
    learners.end()
    assert learners._thread is not None
    assert not learners._thread.is_alive()


def test_a_preview_call_has_one_too(crowd: Engine):
    spring = started(crowd)
    attempt = call(crowd, spring, Outcome.NO_ANSWER)
    assert attempt.mode is DialMode.PROGRESSIVE
    (claimed,) = take(crowd, spring)
    with writing(crowd) as connection:
        (intent,) = intend(connection, spring, [claimed], chances=[0.25])
        kept = connection.scalar(select(attempts.c.answer_chance).where(attempts.c.id == intent.id))
    assert kept == 0.25
    assert numbers.c.kind is not None
