"""A script writer's day: a script is checked, previewed, used, changed, and looked up later."""

from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Say

SCRIPT = """Hi {{ lead.first_name }}{% if lead.By %} of {{ lead.By }}{% endif %}!
{% if answers.provider == "Telia" %}
You are with Telia.
{% endif %}
## ? Too dear
The first month is free.
"""


@pytest.fixture
def office(office: Path) -> Path:
    write(office, SCRIPT)
    file = office / "tariff-switch.toml"
    file.write_text(
        file.read_text().replace(
            'file = "tariff-switch.md"\n',
            'file = "tariff-switch.md"\nabout = "your contract"\n'
            'about_in = { nb = "avtalen din" }\nlanguages = { nb = "nb.md" }\n',
        )
    )
    (office / "nb.md").write_text(SCRIPT.replace("Hi", "Hei"), encoding="utf-8")
    return office


def write(office: Path, script: str) -> None:
    (office / "tariff-switch.md").write_text(script, encoding="utf-8")


def test_a_script_is_checked_used_changed_and_looked_up(office: Path, say: Say, facts: Any) -> None:
    assert say("scripts check tariff-switch.toml").stdout == "the script can be used\n"
    changes = facts("campaigns update tariff-switch.toml")["changes"]
    assert 'script.about: none -> "your contract"' in changes
    assert changes[-1] == "script: another text"
    assert facts("campaigns update tariff-switch.toml")["changes"] == []
    checked = facts("scripts check tariff-switch")
    assert (checked["campaign"], checked["findings"]) == ("tariff-switch", [])
    version = checked["version"]
    say("campaigns start tariff-switch")
    person = facts("next --campaign tariff-switch --agent anna")
    assert (person["script"], person["script_version"]) == ("Hi Åse of Oslo!", version)
    assert person["opening"].endswith(
        "on behalf of Example Telecom AS. I am calling about your contract."
    )
    assert person["drawer"] == [{"title": "Too dear", "text": "The first month is free."}]
    write(office, SCRIPT.replace("Hi", "Good day"))
    assert facts("campaigns update tariff-switch.toml")["changes"] == ["script: another text"]
    say(f"result {person['lease']} --disposition completed --answer provider=Telia")
    say("export answers --output answers.csv")
    assert version in (office / "answers.csv").read_text(encoding="utf-8-sig")
    listed = facts("scripts list tariff-switch")
    assert [(one["calls"], one["current"]) for one in listed] == [(0, True), (1, False)]
    assert listed[1]["version"] == version
    assert listed[1]["languages"] == ["nb"]
    old = say(f"scripts show tariff-switch --version {version}").stdout
    assert old.startswith("about: your contract\nabout (nb): avtalen din\nHi {{ lead.first_name }}")
    assert "Good day" in say("scripts show tariff-switch").stdout
    assert facts("scripts show tariff-switch")["version"] == listed[0]["version"]
    assert "no version '0'" in say("scripts show tariff-switch --version 0", status=2).stderr


def test_next_prints_the_opening_before_the_script(office: Path, say: Say) -> None:
    say("campaigns update tariff-switch.toml")
    say("campaigns start tariff-switch")
    shown = say("next --campaign tariff-switch --agent anna").stdout
    opening = shown.index("Say first: Hello, my name is Anna and I am calling on behalf of")
    assert opening < shown.index("Hi Åse of Oslo!") < shown.index("? Too dear")


def test_a_preview_is_what_an_agent_sees(office: Path, say: Say, facts: Any) -> None:
    say("campaigns update tariff-switch.toml")
    made_up = say("scripts preview tariff-switch --answer provider=Telia").stdout
    assert "Hi Kim of (By)!\nYou are with Telia." in made_up
    assert made_up.endswith("? Too dear\n  The first month is free.\n")
    per = say("scripts preview tariff-switch --lead 2 --language nb --agent bo --recorded").stdout
    assert " ".join(per.split()).startswith(
        "Say first: Hei, jeg heter Bo og ringer på vegne av Example Telecom AS. "
        "Det gjelder avtalen din. Denne samtalen blir tatt opp."
    )
    assert "Hei Per of Oslo!" in per
    (seen,) = [one for one in facts("leads access 2") if one["action"] == "scripts preview"]
    assert seen["detail"] == {"campaign": "tariff-switch"}
    refused = say("scripts preview tariff-switch --answer provder=Telia", status=2).stderr
    assert "answers no question; write KEY=VALUE with one of provider" in refused
    assert "no lead 77" in say("scripts preview tariff-switch --lead 77", status=2).stderr
    assert "no campaign 'tarif'" in say("scripts preview tarif", status=2).stderr


def test_mistakes_are_told_with_their_lines_and_refused(office: Path, say: Say, facts: Any) -> None:
    write(office, 'Hi {{ lead.Farge }}\n{% if answers.provider == "Tella" %}a{% endif %}\n{{ 1 + 1')
    told = say("scripts check tariff-switch.toml", status=4).stdout
    assert told.startswith("error: tariff-switch.md, line 3: unexpected end")
    write(office, SCRIPT + "{{ lead.Farge }}\n{% if answers.provider == 'Tella' %}a{% endif %}")
    found = facts("scripts check tariff-switch.toml", status=4)["findings"]
    assert found[0] == {
        "where": "tariff-switch.md, line 7",
        "why": "no list of the campaign has a column 'Farge'; the nearest is 'language'",
        "error": True,
    }
    refused = say("campaigns update tariff-switch.toml", status=2).stderr
    assert "its script cannot be used:\n  tariff-switch.md, line 7: no list" in refused
    assert "line 8: 'Tella' is no answer to 'provider'; the nearest is 'Telia'" in refused
    assert "Good evening!" in say("scripts show tariff-switch").stdout  # nothing was changed
    text = (office / "tariff-switch.toml").read_text().replace('name = "t', 'name = "second-t')
    (office / "b.toml").write_text(text)
    assert "its script cannot be used" in say("campaigns create b.toml", status=2).stderr
    assert [one["name"] for one in facts("campaigns list")] == ["tariff-switch"]


def test_warnings_are_said_and_refuse_nothing(office: Path, say: Say) -> None:
    write(office, SCRIPT + "## ? Late\n")
    assert "heading of the drawer" in say("scripts check tariff-switch.toml", status=4).stdout
    done = say("campaigns update tariff-switch.toml")
    assert "the script may be mistaken: tariff-switch.md, line 7: a heading" in done.stderr


def test_a_campaign_without_a_script_still_has_an_opening(office: Path, say: Say) -> None:
    file = office / "tariff-switch.toml"
    head, tail = file.read_text().split("[script]")
    file.write_text(head + tail[tail.index("[[questions]]") :])
    say("campaigns update tariff-switch.toml")
    assert say("scripts check tariff-switch").stdout == "the campaign has no script\n"
    assert "This is a political call." in say("scripts preview tariff-switch").stdout
    assert "has no script; add [script]" in say("scripts show tariff-switch", status=2).stderr
    assert "cannot be read" in say("scripts check none.toml", status=2).stderr
