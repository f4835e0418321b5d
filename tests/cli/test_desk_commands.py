"""A volunteer's evening in mode manual, and what analyst and compliance see of it after."""

import csv
import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Say

ATTEMPT_COLUMNS = (
    "attempt_id,campaign,list,lead_id,external_id,phone,agent,mode,caller_id,dialed_at,"
    "answered_at,ended_at,ring_s,talk_s,wrap_s,hangup_cause,sip_code,amd,outcome,disposition,"
    "refusal_reason,callback_at,rule_set,attempt_no,evidence,key_pressed,superseded_by"
)
LEAD_COLUMNS = (
    "lead_id,external_id,name,phone,phones,list,state,attempts,last_attempt_at,last_outcome,"
    "last_disposition,refusal_reason,next_call_at,suppressed,zone,language,attr_By"
)

ANNA = "next --campaign tariff-switch --agent anna"


@pytest.fixture
def exported(say: Say) -> Callable[[str], list[dict[str, str]]]:
    def read(what: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(say(f"export {what} --output -").stdout)))

    return read


def test_nobody_is_given_before_the_campaign_starts_and_it_says_why(
    office: Path, say: Say, facts: Any
) -> None:
    nobody = facts(ANNA)
    assert nobody["lease"] is None
    assert {"gate": "state", "count": None, "next_at": None} in nobody["why"]
    told = say(ANNA).stdout
    assert "start it with: ringbank campaigns start tariff-switch" in told


def test_a_volunteers_whole_round(office: Path, say: Say, facts: Any, exported: Any) -> None:
    started = say("campaigns start tariff-switch")
    assert started.stderr == "no engine runs; a manual campaign needs none\n"
    (campaign,) = facts("status")["campaigns"]
    assert campaign["why_idle"].startswith("agents dial it themselves: ringbank next --c")
    first = facts(ANNA)
    assert first["lead"]["name"] == "Åse Lunde"
    assert first["lead"]["attributes"] == {"By": "Oslo"}
    assert (first["phone"], first["phone_masked"]) == ("+4722448201", "+4722****01")
    assert first["script"] == "Good evening!"
    assert first["history"] == []
    assert facts(ANNA)["lease"] == first["lease"]

    screen = say(ANNA).stdout
    for shown in ("Åse Lunde", "+4722448201", "Good evening!", "Who is your provider today?"):
        assert shown in screen
    assert "--answer provider=... (Telia, Telenor, other)" in screen
    assert f"ringbank result {first['lease']} --disposition CODE" in screen
    assert max(map(len, screen.splitlines())) <= 80

    assert facts(f"release {first['lease']}") == {"lease": first["lease"], "released": True}
    assert "there is no lease" in say(f"release {first['lease']}", status=2).stderr
    again = facts(ANNA)
    assert again["lead"]["id"] == first["lead"]["id"]
    assert again["lease"] != first["lease"]

    given = facts(
        f"result {again['lease']} --disposition refusal --reason price "
        "--answer provider=Telia --note '=too dear'"
    )
    assert given == {"lease": again["lease"], "disposition": "refusal", "kind": "refusal"}
    second = facts(ANNA)
    assert second["lead"]["name"] == "Per Lunde"
    facts(f"result {second['lease']} --disposition no_contact")
    nobody = facts(ANNA)
    assert nobody["lease"] is None
    assert any(reason["next_at"] for reason in nobody["why"])

    attempts = exported("attempts")
    assert ",".join(attempts[0]).startswith(f"{ATTEMPT_COLUMNS},")
    assert [
        (a["agent"], a["mode"], a["outcome"], a["disposition"], a["evidence"], a["hangup_cause"])
        for a in attempts
    ] == [
        ("anna", "manual", "connected", "refusal", "self_reported", ""),
        ("anna", "manual", "no_answer", "no_contact", "self_reported", ""),
    ]
    leads = exported("leads --campaign tariff-switch")
    assert ",".join(leads[0]) == LEAD_COLUMNS
    assert [(lead["state"], lead["last_disposition"]) for lead in leads] == [
        ("done", "refusal"),
        ("waiting", "no_contact"),
    ]
    # The two exports agree.
    assert [a["refusal_reason"] for a in attempts] == [lead["refusal_reason"] for lead in leads]
    (campaign,) = facts("status")["campaigns"]
    assert campaign["outcomes"] == {"connected": 1, "no_answer": 1}
    assert campaign["why_idle"].startswith("no lead is callable until")


