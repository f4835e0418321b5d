"""The person an agent was chosen for is theirs, and whoever they did not reach is not."""

from sqlalchemy import Engine, update

from campaigns import ledger, owed
from campaigns.tables import claims
from leads.db import reading, writing
from tests.db.people import add_agent, claim_rows, dial_next, import_people, phone, started


def test_an_agent_holds_the_one_they_were_chosen_for_last(base: Engine) -> None:
    """A move that Asterisk refused: its person hears the apology while the next one is moved."""
    import_people(base, [("Åse", phone(1)), ("Bo", phone(2))])
    stored = started(base)
    anna = add_agent(base)
    unreached, reached = dial_next(base, stored), dial_next(base, stored)
    with writing(base) as connection:
        ledger.note_agent(connection, unreached.id, anna)
        ledger.note_agent(connection, reached.id, anna)
    holders = {claim.attempt_id: claim.agent_id for claim in claim_rows(base)}
    assert holders == {unreached.id: None, reached.id: anna}


def test_who_keeps_anothers_person_while_they_look_at_one_is_not_done_with_the_talk(
    base: Engine,
) -> None:
    """A supervisor who had stepped in: the result is still the agent's, the talk is theirs."""
    import_people(base, [("Åse", phone(1)), ("Bo", phone(2))])
    stored = started(base)
    anna, supervisor = add_agent(base), add_agent(base, "cleo")
    talk, looked_at = dial_next(base, stored), dial_next(base, stored)
    with writing(base) as connection:
        connection.execute(
            update(claims)
            .where(claims.c.attempt_id == looked_at.id)
            .values(attempt_id=None, agent_id=supervisor)
        )
        ledger.note_agent(connection, talk.id, anna)
        ledger.note_agent(connection, talk.id, supervisor)
    holders = {claim.attempt_id: claim.agent_id for claim in claim_rows(base)}
    assert holders == {talk.id: anna, None: supervisor}
    with reading(base) as connection:
        assert owed.agents_owing_result(connection) == {anna, supervisor}
