"""What ``explain`` tells people: each gate's verdict, and the rules behind it, in lines; pure."""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from campaigns.decision import Decision, Facts, Refusal
from campaigns.gates import GATES
from campaigns.rules.words import in_one_line, no_hours, stands

_WIDEST = max(len(name) for name, _ in GATES)


def explained(decision: Decision, facts: Facts) -> Iterator[str]:
    """Yield the lines that tell a decision in full.

    Args:
        decision: what the gates say.
        facts: what they judged by.
    """
    law = facts.law
    yield f"{verdict(decision, facts)} for {facts.campaign.name} at {_clocks(facts)}"
    yield f"  places: {', '.join(map(str, law.placing.places)) or 'not known'}"
    yield f"  zones: {', '.join(law.placing.zones) or 'not known'}"
    for name, _ in GATES:
        refusals = [refusal for refusal in decision.refusals if refusal.gate == name]
        yield f"  {name:<{_WIDEST}}  {'refused' if refusals else 'ok'}"
        for refusal in refusals:
            yield from _refused(refusal)
    for rule in law.shown:
        yield f"  not enforced: {rule.id} ({stands(rule)}): {in_one_line(rule)}"
    for one in law.loosened:
        until = f" until {one.valid_until}" if one.valid_until else ""
        yield f"  loosened: {one.rule} by {one.by}{until}: {one.reason}"
    if law.without_hours:
        yield f"  {no_hours(law.without_hours)}"


def in_short(decision: Decision, facts: Facts) -> str:
    """Return a decision on one line: the verdict, the moment, and the rules that refuse."""
    line = f"{verdict(decision, facts)} at {utc(facts.now)}"
    if decision.callable:
        return line
    until = f", until {utc(decision.until)}" if decision.until else ""
    return f"{line}: {', '.join(f'{one.gate} ({one.rule})' for one in decision.refusals)}{until}"


def verdict(decision: Decision, facts: Facts) -> str:
    """Return whether a number may be called."""
    return f"{facts.number} {'may' if decision.callable else 'may not'} be called"


def utc(moment: datetime) -> str:
    """Return a moment to the minute."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _refused(refusal: Refusal) -> Iterator[str]:
    yield f"    {refusal.rule}: {refusal.why}"
    until = f"until {utc(refusal.until)}" if refusal.until else "time alone does not end it"
    yield f"      {until}; source: {refusal.source}"


def _clocks(facts: Facts) -> str:
    clocks = ", ".join(
        f"{facts.now.astimezone(ZoneInfo(zone)):%a %H:%M} in {zone}" for zone in facts.zones
    )
    return f"{utc(facts.now)} ({clocks or 'its time zone is not known'})"
