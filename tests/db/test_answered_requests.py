"""What a turn has answered is not obeyed once more before the answer is written."""

from pathlib import Path

from sqlalchemy import Engine as Base

from dialer import config, store
from dialer.clock import Clock
from dialer.engine import Engine
from dialer.live import Work
from dialer.store import RequestKind
from leads.db import writing
from tests.db.people import add_agent


def test_a_login_that_was_answered_in_this_turn_is_not_refused_in_it(base: Base, tmp_path: Path):
    (tmp_path / "config.toml").write_text("[asterisk]\nport = 1\n")
    engine = Engine(base, config.load(tmp_path / "config.toml", {}))
    anna = add_agent(base)
    with writing(base) as connection:
        engine._presence.sign_on(connection, Clock())
        request = store.ask(
            connection, "default", RequestKind.LOGIN, now=Clock().now(), agent_id=anna
        )
    # Their telephone was answered in this turn, and the login with it.
    work = Work(answers=[(request, None)])
    engine._hear_requests(work)
    assert work.answers == [(request, None)]
    unanswered = Work()
    engine._requests_s = 0.0
    engine._hear_requests(unanswered)
    assert [one for one, _ in unanswered.answers] == [request], "else it is heard"
