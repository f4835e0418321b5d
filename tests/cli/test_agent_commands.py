"""The roster at the command line: agents added, changed, shown, trained, and leaving."""

import re
import sqlite3
from pathlib import Path
from typing import Any

from tests.cli.conftest import Say

TOKEN = re.compile(r"([A-HJ-NP-Z2-9]{4}-){3}[A-HJ-NP-Z2-9]{4}")

TRAINING = "\n[training]\npractice = 2\nsupervised = 1\n"


def test_an_agent_is_added_with_a_token_that_is_shown_once(
    office: Path, say: Say, facts: Any
) -> None:
    done = say("agents add bo --role operator --role supervisor --skill loans --language NB")
    assert done.stderr == "the token is shown this once; whoever has it acts as bo\n"
    token = TOKEN.search(done.stdout)
    assert token is not None
    shown = facts("agents show bo")
    assert (shown["roles"], shown["skills"]) == (["operator", "supervisor"], ["loans"])
    assert (shown["languages"], shown["phone"], shown["has_token"]) == (["nb"], None, True)
    again = facts("agents token bo")["token"]
    assert TOKEN.fullmatch(again)
    assert again != token[0]
    base = (office / "ringbank.db").read_bytes()
    assert again.encode() not in base
    assert token[0].replace("-", "").encode() not in base


def test_a_word_that_cannot_be_used_adds_nobody(office: Path, say: Say, facts: Any) -> None:
    for words, told in (
        ("bo --role boss", "'boss' is no role, the nearest is"),
        ("bo --skill 'home loans'", "'home loans' is no code"),
        ("bo --language ua", "'ua' is no code of ISO 639-1"),
        ("bo --phone 12", "--phone '12' cannot be dialled"),
        ("bo --phone 'PJSIP/b o'", "is no channel; write it like PJSIP/anna"),
        ("bo --phone 'PJSIP/b&Local/s@x'", "is no channel; write it like PJSIP/anna"),
        ("bo --phone 'PJSIP/${EVAL(x)}'", "is no channel; write it like PJSIP/anna"),
        ("anna", "an agent 'anna' exists already"),
        ("' '", "cannot be an agent's name"),
    ):
        assert told in say(f"agents add {words}", status=2).stderr
    assert [one["name"] for one in facts("agents list")] == ["anna"]


def test_an_agent_is_changed_word_by_word(office: Path, say: Say, facts: Any) -> None:
    say("agents set anna --skill loans --skill tariffs --language nb")
    changed = facts("agents set anna --skill loans --phone +4721000042")
    assert (changed["skills"], changed["languages"]) == (["loans"], ["nb"])
    assert changed["phone"] == "+4721000042"
    cleared = facts("agents set anna --skill '' --phone ''")
    assert (cleared["skills"], cleared["phone"], cleared["languages"]) == ([], None, ["nb"])
    assert "nothing is to be changed; add --phone" in say("agents set anna", status=2).stderr
    assert facts("agents roles anna analyst manager")["roles"] == ["analyst", "manager"]
    assert "'boss' is no role" in say("agents roles anna boss", status=2).stderr
    assert "there is no agent 'ana'; did you mean 'anna'?" in (
        say("agents set ana --skill x", status=2).stderr
    )


def test_who_leaves_gives_back_whom_they_have_and_may_return(
    office: Path, say: Say, facts: Any
) -> None:
    say("agents add bo")
    say("campaigns start tariff-switch")
    held = facts("next --campaign tariff-switch --agent anna")
    assert facts("agents show anna")["lease"]["lease"] == held["lease"]
    left = facts("agents deactivate anna")
    assert (left["agent"], left["active"]) == ("anna", False)
    assert facts("next --campaign tariff-switch --agent bo")["lead"] == held["lead"]
    assert "there is no lease" in say(f"release {held['lease']}", status=2).stderr
    gone = say("next --campaign tariff-switch --agent anna", status=2).stderr
    assert "anna does not work here any more; bring them back with: ringbank agents act" in gone
    assert [one["name"] for one in facts("agents list")] == ["bo"]
    assert [(one["name"], one["active"]) for one in facts("agents list --all")] == [
        ("anna", False),
        ("bo", True),
    ]
    assert facts("agents show anna")["lease"] is None
    assert "does not work here any more" in say("agents deactivate anna", status=2).stderr
    assert TOKEN.fullmatch(facts("agents activate anna")["token"])
    assert "anna is active" in say("agents activate anna", status=2).stderr


