"""A scenario made of what a campaign's calls and agents were like."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from itertools import pairwise
from statistics import fmean, median

from campaigns.model import Campaign, DialMode, Outcome
from dialer.simulation.attendance import (
    SLOT_S,
    Stay,
    agents_by_slot,
    breaks_of,
    shifts_by_slot,
)
from dialer.simulation.scenario import HOUR_S, MODES

FEW_CALLS, FEW_TIMES = 50, 20
"""From fewer calls no answer rate is taken, from fewer values no length."""

_PERSON = frozenset({Outcome.CONNECTED, Outcome.ABANDONED, Outcome.HUNG_UP_WAITING})
_MACHINE = frozenset({Outcome.MACHINE, Outcome.FAX})
_AT_ONCE = frozenset(
    {
        Outcome.BUSY,
        Outcome.UNALLOCATED,
        Outcome.CONGESTION,
        Outcome.FAILED,
        Outcome.HUNG_UP_EARLY,
    }
)

_MOST_VALUES = 60
_USUAL_RATE, _USUAL_TALK = 0.25, {"median": 70, "spread": 2.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCall:
    """One attempt of the ledger; times in seconds.

    Attributes:
        dialed_at: aware.
        outcome: how it ended.
        answer_s: from the placing to the answer, or None.
        over_s: from the placing to its end.
        talk_s: with an agent, or None.
        wrap_s: from there to the agent's result, or None.
    """

    dialed_at: datetime
    outcome: Outcome
    answer_s: float | None
    over_s: float
    talk_s: float | None
    wrap_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What the ledger has of a campaign.

    Attributes:
        calls: its latest ones.
        stays: of the agents who took them, in that time.
        elsewhere: so many of those agents took other campaigns' calls in that time too.
        people: how many can still be called.
        tried: how often each of them was called already, in the mean.
        lines: calls at a time that the trunk takes, or None where that is not known.
        calls_per_second: that it takes, or None.
        on_trunk: agents' own lines are among the trunk's.
    """

    calls: Sequence[PastCall]
    stays: Sequence[Stay]
    elsewhere: int
    people: int
    tried: float
    lines: int | None
    calls_per_second: int | None
    on_trunk: bool


