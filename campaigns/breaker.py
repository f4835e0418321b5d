"""Whether a campaign's last calls fail in an unusual way, so that it pauses itself; pure.

Each check of `campaigns.breaker_table` counts some of the calls and holds some of these to be
faults. It trips when among the last calls of a window there are so many faults that, by what
is usual for this campaign, chance does not explain them. What is usual is learned from its own calls before the window,
and begins with a cautious guess; it may also drift from hour to hour, so a share is not
compared with one number but with a spread of shares around it (the beta-binomial), as wide as
the campaign's earlier windows differed. So a list of old numbers trips nothing by being old,
and a trunk that refuses does within twenty calls.

A number that fails as it failed before says nothing new, and is not counted: else the last
few people of a list, who are tried again and again, would look like a network that is down.
"""

from collections import Counter, OrderedDict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import exp, fsum, lgamma, log

from campaigns.breaker_settings import Breaker
from campaigns.breaker_table import TABLE, Check, EndedCall, Window, bits_of

KEPT_CALLS = 5_000
"""So many of the last calls say what is usual."""

_WEIGHT = 50
"""So many calls the guess of what is usual is worth, beside those that were seen."""

_DRIFT_WEIGHT = 5
"""So many windows the guess of the drift is worth."""

_LEAST_USUAL, _MOST_USUAL = 0.001, 0.999
_LEAST_DRIFT, _MOST_DRIFT = 0.02, 0.9


