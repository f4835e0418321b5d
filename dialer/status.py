"""``ringbank status``: engines, campaigns, agents, and why nothing is being dialled."""

import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from campaigns.agents import list_agents
from campaigns.breaker import sentence
from campaigns.model import CampaignState, DialMode
from campaigns.report import Outlook, Standing, standing
from campaigns.store import StoredCampaign, load, load_all
from campaigns.supervisions import help_wanted
from campaigns.tables import AT_ONCE
from dialer.idle import Ground, Idle
from dialer.presence import is_alive
from dialer.progress import next_with
from dialer.store import EngineRow, engine_rows, open_calls
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
    told = idle(stored, found.outlook, None if engine is None else engine.report, now=now)
    return None if told is None else told.text


def why_all_idle(
    stored: StoredCampaign,
    found: Standing,
    engines: Sequence[EngineRow],
    *,
    now: datetime,
) -> str | None:
    """Return why none of the engines that run dials for a campaign, or None when one may.

    Args:
        stored: the campaign.
        found: how it stands.
        engines: those that run.
        now: on their clock.
    """
    if not engines:
        return why_idle(stored, found, None, now=now)
    told = {engine.name: why_idle(stored, found, engine, now=now) for engine in engines}
    reasons = [why for why in told.values() if why is not None]
    if len(reasons) < len(engines):
        return None
    if len(set(reasons)) == 1:
        return reasons[0]
    return "; ".join(f"{name}: {why}" for name, why in told.items())


def idle(
    stored: StoredCampaign,
    ahead: Outlook,
    report: Mapping[str, object] | None,
    *,
    now: datetime,
) -> Idle | None:
    """Return why a campaign places no call at this moment, or None when it may.

    Args:
        stored: the campaign.
        ahead: whom it still has to call, and when.
        report: what the engine that runs says of itself, or None: none runs.
        now: on the engine's clock.
    """
    again = f"ringbank campaigns start {stored.campaign.name}"
    if stored.state is CampaignState.PAUSED and stored.tripped is not None:
        told = f"it paused itself: {sentence(stored.tripped)}; then go on with: {again}"
        return Idle(Ground.TRIPPED, told)
    if stored.state is not CampaignState.RUNNING:
        return Idle(Ground.NOT_STARTED, f"the campaign is {stored.state}; run: {again}")
    nobody = _nobody_to_call(ahead, now=now)
    if nobody is not None and nobody.ground is not Ground.NOT_YET:
        return nobody
    by_hand = stored.campaign.mode is DialMode.MANUAL
    limit = None if by_hand else _engine_limit(stored, report)
    if limit is not None and (nobody is None or limit.ground not in _OF_THE_MOMENT):
        return limit
    if nobody is not None or ahead.next_call_at is None or not by_hand:
        return nobody
    return Idle(Ground.BY_HAND, f"agents dial it themselves: {next_with(stored.campaign)}")


_OF_THE_MOMENT = frozenset(
    {Ground.NO_AGENT, Ground.NONE_READY, Ground.LINES, Ground.BUDGET, Ground.BY_HAND}
)
"""What keeps nobody from a call as long as nobody may be called at all."""


def _nobody_to_call(ahead: Outlook, *, now: datetime) -> Idle | None:
    """Return why nobody can be called now whatever the engine does, or None."""
    if not ahead.has_leads:
        return Idle(Ground.NO_LEAD, "its lists hold no lead")
    if ahead.next_call_at is None:
        return None if ahead.in_call else Idle(Ground.DONE, "every lead is done")
    if ahead.next_call_at <= now:
        return None
    held = f" ({ahead.held_by})" if ahead.held_by else ""
    at = ahead.next_call_at.astimezone()
    day = "" if at.date() == now.astimezone().date() else f"{at:%Y-%m-%d} "
    return Idle(Ground.NOT_YET, f"no lead is callable until {day}{at:%H:%M}{held}")


def _engine_limit(stored: StoredCampaign, report: Mapping[str, object] | None) -> Idle | None:
    """Return what keeps the engine from dialling for a campaign, or None."""
    if report is None:
        return Idle(Ground.NO_ENGINE, "no engine runs; start one with: ringbank run")
    if report.get("stopping"):
        return Idle(Ground.STOPPING, "the engine is stopping")
    dialled = report.get("calls")
    if isinstance(dialled, dict) and stored.campaign.name not in dialled:
        told = "the engine that runs was started for other campaigns; leave out its --campaign"
        return Idle(Ground.OTHER_CAMPAIGNS, told)
    limits, grounds = report.get("limits"), report.get("grounds")
    limit = limits.get(stored.campaign.name) if isinstance(limits, dict) else None
    if not isinstance(limit, str):
        return None
    word = grounds.get(stored.campaign.name) if isinstance(grounds, dict) else None
    # An engine of another version may have no words for it, or newer ones.
    return Idle(next((one for one in Ground if one == word), Ground.OTHER), limit)


