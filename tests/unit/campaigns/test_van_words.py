"""What VAN is told of a call, and on which day."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.exports.van_words import HIDDEN, End, Words, local_day, read_map
from campaigns.model import DispositionKind, Outcome

KNOWN = ("busy", "success", "refusal", "not_now")


@pytest.mark.parametrize(
    ("outcome", "word"),
    [
        ("no_answer", "Not Home"),
        ("machine", "Not Home"),
        ("busy", "Busy"),
        ("unallocated", "Disconnected"),
        ("fax", "Wrong Number"),
        ("abandoned", "Not Home"),
        ("hung_up_early", "Not Home"),
        ("hung_up_waiting", "Not Home"),
        ("connected", None),
    ],
)
def test_what_the_network_saw_has_a_word(outcome: str, word: str | None):
    assert Words().result(End(outcome=Outcome(outcome))) == word


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("refusal", "Refused"),
        ("hostile", "Refused"),
        ("callback", "Call Back"),
        ("wrong_number", "Wrong Number"),
        ("do_not_call", "Do Not Call"),
        ("no_contact", "Not Home"),
        ("machine", "Not Home"),
        ("left_message", "Left Message"),
        ("deceased", "Deceased"),
        ("language", "Other Language"),
        ("success", None),
        ("completed", None),
        ("partial", None),
        ("not_eligible", None),
    ],
)
def test_what_the_agent_said_comes_before_what_the_network_saw(kind: str, word: str | None):
    for outcome in Outcome:
        end = End(outcome=outcome, disposition="own_word", kind=DispositionKind(kind))
        assert Words().result(end) == word
        assert not end.hidden


def test_every_outcome_is_hidden_or_has_a_word_but_the_one_that_needs_an_agent():
    told = {outcome for outcome in Outcome if Words().result(End(outcome=outcome)) is not None}
    assert told == {*Outcome} - HIDDEN - {Outcome.CONNECTED}
    assert {outcome for outcome in Outcome if End(outcome=outcome).hidden} == HIDDEN


def test_the_campaigns_own_words_come_first():
    words = read_map(["busy=Not Home", " not_now = Come Back ", "success=Strong=Yes"], KNOWN)
    assert isinstance(words, Words)
    assert words.result(End(outcome=Outcome.BUSY)) == "Not Home"
    now = End(outcome=Outcome.CONNECTED, disposition="not_now", kind=DispositionKind.REFUSAL)
    assert words.result(now) == "Come Back"
    success = End(outcome=Outcome.CONNECTED, disposition="success", kind=DispositionKind.SUCCESS)
    assert words.result(success) == "Strong=Yes"
    said = End(outcome=Outcome.BUSY, disposition="refusal", kind=DispositionKind.REFUSAL)
    assert words.result(said) == "Refused"


def test_everything_wrong_with_a_map_is_told_at_once():
    given = ["busy", "=Busy", "busy=", "refusl=Refused", "congestion=Busy", "busy=Busy"]
    problems = read_map(given, KNOWN)
    assert isinstance(problems, tuple)
    assert [problem.why for problem in problems] == [
        "'busy' must be like busy=Busy",
        "'=Busy' must be like busy=Busy",
        "'busy=' must be like busy=Busy",
        "there is no code 'refusl'; did you mean 'refusal'?",
        "congestion says nothing of a person, and VAN is not told of it; leave it out",
    ]


@given(st.text())
def test_no_text_upsets_the_map(text: str):
    read_map([text], KNOWN)


@pytest.mark.parametrize(
    ("zones", "day"),
    [
        (["America/Los_Angeles"], "2026-06-01"),
        (["America/New_York", "America/Chicago"], "2026-06-01"),
        (["Australia/Sydney"], "2026-06-02"),
        (["America/New_York", "Australia/Sydney"], "2026-06-02"),
        ([], "2026-06-02"),
    ],
)
def test_the_day_is_the_persons_own_or_that_of_utc(zones: list[str], day: str):
    assert local_day(datetime(2026, 6, 2, 1, 30, tzinfo=UTC), zones) == day
