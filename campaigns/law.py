"""Which rules hold for the calls of a campaign to people in one place; pure.

Choosing them is the same for everybody in a placing, so it is done once for all of them and
kept; what depends on the person (consents, relations, earlier calls) is the gates' matter.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TypeVar
from zoneinfo import ZoneInfo

from campaigns.abandonment import rings_s
from campaigns.model import Campaign, DialMode
from campaigns.rules.book import RuleBook
from campaigns.rules.calendars import known
from campaigns.rules.hours import without_hours
from campaigns.rules.model import (
    AbandonmentRule,
    CapRule,
    ConsentRule,
    CooldownRule,
    Duty,
    HourRule,
    HoursRule,
    Jurisdiction,
    Loosening,
    Place,
    Placing,
    RegistryRule,
    Rule,
)
from campaigns.rules.placing import Whereabouts, placing_of
from campaigns.rules.reading import EVERYWHERE
from campaigns.timetable import LOOK_AHEAD_DAYS, Clause, Timetable, own_clauses

ANY_LINE = "unknown"
"""The kind of line of people of whom it is not known, and of a queue: every rule binds them."""

AGENT_RESERVED = frozenset({DialMode.MANUAL, DialMode.PREVIEW})
"""Modes in which an agent waits for this very call; a progressive call may find none."""

_KEPT_AT_MOST = 5000
_DAY = timedelta(days=1)

_R = TypeVar("_R", bound=Rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """The rules that hold for one campaign, placing, kind of line and day.

    Attributes:
        placing: where the people may be.
        jurisdictions: ids of all that were asked, the operator's own among them.
        unknown: countries for which no rule file is there, and that nobody has allowed.
        without_rules: those of which no rule file is there, allowed or not.
        without_hours: the places of which no statutory hours are known.
        rules: every rule that is enforced, as far as it does not depend on the person.
        duties: what is enforced and no gate can ask: agents are shown it.
        shown: rules that concern these calls and are proposed or not certain.
        loosened: those that a named person switched off.
        clauses: the hours of the law and of the campaign.
        ring_s: how long a telephone rings: as the campaign says, within what the rules allow.
        consent_kinds: of which consents anything may depend.
        names: gives `named_registries`; found out where a register is in force, since every
            rule file has to be read for it.
    """

    placing: Placing
    jurisdictions: tuple[str, ...]
    unknown: tuple[str, ...]
    without_rules: tuple[str, ...]
    without_hours: tuple[Place, ...]
    rules: tuple[Rule, ...]
    duties: tuple[Duty, ...]
    shown: tuple[Rule, ...]
    loosened: tuple[Loosening, ...]
    clauses: tuple[Clause, ...]
    ring_s: int
    caps: tuple[CapRule, ...]
    cooldowns: tuple[CooldownRule | HourRule, ...]
    registries: tuple[RegistryRule, ...]
    consents: tuple[ConsentRule, ...]
    abandonment: tuple[AbandonmentRule, ...]
    consent_kinds: frozenset[str]
    names: Callable[[], frozenset[str]] = field(compare=False)
    _timetables: dict[frozenset[str], Timetable] = field(default_factory=dict, compare=False)

    @property
    def named_registries(self) -> frozenset[str]:
        """The registers that a rule in force names, wherever and for whomever it holds.

        Any other one is loaded by choice and holds for everybody.
        """
        return self.names()

    def timetable(self, lifted: frozenset[str] = frozenset()) -> Timetable:
        """Return when calls may begin; `lifted` are ids of rules that do not bind a person."""
        found = self._timetables.get(lifted)
        if found is None:
            clauses = tuple(clause for clause in self.clauses if clause.rule not in lifted)
            found = Timetable(clauses, self.placing.zones, ring_s=self.ring_s)
            self._timetables[lifted] = found
        return found


class Laws:
    """A rule book, applied: what holds for whom, each answer kept."""

    def __init__(self, book: RuleBook) -> None:
        self.book = book
        self._kept: dict[tuple[str, Placing, str, date, date], Law] = {}
        self._sets: dict[int, tuple[Campaign, str]] = {}
        self._loosened_for_a_time = any(one.valid_until for one in book.loosened())
        self._placings: dict[tuple[object, ...], Placing] = {}

    def placing(self, known: Whereabouts) -> Placing:
        """Return every zone and every place in which a person may be."""
        found = self._placings.get(known.place_key)
        if found is None:
            if len(self._placings) >= _KEPT_AT_MOST:
                self._placings.clear()
            found = self._placings[known.place_key] = placing_of(known, self.book)
        return found

    def of(self, campaign: Campaign, placing: Placing, line: str, now: datetime) -> Law:
        """Return the rules for calls of a campaign.

        Args:
            campaign: as its file says.
            placing: where the person may be.
            line: mobile, fixed or any other kind of number.
            now: the moment of the call, aware.
        """
        day = latest = now.astimezone(UTC).date()
        if self._loosened_for_a_time:
            latest = _latest_day(placing, now)
        key = (self.rule_set(campaign), placing, line, day, latest)
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= _KEPT_AT_MOST:
                self._kept.clear()
            found = self._kept[key] = self._find(campaign, placing, line, day, latest)
        return found

    def rule_set(self, campaign: Campaign) -> str:
        """Return 12 hex digits that change with whatever may change a decision.

        They stand for the version of the gates, the rule book and the campaign's own rules,
        and are the same on every machine.
        """
        kept = self._sets.get(id(campaign))
        if kept is None or kept[0] is not campaign:
            kept = (campaign, rule_set(campaign, self.book.hash))
            if len(self._sets) >= _KEPT_AT_MOST:
                self._sets.clear()
            self._sets[id(campaign)] = kept
        return kept[1]

    @cached_property
    def _named_registries(self) -> frozenset[str]:
        return self.book.registries()

    def _find(
        self, campaign: Campaign, placing: Placing, line: str, day: date, latest: date
    ) -> Law:
        """Return what `of` does; `latest` is the last of the dates it may be for the person."""
        asked: dict[str, Jurisdiction] = {}
        held: dict[str, tuple[Rule, tuple[Clause, ...]]] = {}
        shown: dict[str, Rule] = {}
        loosened: dict[str, Loosening] = {}
        for place in placing.places:
            for jurisdiction in self.book.of_place(place):
                asked[jurisdiction.id] = jurisdiction
                for rule in jurisdiction.rules:
                    if not _near(rule, day) or not concerns(rule, campaign, line):
                        continue
                    loosening = self.book.loosening_of(rule.id, latest)
                    if not rule.enforced:
                        shown[rule.id] = rule
                    elif loosening is not None:
                        loosened[rule.id] = loosening
                    else:
                        clauses = held[rule.id][1] if rule.id in held else ()
                        if isinstance(rule, HoursRule):
                            clauses = (*clauses, _clause(rule, jurisdiction, place))
                        held[rule.id] = (rule, tuple(dict.fromkeys(clauses)))
        countries = sorted({place.country for place in placing.places})
        rules = tuple(rule for rule, _ in held.values() if not isinstance(rule, Duty))
        consents = _only(ConsentRule, rules)
        abandonment = _only(AbandonmentRule, rules)
        lifting = {kind for rule in rules for kind in rule.unless_consent | rule.exempt.consent}
        related = {relation.kind for rule in rules for relation in rule.exempt.relation}
        return Law(
            placing=placing,
            jurisdictions=tuple(sorted(asked)),
            unknown=tuple(one for one in countries if not self.book.knows(one)),
            without_rules=tuple(one for one in countries if not self.book.naming(one)),
            without_hours=without_hours(self.book, placing.places, day),
            rules=rules,
            duties=_only(Duty, (rule for rule, _ in held.values())),
            shown=tuple(shown.values()),
            loosened=tuple(loosened.values()),
            clauses=(
                *(clause for _, clauses in held.values() for clause in clauses),
                *own_clauses(campaign),
            ),
            ring_s=rings_s(abandonment, campaign.ring_s),
            caps=_only(CapRule, rules),
            cooldowns=(*_only(CooldownRule, rules), *_only(HourRule, rules)),
            registries=_only(RegistryRule, rules),
            consents=consents,
            abandonment=abandonment,
            consent_kinds=frozenset(
                {*campaign.consent, *filter(None, (rule.kind for rule in consents))}
                | lifting
                | related
            ),
            names=lambda: self._named_registries,
        )


def _latest_day(placing: Placing, now: datetime) -> date:
    """Return the last of the dates that it may be where the people are."""
    if not placing.zones:
        return (now.astimezone(UTC) + _DAY).date()
    return max(now.astimezone(ZoneInfo(zone)).date() for zone in placing.zones)


def _near(rule: Rule, day: date) -> bool:
    """Tell whether a rule may matter on a day of UTC, which begins elsewhere up to one off.

    The hours of the days to come are asked for the next opening too.
    """
    ahead = LOOK_AHEAD_DAYS if isinstance(rule, HoursRule) else 0
    return (rule.valid_from is None or rule.valid_from <= day + (1 + ahead) * _DAY) and (
        rule.valid_until is None or day - _DAY <= rule.valid_until
    )


def concerns(rule: Rule, campaign: Campaign, line: str) -> bool:
    """Tell whether a rule is about calls of a campaign to a kind of line, whoever is called."""
    applies, exempt = rule.applies, rule.exempt
    asked = (
        (applies.audience, campaign.audience),
        (applies.purpose, campaign.purpose),
        (applies.mode, campaign.mode.value),
        (applies.caller, campaign.caller),
    )
    if any(words and word not in words for words, word in asked):
        return False
    if applies.voice and not (
        campaign.mode is DialMode.BROADCAST and campaign.voice in applies.voice
    ):
        return False
    if applies.line and line in {"mobile", "fixed"} and line not in applies.line:
        return False
    if applies.topic and not applies.topic.intersection(campaign.topics):
        return False
    if rule.unless_agent_reserved and campaign.mode in AGENT_RESERVED:
        return False
    return campaign.caller not in exempt.caller and campaign.purpose not in exempt.purpose


def rule_set(campaign: Campaign, book: str) -> str:
    """Return the name of the rules of a campaign under a rule book of a hash."""
    days = campaign.hours.days if campaign.hours else None
    rules = {
        "version": GATES_VERSION,
        "book": book,
        "hours": days and [[[str(a), str(b)] for a, b in windows] for windows in days],
        "starts": campaign.starts and str(campaign.starts),
        "ends": campaign.ends and str(campaign.ends),
        "retry": {outcome.value: repr(entry) for outcome, entry in sorted(campaign.retry.items())},
        "retry_words": {
            code: repr(entry) for code, entry in sorted(campaign.retry_dispositions.items())
        },
        "max_attempts": campaign.max_attempts,
        "ring_s": campaign.ring_s,
        "mode": campaign.mode.value,
        "seller": campaign.seller,
        "consent": sorted(campaign.consent),
        "where": campaign.where,
        "purpose": campaign.purpose,
        "audience": campaign.audience,
        "caller": campaign.caller,
        "voice": campaign.voice,
        "topics": sorted(campaign.topics),
    }
    canonical = json.dumps(rules, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


GATES_VERSION = 4
"""Goes up with every change of what the gates allow: it is part of `rule_set`."""


def _clause(rule: HoursRule, jurisdiction: Jurisdiction, place: Place) -> Clause:
    calendar = jurisdiction.calendar
    if not calendar.country and EVERYWHERE in jurisdiction.countries:
        # Rules for every country have the holidays of the person's own.
        country = place.country if known(place.country) else ""
        calendar = replace(calendar, country=country, from_address=True, union=True)
    return Clause(
        rule=rule.id,
        source="; ".join(rule.source),
        days=rule.days,
        holiday=rule.holiday,
        calendar=calendar,
        subdivision=place.subdivision if calendar.from_address else "",
        valid_from=rule.valid_from,
        valid_until=rule.valid_until,
    )


def _only(kind: type[_R], rules: Iterable[Rule]) -> tuple[_R, ...]:
    return tuple(rule for rule in rules if isinstance(rule, kind))
