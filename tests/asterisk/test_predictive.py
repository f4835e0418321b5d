"""More people called than agents are free: on the real Asterisk, with real processes."""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from campaigns.call_tables import pacings
from tests.asterisk.site import Site

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

DIALING = """
[dialing]
ring_s = 6
{more}
"""


def open_calls(site: Site) -> list[SimpleNamespace]:
    return [one for one in site.attempts() if one.ended_at is None]


def outcomes(site: Site) -> list[str | None]:
    return sorted(one.outcome or "open" for one in site.attempts())


def finish_talk(site: Site, agent: str) -> None:
    """Have an agent tell what their talk came to, which ends it."""
    site.result(site.next(agent)["lease"])


def change(site: Site, mode: str, more: str = "") -> None:
    """Change the campaign's file and apply it to the calls not yet begun."""
    file = site.folder / "calls.toml"
    text = re.sub(r'mode = "\w+"', f'mode = "{mode}"', file.read_text())
    file.write_text(re.sub(r"ring_s = 6\n.*", f"ring_s = 6\n{more}\n", text))
    site.ringbank("campaigns", "update", str(file))


def level(site: Site) -> dict:
    """Return what `campaigns status` tells of the pacing."""
    told = site.ringbank("campaigns", "status", "calls")["level"]
    assert told is not None
    return told


SIX = ("anna", "bert", "cora", "dora", "emil", "finn")


def test_more_people_are_called_than_agents_are_free_and_status_says_why(site: Site):
    people = site.people("00", *(str(ending) for ending in range(30, 40)), "01")
    engine = site.engine("--log-pacing")
    site.agent_ready(*SIX)
    site.campaign("predictive", DIALING.format(more=""))
    engine.until(lambda: len(site.attempts()) > len(SIX))
    assert all(one.ended_at is None for one in site.attempts()), "all at once"
    assert all(one.mode == "predictive" for one in site.attempts())
    engine.until(lambda: site.attempt(people[0]).agent_id)
    engine.until(lambda: level(site)["agents_free"] == 5)
    told = level(site)
    assert told["text"].startswith(f"{told['calls']} calls: 5 agents free, ")
    assert re.search(r"answer rate \d+ %, budget 0\.0 of 3\.0 %", told["text"]), told
    assert (told["budget"]["rule"], told["budget"]["spent"]) == ("campaign", False)
    engine.until(lambda: people[-1] in {one.phone for one in site.attempts()})
    engine.until(lambda: site.attempt(people[-1]).agent_id)
    talking = [name for name in SIX if site.agent(name).state == "talking"]
    assert len(talking) == 2
    for name in talking:
        finish_talk(site, name)
    engine.until(lambda: not open_calls(site))
    assert outcomes(site) == ["connected"] * 2 + ["no_answer"] * 10
    engine.interrupt()
    assert engine.ends() == 130
    placed = re.findall(
        r"^calls: placed (\d+); \d+ calls?: \d agents? free, ", engine.said, re.MULTILINE
    )
    assert sum(map(int, placed)) == 12, "each decision that places calls says what it rested on"


def test_whoever_finds_nobody_hears_the_message_and_the_budget_is_spent(site: Site):
    site.people("00", "01", "02", "03", "04")
    engine = site.engine()
    site.agent_ready("anna")
    short = '[abandoned]\nsound = "tt-somethingwrong"'  # the spoken one lasts twenty seconds
    site.campaign("ratio", DIALING.format(more="ratio = 3.0") + short)
    engine.until(lambda: outcomes(site).count("abandoned") == 2)
    first = site.attempts()
    assert len(first) == 3
    abandoned = [one for one in first if one.outcome == "abandoned"]
    for one in abandoned:
        heard_s = (one.ended_at - one.answered_at).total_seconds()
        assert 2.0 < heard_s < 20.0, "two seconds, and then the message"
        assert (one.connected_at, one.agent_id) == (None, None)
    # Two of three: from now on one call for each free agent.
    engine.until(lambda: (level(site)["budget"] or {}).get("abandoned") == 2)
    told = level(site)
    assert told["budget"]["spent"]
    assert told["text"].endswith("spent: one call for each free agent")
    finish_talk(site, "anna")
    engine.until(lambda: len(site.attempts()) > 3 and site.agent("anna").state == "talking")
    assert len(site.attempts()) == 4
    finish_talk(site, "anna")
    finish_talk(site, "anna")
    engine.until(lambda: not open_calls(site))
    assert outcomes(site) == ["abandoned"] * 2 + ["connected"] * 3
    engine.interrupt()
    assert engine.ends() == 130


