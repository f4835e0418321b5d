"""What agents type of a talk: kept when refused, taken back, corrected by a supervisor."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.cli.conftest import Say

ANNA = "next --campaign tariff-switch --agent anna"

QUESTIONS = """
[[questions]]
key = "support"
text = "How much do you support us?"
type = "scale"
required = true
asked_if = 'provider = "other"'

[[refusal_reasons]]
code = "data_deletion_request"
"""

Facts = Callable[..., Any]


def test_what_is_refused_is_kept_and_shown_again(office: Path, say: Say, facts: Facts) -> None:
    file = office / "tariff-switch.toml"
    file.write_text(file.read_text(encoding="utf-8") + QUESTIONS, encoding="utf-8")
    say("campaigns update tariff-switch.toml")
    say("campaigns start tariff-switch")
    document = facts(ANNA)
    assert document["draft"] is None
    assert [(one["key"], one["asked"]) for one in document["questions"]] == [
        ("provider", True),
        ("support", False),
    ]
    by_code = {one["code"]: one for one in document["dispositions"]}
    assert len(by_code) <= 12
    assert by_code["deceased"]["twice"] is True
    assert by_code["no_contact"]["effect"].startswith("Called again after 4 hours")
    lease = document["lease"]
    for words, told in (
        ("--note glad --answer provider=other", "needs an answer to support; add --answer"),
        ("--answer provider=Telia --answer support=3", 'only asked if provider = "other"'),
    ):
        told_in = say(f"result {lease} --disposition success {words}", status=2).stderr
        assert told in told_in
    say(f"result {lease} --disposition success --note glad --answer provider=other", status=2)
    again = facts(ANNA)
    assert again["draft"] == {
        "disposition": "success", "note": "glad", "answers": ["provider=other"],
    }  # fmt: skip
    assert [one["asked"] for one in again["questions"]] == [True, True]
    screen = say(ANNA).stdout
    assert "note: glad" in screen
    assert "--answer support=... (1 to 5), required" in screen
    assert "-> Nobody calls this number again" in screen
    assert [line for line in screen.splitlines() if len(line) > 80] == []

    dead = f"result {lease} --disposition deceased"
    assert "once more with --sure" in say(dead, status=2).stderr
    assert facts(f"{dead} --sure")["kind"] == "deceased"
    assert facts("drafts list") == []


def test_a_callback_at_night_is_refused_with_the_nearest_hour_and_what_was_typed_is_kept(
    office: Path, say: Say, facts: Facts
) -> None:
    # Shut for one hour only, and that is half a day away from whenever the test runs.
    shut = (datetime.now(ZoneInfo("Europe/Oslo")).hour + 12) % 22 + 1
    day = f'[["00:00", "{shut:02}:00"], ["{shut + 1:02}:00", "24:00"]]'
    file = office / "tariff-switch.toml"
    hours = f"[hours]\nmon_sat = {day}\nsun = {day}\n[retry]"
    text = file.read_text(encoding="utf-8").replace("[retry]", hours)
    file.write_text(text, encoding="utf-8")
    say("campaigns update tariff-switch.toml")
    say("campaigns start tariff-switch")
    lease = facts(ANNA)["lease"]
    night = f"2099-07-01T{shut:02}:05"
    told = say(
        f"result {lease} --disposition callback --callback {night} --note later", status=3
    ).stderr
    assert f"the nearest time that is allowed is 2099-07-01T{shut - 1:02}:45" in told
    draft = facts(ANNA)["draft"]
    assert (draft["callback"], draft["note"]) == (night, "later")


def test_a_result_is_taken_back_and_later_corrected(office: Path, say: Say, facts: Facts) -> None:
    say("campaigns start tariff-switch")
    say("agents add bo --role supervisor")
    say("agents add cleo")
    first = facts(ANNA)
    lease = first["lease"]
    facts(f"result {lease} --disposition refusal --reason price --note 'too dear'")
    wrong = f"result {lease} --undo --agent cleo"
    assert "is not cleo's" in say(wrong, status=3).stderr
    assert facts(f"result {lease} --undo --agent anna")["undone"] is True
    assert facts(ANNA)["lease"] == lease
    facts(f"result {lease} --disposition success")
    stolen = f"result {lease} --disposition success"
    kept = say(stolen, status=2).stderr
    assert f"what was typed is kept for a supervisor: ringbank drafts show {lease}" in kept
    assert facts(f"drafts show {lease}")["disposition"] == "success"

    corrected = f"result {lease} --correct --disposition refusal --reason price"
    assert "add --by NAME" in say(corrected, status=2).stderr
    assert "anna is neither supervisor" in say(f"{corrected} --by anna", status=3).stderr
    assert "ringbank agents roles anna supervisor" in say(f"{corrected} --by anna", status=3).stderr
    assert (
        "a correction needs its reason; add --why" in say(f"{corrected} --by bo", status=2).stderr
    )
    carded = f"{corrected} --by bo --why 'card 4111 1111 1111 1111'"
    assert "--why holds what looks like the number of a payment card" in (
        say(carded, status=2).stderr
    )
    done = facts(f"{corrected} --by bo --why 'misheard it'")
    assert (done["disposition"], done["corrected_by"]) == ("refusal", "bo")
    assert facts("drafts list") == []
    story = say(f"leads show {first['lead']['id']}").stdout
    for told in ("anna took a result back", "bo corrected a result (misheard it)", "it was: succ"):
        assert told in story
    (attempt,) = say("export attempts --output -").stdout.splitlines()[1:]
    assert ",refusal,price," in attempt


def test_options_that_do_not_go_together_are_refused(say: Say, office: Path) -> None:
    for words, told in (
        ("--undo --disposition success", "--undo takes the result back and gives none"),
        ("--disposition success --by bo", "--by and --why belong to a correction"),
    ):
        assert told in say(f"result 1f0c9a7be2d4 {words}", status=2).stderr
