"""One person's data on the command line: merged, edited, handed out, erased, and who saw it."""

import json
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Say

Facts = Callable[..., Any]

ASE, PER = 1, 2


@pytest.fixture(autouse=True)
def _office(office: Path) -> Path:
    return office


def accesses(facts: Facts, whom: object) -> list[tuple[str, int]]:
    return [(one["action"], one["people"]) for one in facts(f"leads access {whom}")]


def test_whoever_looks_is_written_down(facts: Facts, say: Say) -> None:
    say("leads show 1")
    say("leads find lunde")
    say("leads export-person 1")
    say("leads edit 1 --set By=Bergen")
    assert accesses(facts, ASE) == [("edit", 1), ("export-person", 1), ("find", 2), ("show", 1)]
    assert accesses(facts, "+4722448202") == [("find", 2)]
    assert "show" in say("leads access 1").stdout
    (seen, *_) = facts("leads access 1")
    assert seen["who"]
    assert "2244" not in json.dumps(facts("leads access 1"))


def test_an_agent_who_dials_is_written_down(facts: Facts, say: Say) -> None:
    say("campaigns start tariff-switch")
    taken = facts("next --campaign tariff-switch --agent anna")
    (seen,) = facts(f"leads access {taken['lead']['id']}")
    assert (seen["who"], seen["action"], seen["detail"]) == (
        "anna", "next", {"campaign": "tariff-switch"},
    )  # fmt: skip


def test_whoever_cannot_be_written_down_sees_nothing(office: Path, say: Say) -> None:
    importing = sqlite3.connect(office / "ringbank.db", isolation_level=None)
    importing.execute("BEGIN IMMEDIATE")
    refused = say("leads show 1", status=1, timeout_s=20)
    importing.execute("ROLLBACK")
    importing.close()
    assert refused.stdout == ""
    assert "could not be recorded" in refused.stderr
    assert "Åse Lunde" in say("leads show 1").stdout


def test_a_merge_needs_a_word_and_is_remembered(facts: Facts, say: Say) -> None:
    assert "add --yes" in say("leads merge 1 2", status=2).stderr
    done = facts("leads merge 1 2 --yes")
    assert (done["kept_id"], done["merged_id"], done["numbers"]) == (1, 2, 1)
    assert "merged into 1" in say("leads edit 2 --set name=x", status=2).stderr
    assert facts("leads show 1")["phones"][1]["e164"] == "+4722448202"
    assert ("merge", 2) in accesses(facts, PER)


def test_an_edit_tells_everything_that_is_wrong(facts: Facts, say: Say) -> None:
    refused = say("leads edit 1 --set zone=Mars --set phone=1 --set naem=x", status=2).stderr
    assert "no time zone" in refused
    assert "no telephone number" in refused
    assert "did you mean 'name'?" in refused
    done = facts("leads edit 1 --set 'name=Åse Lund' --set 'phone+=92 00 00 01'")
    assert done["after"]["phones"] == ["+4722448201", "+4792000001"]
    assert facts("leads show 1")["name"] == "Åse Lund"
    assert "as you say already" in say("leads edit 1 --set 'name=Åse Lund'").stderr


def test_a_person_gets_everything_in_a_file_of_their_own(
    office: Path, facts: Facts, say: Say
) -> None:
    say("dnc add +4722448201 --reason asked")
    say("leads edit 1 --set By=Bergen")
    file = office / "person.json"
    file.touch(mode=0o644)
    say("leads export-person 1 --output person.json")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600, "one that others might read is replaced"
    whole = json.loads(file.read_text(encoding="utf-8"))
    assert whole == {**json.loads(say("leads export-person 1").stdout), **whole}
    assert whole["facts"][0]["name"] == "Åse Lunde"
    assert whole["numbers"][0]["e164"] == "+4722448201"
    assert whole["lists"][0]["file"] == "leads.csv"
    assert whole["changes"][0]["before"] == {"attributes": {"By": "Oslo"}}
    assert whole["suppressions"][0]["reason"] == "asked"
    assert whole["accesses"][0]["action"] == "edit"
    assert "Per Lunde" not in file.read_text(encoding="utf-8")
    assert "cannot be written" in say("leads export-person 1 --output no/where", status=1).stderr


def test_an_erased_person_is_in_no_byte_of_the_base(office: Path, facts: Facts, say: Say) -> None:
    say("dnc add +4722448201")
    say("leads show 1")
    assert "add --yes" in say("leads erase 1", status=2).stderr
    done = facts("leads erase 1 --reason 'by letter' --yes")
    assert (done["erased"], done["numbers"]) == (True, 1)
    left = b"".join(file.read_bytes() for file in office.glob("ringbank.db*"))
    assert b"Per Lunde" in left
    for one in ("Åse", "ase lunde", "22448201"):
        assert one.encode() not in left
    assert "was erased on" in say("leads erase 1 --yes", status=2).stderr
    assert "was erased on" in say("leads export-person 1", status=2).stderr
    (erased, *_) = facts("leads access 1")
    assert (erased["action"], erased["detail"]) == ("erase", {"reason": "by letter"})
    assert facts("leads count")["leads"] == 2


def test_a_held_person_is_not_erased(facts: Facts, say: Say) -> None:
    say("campaigns start tariff-switch")
    taken = facts("next --campaign tariff-switch --agent anna")
    whom = taken["lead"]["id"]
    assert "in a call" in say(f"leads erase {whom} --yes", status=3).stderr
    assert "in a call" in say("leads merge 1 2 --yes", status=3).stderr


def test_duplicates_are_suspected_with_reasons(facts: Facts, say: Say, office: Path) -> None:
    (office / "more.csv").write_text(
        "Navn;Tlf;By\nLunde Åse;22448201;Oslo\nLunde, Åsa;22448201;Oslo\n"
    )
    say("leads import more.csv --list more")
    (pair,) = facts("leads duplicates --list more --min-score 80")
    assert (pair["lead_id"], pair["other_id"]) == (1, 4)
    assert "the same number (+4722448201)" in pair["reasons"]
    assert ("duplicates", 2) in accesses(facts, 4)
    assert "ringbank leads merge 1 4" in say("leads duplicates --min-score 80").stderr
    assert "no list" in say("leads duplicates --list x", status=2).stderr


def test_expired_lists_are_emptied(office: Path, facts: Facts, say: Say) -> None:
    base = sqlite3.connect(office / "ringbank.db")
    base.execute("UPDATE lists SET expires_on = '2026-01-01'")
    base.commit()
    base.close()
    assert facts("lists list")[0]["expires_on"] == "2026-01-01"
    assert facts("lists show norway")["expires_on"] == "2026-01-01"
    assert facts("lists expire --dry-run")["people"] == 2
    assert "add --yes" in say("lists expire", status=2).stderr
    assert facts("lists expire --yes") == {
        "lists": ["norway"], "people": 2, "erased": 2, "held": 0,
    }  # fmt: skip
    assert facts("lists expire --yes")["erased"] == 0
    assert "Lunde" not in say("leads find lunde").stdout
