"""What compliance asks: may these be called, and was every call that was made allowed."""

import json
import sqlite3
from pathlib import Path
from typing import Any

from tests.cli.conftest import CAMPAIGN, Say

SPRING = CAMPAIGN.replace("[dialing]", "[dialing]\nmax_attempts = 3", 1).replace(
    'purpose = "political"', 'purpose = "political"\nstarts = 2026-01-01'
)
AT_NOON = "2026-12-01T12:00"


def test_explain_tells_every_gate(office: Path, say: Say) -> None:
    say("campaigns start tariff-switch")
    told = say(f"explain 22448201 --campaign tariff-switch --at {AT_NOON}").stdout
    gates = "state list suppression registry consent place hours caps cooldown attempts"
    assert [line.split() for line in told.splitlines()[3:13]] == [
        [gate, "ok"] for gate in gates.split()
    ]
    say("dnc add 22448201 --reason 'asked by e-mail'")
    told = say(f"explain 22448201 --campaign tariff-switch --at {AT_NOON}", status=3).stdout
    assert "suppression  refused\n    do_not_call:all: not to be called by anybody" in told
    assert "time alone does not end it; source: do-not-call list" in told


def test_explain_answers_a_file_row_by_row(office: Path, say: Say) -> None:
    say("campaigns start tariff-switch")
    good = f"22448201,{AT_NOON},,extra\n+4722448299,{AT_NOON}Z,Europe/Oslo,\n"
    (office / "asked.csv").write_text(f"number,at,address_zone,note\n{good}")
    batch = "explain --batch asked.csv --campaign tariff-switch"
    done = say(f"{batch} --json")
    first, second = map(json.loads, done.stdout.splitlines())
    assert (first["number"], first["callable"], first["refusals"]) == ("+4722448201", True, [])
    assert [refusal["gate"] for refusal in second["refusals"]] == ["list"]
    assert done.stderr == "not looked at in asked.csv: note\n"

    (office / "asked.csv").write_text(f"number,at\n22,{AT_NOON}\n22448202,{AT_NOON}\n")
    done = say(f"{batch} --json", status=4)
    fault, answer = map(json.loads, done.stdout.splitlines())
    assert (list(fault), fault["line"]) == (["line", "error"], 2)
    assert "'22' cannot be called" in fault["error"]
    assert answer["callable"] is True
    told = say(batch, status=4)
    assert told.stdout.splitlines()[1] == "+4722448202 may be called at 2026-12-01 11:00 UTC"
    assert told.stderr == "1 row could not be read\n"


def test_explain_asks_for_a_number_or_a_file(office: Path, say: Say) -> None:
    (office / "asked.csv").write_text("number,at\n")
    for words, told in (
        ("", "give a number or --batch FILE, one of the two"),
        ("22448201 --batch asked.csv", "give a number or --batch FILE, one of the two"),
        (f"--batch asked.csv --at {AT_NOON}", "--at is for one number"),
        ("--batch none.csv", "none.csv cannot be read"),
    ):
        assert told in say(f"explain --campaign tariff-switch {words}", status=2).stderr


def test_an_audit_finds_the_call_that_was_not_allowed(office: Path, say: Say, facts: Any) -> None:
    (office / "tariff-switch.toml").write_text(SPRING, encoding="utf-8")
    say("campaigns update tariff-switch.toml")
    say("campaigns start tariff-switch")
    lease = facts("next --campaign tariff-switch --agent anna")["lease"]
    say(f"result {lease} --disposition success")
    found = facts("audit tariff-switch")
    assert (found["campaign"], found["attempts"], found["allowed"]) == ("tariff-switch", 1, 1)
    assert found["not_allowed"] == found["not_judged"] == []
    assert say("audit tariff-switch").stderr == (
        "1 attempt, 1 of them judged: 1 allowed, 0 not allowed\n"
    )

    with sqlite3.connect(office / "ringbank.db") as base:
        base.execute("UPDATE attempts SET dialed_at = '2025-12-31 12:00:00.000000'")
    base.close()
    (wrong,) = facts("audit tariff-switch", status=4)["not_allowed"]
    (refusal,) = wrong["refusals"]
    assert (wrong["attempt_id"], refusal["gate"], refusal["rule"]) == (1, "hours", "starts")
    assert refusal["source"] == "campaign file: starts"
    told = say("audit tariff-switch --from 2025-12-31 --to 2025-12-31", status=4).stdout
    assert "attempt 1, lead 1, dialed 2025-12-31 12:00 UTC" in told
    assert "hours: starts: the campaign starts on 2026-01-01" in told
    assert facts("audit tariff-switch --to 2025-12-30")["attempts"] == 0
    assert (
        "is before --from"
        in say("audit tariff-switch --from 2026-02-01 --to 2026-01-01", status=2).stderr
    )
    assert "there is no campaign" in say("audit tarif-switch", status=2).stderr
