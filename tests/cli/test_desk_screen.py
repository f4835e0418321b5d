"""`ringbank desk` on a real terminal: a volunteer's shift in mode manual, by keys alone."""

import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.cli.conftest import CAMPAIGN, Say
from tests.conftest import CHECKOUT
from tests.terminal import Terminal

DESK = ("desk", "--campaign", "tariff-switch", "--agent", "anna")
NEXT = "next --campaign tariff-switch --agent anna"
OSLO = ZoneInfo("Europe/Oslo")

Open = Callable[..., Terminal]


@pytest.fixture
def opened(office: Path) -> Iterator[Open]:
    """Give a function that opens the desk on a terminal."""
    terminals: list[Terminal] = []

    def open_desk(
        *, width: int = 80, height: int = 24, environment: dict[str, str] | None = None
    ) -> Terminal:
        terminal = Terminal(
            [sys.executable, "-m", "cli", *DESK],
            cwd=office,
            environment={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(CHECKOUT),
                "HOME": str(office),
                "LANG": "C.UTF-8",
                "TZ": "UTC",
                "TERM": "xterm-256color",
                **(environment or {}),
            },
            width=width,
            height=height,
        )
        terminals.append(terminal)
        return terminal

    yield open_desk
    for terminal in terminals:
        terminal.__exit__(None, None, None)


@pytest.fixture
def started(office: Path, say: Say) -> None:
    """Have the campaign run, at whatever hour the test is run."""
    say("campaigns start tariff-switch")


@pytest.fixture
def desk(opened: Open, started: None) -> Terminal:
    """Give the desk of a running campaign, its first person on the screen."""
    terminal = opened()
    terminal.shows("Åse Lunde", "Question 1 of 1: Who is your provider today?")
    return terminal


def test_the_screen_tells_whom_to_dial_what_to_say_and_which_keys_there_are(
    desk: Terminal,
) -> None:
    lines = desk.lines()
    assert "tariff-switch" in lines[0]
    assert "anna" in lines[0]
    assert "with this person" in lines[0]
    assert "dial +4722448201" in lines[2]
    assert "their time" in lines[2]
    assert "By: Oslo" in lines[3]
    assert "never called before" in lines[2]
    screen = desk.screen()
    for shown in ("Good evening!", "1 Telia", "2 Telenor", "3 other", "F9 abusive: end"):
        assert shown in screen
    assert lines[-1].endswith("Ctrl-C leave"), "the last hint is whole"
    assert max(map(len, lines)) <= 80
    assert desk.title == ""


def test_a_shift_by_keys_alone(desk: Terminal, say: Say, facts: Any) -> None:
    desk.press("1")
    desk.shows("What came of it?")
    desk.press("2")
    desk.shows("> 2 Refusal", "Enter: Refusal, then more about it")
    desk.press("enter")
    desk.shows("Why did they refuse?", "1 Price")
    desk.press("f3")
    desk.shows("Note")
    desk.press("=too dear", "enter")
    desk.shows("Why did they refuse?")
    desk.press("1")
    screen = desk.shows("Per Lunde", "Saved: Refusal, Åse Lunde.", "Question 1 of 1")
    assert "dial +4722448202" in screen
    desk.press("f2", "6")
    desk.shows("> 6 No contact", "Enter: save No contact, then the next person")
    desk.press("enter")
    desk.shows("Nobody to call at the moment", "Saved: No contact, Per Lunde.", "the next at")
    desk.press("ctrl+c")
    assert desk.ends() == 0

    exported = say("export attempts --output -").stdout.splitlines()
    assert [line.count(",refusal,price,") for line in exported[1:]] == [1, 0]
    answers = say("export answers --output -").stdout
    assert ",provider,Telia," in answers
    assert facts(NEXT)["lease"] is None


def test_a_key_by_itself_gives_no_result(desk: Terminal, say: Say) -> None:
    desk.press("f2")
    desk.shows("What came of it?")
    desk.press("enter", "enter", "x", "enter", "tab", "enter", "6")
    desk.shows("> 6 No contact")
    assert len(say("export attempts --output -").stdout.splitlines()) == 1


