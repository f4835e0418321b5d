"""What a consent is, how people write one down, and whether it is in force; pure.

A consent is of one lead and one kind, a short word of the operator's choosing, such as
phone_marketing, automated_calls, recording or credit_check. Who withdraws a kind withdraws
every consent of that kind given until then; only one given later counts again.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum

from leads.model import LeadId
from leads.moments import written_moment
from leads.problems import Problem

KIND = re.compile("[a-z0-9_-]{1,40}")

KIND_RULE = "a short word of a-z, 0-9, _ and -, like phone_marketing"
"""What `KIND` asks for, for the sentences of errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConsent:
    """A consent as somebody brings it; the moments are aware.

    Attributes:
        kind: what it is a consent to.
        source: where it comes from, in the words of who entered it.
        given_at: since when it counts.
        wording: what the person agreed to, word for word, or None.
        proof: where the proof is: a file, a recording, a form's number; or None.
        expires_at: from then on it does not count, or None.
        withdrawn_at: since when it does not count any more, or None.
        withdrawn_reason: why, or None.
    """

    kind: str
    source: str
    given_at: datetime
    wording: str | None = None
    proof: str | None = None
    expires_at: datetime | None = None
    withdrawn_at: datetime | None = None
    withdrawn_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent(NewConsent):
    """A consent that the base holds.

    Attributes:
        import_id: the import of a list that brought it, or None.
        attempt_id: the call in which it was given, or None.
        recorded_at: when the base came to know of it.
    """

    consent_id: int
    lead_id: LeadId
    import_id: int | None
    attempt_id: int | None
    recorded_at: datetime


FACTS = (
    "consent_kind",
    "consent_wording",
    "consent_source",
    "consent_at",
    "consent_proof",
    "consent_expires",
    "consent_withdrawn_at",
    "consent_withdrawn_reason",
)
"""What a row of a file may say of a consent, as `from_row` takes it."""


def from_row(
    facts: Mapping[str, str],
    *,
    now: datetime,
    kind: str | None = None,
    source: str | None = None,
    zone: tzinfo = UTC,
) -> NewConsent | Problem | None:
    """Return the consent that the cells of a row describe, or None where they are empty.

    Args:
        facts: cells by the names of `FACTS`, as written; others are left alone.
        now: aware; nobody has consented or withdrawn after it.
        kind: of rows that name none.
        source: of rows that name none.
        zone: whose clock shows the moments that name no offset. A date alone is the start
            of that day: who withdrew or whose consent expires on a day has none on it.

    Returns:
        A problem whose `where` is the name of the cell at fault.
    """
    said = {name: cell for name in FACTS if (cell := facts.get(name, "").strip())}
    if not said:
        return None
    said = {"consent_kind": kind or "", "consent_source": source or ""} | said
    if not KIND.fullmatch(said["consent_kind"]):
        word = said["consent_kind"]
        unlike = f"{word!r} is no kind of consent" if word else "no kind of consent is named"
        return Problem(where="consent_kind", why=f"{unlike}; write {KIND_RULE}")
    if not said["consent_source"]:
        return Problem(where="consent_source", why="where the consent comes from is not said")
    moments: dict[str, datetime] = {}
    for name in ("consent_at", "consent_expires", "consent_withdrawn_at"):
        if name in said:
            moment = written_moment(said[name], zone=zone)
            if moment is None:
                return Problem(where=name, why=_no_moment(said[name]))
            moments[name] = moment
    if "consent_at" not in moments:
        return Problem(where="consent_at", why="when the consent was given is not said")
    consent = NewConsent(
        kind=said["consent_kind"],
        source=said["consent_source"],
        given_at=moments["consent_at"],
        wording=said.get("consent_wording"),
        proof=said.get("consent_proof"),
        expires_at=moments.get("consent_expires"),
        withdrawn_at=moments.get("consent_withdrawn_at"),
        withdrawn_reason=said.get("consent_withdrawn_reason"),
    )
    return contradiction(consent, now=now) or consent


def contradiction(consent: NewConsent, *, now: datetime) -> Problem | None:
    """Return which of a consent's moments cannot be, or None."""
    given, expires, withdrawn = consent.given_at, consent.expires_at, consent.withdrawn_at
    if given > now:
        return Problem(where="consent_at", why=f"{_day(given)} is in the future")
    if expires is not None and expires <= given:
        why = f"the consent would expire on {_day(expires)}, before it was given"
        return Problem(where="consent_expires", why=why)
    if withdrawn is not None and withdrawn > now:
        return Problem(where="consent_withdrawn_at", why=f"{_day(withdrawn)} is in the future")
    if withdrawn is not None and withdrawn < given:
        why = f"was withdrawn on {_day(withdrawn)}, before it was given; a date is its first moment"
        return Problem(where="consent_withdrawn_at", why=why)
    return None


class ConsentState(StrEnum):
    """Where one consent stands."""

    IN_FORCE = "in_force"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


def state_of(one: Consent, given: Iterable[Consent], *, now: datetime) -> ConsentState:
    """Return where a consent stands at a moment after it was given.

    Args:
        one: the consent in question.
        given: all that the person gave of its kind; others are left alone.
        now: the moment in question, aware.
    """
    last = _last_withdrawal((other for other in given if other.kind == one.kind), now)
    if last is not None and one.given_at <= last[0]:
        return ConsentState.WITHDRAWN
    if one.expires_at is not None and one.expires_at <= now:
        return ConsentState.EXPIRED
    return ConsentState.IN_FORCE


def in_force(consents: Iterable[Consent], kind: str, *, now: datetime) -> tuple[Consent, ...]:
    """Return the consents of a kind that count at a moment, of all that a person gave."""
    given = [one for one in consents if one.kind == kind and one.given_at <= now]
    return tuple(one for one in given if state_of(one, given, now=now) is ConsentState.IN_FORCE)


def why_not_in_force(consents: Iterable[Consent], kind: str, *, now: datetime) -> str | None:
    """Return why a person's consent of a kind does not count at a moment; None if it does.

    Args:
        consents: all that the person ever gave of this kind; others are left alone.
        kind: the one in question.
        now: the moment in question, aware.
    """
    given = [one for one in consents if one.kind == kind and one.given_at <= now]
    if not given:
        return f"never gave the consent {kind!r}"
    states = {state_of(one, given, now=now): one for one in given}
    if ConsentState.IN_FORCE in states:
        return None
    if ConsentState.EXPIRED in states:
        ends = [one.expires_at for one in given if one.expires_at and one.expires_at <= now]
        return f"the consent {kind!r} expired on {_day(max(ends))}"
    withdrawn = _last_withdrawal(given, now)
    assert withdrawn is not None, "nothing else ends a consent"
    moment, reason = withdrawn
    return f"withdrew the consent {kind!r} on {_day(moment)}{f' ({reason})' if reason else ''}"


def _last_withdrawal(given: Iterable[Consent], now: datetime) -> tuple[datetime, str | None] | None:
    """Return when and why a person last withdrew a kind until a moment, or None."""
    ends = [
        (one.withdrawn_at, one.withdrawn_reason)
        for one in given
        if one.withdrawn_at is not None and one.withdrawn_at <= now
    ]
    return max(ends, key=lambda end: end[0], default=None)


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


def _no_moment(text: str) -> str:
    if re.fullmatch("[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}.*", text):
        return f"{text!r} may be two different days; write it like 2025-11-03"
    return f"{text!r} is no date; write it like 2025-11-03, 2025-11-03 14:05 or 03.11.2025"
