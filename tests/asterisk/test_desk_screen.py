"""`ringbank desk` on a real terminal with a real line: keys in, talks out."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select

from campaigns.desk_tables import agent_states
from tests.asterisk.site import EngineProcess, Site, name_of
from tests.terminal import Terminal

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

DIALING = """
[dialing]
ring_s = 6
"""


@contextmanager
def opened(site: Site) -> Iterator[tuple[Terminal, EngineProcess]]:
    """Have an engine run, and the desk of Anna, who is not on the line, open on a terminal."""
    engine = site.engine()
    site.add_agent("anna")
    words = ("--config", str(site.config), "desk", "--campaign", "calls", "--agent", "anna")
    with Terminal(
        [sys.executable, "-m", "cli", *words],
        cwd=site.folder,
        environment={**site.environment, "TERM": "xterm-256color"},
    ) as terminal:
        yield terminal, engine


def say_success(desk: Terminal) -> None:
    desk.press("f2")
    desk.shows("What came of it?")
    desk.press(desk.key_of("Success"))
    desk.shows("Enter: save Success")
    desk.press("enter")


def test_a_shift_on_the_line_by_keys_alone(site: Site):
    people = site.people("00", "01")
    site.campaign("progressive", DIALING)
    with opened(site) as (desk, engine):
        work_on_the_line(site, desk, engine, *people)


def work_on_the_line(
    site: Site, desk: Terminal, engine: EngineProcess, first: str, second: str
) -> None:
    desk.shows("You are not on the line", "log in; your telephone rings")
    desk.press("enter")
    desk.shows("You are on the line, and not ready")
    assert not site.attempts(), "nobody is called while nobody is ready"
    desk.press("enter")
    screen = desk.shows(name_of(first), "What came of it?")
    assert first not in screen, "their number is not shown"
    assert site.agent("anna").state == "talking"
    say_success(desk)
    desk.shows(name_of(second), f"Saved: Success, {name_of(first)}")
    assert site.attempt(first).disposition == "success"
    say_success(desk)
    desk.shows("Ready: the next person comes by themselves")

    # Whoever waits for the next call takes a result back all the same: they pause with it.
    desk.press("ctrl+t")
    desk.shows("Take back: Success")
    desk.press("y")
    desk.shows(name_of(second), "Taken back: Success", "What came of it?")
    assert site.agent("anna").state == "paused"
    assert site.attempt(second).disposition is None
    say_success(desk)
    desk.shows("You are on the line, and not ready")
    assert site.attempt(second).disposition == "success"
    assert len(site.attempts()) == 2, "nobody was called again"
    desk.press("ctrl+c")
    assert desk.ends() == 0
    engine.until(lambda: site.agent("anna").state == "out")
    states = {row.state for row in site.read(select(agent_states))}
    assert {"calling", "paused", "ready", "talking"} <= states


def test_in_preview_a_key_dials_and_a_key_ends_the_talk(site: Site):
    (called,) = site.people("00")
    site.campaign("preview", DIALING)
    with opened(site) as (desk, engine):
        choose_when_to_dial(site, desk, engine, called)


def choose_when_to_dial(site: Site, desk: Terminal, engine: EngineProcess, called: str) -> None:
    desk.shows(name_of(called), "F5 log in")
    desk.press("f5")
    desk.shows("F5 dial")
    assert not site.attempts(), "nobody is called before the agent says so"
    desk.press("f5")
    engine.until(lambda: site.agent("anna").state == "talking")
    desk.shows("Ctrl-R stop recording")
    say_success(desk)
    desk.shows("Nobody to call at the moment", f"Saved: Success, {name_of(called)}")
    engine.until(lambda: site.attempt(called).ended_at)
    assert site.attempt(called).disposition == "success"
    desk.press("ctrl+c")
    assert desk.ends() == 0
