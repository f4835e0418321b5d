"""Whoever refused is offered something else, and whoever said no for good is left in peace."""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, Row, delete, select

from campaigns import store
from campaigns.claims import Claim, claim
from campaigns.enrolment import enrol, judge_slice
from campaigns.ledger import note_agent
from campaigns.merging import merge
from campaigns.model import CampaignState, DispositionKind, Outcome, Turn
from campaigns.moving import missing_targets
from campaigns.results import record_result
from campaigns.store import StoredCampaign
from campaigns.tables import agents, attempts, campaign_leads
from dialer.schema import open_base
from leads.db import reading, writing
from leads.tables import list_members, lists
from tests.db.people import (
    LAWS,
    NOON,
    add_agent,
    attempt_row,
    call,
    close,
    create,
    definition,
    dial,
    enrolled,
    import_people,
    lead_id_of,
    minutes,
    new_lease,
    phone,
    put,
    said,
    started,
    take,
    understood,
)

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)

REASONS = """[[refusal_reasons]]
code = "price"
offer = { campaign = "budget", after = "30d" }

[[refusal_reasons]]
code = "under_contract_until"
offer = { campaign = "budget", before = "60d" }

[[refusal_reasons]]
code = "no_need"

[[refusal_reasons]]
code = "never_by_phone"

[[refusal_reasons]]
code = "data_deletion_request"
"""


def offering(name: str = "switch", *, on: Sequence[str] = ("norway",), **more: str) -> str:
    """Return a campaign whose refusals are offered the budget, or, in that one, the switch."""
    other = "switch" if name == "budget" else "budget"
    return definition(name, on=on, talk=REASONS.replace("budget", other), **more)


@pytest.fixture
def switch(base: Engine) -> StoredCampaign:
    """A campaign that runs, with Åse on its list, and that offers a budget for the price."""
    import_people(base, [("Åse", phone(1))])
    add_agent(base)
    return started(base, offering())


@pytest.fixture
def budget(base: Engine, switch: StoredCampaign) -> StoredCampaign:
    """The campaign that is offered; nobody is on its own list."""
    import_people(base, [("Nobody", phone(99))], "others")
    stored = started(base, offering("budget", on=["others"]))
    (other,) = come(base, stored)
    close(base, stored, dial(base, stored, other)[0], Outcome.UNALLOCATED)
    return stored


def come(
    base: Engine, stored: StoredCampaign, limit: int = 1, *, now: datetime = NOON
) -> tuple[Claim, ...]:
    """Enrol and claim, as an engine does."""
    with writing(base) as connection:
        stored = store.load(connection, stored.campaign.name)
        enrol(connection, stored, LAWS, now=now)
        return claim(connection, stored, LAWS, limit=limit, now=now, new_lease=new_lease).taken


def begin(base: Engine, stored: StoredCampaign, *, now: datetime = NOON) -> Any:
    """Call the next person; an agent is on the line."""
    (attempt,) = dial(base, stored, *come(base, stored, now=now), now=now)
    with writing(base) as connection:
        anna = connection.execute(select(agents.c.id)).scalars().first()
        assert anna is not None
        note_agent(connection, attempt.id, anna)
    return attempt


def say(
    base: Engine,
    stored: StoredCampaign,
    attempt: Any,
    kind: DispositionKind,
    *,
    now: datetime = NOON,
    **more: Any,
) -> None:
    with writing(base) as connection:
        record_result(connection, stored, attempt.id, said(stored, kind, **more), now=now)


def talk(
    base: Engine,
    stored: StoredCampaign,
    kind: DispositionKind,
    *,
    now: datetime = NOON,
    **more: Any,
) -> int:
    """Call the next person, talk for no time at all, and give the result."""
    attempt = begin(base, stored, now=now)
    close(base, stored, attempt, Outcome.CONNECTED, ended_at=now, agent_id=None)
    say(base, stored, attempt, kind, now=now, **more)
    return int(attempt.id)


def refuse(
    base: Engine, stored: StoredCampaign, reason: str, *, now: datetime = NOON, **more: Any
) -> int:
    return talk(base, stored, DispositionKind.REFUSAL, reason=reason, now=now, **more)


def ase(base: Engine, stored: StoredCampaign) -> Row[Any] | None:
    return enrolled(base, stored).get("Åse")


