"""The person an agent was chosen for is theirs, and whoever they did not reach is not."""

from sqlalchemy import Engine

from campaigns import ledger
from leads.db import writing
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
