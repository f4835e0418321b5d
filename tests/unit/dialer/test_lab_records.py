"""The carrier's records, as Asterisk writes them."""

from datetime import UTC, datetime

from dialer.lab.records import parse

ANSWERED = (
    '"+4721000100","+4721000000","1795384029.250000","1795384030.500000","1795384033.000000",'
    '"ANSWERED","16","listens"\n'
)
BUSY = (
    '"+4721000120","+4721000000","1795384040.000001","0.000000","1795384040.000900",'
    '"BUSY","17","busy"\n'
)


def test_an_answered_call_has_all_three_moments():
    (record,) = parse(ANSWERED)
    assert (record.number, record.caller) == ("+4721000100", "+4721000000")
    assert record.started_at == datetime.fromtimestamp(1795384029.25, UTC)
    assert record.answered_at == datetime.fromtimestamp(1795384030.5, UTC)
    assert record.ended_at == datetime.fromtimestamp(1795384033, UTC)
    assert (record.disposition, record.cause, record.kind) == ("ANSWERED", 16, "listens")


def test_a_call_that_nobody_answered_has_no_answer():
    (record,) = parse(BUSY)
    assert record.answered_at is None


def test_a_line_that_is_still_being_written_is_left_out():
    assert parse(ANSWERED + BUSY[:40]) == parse(ANSWERED)
    assert len(parse(ANSWERED + BUSY)) == 2
    assert parse("") == ()
