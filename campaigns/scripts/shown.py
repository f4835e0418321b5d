"""What an agent is shown to say to the person they have, and which version of it that was."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select, update

from campaigns.facts import WHEREABOUTS, whereabouts
from campaigns.law import Law, Laws
from campaigns.leases import Lease
from campaigns.recording import must_be_said
from campaigns.rules.model import Duty
from campaigns.rules.placing import possible_zones
from campaigns.scripts import versions
from campaigns.scripts.talk import Answers, to_say
from campaigns.scripts.texts import ScriptTexts
from campaigns.scripts.values import Person
from campaigns.store import StoredCampaign
from campaigns.tables import agents, answers, attempts, claims
from leads.model import masked
from leads.moments import one_clock
from leads.tables import leads, numbers


def words_for(
    connection: Connection,
    stored: StoredCampaign,
    laws: Laws,
    held: Lease,
    *,
    given: Answers | None = None,
    now: datetime,
) -> dict[str, object]:
    """Return what is said to a person, as their document has it.

    Whoever was shown a version goes on with it until the talk is over, whatever the campaign
    has come to meanwhile.

    Args:
        connection: to the base.
        stored: the campaign.
        laws: the rules, applied.
        held: whom, by whom.
        given: the answers so far; None: those that the base has of this call.
        now: aware.
    """
    person, duties = known_of(
        connection, stored, laws, lead_id=held.lead_id, number_id=held.number_id, now=now
    )
    agent = connection.scalar(select(agents.c.name).where(agents.c.id == held.agent_id))
    return to_say(
        stored.campaign,
        _script(connection, stored, held),
        replace(person, agent=agent or ""),
        _given(connection, held) if given is None else given,
        duties,
        recorded=must_be_said(_decision(connection, held)),
    )


def known_of(
    connection: Connection,
    stored: StoredCampaign,
    laws: Laws,
    *,
    lead_id: int,
    number_id: int,
    now: datetime,
) -> tuple[Person, list[Duty]]:
    """Return what a script may know of a person on a number, and the duties that hold for them."""
    row = connection.execute(
        select(
            leads.c.name,
            leads.c.external_id,
            leads.c.language,
            leads.c.attributes,
            numbers.c.e164,
            numbers.c.kind,
            *WHEREABOUTS,
        )
        .select_from(leads)
        .join(numbers, numbers.c.id == number_id)
        .where(leads.c.id == lead_id)
    ).one()
    known = whereabouts(row)
    person = Person(
        name=row.name,
        external_id=row.external_id,
        language=row.language,
        attributes=row.attributes,
        campaign=stored.campaign.name,
        seller=stored.campaign.seller,
        local_time=one_clock(now, possible_zones(known)),
        phone_masked=masked(row.e164),
    )
    law = laws.of(stored.campaign, laws.placing(known), row.kind, now)
    return person, duties_on(law, now)


def duties_on(law: Law, now: datetime) -> list[Duty]:
    """Return the duties that hold at a moment: on a day that it may be where the person is."""
    days = {now.date()}
    days |= {at.date() for zone in law.placing.zones if (at := one_clock(now, (zone,)))}
    return [duty for duty in law.duties if any(map(duty.valid_on, days))]


def _script(connection: Connection, stored: StoredCampaign, held: Lease) -> ScriptTexts | None:
    shown = held.script_version
    if shown is None or (stored.script is not None and stored.script.version == shown):
        return stored.script
    return versions.load(connection, shown)


def _decision(connection: Connection, held: Lease) -> Mapping[str, object]:
    """Return why the call is allowed, and whether its talk is recorded."""
    kept = (
        select(attempts.c.decision).where(attempts.c.id == held.attempt_id)
        if held.attempt_id is not None
        else select(claims.c.decision).where(claims.c.id == held.id)
    )
    found: Mapping[str, object] | None = connection.scalar(kept)
    return found or {}


def _given(connection: Connection, held: Lease) -> Answers:
    found: dict[str, list[str]] = defaultdict(list)
    if held.attempt_id is not None:
        for row in connection.execute(
            select(answers.c.question, answers.c.answer)
            .where(answers.c.attempt_id == held.attempt_id)
            .order_by(answers.c.id)
        ):
            found[row.question].append(row.answer)
    return found


def note_shown(connection: Connection, held: Lease, version: str | None) -> None:
    """Keep which version an agent was shown, where nobody has before.

    In a transaction of its own: the engine writes an attempt before an agent's row, and who
    asks for the next person has the agent's row already.
    """
    if version is None or held.script_version is not None:
        return
    if held.attempt_id is not None:
        connection.execute(
            update(attempts)
            .where(attempts.c.id == held.attempt_id, attempts.c.script_version.is_(None))
            .values(script_version=version)
        )
    else:
        connection.execute(
            update(claims).where(claims.c.id == held.id).values(script_version=version)
        )