def test_a_change_of_mode_takes_effect_on_the_calls_to_come(site: Site):
    site.people(*(str(ending) for ending in range(30, 40)), *(str(n) for n in range(30, 40)))
    engine = site.engine()
    site.agent_ready("anna", "bert")
    site.campaign("progressive", DIALING.format(more=""))
    engine.until(lambda: len(open_calls(site)) == 2)
    told = "2 calls: 2 agents free, 2 in flight"
    engine.until(lambda: level(site)["text"].startswith(told))
    change(site, "ratio", "ratio = 2.5")
    engine.until(lambda: len(open_calls(site)) == 5, within=2)
    assert {one.mode for one in site.attempts()[2:5]} == {"ratio"}
    change(site, "predictive")
    engine.until(lambda: level(site)["answer_rate"] is not None)
    change(site, "progressive")
    already = {one.id for one in open_calls(site)}
    engine.until(lambda: not already & {one.id for one in open_calls(site)}, within=15)
    engine.until(lambda: len(open_calls(site)) == 2)
    assert all(one.mode == "progressive" for one in open_calls(site))
    engine.interrupt()
    assert engine.ends() == 130


def test_an_engine_that_is_killed_goes_on_with_what_it_had_learned(site: Site):
    site.people("00", "30", "31", "01", "32", "33", "02", "34", "35", "03", "36", "37")
    first = site.engine()
    site.agent_ready("anna", "bert")
    site.campaign("predictive", DIALING.format(more=""))
    first.until(lambda: all(site.agent(name).state == "talking" for name in ("anna", "bert")))
    for name in ("anna", "bert"):
        site.ringbank("agents", "pause", name)
        finish_talk(site, name)
    first.interrupt()
    assert first.ends() == 130
    saved = learned(site)
    assert saved == pytest.approx(answered(site), abs=0.3)
    assert answered(site) >= 2

    second = site.engine()
    for name in ("anna", "bert"):
        site.ringbank("agents", "ready", name)
    second.until(lambda: all(site.agent(name).state == "talking" for name in ("anna", "bert")))
    in_talk = {one.channel_id for one in open_calls(site) if one.agent_id}
    assert len(in_talk) == 2
    second.kill()
    assert learned(site) == saved, "it died before it saved"

    third = site.engine()
    third.until(lambda: level(site)["agents_free"] == 0)
    assert in_talk <= set(site.channels()), "the talks go on"
    for name in ("anna", "bert"):
        site.ringbank("agents", "pause", name)
        finish_talk(site, name)
    third.until(lambda: not open_calls(site))
    third.interrupt()
    assert third.ends() == 130
    assert learned(site) == pytest.approx(answered(site), abs=0.4), "each answer once"
    assert answered(site) > saved + 1


def learned(site: Site) -> float:
    """Return from how many answers the pacer that was saved has learned."""
    (row,) = site.read(select(pacings))
    return row.state["pacer"]["answer_rate"]["lives"][0]


def answered(site: Site) -> int:
    """Return how many people needed an agent, by the ledger."""
    needed = {"connected", "abandoned", "hung_up_waiting"}
    return sum(one.outcome in needed for one in site.attempts())


def test_an_agent_who_wants_to_go_is_not_held_by_the_stream(site: Site):
    site.people(*(str(ending) for ending in range(30, 40)), *(str(n) for n in range(30, 40)))
    engine = site.engine()
    site.agent_ready(*SIX)
    site.campaign("predictive", DIALING.format(more=""))
    engine.until(lambda: len(open_calls(site)) > len(SIX))
    wished_at = site.attempts()[-1].dialed_at
    site.ringbank("agents", "pause", "anna")
    assert site.agent("anna").state == "ready", "kept for those who may answer"
    engine.until(lambda: site.agent("anna").state == "paused", within=10)
    assert site.agent("anna").since - wished_at < timedelta(seconds=9), "the ring time, no more"
    engine.until(lambda: any(one.dialed_at > wished_at for one in open_calls(site)))
    engine.interrupt()
    assert engine.ends() == 130
