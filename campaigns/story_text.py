"""The story of a person in words for a terminal: one moment and one kind of thing a line."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePath
from textwrap import wrap
from typing import Any

from campaigns.story import Event
from leads.moments import here
from leads.names import printable

_KIND_WIDTH = 8
_INDENT = " " * (len("2026-12-01 18:30") + 2 + _KIND_WIDTH + 2)


def story_lines(events: Iterable[Event], *, width: int) -> Iterator[str]:
    """Give the lines of a story, on this machine's clock, none wider than `width`."""
    for event in events:
        kind, tell = _TOLD[event.what]
        first, *more = (text for text in tell(event.facts) if text)
        head = f"{here(event.at)}  {kind:<{_KIND_WIDTH}}  "
        yield from _folded(first, head, _INDENT, width)
        for text in more:
            yield from _folded(text, _INDENT, f"{_INDENT}  ", width)


def _folded(text: str, first: str, rest: str, width: int) -> list[str]:
    return wrap(
        printable(text),
        max(width, len(rest) + 20),
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
    )


_Facts = Mapping[str, Any]


def _imported(facts: _Facts) -> Iterator[str]:
    file = PurePath(facts["file"]).name
    again = "" if facts["new"] else ", known before"
    yield f"came onto {facts['list']} with {file} (import {facts['import_id']}){again}"


def _completed(facts: _Facts) -> Iterator[str]:
    yield f"completed by {PurePath(facts['file']).name} (import {facts['import_id']})"
    yield from _changes(facts["changes"])


def _edited(facts: _Facts) -> Iterator[str]:
    yield f"edited by {facts['by']}" if facts["by"] else "edited"
    yield from _changes(facts["changes"])


def _changes(changes: Mapping[str, tuple[object, object]]) -> Iterator[str]:
    for name, (was, became) in changes.items():
        yield f"{name.removeprefix('attributes.')}: {_shown(was)} -> {_shown(became)}"


def _shown(value: object) -> str:
    return "nothing" if value is None or value == "" else str(value)


def _merged(facts: _Facts) -> Iterator[str]:
    name = facts["merged"].get("name") if isinstance(facts["merged"], dict) else None
    yield f"lead {facts['merged_id']}{f' ({name})' if name else ''} merged in by {facts['by']}"


def _attempt(facts: _Facts) -> Iterator[str]:
    who = f", {facts['agent']}" if facts["agent"] else ""
    yield f"{facts['campaign']}{who}: {facts['outcome'] or 'goes on now'}"
    told = ": ".join(filter(None, (facts["refusal_reason"], facts["refusal_detail"])))
    reason = f" ({told})" if told else ""
    yield f"said: {facts['disposition']}{reason}" if facts["disposition"] else ""
    yield f"to be called back {here(facts['callback_at'])}" if facts["callback_at"] else ""
    if facts["reoffer_campaign"]:
        yield f"goes on in {facts['reoffer_campaign']} {here(facts['reoffer_at'])}"
    for question, given in facts["answers"].items():
        yield f"{question}: {', '.join(given)}"
    yield f"note: {facts['note']}" if facts["note"] else ""


def _called_us(facts: _Facts) -> Iterator[str]:
    who = f", {facts['agent']}" if facts["agent"] else ""
    about = facts["campaign"] or "no campaign"
    yield f"called {facts['caller_id']} ({about}{who}): {facts['outcome'] or 'goes on now'}"
    told = ": ".join(filter(None, (facts["refusal_reason"], facts["refusal_detail"])))
    reason = f" ({told})" if told else ""
    yield f"said: {facts['disposition']}{reason}" if facts["disposition"] else ""
    yield f"to be called back {here(facts['callback_at'])}" if facts["callback_at"] else ""
    yield f"note: {facts['note']}" if facts["note"] else ""


def _result_undone(facts: _Facts) -> Iterator[str]:
    yield f"{facts['by']} took a result back"
    yield from _stood(facts["before"])


def _result_corrected(facts: _Facts) -> Iterator[str]:
    yield f"{facts['by']} corrected a result{_because({'reason': facts['why']})}"
    yield from _stood(facts["before"])


def _stood(before: Mapping[str, Any]) -> Iterator[str]:
    """Give the result that stood until it was changed."""
    told = ": ".join(
        before[name] for name in ("refusal_reason", "refusal_detail") if name in before
    )
    reason = f" ({told})" if told else ""
    yield f"it was: {before.get('disposition', 'none')}{reason}"
    for question, given in before.get("answers", {}).items():
        yield f"{question}: {', '.join(given)}"
    yield f"note: {before['note']}" if "note" in before else ""


def _consent_given(facts: _Facts) -> Iterator[str]:
    yield f"{facts['kind']} given ({facts['source']})"
    yield f'"{facts["wording"]}"' if facts["wording"] else ""
    yield f"proof: {facts['proof']}" if facts["proof"] else ""
    yield f"until {here(facts['expires_at'])}" if facts["expires_at"] else ""


def _consent_withdrawn(facts: _Facts) -> Iterator[str]:
    yield f"{facts['kind']} withdrawn{_because(facts)}"


def _consent_expired(facts: _Facts) -> Iterator[str]:
    yield f"{facts['kind']} expired"


def _suppressed(facts: _Facts) -> Iterator[str]:
    yield f"{facts['number']} not to be called by {_whom(facts)}{_because(facts)}"


def _suppression_removed(facts: _Facts) -> Iterator[str]:
    yield f"{facts['number']} may be called by {_whom(facts)} again{_because(facts)}"


def _whom(facts: _Facts) -> str:
    return f"{facts['scope']} {facts['name']}" if facts["name"] else "anybody"


def _because(facts: _Facts) -> str:
    return f" ({facts['reason']})" if facts["reason"] else ""


def _order(facts: _Facts) -> Iterator[str]:
    by = f" by {facts['by']}" if facts["by"] else ""
    yield f"order {facts['order_id']} {facts['state']}{by}, {facts['campaign']}{_because(facts)}"


def _task(facts: _Facts) -> Iterator[str]:
    owner = f", {facts['owner']}" if facts["owner"] else ""
    due = f", due {here(facts['due_at'])}" if facts["due_at"] and facts["open"] else ""
    late = ", overdue" if facts["overdue"] else ""
    yield f"task {facts['task_id']} {facts['class']} ({facts['priority']}{owner}{due}{late})"
    yield facts["text"]


def _task_done(facts: _Facts) -> Iterator[str]:
    told = f": {facts['outcome']}" if facts["outcome"] else ""
    yield f"task {facts['task_id']} {facts['class']} done by {facts['by']}{told}"


def _erased(_: _Facts) -> Iterator[str]:
    yield "everything personal was erased"


_TOLD: Mapping[str, tuple[str, Callable[[_Facts], Iterator[str]]]] = {
    "imported": ("list", _imported),
    "completed": ("change", _completed),
    "edited": ("change", _edited),
    "merged": ("merge", _merged),
    "attempt": ("call", _attempt),
    "called_us": ("returned", _called_us),
    "result_undone": ("undo", _result_undone),
    "result_corrected": ("change", _result_corrected),
    "consent_given": ("consent", _consent_given),
    "consent_withdrawn": ("consent", _consent_withdrawn),
    "consent_expired": ("consent", _consent_expired),
    "suppressed": ("dnc", _suppressed),
    "suppression_removed": ("dnc", _suppression_removed),
    "order": ("order", _order),
    "task": ("task", _task),
    "task_done": ("task", _task_done),
    "erased": ("erasure", _erased),
}
"""What each kind of thing is called at a terminal, and how it is told."""
