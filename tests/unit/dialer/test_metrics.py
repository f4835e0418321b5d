"""What monitoring is shown of an engine, in the format that Prometheus reads."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.ledger import Closing
from campaigns.model import AgentState, CampaignState, Outcome
from dialer.call import Call
from dialer.idle import Ground, Idle
from dialer.live import LiveCall, Work
from dialer.metrics_server import written
from dialer.onlooker import Onlooker
from dialer.pace_level import Level
from dialer.progress import Progress
from tests.metrics import read
from tests.unit.dialer.examples import NOON, at, attempt, stored
from tests.unit.dialer.test_pace_level import level

SPRING = stored()
NAME = SPRING.campaign.name


def live(number: int) -> LiveCall:
    call = Call(channel_id=f"rb-{number}", placed_at=NOON)
    return LiveCall(call, attempt(number), SPRING)


def closing(number: int, outcome: Outcome, *, answered_s: float | None, connected_s: float | None):
    return Closing(
        attempt_id=attempt(number).id,
        lead_id=number,
        number_id=number,
        outcome=outcome,
        evidence="hangup",
        answered_at=None if answered_s is None else at(answered_s),
        connected_at=None if connected_s is None else at(connected_s),
        ended_at=at(60),
        ring_s=5.0,
        talk_s=None,
        cause=16,
        sip_code=200,
        key=None,
        agent_id=None,
    )


def shown(onlooker: Onlooker, progress: Progress | None = None) -> dict[str, float]:
    """Return the metrics by name and values of labels."""
    onlooker.progress(progress or Progress())
    found = read(written(onlooker, "default"))
    return {
        " ".join([name, *(value for _, value in labels)]): v for (name, labels), v in found.items()
    }


# -- the format ------------------------------------------------------------------------------


@given(st.dictionaries(st.text(), st.integers(0, 1000), max_size=5))
def test_whatever_a_name_holds_is_read_back(lines: dict[str, int]) -> None:
    onlooker = Onlooker()
    onlooker.progress(Progress(trunks={name: (0, most) for name, most in lines.items()}))
    found = read(written(onlooker, "default"))
    assert {
        labels[0][1]: value for (name, labels), value in found.items() if name == "ringbank_lines"
    } == lines


# -- what is shown ---------------------------------------------------------------------------


def test_before_the_engine_has_told_of_itself_it_is_not_up() -> None:
    onlooker = Onlooker()
    found = read(written(onlooker, "default"))
    assert found == {
        ("ringbank_up", (("engine", "default"),)): 0,
        ("process_start_time_seconds", ()): onlooker.began_at.timestamp(),
        ("ringbank_link_lost_total", ()): 0,
    }


def test_how_the_engine_stands() -> None:
    progress = Progress(
        calls={NAME: 4},
        outcomes={NAME: {"busy": 2, "connected": 9}},
        trunks={"main": (4, 10)},
        agents={"ready": 2},
        limits={NAME: Idle(Ground.LINES, "full")},
        levels={NAME: level()},
    )
    found = shown(Onlooker(), progress)
    expected = {
        "ringbank_up default": 1,
        "ringbank_asterisk_up": 1,
        "ringbank_rules_current": 1,
        "ringbank_stopping": 0,
        f"ringbank_calls_in_flight {NAME}": 4,
        f"ringbank_campaign_held {NAME} lines": 1,
        f"ringbank_attempts {NAME} busy": 2,
        f"ringbank_attempts {NAME} connected": 9,
        "ringbank_lines_in_use main": 4,
        "ringbank_lines main": 10,
        "ringbank_agents ready": 2,
        "ringbank_agents talking": 0,
        f"ringbank_dial_level_calls {NAME}": 3,
        f"ringbank_abandoned_ratio {NAME} us.ftc.abandon": 0.014,
        f"ringbank_abandoned_limit_ratio {NAME} us.ftc.abandon": 0.03,
    }
    assert {key: found.get(key) for key in expected} == expected
    assert sum(key.startswith("ringbank_agents ") for key in found) == len(AgentState)


def test_what_is_wrong_is_shown() -> None:
    found = shown(Onlooker(), Progress(ami_down="refused", rules_problem="line 3", stopping=True))
    assert found["ringbank_asterisk_up"] == 0
    assert found["ringbank_rules_current"] == 0
    assert found["ringbank_stopping"] == 1


def test_a_campaign_without_a_budget_has_no_share() -> None:
    free: Level = level(account=None)
    found = shown(Onlooker(), Progress(calls={NAME: 0}, levels={NAME: free}))
    assert not [key for key in found if key.startswith("ringbank_abandoned")]


# -- what is counted -------------------------------------------------------------------------


def test_a_call_is_counted_when_it_begins_is_answered_and_ends() -> None:
    onlooker, one, two = Onlooker(), live(1), live(2)
    onlooker.turn(Work(), [one, two])
    assert shown(onlooker)[f"ringbank_calls_placed_total {NAME} main"] == 2
    one.call = replace(one.call, answered_at=at(5))
    for _ in range(3):
        onlooker.turn(Work(), [])
    found = shown(onlooker)
    assert found[f"ringbank_calls_answered_total {NAME}"] == 1
    ends = Work(
        closings=[
            (SPRING, closing(1, Outcome.CONNECTED, answered_s=5, connected_s=6.5)),
            (SPRING, closing(2, Outcome.BUSY, answered_s=None, connected_s=None)),
        ]
    )
    onlooker.turn(ends, [])
    found = shown(onlooker)
    assert found[f"ringbank_calls_ended_total {NAME} connected"] == 1
    assert found[f"ringbank_calls_ended_total {NAME} busy"] == 1
    assert found[f"ringbank_calls_answered_total {NAME}"] == 1
    assert found[f"ringbank_connect_seconds_sum {NAME}"] == 1.5
    assert found[f"ringbank_connect_seconds_bucket {NAME} 1.0"] == 0
    assert found[f"ringbank_connect_seconds_bucket {NAME} 1.5"] == 1
    assert found[f"ringbank_connect_seconds_count {NAME}"] == 1


def test_a_call_that_is_answered_and_ends_in_one_turn_was_answered() -> None:
    onlooker = Onlooker()
    onlooker.turn(Work(), [live(1)])
    end = closing(1, Outcome.HUNG_UP_EARLY, answered_s=5, connected_s=None)
    onlooker.turn(Work(closings=[(SPRING, end)]), [])
    found = shown(onlooker)
    assert found[f"ringbank_calls_answered_total {NAME}"] == 1
    assert not [key for key in found if key.startswith("ringbank_connect")]


def test_each_loss_of_the_link_is_counted_however_short() -> None:
    onlooker = Onlooker()
    assert shown(onlooker)["ringbank_link_lost_total"] == 0
    onlooker.link_lost()
    onlooker.link_lost()
    assert shown(onlooker)["ringbank_link_lost_total"] == 2


def test_a_wait_of_two_seconds_is_in_the_bucket_of_the_rules() -> None:
    onlooker = Onlooker()
    for number, connected_s in ((1, 7.0), (2, 7.001)):
        end = closing(number, Outcome.CONNECTED, answered_s=5, connected_s=connected_s)
        onlooker.turn(Work(closings=[(SPRING, end)]), [live(number)])
    found = shown(onlooker)
    buckets = {key.split()[-1]: v for key, v in found.items() if "connect_seconds_bucket" in key}
    assert (buckets["1.5"], buckets["2.0"], buckets["3.0"], buckets["+Inf"]) == (0, 1, 2, 2)


def test_campaigns_that_nobody_runs_are_no_news(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="dialer.onlooker")
    onlooker = Onlooker()
    paused = replace(SPRING, state=CampaignState.PAUSED)
    for known in (
        paused,
        paused,
        SPRING,
        SPRING,
        paused,
        replace(SPRING, state=CampaignState.STOPPED),
    ):
        onlooker.campaigns([known])
    told = [record.__dict__["event"] for record in caplog.records]
    assert told == ["campaign_started", "campaign_paused", "campaign_stopped"]
