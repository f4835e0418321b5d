"""Two rows of things in their order, paired so that as little as possible is left to explain; pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

_SKIPPED = 1_500_001
"""Something has no partner and needs one: worse than a pair that does not fit, and in no
number of cases the same as any number of those."""
_UNLIKE = 1_000_000
_DOUBTED = 1
"""It fits, or needs no partner, but not for certain."""


@dataclass(frozen=True, slots=True)
class Aligned:
    """How they belong together.

    Attributes:
        pairs: what belongs together for certain.
        alone: those of the first row that have no partner for certain.
        strange: those of the second row.
        open_pairs: what may belong together, where there is more than one way that is best.
        open_differs: in every one of these ways something among them does not fit.
    """

    pairs: tuple[tuple[int, int], ...]
    alone: tuple[int, ...]
    strange: tuple[int, ...]
    open_pairs: frozenset[tuple[int, int]]
    open_differs: bool


def align(
    alone: Sequence[bool], strange: Sequence[bool], judge: Callable[[int, int], bool | None]
) -> Aligned:
    """Return how two rows belong together, neither being put in another order.

    Args:
        alone: for each of the first row, whether it is wrong that it has no partner.
        strange: the same for the second row.
        judge: tells of one of each whether their pair is wrong (True), doubtful (False), or as
            it must be (None).
    """
    many, others = len(alone), len(strange)
    if many == others and all(judge(each, each) is None for each in range(many)):
        # Nothing is left to explain, and no other way leaves as little.
        pairs = tuple((each, each) for each in range(many))
        return Aligned(pairs, (), (), frozenset(), open_differs=False)
    skip = [_SKIPPED if wrong else _DOUBTED for wrong in alone]
    leave = [_SKIPPED if wrong else _DOUBTED for wrong in strange]
    worth = {None: 0, False: _DOUBTED, True: _UNLIKE}
    pair = {(a, c): worth[judge(a, c)] for a in range(many) for c in range(others)}
    before, after = (
        _costs(skip, leave, pair),
        _costs(skip[::-1], leave[::-1], _turned(pair, many, others)),
    )
    best = before[many][others]

    def is_best(a: int, c: int, cost: int, next_a: int, next_c: int) -> bool:
        return before[a][c] + cost + after[many - next_a][others - next_c] == best

    together = [(a, c) for a, c in sorted(pair) if is_best(a, c, pair[a, c], a + 1, c + 1)]
    alone_too = {
        a for a in range(many) for c in range(others + 1) if is_best(a, c, skip[a], a + 1, c)
    }
    strange_too = {
        c for c in range(others) for a in range(many + 1) if is_best(a, c, leave[c], a, c + 1)
    }
    ways_a = [sum(one == a for one, _ in together) + (a in alone_too) for a in range(many)]
    ways_c = [sum(one == c for _, one in together) + (c in strange_too) for c in range(others)]
    certain = [(a, c) for a, c in together if ways_a[a] == ways_c[c] == 1]
    left = [a for a in sorted(alone_too) if ways_a[a] == 1]
    odd = [c for c in sorted(strange_too) if ways_c[c] == 1]
    explained = (
        sum(pair[one] for one in certain) + sum(skip[a] for a in left) + sum(leave[c] for c in odd)
    )
    return Aligned(
        pairs=tuple(certain),
        alone=tuple(left),
        strange=tuple(odd),
        open_pairs=frozenset(together) - frozenset(certain),
        open_differs=best - explained >= _UNLIKE,
    )


def _costs(
    skip: Sequence[int], leave: Sequence[int], pair: Mapping[tuple[int, int], int]
) -> list[list[int]]:
    """Return the least cost of aligning the first so many of one row with so many of the other."""
    cost = [[0] * (len(leave) + 1) for _ in range(len(skip) + 1)]
    for a in range(len(skip) + 1):
        for c in range(len(leave) + 1):
            ways = []
            if a:
                ways.append(cost[a - 1][c] + skip[a - 1])
            if c:
                ways.append(cost[a][c - 1] + leave[c - 1])
            if a and c:
                ways.append(cost[a - 1][c - 1] + pair[a - 1, c - 1])
            cost[a][c] = min(ways, default=0)
    return cost


def _turned(
    pair: Mapping[tuple[int, int], int], many: int, others: int
) -> Mapping[tuple[int, int], int]:
    return {(many - 1 - a, others - 1 - c): cost for (a, c), cost in pair.items()}
