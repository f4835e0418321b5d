"""Promised calls on the command line: made, refused by the rules, listed, moved, cancelled."""

from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import CAMPAIGN, Say

ANNA = "next --campaign tariff-switch --agent anna"
LIST = "callbacks list"
HOURS = '[hours]\nall = [["10:00", "20:00"]]\n'
DAYTIME = "2099-07-01T18:30"


@pytest.fixture
def lease(office: Path, say: Say, facts: Any) -> str:
    """The first person of the campaign, held by anna; since then it has hours."""
    say("campaigns start tariff-switch")
    held = facts(ANNA)["lease"]
    (office / "tariff-switch.toml").write_text(CAMPAIGN + HOURS, encoding="utf-8")
    say("campaigns update tariff-switch.toml")
    return str(held)


def test_a_time_at_which_nobody_may_be_called_is_refused_and_nothing_is_kept(
    lease: str, say: Say, facts: Any
) -> None:
    night = f"result {lease} --disposition callback --callback 2099-07-01T03:00"
    told = say(night, status=3)
    assert told.stdout == ""
    assert told.stderr.count("\n") == 1
    assert "no call may be promised for 2099-07-01T03:00: " in told.stderr
    assert told.stderr.endswith("the nearest time that is allowed is 2099-07-01T10:00\n")
    assert facts(LIST) == []
    assert facts(ANNA)["lease"] == lease
    say(f"result {lease} --disposition callback --callback 2099-07-01T10:00")
    assert len(facts(LIST)) == 1


def test_a_promise_is_listed_with_its_person_and_its_owner(
    lease: str, say: Say, facts: Any
) -> None:
    say("agents add bo --phone PJSIP/bo")
    facts(f"result {lease} --disposition callback --callback {DAYTIME} --callback-by me")
    (promised,) = facts(f"{LIST} --campaign tariff-switch")
    assert promised == {
        "campaign": "tariff-switch",
        "lead": 1,
        "name": "Åse Lunde",
        "phone_masked": "+4722****01",
        "callback_at": "2099-07-01T16:30:00Z",
        "local_time": DAYTIME,
        "owner": "anna",
        "owner_until": "2099-07-01T16:45:00Z",
        "promised_by": "anna",
        "overdue": False,
    }
    assert facts(f"{LIST} --agent anna") == [promised]
    assert facts(f"{LIST} --agent bo") == []
    table = say(LIST).stdout
    assert "Åse Lunde" in table
    assert "22448201" not in table
    seen = [one["action"] for one in facts("leads access 1")]
    assert "callbacks list" in seen
    assert "there is no agent 'bob'" in say(f"{LIST} --agent bob", status=2).stderr


def test_a_promise_is_told_as_it_was_understood(lease: str, say: Say, facts: Any) -> None:
    given = facts(f"result {lease} --disposition callback --callback {DAYTIME}")
    assert given == {
        "lease": lease,
        "disposition": "callback",
        "kind": "callback",
        "callback_at": "2099-07-01T16:30:00Z",
        "local_time": DAYTIME,
    }


def test_a_promise_is_moved_to_an_hour_of_the_persons_day(lease: str, say: Say, facts: Any) -> None:
    say(f"result {lease} --disposition callback --callback {DAYTIME}")
    move = "callbacks move 1 {} --campaign tariff-switch"
    assert facts(move.format("2099-07-02T11:00")) == {
        "lead": 1,
        "callback_at": "2099-07-02T09:00:00Z",
        "local_time": "2099-07-02T11:00",
    }
    (promised,) = facts(LIST)
    assert promised["callback_at"] == "2099-07-02T09:00:00Z"
    assert "the nearest time that is allowed" in say(
        move.format("2099-07-02T21:00"), status=3
    ).stderr  # fmt: skip
    assert "is past" in say(move.format("2020-07-02T12:00"), status=2).stderr
    assert "no call is promised to the lead 2" in say(
        "callbacks move 2 2099-07-02T11:00 --campaign tariff-switch", status=2
    ).stderr  # fmt: skip
    assert facts(LIST) == [promised]


def test_a_promise_is_cancelled_and_the_retry_rules_say_what_follows(
    lease: str, say: Say, facts: Any
) -> None:
    say(f"result {lease} --disposition callback --callback {DAYTIME}")
    cancel = "callbacks cancel 1 --campaign tariff-switch --reason 'has written'"
    assert facts(cancel) == {"lead": 1, "cancelled": True, "state": "waiting"}
    assert facts(LIST) == []
    assert "callback cancelled: has written" in say("leads show 1").stdout
    assert "no call is promised to the lead 1" in say(cancel, status=2).stderr
