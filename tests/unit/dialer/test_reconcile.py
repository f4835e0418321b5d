"""The ledger held against the network's record."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.model import Outcome
from dialer.reconcile import Booked, Difference, Seen, differences
from tests.unit.dialer.examples import at

NUMBER, OTHER = "+4722000001", "+4722000002"
ANSWERED = sorted(
    {
        Outcome.CONNECTED,
        Outcome.MACHINE,
        Outcome.FAX,
        Outcome.ABANDONED,
        Outcome.HUNG_UP_EARLY,
        Outcome.HUNG_UP_WAITING,
    }
)
UNANSWERED = sorted(set(Outcome) - set(ANSWERED) - {Outcome.UNKNOWN})


def booked(
    outcome: Outcome | None,
    *,
    id: int = 1,  # noqa: A002
    number: str = NUMBER,
    second: float = 0,
    evidence: str | None = "hangup",
) -> Booked:
    return Booked(attempt_id=id, number=number, at=at(second), outcome=outcome, evidence=evidence)


def seen(
    *, answered: bool = False, cause: int | None = None, number: str = NUMBER, second: float = 0
) -> Seen:
    return Seen(number=number, at=at(second), answered=answered, cause=cause)


def what(ledger: list[Booked], network: list[Seen]) -> list[str]:
    return [difference.what for difference in differences(ledger, network)]


@pytest.mark.parametrize("outcome", [*ANSWERED, Outcome.UNKNOWN])
def test_an_answered_call_may_be_booked_as_answered_or_not_known(outcome: Outcome) -> None:
    assert what([booked(outcome)], [seen(answered=True, cause=16)]) == []


@pytest.mark.parametrize("outcome", UNANSWERED)
def test_an_answered_call_may_not_be_booked_as_unanswered(outcome: Outcome) -> None:
    assert what([booked(outcome)], [seen(answered=True)]) == [
        f"attempt 1: answered on the network, booked {outcome}"
    ]


@pytest.mark.parametrize("outcome", ANSWERED)
def test_an_unanswered_call_may_not_be_booked_as_answered(outcome: Outcome) -> None:
    assert what([booked(outcome)], [seen(cause=17)]) == [
        f"attempt 1: not answered on the network, booked {outcome}"
    ]


@pytest.mark.parametrize(
    ("cause", "outcome"), [(1, Outcome.UNALLOCATED), (17, Outcome.BUSY), (34, Outcome.CONGESTION)]
)
def test_a_cause_that_can_mean_one_thing_must_be_booked_so(cause: int, outcome: Outcome) -> None:
    for honest in (outcome, Outcome.FAILED, Outcome.UNKNOWN):
        assert what([booked(honest)], [seen(cause=cause)]) == []
    assert what([booked(Outcome.NO_ANSWER)], [seen(cause=cause)]) == [
        f"attempt 1: the network's cause is {cause} ({outcome}), booked no_answer"
    ]


def test_a_cause_that_can_mean_many_things_decides_nothing() -> None:
    for outcome in UNANSWERED:
        assert what([booked(outcome)], [seen(cause=16)]) == []
        assert what([booked(outcome)], [seen(cause=None)]) == []


def test_a_call_that_one_side_does_not_have() -> None:
    assert differences([booked(Outcome.BUSY)], []) == (
        Difference(NUMBER, "attempt 1 is not among the network's calls"),
    )
    assert differences([], [seen()]) == (
        Difference(NUMBER, "the network saw a call that the ledger does not have"),
    )


def test_an_attempt_left_open_is_told_of() -> None:
    assert what([booked(None, evidence=None)], [seen(answered=True)]) == [
        "attempt 1: the call is over and the attempt is open"
    ]


@pytest.mark.parametrize("evidence", ["refused", "no_trace", "self_reported"])
def test_what_was_never_dialled_the_network_need_not_know(evidence: str) -> None:
    never = booked(Outcome.FAILED, evidence=evidence)
    assert what([never], []) == []
    assert what([never, booked(Outcome.BUSY, id=2, second=60)], [seen(cause=17)]) == []


def test_the_calls_of_one_number_are_paired_in_their_order_whatever_the_clocks_say() -> None:
    ledger = [booked(Outcome.CONNECTED, id=2, second=900), booked(Outcome.BUSY, id=1, second=0)]
    network = [seen(answered=True, second=99_900), seen(cause=17, second=99_000)]
    assert what(ledger, network) == []
    assert len(what(ledger, [seen(cause=17, second=9), seen(answered=True, second=1)])) == 2


def test_numbers_are_kept_apart() -> None:
    found = differences([booked(Outcome.BUSY)], [seen(number=OTHER, cause=17)])
    assert [difference.number for difference in found] == [NUMBER, OTHER]


calls = st.lists(
    st.tuples(
        st.sampled_from([NUMBER, OTHER]),
        st.sampled_from([(Outcome.BUSY, 17), (Outcome.NO_ANSWER, None), (Outcome.CONNECTED, 16)]),
    ),
    max_size=8,
)


@given(calls, st.data())
def test_an_honest_ledger_agrees_in_any_order_and_a_lost_call_is_found(
    history: list[tuple[str, tuple[Outcome, int | None]]],
    data: st.DataObject,
) -> None:
    ledger = [
        booked(outcome, id=n, number=number, second=n)
        for n, (number, (outcome, _)) in enumerate(history)
    ]
    network = [
        seen(answered=outcome is Outcome.CONNECTED, cause=cause, number=number, second=5000 + n)
        for n, (number, (outcome, cause)) in enumerate(history)
    ]
    assert what(data.draw(st.permutations(ledger)), data.draw(st.permutations(network))) == []
    if history:
        lost = data.draw(st.integers(0, len(history) - 1))
        assert what(ledger[:lost] + ledger[lost + 1 :], network)
        assert what(ledger, network[:lost] + network[lost + 1 :])