_SET_BITS = tuple(
    tuple(bit for bit in range(len(TABLE)) if mask >> bit & 1) for mask in range(1 << len(TABLE))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """Why a campaign pauses.

    Attributes:
        check: its name.
        why: in a sentence.
        remedy: where to look.
        attempts: the faults of the window, by id.
        calls: how many calls the window held.
        usual: the share of faults that is usual, or allowed.
        trunk: the trunk on which all calls fail, or None: it is this campaign's alone.
    """

    check: str
    why: str
    remedy: str
    attempts: tuple[int, ...]
    calls: int
    usual: float
    trunk: str | None = None

    def document(self, at: datetime) -> dict[str, object]:
        """Return it as `campaigns.tripped` keeps it; `at` is when, aware."""
        return {
            "at": at.isoformat(),
            "check": self.check,
            "why": self.why,
            "remedy": self.remedy,
            "attempts": list(self.attempts),
            "calls": self.calls,
            "usual": round(self.usual, 4),
            "trunk": self.trunk,
        }


@dataclass(frozen=True, slots=True)
class _Kept:
    """A call as it is kept: which checks it counts for, and in which it is a fault, as bits."""

    attempt_id: int
    ended_at: datetime
    counts: int
    faults: int
    sip_code: int | None
    fresh: bool


class History:
    """The last calls of a campaign, or of all campaigns on a trunk."""

    def __init__(self, calls: Iterable[EndedCall] = (), *, after: int = 0) -> None:
        """Begin with calls that are known, in the order in which they ended.

        `after` is the last attempt of before the campaign was started: what is not later is
        usual traffic, and trips nothing any more.
        """
        self._after = after
        self._calls: deque[_Kept] = deque()
        self._counted: Counter[int] = Counter()
        self._faulty: Counter[int] = Counter()
        self._failed_before: OrderedDict[int, int] = OrderedDict()
        for call in calls:
            self.add(call)

    def add(self, call: EndedCall) -> None:
        """Take in a call that has ended."""
        counts, faults = bits_of(call)
        is_fresh = call.attempt_id > self._after
        if is_fresh:  # what failed before the start may fail again for another reason
            counts &= ~self._said_before(call.number_id, faults)
        kept = _Kept(
            call.attempt_id,
            call.ended_at,
            counts,
            faults & counts,
            call.sip_code,
            is_fresh,
        )
        self._calls.append(kept)
        self._tally(kept, 1)
        if len(self._calls) > KEPT_CALLS:
            self._tally(self._calls.popleft(), -1)

    def _said_before(self, number_id: int | None, faults: int) -> int:
        """Return the faults that the number had in its last call already, and note these."""
        if number_id is None:
            return 0
        before = self._failed_before.pop(number_id, 0)
        if faults:
            self._failed_before[number_id] = faults
            if len(self._failed_before) > KEPT_CALLS:
                self._failed_before.popitem(last=False)
        return faults & before

    def _tally(self, kept: _Kept, by: int) -> None:
        for bit in _SET_BITS[kept.counts]:
            self._counted[bit] += by
        for bit in _SET_BITS[kept.faults]:
            self._faulty[bit] += by

    def judge(
        self, breaker: Breaker, *, limit: float, now: datetime, trunk: str | None = None
    ) -> Trip | None:
        """Return why the campaign has to pause, or None; asked after each call that ended.

        Args:
            breaker: the campaign's settings.
            limit: the share of abandoned calls that it may have.
            now: aware.
            trunk: the trunk's name where these are the calls of all campaigns on it.
        """
        for bit in _SET_BITS[self._calls[-1].faults] if self._calls else ():
            check = TABLE[bit]
            if not breaker.asks(check.name):
                continue
            if trunk is not None and not check.of_trunk:
                continue
            own = breaker.own.get(check.name) if trunk is None else None
            windows = check.windows
            if own is not None:
                windows = (Window(own.calls, own.share, max(one.within for one in windows)),)
            for window in windows:
                tripped = self._look(bit, window, limit=limit, now=now, alone=own is not None)
                if tripped is not None:
                    return _told(check, *tripped, trunk=trunk)
        return None

    def _look(
        self, bit: int, window: Window, *, limit: float, now: datetime, alone: bool
    ) -> tuple[list[_Kept], float] | None:
        """Return the calls of a window that trips and what is usual, or None.

        `alone`: the share alone decides, whatever is usual.
        """
        check = TABLE[bit]
        looked_at: list[_Kept] = []
        for kept in self._fresh(now - window.within):
            if kept.counts >> bit & 1:
                looked_at.append(kept)
                if len(looked_at) == window.calls:
                    break
        faults = sum(kept.faults >> bit & 1 for kept in looked_at)
        if len(looked_at) < window.calls or faults < window.share * window.calls:
            return None
        usual, drift = (limit, 0.0) if check.usual is None else self._usual(bit, window.calls)
        if not alone and chance(faults, window.calls, usual, drift) > check.trips_at:
            return None
        return looked_at, usual

    def _usual(self, bit: int, calls: int) -> tuple[float, float]:
        """Return the usual share of faults, and its drift between windows of so many calls.

        Both from the calls before the longest window: a fault that has just begun is none.
        """
        check = TABLE[bit]
        assert check.usual is not None
        longest = max(window.calls for window in check.windows)
        seen = [kept.faults >> bit & 1 for kept in self._calls if kept.counts >> bit & 1]
        before = seen[:-longest]
        usual = (sum(before) + check.usual * _WEIGHT) / (len(before) + _WEIGHT)
        shares = [
            sum(before[at : at + calls]) / calls for at in range(0, len(before) - calls + 1, calls)
        ]
        return usual, _drift(shares, calls, check.drift)

    def _fresh(self, since: datetime) -> Iterator[_Kept]:
        """Yield the calls since a moment that may trip, the last one first."""
        for kept in reversed(self._calls):
            if kept.ended_at < since:
                return
            if kept.fresh:
                yield kept


def _drift(shares: Sequence[float], calls: int, guess: float) -> float:
    """Return how far the share wanders between windows, from those that were seen."""
    drift = guess
    if len(shares) > 1:
        mean = fsum(shares) / len(shares)
        spread = fsum((share - mean) ** 2 for share in shares) / (len(shares) - 1)
        by_chance = mean * (1 - mean)
        if by_chance:
            seen = (spread * calls / by_chance - 1) / (calls - 1)
            drift = (guess * _DRIFT_WEIGHT + seen * len(shares)) / (_DRIFT_WEIGHT + len(shares))
    return min(max(drift, _LEAST_DRIFT), _MOST_DRIFT)


def chance(faults: int, calls: int, usual: float, drift: float) -> float:
    """Return how likely at least so many faults are among so many usual calls.

    Args:
        faults: how many there are.
        calls: among how many.
        usual: their usual share.
        drift: the correlation of two calls of a window; 0: there is none.
    """
    share = min(max(usual, _LEAST_USUAL), _MOST_USUAL)
    terms = range(faults, calls + 1)
    if not drift:
        return sum(
            exp(_ways(calls, k) + k * log(share) + (calls - k) * log(1 - share)) for k in terms
        )
    weight = 1 / drift - 1
    of_fault, of_none = share * weight, (1 - share) * weight
    whole = _log_beta(of_fault, of_none)
    return sum(
        exp(_ways(calls, k) + _log_beta(of_fault + k, of_none + calls - k) - whole) for k in terms
    )


def _ways(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def _log_beta(one: float, other: float) -> float:
    return lgamma(one) + lgamma(other) - lgamma(one + other)


def _told(check: Check, looked_at: list[_Kept], usual: float, *, trunk: str | None) -> Trip:
    bit = 1 << TABLE.index(check)
    faults = [kept for kept in reversed(looked_at) if kept.faults & bit]
    found = check.found.format(faults=len(faults), calls=len(looked_at))
    codes = Counter(kept.sip_code for kept in faults if kept.sip_code is not None)
    told = ", ".join(f"SIP {code}: {count}" for code, count in codes.most_common(3))
    allowed = "allowed" if check.usual is None else "usual"
    together = f", of all campaigns on trunk {trunk!r}" if trunk is not None else ""
    return Trip(
        check=check.name,
        why=f"{found}{f' ({told})' if told else ''}{together}; {usual:.1%} are {allowed}",
        remedy=check.remedy,
        attempts=tuple(sorted(kept.attempt_id for kept in faults)),
        calls=len(looked_at),
        usual=usual,
        trunk=trunk,
    )


def sentence(tripped: Mapping[str, object]) -> str:
    """Return in words why a campaign paused itself, from what is kept of it."""
    ids = tripped.get("attempts")
    listed = list(ids) if isinstance(ids, list) else []
    shown = ", ".join(str(one) for one in listed[:_SHOWN])
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return f"{tripped.get('why')}; attempts {shown}{more}; {tripped.get('remedy')}"


_SHOWN = 5
"""Attempts that are named in a sentence; the JSON has all of them."""
