"""Calls that people make to us: who calls, who holds them, what they ask for, what is kept."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, Row, select, update

from campaigns import callbacks, desk, desk_document, inbound, leases, leaving, ledger, owed, report
from campaigns.agents import find_agent
from campaigns.call_tables import inbound_contacts
from campaigns.consequences import follow
from campaigns.erasure import erase
from campaigns.inbound import Contact
from campaigns.inbound_callers import Came
from campaigns.inbound_history import listed
from campaigns.inbound_results import refuse_what_is_not_kept
from campaigns.inbound_words import Facts, InboundOutcome, Standing
from campaigns.merging import merge
from campaigns.model import CampaignState, DispositionKind, LeadState, Outcome
from campaigns.owed import WRAP_UP_LIMIT
from campaigns.person import person_document
from campaigns.result_words import Words
from campaigns.store import StoredCampaign
from campaigns.tables import attempts
from leads.db import reading, writing
from leads.errors import NotAllowedError, UsageError
from leads.model import E164
from leads.tables import suppressions
from tests.db.people import (
    LAWS,
    NOON,
    OPEN_10_TO_20,
    add_agent,
    attempt_row,
    call,
    claim_rows,
    close,
    closing,
    definition,
    dial_next,
    enrolled,
    import_people,
    lead_id_of,
    minutes,
    phone,
    put,
    said,
    started,
    suppress,
    take,
    understood,
)

OURS = "+4721000000"
HER = phone(1)
CALLED_AT = NOON + minutes(5)
SECOND = timedelta(seconds=1)
BOOKED = CALLED_AT + minutes(2)
"""When somebody is called who is promised a call at once: they have put the telephone down."""


@pytest.fixture
def spring(base: Engine) -> StoredCampaign:
    """A campaign in which Åse was called once, and was busy."""
    import_people(base, [("Åse", phone(1))])
    stored = started(base)
    call(base, stored, Outcome.BUSY)
    return stored


@pytest.fixture
def anna(base: Engine) -> int:
    return add_agent(base, "anna")


def came(
    base: Engine,
    caller: E164 | None = HER,
    *,
    channel_id: str = "1764.7",
    to: str = OURS,
    engine: str = "default",
    now: datetime = CALLED_AT,
) -> Contact:
    found = receive(base, caller, channel_id=channel_id, to=to, engine=engine, now=now)
    assert found is not None
    return found


def receive(base: Engine, caller: E164 | None, **more: Any) -> Contact | None:
    with writing(base) as connection:
        return inbound.receive(
            connection,
            Came(
                channel_id=more["channel_id"],
                engine=more["engine"],
                caller_id=more["to"],
                caller=caller,
                began_at=more["now"],
            ),
        )


def row(base: Engine, contact: Contact) -> Row[Any]:
    with reading(base) as connection:
        return connection.execute(
            select(inbound_contacts).where(inbound_contacts.c.id == contact.id)
        ).one()


def over(contact: Contact, **facts: Any) -> Facts:
    """Return what is known of a call that ended after 30 seconds."""
    return Facts(
        **{
            "began_at": contact.began_at,
            "heard": True,
            "ended_at": contact.began_at + timedelta(seconds=30),
        }
        | facts
    )


def end(base: Engine, contact: Contact, caller: E164 | None = HER, **facts: Any) -> None:
    with writing(base) as connection:
        inbound.end(connection, contact.id, over(contact, **facts), caller, LAWS)


def talk(base: Engine, agent_id: int, contact: Contact, *, ended: bool = True) -> None:
    """Have somebody who called us talk to an agent for 20 seconds."""
    with writing(base) as connection:
        assert inbound.give(connection, contact.id, agent_id)
        connected = contact.began_at + timedelta(seconds=10)
        inbound.note(connection, contact.id, over(contact, connected_at=connected, asked=True))
    if ended:
        end(base, contact, connected_at=connected, asked=True)


def give(
    base: Engine, stored: StoredCampaign, contact: Contact, kind: DispositionKind, **more: Any
) -> bool:
    with writing(base) as connection:
        lease = leases.find_owed(connection, contact.lease or "")
        return desk.give_result(
            connection, stored, lease, said(stored, kind, **more), now=CALLED_AT + minutes(1)
        )


def book(base: Engine, contact: Contact, now: datetime = CALLED_AT) -> datetime | None:
    with writing(base) as connection:
        return inbound.book(connection, contact.id, LAWS, now=now)


# -- who calls --------------------------------------------------------------------------------


def test_the_last_person_called_by_that_number_is_known(base: Engine, spring: StoredCampaign):
    contact = came(base)
    assert contact.standing is Standing.KNOWN
    assert contact.lead_id == lead_id_of(base, "Åse")
    assert contact.stored is not None
    assert contact.stored.campaign.name == "spring"
    (held,) = claim_rows(base)
    assert (held.lease, held.attempt_id, held.agent_id) == (contact.lease, None, None)


def test_of_several_campaigns_the_last_one_counts(base: Engine, spring: StoredCampaign):
    again = started(base, definition("autumn"))
    later = NOON + minutes(120)
    call(base, again, Outcome.BUSY, now=later)
    contact = came(base, now=later + minutes(1))
    assert contact.stored is not None
    assert contact.stored.campaign.name == "autumn"


def test_who_was_called_by_another_number_of_ours_is_a_stranger(
    base: Engine, spring: StoredCampaign
):
    contact = came(base, to="+4721000001")
    assert (contact.standing, contact.stored, contact.lease) == (Standing.STRANGER, None, None)
    assert row(base, contact).phone is None, "nobody whom we called: the number is not kept"
    assert claim_rows(base) == []


@pytest.mark.parametrize(
    ("caller", "standing"), [(phone(9), Standing.STRANGER), (None, Standing.WITHHELD)]
)
def test_nobody_whom_we_called(
    base: Engine, spring: StoredCampaign, caller: E164 | None, standing: Standing
):
    contact = came(base, caller)
    assert (contact.standing, contact.lease) == (standing, None)
    assert book(base, contact) is None
    kept = row(base, contact)
    assert (kept.phone, kept.lead_id, kept.number_id) == (None, None, None)


def test_of_a_household_it_is_whoever_was_called_last(base: Engine, anna: int):
    import_people(base, [("Åse", phone(1)), ("Per", phone(1))])
    stored = started(base)
    call(base, stored, Outcome.CONNECTED)
    contact = came(base)
    assert contact.lead_id == lead_id_of(base, "Åse")
    assert take(base, stored, now=CALLED_AT + minutes(60)) == (), "the number is held for both"
    talk(base, anna, contact, ended=False)
    with reading(base) as connection:
        lease = leases.find_owed(connection, contact.lease or "")
        document = desk_document.person_document(connection, stored, LAWS, lease, now=CALLED_AT)
    assert document["returned"] is True
    assert document["household"] == [{"id": lead_id_of(base, "Per"), "name": "Per"}]
    assert [one["outcome"] for one in document["history"]] == ["connected"]


def test_who_must_not_be_called_is_sold_nothing(base: Engine, spring: StoredCampaign):
    suppress(base, phone(1))
    contact = came(base)
    assert contact.standing is Standing.SUPPRESSED
    assert book(base, contact) is None
    end(base, contact, asked=True)
    assert row(base, contact).outcome == InboundOutcome.NOBODY


def test_a_number_that_is_not_theirs_any_more_is_somebody_elses(
    base: Engine, spring: StoredCampaign
):
    with writing(base) as connection:
        attempt = connection.execute(select(attempts)).one()
        follow(
            connection, attempt, DispositionKind.WRONG_NUMBER,
            campaign="spring", language=None, now=NOON,
        )  # fmt: skip
    contact = came(base)
    assert (contact.standing, contact.lead_id, contact.lease) == (Standing.MOVED, None, None)
    assert contact.stored is not None, "what was called about is told"
    assert row(base, contact).phone is None


def test_the_engine_that_wrote_the_call_first_has_it(base: Engine, spring: StoredCampaign):
    contact = came(base)
    assert came(base).id == contact.id, "written twice it is one"
    other = receive(base, phone(1), channel_id="1764.7", to=OURS, engine="second", now=CALLED_AT)
    assert other is None


# -- who holds them ---------------------------------------------------------------------------


def test_nobody_calls_them_while_they_talk_to_us(base: Engine, spring: StoredCampaign):
    due = NOON + minutes(60)
    contact = came(base, now=due)
    assert take(base, spring, now=due) == ()
    end(base, contact)
    assert claim_rows(base) == []
    assert len(take(base, spring, now=due)) == 1, "what was to follow follows"


def test_who_is_being_called_is_held_as_soon_as_that_call_is_over(
    base: Engine, spring: StoredCampaign
):
    due = NOON + minutes(60)
    attempt = dial_next(base, spring, now=due)
    contact = came(base, now=due)
    assert contact.lease is None, "our own call has them"
    with writing(base) as connection:
        assert inbound.hold(connection, contact.id) is None
        ledger.close(connection, spring, [closing(attempt, Outcome.FAILED)])
        assert inbound.hold(connection, contact.id) is not None
    assert take(base, spring, now=due + minutes(60)) == ()


def test_an_agent_who_has_somebody_is_given_nobody(base: Engine, spring: StoredCampaign, anna: int):
    import_people(base, [("Per", phone(2))])
    attempt = dial_next(base, spring, now=NOON + minutes(1))
    with writing(base) as connection:
        ledger.note_agent(connection, attempt.id, anna)
    close(base, spring, attempt, Outcome.CONNECTED, agent_id=anna, answered_at=NOON)
    contact = came(base)
    with writing(base) as connection:
        assert not inbound.give(connection, contact.id, anna)
    assert row(base, contact).agent_id is None


# -- what they ask for ------------------------------------------------------------------------


def test_a_promise_is_kept_at_its_moment_and_not_a_second_before(
    base: Engine, spring: StoredCampaign
):
    contact = came(base)
    assert book(base, contact) == BOOKED
    assert book(base, contact, now=CALLED_AT + minutes(9)) == BOOKED, "promised once"
    end(base, contact, asked=True)
    lead = enrolled(base, spring)["Åse"]
    assert (lead.state, lead.next_call_at) == (LeadState.CALLBACK, BOOKED)
    assert take(base, spring, now=BOOKED - SECOND) == ()
    (claim,) = take(base, spring, now=BOOKED)
    assert claim.person.lead_id == contact.lead_id


@pytest.mark.parametrize(
    ("now", "promised"),
    [
        # It rings for 25 seconds at the most, and that before eight in the evening.
        (NOON.replace(hour=17, minute=57, second=35), NOON.replace(hour=17, minute=59, second=35)),
        (NOON.replace(hour=17, minute=57, second=36), NOON.replace(day=3, hour=8)),
    ],
)
def test_a_call_is_promised_for_hours_that_are_allowed(
    base: Engine, now: datetime, promised: datetime
):
    import_people(base, [("Åse", phone(1))])
    stored = started(base, definition(hours=OPEN_10_TO_20))
    call(base, stored, Outcome.BUSY)
    assert book(base, came(base, now=now), now=now) == promised


def test_a_stopped_campaign_promises_nothing(base: Engine, spring: StoredCampaign):
    contact = came(base)
    put(base, spring, CampaignState.PAUSED)
    assert book(base, contact) == BOOKED
    other = came(base, channel_id="1764.8")
    put(base, spring, CampaignState.STOPPED)
    assert book(base, other) is None


def test_a_law_that_forbids_the_call_forbids_the_promise(base: Engine):
    import_people(base, [("Åse", phone(1))])
    stored = started(base)
    call(base, stored, Outcome.BUSY)
    contact = came(base)
    suppress(base, phone(1))
    assert book(base, contact) is None, "asked for since"


def test_opting_out_is_entered_once_and_ends_the_work(base: Engine, spring: StoredCampaign):
    contact = came(base)
    for _ in range(2):
        with writing(base) as connection:
            inbound.opt_out(connection, contact.id, phone(1), now=CALLED_AT)
    end(base, contact, opted_out=True, key="9")
    end(base, contact, opted_out=True, key="9")
    with reading(base) as connection:
        (entry,) = connection.execute(select(suppressions)).all()
    assert (entry.subject, entry.source) == (phone(1), "key")
    assert enrolled(base, spring)["Åse"].state == LeadState.SUPPRESSED
    kept = row(base, contact)
    assert (kept.outcome, kept.opted_out, kept.key_pressed) == ("opted_out", 1, "9")
    assert claim_rows(base) == []


def test_a_stranger_may_opt_out_too(base: Engine, spring: StoredCampaign):
    contact = came(base, phone(9))
    end(base, contact, phone(9), opted_out=True)
    with reading(base) as connection:
        (entry,) = connection.execute(select(suppressions)).all()
    assert entry.subject == phone(9)
    assert row(base, contact).phone is None


def test_who_asked_and_reached_nobody_is_promised_a_call_at_the_end(
    base: Engine, spring: StoredCampaign
):
    contact = came(base)
    end(base, contact, asked=True)
    kept = row(base, contact)
    assert (kept.outcome, kept.disposition) == ("callback", "callback")
    assert kept.callback_at == kept.ended_at + minutes(2)


def test_who_only_listened_changes_nothing(base: Engine, spring: StoredCampaign):
    before = enrolled(base, spring)["Åse"]
    contact = came(base)
    end(base, contact)
    assert row(base, contact).outcome == InboundOutcome.HEARD
    assert enrolled(base, spring)["Åse"] == before


# -- what is said -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (DispositionKind.SUCCESS, LeadState.DONE),
        (DispositionKind.COMPLETED, LeadState.DONE),
        (DispositionKind.HOSTILE, LeadState.DONE),
        (DispositionKind.NOT_ELIGIBLE, LeadState.DONE),
        (DispositionKind.DO_NOT_CALL, LeadState.SUPPRESSED),
    ],
)
def test_a_word_does_for_the_person_what_it_does_after_a_call_of_ours(
    base: Engine, spring: StoredCampaign, anna: int, kind: DispositionKind, state: LeadState
):
    contact = came(base)
    talk(base, anna, contact)
    assert not give(base, spring, contact, kind, note="told us"), "no call is left to end"
    lead = enrolled(base, spring)["Åse"]
    assert (lead.state, lead.last_disposition, lead.last_outcome) == (state, kind, "busy")
    kept = row(base, contact)
    assert (kept.outcome, kept.disposition_kind, kept.note) == ("talked", kind, "told us")
    assert kept.agent_id == anna
    assert claim_rows(base) == []
    only = attempt_row(base, contact.attempt_id or 0)
    assert (only.disposition, only.note, only.agent_id) == (None, None, None)
    with reading(base) as connection:
        assert report.outcomes(connection, spring.id)["busy"] == 1
        assert len(connection.execute(select(attempts)).all()) == 1


def test_a_result_while_the_call_goes_on_leaves_the_end_to_the_engine(
    base: Engine, spring: StoredCampaign, anna: int
):
    contact = came(base)
    talk(base, anna, contact, ended=False)
    with reading(base) as connection:
        assert owed.agents_owing_result(connection) == {anna}
        assert owed.unfinished_lease(connection, anna) is None, "they are on the line"
    assert give(base, spring, contact, DispositionKind.COMPLETED)
    assert len(claim_rows(base)) == 1
    with reading(base) as connection:
        assert owed.agents_owing_result(connection) == frozenset()
    end(base, contact, connected_at=CALLED_AT, asked=True)
    assert claim_rows(base) == []
    assert enrolled(base, spring)["Åse"].state == LeadState.DONE


def test_the_result_of_a_talk_is_owed_for_ten_minutes(
    base: Engine, spring: StoredCampaign, anna: int
):
    contact = came(base)
    talk(base, anna, contact)
    ended = row(base, contact).ended_at
    with writing(base) as connection:
        assert owed.unfinished_lease(connection, anna) == contact.lease
        assert owed.release_expired(
            connection, spring, now=ended + WRAP_UP_LIMIT - SECOND
        ) == ()  # fmt: skip
        assert owed.release_expired(connection, spring, now=ended + WRAP_UP_LIMIT) == (anna,)
    with pytest.raises(UsageError, match="no lease"):
        give(base, spring, contact, DispositionKind.COMPLETED)
    assert enrolled(base, spring)["Åse"].state == LeadState.WAITING


@pytest.mark.parametrize(
    ("dialed_at", "kind"),
    [(NOON, DispositionKind.HOSTILE), (CALLED_AT + minutes(1), DispositionKind.COMPLETED)],
)
def test_the_last_word_of_an_agent_is_of_whoever_they_had_last(
    base: Engine, spring: StoredCampaign, anna: int, dialed_at: datetime, kind: DispositionKind
):
    contact = came(base)
    talk(base, anna, contact)
    give(base, spring, contact, DispositionKind.HOSTILE)
    with writing(base) as connection:
        connection.execute(
            update(attempts).values(
                agent_id=anna, dialed_at=dialed_at, disposition_kind=DispositionKind.COMPLETED
            )
        )
        assert owed.last_said(connection, anna) == kind


def test_a_callback_that_an_agent_promises_is_moved_and_cancelled(
    base: Engine, spring: StoredCampaign, anna: int
):
    contact = came(base)
    talk(base, anna, contact)
    tomorrow = NOON + minutes(24 * 60)
    give(base, spring, contact, DispositionKind.CALLBACK, callback_at=tomorrow, own_callback=True)
    lead = enrolled(base, spring)["Åse"]
    assert (lead.state, lead.next_call_at, lead.owner_id) == (LeadState.CALLBACK, tomorrow, anna)
    with reading(base) as connection:
        (promised,) = callbacks.listed(connection, campaign=spring, agent_id=None, now=CALLED_AT)
    assert (promised.at, promised.promised_by) == (tomorrow, "anna")
    with writing(base) as connection:
        later = tomorrow + minutes(60)
        callbacks.move(connection, spring, LAWS, lead.lead_id, later, now=CALLED_AT + minutes(5))
    assert enrolled(base, spring)["Åse"].next_call_at == later
    assert row(base, contact).callback_at == later
    with writing(base) as connection:
        left = callbacks.cancel(connection, spring, lead.lead_id, reason="has written")
    assert left is LeadState.WAITING
    assert "has written" in row(base, contact).note


def test_what_stands_beside_attempts_alone_is_refused():
    sale = """
