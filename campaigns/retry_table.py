"""Read the tables [retry] and [retry.disposition] of a campaign file; pure."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from campaigns.fields import Section, duration_text
from campaigns.model import (
    DialMode,
    Disposition,
    DispositionKind,
    GiveUp,
    MoveTo,
    Outcome,
    Retry,
)
from campaigns.retry import FINAL_KINDS, LEAST_REST, LEAST_REST_AFTER_WORD

_OUTCOMES = tuple(outcome.value for outcome in Outcome)
_WORDS = "disposition"
_MOST_GROWTH = 10.0


def read_outcomes(table: Section, mode: DialMode, *, own_name: str) -> dict[Outcome, Retry]:
    """Return the entries of [retry] that are an outcome's.

    Args:
        table: [retry].
        mode: the campaign's.
        own_name: the campaign's: nobody is moved to where they are.

    Returns:
        The entries; every fault in them is noted in the table.
    """
    table.expect([*_OUTCOMES, _WORDS])
    entries = {
        Outcome(key): _entry(table, key, LEAST_REST[Outcome(key)], own_name)
        for key in table.names()
        if key in _OUTCOMES
    }
    if mode is DialMode.BROADCAST and Outcome.CONNECTED in entries:
        table.refuse("connected", "a broadcast that was heard is not played to a number again")
    return entries


def read_words(
    table: Section, dispositions: Sequence[Disposition], *, own_name: str
) -> dict[str, Retry]:
    """Return the entries of [retry.disposition].

    Args:
        table: [retry].
        dispositions: the campaign's, with the built-in ones.
        own_name: as in `read_outcomes`.

    Returns:
        The entries by the code of their disposition; every fault in them is noted.
    """
    words = table.section(_WORDS)
    kinds = {word.code: word.kind for word in dispositions}
    words.expect(kinds)
    entries = {
        code: _entry(words, code, LEAST_REST_AFTER_WORD, own_name)
        for code in words.names()
        if code in kinds
    }
    for code, entry in entries.items():
        _judge(words, code, kinds[code], entry)
    return entries


def _judge(words: Section, code: str, kind: DispositionKind, entry: Retry) -> None:
    if kind in FINAL_KINDS:
        words.refuse(code, f"{_named(code, kind)} is the person's last word and is not retried")
    elif kind is DispositionKind.WRONG_NUMBER and not entry.other_number:
        words.refuse(code, f"{_named(code, kind)} is only retried with other_number = true")


def _named(code: str, kind: DispositionKind) -> str:
    return f"{code!r}" if code == kind else f"{code!r}, of the kind {kind.value!r},"


def _entry(table: Section, key: str, least: timedelta, own_name: str) -> Retry:
    entry = table.section(key)
    after = entry.rest("after", least)
    entry.expect(["up_to"])
    up_to = entry.rest("up_to", after) if entry.has("up_to") else None
    factor = entry.number("growth", _MOST_GROWTH, low=1.0) or 1.0
    if up_to is not None and not entry.has("growth"):
        entry.refuse("up_to", f"says how far a growth may go; {duration_text(after)} never grows")
    return Retry(
        after=after,
        max=entry.whole("max", 1, 99),
        factor=factor,
        up_to=up_to,
        other_daypart=entry.flag("other_daypart"),
        other_number=entry.flag("other_number"),
        then=_then(entry, own_name),
    )


def _then(entry: Section, own_name: str) -> MoveTo | GiveUp | None:
    if not entry.has("then"):
        entry.expect(["then"])
        return None
    then = entry.section("then")
    ends: Mapping[str, bool] = {key: then.has(key) for key in ("campaign", "give_up")}
    then.expect(ends)
    if all(ends.values()):
        then.refuse_whole("names two ends; leave either campaign or give_up out")
        return None
    if ends["give_up"]:
        return GiveUp(then.code("give_up"))
    name = then.text("campaign")
    if name and name == own_name:
        then.refuse("campaign", "is this very campaign")
    return MoveTo(name)
