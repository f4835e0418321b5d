"""Rules of law as a manager looks them up, and an operator adds to them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Say

Facts = Callable[..., Any]

HOUSE = """schema = 1
id = "house"
name = "House rules"
match = { countries = ["SH"] }

[[hours]]
id = "house.hours"
source = ["the board, 2026-11-01"]
windows = { mon_fri = [["09:00", "18:00"]], holiday = "as_weekday" }
note = "Agents go home at six."

[[cap]]
id = "house.cap"
source = ["the board, 2026-11-01"]
status = "proposed"
max = 2
per = { kind = "calendar_week" }
"""

LOOSER = """schema = 1
id = "looser"
name = "What counsel allowed"
match = { countries = ["SH"] }

[[loosen]]
rule = "house.hours"
by = "K. Nordmann"
reason = "An evening campaign, agreed"
valid_until = 2199-01-31

[[loosen]]
rule = "house.cap"
by = "K. Nordmann"
reason = "It was over long ago"
valid_until = 2026-01-31
"""

LIMITS = """folder = "house-rules"
max_per_day = 2
allow_without_rules = ["TK"]
"""


@pytest.fixture
def house(office: Path) -> Path:
    """Give the folder with rules of an office's own, which its configuration names."""
    folder = office / "house-rules"
    folder.mkdir()
    (folder / "house.toml").write_text(HOUSE)
    (folder / "looser.toml").write_text(LOOSER)
    with (office / "config.toml").open("a") as config:
        config.write(LIMITS)  # its last table is [rules]
    return folder


