"""When a campaign's own calls pause it, and when they do not."""

import itertools
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.breaker import KEPT_CALLS, History, Trip, chance, sentence
from campaigns.breaker_settings import USUAL_BREAKER, Breaker, OwnWindow
from campaigns.breaker_table import SHORT_TALK_S, TABLE, Check, EndedCall, is_soundless
from campaigns.model import Outcome

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
O = Outcome  # noqa: E741
LIMIT = 0.03
BY_NAME = {check.name: check for check in TABLE}

FAULT = {
    "congestion": O.CONGESTION,
    "refused": O.FAILED,
    "unallocated": O.UNALLOCATED,
    "abandoned": O.ABANDONED,
    "silent": O.HUNG_UP_EARLY,
    "machines": O.MACHINE,
}


class Floor:
    """Calls one after another, and what the breaker says after each."""

    def __init__(
        self, breaker: Breaker = USUAL_BREAKER, *, limit: float = LIMIT, after: int = 0
    ) -> None:
        self.history = History(after=after)
        self.breaker, self.limit = breaker, limit
        self.ids, self.numbers = itertools.count(1), itertools.count(1)
        self.now = NOON

    def end(self, outcome: Outcome, *, every_s: float = 2, **more: object) -> Trip | None:
        self.now += timedelta(seconds=every_s)
        call = {
            "attempt_id": next(self.ids),
            "number_id": next(self.numbers),
            "ended_at": self.now,
            "outcome": outcome,
            "talk_s": 60.0 if outcome is O.CONNECTED else None,
        }
        self.history.add(EndedCall(**(call | more)))  # type: ignore[arg-type]
        return self.history.judge(self.breaker, limit=self.limit, now=self.now)

    def ends(self, outcomes: Iterable[Outcome], **more: object) -> Trip | None:
        """Let calls end; return the first trip."""
        return next((t for one in outcomes if (t := self.end(one, **more))), None)


def mixed(calls: int, **shares: float) -> Iterator[Outcome]:
    """Yield outcomes in a fixed order, each with its share; the rest rings out."""
    due = dict.fromkeys(shares, 0.0)
    for _ in range(calls):
        for name, share in shares.items():
            due[name] += share
        first = max(due, key=due.__getitem__)
        if due[first] >= 1:
            due[first] -= 1
            yield Outcome(first)
        else:
            yield O.NO_ANSWER


@pytest.mark.parametrize("name", [*FAULT])
def test_the_last_call_of_the_shortest_window_trips_and_not_the_one_before(name: str):
    calls = BY_NAME[name].windows[0].calls
    floor = Floor()
    assert floor.ends([FAULT[name]] * (calls - 1)) is None
    tripped = floor.end(FAULT[name])
    assert tripped is not None
    assert tripped.check == name
    assert tripped.attempts == tuple(range(1, calls + 1))
    assert tripped.calls == calls


@pytest.mark.parametrize("name", ["congestion", "refused", "unallocated", "silent", "machines"])
def test_one_good_call_among_them_begins_the_run_anew(name: str):
    calls = BY_NAME[name].windows[0].calls
    good = O.CONNECTED
    floor = Floor()
    assert floor.ends([FAULT[name]] * (calls - 1)) is None
    assert floor.end(good) is None
    assert floor.ends([FAULT[name]] * (calls - 1)) is None
    assert floor.end(FAULT[name]) is not None


def test_a_carrier_that_refuses_trips_within_twenty_calls_of_a_healthy_campaign():
    floor = Floor()
    assert floor.ends(mixed(2000, connected=0.25, busy=0.1, congestion=0.03)) is None
    refused = [floor.end(O.FAILED, sip_code=403) for _ in range(20)]
    assert refused[:-1] == [None] * 19
    tripped = refused[-1]
    assert tripped is not None
    assert tripped.check == "refused"
    assert "20 of the last 20 calls were refused by the trunk (SIP 403: 20)" in tripped.why
    assert len(tripped.attempts) == 20


