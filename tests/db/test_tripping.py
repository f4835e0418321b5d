"""Campaigns that pause themselves: in the base, and as an engine holds them."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from campaigns import ledger, store, tripping
from campaigns.breaker import Trip
from campaigns.breaker_table import TABLE
from campaigns.ledger import OpenAttempt
from campaigns.model import CampaignState, Outcome
from campaigns.store import StoredCampaign
from campaigns.tables import campaign_leads
from dialer.breakers import Breakers
from dialer.status import why_idle
from leads.db import reading, writing
from tests.db.people import (
    NOON,
    close,
    closing,
    definition,
    dial_next,
    enrolled,
    import_people,
    minutes,
    phone,
    put,
    started,
    understood,
)
from tests.db.test_report import standing

RUN = {check.name: check.windows[0].calls for check in TABLE}
RETRIED = (
    "[retry]\ncongestion = { after = '1m', max = 9 }\nfailed = { after = '1m', max = 9 }\n"
    "busy = { after = '15m', max = 3 }"
)


@pytest.fixture
def crowd(base: Engine) -> Engine:
    import_people(base, [(f"Person {n}", phone(n)) for n in range(120)])
    import_people(base, [(f"Other {n}", phone(1000 + n)) for n in range(40)], "others")
    return base


def campaign(
    base: Engine, name: str = "spring", *, on: Iterable[str] = ("norway",), **tables: str
) -> StoredCampaign:
    return started(base, definition(name, on=on, retry=RETRIED, **tables))


class Dialer:
    """What the engine does of a turn, for its campaigns and their breakers."""

    def __init__(self, base: Engine, *only: str) -> None:
        self.base = base
        self.breakers = Breakers(only)
        self.now = NOON
        self.refresh()

    def refresh(self) -> None:
        with writing(self.base) as connection:
            known = store.load_all(connection)
            self.running = tuple(c for c in known if c.state is CampaignState.RUNNING)
            self.breakers.refresh(connection, known, self.running)

    def call(self, stored: StoredCampaign, outcome: Outcome, **more: object) -> Mapping[int, Trip]:
        """Place a call and let it end, as a turn of the engine writes it."""
        self.now += timedelta(seconds=1)
        return self.end(stored, dial_next(self.base, stored, now=self.now), outcome, **more)

    def end(
        self, stored: StoredCampaign, attempt: OpenAttempt, outcome: Outcome, **more: object
    ) -> Mapping[int, Trip]:
        over = closing(attempt, outcome, **more)
        trips = self.breakers.see([(stored, over)], self.running)
        with writing(self.base) as connection:
            self.breakers.write(connection, trips, now=self.now)
            ledger.close(connection, stored, [over])
        return trips


def state(base: Engine, stored: StoredCampaign) -> StoredCampaign:
    with reading(base) as connection:
        return store.load(connection, stored.campaign.name)


def test_a_trunk_that_refuses_pauses_the_campaign_and_says_which_calls(crowd: Engine):
    spring = campaign(crowd)
    dialer = Dialer(crowd)
    for _ in range(RUN["refused"] - 1):
        assert dialer.call(spring, Outcome.FAILED, sip_code=403) == {}
        assert state(crowd, spring).state is CampaignState.RUNNING
    assert list(dialer.call(spring, Outcome.FAILED, sip_code=403)) == [spring.id]

    found = state(crowd, spring)
    assert found.state is CampaignState.PAUSED
    assert found.tripped is not None
    assert found.tripped["check"] == "refused"
    assert found.tripped["at"] == dialer.now.isoformat()
    assert len(found.tripped["attempts"]) == RUN["refused"]  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not enough values to unpack"):
        dial_next(crowd, found, now=dialer.now)
    why = why_idle(found, standing(crowd, found), None, now=dialer.now)
    assert why is not None
    assert (
        "it paused itself: 20 of the last 20 calls were refused by the trunk (SIP 403: 20)" in why
    )
    assert why.endswith("then go on with: ringbank campaigns start spring")
    dialer.refresh()
    assert "refused by the trunk" in dialer.breakers.tripped["spring"]


@pytest.mark.parametrize("outcome", [Outcome.CONGESTION, Outcome.FAILED])
def test_the_fault_uses_up_nobodys_attempts(crowd: Engine, outcome: Outcome):
    spring = campaign(crowd, dialing="[dialing]\nmax_attempts = 1")
    dialer = Dialer(crowd)
    for _ in range(RUN["refused"]):
        dialer.call(spring, outcome)
    again = put(crowd, spring, CampaignState.RUNNING)
    called = [row for row in enrolled(crowd, again).values() if row.last_outcome == outcome]
    assert len(called) == RUN["refused"]
    assert {row.state for row in called} == {"waiting"}


def test_a_start_clears_it_and_old_calls_trip_nothing_again(crowd: Engine):
    spring = campaign(crowd)
    dialer = Dialer(crowd)
    late = dial_next(crowd, spring, now=NOON)
    for _ in range(RUN["refused"]):
        dialer.call(spring, Outcome.FAILED)
    dialer.refresh()
    started_at = dialer.now + minutes(1)
    with writing(crowd) as connection:
        store.set_state(connection, spring, CampaignState.RUNNING, now=started_at)
    dialer.refresh()
    assert state(crowd, spring).tripped is None
    assert dialer.breakers.tripped == {}
    dialer.now = started_at
    # A call that was in flight then, and all but one of a run.
    assert dialer.end(spring, late, Outcome.FAILED) == {}
    for _ in range(RUN["refused"] - 1):
        assert dialer.call(spring, Outcome.FAILED) == {}
    assert list(dialer.call(spring, Outcome.FAILED)) == [spring.id]


@pytest.mark.parametrize("started_again", [False, True])
def test_an_engine_that_starts_goes_on_from_the_ledger(crowd: Engine, started_again: bool):
    spring = campaign(crowd)
    first = Dialer(crowd)
    for _ in range(RUN["refused"] - 1):
        first.call(spring, Outcome.FAILED)
    a_second_later = first.now + timedelta(seconds=1)
    if started_again:
        with writing(crowd) as connection:
            store.set_state(connection, spring, CampaignState.RUNNING, now=a_second_later)
    second = Dialer(crowd)
    second.now = a_second_later
    tripped = second.call(spring, Outcome.FAILED)
    assert (list(tripped) == [spring.id]) != started_again


def test_an_engine_that_starts_sees_the_calls_in_the_order_in_which_they_ended(crowd: Engine):
    spring = campaign(crowd)
    long, short = (dial_next(crowd, spring, now=NOON) for _ in range(2))
    for attempt, ended_at in ((long, NOON + minutes(9)), (short, NOON + minutes(1))):
        close(crowd, spring, attempt, Outcome.BUSY, ended_at=ended_at)
    with reading(crowd) as connection:
        calls = tripping.past(connection, spring).calls
    assert [call.attempt_id for _, call in calls] == [short.id, long.id]


def test_a_trunk_on_which_everything_fails_pauses_all_its_campaigns(crowd: Engine):
    spring, autumn = campaign(crowd), campaign(crowd, "autumn", on=("others",))
    by_hand = started(crowd, definition("by-hand", mode="manual"))
    careless = started(crowd, definition("careless", breaker="[breaker]\nrefused = false"))
    elsewhere = started(crowd, definition("elsewhere").replace('trunk = "main"', 'trunk = "other"'))
    dialer = Dialer(crowd)
    turns = [spring, autumn] * (RUN["refused"] // 2)
    trips = [dialer.call(stored, Outcome.FAILED) for stored in turns]
    assert not any(trips[:-1])
    assert trips[-1].keys() == {spring.id, autumn.id}
    assert {trip.trunk for trip in trips[-1].values()} == {"main"}
    for stored in (spring, autumn):
        assert state(crowd, stored).state is CampaignState.PAUSED
    for stored in (by_hand, careless, elsewhere):
        assert state(crowd, stored).state is CampaignState.RUNNING


def test_a_fault_of_one_campaign_leaves_the_others_of_its_trunk_alone(crowd: Engine):
    spring, autumn = campaign(crowd), campaign(crowd, "autumn", on=("others",))
    dialer = Dialer(crowd)
    trips: Mapping[int, Trip] = {}
    for n in range(RUN["congestion"]):
        if n % 3 == 0:
            assert dialer.call(autumn, Outcome.NO_ANSWER) == {}
        trips = dialer.call(spring, Outcome.CONGESTION)
    assert list(trips) == [spring.id]
    assert trips[spring.id].trunk is None
    assert state(crowd, autumn).state is CampaignState.RUNNING


@pytest.mark.parametrize("by_hand", [CampaignState.STOPPED, CampaignState.PAUSED])
def test_what_a_person_has_stopped_meanwhile_stays_so(crowd: Engine, by_hand: CampaignState):
    spring = campaign(crowd)
    dialer = Dialer(crowd)
    taken = [dial_next(crowd, spring, now=NOON) for _ in range(RUN["refused"])]
    put(crowd, spring, by_hand)
    for attempt in taken:
        dialer.end(spring, attempt, Outcome.FAILED)
    found = state(crowd, spring)
    assert (found.state, found.tripped) == (by_hand, None)


def test_a_pause_by_a_person_is_told_as_theirs_and_a_stop_keeps_the_reason(crowd: Engine):
    spring = put(crowd, campaign(crowd), CampaignState.PAUSED)
    why = why_idle(spring, standing(crowd, spring), None, now=NOON)
    assert why == "the campaign is paused; run: ringbank campaigns start spring"


def test_only_campaigns_that_the_engine_dialled_or_was_started_for_are_told(crowd: Engine):
    spring = campaign(crowd)
    dialer = Dialer(crowd)
    for _ in range(RUN["refused"]):
        dialer.call(spring, Outcome.FAILED)
    assert Dialer(crowd).breakers.tripped == {}
    assert [*Dialer(crowd, "spring").breakers.tripped] == ["spring"]


def test_a_breaker_that_is_off_lets_a_campaign_call_on(crowd: Engine):
    spring = campaign(crowd, more="[breaker]\non = false")
    dialer = Dialer(crowd)
    for _ in range(3 * RUN["refused"]):
        assert dialer.call(spring, Outcome.FAILED) == {}
    assert state(crowd, spring).state is CampaignState.RUNNING
    with reading(crowd) as connection:
        called = connection.scalars(
            select(campaign_leads.c.id).where(campaign_leads.c.attempts > 0)
        ).all()
    assert len(called) == 3 * RUN["refused"]


def test_own_numbers_decide_alone_though_the_whole_trunk_fails(crowd: Engine):
    more = RUN["refused"] + 10
    spring = campaign(crowd, more=f"[breaker]\nrefused = {{ calls = {more} }}")
    dialer = Dialer(crowd)
    for _ in range(more - 1):
        assert dialer.call(spring, Outcome.FAILED) == {}
    assert list(dialer.call(spring, Outcome.FAILED)) == [spring.id]


def test_a_campaign_that_is_moved_to_another_trunk_meanwhile_goes_on(crowd: Engine):
    spring = campaign(crowd)
    dialer = Dialer(crowd)
    dialer.call(spring, Outcome.FAILED)
    text = spring.definition.replace('trunk = "main"', 'trunk = "other"')
    with writing(crowd) as connection:
        assert not store.change(
            connection,
            spring,
            understood(text),
            definition=text,
            script=None,
            file=None,
            now=dialer.now,
        )
    dialer.refresh()
    for _ in range(RUN["refused"] - 2):
        assert dialer.call(spring, Outcome.FAILED) == {}
    assert list(dialer.call(spring, Outcome.FAILED)) == [spring.id]


def test_the_moment_is_kept_with_its_zone(crowd: Engine):
    spring = campaign(crowd)
    dialer = Dialer(crowd)
    for _ in range(RUN["congestion"]):
        dialer.call(spring, Outcome.CONGESTION)
    tripped = state(crowd, spring).tripped
    assert tripped is not None
    assert datetime.fromisoformat(str(tripped["at"])) == dialer.now


def test_sound_that_was_not_there_is_read_from_the_ledger_again(crowd: Engine) -> None:
    spring = campaign(crowd)
    dialer = Dialer(crowd)
    for _ in range(RUN["no_audio"] - 1):
        answered = {"answered_at": dialer.now, "packets": 0, "talk_s": 15.0}
        assert dialer.call(spring, Outcome.NO_ANSWER) == {}
        assert dialer.call(spring, Outcome.MACHINE, **answered) == {}
    after = Dialer(crowd)
    after.now = dialer.now
    trips = after.call(spring, Outcome.MACHINE, answered_at=dialer.now, packets=0)
    assert [trip.check for trip in trips.values()] == ["no_audio"]
