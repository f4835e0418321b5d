"""Read what every rule of a rule file says of itself, whatever its kind; pure."""

import re
from datetime import date
from enum import StrEnum
from typing import TypedDict, TypeVar

from campaigns.definition import AUDIENCES, PURPOSES
from campaigns.fields import Section, shown
from campaigns.messages import VOICES
from campaigns.model import DialMode
from campaigns.rules.model import Applies, Confidence, Exempt, Force, Relation, Status
from leads.consent_rules import KIND, KIND_RULE

LINES = ("mobile", "fixed")
CALLERS = ("company", "nonprofit", "hired")
RELATIONS = ("customer", "inquiry")
FIRST_DAY = date(1900, 1, 1)
"""Laws may be older than anything else that Ringbank dates."""

_MODES = tuple(mode.value for mode in DialMode)
_RULE_ID = re.compile(r"[a-z0-9-]+(\.[a-z0-9_-]+)+")

Word = TypeVar("Word", bound=StrEnum)


class Common(TypedDict):
    """The values of `Rule`, by name."""

    id: str
    force: Force
    confidence: Confidence
    source: tuple[str, ...]
    status: Status
    valid_from: date | None
    valid_until: date | None
    applies: Applies
    exempt: Exempt
    unless_consent: frozenset[str]
    unless_agent_reserved: bool
    note: str
    file: str


def read_common(entry: Section, *, file: str, own: bool) -> Common:
    """Return what a rule's table says under the common keys.

    Args:
        entry: the table.
        file: the name of its file, "us-fl.toml".
        own: an operator's file, whose rules need not say that they are the operator's.
    """
    start, last = (entry.day(key, first=FIRST_DAY) for key in ("valid_from", "valid_until"))
    if start and last and last < start:
        entry.refuse("valid_until", f"{last} is before valid_from, {start}; turn them round")
    status = read_word(entry, "status", Status, default=Status.IN_FORCE)
    confidence = read_word(
        entry, "confidence", Confidence, default=Confidence.HIGH if own else None
    )
    if confidence is Confidence.LOW and status is Status.IN_FORCE:
        entry.refuse("confidence", 'what is low is not enforced; write status = "proposed" too')
    kinds, reserved = _unless(entry)
    return Common(
        id=_id(entry, file.removesuffix(".toml")),
        force=read_word(entry, "force", Force, default=Force.OWN if own else None),
        confidence=confidence,
        source=entry.texts("source"),
        status=status,
        valid_from=start,
        valid_until=last,
        applies=_applies(entry.section("applies")),
        exempt=_exempt(entry.section("exempt")),
        unless_consent=kinds,
        unless_agent_reserved=reserved,
        note=entry.text("note", required=False, lines=True),
        file=file,
    )


def _id(entry: Section, stem: str) -> str:
    rule_id = entry.text("id")
    if rule_id and not (_RULE_ID.fullmatch(rule_id) and rule_id.startswith(f"{stem}.")):
        entry.refuse("id", f'must be like "{stem}.hours", not {shown(rule_id)}')
    return rule_id


def read_word(entry: Section, key: str, words: type[Word], *, default: Word | None = None) -> Word:
    """Return one of the words of an enumeration; without a default the key is required."""
    return words(entry.choice(key, tuple(word.value for word in words), default=default))


def _kinds(entry: Section, key: str) -> frozenset[str]:
    """Return kinds of consent; anybody may make up another one."""
    kinds = entry.texts(key, required=False)
    for kind in kinds:
        if not KIND.fullmatch(kind):
            entry.refuse(key, f"{shown(kind)} is no kind of consent; write {KIND_RULE}")
    return frozenset(kinds)


def _applies(table: Section) -> Applies:
    return Applies(
        audience=frozenset(table.words("audience", AUDIENCES)),
        purpose=frozenset(table.words("purpose", PURPOSES)),
        mode=frozenset(table.words("mode", _MODES)),
        voice=frozenset(table.words("voice", VOICES)),
        line=frozenset(table.words("line", LINES)),
        caller=frozenset(table.words("caller", CALLERS)),
        topic=frozenset(table.texts("topic", required=False)),
    )


def _exempt(table: Section) -> Exempt:
    relations = tuple(
        Relation(
            kind=relation.choice("kind", RELATIONS),
            months=relation.whole("months", 0, 1200, default=0),
        )
        for relation in table.sections("relation")
    )
    return Exempt(
        caller=frozenset(table.words("caller", CALLERS)),
        purpose=frozenset(table.words("purpose", PURPOSES)),
        relation=relations,
        consent=_kinds(table, "consent"),
    )


def _unless(entry: Section) -> tuple[frozenset[str], bool]:
    kinds: set[str] = set()
    reserved = False
    for text in entry.texts("unless", required=False):
        word, colon, kind = text.partition(":")
        if text == "agent_reserved":
            reserved = True
        elif word == "consent" and colon and KIND.fullmatch(kind):
            kinds.add(kind)
        else:
            entry.refuse("unless", f'must be "consent:KIND" or "agent_reserved", not {shown(text)}')
    return frozenset(kinds), reserved