def test_people_of_whom_nothing_is_heard_trip_although_they_talk():
    floor = Floor()
    assert floor.ends([O.CONNECTED] * 500, soundless=False) is None
    assert floor.ends([O.CONNECTED] * 14, soundless=True) is None
    tripped = floor.end(O.CONNECTED, soundless=True)
    assert tripped is not None
    assert tripped.check == "no_audio"
    assert "from 15 of the last 15 people who answered came no sound at all" in tripped.why


def test_calls_of_which_nobody_can_tell_the_sound_trip_nothing():
    assert Floor().ends([O.CONNECTED] * 500, soundless=None) is None
    one_heard = [True] * 14 + [False] + [True] * 14
    floor = Floor()
    assert [floor.end(O.CONNECTED, soundless=none) for none in one_heard] == [None] * 29


@pytest.mark.parametrize(
    ("packets", "lasted_s", "soundless"),
    [(0, 1.0, True), (0, 0.99, None), (1, 0.1, False), (900, 18, False), (None, 60, None)],
)
def test_no_sound_is_told_once_some_would_have_come(
    packets: int | None, lasted_s: float, soundless: bool | None
):
    ended = NOON + timedelta(seconds=lasted_s)
    assert is_soundless(packets, NOON, ended) is soundless
    assert is_soundless(packets, None, ended) is None


def test_refusals_of_several_kinds_are_one_trouble():
    floor = Floor()
    codes = itertools.cycle([(O.FAILED, 403), (O.CONGESTION, 503), (O.FAILED, None)])
    told = [floor.end(outcome, sip_code=code) for outcome, code in itertools.islice(codes, 20)]
    assert told[:-1] == [None] * 19
    assert told[-1] is not None
    assert told[-1].check == "refused"


def test_a_list_of_old_numbers_trips_nothing():
    floor = Floor()
    assert floor.ends(mixed(5000, unallocated=0.4, connected=0.2)) is None


def test_what_is_usual_for_a_campaign_is_learned_from_its_calls():
    hopeless = [*mixed(3000, unallocated=0.8, connected=0.1)]
    accustomed = Floor()
    assert accustomed.ends(hopeless) is None
    # A run that would be a broken prefix elsewhere is an ordinary stretch here.
    assert accustomed.ends([O.UNALLOCATED] * 40) is None
    assert Floor().ends([O.UNALLOCATED] * 40) is not None


def test_nobody_gets_used_to_abandoned_calls():
    floor = Floor(Breaker(own={"abandoned": OwnWindow(calls=1000, share=1)}))
    assert floor.ends(mixed(3000, connected=0.8, abandoned=0.08)) is None
    floor.breaker = USUAL_BREAKER
    tripped = floor.ends([O.ABANDONED])
    assert tripped is not None
    assert tripped.usual == LIMIT
    assert "3.0% are allowed" in tripped.why


@pytest.mark.parametrize(("abandoned", "trips"), [(7, False), (8, True)])
def test_thirty_people_of_whom_some_found_nobody(abandoned: int, trips: bool):
    floor = Floor()
    assert floor.ends([O.CONNECTED] * (30 - abandoned)) is None
    told = [floor.ends([O.ABANDONED, O.NO_ANSWER]) for _ in range(4)]
    told.append(floor.end(O.CONNECTED))  # no five in a row
    told += [floor.ends([O.ABANDONED]) for _ in range(abandoned - 4)]
    assert (next((one for one in told if one), None) is not None) == trips


def test_a_lower_limit_trips_sooner():
    def found(limit: float) -> Trip | None:
        return Floor(limit=limit).ends([*[O.CONNECTED] * 26, *[O.ABANDONED] * 4])

    assert found(0.03) is None
    assert found(0.003) is not None


