"""Call records in the form of Asterisk's Master.csv."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.carrier_records import CarrierRecord, read_records
from leads.problems import Problem

ANSWERED = (
    '"","+4721000000","+4722000001","from-dialer","""Ringbank"" <+4721000000>",'
    '"PJSIP/dialer-00000001","","Playback","hello","2026-12-01 17:00:01","2026-12-01 17:00:09",'
    '"2026-12-01 17:00:31",30,22,"ANSWERED","DOCUMENTATION"'
)


def changed(**cells: str) -> str:
    line = ANSWERED
    for before, after in cells.items():
        old = {"start": "2026-12-01 17:00:01", "answer": "2026-12-01 17:00:09"}.get(before, before)
        assert old in line
        line = line.replace(old, after)
    return line


def test_a_record_is_read() -> None:
    assert [*read_records([f"{ANSWERED}\n"])] == [
        CarrierRecord(
            dialled="+4722000001",
            unique_id=None,
            started_at=datetime(2026, 12, 1, 17, 0, 1, tzinfo=UTC),
            ended_at=datetime(2026, 12, 1, 17, 0, 31, tzinfo=UTC),
            answered=True,
            cause=None,
        )
    ]


def test_the_id_of_the_channel_is_read_where_it_is_there() -> None:
    (one,) = read_records([f'{ANSWERED},"ringbank-call-1f",""\n'])
    assert isinstance(one, CarrierRecord)
    assert one.unique_id == "ringbank-call-1f"


@pytest.mark.parametrize(
    ("word", "answer", "answered", "cause"),
    [
        ("ANSWERED", "2026-12-01 17:00:09", True, None),
        ("ANSWERED", "", False, None),
        ("NO ANSWER", "", False, None),
        ("BUSY", "", False, 17),
        ("CONGESTION", "", False, 34),
        ("FAILED", "", False, None),
    ],
)
def test_what_became_of_the_call(word: str, answer: str, answered: bool, cause: int | None) -> None:
    (one,) = read_records([changed(ANSWERED=word, answer=answer)])
    assert isinstance(one, CarrierRecord)
    assert (one.answered, one.cause) == (answered, cause)


def test_a_line_that_is_no_record_is_told_and_the_others_are_read() -> None:
    lines = [f"{ANSWERED}\n", "a,b,c\n", "\n", f"{changed(start='yesterday')}\n", f"{ANSWERED}\n"]
    read = [*read_records(lines)]
    assert [type(one) for one in read] == [CarrierRecord, Problem, Problem, CarrierRecord]
    assert [one.where for one in read if isinstance(one, Problem)] == ["line 2", "line 4"]
    assert "has 3 columns" in str(read[1])


@given(st.lists(st.text(max_size=200), max_size=20))
def test_whatever_stands_in_a_file_is_read_or_told(lines: list[str]) -> None:
    for one in read_records(lines):
        assert isinstance(one, CarrierRecord | Problem)


def test_a_record_without_an_end_ends_where_it_begins() -> None:
    (record,) = read_records([ANSWERED.replace("2026-12-01 17:00:31", "")])
    assert isinstance(record, CarrierRecord)
    assert record.ended_at == record.started_at
