"""Campaigns that pause themselves at a network, or a trunk, that fails every call."""

import pytest
from sqlalchemy import select

from campaigns.breaker_table import TABLE
from campaigns.tables import campaigns
from tests.asterisk.site import Site

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
RUN = {check.name: check.windows[0].calls for check in TABLE}
PEOPLE = 40
BROADCAST = """
[dialing]
ring_s = 5
[retry]
congestion = { after = "10m", max = 3 }
failed = { after = "10m", max = 3 }
[message]
sound = "tt-somethingwrong"
"""


def tripped(site: Site) -> dict[str, object] | None:
    (row,) = site.read(select(campaigns))
    return row.tripped


def test_a_town_where_everything_is_congested(site: Site):
    site.people(*["50"] * PEOPLE)
    site.configure(max_calls=3, max_calls_per_second=20)
    site.campaign("broadcast", BROADCAST)
    engine = site.engine("--until-done")
    assert engine.ends() == 4
    assert "Traceback" not in engine.said
    assert "Campaign calls pauses itself: 20 of the last 20 calls" in engine.said
    assert "go on with: ringbank campaigns start calls" in engine.said

    calls = site.attempts()
    assert RUN["congestion"] <= len(calls) < RUN["congestion"] + 3, "nobody else was called"
    assert {one.outcome for one in calls} == {"congestion"}
    found = tripped(site)
    assert found is not None
    assert found["check"] == "congestion"
    assert set(found["attempts"]) <= {one.id for one in calls}

    (shown,) = [c for c in site.ringbank("status")["campaigns"] if c["name"] == "calls"]
    assert shown["state"] == "paused"
    assert shown["tripped"] == found
    assert "it paused itself" in shown["why_idle"]
    assert site.ringbank("campaigns", "status", "calls")["tripped"] == found

    # The rest is called once somebody has looked, and a new run of faults trips it again.
    site.ringbank("campaigns", "start", "calls")
    assert tripped(site) is None
    engine = site.engine("--until-done")
    assert engine.ends() == 4
    assert len(site.attempts()) >= len(calls) + RUN["congestion"] - 3


@on_sqlite
def test_a_trunk_that_refuses_while_the_engine_runs_on(site: Site):
    site.people(*["00"] * PEOPLE)
    # Asterisk knows no such technology: it takes no Originate, as with a trunk that is gone.
    site.configure(channel="Nowhere/{number}", max_calls=10)
    site.campaign("broadcast", BROADCAST)
    engine = site.engine()
    engine.until(lambda: tripped(site))
    found = tripped(site)
    assert found is not None
    assert found["check"] == "refused"
    engine.until(lambda: all(one.ended_at for one in site.attempts()))
    calls = site.attempts()
    assert {(one.outcome, one.evidence) for one in calls} == {("failed", "refused")}
    assert len(calls) < RUN["refused"] + 10
    assert "it paused itself" in site.ringbank("campaigns", "status", "calls")["why_idle"]
    assert engine.lives
    # Nobody's attempts are used up: with the trunk mended everybody is called.
    assert {one.state for one in site.leads().values()} == {"new", "waiting"}
    engine.interrupt()
    assert engine.ends() == 130


@on_sqlite
def test_numbers_of_which_none_exists(site: Site):
    site.people(*["40"] * PEOPLE * 2)
    site.configure(max_calls=3, max_calls_per_second=20)
    site.campaign("broadcast", BROADCAST)
    engine = site.engine("--until-done")
    assert engine.ends() == 4
    found = tripped(site)
    assert found is not None
    assert found["check"] == "unallocated"
    assert "numbers do not exist, says the network (SIP 404: 40)" in str(found["why"])
    assert len(site.attempts()) < RUN["unallocated"] + 3


@on_sqlite
def test_people_of_whom_no_sound_comes(site: Site):
    # An agent's telephone of the town is answered and sends nothing.
    site.people(*["95"] * PEOPLE)
    site.configure(max_calls=5, max_calls_per_second=20)
    site.campaign("broadcast", BROADCAST)
    engine = site.engine("--until-done")
    assert engine.ends(120) == 4
    found = tripped(site)
    assert found is not None
    assert found["check"] == "no_audio"
    assert {one.rtp_packets for one in site.attempts() if one.id in found["attempts"]} == {0}


@on_sqlite
def test_people_who_are_heard_trip_nothing(site: Site):
    site.people(*["66"] * (RUN["no_audio"] + 5))
    site.configure(max_calls=10, max_calls_per_second=20)
    site.campaign("broadcast", BROADCAST + "[breaker]\nsilent = false\n")
    engine = site.engine("--until-done")
    engine.finishes(60)
    # Two seconds of sound, fifty packets in each; then half a second of nothing.
    assert all(75 < one.rtp_packets < 200 for one in site.attempts())
