"""Results that are taken back or corrected: nothing of them is left, and what stood is kept."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from campaigns import desk
from campaigns.desk_tables import result_changes, result_traces
from campaigns.model import CampaignState, Outcome
from campaigns.owed import WRAP_UP_LIMIT
from campaigns.store import StoredCampaign
from campaigns.tables import agents, attempts
from campaigns.taking_back import UNDO_TIME
from leads import suppression
from leads.db import reading, writing
from leads.errors import NotAllowedError, UsageError
from leads.model import Suppression, SuppressionKind
from leads.tables import consents, suppressions
from tests.db.people import (
    LAWS,
    NOON,
    add_agent,
    attempt_row,
    claim_rows,
    close,
    create,
    definition,
    dial,
    enrolled,
    import_people,
    import_text,
    lead_id_of,
    minutes,
    phone,
    put,
    said,
    started,
    take,
)
from tests.db.talks import (
    GIVEN,
    LATER,
    PEOPLE,
    TALK,
    K,
    correct,
    everything,
    give,
    rows_of,
    state,
    talk,
    undo,
)


@pytest.fixture
def anna(base: Engine) -> int:
    return add_agent(base)


@pytest.fixture
def spring(base: Engine) -> StoredCampaign:
    """A campaign that runs; Åse has two numbers and shares the first with Per."""
    import_text(base, PEOPLE)
    return started(base, definition(talk=TALK))


# What is taken back

WORDS: list[tuple[K, dict[str, Any]]] = [
    *((kind, {}) for kind in K if kind is not K.DO_NOT_CALL),
    (K.REFUSAL, {"reason": "price"}),
    (K.CALLBACK, {"callback_at": NOON + minutes(300), "own_callback": True}),
    (K.LANGUAGE, {"language": "pl"}),
    (
        K.SUCCESS,
        {
            "note": "glad",
            "answers": {"provider": ["other"], "why": ["cheaper"]},
            "consents": {"phone_marketing": "yes, do call"},
        },
    ),
]


@pytest.fixture
def budget(base: Engine, spring: StoredCampaign) -> StoredCampaign:
    """Another campaign, for whoever finds the first too dear, with a list of its own."""
    import_people(base, [("Ola", phone(9))], "other")
    return create(base, definition("budget", on=["other"]))


@pytest.mark.parametrize("listed", [True, False], ids=["enrolled there", "not enrolled there"])
@pytest.mark.parametrize("live", [False, True], ids=["after the call", "during the call"])
def test_whatever_was_said_is_taken_back_as_if_it_had_never_been(
    base: Engine, spring: StoredCampaign, anna: int, live: bool, listed: bool
):
    import_people(base, [("Ola", phone(9))], "other")
    budget = create(base, definition("budget", on=["norway"] if listed else ["other"]))
    put(base, budget, CampaignState.RUNNING)
    attempt_id = talk(base, spring, anna, ended=not live)
    before = everything(base)
    for kind, more in WORDS:
        give(base, spring, attempt_id, said(spring, kind, **more))
        assert everything(base) != before
        undo(base, spring, attempt_id)
        after = everything(base)
        for table, rows in before.items():
            assert after[table] == rows, (kind, table)
    with reading(base) as connection:
        kept = connection.execute(select(result_changes)).all()
        assert connection.execute(select(result_traces)).all() == []
    assert [row.before["disposition"] for row in kept] == [kind for kind, _ in WORDS]
    assert kept[-1].before["answers"] == {"provider": ["other"], "why": ["cheaper"]}
    assert kept[-1].before["consents"] == {"phone_marketing": "yes, do call"}


def test_a_result_of_a_hand_dialled_call_is_taken_back_and_the_call_stays(base: Engine, anna: int):
    import_text(base, PEOPLE)
    spring = started(base, definition(mode="manual", talk=TALK))
    with writing(base) as connection:
        lease = desk.next_person(connection, spring, LAWS, anna, now=NOON)
        assert lease is not None
        desk.give_result(connection, spring, lease, said(spring, K.NO_CONTACT), now=GIVEN)
    (attempt_id,) = (row.id for row in rows_of(base, attempts))
    undo(base, spring, attempt_id)
    row = attempt_row(base, attempt_id)
    assert (row.lease, row.outcome, row.disposition) == (lease.lease, "unknown", None)
    assert enrolled(base, spring)["Åse"].last_outcome == "unknown"
    for kind, more in WORDS:
        give(base, spring, attempt_id, said(spring, kind, **more))
        reached = kind not in {K.NO_CONTACT, K.MACHINE, K.LEFT_MESSAGE}
        assert (attempt_row(base, attempt_id).outcome == "connected") is reached
        undo(base, spring, attempt_id)
    give(base, spring, attempt_id, said(spring, K.SUCCESS))
    assert state(base, spring) == ("done", "disposition:success")
    assert enrolled(base, spring)["Åse"].attempts == 1


def test_the_lease_lives_again_and_its_result_may_be_another(
    base: Engine, spring: StoredCampaign, anna: int
):
    attempt_id = talk(base, spring, anna)
    give(base, spring, attempt_id, said(spring, K.REFUSAL, reason="price"))
    assert claim_rows(base) == []
    undo(base, spring, attempt_id, now=GIVEN + minutes(2))
    (held,) = claim_rows(base)
    assert (held.agent_id, held.attempt_id) == (anna, attempt_id)
    assert held.lease == attempt_row(base, attempt_id).lease
    assert held.expires_at == GIVEN + minutes(2) + WRAP_UP_LIMIT
    give(base, spring, attempt_id, said(spring, K.SUCCESS), now=GIVEN + minutes(3))
    assert (attempt_row(base, attempt_id).refusal_reason, claim_rows(base)) == (None, [])
    assert state(base, spring) == ("done", "disposition:success")


def test_ten_minutes_are_the_limit(base: Engine, spring: StoredCampaign, anna: int):
    attempt_id = talk(base, spring, anna)
    give(base, spring, attempt_id, said(spring, K.REFUSAL))
    second = timedelta(seconds=1)
    with pytest.raises(NotAllowedError, match=r"ten minutes .* --correct --by NAME"):
        undo(base, spring, attempt_id, now=GIVEN + UNDO_TIME + second)
    undo(base, spring, attempt_id, now=GIVEN + UNDO_TIME)
    with pytest.raises(UsageError, match="no result that could be taken back"):
        undo(base, spring, attempt_id, now=GIVEN + UNDO_TIME)


@pytest.mark.parametrize("word", [(K.DO_NOT_CALL, None), (K.REFUSAL, "data_deletion_request")])
def test_a_wish_not_to_be_called_is_a_supervisors_to_take_back(
    base: Engine, spring: StoredCampaign, anna: int, word: tuple[K, str | None]
):
    kind, reason = word
    attempt_id = talk(base, spring, anna)
    give(base, spring, attempt_id, said(spring, kind, reason=reason))
    assert state(base, spring)[0] in {"suppressed", "done"}
    with pytest.raises(NotAllowedError, match="a wish not to be called stays"):
        undo(base, spring, attempt_id)
    assert [row.removed_at for row in rows_of(base, suppressions)] == [None]
    assert take(base, spring)[0].person.lead_id == lead_id_of(base, "Kari")  # Per's number, too
    assert state(base, spring, "Per") == ("suppressed", "suppression")
    correct(base, spring, attempt_id, said(spring, K.CALLBACK, callback_at=NOON + minutes(300)))
    (entry,) = rows_of(base, suppressions)
    assert entry.removed_reason == "bo corrected the result"
    assert state(base, spring) == ("callback", "disposition:callback")
    assert state(base, spring, "Per")[0] == "new"


def test_who_was_called_or_taken_since_is_not_taken_back(
    base: Engine, spring: StoredCampaign, anna: int
):
    summer = started(base, definition("summer"))
    attempt_id = talk(base, spring, anna)
    give(base, spring, attempt_id, said(spring, K.NO_CONTACT))
    taken = take(base, summer)
    assert taken[0].person.lead_id == lead_id_of(base, "Åse")
    with pytest.raises(NotAllowedError, match="somebody has this one"):
        undo(base, spring, attempt_id)
    with pytest.raises(NotAllowedError, match="somebody has this person right now"):
        correct(base, spring, attempt_id, said(spring, K.SUCCESS))
    assert attempt_row(base, attempt_id).disposition == "no_contact"
    (call,) = dial(base, summer, *taken)
    close(base, summer, call, Outcome.BUSY)
    with pytest.raises(NotAllowedError, match="has been called since"):
        undo(base, spring, attempt_id)
    with pytest.raises(UsageError, match="--why holds what looks like the number of a payment"):
        correct(base, spring, attempt_id, said(spring, K.SUCCESS), why="4111 1111 1111 1111")
    correct(base, spring, attempt_id, said(spring, K.SUCCESS))
    assert state(base, spring) == ("done", "disposition:success")
    assert state(base, summer) == ("waiting", "retry:busy")


def test_an_agent_who_has_somebody_else_by_now_gives_that_result_first(
    base: Engine, spring: StoredCampaign, anna: int
):
    first = talk(base, spring, anna)
    give(base, spring, first, said(spring, K.SUCCESS))
    before = everything(base)
    second = talk(base, spring, anna)
    with pytest.raises(NotAllowedError, match="you have another person by now"):
        undo(base, spring, first)
    give(base, spring, second, said(spring, K.SUCCESS))
    undo(base, spring, first)
    assert everything(base)["suppressions"] == before["suppressions"]
    assert [row.attempt_id for row in claim_rows(base)] == [first]


@pytest.mark.parametrize(
    ("now_so", "may"), [("ready", False), ("paused", True), ("wrap_up", True), ("out", True)]
)
def test_whoever_may_be_given_the_next_person_pauses_before_they_take_back(
    base: Engine, spring: StoredCampaign, anna: int, now_so: str, may: bool
):
    attempt_id = talk(base, spring, anna)
    give(base, spring, attempt_id, said(spring, K.SUCCESS))
    with writing(base) as connection:
        connection.execute(update(agents).values(state=now_so))
    if may:
        undo(base, spring, attempt_id)
        assert [row.agent_id for row in claim_rows(base)] == [anna]
        return
    with pytest.raises(NotAllowedError, match="run: ringbank agents pause anna, and take"):
        undo(base, spring, attempt_id)
    second = talk(base, spring, anna)
    (held,) = claim_rows(base)
    assert (held.agent_id, held.attempt_id) == (anna, second), "that result is theirs to give"


# Corrections


def test_a_correction_stands_in_the_place_of_the_result_and_both_are_kept(
    base: Engine, spring: StoredCampaign, budget: StoredCampaign, anna: int
):
    attempt_id = talk(base, spring, anna)
    give(base, spring, attempt_id, said(spring, K.REFUSAL, reason="price", note="too dear"))
    assert "Åse" in enrolled(base, budget)
    before = attempt_row(base, attempt_id)
    agreed = said(spring, K.SUCCESS, answers={"provider": ["Telia"]})
    correct(base, spring, attempt_id, agreed, now=GIVEN + timedelta(days=3))
    row = attempt_row(base, attempt_id)
    assert (row.disposition, row.refusal_reason, row.note) == ("success", None, None)
    assert (row.wrapped_at, row.wrap_s) == (before.wrapped_at, before.wrap_s)
    assert row.reoffer_campaign is None
    assert "Åse" not in enrolled(base, budget)
    lead = enrolled(base, spring)["Åse"]
    assert (lead.state, lead.last_disposition, lead.refusal_reason) == ("done", "success", None)
    (change,) = rows_of(base, result_changes)
    assert (change.kind, change.changed_by, change.why) == ("correction", "bo", "misheard")
    assert (change.before["refusal_reason"], change.before["note"]) == ("price", "too dear")
    with pytest.raises(NotAllowedError, match="supervisor"):
        undo(base, spring, attempt_id, now=GIVEN + minutes(1))


def test_a_corrected_older_talk_leaves_the_last_word_what_it_is(
    base: Engine, spring: StoredCampaign, anna: int
):
    first = talk(base, spring, anna)
    give(base, spring, first, said(spring, K.NO_CONTACT))
    second = talk(base, spring, anna, now=LATER)
    assert attempt_row(base, second).lead_id == attempt_row(base, first).lead_id
    give(base, spring, second, said(spring, K.SUCCESS), now=LATER + minutes(1))
    correct(base, spring, first, said(spring, K.LEFT_MESSAGE), now=LATER + minutes(9))
    lead = enrolled(base, spring)["Åse"]
    assert (lead.state, lead.last_disposition) == ("done", "success")
    assert attempt_row(base, first).disposition == "left_message"


def test_a_consent_on_which_calls_rested_is_withdrawn_and_else_never_was(
    base: Engine, spring: StoredCampaign, anna: int
):
    agreed = said(spring, K.NO_CONTACT, consents={"phone_marketing": "yes"})
    first = talk(base, spring, anna)
    give(base, spring, first, agreed)
    correct(base, spring, first, agreed)
    assert len(rows_of(base, consents)) == 1  # told again, it stays the same one
    second = talk(base, spring, anna, now=LATER)
    assert attempt_row(base, second).lead_id == attempt_row(base, first).lead_id
    give(base, spring, second, said(spring, K.NO_CONTACT), now=LATER + minutes(1))
    correct(base, spring, first, said(spring, K.NO_CONTACT), now=LATER + minutes(9))
    (one,) = rows_of(base, consents)
    assert one.withdrawn_reason == "bo corrected the result"


@pytest.mark.parametrize(
    ("reason", "kept"),
    [("wrote to us", "told in campaign spring; wrote to us"), (None, "told in campaign spring")],
)
def test_a_wish_that_somebody_said_again_meanwhile_outlives_the_result(
    base: Engine, spring: StoredCampaign, anna: int, reason: str | None, kept: str
):
    attempt_id = talk(base, spring, anna)
    lead_id = attempt_row(base, attempt_id).lead_id
    give(base, spring, attempt_id, said(spring, K.DECEASED))
    again = Suppression(kind=SuppressionKind.LEAD, subject=str(lead_id), reason=reason)
    with writing(base) as connection:
        assert not suppression.add(connection, again, source="command", now=GIVEN)
    undo(base, spring, attempt_id)
    (entry,) = rows_of(base, suppressions)
    assert (entry.removed_at, entry.source) == (None, "command")
    assert entry.reason.endswith(kept)


def test_a_wish_that_nobody_said_again_goes_with_the_result(
    base: Engine, spring: StoredCampaign, anna: int
):
    attempt_id = talk(base, spring, anna)
    give(base, spring, attempt_id, said(spring, K.DECEASED))
    undo(base, spring, attempt_id)
    (entry,) = rows_of(base, suppressions)
    assert entry.removed_at == GIVEN


@pytest.mark.parametrize("why", ["", "  "])
def test_a_correction_without_a_reason_is_refused(
    base: Engine, spring: StoredCampaign, anna: int, why: str
):
    attempt_id = talk(base, spring, anna)
    give(base, spring, attempt_id, said(spring, K.PARTIAL))
    with pytest.raises(UsageError, match="a correction needs its reason; add --why"):
        correct(base, spring, attempt_id, said(spring, K.SUCCESS), why=why)
    assert attempt_row(base, attempt_id).disposition_kind == K.PARTIAL