# The moment and the place


def test_whoever_refused_waits_in_the_other_campaign(
    base: Engine, switch: StoredCampaign, budget: StoredCampaign
):
    attempt_id = refuse(base, switch, "price")
    row = ase(base, budget)
    assert row is not None
    assert (row.state, row.turn, row.attempts) == ("waiting", Turn.REOFFER, 0)
    assert (row.next_call_at, row.held_by) == (NOON + 30 * DAY, "reoffer:price")
    assert (row.came_from, row.list) == (attempt_id, "norway")
    kept = attempt_row(base, attempt_id)
    assert (kept.reoffer_campaign, kept.reoffer_at) == ("budget", NOON + 30 * DAY)
    left = ase(base, switch)
    assert left is not None
    assert (left.state, left.refusal_reason) == ("done", "price")


def test_they_are_called_there_when_their_time_has_come_and_not_a_second_before(
    base: Engine, switch: StoredCampaign, budget: StoredCampaign
):
    refuse(base, switch, "price")
    due = NOON + 30 * DAY
    assert come(base, budget, now=due - SECOND) == ()
    (claimed,) = come(base, budget, now=due)
    assert claimed.person.lead_id == lead_id_of(base, "Åse")


def test_a_day_that_was_named_counts_back(
    base: Engine, switch: StoredCampaign, budget: StoredCampaign
):
    refuse(base, switch, "under_contract_until", detail="2027-03-01")
    row = ase(base, budget)
    assert row is not None
    assert row.next_call_at == datetime(2026, 12, 31, tzinfo=UTC)


def test_who_goes_back_unclaimed_still_waits_in_turn(
    base: Engine, switch: StoredCampaign, budget: StoredCampaign
):
    from campaigns.desk import give_back
    from campaigns.leases import lease_of

    refuse(base, switch, "price")
    due = NOON + 30 * DAY
    with writing(base) as connection:
        enrol(connection, budget, LAWS, now=due)
        anna = connection.execute(select(agents.c.id)).scalar_one()
        claim(connection, budget, LAWS, limit=1, now=due, new_lease=new_lease, agent_id=anna)
        lease = lease_of(connection, anna)
        assert lease is not None
        give_back(connection, budget, lease)
    row = ase(base, budget)
    assert row is not None
    assert (row.state, row.turn, row.next_call_at) == ("waiting", Turn.REOFFER, due)


@pytest.mark.parametrize("reason", ["no_need", None])
def test_a_reason_without_an_offer_moves_nobody(
    base: Engine, switch: StoredCampaign, budget: StoredCampaign, reason: str
):
    attempt_id = refuse(base, switch, reason)
    assert ase(base, budget) is None
    assert attempt_row(base, attempt_id).reoffer_campaign is None


def test_a_campaign_that_is_not_there_gets_nobody(base: Engine, switch: StoredCampaign):
    with reading(base) as connection:
        assert missing_targets(connection, switch.campaign) == ("budget",)
    attempt_id = refuse(base, switch, "price")
    kept = attempt_row(base, attempt_id)
    assert (kept.reoffer_campaign, kept.reoffer_at) == (None, None)


def test_a_campaign_that_stands_still_gets_people_too(base: Engine, switch: StoredCampaign):
    budget = create(base, offering("budget"))
    with reading(base) as connection:
        assert missing_targets(connection, switch.campaign) == ()
    refuse(base, switch, "price")
    row = ase(base, budget)
    assert row is not None
    assert row.next_call_at == NOON + 30 * DAY


# Who is there already


def test_who_is_new_there_waits_for_the_moment_too(base: Engine, switch: StoredCampaign):
    budget = started(base, offering("budget"))
    refuse(base, switch, "price")
    assert come(base, budget, now=NOON + 30 * DAY - SECOND) == ()
    assert len(come(base, budget, now=NOON + 30 * DAY)) == 1


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [(None, Outcome.BUSY), (None, Outcome.NO_ANSWER), ("refusal", None), ("success", None)],
)
def test_who_was_called_there_is_left_alone(
    base: Engine, switch: StoredCampaign, kind: str | None, outcome: Outcome | None
):
    budget = started(base, offering("budget"))
    if kind is not None:
        reason = "no_need" if kind == "refusal" else None
        talk(base, budget, DispositionKind(kind), reason=reason)
    else:
        assert outcome is not None
        call(base, budget, outcome)
    before = ase(base, budget)
    attempt_id = refuse(base, switch, "price", now=NOON + minutes(10))
    assert ase(base, budget) == before
    assert attempt_row(base, attempt_id).reoffer_campaign is None


