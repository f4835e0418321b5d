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
        '"","","22448201","","","","","","","2025-12-01 17:00:01","","2025-12-01 17:00:31",'
        '30,0,"NO ANSWER","DOCUMENTATION"\n'
    )
    told = say("reconcile --records Master.csv", status=4)
    assert told.stdout == "+4722448201: the network saw a call that the ledger does not have\n"
    assert "0 attempts and 1 call records do not agree" in told.stderr
    ledger = facts("reconcile --records Master.csv --from 2025-12-02")["ledger"]
    assert ledger.pop("ledger_at") > "2026"
    assert ledger == {
        "attempts": 0,
        "calls": 0,
        "others": 0,
        "records_from": "2025-12-01T17:00:31Z",
        "records_until": "2025-12-01T17:00:31Z",
        "agree": True,
        "unreadable": [],
        "differences": [],
        "ambiguous": [],
    }


def test_what_is_only_ambiguous_is_told_and_no_difference(
    office: Path, say: Say, facts: Any
) -> None:
    strange = [
        f'"","","s","","","","","","","2025-12-01 17:00:{n:02}","","2025-12-01 17:00:31",'
        f'30,0,"NO ANSWER","DOCUMENTATION","rb-{n:02}"\n'
        for n in range(22)
    ]
    (office / "Master.csv").write_text("".join(strange))
    before = sorted((one.name, one.read_bytes()) for one in office.iterdir() if one.is_file())
    told = say("reconcile --records Master.csv")
    *each, rest = told.stdout.splitlines()
    assert each[0] == (
        "ambiguous (other_base): the call rb-00 of 2025-12-01 17:00:00 is a dialer's: of another "
        "base on the same Asterisk, or lost from this one"
    )
    assert len(each) == 20
    assert rest == "ambiguous (other_base): 2 more; --json has them all"
    assert "do not contradict each other; 22 things are ambiguous" in told.stderr
    ledger = facts("reconcile --records Master.csv")["ledger"]
    assert ledger["agree"] is True
    assert {one["kind"] for one in ledger["ambiguous"]} == {"other_base"}
    assert len(ledger["ambiguous"]) == 22
    after = sorted((one.name, one.read_bytes()) for one in office.iterdir() if one.is_file())
    assert after == before, "nothing is written"


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
