"""What the ledger tells of a campaign's floor: which calls count, where agents were, who is left."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, insert, select, update

from campaigns.desk_tables import agent_states
from campaigns.model import HAND_DIALLED, AgentState, Outcome
from campaigns.proof import keep_rules
from campaigns.store import StoredCampaign
from campaigns.tables import attempts, campaign_leads
from dialer.simulation import ledger
from dialer.simulation.derived import Past
from leads.db import reading, writing
from leads.tables import lead_numbers, lists
from tests.db.people import LAWS, NOON, add_agent, definition, import_people, phone, started

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
NOW = NOON + 5 * HOUR


def wrote(base: Engine, stored: StoredCampaign, count: int, **facts: Any) -> None:
    """Write attempts as a campaign leaves them; no gate is in question here."""
    with writing(base) as connection:
        keep_rules(connection, stored, LAWS, now=NOON)
        person = connection.execute(
            select(lead_numbers.c.lead_id, lead_numbers.c.number_id).limit(1)
        ).one()
        before = len(connection.execute(select(attempts.c.id)).all())
        campaign = stored.campaign
        for number in range(before, before + count):
            values = {
                "channel_id": f"test-{number}",
                "campaign_id": stored.id,
                "list_id": connection.execute(select(lists.c.id)).scalars().first(),
                "lead_id": person.lead_id,
                "number_id": person.number_id,
                "clock": "real",
                "mode": campaign.mode,
                "trunk": campaign.trunk,
                "caller_id": campaign.caller_id,
                "attempt_no": 1,
                "seller": campaign.seller,
                "rule_set": LAWS.rule_set(campaign),
                "decision": {},
                "dialed_at": NOON,
                "ended_at": NOON + 30 * SECOND,
            }
            connection.execute(insert(attempts).values(**(values | facts)))


def entered(base: Engine, agent: int, *states: tuple[AgentState, float]) -> None:
    with writing(base) as connection:
        for state, hours in states:
            row = {"agent_id": agent, "state": state, "since": NOON + hours * HOUR}
            connection.execute(insert(agent_states).values(**row))


def past(base: Engine, stored: StoredCampaign) -> Past:
    with reading(base) as connection:
        return ledger.past_of(connection, stored, now=NOW, lines=30, calls_per_second=5)


def test_calls_that_the_dialer_placed_and_that_are_over_count(base: Engine) -> None:
    import_people(base, [("A", phone(1)), ("B", phone(2))])
    stored = started(base, definition())
    other = started(base, definition("other"))
    anna = add_agent(base)
    talk = {
        "outcome": Outcome.CONNECTED,
        "answered_at": NOON + 7 * SECOND,
        "talk_s": 12.5,
        "wrap_s": 4.0,
        "agent_id": anna,
    }
    wrote(base, stored, 2, **talk)
    wrote(base, stored, 1, outcome=Outcome.NO_ANSWER)
    wrote(base, stored, 1, outcome=Outcome.UNKNOWN)
    wrote(base, stored, 1, outcome=Outcome.CONNECTED, evidence=HAND_DIALLED)
    early = NOW - ledger.LOOKED_BACK
    wrote(base, stored, 1, outcome=Outcome.BUSY, dialed_at=early, ended_at=early + SECOND)
    wrote(base, stored, 1, outcome=Outcome.BUSY, dialed_at=early - SECOND, ended_at=early)
    with writing(base) as connection:
        connection.execute(update(campaign_leads).values(attempts=3))
    found = past(base, stored)
    assert [one.outcome for one in found.calls] == [
        Outcome.BUSY,
        Outcome.CONNECTED,
        Outcome.CONNECTED,
        Outcome.NO_ANSWER,
    ]
    connected = found.calls[1]
    assert (connected.answer_s, connected.over_s) == (7.0, 30.0)
    assert (connected.talk_s, connected.wrap_s) == (12.5, 4.0)
    assert (found.calls[3].answer_s, found.calls[3].talk_s) == (None, None)
    assert (found.people, found.tried, found.elsewhere) == (2, 3.0, 0)
    assert (found.lines, found.calls_per_second, found.on_trunk) == (30, 5, True)
    wrote(base, other, 1, **talk)
    assert past(base, stored).elsewhere == 1


def test_where_agents_were_lasts_until_they_went_on(base: Engine) -> None:
    import_people(base, [("A", phone(1))])
    stored = started(base, definition())
    anna, nobodys = add_agent(base), add_agent(base, "bo")
    wrote(base, stored, 1, outcome=Outcome.CONNECTED, agent_id=anna)
    entered(base, nobodys, (AgentState.READY, 0))
    entered(
        base, anna,
        (AgentState.READY, 0), (AgentState.PAUSED, 2), (AgentState.READY, 2.5), (AgentState.OUT, 4),
    )  # fmt: skip
    assert [
        (one.state, one.before, one.begin, one.end)
        for one in past(base, stored).stays
        if one.agent == anna
    ] == [
        (AgentState.READY, None, NOON, NOON + 2 * HOUR),
        (AgentState.PAUSED, AgentState.READY, NOON + 2 * HOUR, NOON + 2.5 * HOUR),
        (AgentState.READY, AgentState.PAUSED, NOON + 2.5 * HOUR, NOON + 4 * HOUR),
        (AgentState.OUT, AgentState.READY, NOON + 4 * HOUR, NOW),
    ]
    assert {one.agent for one in past(base, stored).stays} == {anna}


def test_a_state_whose_end_was_lost_is_nobodys_working_day(base: Engine) -> None:
    import_people(base, [("A", phone(1))])
    stored = started(base, definition())
    anna = add_agent(base)
    begin = -8.0  # thirteen hours before now
    at = NOON + begin * HOUR
    wrote(base, stored, 1, outcome=Outcome.CONNECTED, agent_id=anna, dialed_at=at)
    entered(base, anna, (AgentState.TALKING, begin), (AgentState.READY, begin + 1))
    assert [one.state for one in past(base, stored).stays] == [
        AgentState.TALKING,
        AgentState.READY,
    ]
    entered(base, anna, (AgentState.WRAP_UP, begin + 0.5))
    with writing(base) as connection:
        lost = agent_states.c.state == AgentState.READY.value
        connection.execute(agent_states.delete().where(lost))
    assert [one.state for one in past(base, stored).stays] == [AgentState.TALKING]
