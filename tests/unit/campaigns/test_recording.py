"""Recording: by campaign and by the law of every place the person may be in."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.gates import decision_document
from campaigns.model import Campaign, DialMode, Recording
from campaigns.recording import (
    decide,
    is_announced,
    is_recorded,
    keep_at_most,
    must_be_said,
)
from campaigns.rules.model import Confidence, Duty, Force
from tests.unit.campaigns.examples import campaign, utc
from tests.unit.campaigns.judging import BRITAIN, FRANCE, GERMANY, MIAMI, NORWAY, facts
from tests.unit.campaigns.test_definition import campaign_of, the_problem

DAY = timedelta(days=1)


def duty(name: str = "xx.recording", *, topic: str = "recording", **says: str) -> Duty:
    return Duty(
        id=name,
        force=Force.LAW,
        confidence=Confidence.HIGH,
        source=("a text",),
        topic=topic,
        says=says,
    )


EVERYBODY = duty("de.recording", parties="all", announce="yes")
TOLD = duty("gb.recording", parties="one", announce="yes")
FREE = duty("yy.recording", parties="one", announce="no")
QUIET_ALL = duty("zz.recording", parties="all")


def recorded(announce: str = "always", **more: object) -> Campaign:
    return campaign(recording=Recording(keep=90 * DAY, announce=announce), **more)


@pytest.mark.parametrize(
    ("announce", "duties", "unknown", "record", "told"),
    [
        ("always", [], [], True, True),
        ("always", [EVERYBODY], [], True, True),
        ("law", [], [], True, False),
        ("law", [FREE], [], True, False),
        ("law", [FREE, TOLD], [], True, True),
        ("law", [QUIET_ALL], [], True, True),
        ("law", [], ["SE"], True, True),
        ("never", [], [], True, False),
        ("never", [FREE], [], True, False),
        ("never", [TOLD], [], False, False),
        ("never", [FREE, QUIET_ALL], [], False, False),
        ("never", [], ["SE"], False, False),
    ],
)
def test_the_strictest_place_decides(announce, duties, unknown, record, told):
    found = decide(recorded(announce), duties, unknown=unknown)
    assert (found.record, found.announce) == (record, told)
    assert found.why or not (told or not record)


def test_without_the_section_nobody_is_recorded_and_by_hand_nobody_can_be():
    assert not decide(campaign(), [FREE]).record
    by_hand = decide(recorded(mode=DialMode.MANUAL), [FREE])
    assert (by_hand.record, by_hand.why) == (False, "the agent dials on their own telephone")


def test_other_duties_say_nothing_of_recordings():
    other = duty("de.opening", topic="disclosure", announce="yes", parties="all")
    found = decide(recorded("law"), [other])
    assert (found.announce, found.rules) == (False, ())


def test_a_sound_tells_the_person_and_the_agent_need_not():
    spoken = decide(recorded(), [TOLD])
    played = decide(campaign(recording=Recording(keep=DAY, sound="rec-notice")), [TOLD])
    assert (spoken.spoken, played.announce, played.spoken) == (True, True, False)
    kept = {"recording": played.document()}
    assert is_recorded(kept)
    assert is_announced(kept)
    assert not must_be_said(kept)
    assert must_be_said({"recording": spoken.document()})
    assert not is_recorded({})


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("6 months for training", 168),
        ("1 month", 28),
        ("30 days", 30),
        ("2 weeks", 14),
        ("1 year", 365),
        ("as long as needed", None),
        ("", None),
    ],
)
def test_how_long_a_rule_lets_files_be_kept(words, days):
    found = keep_at_most(duty(keep_max=words))
    assert found == (None if days is None else days * DAY)
    keep = decide(campaign(recording=Recording(keep=200 * DAY)), [duty(keep_max=words)]).keep
    assert keep == (200 * DAY if days is None else min(200, days) * DAY)


duties = st.lists(
    st.builds(
        duty,
        st.just("some.rule"),
        parties=st.sampled_from(["one", "all", ""]),
        announce=st.sampled_from(["yes", "no", ""]),
        keep_max=st.sampled_from(["", "3 weeks", "1 month"]),
    ),
    max_size=4,
)


@given(duties, duties, st.sampled_from(["always", "law", "never"]))
def test_another_possible_place_never_loosens_anything(some, more, announce):
    fewer, all_ = decide(recorded(announce), some), decide(recorded(announce), [*some, *more])
    assert fewer.record or not all_.record
    if all_.record:
        assert all_.announce or not fewer.announce
        assert all_.keep <= fewer.keep
    assert not (all_.record and any(one.says.get("parties") == "all" for one in [*some, *more])
                and not all_.announce)  # fmt: skip


FILE = """
name = "calls"
lists = ["people"]
mode = "progressive"
trunk = "main"
caller_id = "+4721000000"
seller = "Example Telecom AS"
purpose = "survey"
"""


@pytest.mark.parametrize(
    ("lines", "recording"),
    [
        ('keep = "90d"', Recording(keep=90 * DAY)),
        ('keep = "90d"\nannounce = true', Recording(keep=90 * DAY)),
        ('keep = "1d"\nannounce = "law"', Recording(keep=DAY, announce="law")),
        ('keep = "52w"\nannounce = false', Recording(keep=364 * DAY, announce="never")),
        ('keep = "90d"\nsound = "rec/notice"', Recording(keep=90 * DAY, sound="rec/notice")),
    ],
)
def test_a_campaign_file_says_how_it_records(lines, recording):
    assert campaign_of(f"{FILE}[recording]\n{lines}\n").recording == recording


def test_a_file_without_the_section_records_nothing():
    assert campaign_of(FILE).recording is None


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("", "recording.keep: is missing"),
        ('keep = "23h"', "recording.keep: must be from"),
        ('keep = "90d"\nannounce = "sometimes"', "recording.announce: must be true, false or"),
        ('keep = "90d"\nannounce = 1', "recording.announce: must be true, false or"),
        ('keep = "90d"\nsound = "a b"', "recording.sound: may only hold"),
        ('keep = "90d"\nsound = "x"\nannounce = false', "recording.sound: is never played"),
        ('keep = "90d"\nannouce = true', "recording.annouce: unknown key"),
    ],
)
def test_what_cannot_be_used_is_told(lines, told):
    assert told in the_problem(f"{FILE}[recording]\n{lines}\n")


@pytest.mark.parametrize(
    ("number", "announced"),
    [(GERMANY, True), (MIAMI, True), (BRITAIN, True), (FRANCE, True), (NORWAY, False)],
)
def test_the_shipped_rules_decide_where_a_campaign_leaves_it_to_the_law(number, announced):
    """Florida and Germany ask for everybody's consent, Norway's file names no duty."""
    kept = decision_document(facts(number, utc("2026-12-01T12:00"), recorded("law")))["recording"]
    assert (kept["record"], kept["announce"]) == (True, announced)
    assert kept["keep_days"] == 90
    silent = decision_document(facts(number, utc("2026-12-01T12:00"), recorded("never")))
    assert silent["recording"]["record"] is not announced


def test_the_laws_longest_time_goes_before_the_campaigns():
    asked = campaign(recording=Recording(keep=300 * DAY))
    kept = decision_document(facts(FRANCE, utc("2026-12-01T12:00"), asked))["recording"]
    assert kept["keep_days"] == 168
    assert "fr.recording" in kept["rules"]


def test_the_decision_is_kept_only_where_a_campaign_records():
    assert "recording" not in decision_document(facts(GERMANY, utc("2026-12-01T12:00"), campaign()))