def test_a_callback_at_an_hour_that_is_forbidden_is_refused_and_nothing_typed_is_lost(
    opened: Open, office: Path, say: Say, facts: Any
) -> None:
    shut = (datetime.now(OSLO).hour + 6) % 24  # far from the test's own hour
    windows = [
        w for w in (["00:00", f"{shut:02}:00"], [f"{shut + 1:02}:00", "24:00"]) if w[0] != w[1]
    ]
    days = ("mon_fri", "sat", "sun")
    hours = "".join(f"{day} = {windows}\n".replace("'", '"') for day in days)
    (office / "tariff-switch.toml").write_text(f"{CAMPAIGN}\n[hours]\n{hours}")
    say("campaigns update tariff-switch.toml")
    say("campaigns start tariff-switch")
    desk = opened()
    desk.shows("Åse Lunde")
    desk.press("tab", "3", "enter")
    desk.shows("Call back: when?")
    desk.press("f3", "after work", "enter")
    desk.press(f"2099-07-01 {shut:02}:30")
    desk.shows(f"Wednesday 2099-07-01, {shut:02}:30 their time")
    desk.press("enter")
    desk.shows("Who calls then?", "> 1 As the campaign says")
    desk.press("enter")
    nearest = datetime(2099, 7, 1, shut, tzinfo=OSLO) + timedelta(hours=1)  # after 23:30: tomorrow
    desk.shows(f"Wrong: not at that time; the nearest that is allowed is {nearest:%Y-%m-%dT%H:%M}")
    desk.press("f3")
    desk.shows("after work")
    desk.press("enter", "ctrl+u", f"2099-07-01 {(shut + 2) % 24:02}:30")
    desk.shows(f"Wednesday 2099-07-01, {(shut + 2) % 24:02}:30 their time")
    desk.press("enter")
    desk.shows("Who calls then?")
    desk.press("enter")
    desk.shows("Per Lunde", f"Promised for 2099-07-01 {(shut + 2) % 24:02}:30 their time")
    (promised,) = facts("callbacks list")
    assert promised["local_time"] == f"2099-07-01T{(shut + 2) % 24:02}:30"
    assert "after work" in say("leads show 22448201").stdout


def test_what_cannot_be_meant_is_told_in_plain_words(desk: Terminal) -> None:
    desk.press("tab", "3", "enter")
    desk.shows("Call back: when?")
    desk.press("soon", "enter", "enter")
    screen = desk.shows("Wrong: not at that time, see below", "The time 'soon' is no moment")
    assert "--callback" not in screen
    assert "soon" in screen


def test_leaving_with_something_unsaved_is_asked_and_without_lets_go(
    desk: Terminal, opened: Open, facts: Any
) -> None:
    desk.press("1")
    desk.shows("What came of it?")
    desk.press("ctrl+c")
    desk.shows("Leave the desk?", "you have this person again")
    desk.press("n")
    desk.shows("What came of it?")
    desk.press("ctrl+c")
    desk.shows("Leave the desk?")
    desk.press("y")
    assert desk.ends() == 0
    assert not desk.has_alternate_screen
    assert desk.modes[:4] == desk.before[:4]
    held = facts(NEXT)
    assert held["lead"]["name"] == "Åse Lunde"

    again = opened()
    again.shows("Åse Lunde", "What came of it?")
    again.press("esc")
    again.shows("1 Telia (chosen)")
    again.press("f6", "y")
    again.shows("Åse Lunde was let go.")
    again.press("enter")
    again.shows("Question 1 of 1")
    again.hides("chosen")
    lease = facts(NEXT)["lease"]
    assert lease != held["lease"]
    again.press("ctrl+c")
    assert again.ends() == 0
    assert facts(NEXT)["lease"] != lease, "nobody was called, and the lease was let go"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_gives_the_terminal_back_and_keeps_the_lease(
    desk: Terminal, facts: Any, number: int
) -> None:
    lease = facts(NEXT)["lease"]
    desk.press("1", "f3", "a dog barks")  # and at once, before it is kept by itself
    desk.shows("a dog barks")
    desk.signal(number)
    assert desk.ends() == 128 + number
    assert not desk.has_alternate_screen
    assert desk.modes[:4] == desk.before[:4]
    back = facts(NEXT)
    assert back["lease"] == lease
    assert back["draft"]["note"] == "a dog barks"
    assert back["draft"]["answers"] == ["provider=Telia"]