def test_campaigns_that_offer_one_another_end(base: Engine):
    import_people(base, [("Åse", phone(1))])
    add_agent(base)
    switch = started(base, offering())
    budget = started(base, offering("budget"))
    refuse(base, switch, "price")
    attempt_id = refuse(base, budget, "price", now=NOON + 30 * DAY)
    assert attempt_row(base, attempt_id).reoffer_campaign is None
    for stored in (switch, budget):
        assert come(base, stored, now=NOON + 300 * DAY) == ()


# Taken back


def test_a_word_that_replaces_a_refusal_takes_the_offer_back(
    base: Engine, switch: StoredCampaign, budget: StoredCampaign
):
    attempt = begin(base, switch)
    say(base, switch, attempt, DispositionKind.REFUSAL, reason="price")
    assert ase(base, budget) is not None
    say(base, switch, attempt, DispositionKind.SUCCESS)
    assert ase(base, budget) is None
    kept = attempt_row(base, attempt.id)
    assert (kept.reoffer_campaign, kept.reoffer_at, kept.refusal_reason) == (None, None, None)


def test_another_reason_takes_the_place_of_the_first(
    base: Engine, switch: StoredCampaign, budget: StoredCampaign
):
    attempt = begin(base, switch)
    say(base, switch, attempt, DispositionKind.REFUSAL, reason="price")
    say(
        base, switch, attempt, DispositionKind.REFUSAL,
        reason="under_contract_until", detail="2027-03-01",
    )  # fmt: skip
    row = ase(base, budget)
    assert row is not None
    assert row.held_by == "reoffer:under_contract_until"
    assert attempt_row(base, attempt.id).reoffer_at == row.next_call_at


def test_who_was_new_there_is_new_again(base: Engine, switch: StoredCampaign):
    budget = started(base, offering("budget"))
    before = ase(base, budget)
    attempt = begin(base, switch)
    say(base, switch, attempt, DispositionKind.REFUSAL, reason="price")
    assert ase(base, budget) != before
    say(base, switch, attempt, DispositionKind.SUCCESS)
    assert ase(base, budget) == before


def test_who_was_called_there_since_cannot_be_taken_back(
    base: Engine, switch: StoredCampaign, budget: StoredCampaign
):
    attempt_id = refuse(base, switch, "price")
    (attempt,) = dial(base, budget, *come(base, budget, now=NOON + 30 * DAY))
    close(base, budget, attempt, Outcome.BUSY)
    before = ase(base, budget)
    with writing(base) as connection:
        record_result(
            connection, switch, attempt_id, said(switch, DispositionKind.SUCCESS), now=NOON
        )
    assert ase(base, budget) == before
    assert attempt_row(base, attempt_id).reoffer_campaign == "budget"


# A no for good

FOR_GOOD = [
    (DispositionKind.REFUSAL, "never_by_phone"),
    (DispositionKind.REFUSAL, "data_deletion_request"),
    (DispositionKind.DO_NOT_CALL, None),
    (DispositionKind.HOSTILE, None),
    (DispositionKind.DECEASED, None),
]


@pytest.mark.parametrize(("kind", "reason"), FOR_GOOD)
def test_a_no_for_good_ends_what_an_earlier_refusal_began(
    base: Engine,
    switch: StoredCampaign,
    budget: StoredCampaign,
    kind: DispositionKind,
    reason: str | None,
):
    summer = started(base, offering("summer"))
    refuse(base, switch, "price")
    talk(base, summer, kind, reason=reason, now=NOON + minutes(10))
    row = ase(base, budget)
    assert row is not None
    assert (row.state, row.held_by) == ("done", "disposition:said_no")
    with writing(base) as connection:
        store.change(
            connection, budget, understood(offering("budget", on=["others"], top="priority = 1")),
            definition=offering("budget", on=["others"], top="priority = 1"),
            script=None, file=None, now=NOON,
        )  # fmt: skip
    put(base, budget, CampaignState.RUNNING)
    assert come(base, budget, now=NOON + 300 * DAY) == ()