[[dispositions]]
code = "sale"
kind = "success"
form = "order"

[order.fields]
name = { type = "text", required = true }
"""
    campaign = understood(definition(sale=sale))
    with pytest.raises(NotAllowedError, match="promise them a call"):
        refuse_what_is_not_kept(campaign, Words(disposition="sale"))
    with pytest.raises(UsageError, match="answers are kept with calls of ours"):
        refuse_what_is_not_kept(campaign, Words(disposition="completed", answers=("a=b",)))
    with pytest.raises(UsageError, match="nobody was reached"):
        refuse_what_is_not_kept(campaign, Words(disposition="no_contact"))
    refuse_what_is_not_kept(campaign, Words(disposition="completed"))


def test_nobody_lets_go_of_somebody_who_called_us(base: Engine, spring: StoredCampaign, anna: int):
    contact = came(base)
    talk(base, anna, contact, ended=False)
    with writing(base) as connection:
        lease = leases.find_owed(connection, contact.lease or "")
        assert lease.live
        with pytest.raises(NotAllowedError, match="called us"):
            desk.give_back(connection, spring, lease)


def test_nobody_leaves_in_the_middle_of_such_a_talk(
    base: Engine, spring: StoredCampaign, anna: int
):
    contact = came(base)
    talk(base, anna, contact, ended=False)
    with writing(base) as connection, pytest.raises(NotAllowedError, match="called us"):
        leaving.deactivate(connection, find_agent(connection, "anna"), now=CALLED_AT)
    end(base, contact, connected_at=CALLED_AT, asked=True)
    with writing(base) as connection:
        leaving.deactivate(connection, find_agent(connection, "anna"), now=CALLED_AT)
    assert claim_rows(base) == []


# -- what is kept -----------------------------------------------------------------------------


def test_it_is_in_the_persons_story_and_in_all_that_is_known_of_them(
    base: Engine, spring: StoredCampaign, anna: int
):
    contact = came(base)
    talk(base, anna, contact)
    give(base, spring, contact, DispositionKind.COMPLETED, note="moved to Bergen")
    lead_id = lead_id_of(base, "Åse")
    with reading(base) as connection:
        document = person_document(connection, lead_id)
        (shown,) = listed(connection, lead_id=lead_id)
        assert listed(connection, since=CALLED_AT) == (shown,)
        assert listed(connection, since=CALLED_AT + SECOND) == ()
        assert listed(connection, campaign_id=spring.id + 1) == ()
    (kept,) = document["inbound_contacts"]
    assert (kept["phone"], kept["note"], kept["campaign"]) == (
        phone(1), "moved to Bergen", "spring",
    )  # fmt: skip
    assert (shown.outcome, shown.agent, shown.talk_s) == (InboundOutcome.TALKED, "anna", 20.0)


def test_nothing_of_it_is_left_but_the_count_once_they_are_erased(
    base: Engine, spring: StoredCampaign, anna: int
):
    contact = came(base)
    lead_id = lead_id_of(base, "Åse")
    with writing(base) as connection, pytest.raises(NotAllowedError):
        erase(connection, lead_id, now=CALLED_AT)
    talk(base, anna, contact)
    give(base, spring, contact, DispositionKind.COMPLETED, note="moved to Bergen")
    with writing(base) as connection:
        assert erase(connection, lead_id, now=CALLED_AT + minutes(9)).numbers == 1
    kept = row(base, contact)
    assert (kept.phone, kept.number_id, kept.note) == (None, None, None)
    assert (kept.outcome, kept.lead_id) == ("talked", lead_id)
    assert came(base, channel_id="1764.9").standing is Standing.STRANGER


def test_it_goes_with_the_person_where_two_become_one(base: Engine, spring: StoredCampaign):
    import_people(base, [("Aase", phone(2))])
    end(base, came(base))
    kept, merged = lead_id_of(base, "Aase"), lead_id_of(base, "Åse")
    with writing(base) as connection:
        merge(connection, kept, merged, who="anna", now=CALLED_AT + minutes(9))
        assert len(listed(connection, lead_id=kept)) == 1


def test_open_calls_are_found_again(base: Engine, spring: StoredCampaign, anna: int):
    contact = came(base)
    talk(base, anna, contact, ended=False)
    with reading(base) as connection:
        (found,) = inbound.open_contacts(connection, "default")
        assert inbound.open_contacts(connection, "second") == ()
    assert found == replace(contact, agent_id=anna)
    end(base, contact)
    with reading(base) as connection:
        assert inbound.open_contacts(connection, "default") == ()