def test_a_result_that_cannot_be_meant_is_refused_and_the_lease_stays(
    office: Path, say: Say, facts: Any
) -> None:
    say("campaigns start tariff-switch")
    lease = facts(ANNA)["lease"]
    for words, told in (
        ("--disposition sold", "choose one of success, refusal"),
        ("--disposition refusal", "add --reason with one of price"),
        ("--disposition success --reason price", "--reason belongs to a refusal"),
        ("--disposition callback", "add --callback 2026-12-01T18:30"),
        ("--disposition callback --callback soon", "write it like 2026-12-01T18:30"),
        (
            "--disposition callback --callback 2020-01-01T10:00",
            "is past; the nearest time that is allowed is 20",
        ),
        ("--disposition success --callback 2099-01-01T10:00", "leave it out"),
        ("--disposition success --answer Telia", "write KEY=VALUE with one of provider"),
        ("--disposition success --answer provider=Tele2", "one of Telia, Telenor, other"),
    ):
        assert told in say(f"result {lease} {words}", status=2).stderr
    mistyped = f"result {lease[:-1]}x --disposition success"
    assert "there is no lease" in (told := say(mistyped, status=2).stderr)
    assert lease not in told, "it may be another agent's"
    assert facts(ANNA)["lease"] == lease


def test_a_promise_and_a_do_not_call_reach_the_base(
    office: Path, say: Say, facts: Any, exported: Any
) -> None:
    say("campaigns start tariff-switch")
    lease = facts(ANNA)["lease"]
    facts(f"result {lease} --disposition callback --callback 2099-07-01T18:30")
    lease = facts(ANNA)["lease"]
    done = say(f"result {lease} --disposition do_not_call")
    assert "on the do-not-call list from now on" in done.stderr
    promised, suppressed = exported("leads")
    assert (promised["state"], promised["next_call_at"]) == ("callback", "2099-07-01T16:30:00.000Z")
    assert (suppressed["state"], suppressed["suppressed"]) == ("suppressed", "true")
    assert facts("dnc check 22448202")["suppressed"] is True


def test_explain_follows_the_do_not_call_list(office: Path, say: Say, facts: Any) -> None:
    say("campaigns start tariff-switch")
    question = "explain 22448201 --campaign tariff-switch --at 2026-12-01T12:00"
    allowed = facts(question)
    assert list(allowed)[:7] == [
        "number", "at", "callable", "refusals", "zones", "jurisdictions", "rule_set"
    ]  # fmt: skip
    assert (allowed["callable"], allowed["refusals"]) == (True, [])
    assert (allowed["at"], allowed["zones"]) == ("2026-12-01T11:00:00Z", ["Europe/Oslo"])
    assert "may be called for tariff-switch at 2026-12-01 11:00 UTC (Tue 12:00 in Europe/Oslo)" in (
        say(question).stdout
    )
    facts("dnc add 22448201 --reason 'asked by e-mail'")
    refused = facts(question, status=3)
    assert refused["callable"] is False
    (refusal,) = refused["refusals"]
    assert list(refusal) == ["gate", "rule", "why", "source", "until"]
    assert refusal["gate"] == "suppression"
    assert "asked by e-mail" in say(question, status=3).stdout
    facts("dnc remove 22448201")
    assert facts(question)["callable"] is True

    unlisted = facts("explain +4722448299 --campaign tariff-switch", status=3)
    assert "list" in [refusal["gate"] for refusal in unlisted["refusals"]]
    for words, told in (
        ("foo --campaign tariff-switch", "cannot be called (not a number)"),
        ("22448201 --campaign tariff-switch --at noon", "is no moment"),
    ):
        assert told in say(f"explain {words}", status=2).stderr


def test_exports_to_files_are_told_of_apart_from_the_data(office: Path, say: Say) -> None:
    done = say("export leads --output leads-out.csv")
    assert (done.stdout, done.stderr) == ("", "wrote 2 leads to leads-out.csv\n")
    told = say("export attempts --output a.csv --json")
    assert json.loads(told.stdout) == {
        "what": "attempts",
        "rows": 0,
        "output": "a.csv",
        "sha256": hashlib.sha256((office / "a.csv").read_bytes()).hexdigest(),
    }
    (header,) = (office / "a.csv").read_text().splitlines()
    assert header.startswith(f"{ATTEMPT_COLUMNS},")