@pytest.mark.parametrize(("kind", "reason"), FOR_GOOD)
def test_who_said_no_for_good_is_sent_nowhere(
    base: Engine,
    switch: StoredCampaign,
    budget: StoredCampaign,
    kind: DispositionKind,
    reason: str | None,
):
    summer = started(base, offering("summer"))
    first = begin(base, summer)
    close(base, summer, first, Outcome.CONNECTED, agent_id=None)
    claimed = come(base, switch)  # before it is known, Åse is held for the other campaign
    say(base, summer, first, kind, reason=reason)
    if claimed:
        (attempt,) = dial(base, switch, *claimed)
        close(base, switch, attempt, Outcome.CONNECTED, agent_id=None)
        say(base, switch, attempt, DispositionKind.REFUSAL, reason="price")
    assert claimed
    assert ase(base, budget) is None


def test_a_wish_not_to_be_called_among_the_reasons_is_one(base: Engine, switch: StoredCampaign):
    import_people(base, [("Per", phone(1))], "household")
    summer = started(base, offering("summer", on=["household"]))
    refuse(base, switch, "data_deletion_request")
    assert come(base, summer) == ()
    with reading(base) as connection:
        held = connection.scalar(
            select(campaign_leads.c.held_by).where(campaign_leads.c.campaign_id == summer.id)
        )
    assert held == "suppression"


def test_a_merge_brings_nobody_back_who_had_said_no(
    base: Engine, switch: StoredCampaign, budget: StoredCampaign
):
    refuse(base, switch, "price")
    import_people(base, [("Aase", phone(2))], "summer")
    summer = started(base, offering("summer", on=["summer"]))
    talk(base, summer, DispositionKind.HOSTILE)
    with writing(base) as connection:
        merge(connection, lead_id_of(base, "Åse"), lead_id_of(base, "Aase"), who="test", now=NOON)
    assert come(base, budget, now=NOON + 300 * DAY) == ()


# Nothing brings the moment forward


def test_a_merge_with_somebody_new_there_leaves_the_moment(
    base: Engine, switch: StoredCampaign, budget: StoredCampaign
):
    refuse(base, switch, "price")
    import_people(base, [("Aase", phone(2))], "others")
    with writing(base) as connection:
        enrol(connection, budget, LAWS, now=NOON)
        merge(connection, lead_id_of(base, "Aase"), lead_id_of(base, "Åse"), who="test", now=NOON)
    assert come(base, budget, now=NOON + 30 * DAY - SECOND) == ()
    assert len(come(base, budget, now=NOON + 30 * DAY)) == 1


def test_whom_the_segment_means_again_comes_back_at_their_moment(
    base: Engine, switch: StoredCampaign
):
    import_people(base, [("Nobody", phone(99))], "others")
    import_people(base, [("Somebody", phone(98))], "away")
    text = offering("budget", on=["others"], top="where = 'not in list \"away\"'")
    budget = started(base, text)
    refuse(base, switch, "price")
    import_people(base, [("Åse", phone(1))], "away")
    with writing(base) as connection:
        judge_slice(connection, budget, LAWS, after_lead_id=0, now=NOON)
    assert enrolled(base, budget)["Åse"].state == "done"
    with writing(base) as connection:
        away = select(lists.c.id).where(lists.c.name == "away").scalar_subquery()
        connection.execute(delete(list_members).where(list_members.c.list_id == away))
        judge_slice(connection, budget, LAWS, after_lead_id=0, now=NOON)
    row = enrolled(base, budget)["Åse"]
    assert (row.state, row.next_call_at) == ("waiting", NOON + 30 * DAY)


def test_a_merge_leaves_the_moment(base: Engine, switch: StoredCampaign, budget: StoredCampaign):
    refuse(base, switch, "price")
    import_people(base, [("Aase", phone(2))], "summer")
    kept, gone = lead_id_of(base, "Aase"), lead_id_of(base, "Åse")
    with writing(base) as connection:
        merge(connection, kept, gone, who="test", now=NOON)
    row = enrolled(base, budget)["Aase"]
    assert (row.state, row.next_call_at) == ("waiting", NOON + 30 * DAY)