def test_a_lost_connection_ends_the_process_and_the_person_comes_back(
    desk: Terminal, opened: Open, facts: Any
) -> None:
    lease = facts(NEXT)["lease"]
    desk.press("1", "f3", "a dog barks")
    desk.shows("a dog barks")
    desk.drop()
    desk.ends()
    again = opened()
    again.shows("Åse Lunde", "What came of it?")
    assert facts(NEXT)["lease"] == lease
    again.press("f3")
    again.shows("a dog barks")


def test_no_key_leads_out_of_the_screen(desk: Terminal, office: Path) -> None:
    before = {file.name for file in office.iterdir()}
    for key in ("ctrl+z", "ctrl+backslash", "ctrl+p", "ctrl+s", "!", ":", "f8", "f10"):
        desk.press(key)
    desk.signal(signal.SIGTSTP)
    desk.press("1")
    desk.shows("What came of it?")
    assert "palette" not in desk.screen().lower()
    assert {file.name for file in office.iterdir()} == before


def test_settings_of_textual_in_the_environment_do_nothing(
    opened: Open, started: None, office: Path
) -> None:
    desk = opened(
        environment={
            "TEXTUAL": "devtools,debug",
            "TEXTUAL_LOG": "log.txt",
            "TEXTUAL_PRESS": "f2",
            "TEXTUAL_SCREENSHOT": "0",
            "TEXTUAL_DRIVER": "os:system",
        }
    )
    desk.shows("Åse Lunde", "Question 1 of 1")
    assert not (office / "log.txt").exists()
    desk.press("ctrl+c")
    assert desk.ends() == 0


def test_a_larger_terminal_shows_more_and_a_smaller_one_loses_no_hint(desk: Terminal) -> None:
    desk.resize(120, 40)
    desk.wait(lambda seen: "Ctrl-C leave" in seen.split("\n")[-1], "the footer below")
    assert len(desk.lines()) == 40
    desk.resize(60, 20)
    hints = ("Tab next", "F2 result", "F3 note", "F6 let go", "F7 pause", "F9 abusive: end")
    shown = ("Åse Lunde", "1 Telia", *hints)
    desk.wait(
        lambda seen: "Ctrl-C leave" in seen.split("\n")[-1] and all(one in seen for one in shown),
        "all of it",
    )


def test_a_pause_follows_the_person_and_nobody_is_held_meanwhile(
    desk: Terminal, office: Path
) -> None:
    desk.press("f7")
    desk.shows("Pause after this person: why?")
    desk.press("1")
    desk.shows("then pause")
    desk.press("f2", "6", "enter")
    desk.shows("on pause", "Saved: No contact, Åse Lunde.", "Enter: go on")
    assert states(office) == [("paused", "other")]
    desk.press("x")
    desk.press("enter")
    desk.shows("Per Lunde")
    assert states(office) == [("paused", "other"), ("out", None)], "a pause has its end"
    desk.press("f7")
    desk.shows("Pause after this person: why?")
    desk.press("esc")
    desk.shows("Question 1 of 1")


def states(office: Path) -> list[tuple[str, str | None]]:
    """Return the states that agents were in, as they are written down."""
    with sqlite3.connect(office / "ringbank.db") as base:
        return base.execute("SELECT state, pause FROM agent_states ORDER BY since, id").fetchall()


def test_deceased_is_asked_twice(desk: Terminal, say: Say) -> None:
    desk.press("f2")
    desk.shows("What came of it?")
    key = desk.key_of("Deceased")
    desk.press(key, "enter")
    desk.shows("Deceased: is it certain of Åse Lunde?", "> n No")
    desk.press("enter")
    desk.shows("What came of it?")
    assert len(say("export attempts --output -").stdout.splitlines()) == 1
    desk.press(key, "enter")
    desk.shows("is it certain")
    desk.press("y")
    desk.shows("Per Lunde", "Saved: Deceased, Åse Lunde.")


def test_hostile_is_one_key_and_a_moment_of_rest(desk: Terminal, say: Say) -> None:
    desk.press("f9")
    desk.shows("Saved: Hostile, Åse Lunde. Take a moment for yourself.", "Pause")
    assert say("export attempts --output -").stdout.count(",hostile,") == 1
    desk.press("enter")
    desk.shows("Per Lunde")


