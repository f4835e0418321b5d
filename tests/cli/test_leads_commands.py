"""The commands leads, lists and dnc as a user and a script meet them."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from tests.conftest import Run

CONFIG = """
[database]
url = "sqlite:///ringbank.db"

[asterisk]
host = "127.0.0.1"
port = 5038
username = "dialer"

[leads]
region = "NO"
"""

LEADS = """Kundenr;Navn;Tlf privat;By
17;Åse Lunde;22 44 82 00;Oslo
17;Åse Lunde;22 44 82 00;Oslo
18;Per Lunde;22 44 82 00;Oslo
19;Kari Moe;ukjent;Oslo
"""


@pytest.fixture
def ringbank(run_ringbank: Run, tmp_path: Path) -> Run:
    """Give the command with a configuration and one lead file beside it."""
    (tmp_path / "leads.csv").write_text(LEADS, encoding="utf-8")
    (tmp_path / "towns.csv").write_text("Navn;By\nPer Lunde;Oslo\n", encoding="utf-8")
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
    return run_ringbank


def import_leads(ringbank: Run, *options: str) -> Any:
    done = ringbank(
        "leads", "import", "leads.csv", "--list", "norway", "--map", "phone=Tlf privat", *options
    )
    assert done.returncode == 4, done.stderr
    return done


def facts(ringbank: Run, *words: str) -> Any:
    done = ringbank(*words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_an_import_says_what_became_of_every_row(ringbank: Run, tmp_path: Path) -> None:
    done = import_leads(ringbank, "--rejects", "rejects.csv", "--json")
    report = json.loads(done.stdout)
    assert {key: report[key] for key in ("read", "imported", "joined", "rejected", "reasons")} == {
        "read": 4,
        "imported": 2,
        "joined": 1,
        "rejected": 1,
        "reasons": {"not a number": 1},
    }
    assert "4 read = 2 imported + 1 joined + 1 rejected" in done.stderr
    assert "utf-8" in done.stderr
    with (tmp_path / "rejects.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file))[1][-3:] == ["5", "Tlf privat", "not a number"]


def test_what_was_imported_can_be_looked_at(ringbank: Run) -> None:
    import_leads(ringbank)
    assert facts(ringbank, "leads", "count") == {"leads": 2, "numbers": 1, "lists": 1}
    by_number = facts(ringbank, "leads", "show", "22 44 82 00")
    assert by_number == facts(ringbank, "leads", "show", str(by_number["lead_id"]))
    assert (by_number["name"], by_number["phone"]) == ("Åse Lunde", "+4722448200")
    assert by_number["attributes"] == {"By": "Oslo"}
    assert len(by_number["household"]) == 1
    (norway,) = facts(ringbank, "lists", "list")
    assert (norway["name"], norway["state"], norway["leads"]) == ("norway", "active", 2)
    shown = facts(ringbank, "lists", "show", "norway")
    assert [past["read"] for past in shown["imports"]] == [4]


def test_a_dry_run_keeps_nothing(ringbank: Run) -> None:
    done = import_leads(ringbank, "--dry-run")
    assert "dry run" in done.stderr
    assert facts(ringbank, "leads", "count") == {"leads": 0, "numbers": 0, "lists": 0}


def test_standard_input_without_a_bad_row_is_done_without_problems(ringbank: Run) -> None:
    done = ringbank(
        "leads", "import", "-", "--list", "x", "--region", "se", input="Namn,Tel\nÅsa,08-465 004 01"
    )
    assert done.returncode == 0, done.stderr
    assert facts(ringbank, "leads", "show", "+46846500401")["lists"] == ["x"]


def test_an_archived_list_takes_no_more(ringbank: Run) -> None:
    import_leads(ringbank)
    assert facts(ringbank, "lists", "archive", "norway")["state"] == "archived"
    done = ringbank("leads", "import", "leads.csv", "--list", "norway", "--map", "phone=Tlf privat")
    assert done.returncode == 2
    assert "archived" in done.stderr


def test_do_not_call_from_entry_to_removal(ringbank: Run) -> None:
    import_leads(ringbank)
    assert facts(ringbank, "dnc", "add", "22448200", "--reason", "asked")["added"] is True
    assert facts(ringbank, "dnc", "add", "+4722448200")["added"] is False
    facts(ringbank, "dnc", "add", "22448201", "--scope", "seller", "--name", "Example AS")
    checked = facts(ringbank, "dnc", "check", "22 44 82 00")
    assert (checked["number"], checked["suppressed"]) == ("+4722448200", True)
    assert [(entry["scope"], entry["reason"]) for entry in checked["entries"]] == [("all", "asked")]
    assert facts(ringbank, "dnc", "check", "22448201")["suppressed"] is False
    assert facts(ringbank, "leads", "show", "22448200")["suppressed"] is True
    assert [entry["number"] for entry in facts(ringbank, "dnc", "list")] == [
        "+4722448200",
        "+4722448201",
    ]
    facts(ringbank, "dnc", "remove", "22448200", "--reason", "mistake")
    checked = facts(ringbank, "dnc", "check", "22448200")
    assert checked["suppressed"] is False
    assert checked["entries"][0]["removed_reason"] == "mistake"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("leads import missing.csv --list x", "missing.csv cannot be read"),
        ("leads import . --list x", "name a CSV file"),
        ("leads import towns.csv --list x", "--map phone=COLUMN"),
        ("leads import leads.csv --list x --map phone", "--map phone names no column"),
        ("leads import leads.csv --list x --region Norway", "two letters"),
        ("leads import leads.csv --list x --encoding nope", "'nope' is not an encoding"),
        ("leads show 22448200", "no lead has the number or id '22448200'"),
        ("leads show 99999999999999999999999", "no lead has the number or id"),
        ("lists show x", "there is no list 'x'"),
        ("dnc add 123", "is no telephone number (too short for NO"),
        ("dnc add 22448200 --scope seller", "add --name NAME"),
        ("dnc add 22448200 --name x", "leave it out"),
        ("dnc remove 22448200", "no such do-not-call entry in force"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(ringbank: Run, words: str, said: str) -> None:
    done = ringbank(*words.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_spreadsheet_goes_in_and_its_rejects_come_back_mended(
    ringbank: Run, tmp_path: Path
) -> None:
    book = xlsxwriter.Workbook(tmp_path / "people.xlsx")
    for number, row in enumerate([["Navn", "Telefon"], ["Ola", 22448200], ["Kari", "4.79E+10"]]):
        if number == 0:
            sheet = book.add_worksheet("Kunder")
        sheet.write_row(number, 0, row)
    book.close()
    words = ("--list", "norway", "--rejects", "rejects.csv")
    done = ringbank("leads", "import", "people.xlsx", *words)
    assert done.returncode == 4
    assert "Read as spreadsheet, sheet Kunder, phone=Telefon, name=Navn" in done.stderr
    rejects = (tmp_path / "rejects.csv").read_text(encoding="utf-8")
    assert "a power of ten and its digits are lost" in rejects
    (tmp_path / "mended.csv").write_text(rejects.replace("4.79E+10", "22448201"), encoding="utf-8")
    done = ringbank("leads", "import", "mended.csv", "--list", "norway", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["imported"] == 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("lunde", ["Åse Lunde", "Per Lunde"]),
        ("LUNDE, ase", ["Åse Lunde"]),
        ("18", ["Per Lunde"]),
        ("22 44 82", ["Åse Lunde", "Per Lunde"]),
        ("2244", ["Åse Lunde", "Per Lunde"]),
        ("224", []),
        ("%", []),
        ("_", []),
        ("", []),
        ("Lunde Moe", []),
    ],
)
def test_people_are_found_by_name_number_and_external_id(
    ringbank: Run, text: str, found: list[str]
) -> None:
    import_leads(ringbank)
    assert [one["name"] for one in facts(ringbank, "leads", "find", text)] == found


def test_a_long_answer_is_cut_and_says_so(ringbank: Run) -> None:
    import_leads(ringbank)
    done = ringbank("leads", "find", "lunde", "--limit", "1")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 2, "a header and one lead"
    assert "more than 1" in done.stderr
    assert not ringbank("leads", "find", "lunde", "--limit", "2").stderr


def test_an_import_is_taken_back(ringbank: Run) -> None:
    import_leads(ringbank)
    assert facts(ringbank, "lists", "show", "norway")["imports"][0]["import_id"] == 1
    assert facts(ringbank, "leads", "undo", "1") == {
        "import_id": 1,
        "list_name": "norway",
        "removed": 2,
        "restored": 0,
        "left": 2,
    }
    assert facts(ringbank, "leads", "count") == {"leads": 0, "numbers": 0, "lists": 1}
    assert "undone" in ringbank("lists", "show", "norway").stdout
    again = ringbank("leads", "undo", "1")
    assert (again.returncode, again.stdout) == (2, "")
    assert "was undone before" in again.stderr


def test_an_import_that_a_later_one_needs_is_not_taken_back(ringbank: Run) -> None:
    import_leads(ringbank)
    words = ("leads", "import", "leads.csv", "--map", "phone=Tlf privat")
    assert ringbank(*words, "--list", "other").returncode == 4
    done = ringbank("leads", "undo", "1")
    assert done.returncode == 3
    assert "undo that one first: ringbank leads undo 2" in done.stderr


def test_count_tells_how_many_a_filter_means(ringbank: Run) -> None:
    import_leads(ringbank)
    where = 'by = "OSLO" and name starts with "å" and not in list "norway"'
    assert facts(ringbank, "leads", "count", "--where", where) == {"where": where, "leads": 0}
    where = 'by = "OSLO" and name starts with "å" and in list "norway" and attempts = 0'
    assert facts(ringbank, "leads", "count", "--where", where) == {"where": where, "leads": 1}


def test_count_points_at_what_is_wrong_with_a_filter(ringbank: Run) -> None:
    import_leads(ringbank)
    done = ringbank("leads", "count", "--where", 'by = "Oslo" and nam is known')
    assert done.returncode == 2
    assert done.stderr.split("\n")[-5:-1] == [
        "ringbank: the filter cannot be used:",
        "  column 17: there is no field 'nam'; did you mean 'name'?",
        '    by = "Oslo" and nam is known',
        "                    ^",
    ]
