"""People who are looked at before they are called, and whom an agent would rather not call."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, update

from campaigns import desk, leases, ledger, owed, skips
from campaigns.agents import agent_of
from campaigns.claims import Claim
from campaigns.desk_tables import agent_states
from campaigns.erasure import erase
from campaigns.leases import Lease
from campaigns.merging import merge
from campaigns.model import AgentState, CampaignState, DispositionKind, Outcome
from campaigns.person import everything_of
from campaigns.previewing import PREVIEW_LEASE, take_up
from campaigns.result_words import Result
from campaigns.scripts.shown import note_shown
from campaigns.skips import MOST_AN_HOUR, PASSED_OVER_FOR
from campaigns.store import StoredCampaign
from campaigns.tables import agents
from dialer import floor
from dialer import store as engine_store
from dialer.agent import AgentEvent
from dialer.clock import Clock
from dialer.floor import Floor
from dialer.live import Dial
from dialer.store import RequestKind
from dialer.switchboard import Switchboard
from dialer.trunks import Trunk
from leads.db import reading, writing
from leads.errors import NotAllowedError, UsageError
from tests.db.people import (
    LAWS,
    NOON,
    OPEN_10_TO_20,
    add_agent,
    attempt_row,
    claim_rows,
    close,
    definition,
    enrolled,
    import_people,
    intend,
    minutes,
    phone,
    put,
    started,
    suppress,
)
from tests.db.placers import placer_for

SECOND = timedelta(seconds=1)
CLOSES = NOON + timedelta(hours=8)
"""20:00 in Norway."""
LAST = CLOSES - timedelta(seconds=25)
"""A call that begins then has rung out when the hours end."""


@pytest.fixture
def anna(base: Engine) -> int:
    return add_agent(base)


@pytest.fixture
def spring(base: Engine) -> StoredCampaign:
    """A campaign in preview mode that runs, with three people on its list."""
    import_people(base, crowd(3))
    return started(base, definition(mode="preview", hours=OPEN_10_TO_20))


def crowd(number: int) -> list[tuple[str, str]]:
    """Return so many people, each with a number of their own."""
    return [(f"Person {n}", phone(n)) for n in range(1, number + 1)]


def ask(base: Engine, stored: StoredCampaign, agent_id: int, *, now=NOON) -> Lease | None:
    with writing(base) as connection:
        return desk.next_person(connection, stored, LAWS, agent_id, now=now)


def look(base: Engine, stored: StoredCampaign, agent_id: int, *, now=NOON) -> Lease:
    lease = ask(base, stored, agent_id, now=now)
    assert lease is not None
    return lease


def judge(base: Engine, stored: StoredCampaign, lease: Lease, agent_id: int, *, now=NOON):
    with writing(base) as connection:
        return take_up(connection, stored, LAWS, lease.lease, agent_id, now=now)


def dial(base: Engine, stored: StoredCampaign, lease: Lease, agent_id: int, *, now=NOON):
    """Write the intent to call somebody an agent looked at; return the open attempt."""
    with writing(base) as connection:
        taken = take_up(connection, stored, LAWS, lease.lease, agent_id, now=now)
        assert isinstance(taken, Claim), taken
        (intent,) = intend(connection, stored, [taken], now=now, agent_id=agent_id)
    return intent


def set_state(base: Engine, agent_id: int, state: AgentState) -> None:
    with writing(base) as connection:
        connection.execute(update(agents).where(agents.c.id == agent_id).values(state=state))


# Looking


def test_a_person_is_held_for_ten_minutes_and_then_free_again(base: Engine, spring, anna: int):
    bo = add_agent(base, "bo")
    lease = look(base, spring, anna)
    assert lease.expires_at == NOON + PREVIEW_LEASE == NOON + minutes(10)
    just_before = NOON + PREVIEW_LEASE - SECOND
    assert look(base, spring, anna, now=just_before).lease == lease.lease
    others = look(base, spring, bo, now=NOON + PREVIEW_LEASE)
    assert others.lead_id == lease.lead_id


@pytest.mark.parametrize("state", [AgentState.OUT, AgentState.PAUSED, AgentState.PREVIEW])
def test_who_takes_no_calls_may_look(base: Engine, spring, anna: int, state: AgentState):
    set_state(base, anna, state)
    assert ask(base, spring, anna) is not None


@pytest.mark.parametrize("state", [AgentState.READY, AgentState.TALKING])
def test_who_may_be_given_somebody_may_not(base: Engine, spring, anna: int, state: AgentState):
    set_state(base, anna, state)
    with pytest.raises(NotAllowedError, match="ringbank agents pause anna"):
        ask(base, spring, anna)
    assert claim_rows(base) == []


# Dialling


def test_a_call_keeps_the_script_that_its_agent_was_shown_before(base: Engine, spring, anna: int):
    lease = look(base, spring, anna)
    with writing(base) as connection:
        note_shown(connection, lease, "0123456789ab")
    assert attempt_row(base, dial(base, spring, lease, anna).id).script_version == "0123456789ab"


def test_the_attempt_is_the_agents_and_the_lease_has_no_end_while_the_call_lives(
    base: Engine, spring, anna: int
):
    lease = look(base, spring, anna)
    intent = dial(base, spring, lease, anna, now=NOON + minutes(9))
    (held,) = claim_rows(base)
    assert (held.expires_at, held.attempt_id, held.agent_id) == (None, intent.id, anna)
    row = attempt_row(base, intent.id)
    assert (row.agent_id, row.lease, row.mode) == (anna, lease.lease, "preview")
    assert row.decision["at"] == "2026-06-02T10:09:00Z", "judged when it was dialled"
    with writing(base) as connection:
        owed.release_expired(connection, spring, now=NOON + timedelta(hours=3))
        (found,) = ledger.open_attempts(connection, "default")
    assert found == intent
    assert look(base, spring, anna, now=NOON + timedelta(hours=3)).live


def test_whoever_is_not_reached_waits_and_the_agent_is_free(base: Engine, spring, anna: int):
    lease = look(base, spring, anna)
    intent = dial(base, spring, lease, anna)
    close(base, spring, intent, Outcome.BUSY, agent_id=anna, answered_at=None, connected_at=None)
    assert claim_rows(base) == []
    assert attempt_row(base, intent.id).agent_id == anna
    assert look(base, spring, anna).lead_id != lease.lead_id


@pytest.mark.parametrize(("now", "may"), [(LAST, True), (LAST + SECOND, False)])
def test_the_hours_are_asked_again(base: Engine, spring, anna: int, now, may: bool):
    lease = look(base, spring, anna, now=CLOSES - minutes(5))
    found = judge(base, spring, lease, anna, now=now)
    assert isinstance(found, Claim) is may
    if not may:
        assert "(hours)" in found
        assert claim_rows(base) == []
        row = next(r for r in enrolled(base, spring).values() if r.lead_id == lease.lead_id)
        assert (row.state, row.held_by) == ("new", "hours")
        assert row.next_call_at == NOON + timedelta(days=1) - timedelta(hours=2)


def test_whoever_asked_not_to_be_called_meanwhile_is_out_of_the_work(
    base: Engine, spring, anna: int
):
    lease = look(base, spring, anna)
    suppress(base, phone(1))
    assert "(suppression)" in judge(base, spring, lease, anna)
    row = next(r for r in enrolled(base, spring).values() if r.lead_id == lease.lead_id)
    assert row.state == "suppressed"


def test_in_a_campaign_that_was_paused_the_person_goes_back_as_they_were(
    base: Engine, spring, anna: int
):
    lease = look(base, spring, anna)
    paused = put(base, spring, CampaignState.PAUSED)
    assert "ringbank campaigns start spring" in judge(base, paused, lease, anna)
    row = next(r for r in enrolled(base, paused).values() if r.lead_id == lease.lead_id)
    assert (row.state, row.attempts, claim_rows(base)) == ("new", 0, [])


def test_an_engine_says_that_of_the_campaign_and_not_what_its_voice_waits_for(
    base: Engine, spring, anna: int
):
    lease = look(base, spring, anna)
    put(base, spring, CampaignState.PAUSED)
    trunk = Trunk(
        name="main",
        channel="PJSIP/{number}@carrier",
        max_calls=10,
        max_calls_per_second=10,
        caller_ids=("+4721000000",),
    )
    board = Switchboard({"main": trunk}, new_id=str, goodbye="vm-goodbye")
    placer = replace(placer_for(base, LAWS), clock=Clock.set_to(NOON))
    with writing(base) as connection:
        wish = engine_store.ask(connection, "default", RequestKind.DIAL, now=NOON, agent_id=anna)
        dial = Dial(request=wish, agent_id=anna, lease=lease.lease)
        assert placer.dial(connection, board, [dial], at_s=0.0) == []
        why_not = engine_store.answer_to(connection, wish).why_not
    assert "the campaign is paused, the person was put back" in (why_not or "")


def test_a_lease_that_is_over_or_somebody_elses_is_not_dialled(base: Engine, spring, anna: int):
    bo = add_agent(base, "bo")
    lease = look(base, spring, anna)
    assert "the lease is over" in judge(base, spring, lease, bo)
    assert "the lease is over" in judge(base, spring, lease, anna, now=NOON + PREVIEW_LEASE)
    (held,) = claim_rows(base)
    assert held.agent_id == anna, "it is theirs until somebody ends it"
    dial(base, spring, lease, anna)
    assert "called already" in judge(base, spring, lease, anna)


def test_a_promise_that_is_due_may_be_kept_in_preview(base: Engine, spring, anna: int):
    lease = look(base, spring, anna)
    intent = dial(base, spring, lease, anna)
    at = NOON + minutes(30)
    close(base, spring, intent, Outcome.CONNECTED, agent_id=anna)
    chosen = next(d for d in spring.campaign.dispositions if d.kind is DispositionKind.CALLBACK)
    with writing(base) as connection:
        held = leases.find_lease(connection, lease.lease)
        said = Result(disposition=chosen, callback_at=at)
        desk.give_result(connection, spring, held, said, now=NOON + minutes(5))
    again = look(base, spring, anna, now=at)
    assert again.lead_id == lease.lead_id, "a promise goes before whoever is new"
    assert isinstance(judge(base, spring, again, anna, now=at), Claim)


def test_nobody_has_a_result_who_was_not_called(base: Engine, spring, anna: int):
    lease = look(base, spring, anna)
    chosen = next(d for d in spring.campaign.dispositions if d.kind is DispositionKind.REFUSAL)
    with (
        pytest.raises(NotAllowedError, match=f"ringbank dial {lease.lease}"),
        writing(base) as connection,
    ):
        desk.give_result(connection, spring, lease, Result(disposition=chosen), now=NOON)
    with reading(base) as connection:
        assert leases.lease_of(connection, anna) == lease


# Skipping


def skip(
    base: Engine,
    stored: StoredCampaign,
    lease: Lease,
    agent_id: int,
    *,
    note: str | None = None,
    now=NOON,
) -> None:
    with writing(base) as connection:
        desk.give_back(connection, stored, lease)
        skips.note_skip(
            connection, campaign_id=stored.id, lead_id=lease.lead_id, agent_id=agent_id,
            reason="other", note=note, now=now,
        )  # fmt: skip


def test_why_somebody_was_skipped_holds_no_card_number(base: Engine, spring, anna: int):
    lease = look(base, spring, anna)
    with pytest.raises(UsageError, match="--note holds what looks like the number of a paym"):
        skip(base, spring, lease, anna, note="paid with 4111 1111 1111 1111")
    assert look(base, spring, anna).lease == lease.lease


def test_whoever_is_skipped_goes_to_others_and_not_to_the_same_agent_that_day(
    base: Engine, spring, anna: int
):
    bo = add_agent(base, "bo")
    lease = look(base, spring, anna)
    skip(base, spring, lease, anna)
    row = next(r for r in enrolled(base, spring).values() if r.lead_id == lease.lead_id)
    assert (row.state, row.attempts) == ("new", 0)
    second = look(base, spring, anna)
    assert second.lead_id != lease.lead_id
    assert look(base, spring, bo).lead_id == lease.lead_id
    with writing(base) as connection:
        held = leases.lease_of(connection, bo)
        assert held is not None
        desk.give_back(connection, spring, held)
        desk.give_back(connection, spring, second)
        for now, passed in ((PASSED_OVER_FOR - SECOND, {lease.lead_id}), (PASSED_OVER_FOR, set())):
            assert skips.passed_over(connection, spring.id, anna, now=NOON + now) == passed


def test_an_agent_who_has_skipped_all_who_stand_in_front_gets_the_next(base: Engine, anna: int):
    import_people(base, crowd(40))
    many = started(base, definition(mode="preview"))
    now = NOON
    seen = []
    for _ in range(30):
        lease = look(base, many, anna, now=now)
        seen.append(lease.lead_id)
        skip(base, many, lease, anna, now=now)
        now += minutes(61 / MOST_AN_HOUR)
    assert len(set(seen)) == 30
    assert look(base, many, anna, now=now).lead_id not in seen


def test_nobody_skips_more_than_ten_people_an_hour(base: Engine, anna: int):
    import_people(base, crowd(20))
    many = started(base, definition(mode="preview"))
    for number in range(MOST_AN_HOUR):
        now = NOON + number * SECOND
        skip(base, many, look(base, many, anna, now=now), anna, now=now)
    lease = look(base, many, anna)
    hour = timedelta(hours=1)
    with pytest.raises(NotAllowedError, match="10 people were skipped"):
        skip(base, many, lease, anna, now=NOON + hour - SECOND)
    with reading(base) as connection:
        assert leases.lease_of(connection, anna) == lease, "they are held still"
        passed = skips.passed_over(connection, many.id, anna, now=NOON)
    assert len(passed) == MOST_AN_HOUR
    skip(base, many, lease, anna, now=NOON + hour)


def test_what_an_agent_wrote_of_somebody_they_skipped_is_the_persons(
    base: Engine, spring, anna: int
):
    lease = look(base, spring, anna)
    with writing(base) as connection:
        desk.give_back(connection, spring, lease)
        skips.note_skip(
            connection, campaign_id=spring.id, lead_id=lease.lead_id, agent_id=anna,
            reason="know_person", note="my neighbour", now=NOON,
        )  # fmt: skip
        (kept,) = everything_of(connection, lease.lead_id)["skips"]
        assert (kept["campaign"], kept["note"]) == ("spring", "my neighbour")
        erase(connection, lease.lead_id, now=NOON)
        (left,) = everything_of(connection, lease.lead_id)["skips"]
    assert (left["reason"], left["note"]) == ("know_person", None), "the count stays, no word does"


def test_a_skip_goes_with_the_person_into_whom_another_is_merged(base: Engine, spring, anna: int):
    lease = look(base, spring, anna)
    skip(base, spring, lease, anna)
    other = next(r.lead_id for r in enrolled(base, spring).values() if r.lead_id != lease.lead_id)
    with writing(base) as connection:
        merge(connection, other, lease.lead_id, who="anna", now=NOON)
        assert skips.passed_over(connection, spring.id, anna, now=NOON) == {other}


def test_a_reason_that_nobody_knows_is_refused_with_those_that_there_are():
    with pytest.raises(UsageError, match=r"nearest is 'know_person'.*too_late"):
        skips.skip_reason("know_persn")


# What agents do is kept


def test_each_state_is_kept_once_however_often_it_is_written(base: Engine, anna: int):
    with reading(base) as connection:
        kept = Floor([floor.as_agent(agent_of(connection, anna))])
    steps = [
        (AgentEvent.LOGIN, None),
        (AgentEvent.LINE_UP, None),
        (AgentEvent.PAUSE, "lunch"),
        (AgentEvent.PAUSE, "lunch"),
        (AgentEvent.READY, None),
        (AgentEvent.GIVEN, None),
        (AgentEvent.PAUSE, "meeting"),
    ]
    for minute, (event, pause) in enumerate(steps):
        kept.tell(anna, event, now=NOON + minutes(minute), pause=pause)
    kept.tell(anna, AgentEvent.CALL_OVER, now=NOON + minutes(9))
    kept.tell(anna, AgentEvent.RESULT, now=NOON + minutes(9))
    changed = kept.take_changed()
    for _ in range(2):  # the answer to the first commit was lost
        with writing(base) as connection:
            floor.write(connection, "default", changed)
    with reading(base) as connection:
        rows = connection.execute(select(agent_states).order_by(agent_states.c.id)).all()
    assert [(row.state, row.pause, row.since) for row in rows] == [
        ("calling", None, NOON),
        ("paused", None, NOON + minutes(1)),
        ("paused", "lunch", NOON + minutes(2)),
        ("ready", None, NOON + minutes(4)),
        ("talking", None, NOON + minutes(5)),
        ("wrap_up", None, NOON + minutes(9)),
        ("paused", "meeting", NOON + minutes(9)),
    ]


def test_what_shall_follow_the_talk_outlives_the_engine(base: Engine, anna: int):
    with reading(base) as connection:
        kept = Floor([floor.as_agent(agent_of(connection, anna))])
    for event in (AgentEvent.LOGIN, AgentEvent.LINE_UP, AgentEvent.DIAL):
        kept.tell(anna, event, now=NOON)
    with writing(base) as connection:
        floor.write(connection, "default", kept.take_changed())
        (again,) = floor.agents_of(connection, "default")
    assert (again.state, again.then) == (AgentState.DIALING, AgentState.PREVIEW)
