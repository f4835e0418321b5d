"""What VAN calls the end of a call, and on which day it says the call was; pure.

VAN's own list of results differs from one committee to the next: these are the words that
all of them have, and whoever has others names them. "Canvassed" is never written: VAN
draws it from a survey answer, and a talk without one is for the campaign to name.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from campaigns.model import DispositionKind, Outcome
from leads.names import did_you_mean
from leads.problems import Problem

HIDDEN = frozenset({Outcome.CONGESTION, Outcome.FAILED, Outcome.UNKNOWN})
"""Ends that say something of the network and nothing of the person."""

_BY_KIND = MappingProxyType(
    {
        DispositionKind.REFUSAL: "Refused",
        DispositionKind.HOSTILE: "Refused",
        DispositionKind.CALLBACK: "Call Back",
        DispositionKind.WRONG_NUMBER: "Wrong Number",
        DispositionKind.DO_NOT_CALL: "Do Not Call",
        DispositionKind.NO_CONTACT: "Not Home",
        DispositionKind.MACHINE: "Not Home",
        DispositionKind.LEFT_MESSAGE: "Left Message",
        DispositionKind.DECEASED: "Deceased",
        DispositionKind.LANGUAGE: "Other Language",
    }
)

_BY_OUTCOME = MappingProxyType(
    {
        Outcome.NO_ANSWER: "Not Home",
        Outcome.MACHINE: "Not Home",
        Outcome.BUSY: "Busy",
        Outcome.UNALLOCATED: "Disconnected",
        Outcome.FAX: "Wrong Number",
        # Somebody picked up, and nobody spoke with them.
        Outcome.ABANDONED: "Not Home",
        Outcome.HUNG_UP_EARLY: "Not Home",
        Outcome.HUNG_UP_WAITING: "Not Home",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How an attempt without a survey answer ended.

    Attributes:
        outcome: how the network saw it.
        disposition: what the agent said, a code, or None.
        kind: what that code does, or None.
    """

    outcome: Outcome
    disposition: str | None = None
    kind: DispositionKind | None = None

    @property
    def code(self) -> str:
        """Return the word that decides: the agent's where there is one."""
        return self.disposition or self.outcome.value

    @property
    def hidden(self) -> bool:
        """Return whether VAN must not see it."""
        return self.disposition is None and self.outcome in HIDDEN


@dataclass(frozen=True, slots=True)
class Words:
    """The results of one export; `own` are the campaign's, and come first."""

    own: Mapping[str, str] = field(default_factory=dict)

    def result(self, end: End) -> str | None:
        """Return VAN's word for an end, or None where there is none."""
        if end.code in self.own:
            return self.own[end.code]
        if end.disposition is not None:
            return _BY_KIND.get(end.kind) if end.kind is not None else None
        return _BY_OUTCOME.get(end.outcome)


def read_map(given: Sequence[str], known: Collection[str]) -> Words | tuple[Problem, ...]:
    """Return the words that `code=VanResult` texts give, or everything wrong with them.

    Args:
        given: as typed.
        known: the codes that there are.
    """
    own: dict[str, str] = {}
    problems: list[Problem] = []
    for text in given:
        code, _, word = (part.strip() for part in text.partition("="))
        if not code or not word:
            problems.append(Problem(where="--map", why=f"{text!r} must be like busy=Busy"))
        elif code in known:
            own[code] = word
        elif code in HIDDEN:
            why = f"{code} says nothing of a person, and VAN is not told of it; leave it out"
            problems.append(Problem(where="--map", why=why))
        else:
            hint = did_you_mean(code, known, see="campaigns show NAME")
            problems.append(Problem(where="--map", why=f"there is no code {code!r}; {hint}"))
    return tuple(problems) or Words(own)


def local_day(moment: datetime, zones: Sequence[str]) -> str:
    """Return the day that a moment is for somebody; in UTC where the zones do not agree."""
    days = {moment.astimezone(ZoneInfo(zone)).date() for zone in zones}
    day = days.pop() if len(days) == 1 else moment.astimezone(UTC).date()
    return day.isoformat()