@dataclass(slots=True)
class _Deriver:
    """Makes the parts of a document, and notes what the ledger did not tell."""

    campaign: Campaign
    past: Past
    zone: tzinfo | None
    assumed: list[str] = field(default_factory=list)

    def document(self) -> dict[str, object]:
        by_slot = self._agents()
        most = max(by_slot.values())
        document: dict[str, object] = {**self._mode()}
        document["shifts"] = shifts_by_slot(by_slot)
        if breaks := breaks_of(self.past.stays):
            document["breaks"] = {
                "every": f"{max(1, round(breaks.every_s / 60.0))}m",
                "seconds": condensed(breaks.lasted_s),
            }
        document["answers"] = self._answers(by_slot)
        document["machines"] = self._machines()
        document["seconds"] = self._seconds()
        if trunk := self._trunk(most):
            document["trunk"] = trunk
        document["list"] = self._list()
        return document

    # -- how it is dialled --------------------------------------------------------------

    def _mode(self) -> dict[str, object]:
        campaign = self.campaign
        mode = campaign.mode.value
        if mode not in MODES:
            self.assumed.append(f"predictive dialling, because {mode} calls for no ready agents")
            mode = DialMode.PREDICTIVE.value
        found: dict[str, object] = {
            "mode": mode,
            "abandon_limit": campaign.abandon_limit,
            "connect_within_s": campaign.connect_within_s,
        }
        if campaign.pace.soft_limit is not None:
            found["soft_limit"] = campaign.pace.soft_limit
        if campaign.pace.ratio is not None:
            found["ratio"] = campaign.pace.ratio
        return found

    # -- agents -------------------------------------------------------------------------

    def _agents(self) -> dict[int, int]:
        """Return how many agents are in by half hour of the day, the mean of its days."""
        found = agents_by_slot(self.past.stays, self.zone)
        if not found:
            self.assumed.append(
                "5 agents from 09:00 to 17:00, because the log of agents' states shows nobody "
                "who was in for long"
            )
            return dict.fromkeys(range(18, 34), 5)
        if self.past.elsewhere:
            self.assumed.append(
                f"all hours of {self.past.elsewhere} agents are this campaign's, although they "
                "took calls of others too"
            )
        return found

    # -- people -------------------------------------------------------------------------

    def _answers(self, by_slot: dict[int, int]) -> dict[str, object]:
        calls = self.past.calls
        answered = [call for call in calls if call.outcome in _PERSON]
        machines = [call for call in calls if call.outcome in _MACHINE]
        nobody = len(calls) - len(answered) - len(machines)
        at_once = sum(call.outcome in _AT_ONCE for call in calls)
        waited = [one for one in answered if one.outcome is not Outcome.CONNECTED]
        found: dict[str, object] = {"person": self._rates(by_slot)}
        if nobody >= FEW_TIMES:
            found["at_once"] = round(at_once / nobody, 3)
        else:
            self.assumed.append(
                f"15 % of the calls that nobody answers are over at once, because there are {nobody}"
            )
        if len(waited) >= FEW_TIMES:
            gave_up = sum(one.outcome is Outcome.HUNG_UP_WAITING for one in waited)
            found["give_up"] = round(gave_up / len(waited), 3)
        return found

    def _rates(self, by_slot: dict[int, int]) -> object:
        """Return the share of calls that a person answers, by hour where there are enough."""
        calls: Counter[int] = Counter()
        answers: Counter[int] = Counter()
        for call in self.past.calls:
            hour = call.dialed_at.astimezone(self.zone).hour
            calls[hour] += 1
            answers[hour] += call.outcome in _PERSON
        total = calls.total()
        if total < FEW_CALLS:
            self.assumed.append(
                f"25 % of the calls are answered by a person, because there are only {total} calls"
            )
            return _USUAL_RATE
        overall = round(answers.total() / total, 3)
        hours = sorted({slot * SLOT_S // HOUR_S for slot in by_slot})
        few = [hour for hour in hours if calls[hour] < FEW_CALLS]
        if few:
            named = ", ".join(f"{hour:02}" for hour in few)
            self.assumed.append(
                f"{100 * overall:.1f} % of the calls are answered, as over the whole day, in the "
                f"hours {named}: each had fewer than {FEW_CALLS} calls"
            )
        if len(few) == len(hours):
            return overall
        return {
            f"{hour:02}:00": overall if hour in few else round(answers[hour] / calls[hour], 3)
            for hour in hours
        }

    def _machines(self) -> dict[str, object]:
        calls = self.past.calls
        machines = sum(call.outcome in _MACHINE for call in calls)
        if not machines:
            return {"share": 0.0}
        self.assumed.append("machine detection takes 0.5 to 2.5 s, because the ledger has no times")
        return {"share": round(machines / len(calls), 3), "detect": True}

    def _seconds(self) -> dict[str, object]:
        calls = self.past.calls
        found: dict[str, object] = {}
        no_answer = [call.over_s for call in calls if call.outcome is Outcome.NO_ANSWER]
        found["no_answer"] = round(
            median(no_answer) if len(no_answer) >= FEW_TIMES else float(self.campaign.ring_s), 1
        )
        for key, words, values in (
            (
                "answer",
                "people answer after some 9 s",
                [call.answer_s for call in calls if call.outcome in _PERSON],
            ),
            (
                "machine_answer",
                "machines answer after 14 to 22 s",
                [call.answer_s for call in calls if call.outcome in _MACHINE],
            ),
            (
                "at_once",
                "calls that are over at once last 0.3 to 4 s",
                [call.over_s for call in calls if call.outcome in _AT_ONCE],
            ),
            (
                "talk",
                "a talk lasts some 70 s",
                [call.talk_s for call in calls if call.outcome is Outcome.CONNECTED],
            ),
            ("wrap_up", "agents need some 12 s after a talk", [call.wrap_s for call in calls]),
        ):
            seen = [max(0.0, value) for value in values if value is not None]
            if len(seen) >= FEW_TIMES:
                found[key] = condensed(seen)
                continue
            if key == "talk":
                found[key] = _USUAL_TALK
            if seen or key in ("answer", "talk", "wrap_up"):
                self.assumed.append(f"{words}, because only {len(seen)} calls tell of it")
        return found

    # -- the trunk and the list -----------------------------------------------------------

    def _trunk(self, most_agents: int) -> dict[str, object]:
        past = self.past
        if past.lines is None:
            self.assumed.append(
                f"any number of lines, because the configuration has no trunk {self.campaign.trunk!r}"
            )
            return {}
        lines = past.lines
        if past.on_trunk:
            lines = max(1, lines - most_agents)
            self.assumed.append(
                f"{lines} of {past.lines} lines are for calls, because agents' own lines are on "
                "the same trunk"
            )
        return {"lines": lines, "calls_per_second": past.calls_per_second or 1}

    def _list(self) -> dict[str, object]:
        campaign, past = self.campaign, self.past
        found: dict[str, object] = {}
        if past.people:
            found["leads"] = past.people
        else:
            self.assumed.append("the list never ends, because nobody is left who can be called")
        retry = campaign.retry.get(Outcome.NO_ANSWER)
        if retry is None:
            return found
        tries = min(campaign.max_attempts, retry.max + 1) - round(past.tried)
        found["tries"] = max(1, tries)
        found["again_after"] = f"{max(1, round(retry.after.total_seconds() / 60.0))}m"
        if past.tried:
            self.assumed.append(
                f"everybody is called {found['tries']} times more at most: they were called "
                f"{past.tried:.1f} times already, in the mean"
            )
        return found


def derive(
    campaign: Campaign, past: Past, *, zone: tzinfo | None
) -> tuple[dict[str, object], list[str]]:
    """Return a scenario's document, and what was assumed because the ledger did not tell it.

    Args:
        campaign: as its file defines it.
        past: what its ledger has.
        zone: the floor's; None: that of the machine.
    """
    deriver = _Deriver(campaign, past, zone)
    return deriver.document(), deriver.assumed


def condensed(values: Sequence[float]) -> list[float]:
    """Return some values that stand for many: in order, with the same mean but for rounding."""
    ordered = sorted(values)
    count = min(len(ordered), _MOST_VALUES)
    edges = [number * len(ordered) // count for number in range(count + 1)]
    return [round(fmean(ordered[begin:end]), 2) for begin, end in pairwise(edges)]