def test_an_agent_shows_what_they_did_today(office: Path, say: Say, facts: Any) -> None:
    with sqlite3.connect(office / "ringbank.db") as base:
        now = "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)"
        (kind,) = base.execute("SELECT typeof(since) FROM agents").fetchone()
        moment = now if kind == "integer" else "strftime('%Y-%m-%d %H:%M:%f000', 'now')"
        base.execute(
            "INSERT INTO agent_states (agent_id, state, pause, since) "
            f"VALUES (1, 'paused', 'lunch', {moment})"
        )
    (span,) = facts("agents show anna")["today"]
    assert (span["state"], span["pause"]) == ("paused", "lunch")
    assert 0 <= span["seconds"] < 60
    assert re.search(r"today +0:00:\d\d paused lunch", say("agents show anna").stdout)


def test_a_newcomers_way_from_demo_people_to_calling_alone(
    office: Path, say: Say, facts: Any
) -> None:
    file = office / "tariff-switch.toml"
    file.write_text(file.read_text(encoding="utf-8") + TRAINING, encoding="utf-8")
    say("campaigns update tariff-switch.toml")
    say("campaigns start tariff-switch")
    say("agents add sue --role supervisor")

    demo = facts("next --campaign tariff-switch --agent anna")
    assert demo["practice"] is True
    assert (demo["lead"]["name"], demo["phone"]) == ("Fern Friendly", None)
    assert facts("next --campaign tariff-switch --agent anna")["lease"] == demo["lease"]
    screen = say("next --campaign tariff-switch --agent anna").stdout
    for shown in ("Practice", "Fern Friendly", "Friendly, has time", "Oh, hello!", "Good evening!"):
        assert shown in screen
    assert max(map(len, screen.splitlines())) <= 80
    refused = say(f"result {demo['lease']} --disposition sold", status=2).stderr
    assert "choose one of success, refusal" in refused
    given = facts(f"result {demo['lease']} --disposition success --answer provider=Telia")
    assert given == {
        "lease": demo["lease"],
        "disposition": "success",
        "kind": "success",
        "practice": True,
        "would_follow": "they would not be called again for this campaign: the last word was "
        "success",
    }
    dropped = facts("next --campaign tariff-switch --agent anna")
    assert facts(f"release {dropped['lease']}")["released"] is True
    second = facts("next --campaign tariff-switch --agent anna")
    assert second["lead"] == dropped["lead"]
    facts(f"result {second['lease']} --disposition callback --callback 2099-07-01T18:30")
    assert facts("status")["campaigns"][0]["outcomes"] == {}

    alone = say("next --campaign tariff-switch --agent anna", status=3).stderr
    assert "ask sue to run: ringbank agents accompany anna --campaign tariff-switch" in alone
    by_sue = "agents accompany anna --campaign tariff-switch --by sue"
    assert "add --by with the supervisor's name" in (
        say("agents accompany anna --campaign tariff-switch", status=2).stderr
    )
    assert "--for 'long' is no time" in say(f"{by_sue} --for long", status=2).stderr
    beside = facts(f"{by_sue} --for 30m")
    assert (beside["step"], beside["accompanied_by"]) == ("accompanied", "sue")
    person = facts("next --campaign tariff-switch --agent anna")
    assert (person["practice"], person["lead"]["name"]) == (False, "Åse Lunde")
    facts(f"result {person['lease']} --disposition no_contact")
    (standing,) = facts("agents show anna")["training"]
    assert (standing["practised"], standing["supervised"], standing["step"]) == (2, 1, "alone")
    assert facts("agents accompany anna --campaign tariff-switch --end")["accompanied_by"] is None
    assert facts("next --campaign tariff-switch --agent anna")["lead"]["name"] == "Per Lunde"


def test_a_supervisor_lets_somebody_call_alone_at_once(office: Path, say: Say, facts: Any) -> None:
    file = office / "tariff-switch.toml"
    file.write_text(file.read_text(encoding="utf-8") + TRAINING, encoding="utf-8")
    say("campaigns update tariff-switch.toml")
    say("campaigns start tariff-switch")
    say("agents add bo")
    release = "agents release anna --campaign tariff-switch"
    assert "bo is no supervisor" in say(f"{release} --by bo", status=3).stderr
    say("agents roles bo supervisor")
    assert facts(f"{release} --by bo")["released_by"] == "bo"
    assert facts("next --campaign tariff-switch --agent anna")["practice"] is False
    assert "bo supervises others and calls alone already" in (
        say("agents release bo --campaign tariff-switch --by bo", status=2).stderr
    )
