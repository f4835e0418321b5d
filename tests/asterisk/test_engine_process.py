"""The engine as a process: one of a name, stopped by signals, refused with a sentence."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dialer.lab.lab import Lab
from leads.model import masked
from tests.asterisk.site import Site
from tests.servers import free_port
from tests.waiting import until

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_a_second_engine_of_a_name_is_refused_until_the_first_is_dead(site: Site):
    first = site.engine()
    second = site.engine(connected=False)
    assert second.ends() == 1
    assert one_sentence(second.said).startswith("ringbank: an engine 'site' runs already")
    assert first.lives
    first.kill()
    third = site.engine()
    third.interrupt()
    assert third.ends() == 130


def test_engines_of_two_names_share_a_base_and_an_asterisk(
    site: Site, lab: Lab, tmp_path: Path, number: Callable[[str], str]
):
    people = site.people("65", "20", "66", "40", "75", "65", "50", "66", "65", "41")
    site.broadcast()
    site.configure(max_calls=3)
    other = Site(lab, tmp_path, site.url, number, engine="other")
    other.configure(max_calls=3)
    engines = [site.engine("--until-done"), other.engine("--until-done")]
    for engine in engines:
        engine.finishes()
    found = site.attempts()
    assert {one.phone for one in found} == set(people)
    assert len(found) == len(people) + 1, "the busy one was called twice, nobody else was"
    assert {one.engine for one in found} == {"site", "other"}


def test_ctrl_c_lets_calls_end_and_a_second_one_ends_at_once(site: Site):
    people = site.people("66", "66", "66", "66")
    site.broadcast()
    site.configure(max_calls=2)
    engine = site.engine()
    engine.until(lambda: len(site.attempts()) == 2)
    engine.interrupt()
    assert engine.ends() == 130
    assert [one.outcome for one in site.attempts()] == ["connected", "connected"]

    engine = site.engine()
    engine.until(lambda: len(site.attempts()) == 4)
    engine.interrupt()
    engine.until(lambda: site.report().report["stopping"])
    begun = time.monotonic()
    engine.interrupt()
    assert engine.ends() == 130
    assert time.monotonic() - begun < 2
    left = [one.phone for one in site.attempts() if one.ended_at is None]
    assert left
    for phone in left:
        assert f"calls {masked(phone)}" in engine.said
    assert "in flight, and the next start settles " in engine.said

    site.engine("--until-done").finishes()
    assert [one.phone for one in site.attempts()] == people
    assert {one.outcome for one in site.attempts()} == {"connected"}


def test_a_stop_lets_a_talk_go_on_and_after_its_limit_leaves_it_to_the_next_start(site: Site):
    site.configure(stop_limit_s=3)
    (talks,) = site.people("00")
    site.campaign("progressive")
    engine = site.engine()
    site.agent_ready("anna")
    lease = site.next("anna")["lease"]
    begun = time.monotonic()
    engine.terminate()
    assert engine.ends() == 130
    assert 3 <= time.monotonic() - begun < 10
    assert engine.said.splitlines()[-1].endswith(
        f"1 call is still in flight, and the next start settles it: calls {masked(talks)}"
    )
    assert site.attempt(talks).ended_at is None
    assert len(site.channels()) == 2, "the talk goes on without an engine"

    engine = site.engine("--until-done")
    site.result(lease)
    engine.finishes()
    assert site.attempt(talks).outcome == "connected"


def test_a_stop_waits_for_a_talk_and_calls_nobody_more(site: Site):
    talks, _ = site.people("66", "00")
    site.configure(max_calls=2)  # the agent's line is one of them
    site.campaign("progressive")
    engine = site.engine()
    site.agent_ready("anna")
    site.next("anna")
    engine.terminate()
    assert engine.ends() == 130
    assert [(one.phone, one.outcome) for one in site.attempts()] == [(talks, "connected")]
    assert "still in flight" not in engine.said


def test_a_pause_acts_within_a_second(site: Site):
    site.configure(max_calls_per_second=4)
    site.people(*["20"] * 40)
    site.broadcast()
    engine = site.engine()
    engine.until(lambda: len(site.attempts()) >= 4)
    site.ringbank("campaigns", "pause", "calls")
    paused_at = datetime.now(UTC)
    engine.until(lambda: all(one.ended_at for one in site.attempts()))
    called = len(site.attempts())
    time.sleep(1.5)  # longer than it would take to place the next
    assert len(site.attempts()) == called < 40
    until(lambda: not site.differences())
    assert max(one.started_at for one in site.network()) < paused_at + timedelta(seconds=1)
    engine.interrupt()
    assert engine.ends() == 130


def test_a_made_up_clock_is_marked_in_the_ledger_and_refused_outside_the_lab(
    site: Site, lab: Lab, link
):
    site.people("65")
    site.broadcast('[hours]\nmon_fri = [["11:00", "13:00"]]')
    noon_in_oslo = "2026-11-17T11:00Z"
    link.send("Setvar", Variable="RINGBANK_LAB", Value="")
    try:
        refused = site.engine("--until-done", "--lab-clock", noon_in_oslo, connected=False)
        assert refused.ends() == 3
        assert "lab" in one_sentence(refused.said)
        assert site.attempts() == []
    finally:
        lab.reload_dialplan()

    site.engine("--until-done", "--lab-clock", noon_in_oslo).finishes()
    (attempt,) = site.attempts()
    assert (attempt.clock, attempt.outcome) == ("lab", "hung_up_early")
    assert attempt.dialed_at.isoformat().startswith("2026-11-17T11:00")
    assert attempt.dialed_at <= attempt.answered_at <= attempt.ended_at


def test_a_wrong_secret_is_told_in_a_sentence(site: Site):
    site.configure(secret="wrong")
    assert "refused the login" in refusal(site)


def test_a_port_where_nobody_listens_is_told_in_a_sentence(site: Site):
    site.configure(port=free_port())
    assert "cannot be reached" in refusal(site)


def test_a_missing_dialplan_is_told_in_a_sentence_and_nobody_is_rung(site: Site, lab: Lab):
    site.people("00")
    site.broadcast()
    lab.pbx.cli("dialplan remove context ringbank-broadcast")
    try:
        assert "no complete context ringbank-broadcast" in refusal(site)
    finally:
        lab.reload_dialplan()
    assert site.attempts() == []


def test_a_missing_trunk_is_told_in_a_sentence_and_uses_up_nobody(site: Site):
    site.people("00")
    site.broadcast()
    site.configure(channel="PJSIP/{number}@nowhere")
    assert "no PJSIP endpoint 'nowhere'" in refusal(site)
    assert site.attempts() == []


def refusal(site: Site) -> str:
    engine = site.engine(connected=False)
    assert engine.ends() == 1
    return one_sentence(engine.said)


def one_sentence(said: str) -> str:
    assert "Traceback" not in said
    lines = [line for line in said.splitlines() if line]
    assert len(lines) == 1, said
    return lines[0]
