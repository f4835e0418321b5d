"""Health is false when nothing can be dialled that should be, and says why."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.model import AgentState
from dialer.health import Health, Seen, judge
from dialer.idle import Ground, Idle


def seen(
    ground: Ground | None, name: str = "spring", in_flight: int = 0, *, for_agents: bool = False
) -> Seen:
    idle = None if ground is None else Idle(ground, f"it is {ground}")
    return Seen(name=name, idle=idle, in_flight=in_flight, for_agents=for_agents)


def test_no_campaign_is_no_fault() -> None:
    assert judge((), {}) == Health(ok=True, dialling=[], held={}, warnings=[])


@pytest.mark.parametrize(
    ("ground", "idle_ok", "with_calls_ok"),
    [
        (None, True, True),
        (Ground.NOT_STARTED, True, True),
        (Ground.NO_LEAD, True, True),
        (Ground.DONE, True, True),
        (Ground.BY_HAND, True, True),
        (Ground.LINES, False, True),
        (Ground.BUDGET, False, True),
        (Ground.NONE_READY, False, True),
        (Ground.NOT_YET, False, True),
        (Ground.TRIPPED, False, False),
        (Ground.NO_ENGINE, False, False),
        (Ground.STOPPING, False, False),
        (Ground.OTHER_CAMPAIGNS, False, False),
        (Ground.ASTERISK, False, False),
        (Ground.REGISTRY, False, False),
        (Ground.VOICE, False, False),
        (Ground.NO_TRUNK, False, False),
        (Ground.NO_AGENT, False, False),
        (Ground.OTHER, False, False),
    ],
)
def test_each_ground_is_a_fault_or_not(
    ground: Ground | None, idle_ok: bool, with_calls_ok: bool
) -> None:
    without = judge([seen(ground)], {})
    assert without.ok is idle_ok
    assert [*without.held] == ([] if idle_ok else ["spring"])
    assert judge([seen(ground, in_flight=1)], {}).ok is with_calls_ok


def test_the_table_above_leaves_no_ground_out() -> None:
    (mark,) = test_each_ground_is_a_fault_or_not.pytestmark
    assert {ground for ground, *_ in mark.args[1]} == {None, *Ground}


@pytest.mark.parametrize("state", AgentState)
def test_nobody_is_ready_while_agents_talk_and_that_passes(state: AgentState) -> None:
    found = judge([seen(Ground.NONE_READY)], {state.value: 1})
    at_work = state not in {AgentState.OUT, AgentState.PAUSED, AgentState.READY}
    assert found.ok is at_work


@pytest.mark.parametrize(
    ("agents", "ok"),
    [
        ({"paused": 3}, False),
        ({"paused": 3, "ready": 1}, True),
        ({"paused": 3, "talking": 1}, True),
    ],
)
def test_a_campaign_for_agents_has_somebody_to_give_people_to(
    agents: dict[str, int], ok: bool
) -> None:
    found = judge([seen(None, for_agents=True)], agents)
    assert found.ok is ok
    assert [str(why) for why in found.held.values()] == ([] if ok else ["no agent is ready"])
    assert judge([seen(None)], {"paused": 3}).ok, "a broadcast needs no agent"


def test_one_campaign_that_goes_on_is_enough_and_the_other_is_named() -> None:
    found = judge([seen(Ground.NO_AGENT, "sale"), seen(None, "news")], {}, warnings=["rules"])
    assert found.document() == {
        "ok": True,
        "dialling": ["news"],
        "reasons": [{"campaign": "sale", "reason": "no_agent", "text": "it is no_agent"}],
        "warnings": ["rules"],
    }


@given(
    st.lists(st.tuples(st.sampled_from([None, *Ground]), st.integers(0, 3), st.booleans())),
    st.dictionaries(st.sampled_from([state.value for state in AgentState]), st.integers(0, 3)),
)
def test_what_is_not_well_always_has_a_reason(
    grounds: list[tuple[Ground | None, int, bool]], agents: dict[str, int]
) -> None:
    campaigns = [
        seen(ground, f"c{n}", in_flight, for_agents=for_agents)
        for n, (ground, in_flight, for_agents) in enumerate(grounds)
    ]
    found = judge(campaigns, agents)
    assert found.ok or (found.held and not found.dialling)
    assert not {*found.dialling} & {*found.held}
    assert json.loads(json.dumps(found.document())) == found.document()
