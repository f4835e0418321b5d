"""What the results of one agent tell together, each figure at its edge."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.checks import USUAL, Checks
from campaigns.model import DialMode
from campaigns.model import DispositionKind as K
from campaigns.truth import Mark, Verdict
from campaigns.truth_findings import Finding, Reported, findings

NOON = datetime(2026, 6, 2, 12, tzinfo=UTC)
OK, BY_HAND = Verdict(Mark.OK), Verdict(Mark.SELF_REPORTED)
SUSPECT = Verdict(Mark.SUSPECT, ("so",))


class Day:
    """The results of a day, given one after another."""

    def __init__(self) -> None:
        self.results: list[Reported] = []

    def add(
        self,
        agent: str,
        kind: K,
        times: int = 1,
        *,
        at: datetime | None = None,
        every: timedelta = timedelta(minutes=10),
        talk_s: float | None = 5,
        verdict: Verdict = OK,
        mode: DialMode = DialMode.PROGRESSIVE,
        campaign: str = "spring",
    ) -> None:
        if at is None:
            at = max((one.reported_at for one in self.results), default=NOON - every) + every
        for number in range(times):
            ended = at + number * every
            self.results.append(
                Reported(
                    attempt_id=len(self.results) + 1,
                    agent=agent,
                    campaign=campaign,
                    mode=mode,
                    kind=kind,
                    reported_at=ended,
                    connected_at=None if talk_s is None else ended - timedelta(seconds=talk_s),
                    ended_at=ended,
                    verdict=verdict,
                )
            )

    def found(self, **more: Any) -> list[Finding]:
        checks = Checks(**more)
        return [*findings(self.results, {"spring": checks, "summer": USUAL})]

    def told(self, **more: Any) -> list[tuple[str, str]]:
        return [(one.agent, one.what) for one in self.found(**more)]


@pytest.mark.parametrize("kind", [K.WRONG_NUMBER, K.DECEASED, K.REFUSAL])
def test_a_share_of_more_than_three_times_the_campaigns_is_told(kind: K) -> None:
    # Anna 20 of 20, the others 20 of 100: a third in all, which is exactly three times less.
    day = Day()
    day.add("anna", kind, 20)
    day.add("bo", kind, 20)
    day.add("bo", K.COMPLETED, 80)
    assert day.told() == []
    day.add("bo", K.COMPLETED, 1)
    (found,) = day.found()
    assert (found.agent, found.what, found.by_hand) == ("anna", "share", False)
    assert f"{kind}: 100% of 20 results, in the campaign 33.1%" in found.why
    assert found.attempt_ids == tuple(range(1, 21))
    assert day.told(share_times=4) == []


def test_of_few_results_no_share_is_told() -> None:
    day = Day()
    day.add("anna", K.DECEASED, 19)
    day.add("bo", K.COMPLETED, 200)
    assert day.told() == []
    assert day.told(share_results=19) == [("anna", "share")]
    day.add("anna", K.COMPLETED, 1, at=NOON + timedelta(days=1))
    assert day.told() == [("anna", "share")]


def test_results_by_hand_are_in_no_share_of_the_others() -> None:
    day = Day()
    day.add("anna", K.REFUSAL, 20)
    day.add("bo", K.COMPLETED, 200, verdict=BY_HAND, talk_s=None)
    assert day.told() == []
    day.add("bo", K.COMPLETED, 200, talk_s=5)
    assert day.told() == [("anna", "share")]


def test_another_campaigns_results_are_in_no_share() -> None:
    day = Day()
    day.add("anna", K.REFUSAL, 20)
    day.add("bo", K.COMPLETED, 200, campaign="summer")
    assert day.told() == []


@pytest.mark.parametrize("mode", [DialMode.MANUAL, DialMode.PREVIEW])
def test_more_than_sixty_results_an_hour_are_told_of_who_dials_at_their_own_pace(
    mode: DialMode,
) -> None:
    def of(times: int, every: timedelta, mode: DialMode = mode) -> list[tuple[str, str]]:
        day = Day()
        day.add("anna", K.NO_CONTACT, times, every=every, talk_s=None, mode=mode)
        return day.told()

    minute = timedelta(minutes=1)
    assert of(200, minute) == []
    assert of(60, timedelta(seconds=1)) == []
    assert of(61, minute - timedelta(seconds=1)) == [("anna", "pace")]
    assert of(61, timedelta(seconds=1), DialMode.PROGRESSIVE) == []
    day = Day()
    day.add("anna", K.NO_CONTACT, 61, every=timedelta(seconds=1), mode=mode, talk_s=None)
    (found,) = day.found()
    assert "61 results within an hour, from 2026-06-02 12:00 UTC" in found.why
    assert len(found.attempt_ids) == 20
    assert day.told(results_per_hour=61) == []


def test_by_hand_a_talk_takes_its_time_since_the_result_before() -> None:
    def of(seconds: float, kind: K) -> list[tuple[str, str]]:
        day = Day()
        day.add(
            "anna", kind, 2, every=timedelta(seconds=seconds), verdict=BY_HAND,
            talk_s=None, mode=DialMode.MANUAL,
        )  # fmt: skip
        return day.told()

    assert of(90, K.SUCCESS) == []
    assert of(89, K.SUCCESS) == [("anna", "speed")]
    assert of(3, K.REFUSAL) == []
    assert of(2, K.REFUSAL) == [("anna", "speed")]
    assert of(0, K.NO_CONTACT) == []


def test_two_talks_at_once_are_told() -> None:
    day = Day()
    day.add("anna", K.REFUSAL, 2, every=timedelta(seconds=30), talk_s=30)
    assert day.told() == []
    # A long one holds not only the talk that begins next.
    day.add("anna", K.REFUSAL, 1, at=NOON + timedelta(minutes=10), talk_s=300)
    day.add("anna", K.REFUSAL, 2, at=NOON + timedelta(minutes=7), talk_s=10)
    day.add("bo", K.REFUSAL, 1, at=NOON + timedelta(minutes=9), talk_s=10)
    (found,) = day.found()
    assert (found.agent, found.what, found.attempt_ids) == ("anna", "two_calls", (4,))


def test_results_outside_any_call_are_told() -> None:
    day = Day()
    day.add("anna", K.REFUSAL, 2, talk_s=None, verdict=SUSPECT)
    day.add("anna", K.REFUSAL, 1, at=NOON + timedelta(days=1), talk_s=1, verdict=SUSPECT)
    day.add("anna", K.NO_CONTACT, 1, at=NOON + timedelta(days=2), talk_s=None)
    (found,) = day.found()
    assert (found.what, found.attempt_ids) == ("outside_call", (1, 2))


results = st.lists(
    st.builds(
        Reported,
        attempt_id=st.integers(1, 10**6),
        agent=st.sampled_from(["anna", "bo", "kim"]),
        campaign=st.sampled_from(["spring", "summer"]),
        mode=st.sampled_from(list(DialMode)),
        kind=st.sampled_from(list(K)),
        reported_at=st.integers(0, 10**5).map(lambda s: NOON + timedelta(seconds=s)),
        connected_at=st.none() | st.integers(0, 10**5).map(lambda s: NOON + timedelta(seconds=s)),
        ended_at=st.none() | st.integers(0, 10**5).map(lambda s: NOON + timedelta(seconds=s)),
        verdict=st.sampled_from([OK, BY_HAND, SUSPECT]),
    ),
    max_size=60,
    unique_by=lambda one: one.attempt_id,
)


@given(results, st.randoms())
def test_the_order_in_which_results_come_tells_nothing(
    given_results: list[Reported], chance: Any
) -> None:
    checks = {"spring": Checks(share_results=3, results_per_hour=3), "summer": USUAL}
    shuffled = [*given_results]
    chance.shuffle(shuffled)
    found = findings(given_results, checks)
    assert findings(shuffled, checks) == found
    by_id = {one.attempt_id: one for one in given_results}
    for one in found:
        theirs = [by_id[attempt_id] for attempt_id in one.attempt_ids]
        assert theirs
        assert {(r.agent, r.campaign, r.by_hand) for r in theirs} == {
            (one.agent, one.campaign, one.by_hand)
        }
