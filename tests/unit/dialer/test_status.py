"""Why nothing is being dialled: the engine's reasons, and the base's."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from campaigns.model import CampaignState, DialMode
from campaigns.report import Standing
from campaigns.tables import AT_ONCE
from dialer.idle import Ground, Idle
from dialer.progress import Progress, limit_of
from dialer.status import why_all_idle, why_idle
from dialer.store import EngineRow
from dialer.trunks import Lines
from tests.unit.campaigns.examples import campaign
from tests.unit.dialer.examples import NOON, TRUNK, at, stored

RUNNING = stored()
NONE_READY = Idle(Ground.NONE_READY, "no agent is ready")
LEADS = {"new": 3, "done": 2}


def engine(progress: Progress | None = None) -> EngineRow:
    return EngineRow(
        name="default",
        token="t",
        host="here",
        pid=1,
        started_at=NOON,
        heartbeat_at=NOON,
        stopped_at=None,
        clock_offset=timedelta(),
        report=(progress or Progress(calls={"tariff-switch": 0})).document(),
    )


def standing(
    leads: Mapping[str, int] = LEADS,
    next_call_at: datetime | None = AT_ONCE,
    held_by: str | None = None,
) -> Standing:
    return Standing(
        leads=leads, outcomes={}, next_call_at=next_call_at, held_by=held_by, done_by={}
    )


def why(found: Standing | None = None, **progress: object) -> str | None:
    told = Progress(calls={"tariff-switch": 0}, **progress)  # type: ignore[arg-type]
    return why_idle(RUNNING, found or standing(), engine(told), now=NOON)


def local(moment: datetime, form: str) -> str:
    return moment.astimezone().strftime(form)


# -- why a campaign is idle ------------------------------------------------------------------


def test_nothing_keeps_it_from_dialling() -> None:
    assert why() is None
    assert why(standing(next_call_at=NOON)) is None


@pytest.mark.parametrize("state", [CampaignState.STOPPED, CampaignState.PAUSED])
def test_it_was_not_started(state: CampaignState) -> None:
    found = why_idle(replace(RUNNING, state=state), standing(), engine(), now=NOON)
    assert found == f"the campaign is {state}; run: ringbank campaigns start tariff-switch"


def test_no_engine_runs() -> None:
    found = why_idle(RUNNING, standing(), None, now=NOON)
    assert found == "no engine runs; start one with: ringbank run"


def test_the_engine_is_stopping() -> None:
    assert why(stopping=True) == "the engine is stopping"


def test_the_engine_was_started_for_other_campaigns() -> None:
    others = Progress(calls={"another": 2}, limits={"another": NONE_READY})
    found = why_idle(RUNNING, standing(), engine(others), now=NOON)
    assert found == "the engine that runs was started for other campaigns; leave out its --campaign"


def test_an_engine_that_has_not_told_of_itself_yet_is_given_time() -> None:
    fresh = replace(engine(), report={})
    assert why_idle(RUNNING, standing(), fresh, now=NOON) is None


def test_the_engine_has_a_reason_of_its_own_for_this_campaign_only() -> None:
    assert why(limits={"tariff-switch": NONE_READY}) == "no agent is ready"
    assert why(limits={"another": NONE_READY}) is None


def test_a_campaign_is_dialled_while_one_of_several_engines_does() -> None:
    """Of engines that all have a reason the common one is told once, others by their names."""
    free = engine(Progress(calls={"tariff-switch": 0}))
    full, asleep = (
        replace(
            engine(Progress(calls={"tariff-switch": 0}, limits={"tariff-switch": why})), name=name
        )
        for name, why in (("oslo", Idle(Ground.LINES, "all lines are in use")),
                          ("bergen", Idle(Ground.NO_AGENT, "no agent is logged in")))
    )  # fmt: skip

    def all_of(*engines: EngineRow) -> str | None:
        return why_all_idle(RUNNING, standing(), engines, now=NOON)

    assert all_of(full, free) is None
    assert all_of(full) == "all lines are in use"
    assert all_of(full, replace(full, name="tromso")) == "all lines are in use"
    assert all_of(full, asleep) == "oslo: all lines are in use; bergen: no agent is logged in"
    assert all_of() == "no engine runs; start one with: ringbank run"


def test_there_is_nobody_to_call() -> None:
    assert why(standing({}, None)) == "its lists hold no lead"
    assert why(standing({"done": 5, "suppressed": 1}, None)) == "every lead is done"


def test_the_last_people_are_on_the_line() -> None:
    assert why(standing({"done": 5, "in_call": 1}, None)) is None


@pytest.mark.parametrize("runs", [False, True])
def test_a_manual_campaign_waits_for_its_agents_and_for_no_engine(runs: bool) -> None:
    by_hand = stored(campaign(mode=DialMode.MANUAL))
    found = why_idle(by_hand, standing(), engine() if runs else None, now=NOON)
    assert found == (
        "agents dial it themselves: ringbank next --campaign tariff-switch --agent NAME"
    )


def test_nobody_may_be_called_before_later() -> None:
    soon, late = at(60), NOON + timedelta(days=3)
    assert why(standing(next_call_at=soon, held_by="hours")) == (
        f"no lead is callable until {local(soon, '%H:%M')} (hours)"
    )
    assert why(standing(next_call_at=late)) == (
        f"no lead is callable until {local(late, '%Y-%m-%d %H:%M')}"
    )


# -- what the engine says of itself -----------------------------------------------------------


def limit(
    mode: DialMode = DialMode.PROGRESSIVE,
    *,
    ami_down: str | None = None,
    registry: str | None = None,
    used: int = 0,
    trunk: bool = True,
    agents_in: int = 2,
    agents_ready: int = 1,
) -> str | None:
    found = limit_of(
        campaign(mode=mode),
        ami_down=ami_down,
        registry=registry,
        lines=Lines(TRUNK, used=used) if trunk else None,
        agents_in=agents_in,
        agents_ready=agents_ready,
    )
    return None if found is None else str(found)


def test_each_limit_has_its_words() -> None:
    assert limit() is None
    assert limit(ami_down="refused") == "Asterisk cannot be reached: refused"
    assert limit(registry="gate registry: no file") == "gate registry: no file"
    assert limit(registry="x", ami_down="refused") == "Asterisk cannot be reached: refused"
    assert limit(trunk=False) == "trunk 'main' is not in the configuration"
    assert limit(used=10) == "trunk 'main' is full: 10 of 10 lines"
    assert limit(used=9) is None
    assert limit(agents_in=0, agents_ready=0) == "no agent is logged in"
    assert limit(agents_ready=0) == "no agent is ready"


def test_a_broadcast_needs_no_agent() -> None:
    assert limit(DialMode.BROADCAST, agents_in=0, agents_ready=0) is None
    assert limit(DialMode.BROADCAST, used=10) is not None


def test_a_manual_campaign_is_not_the_engines_to_dial() -> None:
    found = limit(DialMode.MANUAL, agents_in=0)
    assert found == (
        "its agents dial by hand; they get the next person with: "
        "ringbank next --campaign tariff-switch --agent NAME"
    )


def test_a_preview_campaign_waits_for_its_agents() -> None:
    told = (
        "its agents choose when to call; they get the next person with: "
        "ringbank next --campaign tariff-switch --agent NAME"
    )
    assert limit(DialMode.PREVIEW, agents_ready=0) == told
    assert limit(DialMode.PREVIEW, agents_in=0, agents_ready=0) == "no agent is logged in"
    assert limit(DialMode.PREVIEW, ami_down="refused") == "Asterisk cannot be reached: refused"


def test_what_other_processes_are_told_is_plain_json() -> None:
    told = Progress(
        ami_down="refused",
        lab_clock=NOON,
        calls={"tariff-switch": 2},
        trunks={"main": (3, 10)},
        agents={"ready": 1},
        limits={"tariff-switch": NONE_READY},
    ).document()
    assert json.loads(json.dumps(told)) == told
    assert told["lab_clock"] == "2026-12-01T12:00:00+00:00"
    assert told["trunks"] == {"main": {"used": 3, "max_calls": 10}}
    assert (told["calls"], told["agents"]) == ({"tariff-switch": 2}, {"ready": 1})
    assert told["limits"] == {"tariff-switch": "no agent is ready"}
    assert told["grounds"] == {"tariff-switch": "none_ready"}
    assert Progress().document()["lab_clock"] is None