def test_neither_a_start_nor_a_change_nor_an_edit_does(
    base: Engine, switch: StoredCampaign, budget: StoredCampaign
):
    refuse(base, switch, "price")
    changed = offering("budget", on=["others"], top="where = 'name = \"Per\"'")
    for text in (changed, offering("budget", on=["others"])):
        with writing(base) as connection:
            problems = store.change(
                connection, budget, understood(text),
                definition=text, script=None, file=None, now=NOON,
            )  # fmt: skip
            assert problems == ()
        put(base, replace(budget, campaign=understood(text)), CampaignState.STOPPED)
        put(base, replace(budget, campaign=understood(text)), CampaignState.RUNNING)
        assert come(base, budget, now=NOON + 30 * DAY - SECOND) == ()
    assert len(come(base, budget, now=NOON + 30 * DAY)) == 1


# Where a retry ends

THEN = '[retry]\nbusy = { after = "15m", max = 2, then = { campaign = "budget" } }'


def test_who_is_never_reached_goes_on_where_the_retry_says(base: Engine):
    import_people(base, [("Åse", phone(1))])
    first = started(base, definition(retry=THEN))
    budget = create(base, definition("budget", on=["norway"]))
    call(base, first, Outcome.BUSY)
    assert ase(base, budget) is None
    last = call(base, first, Outcome.BUSY, now=NOON + minutes(20))
    row, kept = ase(base, budget), attempt_row(base, last.id)
    assert row is not None
    assert (row.state, row.turn, row.held_by) == ("waiting", Turn.REOFFER, "moved:spring")
    assert (row.came_from, row.next_call_at) == (last.id, kept.ended_at)
    assert kept.reoffer_campaign == "budget"
    budget = put(base, budget, CampaignState.RUNNING)
    assert take(base, budget, now=NOON + minutes(19)) == ()
    assert len(take(base, budget, now=kept.ended_at)) == 1


def test_a_retry_sends_nobody_who_said_no_elsewhere(base: Engine):
    import_people(base, [("Åse", phone(1))])
    add_agent(base)
    first = started(base, definition(retry=THEN))
    budget = create(base, definition("budget", on=["norway"]))
    summer = started(base, offering("summer"))
    talk(base, summer, DispositionKind.REFUSAL, reason="never_by_phone")
    for now in (NOON + minutes(10), NOON + minutes(30)):
        call(base, first, Outcome.BUSY, now=now)
    assert ase(base, budget) is None
    with reading(base) as connection:
        assert connection.scalar(
            select(attempts.c.id).where(attempts.c.reoffer_campaign.is_not(None))
        ) is None  # fmt: skip


# Whatever happens

PRICE = (DispositionKind.REFUSAL, "price")
WORDS = st.sampled_from(
    [
        *[PRICE] * 4,
        (DispositionKind.REFUSAL, "no_need"),
        (DispositionKind.REFUSAL, "under_contract_until"),
        (DispositionKind.CALLBACK, None),
        (DispositionKind.NO_CONTACT, None),
        *FOR_GOOD,
    ]
)
NAMES = st.sampled_from(["switch", "budget", "summer"])
TALKS = st.tuples(st.just("talk"), NAMES, WORDS, st.booleans())
STEPS = st.lists(
    st.one_of(
        TALKS,
        TALKS,
        TALKS,
        st.tuples(st.just("correct"), NAMES, WORDS, WORDS),
        st.tuples(st.just("busy"), NAMES),
        st.tuples(st.sampled_from(["start", "change"]), NAMES),
        st.tuples(st.just("wait"), st.sampled_from([1, 40])),
    ),
    min_size=6,
    max_size=16,
)
NO = (DispositionKind.HOSTILE, None)