def test_the_last_result_is_taken_back_by_a_key(desk: Terminal, say: Say) -> None:
    desk.press("f2", "6", "enter")
    desk.shows("Per Lunde", "Ctrl-T take back")
    desk.press("ctrl+t")
    desk.shows("Take back: No contact, Åse Lunde")
    desk.press("y")
    desk.shows("Åse Lunde", "Taken back: No contact, Åse Lunde.")
    desk.press("f2", "2", "enter", "1")
    desk.shows("Per Lunde", "Saved: Refusal, Åse Lunde.")
    exported = say("export attempts --output -").stdout
    assert (exported.count(",refusal,price,"), exported.count(",no_contact,")) == (1, 0)


ORDER = """
[[dispositions]]
code = "sale"
kind = "success"
label = "Sale"
form = "order"

[order]
currency = "NOK"

[order.fields]
full_name = { type = "text", required = true }
service = { type = "choice", choices = ["fibre-100", "fibre-500"], required = true }
install_date = { type = "date" }
floor = { type = "number", only_if = "install_date is known" }
amount_due = { type = "money" }
"""


def test_an_order_is_typed_in_its_faults_are_told_and_it_is_kept(
    opened: Open, office: Path, say: Say, facts: Any
) -> None:
    (office / "tariff-switch.toml").write_text(CAMPAIGN + ORDER)
    say("campaigns update tariff-switch.toml")
    say("campaigns start tariff-switch")
    desk = opened()
    desk.shows("Åse Lunde")
    desk.press("f2")
    desk.shows("What came of it?")
    desk.press(desk.key_of("Sale"), "enter")
    desk.shows("Order 1 of 4, needed")
    desk.press("4111 1111 1111 1111", "enter")
    desk.shows("Order 1 of 4", "Wrong: ", "card")
    assert "4111" not in (office / "ringbank.db").read_bytes().decode("latin-1")
    desk.press("ctrl+u", "Åse Lunde", "enter")
    desk.shows("Order 2 of 4, needed")
    desk.press("2")
    desk.shows("Order 3 of 4")
    desk.press("2099-24-12", "enter")
    desk.shows("Order 3 of 5", "Wrong: '2099-24-12' is no date")
    desk.press("ctrl+u", "2099-12-24", "enter")
    desk.shows("Order 4 of 5: Floor", "Enter: go on")
    desk.press("tab")
    desk.shows("Order 5 of 5")
    desk.press("much", "enter")
    desk.shows("Order 5 of 5", "Wrong: ", "much")
    desk.press("ctrl+u", "12.50", "enter")
    desk.shows("Per Lunde", "Saved: Sale, Åse Lunde.")
    (order,) = facts("orders list")
    assert order["state"] == "submitted"
    shown = say(f"orders show {order['order_id']}").stdout
    for kept in ("Åse Lunde", "fibre-500", "2099-12-24", "12.50"):
        assert kept in shown


def test_a_newcomer_practises_on_the_screen_and_then_gets_a_person(
    opened: Open, office: Path, say: Say, facts: Any
) -> None:
    training = f"{CAMPAIGN}\n[training]\npractice = 1\n"
    (office / "tariff-switch.toml").write_text(training, encoding="utf-8")
    say("campaigns update tariff-switch.toml")
    say("campaigns start tariff-switch")
    desk = opened(height=30)
    screen = desk.shows("PRACTICE: this person is made up", "Question 1 of 1")
    assert "dial +" not in screen, "nobody dials the number of somebody made up"
    desk.press("1")
    desk.shows("What came of it?")
    desk.press("f2", "6")
    desk.shows("Enter: save No contact")
    desk.press("enter")
    desk.shows("Saved: No contact", "dial +4722448201", "Question 1 of 1")
    desk.hides("PRACTICE")
    assert len(say("export attempts --output -").stdout.splitlines()) == 1, "nobody was called"
    standing = facts("agents show anna")["training"]
    assert [one["practised"] for one in standing] == [1]


def test_letting_go_of_a_person_gives_them_to_whoever_asks(desk: Terminal, facts: Any) -> None:
    desk.press("f6")
    desk.shows("Let go of Åse Lunde?", "Nobody was called")
    desk.press("y")
    desk.shows("Åse Lunde was let go.", "Enter: go on")
    assert facts("status")["campaigns"][0]["leads"].get("in_call") is None


