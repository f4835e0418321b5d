"""Intents written for calls: what the person's own rules make of the call."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from campaigns import desk
from campaigns.enrolment import enrol
from campaigns.law import Laws
from campaigns.rules.loading import load
from campaigns.rules.own import Own
from dialer import store
from dialer.live import Dial
from dialer.store import RequestKind
from dialer.switchboard import Switchboard
from leads.db import writing
from tests.db.people import NOON, add_agent, definition, import_people, phone, started
from tests.db.placers import placer_for

IMPATIENT = """
schema = 1
id = "house"
name = "The house"
match = { countries = ["NO"] }
[[abandonment]]
id = "house.wait"
force = "guidance"
confidence = "high"
source = ["the house"]
applies = { mode = ["predictive"] }
period = { kind = "calendar_day" }
connect = { within_s = 1.25, from = "answer" }
min_ring_s = 30
"""


@pytest.mark.parametrize(
    ("mode", "wait_s", "ring_s"), [("predictive", 1.25, 30), ("progressive", 2.0, 25)]
)
def test_a_person_waits_and_is_rung_as_long_as_the_rules_of_their_place_allow(
    base: Engine, tmp_path: Path, mode: str, wait_s: float, ring_s: int
):
    (tmp_path / "house.toml").write_text(IMPATIENT)
    laws = Laws(load(tmp_path, Own()))
    import_people(base, [("Per", phone(1))])
    campaign = started(base, definition(mode=mode))
    placer = placer_for(base, laws)
    with writing(base) as connection:
        enrol(connection, campaign, laws, now=NOON)
        (live,), dry = placer.place(connection, campaign, 1, (), languages=None, now=NOON)
    assert (live.connect_s, live.ring_s, dry) == (wait_s, ring_s, False)


def test_an_engine_that_was_started_for_others_says_so(base: Engine, tmp_path: Path):
    laws = Laws(load(tmp_path, Own()))
    import_people(base, [("Per", phone(1))])
    campaign, anna = started(base, definition(mode="preview")), add_agent(base)
    placer = replace(placer_for(base, laws), only={"autumn"})
    board = Switchboard({}, new_id=str, goodbye="vm-goodbye")
    with writing(base) as connection:
        lease = desk.next_person(connection, campaign, laws, anna, now=NOON)
        assert lease is not None
        request = store.ask(connection, "default", RequestKind.DIAL, agent_id=anna, now=NOON)
        wish = Dial(request=request, agent_id=anna, lease=lease.lease)
        assert placer.dial(connection, board, [wish], at_s=0.0) == []
        told = store.answer_to(connection, request)
    assert told.done
    assert told.why_not == (
        "the engine was started without spring; run: ringbank run --campaign spring"
    )
