"""The forecast of a campaign as the base knows it; nothing is written.

The gates that ask about a person alone are asked once for each group of people who are
alike. What depends on earlier calls is asked at each call and cannot be told before.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from sqlalchemy import Connection, func, select

from campaigns import legal_gates, queues
from campaigns.decision import Facts, Refusal
from campaigns.examining import ERASED, HELD_BY_GATES
from campaigns.forecast import (
    Forecast,
    Group,
    OpenTimes,
    Reason,
    forecast,
    open_times,
    period,
)
from campaigns.forecast_consents import standing_for, still_counts
from campaigns.forecast_groups import (
    Alike,
    Asked,
    judged,
    not_judged,
    registries_and_kinds,
)
from campaigns.law import Law, Laws
from campaigns.model import LeadState
from campaigns.rules.model import Placing
from campaigns.rules.placing import placing_of
from campaigns.store import StoredCampaign
from campaigns.tables import attempts
from leads.model import E164, Listed, Listing, NumberId, SuppressionKind
from leads.suppression import reaches
from leads.tables import suppressions

_LISTED = {None: Listed.UNKNOWN, 0: Listed.NO, 1: Listed.YES}
_HASHED = (SuppressionKind.NUMBER_HASH, SuppressionKind.LEAD_HASH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A forecast, and what it cannot know.

    Attributes:
        not_known: sentences about what is found out at each call only.
    """

    forecast: Forecast
    not_known: tuple[str, ...]


def of_campaign(
    connection: Connection, stored: StoredCampaign, laws: Laws, *, now: datetime, days: int
) -> Told:
    """Return in which hours how many of a campaign's people can be called, if it runs.

    People who came onto its lists and are not enrolled yet are among them.

    Args:
        connection: from `reading`.
        stored: the campaign.
        laws: the rules, applied.
        now: aware.
        days: how many, from the hour on that it is.
    """
    made = _Forecaster(connection, stored, laws, now=now, days=days)
    counted = forecast(chain(map(made.group, made.judged()), made.not_judged()), now=now, days=days)
    return Told(forecast=counted, not_known=tuple(made.not_known()))


