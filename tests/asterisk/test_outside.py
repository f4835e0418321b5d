"""An engine seen from outside while it dials: metrics, health and JSON logs."""

import json
import re
import urllib.error
import urllib.request
from collections import Counter

import pytest

from tests.asterisk.site import Site
from tests.metrics import read
from tests.servers import free_port
from tests.waiting import until

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as page:
            return page.status, page.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def shown(port: int) -> dict[str, float]:
    samples = read(get(port, "/metrics")[1]).items()
    return {
        " ".join([name, *(value for _, value in labels)]): found
        for (name, labels), found in samples
    }


def logged(said: str) -> list[dict]:
    return [json.loads(line) for line in said.splitlines()]


def kick(site: Site) -> None:
    """Have Asterisk end every session of its manager interface."""
    told = site.lab.pbx.cli("manager show connected").stdout
    sessions = re.findall(r"^\s*\S+\s+127\.0\.0\.1\s+\d+\s+\d+\s+(\d+)\s", told, re.MULTILINE)
    assert sessions, told
    for session in sessions:
        site.lab.pbx.cli(f"manager kick session {session}")


def test_what_is_counted_and_logged_is_what_the_ledger_holds(site: Site):
    people = site.people("65", "40", "00", "90", "65")
    port = free_port()
    engine = site.engine("--metrics", str(port), "--log-json")
    assert get(port, "/health") == (
        200,
        '{"ok": true, "dialling": [], "reasons": [], "warnings": []}\n',
    )
    site.broadcast()
    engine.until(lambda: shown(port).get("ringbank_calls_placed_total calls main") == len(people))
    # The last one rings for two seconds and then listens: nobody else is left to be called.
    status, told = get(port, "/health")
    assert (status, json.loads(told)["dialling"]) == (200, ["calls"])
    site.ringbank("health")

    engine.until(lambda: all(one.ended_at for one in site.attempts()))
    outcomes = Counter(one.outcome for one in site.attempts())
    answered = [one for one in site.attempts() if one.answered_at]
    assert len(outcomes) > 1
    assert answered
    until(
        lambda: (
            {
                key.rpartition(" ")[2]: count
                for key, count in shown(port).items()
                if key.startswith("ringbank_calls_ended_total")
            }
            == dict(outcomes)
        )
    )
    # What is counted is there at once, how the engine stands twice a second.
    until(lambda: shown(port)["ringbank_calls_in_flight calls"] == 0)
    found = shown(port)
    assert found["ringbank_calls_answered_total calls"] == len(answered)
    assert found["ringbank_lines_in_use main"] == 0
    assert found["ringbank_asterisk_up"] == 1

    kick(site)
    engine.until(lambda: shown(port)["ringbank_link_lost_total"] == 1)
    engine.until(lambda: shown(port)["ringbank_asterisk_up"] == 1)
    site.ringbank("campaigns", "pause", "calls")
    engine.until(lambda: '"campaign_paused"' in engine.said)
    engine.interrupt()
    assert engine.ends() == 130

    lines = logged(engine.said)
    by_event = Counter(line["event"] for line in lines)
    assert by_event["call_placed"] == by_event["call_ended"] == len(site.attempts())
    assert by_event["call_answered"] == len(answered)
    assert by_event["link_lost"] >= 1
    for once in (
        "engine_started",
        "engine_stopped",
        "campaign_started",
        "campaign_paused",
        "link_back",
    ):
        assert by_event[once] == 1, (once, by_event)
    ends = {line["attempt"]: line for line in lines if line["event"] == "call_ended"}
    for one in site.attempts():
        line = ends[one.id]
        assert (line["campaign"], line["lead"], line["outcome"]) == (
            "calls",
            one.lead_id,
            one.outcome,
        )
    assert [one for one in people if one[1:] in engine.said] == []


def test_a_campaign_that_nobody_serves_is_not_well_and_an_engine_that_fails_says_so(site: Site):
    site.people("65")
    site.campaign("progressive")
    port = free_port()
    engine = site.engine("--metrics", str(port), "--log-json")
    engine.until(lambda: get(port, "/health")[0] == 503)
    (reason,) = json.loads(get(port, "/health")[1])["reasons"]
    assert reason == {"campaign": "calls", "reason": "no_agent", "text": "no agent is logged in"}
    assert shown(port)["ringbank_campaign_held calls no_agent"] == 1
    site.ringbank("status")

    second = site.engine("--log-json", connected=False)
    assert second.ends() == 1
    *_, failed = logged(second.said)
    assert (failed["event"], failed["level"]) == ("engine_failed", "error")
    assert "runs already" in failed["message"]

    engine.kill()
    told = site.ringbank("health", status=1)
    assert told == "", "the reasons are data, and on stdout"