def test_nobody_to_call_says_why_and_looks_again_at_any_key(
    opened: Open, office: Path, say: Say
) -> None:
    desk = opened()
    desk.shows("Nobody to call at the moment", "The campaign does not run")
    say("campaigns start tariff-switch")
    desk.press("x")
    desk.shows("Åse Lunde")


def test_colour_is_not_needed(opened: Open, started: None) -> None:
    desk = opened(environment={"NO_COLOR": "1"})
    desk.shows("Åse Lunde", "Question 1 of 1")
    desk.press("f2", "6")
    desk.shows("> 6 No contact")
    colours = [n for n in range(30, 38) if f"\x1b[{n}m".encode() in desk.raw]
    assert colours == []


@pytest.mark.parametrize(
    "words", ["desk --campaign nope --agent anna", "desk --campaign tariff-switch --agent bert"]
)
def test_without_a_terminal_it_says_what_programs_use(office: Path, say: Say, words: str) -> None:
    assert "ringbank next --json" in say(words, status=2).stderr


def test_an_unknown_agent_is_told_before_the_screen_opens(office: Path) -> None:
    with Terminal(
        [sys.executable, "-m", "cli", "desk", "--campaign", "tariff-switch", "--agent", "bert"],
        cwd=office,
        environment={"PYTHONPATH": str(CHECKOUT), "HOME": str(office), "TERM": "xterm"},
    ) as terminal:
        assert terminal.ends() == 2
        assert "there is no agent 'bert'" in terminal.screen()
        assert not terminal.has_alternate_screen


def test_names_of_all_alphabets_leave_the_layout_alone(
    opened: Open, office: Path, say: Say
) -> None:
    (office / "more.csv").write_text(
        "Kundenr;Navn;Tlf;By\n20;王小明;22448203;東京都\n21;אברהם כהן;22448204;Oslo\n",
        encoding="utf-8",
    )
    (office / "all.toml").write_text(
        CAMPAIGN.replace('["norway"]', '["more"]')
        .replace("tariff-switch", "all")
        .replace("all.md", "tariff-switch.md")
    )
    say("leads import more.csv --list more")
    say("campaigns create all.toml")
    say("campaigns start all")
    terminal = Terminal(
        [sys.executable, "-m", "cli", "desk", "--campaign", "all", "--agent", "anna"],
        cwd=office,
        environment={
            "PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT), "HOME": str(office),
            "LANG": "C.UTF-8", "TERM": "xterm-256color",
        },
    )  # fmt: skip
    with terminal:
        for name in ("王小明", "אברהם כהן"):
            terminal.wait(
                lambda seen, name=name: name in seen.replace(" ", "") or name in seen, name
            )
            screen = terminal.shows("Question 1 of 1", "Ctrl-C leave")
            assert screen.split("\n")[-1].endswith("Ctrl-C leave")
            terminal.press("f2", "6", "enter")
        assert terminal.title == ""


BROKEN = """
from datetime import UTC, datetime
from dialer.screen.commands import show
from dialer.screen.seat import Seat
from leads.errors import RingbankError
from tests.unit.dialer.desks import FakeDesk, document

desk = FakeDesk([document("Åse Lunde"), document("Per Lunde")])
desk.refusals["give"] = ValueError("Åse Lunde")
seat = Seat(campaign="tariff-switch", agent="anna", since=datetime.now(UTC))
try:
    show(desk, seat, clock=lambda: datetime.now(UTC), heard=list)
except RingbankError as error:
    print(error)
print(*(asked[0] for asked in desk.asked))
"""
"""A screen at a desk that fails in a way nobody has thought of."""


def test_a_fault_nobody_thought_of_gives_the_terminal_back_and_tells_no_data(
    office: Path,
) -> None:
    with Terminal(
        [sys.executable, "-c", BROKEN],
        cwd=office,
        environment={"PYTHONPATH": str(CHECKOUT), "LANG": "C.UTF-8", "TERM": "xterm-256color"},
    ) as terminal:
        terminal.shows("Åse Lunde", "Question 1:")
        terminal.press("f2", "4", "enter")
        assert terminal.ends() == 0
        assert not terminal.has_alternate_screen
        assert terminal.modes[:4] == terminal.before[:4]
        left = " ".join(terminal.left_behind.split())
        assert "the screen failed (ValueError in _note" in left
        assert "what you typed is kept" in left
        assert "give keep" in left
        assert "Åse" not in left
