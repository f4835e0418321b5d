"""A campaign manager's day: a campaign is created, changed, started, watched and paused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cli.conftest import Say

MANY_ERRORS = """
nam = "b"
lists = []
mode = "manuel"
trunk = "mian"
caller_id = "12"
purpose = "politics"
[dialing]
ring_s = "25"
[retry]
busy = { after = "15 minutes", max = 3 }
[hours]
mon_fri = [["20:00", "10:00"]]
"""


def test_everything_wrong_with_a_campaign_file_is_told_at_once(office: Path, say: Say) -> None:
    (office / "b.toml").write_text(MANY_ERRORS)
    done = say("campaigns create b.toml", status=2)
    assert done.stdout == ""
    for told in (
        "mode: must be one of manual, ",
        "name: is missing",
        "lists: must be a list of texts",
        "trunk: 'mian' is not a trunk of the configuration; the nearest is 'main'",
        "caller_id: must be a number like",
        "seller: is missing",
        "purpose: must be one of sales, ",
        "hours.mon_fri[1]: must end after it starts",
        "dialing.ring_s: must be a whole number",
        "retry.busy.after: must be a duration like",
        "nam: unknown key; the nearest known one is 'name'",
    ):
        assert told in done.stderr


def test_a_campaign_is_refused_for_what_is_beside_its_file(office: Path, say: Say) -> None:
    text = (office / "tariff-switch.toml").read_text().replace('name = "t', 'name = "second-t')

    def create(old: str, new: str) -> str:
        (office / "b.toml").write_text(text.replace(old, new))
        return say("campaigns create b.toml", status=2).stderr

    assert "no list 'norwya'; did you mean 'norway'?" in create('"norway"', '"norwya"')
    assert "+4721000009 is not among those of trunk 'main'" in create("000000", "000009")
    assert "the script tarif.md cannot be read" in create("tariff-switch.md", "tarif.md")
    assert "line 1, column 8: is not TOML" in create(text, "Kundenr;Navn")
    (office / "b.toml").write_bytes(b"\xff\xfe")
    assert "is not UTF-8" in say("campaigns create b.toml", status=2).stderr
    (office / "b.toml").write_text(text)
    assert "no campaign 'second-tariff" in say("campaigns update b.toml", status=2).stderr
    again = say("campaigns create tariff-switch.toml", status=2).stderr
    assert "change it with: ringbank campaigns update FILE" in again


def test_a_changed_file_is_noticed_shown_and_applied(office: Path, say: Say, facts: Any) -> None:
    file = office / "tariff-switch.toml"
    assert say("campaigns update tariff-switch.toml").stdout == "nothing changes\n"
    assert facts("status")["campaigns"][0]["file_differs"] is False
    assert facts("campaigns status tariff-switch") == facts("status")["campaigns"][0]
    assert "no campaign 'tarif'" in say("campaigns status tarif", status=2).stderr
    file.write_text(file.read_text().replace("ring_s = 25", "ring_s = 30"))
    (office / "tariff-switch.md").write_text("Good morning!\n")
    assert facts("status")["campaigns"][0]["file_differs"] is True
    assert "its file has changed" in say("status").stdout
    assert facts("campaigns update tariff-switch.toml") == {
        "campaign": "tariff-switch",
        "state": "stopped",
        "changes": ["dialing.ring_s: 25 -> 30", "script: another text"],
    }
    assert facts("status")["campaigns"][0]["file_differs"] is False
    shown = say("campaigns show tariff-switch")
    assert shown.stdout == file.read_text()
    assert "tariff-switch is stopped" in shown.stderr


def test_what_is_spoken_for_a_campaign_is_shown_with_its_files(
    office: Path, say: Say, facts: Any
) -> None:
    file = office / "tariff-switch.toml"
    own = '[abandoned]\ntext = "{seller} ringte deg. Trykk 1 eller ring {phone}."\n'
    file.write_text(file.read_text().replace("manual", "progressive") + own)
    say("campaigns update tariff-switch.toml")
    spoken = facts("campaigns show tariff-switch")["spoken"]
    text = "Example Telecom AS ringte deg. Trykk 1 eller ring pluss 4 7, 2 1, 0 0, 0 0, 0 0."
    assert spoken[0]["text"] == text
    assert all(one["file"] is None for one in spoken), "no folder is named"
    config = (office / "config.toml").read_text()
    config = config.replace("# sounds = ", "sounds = ").replace("/var/lib/ringbank", str(office))
    (office / "config.toml").write_text(config)
    first, *_ = facts("campaigns show tariff-switch")["spoken"]
    assert (first["language"], first["there"]) == ("nb", False)
    sound = Path(first["file"])
    assert (sound.parent, sound.suffix) == (office / "sounds", ".wav")
    assert (
        "spoken when the engine takes the campaign in" in say("campaigns show tariff-switch").stderr
    )
    sound.parent.mkdir()
    sound.touch()
    assert str(sound) in say("campaigns show tariff-switch").stderr


def test_a_start_says_what_rules_want_that_the_campaigns_own_words_leave_out(
    office: Path, say: Say
) -> None:
    (office / "britain.csv").write_text("name,phone\nTom,+442079460001\n")
    say("leads import britain.csv --list britain")
    campaign = (office / "tariff-switch.toml").read_text().replace("manual", "progressive")
    campaign = campaign.replace("norway", "britain").replace('tariff-switch"', 'britain"')
    for name, text, told in (
        ("one", 'text = "{seller} called. Press 1."', "gb.ofcom.guard wants a telephone number"),
        ("two", 'text = "{seller} called. Press 1 or call {phone}."', ""),
        ("three", 'sound = "we/called"', "see that the recording in [abandoned] names the seller"),
    ):
        file = office / f"{name}.toml"
        file.write_text(campaign.replace('"britain"', f'"{name}"', 1) + f"[abandoned]\n{text}\n")
        say(f"campaigns create {name}.toml")
        started = say(f"campaigns start {name}").stderr
        assert told in started
        assert bool(told) is ("[abandoned]" in started)


def test_start_and_pause_need_no_engine_but_say_that_none_runs(
    office: Path, say: Say, facts: Any
) -> None:
    file = office / "tariff-switch.toml"
    file.write_text(file.read_text().replace("manual", "progressive"))
    facts("campaigns update tariff-switch.toml")
    started = say("campaigns start tariff-switch --json")
    assert started.stdout == '{"campaign": "tariff-switch", "state": "running"}\n'
    assert started.stderr == "no engine runs; start one with: ringbank run\n"
    seen = say("status --json")
    assert seen.stderr == "no engine runs; start one with: ringbank run\n"
    (campaign,) = facts("status")["campaigns"]
    assert campaign["state"] == "running"
    assert campaign["leads"] == {"new": 2}
    assert campaign["why_idle"] == "no engine runs; start one with: ringbank run"
    say("campaigns pause tariff-switch")
    assert [one["state"] for one in facts("campaigns list")] == ["paused"]
    assert "campaigns start tariff-switch" in say("status").stdout
    assert "did you mean 'tariff-switch'?" in say("campaigns start tarifswitch", status=2).stderr


def test_whatever_needs_an_engine_says_how_to_start_one(office: Path, say: Say) -> None:
    for word in ("login", "ready", "pause", "logout"):
        told = say(f"agents {word} anna", status=1).stderr
        assert told == (
            "ringbank: no engine runs, and this needs one; start it with: ringbank run\n"
        )


def test_run_and_doctor_name_what_is_missing(office: Path, say: Say, facts: Any) -> None:
    no_secret = "RINGBANK_ASTERISK_SECRET"
    assert no_secret in say("run", status=2).stderr
    there = {no_secret: "hush"}
    config = (office / "config.toml").read_text().replace("5038", "1")
    unreachable = say("run --until-done", status=1, config=config, environment=there).stderr
    assert "cannot be reached (Connection refused); check that Asterisk runs" in unreachable
    assert "no campaign 'nix'" in say("run --campaign nix", status=2).stderr
    assert "has no offset" in say("run --lab-clock 2026-11-17T11:00", status=2).stderr
    found = facts("doctor", status=1)
    assert [(one["ok"], bool(one["why"] or one["remedy"])) for one in found if not one["ok"]] == [
        (False, True)
    ]
    assert found[-1]["what"] == "Asterisk at 127.0.0.1:1"
    lines = say("doctor", status=1, environment=there).stdout.splitlines()
    assert [line[:4] for line in lines] == ["ok  "] * (len(lines) - 1) + ["FAIL"]
    assert "Connection refused" in lines[-1]
    assert "manager.conf" in lines[-1]
    (office / "config.toml").write_text("[databse]")
    (configuration,) = facts("doctor", status=1)
    assert "the nearest known one is 'database'" in configuration["why"]


def test_asterisk_config_writes_the_three_fragments(office: Path, say: Say) -> None:
    done = say("asterisk config --output pbx", environment={"RINGBANK_ASTERISK_SECRET": "hush"})
    names = [f"ringbank_{what}.conf" for what in ("confbridge", "extensions", "manager")]
    assert sorted(file.name for file in (office / "pbx").iterdir()) == names
    manager = office / "pbx" / "ringbank_manager.conf"
    assert "secret = hush" in manager.read_text()
    assert manager.stat().st_mode & 0o077 == 0
    assert "hush" not in done.stdout + done.stderr
    taken = say("asterisk config --output leads.csv", status=1).stderr
    assert "name a folder that you may write to with --output" in taken


def test_a_campaign_for_a_segment_says_whom_it_leaves_out(
    office: Path, say: Say, facts: Callable[..., Any]
) -> None:
    file = office / "tariff-switch.toml"
    plain = file.read_text()
    file.write_text("where = 'city = Oslo'\n" + plain)
    assert (
        "where, column 8: a text stands in quotes"
        in say("campaigns update tariff-switch.toml", status=2).stderr
    )
    file.write_text("where = 'byy = \"Oslo\"'\n" + plain)
    assert "did you mean 'by'?" in say("campaigns update tariff-switch.toml", status=2).stderr
    file.write_text("where = 'name contains \"PER\"'\n" + plain)
    (change,) = facts("campaigns update tariff-switch.toml")["changes"]
    assert change.startswith("where: none -> ")
    say("campaigns start tariff-switch")
    assert facts("campaigns show tariff-switch")["definition"].startswith("where")
    refused = facts("explain +4722448201 --campaign tariff-switch", status=3)["refusals"]
    assert ("list", "where") in {(one["gate"], one["rule"]) for one in refused}
    allowed = facts("explain +4722448202 --campaign tariff-switch")
    assert allowed["callable"]