@pytest.mark.parametrize(("talk_s", "trips"), [(SHORT_TALK_S - 0.001, True), (SHORT_TALK_S, False)])
def test_people_who_are_gone_within_three_seconds(talk_s: float, trips: bool):
    floor = Floor()
    tripped = floor.ends([O.CONNECTED] * 60, talk_s=talk_s)
    assert (tripped is not None) == trips
    if tripped:
        assert tripped.check == "silent"


def test_the_same_numbers_over_and_over_are_no_news():
    floor = Floor()
    for _ in range(10):
        for number in range(19):
            assert floor.end(O.CONGESTION, number_id=number) is None
    assert floor.end(O.CONGESTION, number_id=19) is not None


def test_a_number_that_was_well_in_between_is_news_again():
    floor = Floor()
    for outcome in (O.CONGESTION, O.NO_ANSWER):
        assert floor.ends([outcome] * 10, number_id=7) is None
    assert floor.end(O.CONGESTION, number_id=7) is None
    assert floor.history._counted[0] == 1 + 10 + 1


def test_calls_of_long_ago_fill_no_window():
    within = BY_NAME["refused"].windows[0].within
    floor = Floor()
    assert floor.ends([O.FAILED] * 19) is None
    assert floor.end(O.FAILED, every_s=within.total_seconds() + 1) is None
    assert floor.ends([O.FAILED] * 18, every_s=0) is None
    assert floor.end(O.FAILED, every_s=0) is not None


def test_a_call_that_is_exactly_as_old_as_the_window_counts():
    within = BY_NAME["refused"].windows[0].within.total_seconds()
    for over, trips in ((0, True), (0.001, False)):
        floor = Floor()
        assert floor.end(O.FAILED) is None
        assert floor.ends([O.FAILED] * 18, every_s=0) is None
        assert (floor.end(O.FAILED, every_s=within + over) is not None) == trips


def test_a_campaign_that_is_started_again_begins_a_new_window():
    before = Floor()
    assert before.ends([O.FAILED] * 20) is not None
    old = [
        EndedCall(attempt_id=n, number_id=n, ended_at=NOON, outcome=O.FAILED) for n in range(1, 21)
    ]
    again = Floor()
    again.history = History(old, after=20)
    # One that was placed before the start ends after it.
    assert again.end(O.FAILED, attempt_id=20, number_id=100) is None
    assert again.ends([O.FAILED] * 2, attempt_id=21) is None
    fresh = Floor(after=20)
    fresh.ids = itertools.count(21)
    assert fresh.ends([O.FAILED] * 19) is None
    assert fresh.end(O.FAILED) is not None


@pytest.mark.parametrize("evidence", ["no_trace", "lost"])
def test_calls_that_the_engine_lost_are_not_the_trunks_fault(evidence: str):
    assert Floor().ends([O.FAILED] * 100, evidence=evidence) is None


def test_a_check_that_is_off_trips_nothing_and_the_others_do():
    floor = Floor(Breaker(off=frozenset({"refused"})))
    assert floor.ends([O.FAILED] * 200) is None
    tripped = floor.ends([O.CONGESTION] * 20)
    assert tripped is not None
    assert tripped.check == "congestion"
    assert Floor(Breaker(on=False)).ends([O.CONGESTION] * 200) is None


@pytest.mark.parametrize(("share", "at"), [(0.5, 10), (0.55, None)])
def test_own_numbers_decide_alone(share: float, at: int | None):
    own = Breaker(own={"unallocated": OwnWindow(calls=10, share=share)})
    floor = Floor(own)
    outcomes = [O.BUSY, O.UNALLOCATED] * 20
    tripped = floor.ends(outcomes)
    assert (tripped.attempts[-1] if tripped else None) == at


def test_only_faults_of_a_trunk_are_looked_at_for_all_its_campaigns():
    for name, check in BY_NAME.items():
        floor = Floor()
        tripped = None
        for _ in range(50):
            floor.end(FAULT.get(name, O.CONNECTED), soundless=name == "no_audio")
            tripped = tripped or floor.history.judge(
                USUAL_BREAKER, limit=LIMIT, now=floor.now, trunk="main"
            )
        assert (tripped is not None) == check.of_trunk, name
        if tripped:
            assert tripped.trunk == "main"
            assert "of all campaigns on trunk 'main'" in tripped.why