class _Forecaster:
    def __init__(
        self,
        connection: Connection,
        stored: StoredCampaign,
        laws: Laws,
        *,
        now: datetime,
        days: int,
    ) -> None:
        self._connection = connection
        self._stored = stored
        self._laws = laws
        self._now = now
        self._end = period(now, days)[1]
        self._placings = {
            queue.id: queue.placing for queue in queues.of_campaign(connection, stored.id)
        }
        self._placed: dict[tuple[object, ...], Placing] = {}
        self._times: dict[Placing, OpenTimes] = {}
        self._line_laws: dict[tuple[Placing, str], Law] = {}
        self._refused: dict[tuple[object, ...], Reason | None] = {}
        registries, kinds = registries_and_kinds(connection)
        self._asked = Asked(
            registries=registries, kinds={kind: self._dates(kind) for kind in kinds}
        )

    def _dates(self, kind: str) -> tuple[datetime, ...]:
        """Return since when a relation must have begun for each rule that spares it, in order."""
        months = {
            relation.months
            for file in self._laws.book.all()
            for rule in file.rules
            for relation in rule.exempt.relation
            if relation.kind == kind and relation.months
        }
        return tuple(sorted(still_counts(one, now=self._now) for one in months))

    def judged(self) -> Iterator[Alike]:
        return judged(self._connection, self._stored, self._asked, now=self._now, end=self._end)

    def group(self, alike: Alike) -> Group:
        """Return some people with everything that decides about their hours."""
        placing = self._placing(alike)
        place = self._open_times(placing)
        return Group(
            people=alike.people,
            place=place,
            due_at=alike.due_at,
            until=alike.list_until,
            waits_for=_waits_for(alike.held_by),
            never=self._never(alike, placing, place),
        )

    def _placing(self, alike: Alike) -> Placing:
        if alike.queue_id is not None:
            return self._placings[alike.queue_id]
        if alike.whereabouts is None:
            return Placing()
        key = alike.whereabouts.place_key
        if key not in self._placed:
            self._placed[key] = placing_of(alike.whereabouts, self._laws.book)
        return self._placed[key]

    def _open_times(self, placing: Placing) -> OpenTimes:
        if placing not in self._times:
            self._times[placing] = open_times(
                self._laws, self._stored.campaign, placing, now=self._now, end=self._end
            )
        return self._times[placing]

    def _never(self, alike: Alike, placing: Placing, place: OpenTimes) -> Reason | None:
        """Return why no hour will do; whom a gate took out it has to look at anew first."""
        reason = self._refused_by(alike, placing, place)
        if alike.out_by is None:
            return reason
        for known in (reason, place.shut):
            if known is not None and known.gate == alike.out_by:
                return known
        return Reason(alike.out_by, None, "a gate took them out of the work")

    def _refused_by(self, alike: Alike, placing: Placing, place: OpenTimes) -> Reason | None:
        """Return why no hour will do: a whole queue first, then the gates in their order."""
        campaign = self._stored.campaign
        if alike.line is None:
            return Reason("attempts", "numbers", "they have no number that could be called")
        if place.shut is not None and place.shut.gate == legal_gates.GATE_OF_PLACE:
            return place.shut
        if not alike.on_list:
            named = ", ".join(campaign.lists)
            return Reason("list", "on_list", f"on no list of the campaign that is in use ({named})")
        if not alike.meant:
            return Reason("list", "where", "the campaign's where does not mean them")
        if alike.do_not_call is not None:
            rule = f"do_not_call:{alike.do_not_call}"
            return Reason(
                "suppression", rule, f"on the do-not-call list, scope {alike.do_not_call}"
            )
        key = (placing, alike.line, alike.listed, alike.agreed)
        if key not in self._refused:
            self._refused[key] = self._refusal(alike, placing, alike.line)
        return self._refused[key]

    def _refusal(self, alike: Alike, placing: Placing, line: str) -> Reason | None:
        """Ask the gates of registers and consents about one person who stands for a group."""
        law = self._laws.of(self._stored.campaign, placing, line, self._now)
        self._line_laws[placing, line] = law
        facts = self._facts(alike, law)
        registered: Refusal | None = next(legal_gates.registry(facts), None)
        if registered is not None:
            return Reason(registered.gate, registered.rule, registered.why)
        agreed: Refusal | None = next(legal_gates.consent(facts), None)
        if agreed is not None:
            why = f"no consent of theirs is in force that would do ({agreed.source})"
            return Reason(agreed.gate, agreed.rule, why)
        return None

    def _facts(self, alike: Alike, law: Law) -> Facts:
        given = [
            one
            for (kind, dates), how in zip(self._asked.kinds.items(), alike.agreed, strict=True)
            for one in standing_for(kind, dates, how, now=self._now)
        ]
        return Facts(
            now=self._now,
            campaign=self._stored.campaign,
            campaign_state=self._stored.state,
            number=E164("+"),
            number_id=NumberId(0),
            law=law,
            rule_set=self._laws.rule_set(self._stored.campaign),
            lead_id=None,
            lead_state=None,
            on_list=alike.on_list,
            in_segment=alike.meant,
            next_call_at=None,
            claimed=False,
            suppression=None,
            registries=tuple(
                Listing(registry, _LISTED[listed])
                for registry, listed in zip(self._asked.registries, alike.listed, strict=True)
            ),
            consents=tuple(given),
        )

    def not_judged(self) -> Iterator[Group]:
        """Yield those who are in a call, or with whom the work has ended."""
        for row in not_judged(self._connection, self._stored):
            yield Group(
                people=row.people, place=_NOWHERE, never=_out_of_work(row.state, row.held_by)
            )

    def not_known(self) -> Iterator[str]:
        """Yield what the counts leave out, in a sentence each."""
        campaign = self._stored.campaign
        limits = {
            rule.id for law in self._line_laws.values() for rule in (*law.caps, *law.cooldowns)
        }
        called = select(attempts.c.id).where(attempts.c.seller == campaign.seller).limit(1)
        if limits and self._connection.scalar(called) is not None:
            yield (
                "caps and cool-downs are asked before each call: whoever was called lately may "
                f"have to wait for longer ({', '.join(sorted(limits))})"
            )
        hashed = self._connection.scalar(
            select(func.count())
            .select_from(suppressions)
            .where(
                suppressions.c.removed_at.is_(None),
                suppressions.c.kind.in_([kind.value for kind in _HASHED]),
                reaches(seller=campaign.seller, campaign=campaign.name),
            )
        )
        if hashed:
            yield (
                f"{hashed} do-not-call entries of erased people are asked before each call: "
                "whoever of them came back counts as callable here"
            )


_NOWHERE = OpenTimes(times=())


def _waits_for(held_by: str | None) -> Reason:
    gate = held_by if held_by in HELD_BY_GATES else "attempts"
    rule = None if held_by in HELD_BY_GATES else held_by or "next_call_at"
    return Reason(gate, rule, "the next call to them is due when no hour is open any more")


def _out_of_work(state: str, held_by: str | None) -> Reason:
    if state == LeadState.IN_CALL:
        return Reason("state", "in_call", "somebody has them now; what comes of it is not known")
    if held_by == ERASED:
        return Reason("state", ERASED, "their data were erased")
    return Reason("attempts", held_by, "the work with them has ended")


def reasons(told: Forecast) -> list[Mapping[str, object]]:
    """Return why people cannot be called, the most of them first."""
    found = sorted(told.never.items(), key=lambda one: (-one[1], one[0].gate, one[0].rule or ""))
    return [
        {"people": people, "gate": one.gate, "rule": one.rule, "why": one.why}
        for one, people in found
    ]