def of_house(rows: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    return [row for row in rows if row[key].startswith(("house", "looser", "own."))]


# -- check ---------------------------------------------------------------------------------


def test_rules_without_a_fault(house: Path, facts: Facts, say: Say) -> None:
    told = facts("rules check")
    assert told["problems"] == []
    assert of_house(told["files"], "file") == [
        {"file": "house.toml", "in_force": 1, "shown_only": 1, "checked": None, "own": True},
        {"file": "looser.toml", "in_force": 0, "shown_only": 0, "checked": None, "own": True},
    ]
    assert told["in_force"] == sum(file["in_force"] for file in told["files"])
    done = say("rules check")
    assert "house.toml\t1\t1\t\tyes" in done.stdout
    assert f"rules in force: {told['in_force']};" in done.stderr
    assert "problems: 0" in done.stderr


def test_every_fault_of_the_own_rules_is_told_with_its_line(
    house: Path, facts: Facts, say: Say
) -> None:
    (house / "house.toml").write_text(HOUSE.replace("max = 2", "max = -2\nmaximum = 1"))
    (house / "looser.toml").write_text(LOOSER.replace("An evening campaign, agreed", "why not"))
    told = facts("rules check", status=2)
    wheres = [problem["where"] for problem in told["problems"]]
    assert wheres == [
        "house.toml, line 16, cap.max",
        "house.toml, line 17, cap.maximum",
        "looser.toml, line 9, loosen.reason",
    ]
    assert [file["in_force"] for file in of_house(told["files"], "file")] == [None, None]
    done = say("rules check", status=2)
    for where in wheres:
        assert f"  {where}: " in done.stderr
    assert "problems: 3" in done.stderr


def test_a_loosening_of_no_rule_is_a_fault(house: Path, facts: Facts) -> None:
    (house / "looser.toml").write_text(LOOSER.replace("house.hours", "house.hour"))
    (told,) = facts("rules check", status=2)["problems"]
    assert told["where"] == "looser.toml, line 7, loosen.rule"
    assert "the nearest is 'house.hours'" in told["why"]


def test_files_are_checked_without_a_configuration(house: Path, say: Say) -> None:
    (house.parent / "config.toml").unlink()
    assert "looser.toml\t0\t0" in say("rules check house-rules").stdout
    (house / "house.toml").write_text(HOUSE.replace("schema = 1", "schema = 7"))
    told = say("rules check house-rules/house.toml", status=2).stderr
    assert "house.toml, line 1, schema: this version reads 1" in told
    assert "there is no nowhere.toml" in say("rules check nowhere.toml", status=2).stderr
    assert "configuration" in say("rules check", status=2).stderr


def test_a_folder_that_the_configuration_names_must_be_there(house: Path, say: Say) -> None:
    house.rename(house.with_name("elsewhere"))
    for line in ("rules check", "rules show", "rules diff"):
        assert "there is no house-rules; make that folder" in say(line, status=2).stderr


# -- show ----------------------------------------------------------------------------------


def test_the_list_of_jurisdictions(house: Path, facts: Facts, say: Say) -> None:
    listed = {row["jurisdiction"]: row for row in facts("rules show")}
    assert listed["house"] == {
        "jurisdiction": "house",
        "name": "House rules",
        "where": "SH",
        "in_force": 1,
        "shown_only": 1,
        "checked": None,
        "own": True,
        "remark": None,
    }
    assert listed["own"]["where"] == "everywhere"
    assert "house\tHouse rules\tSH\t1\t1" in say("rules show").stdout


def test_one_jurisdiction_with_every_rule(house: Path, facts: Facts, say: Say) -> None:
    told = facts("rules show house")
    assert (told["jurisdiction"], told["public_holidays"]) == ("house", "none of its own")
    hours, cap = told["rules"]
    assert hours["rule"] == "house.hours"
    assert hours["says"] == {
        "mon to fri": "09:00-18:00",
        "sat to sun": "closed",
        "public holidays": "as on the weekday",
    }
    assert hours["loosened"] == "by K. Nordmann until 2199-01-31: An evening campaign, agreed"
    assert hours["source"] == ["the board, 2026-11-01"]
    assert (hours["force"], hours["confidence"], hours["stands"]) == ("own", "high", "in force")
    assert (cap["stands"], cap["loosened"]) == ("proposed, shown only", None)
    written = " ".join(say("rules show house").stdout.split())
    assert "says mon to fri: 09:00-18:00 sat to sun: closed" in written
    assert "note Agents go home at six." in written


def test_one_rule(house: Path, facts: Facts) -> None:
    assert facts("rules show house.cap")["says"] == {
        "at most": "2 attempts a week, Monday to Sunday",
        "counted for each": "person",
    }
    assert facts("rules show own.max_per_day")["says"]["at most"] == "2 attempts in one day"
    assert facts("rules show own")["rules"][0]["source"] == ["the configuration, [rules]"]


def test_letters_of_any_case_name_a_jurisdiction_or_a_rule(house: Path, facts: Facts) -> None:
    assert facts("rules show US-FL") == facts("rules show us-fl")
    assert facts("rules show US-FL.hours") == facts("rules show us-fl.hours")


def test_a_country_has_the_files_that_name_it(house: Path, facts: Facts, say: Say) -> None:
    told = facts("rules show SH")
    assert told["jurisdictions"] == ["house", "looser"]
    assert told["may_be_called"] is True
    assert told["hours"] == "no statutory hours are known"  # the house's own are no law
    assert [file["jurisdiction"] for file in told["files"]] == ["house", "looser"]
    assert "house.hours" in say("rules show sh").stdout


def test_a_country_without_rules_is_called_only_where_the_operator_allows_it(
    house: Path, facts: Facts, say: Say
) -> None:
    for country, called in (("TK", True), ("NU", False)):
        told = facts(f"rules show {country}")
        assert told["may_be_called"] is called
        assert told["hours"] == "no statutory hours are known"
        assert told["jurisdictions"] == []
    assert 'allow_without_rules = ["NU"]' in say("rules show NU").stderr


def test_what_there_is_not_is_told_with_the_nearest(house: Path, say: Say) -> None:
    assert "the nearest is 'house.hours'" in say("rules show house.hour", status=2).stderr
    assert "there is no country XX" in say("rules show xx", status=2).stderr


# -- diff ----------------------------------------------------------------------------------


def test_what_an_office_changes(house: Path, facts: Facts) -> None:
    changes = {(row["change"], row["rule"]): row for row in facts("rules diff")}
    assert list(changes) == [
        ("added", "house.hours"),
        ("added", "house.cap"),
        ("added", "own.max_per_day"),
        ("loosened", "house.hours"),
        ("loosened, over", "house.cap"),
    ]
    assert changes["added", "house.cap"]["stands"] == "proposed, shown only"
    loosened = changes["loosened", "house.hours"]
    assert loosened["says"].startswith("mon to fri: 09:00-18:00")
    assert (loosened["file"], loosened["by"]) == ("looser", "K. Nordmann")
    assert loosened["reason"] == "An evening campaign, agreed"
    assert loosened["valid_until"] == "2199-01-31"


def test_an_office_that_changes_nothing(office: Path, facts: Facts, say: Say) -> None:
    assert facts("rules diff") == []
    assert "nothing is changed" in say("rules diff").stderr


# -- a file that cannot be used ------------------------------------------------------------

HOLIDAY_HOME = """
schema = 1
id = "home"
name = "Nobody at all"
match = { countries = ["NO"] }

[[hours]]
id = "home.hours"
source = ["the board"]
windows = { all = [], holiday = [] }
"""


def refused_by(facts: Facts) -> set[str]:
    told = facts("explain +4722448201 --campaign tariff-switch --at 2099-07-01T12:00", status=3)
    return {refusal["rule"] for refusal in told["refusals"]}


def test_the_rules_in_force_stay_so_while_a_file_cannot_be_used(
    house: Path, facts: Facts, say: Say
) -> None:
    (house / "home.toml").write_text(HOLIDAY_HOME)
    say("campaigns start tariff-switch")
    say("agents add bea --phone PJSIP/bea")
    nobody = facts("next --campaign tariff-switch --agent bea")
    assert nobody["lease"] is None
    assert "home.hours" in refused_by(facts)
    (house / "home.toml").write_text(HOLIDAY_HOME.replace("windows", "widnows"))
    assert "home.hours" in refused_by(facts)
    told = say("next --campaign tariff-switch --agent bea --json")
    assert json.loads(told.stdout)["lease"] is None
    assert "home.toml, line 10, hours.widnows: unknown key" in told.stderr
    assert "the rules that were in force before stay so" in told.stderr


def test_rules_that_no_call_was_judged_by_yet_hold_beside_a_file_that_cannot_be_used(
    house: Path, facts: Facts, say: Say
) -> None:
    say("campaigns start tariff-switch")
    facts("next --campaign tariff-switch --agent anna")
    (house / "home.toml").write_text(HOLIDAY_HOME)
    (house / "slip.toml").write_text("schema = 2\n")
    assert "home.hours" in refused_by(facts)
