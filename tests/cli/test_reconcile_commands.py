"""A supervisor holds what was reported against the records of the calls."""

import sqlite3
from pathlib import Path
from typing import Any

from tests.cli.conftest import Say

ANNA = "next --campaign tariff-switch --agent anna"


def test_what_was_reported_is_held_against_the_calls(office: Path, say: Say, facts: Any) -> None:
    say("campaigns start tariff-switch")
    for words in ("refusal --reason price", "no_contact"):
        say(f"result {facts(ANNA)['lease']} --disposition {words}")
    told = say("reconcile --campaign tariff-switch")
    assert told.stdout == ""
    assert told.stderr.splitlines() == [
        "0 results held against their calls: 0 ok, 0 explain, 0 suspect",
        "  anna: 0 ok, 0 explain, 0 suspect, 2 self_reported",
        "2 results of calls dialled by hand rest on the agent's word alone; call some of these "
        "people once more",
    ]
    found = facts("reconcile")
    assert found["results"] == {"ok": 0, "explain": 0, "suspect": 0, "self_reported": 2}
    assert (found["marked"], found["claim"], found["ledger"]) == ([], None, None)

    # As if the engine had dialled them, and nobody had answered.
    with sqlite3.connect(office / "ringbank.db") as base:
        base.execute("UPDATE attempts SET evidence = 'hangup', outcome = 'no_answer'")
    base.close()
    told = say("reconcile --agent anna", status=4)
    assert "suspect: attempt 1, anna, tariff-switch, " in told.stdout
    assert "  the call was not answered (no_answer)" in told.stdout
    assert "1 ok, 0 explain, 1 suspect" in told.stderr
    found = facts("reconcile --agent anna", status=4)
    (marked,) = found["marked"]
    assert (marked["mark"], marked["disposition"], marked["outcome"]) == (
        "suspect",
        "refusal",
        "no_answer",
    )
    assert [one["what"] for one in found["findings"]] == ["outside_call"]


def test_a_days_paper_is_held_against_what_is_recorded(office: Path, say: Say, facts: Any) -> None:
    say("campaigns start tariff-switch")
    say(f"result {facts(ANNA)['lease']} --disposition no_contact")
    day = say("export attempts --output -").stdout.splitlines()[1].split(",")[9][:10]
    say(f"reconcile --claimed 1 --agent anna --on {day}")
    told = say(f"reconcile --claimed 45 --agent anna --on {day}", status=4).stdout
    assert (
        told == f"anna, {day}: 45 claimed, 1 recorded, 1 of them dialled by hand, difference +44\n"
    )
    claim = facts(f"reconcile --claimed 0 --agent anna --on {day}", status=4)["claim"]
    assert (claim["recorded"], claim["self_reported"], claim["difference"]) == (1, 1, -1)


def test_the_ledger_is_held_against_a_file_of_records(office: Path, say: Say, facts: Any) -> None:
    (office / "Master.csv").write_text(
        '"","","22448201","","","","","","","2026-12-01 17:00:01","","2026-12-01 17:00:31",'
        '30,0,"NO ANSWER","DOCUMENTATION"\n'
    )
    told = say("reconcile --records Master.csv", status=4)
    assert told.stdout == "+4722448201: the network saw a call that the ledger does not have\n"
    assert "0 attempts and 1 call records do not agree" in told.stderr
    ledger = facts("reconcile --records Master.csv --from 2026-12-02")["ledger"]
    assert ledger == {
        "attempts": 0,
        "calls": 0,
        "others": 0,
        "unreadable": [],
        "differences": [],
    }


def test_what_cannot_be_meant_is_refused(office: Path, say: Say) -> None:
    for words, told in (
        ("--campaign tarif-switch", "did you mean 'tariff-switch'?"),
        ("--agent ana", "did you mean 'anna'?"),
        ("--from 2026-12-02 --to 2026-12-01", "--to 2026-12-01 is before --from 2026-12-02"),
        ("--from yesterday", "--from 'yesterday' is no day; write it like 2026-11-01"),
        ("--claimed 45 --agent anna", "add --agent NAME --on DAY"),
        ("--on 2026-12-01", "--on is the day of a claim; add --claimed"),
        ("--records none.csv", "none.csv cannot be read"),
    ):
        done = say(f"reconcile {words}", status=2)
        assert told in done.stderr
        assert len(done.stderr.splitlines()) == 1
