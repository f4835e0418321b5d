"""``ringbank status``: engines, campaigns, agents, and why nothing is being dialled."""

import sys
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from campaigns.agents import list_agents
from campaigns.model import CampaignState, DialMode
from campaigns.report import Standing, standing
from campaigns.store import StoredCampaign, load, load_all
from campaigns.supervisions import help_wanted
from campaigns.tables import AT_ONCE
from dialer.presence import is_alive
from dialer.progress import next_with
from dialer.store import EngineRow, engine_rows
from leads.console import Console
from leads.db import reading

_WATCH_EVERY_S = 1.0


def why_idle(
    stored: StoredCampaign,
    found: Standing,
    engine: EngineRow | None,
    *,
    now: datetime,
) -> str | None:
    """Return why a campaign places no call at this moment, or None when it may.

    Args:
        stored: the campaign.
        found: how it stands.
        engine: the one that runs, or None.
        now: on the engine's clock.
    """
    if stored.state is not CampaignState.RUNNING:
        return (
            f"the campaign is {stored.state}; run: ringbank campaigns start {stored.campaign.name}"
        )
    by_hand = stored.campaign.mode is DialMode.MANUAL
    limit = None if by_hand else _engine_limit(stored, engine)
    if limit is not None:
        return limit
    if not found.leads:
        return "its lists hold no lead"
    if found.next_call_at is None:
        return None if found.leads.get("in_call") else "every lead is done"
    if found.next_call_at > now:
        held = f" ({found.held_by})" if found.held_by else ""
        at = found.next_call_at.astimezone()
        day = "" if at.date() == now.astimezone().date() else f"{at:%Y-%m-%d} "
        return f"no lead is callable until {day}{at:%H:%M}{held}"
    return f"agents dial it themselves: {next_with(stored.campaign)}" if by_hand else None


def _engine_limit(stored: StoredCampaign, engine: EngineRow | None) -> str | None:
    """Return what keeps the engine from dialling for a campaign, or None."""
    if engine is None:
        return "no engine runs; start one with: ringbank run"
    if engine.report.get("stopping"):
        return "the engine is stopping"
    dialled = engine.report.get("calls")
    if isinstance(dialled, dict) and stored.campaign.name not in dialled:
        return "the engine that runs was started for other campaigns; leave out its --campaign"
    limits = engine.report.get("limits")
    limit = limits.get(stored.campaign.name) if isinstance(limits, dict) else None
    return limit if isinstance(limit, str) else None


def show(console: Console, *, watch: bool) -> None:
    """Print how everything stands, once or every second until interrupted."""
    document = gather(console)
    if not any(engine["lives"] for engine in document["engines"]):
        console.say("no engine runs; start one with: ringbank run")
    while True:
        if console.json:
            console.document(document)
        else:
            if watch:
                sys.stdout.write(_fresh_screen())  # a line of data would lose its signs
                console.line(f"{console.now().astimezone():%Y-%m-%d %H:%M:%S}")
            _print(console, document)
        if not watch:
            return
        time.sleep(_WATCH_EVERY_S)
        document = gather(console)


def show_campaign(console: Console, name: str) -> None:
    """Print how one campaign stands.

    Raises:
        UsageError: there is none of that name.
    """
    with reading(console.base()) as connection:
        load(connection, name)
    document = gather(console)
    if not any(engine["lives"] for engine in document["engines"]):
        console.say("no engine runs; start one with: ringbank run")
    (found,) = (c for c in document["campaigns"] if c["name"] == name)
    if console.json:
        console.document(found)
    else:
        _print_campaign(console, found)


def _fresh_screen() -> str:
    """Return what wipes a terminal; between two looks in a file stands an empty line."""
    return "\x1b[H\x1b[2J" if sys.stdout.isatty() else "\n"


def gather(console: Console) -> dict[str, Any]:
    """Return everything that `status` shows, from one snapshot of the base."""
    now = console.now()
    with reading(console.base()) as connection:
        engines = engine_rows(connection)
        agents = list_agents(connection)
        mine = next((e for e in engines if e.name == console.settings().engine), None)
        engine = mine if mine is not None and is_alive(mine, now) else None
        engine_now = now + engine.clock_offset if engine is not None else now
        found = [
            (stored, standing(connection, stored.id, now=engine_now))
            for stored in load_all(connection)
        ]
        wanted = help_wanted(connection)
    return {
        "engines": [
            {
                "name": e.name,
                "lives": is_alive(e, now),
                "host": e.host,
                "pid": e.pid,
                "heartbeat_at": e.heartbeat_at,
                **e.report,
            }
            for e in engines
        ],
        "campaigns": [
            {
                "name": stored.campaign.name,
                "state": stored.state,
                "mode": stored.campaign.mode,
                "leads": dict(counted.leads),
                "outcomes": dict(counted.outcomes),
                "successes": counted.successes,
                "orders": dict(counted.orders),
                "in_flight": counted.outcomes.get("open", 0),
                "next_call_at": _moment(counted.next_call_at),
                "done_by": dict(counted.done_by),
                "file_differs": _file_differs(stored),
                "why_idle": why_idle(stored, counted, engine, now=engine_now),
            }
            for stored, counted in found
        ],
        "agents": [{"name": a.name, "state": a.state, "since": a.since} for a in agents],
        "help": wanted,
    }


def _moment(moment: datetime | None) -> datetime | None:
    return None if moment == AT_ONCE else moment


def _file_differs(stored: StoredCampaign) -> bool:
    """Tell whether the campaign's file is there and says something else by now."""
    if stored.file is None:
        return False
    try:
        return Path(stored.file).read_text(encoding="utf-8-sig") != stored.definition
    except (OSError, UnicodeDecodeError):
        return False


def _print(console: Console, document: Mapping[str, Any]) -> None:
    for engine in document["engines"]:
        lives = "runs" if engine["lives"] else "does not run"
        ami = f"; {engine['ami_down']}" if engine["lives"] and engine.get("ami_down") else ""
        clock = f"; its clock shows {engine['lab_clock']}" if engine.get("lab_clock") else ""
        console.line(f"engine {engine['name']} {lives}{ami}{clock}")
        if engine["lives"] and engine.get("rules_problem"):
            console.line(f"  its rules are those of before: {engine['rules_problem']}")
    if not document["engines"]:
        console.line("no engine has run on this base")
    for campaign in document["campaigns"]:
        console.line("")
        _print_campaign(console, campaign)
    if document["agents"]:
        console.line("")
    for agent in document["agents"]:
        console.line(f"agent {agent['name']}: {agent['state']}")
    for wanted in document["help"]:
        note = f": {wanted['note']}" if wanted["note"] else ""
        console.line(f"agent {wanted['agent']} wants a supervisor{note}")


def _print_campaign(console: Console, campaign: Mapping[str, Any]) -> None:
    console.line(f"{campaign['name']}: {campaign['state']}, {campaign['mode']}")
    console.line(f"  leads     {_counts(campaign['leads'])}")
    console.line(f"  attempts  {_counts(campaign['outcomes'])}")
    console.line(f"  successes {campaign['successes']}")
    if any(campaign["orders"].values()):
        console.line(f"  orders    {_counts(campaign['orders'])}")
    if campaign["done_by"]:
        console.line(f"  done by   {_counts(campaign['done_by'])}")
    if campaign["file_differs"]:
        console.line("  its file has changed; apply it with: ringbank campaigns update FILE")
    if campaign["why_idle"]:
        console.line(f"  not dialling: {campaign['why_idle']}")


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"