def test_what_is_kept_says_in_a_sentence_what_happened():
    tripped = Floor().ends([O.FAILED] * 20, sip_code=503)
    assert tripped is not None
    kept = tripped.document(NOON)
    assert kept["at"] == "2026-12-01T12:00:00+00:00"
    assert kept["attempts"] == [*range(1, 21)]
    assert sentence(kept) == (
        "20 of the last 20 calls were refused by the trunk (SIP 503: 20); 3.0% are usual; "
        "attempts 1, 2, 3, 4, 5 and 15 more; "
        "look at the trunk's account and registration: ringbank doctor"
    )


def test_only_so_many_calls_are_kept():
    floor = Floor()
    floor.ends([O.NO_ANSWER] * (KEPT_CALLS + 100))
    assert len(floor.history._calls) == KEPT_CALLS
    assert floor.history._counted[0] == KEPT_CALLS


# How likely


@given(st.integers(0, 30), st.integers(1, 30), st.floats(0.01, 0.99))
def test_without_drift_it_is_the_binomial(faults: int, calls: int, usual: float):
    faults = min(faults, calls)
    terms = range(faults, calls + 1)
    exact = sum(comb(calls, k) * usual**k * (1 - usual) ** (calls - k) for k in terms)
    assert chance(faults, calls, usual, 0) == pytest.approx(exact, rel=1e-9)


@given(st.integers(1, 200), st.floats(0, 1), st.sampled_from([0.0, 0.05, 0.2]))
def test_more_faults_are_less_likely_and_any_number_is_certain(
    calls: int, usual: float, drift: float
):
    told = [chance(faults, calls, usual, drift) for faults in range(calls + 1)]
    assert told[0] == pytest.approx(1)
    assert told == sorted(told, reverse=True)


@given(st.integers(1, 60), st.floats(0.01, 0.5))
def test_drift_makes_long_runs_likelier(calls: int, usual: float):
    assert chance(calls, calls, usual, 0.05) >= chance(calls, calls, usual, 0) * (1 - 1e-9)


# Usual traffic


@settings(max_examples=30, derandomize=True, deadline=None)
@given(
    st.integers(0, 10**9),
    st.floats(0.05, 0.6),
    st.floats(0.0, 0.45),
    st.floats(0.0, 0.08),
    st.floats(0.0, 0.8),
)
def test_usual_traffic_trips_nothing(
    seed: int, answers: float, unallocated: float, congestion: float, machine: float
):
    """Two days of whatever mix a campaign may have, its shares wandering from hour to hour."""
    floor, random_ = Floor(), random.Random(seed)
    for _ in range(16):
        wander = [random_.uniform(0.7, 1.3) for _ in range(4)]
        person = answers * wander[0] * (1 - machine)
        # A pacer keeps to the limit: an account, not a dice.
        weights = {
            O.CONNECTED: person * 0.97,
            O.MACHINE: answers * wander[0] * machine,
            O.UNALLOCATED: unallocated * wander[1],
            O.CONGESTION: congestion * wander[2],
            O.FAILED: 0.01 * wander[3],
            O.ABANDONED: person * 0.02,
            O.NO_ANSWER: 0.3,
            O.BUSY: 0.05,
        }
        hour = random_.choices([*weights], [*weights.values()], k=150)
        for outcome in hour:
            talk_s = random_.choice([1.5, 10, 60, 90, 120, 200])
            tripped = floor.end(
                outcome, every_s=24, talk_s=talk_s if outcome is O.CONNECTED else None
            )
            assert tripped is None, tripped


def test_every_check_has_a_reason_and_a_remedy():
    check: Check
    for check in TABLE:
        assert check.why
        assert check.remedy
        assert all(0 < window.calls < KEPT_CALLS for window in check.windows)
