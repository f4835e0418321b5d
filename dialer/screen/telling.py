"""The upper part of the screen in words: who is called, what was before, how one stands; pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from campaigns.model import AgentState, DialMode
from dialer.screen.person import Person, one_line
from dialer.screen.seat import Rest, Seat, is_by_hand, label_of, local_now
from leads.moments import here

_OPTIONS = {
    "--callback-by": "who calls",
    "--callback": "the time",
    "--disposition": "the result",
    "--reason": "the reason",
    "--detail": "what the reason asks for",
    "--answer": "the answer",
    "--language": "the language",
    "--order": "the order",
    "--note": "the note",
}
"""Names of options in the desk's errors, and what stands for them where nobody types options."""

_GATES = {
    "state": "in a call, or with somebody else",
    "dialing": "called by the dialer while you are ready",
    "hours": "outside calling hours",
    "attempts": "called already, or resting",
    "suppression": "must not be called",
    "registry": "in a do-not-call register",
    "consent": "without the consent that is needed",
    "place": "nobody knows where they are",
    "cooldown": "called a short while ago",
    "caps": "called as often as is allowed",
    "list": "on no list of the campaign",
}


def state_words(seat: Seat, now: datetime) -> str:
    """Return what the agent is doing, and since when."""
    return f"{_doing(seat)} {_clock(now - seat.since)}"


def _doing(seat: Seat) -> str:
    talk, state = seat.talk, seat.standing.state
    if talk is None:
        if seat.rest is Rest.PAUSED or (not is_by_hand(seat) and state == AgentState.PAUSED):
            why = label_of(seat.pauses, seat.standing.pause)
            return f"on pause ({why})" if why else "on pause"
        if not is_by_hand(seat) and state == AgentState.OUT:
            return "not on the line"
        return "waiting"
    if is_by_hand(seat):
        return "with this person"
    if talk.person.live:
        return "dialling" if state == AgentState.DIALING else "in the call"
    is_new = talk.person.mode == DialMode.PREVIEW and not talk.called
    return "choosing" if is_new and state != AgentState.WRAP_UP else "wrap-up"


def engine_words(seat: Seat) -> str:
    """Return how the desk is connected."""
    if seat.talk is not None and seat.talk.person.practice:
        return "nobody is called"
    if is_by_hand(seat):
        return "you dial yourself"
    return "engine connected" if seat.standing.engine else "no engine runs"


def _clock(passed: timedelta) -> str:
    seconds = max(int(passed.total_seconds()), 0)
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


def person_facts(person: Person, now: datetime) -> str:
    """Return number, clock and language of a person in one line."""
    local = local_now(person, now)
    clock = f"{local:%H:%M} {local:%a} their time" if local else "their time is not known"
    by_hand = person.mode == DialMode.MANUAL and not person.practice
    number = f"dial {person.phone}" if by_hand else person.phone
    language = person.language and f"speaks {person.language}"
    parts = [number, clock, language, _called(person), _held(person, now)]
    return "   ".join(filter(None, parts))


def _called(person: Person) -> str:
    calls = sum(not one.get("returned") for one in person.history)
    times = {0: "never called before", 1: "called once before"}
    told = times.get(calls, f"called {calls} times before")
    return f"CALLS US BACK, {told}" if person.returned else told


def _held(person: Person, now: datetime) -> str:
    """Tell until when somebody who is not in a call is kept, once it matters."""
    soon = timedelta(minutes=5)
    if person.live or person.expires_at is None or person.expires_at - now > soon:
        return ""
    if person.expires_at <= now:
        return "their time with you is over"
    return f"kept for you until {person.expires_at.astimezone():%H:%M}"


def attributes(person: Person) -> str:
    """Return what else is known of a person in one line."""
    own = (("id", person.external_id),) if person.external_id else ()
    return "  ".join(f"{key}: {value}" for key, value in (*own, *person.attributes))


def history(person: Person, at_most: int) -> list[str]:
    """Return the newest calls before this one, a line each."""
    return [_past(one) for one in person.history[:at_most]]


def _past(one: Mapping[str, Any]) -> str:
    came = one.get("disposition") or one.get("outcome")
    why = " ".join(filter(None, (one_line(one.get(k)) for k in _WHY)))
    who_called = "called us: " if one.get("returned") else ""
    head = f"{here(one['at'])} {who_called}{one_line(came).replace('_', ' ')}"
    head += f" ({why.replace('_', ' ')})" if why else ""
    note = one_line(one.get("note"))
    who = one_line(one.get("agent"))
    said = f"{who}: {note}" if who and note else note
    return f"{head} · {said}" if said else head


_WHY = ("refusal_reason", "refusal_detail")


def tasks(person: Person, at_most: int) -> list[str]:
    """Return what is open with a person, the most urgent first."""
    ordered = sorted(person.tasks, key=lambda one: one.get("priority") or 0)
    lines = [_task(one) for one in ordered[:at_most]]
    more = len(ordered) - len(lines)
    if more:
        lines[-1] += f"  (and {more} more)"
    return lines


def _task(one: Mapping[str, Any]) -> str:
    due = one.get("due_at")
    until = f", due {here(due)}" if isinstance(due, datetime) else ""
    return f"OPEN: {one_line(one.get('class'))}{until}: {one_line(one.get('text'))}"


def about(person: Person) -> str:
    """Return everything that is known of a person, in Markdown, nothing of it cut."""
    known = [f"{key}: {value}" for key, value in person.attributes]
    parts = (
        ("Known", known),
        ("Called before", history(person, len(person.history))),
        ("Open", tasks(person, len(person.tasks))),
    )
    return "\n\n".join(
        f"**{title}**\n\n" + "\n".join(f"- {_literal(line)}" for line in lines)
        for title, lines in parts
        if lines
    )


def _literal(text: str) -> str:
    """Return a text that Markdown shows as it is."""
    return "".join(f"\\{sign}" if sign in _MARKS else sign for sign in text)


_MARKS = frozenset("\\`*_{}[]<>()#+-.!|~&")


def why_nobody(why: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return why there is nobody to call and when there will be, in plain words."""
    lines = []
    for one in why:
        reason = _GATES.get(one["gate"], str(one["gate"]))
        if one["count"] is None:
            lines.append("The campaign does not run; ask the campaign's manager to start it.")
            continue
        people = "1 person" if one["count"] == 1 else f"{one['count']} people"
        at = one.get("next_at")
        until = f"; the next at {at.astimezone():%a %Y-%m-%d %H:%M}" if at else ""
        lines.append(f"{people}: {reason}{until}.")
    return lines or ["Everybody on the lists has been called."]


def plain_words(message: str) -> str:
    """Return an error of the desk as a screen tells it: one line, no options of commands."""
    text = one_line(message)
    for option, words in _OPTIONS.items():
        text = text.replace(f"add {option}", f"type {words}:").replace(option, words)
    return text[:1].upper() + text[1:]
