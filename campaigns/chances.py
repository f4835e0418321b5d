"""How likely somebody is to answer, learned from how earlier calls ended; pure.

A call is answered, here, when it comes to need an agent or the campaign's message: connected,
abandoned, or hung up while waiting. That is what the pacing has to know. So an answering
machine counts as an answer where no detection tells it apart, whatever the agent says of it
afterwards, and does not where the outcome is `machine`. Who hung up before anything was known
of them needed nobody. Congestion and failures say something of the network and not of the
person, and an unknown end says nothing: they are left out.

The model is a logistic regression on traits that are known before the call, each level of a
trait having a weight of its own, drawn to zero by as much as it has been seen little (ridge).
A level that was never seen has the weight zero: the call is then as likely as its other traits
say. How strongly they are drawn is decided by the last calls, which the others have to foretell.
With too few calls there is no model, and no number; nor where it foretells no better than one
share for everybody would.
"""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from math import exp, log

import numpy as np

from campaigns import logistic
from campaigns.limits import NO_TALK
from campaigns.model import DispositionKind, Outcome
from campaigns.retry import part_of

FEWEST = 500
"""With fewer calls nothing is said."""

FEWEST_OF_EACH = 30
"""Nor with fewer that were answered, or that were not."""

TRAITS: Mapping[str, float] = {
    # An hour differs from the day by up to some ten points, seldom by more.
    "hour": 4.0,
    "weekday": 10.0,
    "part_of_week": 10.0,
    # Who was called in vain four times is another kind of person than somebody new.
    "tries": 2.0,
    "last": 1.0,
    "same_part": 10.0,
    "line": 5.0,
    "list": 5.0,
    "source": 5.0,
}
"""What is known of a call before it, and how strongly the weights of a trait are drawn to zero:
as by so many observations at an even chance, times four."""

_STRENGTHS = (1.0, 4.0, 16.0, 64.0)
"""The weights are drawn to zero once, four times, ... as strongly as `TRAITS` says."""
_LAST = 0.2
"""The share of the calls, the last ones, that decides between them."""

_MOST_LEVELS = 100
"""Of a trait; rarer ones have the weight zero."""
_MOST_TRIES = 6
_SURE = 30.0
_SATURDAY = 5
_PARTS = tuple(part_of(time(hour)) for hour in range(24))

Levels = tuple[str, ...]
"""The level of each trait, in their order."""


def was_answered(outcome: Outcome) -> bool | None:
    """Tell whether a call was answered; None where it says nothing of the person."""
    match outcome:
        case Outcome.CONNECTED | Outcome.ABANDONED | Outcome.HUNG_UP_WAITING:
            return True
        case Outcome.CONGESTION | Outcome.FAILED | Outcome.UNKNOWN:
            return None
        case _:
            return False


def last_word(outcome: Outcome | None, disposition: DispositionKind | None) -> str:
    """Return what the call before says of the next one; empty: there was none."""
    if outcome is None:
        return ""
    if outcome is Outcome.CONNECTED and disposition in NO_TALK:
        return Outcome.MACHINE
    return outcome


def levels(
    local: datetime,
    *,
    tries: int,
    last: str | None,
    last_local: datetime | None,
    line: str,
    list_id: int,
    source: str = "",
) -> Levels:
    """Return the level of each trait of a call.

    Args:
        local: when it begins, on the person's clock.
        tries: how often the person was called in the campaign before.
        last: what `last_word` says of the call before; None: not known.
        last_local: when that was, or None.
        line: the kind of number.
        list_id: the list from which the person is.
        source: another campaign whose call it is; empty: this one's own.
    """
    weekday, part = local.weekday(), _PARTS[local.hour]
    same = ""
    if last in (Outcome.NO_ANSWER, Outcome.BUSY) and last_local is not None:
        same = "same" if _PARTS[last_local.hour] is part else "other"
    return (
        str(local.hour),
        str(weekday),
        f"{'end' if weekday >= _SATURDAY else 'days'}:{part}",
        str(min(tries, _MOST_TRIES)),
        "?" if last is None else last,
        same,
        line,
        str(list_id),
        source,
    )


class Examples:
    """Calls that have ended, as a model is fitted to them."""

    def __init__(self) -> None:
        """Begin with none."""
        self._codes: tuple[dict[str, int], ...] = tuple({} for _ in TRAITS)
        self._rows = tuple(array("q") for _ in TRAITS)
        self._answered = array("b")

    def add(self, call: Levels, *, answered: bool) -> None:
        """Take in a call."""
        for codes, rows, level in zip(self._codes, self._rows, call, strict=True):
            rows.append(codes.setdefault(level, len(codes)))
        self._answered.append(answered)

    def __len__(self) -> int:
        """Return how many calls there are."""
        return len(self._answered)

    def fit(self) -> "Chances | None":
        """Return the model, or None where there is too little to learn from.

        The calls have come in the order in which they were placed.
        """
        answers = sum(self._answered)
        if len(self) < FEWEST or min(answers, len(self) - answers) < FEWEST_OF_EACH:
            return None
        columns, names = [], []
        for codes, rows in zip(self._codes, self._rows, strict=True):
            seen = np.frombuffer(rows, dtype=np.int64)
            often = np.argsort(-np.bincount(seen), kind="stable")[:_MOST_LEVELS]
            # 0: a rarer level, whose weight stays zero.
            renumber = np.zeros(len(codes), dtype=np.int64)
            renumber[often] = np.arange(1, len(often) + 1)
            columns.append(renumber[seen])
            by_code = list(codes)
            names.append([by_code[code] for code in often])
        answered = np.frombuffer(self._answered, dtype=np.int8)
        drawn = np.array(tuple(TRAITS.values()))
        strength = _best_strength(columns, answered, drawn)
        found = None if strength is None else logistic.fit(columns, answered, strength * drawn)
        if found is None:
            return None
        usual, weights = found
        return Chances(
            usual=usual,
            weights=tuple(
                dict(zip(of_trait, weight[1:].tolist(), strict=True))
                for of_trait, weight in zip(names, weights, strict=True)
            ),
            calls=len(self),
            answers=answers,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Chances:
    """What was learned: the weight of each level of each trait, in log-odds.

    Attributes:
        usual: the log-odds of a call whose levels all have the weight zero.
        weights: by trait, by level.
        calls: from how many it was learned.
        answers: how many of them were answered.
    """

    usual: float
    weights: tuple[Mapping[str, float], ...]
    calls: int
    answers: int

    def of(self, call: Levels) -> float:
        """Return how likely a call is to be answered, above 0 and below 1."""
        score = self.usual + sum(
            known.get(level, 0.0) for known, level in zip(self.weights, call, strict=True)
        )
        return 1.0 / (1.0 + exp(-min(_SURE, max(-_SURE, score))))


def _best_strength(
    columns: list[logistic.Codes], answered: logistic.Flags, drawn: logistic.Numbers
) -> float | None:
    """Return the strength with which the last calls are foretold best by those before them.

    None: one share for all of them does as well.
    """
    cut = len(answered) - int(len(answered) * _LAST)
    before, last = answered[:cut], answered[cut:]
    share = (before.sum() + 0.5) / (cut + 1)
    best, least = None, logistic.loss(np.full(len(last), log(share / (1 - share))), last)
    if not 0 < before.sum() < cut:
        return None
    for strength in _STRENGTHS:
        found = logistic.fit([column[:cut] for column in columns], before, strength * drawn)
        if found is None:
            continue
        score = logistic.score(found, [column[cut:] for column in columns])
        if (lost := logistic.loss(score, last)) < least:
            best, least = strength, lost
    return best
