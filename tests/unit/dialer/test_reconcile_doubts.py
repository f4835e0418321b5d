"""What of ledger and network cannot be told while calls are on, or beyond what either side holds."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.model import Outcome
from dialer.reconcile import SLACK, Booked, Doubtful, Findings, Seen, Sight, compare
from tests.unit.dialer.examples import at

NUMBER = "+4722000001"
SIGHT = Sight(ledger_at=at(10_000), first_end=at(0), last_end=at(5000))
NEAR = SLACK.total_seconds()


def booked(outcome: Outcome | None = Outcome.BUSY, *, id: int = 1, ended_s: float = 1000, **more):  # noqa: A002
    settled = {"evidence": "hangup", "ended_at": at(ended_s)} if outcome else {}
    values = {"evidence": None, "number": NUMBER, "at": at(ended_s - 10)} | settled | more
    return Booked(attempt_id=id, outcome=outcome, **values)


def seen(*, answered: bool = False, cause: int | None = 17, ended_s: float = 1000, **more) -> Seen:
    values = {"number": NUMBER, "at": at(ended_s - 10), "ended_at": at(ended_s)} | more
    return Seen(answered=answered, cause=cause, **values)


def told(found: Findings) -> tuple[list[str], list[Doubtful]]:
    return [one.what for one in found.differences], [one.kind for one in found.doubts]


def held(ledger: list[Booked], network: list[Seen], sight: Sight = SIGHT):
    return told(compare(ledger, network, sight))


MISSING = "attempt 1 is not among the network's calls"


def test_an_open_attempt_may_be_on_the_line() -> None:
    assert held([booked(None)], []) == ([], [Doubtful.MAY_LIVE])
    assert held([booked(None, attended=False)], []) == ([], [Doubtful.MAY_LIVE])


@pytest.mark.parametrize(
    ("ended_s", "what"),
    [
        (10_000 - NEAR, (["attempt 1: the call is over and the attempt is open"], [])),
        (10_000 - NEAR + 0.001, ([], [Doubtful.NEWER])),
    ],
)
def test_a_call_that_ended_as_the_ledger_was_read_may_not_be_closed_yet(
    ended_s: float, what: tuple
) -> None:
    assert held([booked(None)], [seen(ended_s=ended_s)]) == what


def test_a_call_that_is_over_is_closed_by_the_next_engine() -> None:
    assert held([booked(None, attended=False)], [seen()]) == ([], [Doubtful.UNSETTLED])
    assert held([booked(attended=False)], [seen(answered=True)])[0] == [
        "attempt 1: answered on the network, booked busy"
    ]


@pytest.mark.parametrize(
    ("ended_s", "what"),
    [
        (NEAR - 0.001, ([], [Doubtful.BEFORE_RECORDS])),
        (NEAR, ([MISSING], [])),
        (5000 - NEAR, ([MISSING], [])),
        (5000 - NEAR + 0.001, ([], [Doubtful.AFTER_RECORDS])),
    ],
)
def test_what_ended_beyond_the_records_need_not_be_in_them(ended_s: float, what: tuple) -> None:
    assert held([booked(ended_s=ended_s)], []) == what


def test_no_records_say_nothing() -> None:
    nothing = replace(SIGHT, first_end=None, last_end=None)
    assert held([booked()], [], nothing) == ([], [Doubtful.AFTER_RECORDS])


def test_a_record_may_have_died_with_asterisk() -> None:
    lost = booked(Outcome.UNKNOWN, evidence="lost")
    assert held([lost], []) == ([], [Doubtful.DIED])
    assert held([booked(Outcome.UNKNOWN, evidence="hangup")], []) == ([MISSING], [])


@pytest.mark.parametrize(
    ("ended_s", "differences"), [(10_000 - NEAR, 1), (10_000 - NEAR + 0.001, 0)]
)
def test_a_call_that_is_newer_than_the_ledger_need_not_be_in_it(
    ended_s: float, differences: int
) -> None:
    found = compare([], [seen(ended_s=ended_s)], SIGHT)
    assert len(found.differences) == differences
    assert [one.kind for one in found.doubts] == [Doubtful.NEWER] * (1 - differences)


# Records with the id of a channel


def test_the_id_of_a_channel_decides_whatever_number_and_order_say() -> None:
    first = booked(id=1, channel_id="rb-1", ended_s=1000)
    second = booked(Outcome.CONNECTED, id=2, channel_id="rb-2", ended_s=2000)
    network = [
        seen(answered=True, unique_id="rb-2", number=None, ended_s=900),
        seen(unique_id="rb-1", number=None, ended_s=2100),
    ]
    assert held([first, second], network) == ([], [])
    assert held([first, second], network[:1]) == ([MISSING], [])


def test_several_records_of_one_channel_are_one_call() -> None:
    call = booked(Outcome.CONNECTED, channel_id="rb-1")
    parts = [
        seen(unique_id="rb-1", cause=None, ended_s=900),
        seen(unique_id="rb-1", answered=True, ended_s=1000),
    ]
    assert held([call], parts) == ([], [])
    assert held([booked(channel_id="rb-1")], parts)[0] == [
        "attempt 1: answered on the network, booked busy"
    ]


@pytest.mark.parametrize("evidence", ["refused", "no_trace"])
def test_a_call_that_was_booked_as_never_dialled_and_was(evidence: str) -> None:
    never = booked(Outcome.FAILED, evidence=evidence, channel_id="rb-1")
    assert held([never], []) == ([], [])
    assert held([never], [seen(unique_id="rb-1")])[0] == [
        f"attempt 1: booked failed ({evidence}), and there is a record of its call"
    ]


def test_a_dialers_call_without_attempt_may_be_another_bases() -> None:
    strange = seen(unique_id="rb-9", number=None)
    assert held([], [strange]) == ([], [Doubtful.OTHER_BASE])
    assert held([], [seen(unique_id="rb-9", ended_s=10_000)]) == ([], [Doubtful.NEWER])
    assert len(compare([], [strange], None).differences) == 1


def test_what_somebody_else_placed_on_our_asterisk_is_no_call_of_ours() -> None:
    ours, theirs = booked(channel_id="rb-1"), seen(unique_id="1764.12")
    assert held([ours], [seen(unique_id="rb-1"), theirs]) == ([], [Doubtful.NOT_OURS])
    assert held([ours], [seen(unique_id="rb-1"), replace(theirs, number=None)]) == ([], [])


def test_a_carriers_ids_are_not_ours_and_its_calls_are_paired_by_number() -> None:
    assert held([booked(channel_id="rb-1")], [seen(unique_id="carrier-7")]) == ([], [])
    assert held([], [seen(unique_id="carrier-7")])[0] == [
        "the network saw a call that the ledger does not have"
    ]


def test_whose_number_is_erased_is_found_by_the_id_of_the_channel() -> None:
    erased = booked(number=None, channel_id="rb-1")
    assert held([erased], [seen(unique_id="rb-1", number=None)]) == ([], [])
    assert held([erased], [seen(unique_id="rb-2", number=None)])[0] == [MISSING]
    assert held([erased], []) == ([], []), "records without ids say nothing of them"


# Records that could be of several attempts


def test_a_record_that_could_be_of_two_attempts_is_of_neither_for_certain() -> None:
    found = compare([booked(id=1), booked(id=2, ended_s=2000)], [seen()], SIGHT)
    assert told(found) == (
        ["attempts 1 and 2 and 1 of the network's calls do not agree, however they are paired"],
        [Doubtful.WHICH],
    )
    assert found.doubts[0].what.endswith("may be that of attempt 1 or 2")


def test_a_record_that_only_one_of_them_fits_is_of_that_one() -> None:
    ledger = [booked(id=1), booked(Outcome.CONNECTED, id=2, ended_s=2000)]
    assert held(ledger, [seen(answered=True, ended_s=2000)]) == ([MISSING], [])


def test_two_that_may_both_be_without_a_record_are_no_difference() -> None:
    ledger = [booked(id=1, ended_s=5000), booked(id=2, ended_s=5001)]
    assert held(ledger, [seen(ended_s=5000)]) == ([], [Doubtful.WHICH])


def test_what_was_not_asked_for_is_paired_and_not_told() -> None:
    other = booked(id=2, ended_s=2000, asked=False)
    assert held([booked(), other], [seen(), seen(ended_s=2000, asked=False)]) == ([], [])
    assert held([other], []) == ([], [])


outcomes = st.sampled_from([Outcome.BUSY, Outcome.NO_ANSWER, Outcome.CONNECTED])


@given(st.lists(outcomes, max_size=6), st.data())
def test_at_any_moment_an_honest_ledger_has_no_difference(
    history: list[Outcome], data: st.DataObject
) -> None:
    """Calls of one number, one a minute; the records reach to one moment, the ledger to another."""
    ledger_s = data.draw(st.integers(0, 400), label="ledger read")
    written_s = data.draw(st.integers(0, 400), label="last record written")
    named = data.draw(st.booleans(), label="the records have ids")
    attended = data.draw(st.booleans(), label="an engine runs")
    ledger, network = [], []
    for n, outcome in enumerate(history):
        begins, ends = 60 * n, 60 * n + 30
        if begins <= ledger_s:
            over = ends <= ledger_s
            ledger.append(
                booked(
                    outcome if over else None,
                    id=n,
                    ended_s=ends,
                    at=at(begins),
                    channel_id=f"rb-{n}",
                    attended=attended,
                )
            )
        if ends <= written_s:
            network.append(
                seen(
                    answered=outcome is Outcome.CONNECTED,
                    cause=17 if outcome is Outcome.BUSY else None,
                    ended_s=ends,
                    at=at(begins),
                    unique_id=f"rb-{n}" if named else None,
                )
            )
    ends_at = [one.ended_at for one in network if one.ended_at]
    sight = Sight(
        ledger_at=at(ledger_s),
        first_end=min(ends_at, default=None),
        last_end=max(ends_at, default=None),
    )
    found = compare(ledger, data.draw(st.permutations(network)), sight)
    assert found.differences == ()
    # And one that was never written down is found, or doubted, and never passed over.
    if len(network) == len(ledger) == len(history) > 0:
        lost = data.draw(st.integers(0, len(ledger) - 1), label="lost from the ledger")
        fewer = compare(ledger[:lost] + ledger[lost + 1 :], network, sight)
        assert fewer.differences or fewer.doubts


def test_slack_is_small_beside_a_call() -> None:
    assert timedelta(0) < SLACK <= timedelta(seconds=10)