class Town:
    """A household and one more, in campaigns of which two offer one another and one offers the budget too."""

    def __init__(self, base: Engine) -> None:
        self.base = base
        self.now = NOON
        self.said_no: dict[int, set[str]] = {}
        import_people(base, [("Åse", phone(1)), ("Per", phone(1)), ("Kari", phone(2))])
        import_people(base, [("Bo", phone(3))], "others")
        add_agent(base)
        retry = '[retry]\nbusy = { after = "15m", max = 2, then = { campaign = "OTHER" } }\n'
        retry += 'no_answer = { after = "4h", max = 4 }'
        self.texts = {
            "switch": offering(retry=retry.replace("OTHER", "budget")),
            "budget": offering("budget", on=["others"], retry=retry.replace("OTHER", "switch")),
            "summer": offering("summer", retry=retry.replace("OTHER", "budget")),
        }
        self.campaigns = {name: started(base, text) for name, text in self.texts.items()}

    def begin(self, name: str) -> Any:
        """Claim somebody, who must not have said no; call them."""
        claimed = come(self.base, self.campaigns[name], now=self.now)
        for one in claimed:
            no = self.said_no.get(one.person.lead_id, set())
            row = self.row(name, one.person.lead_id)
            assert name not in no, f"{one.person.lead_id} is called again in {name}"
            assert not (no and row.came_from), f"{one.person.lead_id} was sent to {name}"
        dialed = dial(self.base, self.campaigns[name], *claimed, now=self.now)
        return dialed[0] if dialed else None

    def row(self, name: str, lead_id: int) -> Row[Any]:
        with reading(self.base) as connection:
            return connection.execute(
                select(campaign_leads).where(
                    campaign_leads.c.campaign_id == self.campaigns[name].id,
                    campaign_leads.c.lead_id == lead_id,
                )
            ).one()

    def say(self, name: str, attempt: Any, word: tuple[DispositionKind, str | None]) -> None:
        kind, reason = word
        promised = self.now + DAY if kind is DispositionKind.CALLBACK else None
        detail = "2026-09-01" if reason == "under_contract_until" else None
        say(
            self.base, self.campaigns[name], attempt, kind,
            reason=reason, detail=detail, callback_at=promised, now=self.now,
        )  # fmt: skip

    def step(self, what: str, *which: Any) -> None:
        if what == "wait":
            self.now += which[0] * DAY
            return
        name, *words = which
        stored = self.campaigns[name]
        if what == "start":
            self.campaigns[name] = put(self.base, stored, CampaignState.RUNNING)
            return
        if what == "change":
            text = f"priority = {self.now.day}\n{self.texts[name]}"
            with writing(self.base) as connection:
                store.change(
                    connection, stored, understood(text),
                    definition=text, script=None, file=None, now=self.now,
                )  # fmt: skip
            return
        attempt = self.begin(name)
        if attempt is None:
            return
        if what == "busy":
            close(self.base, stored, attempt, Outcome.BUSY)
            return
        if what == "correct":
            self.say(name, attempt, words[0])
        late = what == "talk" and words[1]
        last = words[0] if what == "talk" else words[1]
        if not late:
            self.say(name, attempt, last)
        with writing(self.base) as connection:
            anna = connection.execute(select(agents.c.id)).scalar_one()
        close(self.base, stored, attempt, Outcome.CONNECTED, agent_id=anna if late else None)
        if late:
            self.say(name, attempt, last)
        if last in FOR_GOOD:
            self.said_no.setdefault(attempt.lead_id, set()).add(name)
        self.now += minutes(1)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
@example(steps=[("talk", "switch", PRICE, True), ("talk", "summer", NO, True)])
@example(steps=[("talk", "summer", NO, False), ("talk", "switch", PRICE, False)])
@example(steps=[("talk", "summer", NO, True), ("busy", "switch"), ("wait", 1), ("busy", "switch")])
@example(
    steps=[
        ("talk", "switch", PRICE, True),
        ("wait", 40),
        ("busy", "budget"),
        ("talk", "summer", NO, True),
        ("change", "budget"),
    ]
)
@example(steps=[("correct", "switch", PRICE, NO), ("start", "budget")])
def test_whoever_said_no_is_never_called_again_nor_sent_anywhere(
    sqlite_template: Path, steps: list[tuple[Any, ...]]
):
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(sqlite_template, f"{folder}/ringbank.db")
        base = open_base(f"sqlite:///{folder}/ringbank.db")
        try:
            town = Town(base)
            for step in steps:
                town.step(*step)
            town.now += 400 * DAY
            for name in town.campaigns:
                while (attempt := town.begin(name)) is not None:
                    close(base, town.campaigns[name], attempt, Outcome.UNALLOCATED)
        finally:
            base.dispose()