def dial_level(stored: StoredCampaign, engine: EngineRow | None) -> dict[str, Any] | None:
    """Return how many calls the engine has and wants for a running campaign, and why so many.

    None where nothing is paced: its agents dial themselves, it does not run, or no engine does.
    """
    if stored.state is not CampaignState.RUNNING or engine is None:
        return None
    levels = engine.report.get("levels")
    found = levels.get(stored.campaign.name) if isinstance(levels, dict) else None
    return found if isinstance(found, dict) else None


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
        calls = open_calls(connection)
        living = [e for e in engines if e.finished_by is None and is_alive(e, now)]
        living.sort(key=lambda e: e.name != console.settings().engine)  # our own one first
        engine_now = now + living[0].clock_offset if living else now
        found = [
            (stored, standing(connection, stored.id, now=engine_now))
            for stored in load_all(connection)
        ]
        wanted = help_wanted(connection)
    return {
        "engines": [
            {
                "name": e.name,
                "lives": e in living,
                "host": e.host,
                "pid": e.pid,
                "heartbeat_at": e.heartbeat_at,
                "asterisk": e.asterisk,
                "calls_open": calls.get(e.name, 0),
                "finished_by": e.finished_by if is_alive(e, now) else None,
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
                "tripped": stored.tripped,
                "why_idle": why_all_idle(stored, counted, living, now=engine_now),
                "level": next(iter(levels.values()), None),
                "levels": levels,
            }
            for stored, counted in found
            for levels in (_levels(stored, living),)
        ],
        "agents": [{"name": a.name, "state": a.state, "since": a.since} for a in agents],
        "help": wanted,
    }


def _levels(stored: StoredCampaign, living: Iterable[EngineRow]) -> dict[str, dict[str, Any]]:
    """Return by engine the dial level of a campaign, of those that pace it."""
    found = {engine.name: dial_level(stored, engine) for engine in living}
    return {name: level for name, level in found.items() if level is not None}


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
        lives = "runs" if engine["lives"] else _how_gone(engine)
        ami = f"; {engine['ami_down']}" if engine["lives"] and engine.get("ami_down") else ""
        clock = f"; its clock shows {engine['lab_clock']}" if engine.get("lab_clock") else ""
        console.folded("", f"engine {engine['name']} {lives}{ami}{clock}")
        if engine["lives"] and engine.get("rules_problem"):
            console.folded("  its rules are those of before: ", str(engine["rules_problem"]))
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
        console.folded("", f"agent {wanted['agent']} wants a supervisor{note}")


def _how_gone(engine: Mapping[str, Any]) -> str:
    """Return what is to be said of an engine that does not dial: who settles what it left."""
    left = engine["calls_open"]
    if engine["finished_by"]:
        return f"does not run; {engine['finished_by']} brings what it left to its end ({left} open)"
    if not left:
        return "does not run"
    return (
        f"does not run, and left calls without an end ({left}): its next start settles them, or "
        f"an engine that reaches its Asterisk ({engine['asterisk']})"
    )


def _print_campaign(console: Console, campaign: Mapping[str, Any]) -> None:
    console.line(f"{campaign['name']}: {campaign['state']}, {campaign['mode']}")
    console.folded("  leads     ", _counts(campaign["leads"]))
    console.folded("  attempts  ", _counts(campaign["outcomes"]))
    console.line(f"  successes {campaign['successes']}")
    if any(campaign["orders"].values()):
        console.folded("  orders    ", _counts(campaign["orders"]))
    if campaign["done_by"]:
        console.folded("  done by   ", _counts(campaign["done_by"]))
    if campaign["file_differs"]:
        console.folded("  ", "its file has changed; apply it with: ringbank campaigns update FILE")
    for name, level in campaign["levels"].items():
        by = f"{name}: " if len(campaign["levels"]) > 1 else ""
        console.folded("  dialling  ", f"{by}{level['text']}")
    if campaign["why_idle"]:
        console.folded("  not dialling: ", campaign["why_idle"])


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"
