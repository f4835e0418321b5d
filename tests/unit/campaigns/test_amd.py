"""Machine detection: what a campaign file may ask for, what a test of it says, whom the law hurries."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.abandonment import AnsweredCall, Measuring
from campaigns.amd import AMD_OFF, Amd, Heard, written_amd
from campaigns.amd_law import too_slow
from campaigns.amd_share import ENOUGH, UNTESTED, AmdTest, wilson
from campaigns.changes import describe_changes
from campaigns.limits import cooling
from campaigns.messages import Clip, Words
from campaigns.model import DispositionKind, Outcome
from campaigns.recording import SAMPLE, decide_sample, is_recorded
from campaigns.rules.model import ConnectFrom, Event
from tests.unit.campaigns.examples import campaign
from tests.unit.campaigns.test_audit import ABANDONED, CANADA, FCC, NOON, OFCOM, TALK, answered
from tests.unit.campaigns.test_definition import BROADCAST, FILE, campaign_of, the_problem
from tests.unit.campaigns.test_limits import ANNA_AT_HOME, call, cooldown
from tests.unit.campaigns.test_limits import NOON as TODAY
from tests.unit.campaigns.test_recording import EVERYBODY, FREE, QUIET_ALL, TOLD

# The campaign file

DETECT = FILE.replace('amd = "off"', 'amd = "detect"')
LEAVES = DETECT.replace('on_machine = "hang_up"', 'on_machine = "message"')
SAID = '[machine_message]\nsound = "vm-intro"\n'


def with_lines(text: str, lines: str) -> str:
    return text.replace("[dialing]\n", f"[dialing]\n{lines}\n")


def test_without_a_word_of_it_nothing_is_detected() -> None:
    assert campaign_of(FILE.replace('amd = "off"\n', "")).amd == AMD_OFF
    assert campaign_of(FILE).amd == AMD_OFF
    assert not AMD_OFF.detect


def test_detection_leaves_an_agent_with_the_person_and_hangs_up_on_machines() -> None:
    found = campaign_of(DETECT).amd
    assert found == Amd(detect=True, when="joined", on_machine="hang_up", samples=20)
    assert not found.before


def test_everything_that_may_be_said_of_it_is_kept() -> None:
    lines = 'amd_when = "before"\namd_samples = 0'
    found = campaign_of(with_lines(LEAVES, lines) + SAID).amd
    assert found == Amd(detect=True, when="before", on_machine="message", samples=0)
    assert found.before
    assert not replace(found, detect=False).before


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            LEAVES,
            "machine_message: is missing; say what a machine is told: "
            'text = "WORDS", or sound = "FILE"',
        ),
        (DETECT + SAID, 'machine_message: is never played where on_machine is "hang_up"'),
        (
            LEAVES + SAID.replace("vm-intro", "vm intro"),
            "machine_message.sound: may only hold letters, digits and _ . / -",
        ),
        (
            DETECT.replace('"progressive"', '"manual"'),
            "dialing.amd: must be 'off' where the mode is manual: "
            "the agent hears on their own telephone who answers",
        ),
        (
            DETECT.replace('"progressive"', '"preview"'),
            "dialing.amd: must be 'off' where the mode is preview: "
            "the agent who chose the person hears who answers",
        ),
    ],
)
def test_what_cannot_be_meant_is_told(text: str, told: str) -> None:
    assert the_problem(text) == told


def test_a_machine_is_told_a_recording_or_a_text_in_the_persons_language() -> None:
    assert campaign_of(LEAVES + SAID).machine_message == Words(sound="vm-intro")
    spoken = campaign_of(
        LEAVES + '[machine_message]\ntext = "Call {phone}."\n'
        '[machine_message.languages.nb]\ntext = "Ring {phone}."\n'
    ).machine_message
    assert spoken == Words(text="Call {phone}.", languages={"nb": Clip(text="Ring {phone}.")})
    assert campaign_of(DETECT).machine_message is None


def test_a_text_for_machines_makes_the_voice_of_a_broadcast_a_machines() -> None:
    lines = '[dialing]\namd = "detect"\non_machine = "message"\n[machine_message]\n'
    assert campaign_of(BROADCAST + lines + 'sound = "a"').voice == "recorded"
    assert campaign_of(BROADCAST + lines + 'text = "a"').voice == "synthetic"


def test_a_broadcast_may_detect_too() -> None:
    assert campaign_of(BROADCAST + '[dialing]\namd = "detect"\n').amd.detect


def test_a_change_of_it_is_told() -> None:
    everything = Amd(detect=True, when="before", on_machine="message", samples=7)
    assert written_amd(AMD_OFF) == {}
    assert list(
        describe_changes(
            campaign(),
            campaign(amd=everything, machine_message=Words(text="Call us.")),
        )
    ) == [
        'dialing.amd: none -> "detect"',
        'dialing.amd_when: none -> "before"',
        'dialing.on_machine: none -> "message"',
        "dialing.amd_samples: none -> 7",
        'machine_message.text: none -> "Call us."',
    ]


# What the law leaves time for


@pytest.mark.parametrize(
    ("since", "slow"),
    [
        (ConnectFrom.ANSWER, True),
        (ConnectFrom.GREETING_START, True),
        (ConnectFrom.GREETING_END, False),
    ],
)
def test_a_verdict_before_the_agent_is_too_late_unless_the_time_runs_from_the_greetings_end(
    since: ConnectFrom, slow: bool
) -> None:
    assert bool(too_slow([replace(FCC, connect_from=since)])) is slow
    assert too_slow([replace(FCC, connect_from=since, connect_within_s=None)]) == ()


def test_the_rules_that_ship_hurry_britain_and_canada_and_not_the_states() -> None:
    assert too_slow([OFCOM, FCC, CANADA]) == (OFCOM, CANADA)


# The test of detection


@pytest.mark.parametrize(
    ("found", "of", "low", "high"),
    [
        # Worked out by hand from the formula, and the same as in textbooks.
        (0, 10, 0.0, 0.2775),
        (1, 10, 0.0179, 0.4042),
        (5, 50, 0.0435, 0.2136),
        (10, 10, 0.7225, 1.0),
        (0, 0, 0.0, 1.0),
    ],
)
def test_the_interval_of_a_share(found: int, of: int, low: float, high: float) -> None:
    assert wilson(found, of) == pytest.approx((low, high), abs=0.0001)


@given(st.integers(0, 2000), st.data())
def test_the_interval_holds_the_share_and_narrows_with_more(of: int, data: st.DataObject) -> None:
    found = data.draw(st.integers(0, of))
    low, high = wilson(found, of)
    assert 0 <= low <= high <= 1
    if of:
        assert low <= found / of + 1e-12
        assert high >= found / of - 1e-12
        assert wilson(2 * found, 2 * of)[1] - wilson(2 * found, 2 * of)[0] < high - low


def test_without_a_test_every_machine_may_have_been_a_person() -> None:
    assert (UNTESTED.share, UNTESTED.assumed) == (None, 1.0)


def test_the_highest_likely_share_is_assumed_until_enough_was_judged() -> None:
    few, enough = AmdTest(ENOUGH - 1, 5), AmdTest(ENOUGH, 5)
    assert few.assumed == wilson(5, ENOUGH - 1)[1] > 0.2
    assert enough.assumed == enough.share == 0.1
    assert few + AmdTest(1, 0) == enough


@given(st.integers(0, 300), st.data())
def test_what_is_assumed_is_never_less_than_what_was_found(of: int, data: st.DataObject) -> None:
    tested = AmdTest(of, data.draw(st.integers(0, of)))
    assert (tested.share or 0.0) <= tested.assumed + 1e-12 <= 1.0 + 1e-12


# What it makes of the shares of abandoned calls

SET_ASIDE = answered(Outcome.MACHINE, amd=Heard.MACHINE)
PASSED_ON = answered(amd=Heard.MACHINE, disposition=DispositionKind.MACHINE)
PERSON = answered(amd=Heard.PERSON)


def estimate(calls: list[AnsweredCall], tested: AmdTest) -> tuple[float, float | None]:
    measuring = Measuring(OFCOM, NOON.date(), tested)
    for one in calls:
        measuring.add(one)
    (found,) = measuring.shares()
    return found.counters["amd_false_positive_estimate"], found.rate


def test_the_share_that_a_test_found_is_taken_of_the_machines_nobody_heard() -> None:
    calls = 50 * [SET_ASIDE] + 5 * [PASSED_ON] + 95 * [PERSON]
    assert estimate(calls, AmdTest(100, 10)) == (5.0, pytest.approx(5 / 95))
    assert estimate(calls, AmdTest(100, 0)) == (0.0, 0.0)
    assert estimate(calls, UNTESTED)[0] == 50


def test_a_machine_that_an_agent_heard_and_a_fax_are_nobody_who_was_hung_up_on() -> None:
    assert estimate([PASSED_ON, answered(Outcome.FAX), PERSON], UNTESTED) == (0.0, 0.0)


def test_the_machines_share_comes_off_only_where_nothing_detects_them() -> None:
    heard = answered(disposition=DispositionKind.MACHINE)
    by_ear = [TALK, heard, ABANDONED, ABANDONED]
    assert estimate(by_ear, UNTESTED)[1] == pytest.approx(1 / 3)
    assert estimate([*by_ear, PERSON], UNTESTED)[1] == pytest.approx(2 / 4)


# The rest that follows


@pytest.mark.parametrize(
    ("one", "rests"),
    [
        (replace(call(Outcome.MACHINE), amd=Heard.MACHINE), True),
        (call(Outcome.MACHINE), True),
        # The verdict counts, though it was wrong, or the machine was passed on.
        (replace(call(Outcome.CONNECTED, DispositionKind.SUCCESS), amd=Heard.MACHINE), True),
        (replace(call(Outcome.CONNECTED, DispositionKind.MACHINE), amd=Heard.MACHINE), True),
        (replace(call(Outcome.CONNECTED), amd=Heard.PERSON), False),
        (replace(call(Outcome.ABANDONED), amd=Heard.UNSURE), False),
        # An agent's own word is no verdict of a machine.
        (call(Outcome.MACHINE, DispositionKind.MACHINE), False),
        (call(Outcome.CONNECTED, DispositionKind.MACHINE), False),
    ],
)
def test_the_verdict_is_what_a_cooldown_after_a_machine_waits_after(one, rests: bool) -> None:
    found = cooling(cooldown(Event.AMD_MACHINE), [one], ANNA_AT_HOME, now=TODAY)
    assert (found is not None) is rests


# Samples


@pytest.mark.parametrize(
    ("duties", "unknown", "kept"),
    [
        ([], [], True),
        ([FREE], [], True),
        ([FREE, TOLD], [], False),
        ([QUIET_ALL], [], False),
        ([EVERYBODY], [], False),
        ([FREE], ["SE"], False),
    ],
)
def test_a_beginning_is_recorded_only_where_nobody_has_to_be_told(duties, unknown, kept) -> None:
    found = decide_sample(duties, unknown=unknown)
    assert found.record is kept
    assert is_recorded({SAMPLE: found.document()}, SAMPLE) is kept
    assert not is_recorded({SAMPLE: found.document()}), "it says nothing of the talk"
    assert (found.keep is not None) is kept
    assert bool(found.why) is not kept


def test_a_beginning_is_kept_for_a_month_or_as_long_as_the_law_lets() -> None:
    assert decide_sample([FREE]).document()["keep_days"] == 30
    shorter = replace(FREE, says={**FREE.says, "keep_max": "2 weeks"})
    assert decide_sample([shorter]).document()["keep_days"] == 14
