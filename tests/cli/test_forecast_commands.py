"""What is to come, whom to ask first, and what becomes of their answer, as commands."""

from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Say

MORE = """Navn;Tlf
Joe;+18002345678
Dan;+4532123456
"""


@pytest.fixture
def mixed(office: Path, say: Say) -> Path:
    """The office with somebody whose zone is not known, and somebody in Denmark."""
    (office / "more.csv").write_text(MORE, encoding="utf-8")
    say("leads import more.csv --list norway")
    return office


def test_a_forecast_counts_everybody_before_the_campaign_was_ever_started(
    mixed: Path, say: Say, facts: Any
) -> None:
    found = facts("campaigns forecast tariff-switch --days 2")
    assert (found["campaign"], found["state"], found["people"]) == ("tariff-switch", "stopped", 4)
    assert found["callable"] + sum(one["people"] for one in found["never"]) == 4
    assert len(found["hours"]) == 48
    assert found["hours"][0]["at"] == found["from"]
    assert found["from"].endswith(":00:00Z")
    assert max(hour["people"] for hour in found["hours"]) == 3  # by hand nobody needs a zone
    assert [(one["gate"], one["rule"], one["people"]) for one in found["never"]] == [
        ("place", "no_rules:DK", 1)
    ]
    assert found["not_known"] == []
    told = say("campaigns forecast tariff-switch --days 2")
    assert "is stopped and is counted as if it ran" in told.stderr
    assert max(map(len, told.stdout.splitlines())) <= 80
    assert "3 can be called at some hour of these days" in told.stdout
    assert "1 cannot (place, no_rules:DK): there are no rules for DK" in told.stdout
    assert "█" in told.stdout


def test_a_forecast_of_nothing_says_how_to_ask(office: Path, say: Say) -> None:
    assert (
        "no campaign 'tarif-switch'; did you mean 'tariff-switch'?"
        in say("campaigns forecast tarif-switch", status=2).stderr
    )
    say("campaigns forecast tariff-switch --days 0", status=2)


def test_whom_to_ask_is_listed_and_who_looked_is_kept(mixed: Path, say: Say, facts: Any) -> None:
    file = mixed / "tariff-switch.toml"
    file.write_text(file.read_text().replace('"manual"', '"progressive"'))
    say("campaigns update tariff-switch.toml")
    (joe,) = facts("campaigns unplaced tariff-switch")
    lead_id = joe["lead_id"]
    assert joe == {
        "lead_id": lead_id,
        "external_id": None,
        "name": "Joe",
        "phone": "+1800*****78",
        "list": "norway",
        "missing": ["zone"],
        "remedy": f"ringbank leads edit {lead_id} --set told_zone=Europe/Oslo",
    }
    last, *_ = facts(f"leads access {lead_id}")
    assert (last["action"], last["detail"]) == ("unplaced", {"campaign": "tariff-switch"})
    told = say("campaigns unplaced tariff-switch")
    assert "Joe\t+1800*****78\tnorway\tzone" in told.stdout
    assert "+18002345678" not in told.stdout
    assert joe["remedy"] in told.stderr

    say(joe["remedy"].removeprefix("ringbank "))
    assert facts("campaigns unplaced tariff-switch") == []
    shown = facts(f"leads show {lead_id}")
    assert (shown["zones"], shown["told_zone"]) == (["Europe/Oslo"], "Europe/Oslo")
    assert shown["told_at"] is not None


def test_what_a_person_says_of_where_they_are_comes_with_the_result(
    office: Path, say: Say, facts: Any
) -> None:
    say("campaigns start tariff-switch")
    person = facts("next --campaign tariff-switch --agent anna")
    lease, lead_id = person["lease"], person["lead"]["id"]
    refused = say(
        f"result {lease} --disposition callback --callback 2030-12-01T18:30 --place US-FF",
        status=2,
    ).stderr
    assert "--place cannot be used" in refused
    assert "US-FF: US has no such subdivision; did you mean 'US-FL'?" in refused
    facts(
        f"result {lease} --disposition callback --callback 2030-12-01T18:30 "
        "--place US-FL --place America/Chicago"
    )
    shown = facts(f"leads show {lead_id}")
    assert (shown["told_country"], shown["told_subdivision"]) == ("US", "US-FL")
    assert shown["zones"] == ["America/Chicago"]
    (edit,) = (event for event in shown["history"] if event["what"] == "edited")
    assert edit["changes"]["told_zone"] == [None, "America/Chicago"]
    assert edit["by"] == "anna"
    (call,) = (event for event in shown["history"] if event["what"] == "attempt")
    assert call["callback_at"] == "2030-12-02T00:30:00Z"  # on the clock there


def test_explain_and_doctor_say_where_no_hours_are_known(mixed: Path, say: Say, facts: Any) -> None:
    line = "no statutory hours are known for"
    assert f"{line} SE" in say("explain +46812345678 --campaign tariff-switch", status=3).stdout
    assert line not in say("explain +4722448201 --campaign tariff-switch", status=3).stdout
    found = {one["what"]: one for one in facts("doctor", status=1)}
    assert found["countries of the numbers"]["why"] == "NO (2), DK (1), US (1)"
    lawless = found["countries without rules"]
    assert (lawless["ok"], lawless["why"]) == (
        False,
        "no rule file names DK (1); nobody there is called",
    )
    assert 'allow_without_rules = ["DK"]' in lawless["remedy"]
    config = mixed / "config.toml"
    config.write_text(
        config.read_text().replace("[rules]", '[rules]\nallow_without_rules = ["DK"]')
    )
    allowed = {one["what"]: one for one in facts("doctor", status=1)}
    assert "countries without rules" not in allowed
    assert allowed["hours"]["ok"]
    assert allowed["hours"]["why"] == (
        "no statutory hours are known for DK; own_hours = true in [rules] would offer "
        "09:00 to 20:00 on weekdays"
    )


def test_doctor_names_registers_that_are_missing_and_files_that_cannot_be_used(
    office: Path, say: Say, facts: Any
) -> None:
    file = office / "tariff-switch.toml"
    file.write_text(file.read_text().replace('"political"', '"sales"'))
    say("campaigns update tariff-switch.toml")
    say("campaigns start tariff-switch")
    facts("next --campaign tariff-switch --agent anna")
    found = {one["what"]: one for one in facts("doctor", status=1)}
    register = found["registry no-reservasjon"]
    assert not register["ok"]
    assert "for tariff-switch" in register["why"]
    assert register["remedy"].startswith("load it: ringbank dnc import FILE")
    (office / "own").mkdir()
    (office / "own" / "dk.toml").write_text("schema = 1\n")
    config = office / "config.toml"
    config.write_text(config.read_text().replace("[rules]", '[rules]\nfolder = "own"'))
    rules = {one["what"]: one for one in facts("doctor", status=1)}["rules"]
    assert not rules["ok"]
    assert "dk.toml, line 1, name: is missing" in rules["why"]
    assert rules["remedy"] == "mend it, and look with: ringbank rules check"
