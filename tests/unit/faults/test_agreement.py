"""What a fault round takes for a difference, the boundaries included."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from dialer.lab.records import NetworkRecord
from tests.faults.agreement import Books, Outage
from tests.unit.dialer.examples import at

LISTENS, IS_BUSY = "+4721000000", "+4721000020"


def attempt(
    outcome: str | None,
    phone: str = LISTENS,
    *,
    number: int = 1,
    evidence: str | None = "hangup",
    dialed_s: float = 0,
    ended_s: float | None = 6,
) -> SimpleNamespace:
    return SimpleNamespace(
        id=number,
        phone=phone,
        outcome=outcome,
        evidence=evidence,
        dialed_at=at(dialed_s),
        ended_at=None if ended_s is None else at(ended_s),
    )


def call(*, ended_s: float = 6) -> NetworkRecord:
    return NetworkRecord(
        number=LISTENS,
        caller="+4721000001",
        started_at=at(0),
        answered_at=at(0.1),
        ended_at=at(ended_s),
        disposition="ANSWERED",
        cause=16,
        kind="listens",
    )


def wrong(*attempts: SimpleNamespace, calls=(), **outages: list[Outage]) -> list[str]:
    books = Books(attempts=attempts, network=calls, **outages)
    return books.disagreements({one.phone for one in attempts})


def test_what_people_are_is_what_is_booked() -> None:
    assert wrong(attempt("connected"), calls=[call()]) == []
    assert wrong(attempt("hung_up_early"), calls=[call()]) == [
        f"{LISTENS}: attempt 1: booked hung_up_early by hangup, and they are connected"
    ]


def test_everybody_is_called() -> None:
    books = Books(attempts=[attempt("connected")], network=[call()])
    assert books.disagreements([LISTENS, IS_BUSY]) == [f"{IS_BUSY}: nobody called them"]


def test_nobody_is_called_again_who_was_done() -> None:
    again = attempt("connected", number=2, dialed_s=20, ended_s=26)
    assert wrong(attempt("connected"), again, calls=[call(), call()]) == [
        f"{LISTENS}: called again by attempt 2, after connected"
    ]


@pytest.mark.parametrize(("dialed_s", "one_after_the_other"), [(6, True), (5.999, False)])
def test_whoever_is_busy_is_called_once_more_and_not_meanwhile(
    dialed_s: float, one_after_the_other: bool
) -> None:
    first = attempt("busy", IS_BUSY)
    again = attempt("busy", IS_BUSY, number=2, dialed_s=dialed_s, ended_s=13)
    third = attempt("busy", IS_BUSY, number=3, dialed_s=20, ended_s=21)
    assert (wrong(first, again) == []) is one_after_the_other
    assert wrong(first) == [f"{IS_BUSY}: called 1 times, after busy they were to be once more"]
    assert wrong(first, attempt("busy", IS_BUSY, number=2, dialed_s=6), third) == [
        f"{IS_BUSY}: called again by attempt 3, after busy"
    ]


def test_every_attempt_has_an_outcome() -> None:
    open_one = attempt(None, evidence=None, ended_s=None)
    assert wrong(open_one, calls=[call()]) == [f"{LISTENS}: attempt 1: it has no outcome"]


def test_only_a_cause_that_is_told_once_may_be_lost() -> None:
    assert wrong(attempt("failed", IS_BUSY, evidence="dialplan")) == []
    assert wrong(attempt("failed", IS_BUSY, evidence="hangup"))
    assert wrong(attempt("failed", evidence="dialplan"))


@pytest.mark.parametrize(
    ("died_s", "back_s", "dialed_s", "ended_s", "may_be"),
    [
        (3, 4, 0, 6, True),
        (7.999, 9, 0, 6, True),
        (8, 9, 0, 6, False),
        (3, 4, 4, 6, True),
        (3, 4, 4.001, 6, False),
    ],
)
def test_unknown_is_only_what_was_open_or_just_over_when_asterisk_died(
    died_s: float, back_s: float, dialed_s: float, ended_s: float, may_be: bool
) -> None:
    books = wrong(
        attempt("unknown", evidence="lost", dialed_s=dialed_s),
        calls=[call(ended_s=ended_s)],
        outages=[Outage(at(died_s), at(back_s))],
    )
    assert (books == []) is may_be


def test_where_asterisk_lived_nothing_is_unknown() -> None:
    unknown = attempt("unknown", evidence="lost")
    assert wrong(unknown, calls=[call()])
    assert wrong(unknown, calls=[call()], carrier_outages=[Outage(at(1), at(2))])


@pytest.mark.parametrize(
    ("outcome", "evidence", "may_be_without"),
    [("unknown", "lost", True), ("unknown", "dialplan", False), ("connected", "hangup", False)],
)
def test_only_what_died_with_asterisk_needs_no_record(
    outcome: str, evidence: str, may_be_without: bool
) -> None:
    books = Books(attempts=[attempt(outcome, evidence=evidence)], network=[])
    assert (books.without_record() == {1}) is may_be_without


@pytest.mark.parametrize(("gone_s", "may_be_without"), [(6, True), (6.001, False)])
def test_a_carrier_that_was_away_need_not_have_the_calls_of_that_time(
    gone_s: float, may_be_without: bool
) -> None:
    away = Outage(at(gone_s), at(gone_s) + timedelta(seconds=2))
    books = Books(attempts=[attempt("connected")], network=[], carrier_outages=[away])
    assert (books.without_record() == {1}) is may_be_without


@pytest.mark.parametrize(("gone_s", "lost"), [(6, True), (6.001, False)])
def test_a_carrier_that_died_may_not_have_told_why_nobody_answers(
    gone_s: float, lost: bool
) -> None:
    away = Outage(at(gone_s), at(gone_s) + timedelta(seconds=2))
    unheard = attempt("no_answer")
    books = Books(attempts=[unheard], network=[call()], carrier_outages=[away])
    assert (books.without_cause() == {unheard.phone}) is lost


def test_a_call_that_the_network_has_is_never_left_out() -> None:
    books = Books(attempts=[attempt("unknown", evidence="lost")], network=[call()])
    assert books.without_record() == frozenset()
