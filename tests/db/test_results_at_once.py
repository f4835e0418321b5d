"""Results that two processes give, or take back, at one instant."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from sqlalchemy import Engine

from campaigns.store import StoredCampaign
from leads.tables import suppressions
from tests.conftest import CHECKOUT
from tests.db.people import (
    add_agent,
    attempt_row,
    claim_rows,
    definition,
    import_people,
    import_text,
    phone,
    said,
    started,
)
from tests.db.talks import (
    GIVEN,
    PEOPLE,
    TALK,
    K,
    give,
    rows_of,
    talk,
)


@pytest.fixture
def anna(base: Engine) -> int:
    return add_agent(base)


@pytest.fixture
def spring(base: Engine) -> StoredCampaign:
    """A campaign that runs; Åse has two numbers and shares the first with Per."""
    import_text(base, PEOPLE)
    return started(base, definition(talk=TALK))


# At once

AT_ONCE = """
import json, sys
from datetime import datetime
from campaigns import desk, leases, store, taking_back
from campaigns.model import DispositionKind
from leads.db import writing
from leads.errors import RingbankError
from dialer.schema import open_base
from tests.db.people import LAWS, claim, new_lease, said

url, what, lease, now = sys.argv[1:]
base = open_base(url)
print("ready", flush=True)
sys.stdin.readline()
now = datetime.fromisoformat(now)
try:
    with writing(base) as connection:
        spring = store.load(connection, "spring")
        if what == "undo":
            call = leases.find_call(connection, lease)
            taking_back.undo(connection, spring, call.attempt_id, by="anna", now=now)
        elif what == "claim":
            summer = store.load(connection, "summer")
            taken = claim(connection, summer, LAWS, limit=5, now=now, new_lease=new_lease)
            what = str(len(taken.taken))
        else:
            held = leases.find_owed(connection, lease)
            word = said(spring, DispositionKind(what))
            desk.give_result(connection, spring, held, word, now=now)
    print(json.dumps(what))
except RingbankError as error:
    print(json.dumps({"refused": str(error)}))
base.dispose()
"""


def at_once(base_url: str, *whats: tuple[str, str, Any]) -> list[Any]:
    """Do several things in processes of their own, at the same instant."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", AT_ONCE, base_url, what, lease, now.isoformat()],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT,
            env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        )
        for what, lease, now in whats
    ]  # fmt: skip
    for one in processes:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in processes:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    return [json.loads(one.communicate(timeout=60)[0]) for one in processes]


def test_of_two_results_at_one_instant_one_is_taken(
    base: Engine, base_url: str, spring: StoredCampaign, anna: int
):
    attempt_id = talk(base, spring, anna)
    lease = attempt_row(base, attempt_id).lease
    done = at_once(base_url, ("success", lease, GIVEN), ("hostile", lease, GIVEN))
    taken = [one for one in done if isinstance(one, str)]
    assert len(taken) == 1, done
    assert attempt_row(base, attempt_id).disposition == taken[0]
    assert len(rows_of(base, suppressions)) == (taken[0] == "hostile")
    assert claim_rows(base) == []


def test_of_an_undo_and_a_claim_at_one_instant_one_has_the_person(
    base: Engine, base_url: str, anna: int
):
    import_people(base, [("Åse", phone(1))])
    spring = started(base, definition(talk=TALK))
    attempt_id = talk(base, spring, anna)
    give(base, spring, attempt_id, said(spring, K.NO_CONTACT))
    started(base, definition("summer"))
    lease = attempt_row(base, attempt_id).lease
    undone, claimed = at_once(base_url, ("undo", lease, GIVEN), ("claim", lease, GIVEN))
    (held,) = claim_rows(base)
    if undone == "undo":
        assert (held.lease, claimed) == (lease, "0")
    else:
        assert "somebody has this one" in undone["refused"]
        assert (held.lease == lease, claimed) == (False, "1")
