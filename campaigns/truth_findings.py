"""What many results of one agent tell that one of them does not; pure.

Calls that were dialled by hand have no record but the agent's word. They are looked at by
themselves, against the others that were dialled so: in no share are the two counted together.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from operator import attrgetter

from campaigns.checks import Checks
from campaigns.model import DialMode, DispositionKind
from campaigns.truth import Mark, Verdict, least_talk_s

WATCHED = (DispositionKind.WRONG_NUMBER, DispositionKind.DECEASED, DispositionKind.REFUSAL)
"""Kinds that end the work with a person in few seconds, and are tempting therefore."""

_OWN_PACE = frozenset({DialMode.MANUAL, DialMode.PREVIEW})
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """One reported result with what it is worth.

    Attributes:
        reported_at: when the agent said so, aware.
        connected_at: when the agent had the person on the line, aware, or None.
        ended_at: when the call was over, aware, or None.
    """

    attempt_id: int
    agent: str
    campaign: str
    mode: DialMode
    kind: DispositionKind
    reported_at: datetime
    connected_at: datetime | None
    ended_at: datetime | None
    verdict: Verdict

    @property
    def by_hand(self) -> bool:
        """There is nothing but the agent's word."""
        return self.verdict.mark is Mark.SELF_REPORTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something about an agent that somebody should look into.

    Attributes:
        what: share, pace, speed, two_calls or outside_call.
        by_hand: it is about results of calls that they dialled by hand.
        why: in a sentence.
        attempt_ids: the calls it shows in, the first of them.
    """

    agent: str
    campaign: str
    what: str
    by_hand: bool
    why: str
    attempt_ids: tuple[int, ...]


def findings(reported: Iterable[Reported], checks: Mapping[str, Checks]) -> tuple[Finding, ...]:
    """Return what the results of each agent of each campaign tell together.

    Args:
        reported: results of some time, in any order.
        checks: campaign -> its thresholds.
    """
    parts: dict[tuple[str, bool], list[Reported]] = defaultdict(list)
    for one in sorted(reported, key=attrgetter("reported_at", "attempt_id")):
        parts[one.campaign, one.by_hand].append(one)
    found: list[Finding] = []
    for (campaign, _), together in sorted(parts.items()):
        mean = _shares(together)
        by_agent = sorted(together, key=attrgetter("agent"))
        for _, theirs in groupby(by_agent, key=attrgetter("agent")):
            found += _of_agent([*theirs], mean, checks[campaign])
    return tuple(found)


def _of_agent(
    theirs: Sequence[Reported], mean: Mapping[DispositionKind, float], checks: Checks
) -> Iterator[Finding]:
    yield from _odd_shares(theirs, mean, checks)
    yield from _pace(theirs, checks)
    if theirs[0].by_hand:
        yield from _speed(theirs, checks)
    else:
        yield from _two_calls(theirs)
        yield from _outside_call(theirs)


def _shares(reported: Sequence[Reported]) -> dict[DispositionKind, float]:
    counted = Counter(one.kind for one in reported)
    return {kind: counted[kind] / len(reported) for kind in WATCHED}


def _odd_shares(
    theirs: Sequence[Reported], mean: Mapping[DispositionKind, float], checks: Checks
) -> Iterator[Finding]:
    if len(theirs) < checks.share_results:
        return
    for kind, share in _shares(theirs).items():
        if share > checks.share_times * mean[kind]:
            why = (
                f"{kind}: {share:.0%} of {len(theirs)} results, in the campaign {mean[kind]:.1%}; "
                "call some of these people once more"
            )
            yield _finding(theirs, "share", why, [one for one in theirs if one.kind is kind])


def _pace(theirs: Sequence[Reported], checks: Checks) -> Iterator[Finding]:
    """Tell of the busiest hour, where whoever dials decides when."""
    own = [one for one in theirs if one.mode in _OWN_PACE]
    first = 0
    busiest: Sequence[Reported] = ()
    for last, one in enumerate(own):
        while one.reported_at - own[first].reported_at >= _HOUR:
            first += 1
        if last + 1 - first > len(busiest):
            busiest = own[first : last + 1]
    if len(busiest) > checks.results_per_hour:
        why = (
            f"{len(busiest)} results within an hour, from {busiest[0].reported_at:%Y-%m-%d %H:%M} "
            f"UTC; at most {checks.results_per_hour} are likely"
        )
        yield _finding(theirs, "pace", why, busiest)


def _speed(theirs: Sequence[Reported], checks: Checks) -> Iterator[Finding]:
    """Tell of talks for which there was no time between two results."""
    hurried = [
        one
        for before, one in pairwise(theirs)
        if one.reported_at - before.reported_at < timedelta(seconds=least_talk_s(one.kind, checks))
    ]
    if hurried:
        why = f"{len(hurried)} results sooner after the one before than their talks take"
        yield _finding(theirs, "speed", why, hurried)


def _two_calls(theirs: Sequence[Reported]) -> Iterator[Finding]:
    talks = sorted(
        (one for one in theirs if one.connected_at is not None and one.ended_at is not None),
        key=attrgetter("connected_at", "attempt_id"),
    )
    overlapping = []
    until: datetime | None = None
    for one in talks:
        assert one.connected_at is not None
        assert one.ended_at is not None
        if until is not None and one.connected_at < until:
            overlapping.append(one)
        until = one.ended_at if until is None else max(until, one.ended_at)
    if overlapping:
        why = f"{len(overlapping)} talks began before the one before had ended"
        yield _finding(theirs, "two_calls", why, overlapping)


def _outside_call(theirs: Sequence[Reported]) -> Iterator[Finding]:
    """Tell of results of talks for which the agent was on no line."""
    outside = [
        one for one in theirs if one.verdict.mark is Mark.SUSPECT and one.connected_at is None
    ]
    if outside:
        why = f"{len(outside)} results of talks without a call in which there was one"
        yield _finding(theirs, "outside_call", why, outside)


_NAMED_AT_MOST = 20


def _finding(theirs: Sequence[Reported], what: str, why: str, shown: Sequence[Reported]) -> Finding:
    return Finding(
        agent=theirs[0].agent,
        campaign=theirs[0].campaign,
        what=what,
        by_hand=theirs[0].by_hand,
        why=why,
        attempt_ids=tuple(one.attempt_id for one in shown[:_NAMED_AT_MOST]),
    )
