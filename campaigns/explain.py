"""``explain``: the decision of the gates for any numbers, at any moments, in one campaign.

Facts come from where the claims have them; nothing here decides. A number that nobody of the
campaign has is judged as well, and refused by its gate `list`.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, select

from campaigns import store
from campaigns.decision import Decision, Facts
from campaigns.facts import WHEREABOUTS, Somebody, claimed, gather_at, whereabouts
from campaigns.gates import evaluate
from campaigns.law import Laws
from campaigns.model import LeadState
from campaigns.rules.placing import Whereabouts
from campaigns.tables import campaign_leads
from leads.errors import UsageError
from leads.model import Phone, number_id
from leads.moments import on_clocks, read_moment
from leads.phone import parse_phone
from leads.sql import among
from leads.tables import lead_numbers, leads, list_members, lists, numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where somebody lives, as far as it is given: it stands in for the lead's address.

    Attributes:
        zone: an IANA name, or None.
        country: ISO 3166, or None.
        subdivision: as written, or None.
    """

    zone: str | None = None
    country: str | None = None
    subdivision: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A call that is asked about.

    Attributes:
        phone: whom to call.
        at: when; without an offset it is the called person's own clock.
        address: in place of the lead's own, or None.
    """

    phone: Phone
    at: datetime
    address: Address | None = None


Answer = tuple[Decision, Facts]


def explain_number(
    connection: Connection,
    number: str,
    campaign: str,
    *,
    at: str | None,
    now: datetime,
    region: str | None,
    registries: Path,
    laws: Laws,
) -> Answer:
    """Return what the gates say of a call to a number, and the facts they judged by.

    Args:
        connection: to the base.
        number: as written; a number on no list is refused by `list` and judged by the rest.
        campaign: its name.
        at: ISO 8601; without an offset the called person's local time; None means now.
        now: aware.
        region: ISO country for a number written without one.
        registries: the folder of their files, for a number that the base does not have.
        laws: the rules, applied.

    Raises:
        UsageError: the number, the campaign or the moment cannot be used.
    """
    phone = parse_phone(number, region=region)
    if isinstance(phone, str):
        raise UsageError(unusable_number(number, phone))
    moment = now if at is None else read_moment(at, option="--at")
    explainer = Explainer(connection, campaign, laws, registries=registries)
    (answer,) = explainer.answers([Question(phone=phone, at=moment)])
    if isinstance(answer, str):
        raise UsageError(f"--at {at!r} {answer}")
    return answer


def unusable_number(written: str, why: str) -> str:
    """Return the sentence for a text that is no number."""
    return f"{written!r} cannot be called ({why}); write it like +4721000000"


class Explainer:
    """Answers questions about calls of one campaign, many at a time."""

    def __init__(
        self, connection: Connection, campaign: str, laws: Laws, *, registries: Path
    ) -> None:
        """Look the campaign up.

        Args:
            connection: to the base; all answers rest on what it shows.
            campaign: its name.
            laws: the rules, applied.
            registries: the folder of their files, for numbers that the base does not have.

        Raises:
            UsageError: there is no such campaign.
        """
        self._connection = connection
        self._laws = laws
        self._registries = registries
        self._in_use: dict[date, frozenset[int]] = {}
        self._stored = store.load(connection, campaign)
        self._lists = store.lists_of(connection, self._stored.id)

    def answers(self, questions: Sequence[Question]) -> list[Answer | str]:
        """Return for each question what the gates say, or why it cannot be answered.

        The number of queries does not grow with the questions, but for those of a campaign
        with a `where`, which are asked for each moment.
        """
        found = self._households(questions)
        asked: list[tuple[Somebody, datetime]] = []
        spans: list[tuple[int, int] | str] = []
        for question in questions:
            household = self._people(question, found)
            moment = self._moment(question, household)
            if isinstance(moment, str):
                spans.append(moment)
                continue
            people = self._of_campaign(household, moment)
            spans.append((len(asked), len(asked) + len(people)))
            asked += ((person, moment) for person in people)
        facts = gather_at(
            self._connection, self._stored, asked, self._laws, registries=self._registries
        )
        return [
            span if isinstance(span, str) else _first_callable(facts[slice(*span)])
            for span in spans
        ]

    def _moment(self, question: Question, household: Sequence["_Person"]) -> datetime | str:
        """Return the moment that is meant; without an offset it is the person's own clock."""
        if question.at.tzinfo is not None:
            return question.at
        places = [self._laws.placing(person.somebody.whereabouts) for person in household]
        zones = sorted({zone for place in places for zone in place.zones})
        moments = on_clocks(question.at, zones)
        if len(moments) != 1:
            where = ", ".join(zones) or "no known zone"
            return f"has no offset and {question.phone.e164} may be in {where}; add one, like Z"
        return moments[0].astimezone(UTC)  # a clock may leave the hour out, and show another

    def _of_campaign(self, household: Sequence["_Person"], moment: datetime) -> list[Somebody]:
        """Return whom of a number a decision is about: those enrolled, or else one person."""
        in_use = self._lists_in_use(moment)
        people = [
            replace(one.somebody, on_list=not in_use.isdisjoint(one.lists)) for one in household
        ]
        enrolled = [person for person in people if person.state is not None]
        if enrolled:
            return enrolled
        return [next((person for person in people if person.on_list), people[0])]

    def _lists_in_use(self, moment: datetime) -> frozenset[int]:
        day = moment.astimezone(UTC).date()
        if day not in self._in_use:
            self._in_use[day] = frozenset(
                self._connection.scalars(select(lists.c.id).where(store.in_use(moment)))
            )
        return self._in_use[day]

    def _people(self, question: Question, found: dict[int, list["_Person"]]) -> Sequence["_Person"]:
        """Return everybody whose number is asked about; a stranger where the base has nobody."""
        phone = question.phone
        household = found.get(number_id(phone.e164)) or [_stranger(phone)]
        if question.address is None:
            return household
        # A place that the person told stays: it goes before any address.
        return [one.living_at(question.address) for one in household]

    def _households(self, questions: Sequence[Question]) -> dict[int, list["_Person"]]:
        """Return by number everybody who has it and has to do with the campaign."""
        asked = {number_id(question.phone.e164) for question in questions}
        ours = (campaign_leads.c.lead_id == leads.c.id) & (
            campaign_leads.c.campaign_id == self._stored.id
        )
        rows = self._connection.execute(
            select(
                leads.c.id.label("lead_id"),
                leads.c.name_key,
                *WHEREABOUTS,
                numbers.c.e164,
                numbers.c.kind,
                lead_numbers.c.position,
                campaign_leads.c.id.label("row_id"),
                campaign_leads.c.state,
                campaign_leads.c.next_call_at,
                campaign_leads.c.list_id,
                campaign_leads.c.came_from,
                claimed(leads.c.id, numbers.c.id).label("claimed"),
            )
            .select_from(numbers)
            .join(lead_numbers, lead_numbers.c.number_id == numbers.c.id)
            .join(leads, leads.c.id == lead_numbers.c.lead_id)
            .outerjoin(campaign_leads, ours)
            .where(among(self._connection, numbers.c.id, asked))
            .order_by(campaign_leads.c.id, leads.c.id)
        ).all()
        member_of = self._memberships([row.lead_id for row in rows])
        found: dict[int, list[_Person]] = defaultdict(list)
        for row in rows:
            on_lists = member_of[row.lead_id]
            # Whom another campaign has sent is on a list of that one.
            sent = () if row.came_from is None else (row.list_id,)
            if row.row_id is not None or on_lists:
                found[row.number_id].append(_Person(_somebody(row), {*on_lists, *sent}))
        return found

    def _memberships(self, lead_ids: Sequence[int]) -> dict[int, set[int]]:
        """Return on which of the campaign's lists each lead is, in use or not."""
        found: dict[int, set[int]] = defaultdict(set)
        for row in self._connection.execute(
            select(list_members.c.lead_id, list_members.c.list_id).where(
                among(self._connection, list_members.c.lead_id, lead_ids),
                list_members.c.list_id.in_(self._lists),
            )
        ):
            found[row.lead_id].add(row.list_id)
        return found


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody of a number, and the lists on which they are because of the campaign."""

    somebody: Somebody
    lists: set[int]

    def living_at(self, address: Address) -> "_Person":
        known = replace(
            self.somebody.whereabouts,
            zone=address.zone,
            country=address.country,
            subdivision=address.subdivision,
        )
        return replace(self, somebody=replace(self.somebody, whereabouts=known))


def _somebody(row: Row[*tuple[Any, ...]]) -> Somebody:
    enrolled = row.row_id is not None
    return Somebody(
        number_id=row.number_id,
        phone=row.e164,
        line=row.kind,
        whereabouts=whereabouts(row),
        lead_id=row.lead_id,
        name_key=row.name_key,
        state=LeadState(row.state) if enrolled else None,
        next_call_at=row.next_call_at if enrolled else None,
        claimed=bool(row.claimed),
        position=row.position,
    )


def _stranger(phone: Phone) -> _Person:
    number = number_id(phone.e164)
    somewhere = Whereabouts(number=number, region=phone.region, number_zones=phone.zones)
    somebody = Somebody(
        number_id=number, phone=phone.e164, line=phone.kind, whereabouts=somewhere, lead_id=None
    )
    return _Person(somebody, set())


def _first_callable(household: Sequence[Facts]) -> Answer:
    """Return the first of a number's people who may be called, or else the first of all."""
    judged = [(evaluate(facts), facts) for facts in household]
    return next((one for one in judged if one[0].callable), judged[0])
