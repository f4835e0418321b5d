"""What people hear, in their language, and what their keys come to, on the real lab."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from campaigns.tables import answers
from leads.tables import suppressions
from tests.asterisk.site import Site
from tests.asterisk.sound import RATE, finished, resembles, samples
from tests.waiting import until

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
pytestmark = [pytest.mark.timeout(150), on_sqlite]

MENUS = """
[dialing]
ring_s = 5
[message]
text = "Will you vote? Press five for yes, nine for no calls."
language = "en"
keys = { 1 = "connect", 5 = "answer:vote=yes", 8 = "callback", 9 = "do_not_call" }
[message.languages.nb]
text = "Skal du stemme ved valget? Trykk fem for ja, ni for ingen flere anrop."
[[message.menu]]
text = "When will you go? One for the morning, two for the evening."
keys = { 1 = "answer:when=morning", 2 = "answer:when=evening" }
[[questions]]
key = "vote"
text = "Will you vote?"
type = "choice"
choices = ["yes", "no"]
[[questions]]
key = "when"
text = "When?"
type = "choice"
choices = ["morning", "evening"]
"""


def said(site: Site) -> dict[str, set[tuple[str, str]]]:
    """Return the answers by number."""
    numbers = {one.id: one.phone for one in site.attempts()}
    told: dict[str, set[tuple[str, str]]] = {}
    for row in site.read(select(answers)):
        told.setdefault(numbers[row.attempt_id], set()).add((row.question, row.answer))
    return told


def is_suppressed(site: Site, number: str) -> bool:
    return bool(site.ringbank("dnc", "check", number)["suppressed"])


def ended(site: Site) -> int:
    return sum(one.ended_at is not None for one in site.attempts())


def test_everybody_hears_the_message_in_their_language(site: Site):
    norwegian, unknown, polish = site.people("16", "17", "18", languages=["nb", "", "pl"])
    site.campaign("broadcast", MENUS)
    engine = site.engine()
    engine.until(lambda: ended(site) == 3, 60)
    spoken = site.ringbank("campaigns", "show", "calls")["spoken"]
    files = {
        one["language"]: finished(Path(one["file"]))
        for one in spoken
        if one["text"].startswith(("Will you vote", "Skal du stemme"))
    }
    assert files.keys() == {"en", "nb"}
    for number, language in ((norwegian, "nb"), (unknown, "en"), (polish, "en")):
        heard = samples(site.lab.heard(number))
        likeness = {one: resembles(heard, sound) for one, sound in files.items()}
        assert likeness.pop(language) > 0.9, number
        assert max(likeness.values()) < 0.3, number
        assert site.attempt(number).outcome == "connected"


def test_several_questions_are_answered_one_after_another(site: Site):
    both, strayed = site.people("12", "14")
    site.campaign("broadcast", MENUS)
    engine = site.engine()
    engine.until(lambda: ended(site) == 2, 60)
    assert site.attempt(both).key_pressed == "52"
    # A key that means nothing is told, and the question heard again.
    assert site.attempt(strayed).key_pressed == "51"
    assert said(site) == {
        both: {("message", "52"), ("vote", "yes"), ("when", "evening")},
        strayed: {("message", "51"), ("vote", "yes"), ("when", "morning")},
    }


def test_who_wants_no_more_calls_confirms_it_says_nothing_or_takes_it_back(site: Site):
    confirmed, silent, took_back = site.people("10", "79", "11")
    site.campaign("broadcast", MENUS)
    engine = site.engine()
    engine.until(lambda: ended(site) == 3, 60)
    for number in (confirmed, silent):
        attempt = site.attempt(number)
        assert (attempt.key_pressed, attempt.disposition) == ("9", "do_not_call")
        assert is_suppressed(site, number)
    # They went back by a third key, heard the message again and asked for another call.
    attempt = site.attempt(took_back)
    assert (attempt.key_pressed, attempt.disposition) == ("8", "callback")
    assert not is_suppressed(site, took_back)
    assert said(site)[took_back] == {("message", "8")}


def test_who_hangs_up_while_asked_to_confirm_is_left_alone_engine_or_no_engine(site: Site, link):
    (called,) = site.people("79")
    site.campaign("broadcast", MENUS)
    engine = site.engine()
    engine.until(site.attempts)
    channel = site.attempt(called).channel_id
    link.began(channel)
    engine.kill()
    link.stage(channel, "key")
    link.send("Hangup", Channel=channel, Cause=16)
    link.stage(channel, "ended")
    engine = site.engine()
    engine.until(lambda: ended(site) == 1)
    attempt = site.attempt(called)
    assert (attempt.outcome, attempt.disposition, attempt.evidence) == (
        "connected", "do_not_call", "dialplan",
    )  # fmt: skip
    assert is_suppressed(site, called)


@pytest.mark.parametrize("killed", [False, True], ids=["engine alive", "engine dead"])
def test_who_finds_no_agent_can_end_all_calls_by_a_key(site: Site, link, killed: bool):
    (called,) = site.people("13")
    site.campaign("broadcast", MENUS)
    engine = site.engine()
    engine.until(site.attempts)
    channel = site.attempt(called).channel_id
    link.stage(channel, "waiting")
    if killed:
        engine.kill()
    link.stage(channel, "stopped")
    link.hangup(channel)
    if killed:
        assert site.attempt(called).ended_at is None
        engine = site.engine()
    engine.until(lambda: ended(site) == 1)
    attempt = site.attempt(called)
    assert (attempt.outcome, attempt.key_pressed, attempt.disposition) == (
        "abandoned", "11", "do_not_call",
    )  # fmt: skip
    assert site.leads()[called].state == "suppressed"
    assert len(site.read(select(suppressions).where(suppressions.c.subject == called))) == 1


def test_the_message_for_abandoned_calls_is_heard_within_two_seconds(site: Site, link):
    site.people("65", languages=["sv"])
    site.campaign("broadcast", MENUS)
    engine = site.engine()
    engine.until(lambda: ended(site) == 1, 40)
    spoken = site.ringbank("campaigns", "show", "calls")["spoken"]
    (sorry,) = (one for one in spoken if one["language"] == "sv" and "ledig" in one["text"])
    assert "Example Telecom AS" in sorry["text"]
    assert "4 7, 2 1, 0 0, 0 0, 0 0" in sorry["text"]
    sound = site.lab.pbx.installation.seen(Path(sorry["file"]).with_suffix(""))
    other = site.number("17")
    attempt = link.originate(other, variables={"RINGBANK_CONNECT_S": "2", "RINGBANK_SORRY": sound})
    mark = link.stage(attempt, "ended", 60)
    played = finished(Path(sorry["file"]))
    # Nobody pressed a key: the message is followed by the three seconds in which one may be.
    took_s = float(mark["Ended"]) - float(mark["Answered"])
    began_s = took_s - len(played) / RATE - 3
    print(f"the message began {began_s:.3f} s after the answer")
    assert 1.7 < began_s < 2.0
    until(lambda: len(samples(site.lab.heard(other))) > len(played))
    assert resembles(samples(site.lab.heard(other)), played) > 0.9


@pytest.mark.parametrize("killed", [False, True], ids=["engine alive", "engine dead"])
def test_who_answers_while_the_agent_is_gone_can_end_all_calls_by_a_key(
    site: Site, link, killed: bool
):
    (called,) = site.people("15")
    site.campaign("progressive", "[dialing]\nring_s = 6")
    engine = site.engine()
    site.agent_ready("anna")
    engine.until(site.attempts)
    channel = site.attempt(called).channel_id
    link.began(channel)
    if killed:
        engine.kill()
    link.send("Hangup", Channel=site.agent("anna").channel_id)
    told = link.stage(channel, "stopped")
    assert told["Connected"] == ""
    link.hangup(channel)
    if killed:
        engine = site.engine()
    engine.until(lambda: ended(site) == 1)
    attempt = site.attempt(called)
    assert (attempt.outcome, attempt.key_pressed, attempt.disposition) == (
        "abandoned", "1", "do_not_call",
    )  # fmt: skip
    assert is_suppressed(site, called)
    assert site.leads()[called].state == "suppressed"
    assert said(site) == {}


@pytest.mark.parametrize("named", [True, False], ids=["configured", "told by Asterisk"])
def test_doctor_tries_the_voice(site: Site, named: bool):
    site.configure(names_sounds=named)
    found = {one["what"]: one for one in site.ringbank("doctor")}
    assert found["speech"]["ok"]
    folder = str(site.lab.pbx.home / "sounds")
    assert found["speech"]["why"].endswith(f"espeak-ng speaks into {folder}")
    site.configure(names_sounds=named, more='[speech]\ncommand = ["false"]')
    done = site._process("-m", "cli", "--config", str(site.config), "--json", "doctor")
    assert done.returncode == 1, done
    found = {one["what"]: one for one in json.loads(done.stdout)}
    assert not found["speech"]["ok"]
    assert found["speech"]["remedy"] == "try it by hand"


def test_nothing_is_dialled_while_the_message_cannot_be_spoken(site: Site):
    site.configure(more='[speech]\ncommand = ["false"]')
    (called,) = site.people("65")
    site.campaign("broadcast", MENUS)
    engine = site.engine()
    why = "the voice false failed"

    def told() -> str:
        return str(site.ringbank("campaigns", "status", "calls")["why_idle"])

    until(lambda: why in told(), 20)
    assert site.attempts() == []
    engine.interrupt()
    assert engine.ends() == 130
    site.configure()
    engine = site.engine()
    engine.until(lambda: ended(site) == 1)
    assert site.attempt(called).outcome == "hung_up_early"
