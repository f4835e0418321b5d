"""The dial level in words: how many calls, why so many, what is left."""

from dataclasses import replace

from campaigns.budget import Account
from campaigns.model import CampaignState
from dialer.pace_level import Level
from dialer.pacing import Bound, Decision
from dialer.progress import Progress
from dialer.status import dial_level
from dialer.store import EngineRow
from tests.unit.dialer.examples import NOON, stored

ACCOUNT = Account(rule="us.ftc.abandon", abandoned=7, answered=500, limit=0.03, soft_limit=0.03)
SPENT = Account(rule="us.ftc.abandon", abandoned=9, answered=90, limit=0.03, soft_limit=0.03)
SEEN = Decision(
    calls=1,
    bound=Bound.AGENTS,
    ready=2,
    in_flight=2,
    freed=1.2,
    answers=0.5,
    horizon_s=8,
    answer_rate=0.24,
    abandoned=0.014,
    limit=0.03,
)


def level(decision: Decision = SEEN, granted: int = 1, **more: object) -> Level:
    return Level(decision=decision, granted=granted, trunk="main", **({"account": ACCOUNT} | more))  # type: ignore[arg-type]


def test_the_level_says_how_many_calls_and_why() -> None:
    assert str(level()) == (
        "3 calls: 2 agents free, 1 expected in 8 s, 2 in flight, 0.5 answers due, "
        "answer rate 24 %, budget 1.4 of 3.0 %"
    )


def test_a_budget_that_untested_machines_have_spent_says_what_helps() -> None:
    machines = Account(
        rule="gb.ofcom.guard", abandoned=3, answered=9, limit=0.03, soft_limit=0.01, estimated=2
    )
    told = str(level(account=machines))
    assert told.endswith(
        "(2 of 3 abandoned are machines that may have been people, until some are judged: "
        "ringbank amd review)"
    )
    assert "amd review" not in str(level(account=SPENT))


def test_what_the_trunk_has_no_room_for_is_said() -> None:
    narrow = level(Decision(calls=9, bound=Bound.AGENTS, ready=5, in_flight=2), granted=4)
    assert str(narrow) == (
        "6 calls: 5 agents free, 2 in flight, budget 3.0 %, limited by trunk 'main': 4 of 9 more"
    )
    assert narrow.document()["bound"] == "trunk"


def test_a_budget_that_is_not_counted_yet_is_no_budget() -> None:
    assert level(counted=False).limit == (
        "the budget is still being counted: one call for each free agent"
    )


def test_other_processes_are_told_the_numbers() -> None:
    document = level().document()
    assert document.pop("text") == str(level())
    assert document == {
        "calls": 3,
        "in_flight": 2,
        "bound": "agents",
        "agents_free": 2,
        "agents_expected": 1.2,
        "answers_expected": 0.5,
        "horizon_s": 8,
        "answer_rate": 0.24,
        "budget": {
            "rule": "us.ftc.abandon",
            "abandoned": 7,
            "answered": 500,
            "rate": 0.014,
            "soft_limit": 0.03,
            "limit": 0.03,
            "left": 8.0,
            "estimated": 0.0,
            "spent": False,
        },
        "budget_counted": True,
    }
    assert level(account=None).document()["budget"] is None


def test_a_broadcast_that_calls_nobody_says_why() -> None:
    nobody = Decision(calls=0, bound=Bound.NOBODY, ready=0)
    held = level(nobody, 0, account=SPENT, is_broadcast=True).held
    assert held == (
        "9 of 90 who answered asked for an agent and found none, and rule us.ftc.abandon allows "
        "3 %; have an agent take calls: ringbank agents login NAME"
    )
    for other in (
        level(nobody, 0, account=SPENT),
        level(nobody, 0, is_broadcast=True),
        level(nobody, 0, account=None, is_broadcast=True),
        level(SEEN, 0, account=SPENT, is_broadcast=True),
    ):
        assert other.held is None


def test_status_shows_the_level_of_a_running_campaign_and_of_no_other() -> None:
    running = stored()
    row = EngineRow(
        name="default",
        token="t",
        host="here",
        pid=1,
        started_at=NOON,
        heartbeat_at=NOON,
        stopped_at=None,
        clock_offset=NOON - NOON,
        report=Progress(levels={running.campaign.name: level()}).document(),
    )
    assert dial_level(running, row) == level().document()
    assert dial_level(running, None) is None
    for state in (CampaignState.STOPPED, CampaignState.PAUSED):
        assert dial_level(replace(running, state=state), row) is None
