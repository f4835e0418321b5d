"""Newcomers in the base: practice that touches nobody, calls in company, and calling alone."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from campaigns import agents as agent_store
from campaigns import desk, desk_document, ledger, practice, taking_back, training
from campaigns.agents import AgentRow, find_agent
from campaigns.desk_tables import practice_talks
from campaigns.law import Laws
from campaigns.model import DispositionKind, Outcome, Role
from campaigns.practice import PracticeTalk
from campaigns.practice_people import demo_people, person_named
from campaigns.result_words import Result, Words, read_result
from campaigns.results import record_result
from campaigns.store import StoredCampaign
from campaigns.tables import answers, attempts, campaign_leads, claims
from campaigns.training import Trained
from campaigns.training_steps import StepKind
from leads.db import reading, writing
from leads.errors import NotAllowedError, UsageError
from leads.tables import accesses, suppressions
from tests.db.people import (
    LAWS,
    NOON,
    add_agent,
    attempt_row,
    close,
    definition,
    dial_next,
    import_people,
    minutes,
    phone,
    said,
    started,
)

FOUR_HOURS = timedelta(hours=4)


@pytest.fixture
def spring(base: Engine) -> StoredCampaign:
    """A manual campaign that asks two practice talks and two calls in company of newcomers."""
    import_people(base, [("Åse", phone(1)), ("Per", phone(2)), ("Kari", phone(3))])
    return started(base, definition(mode="manual", training=TRAINING), script="Hello!")


TRAINING = "[training]\npractice = 2\nsupervised = 2"


@pytest.fixture
def bo(base: Engine) -> AgentRow:
    """A volunteer."""
    return agent(base, "bo")


@pytest.fixture
def anna(base: Engine) -> AgentRow:
    """A supervisor."""
    return agent(base, "anna", Role.SUPERVISOR)


def agent(base: Engine, name: str, role: Role = Role.VOLUNTEER) -> AgentRow:
    agent_id = add_agent(base, name)
    with writing(base) as connection:
        agent_store.change_agent(connection, agent_id, roles={role})
        return find_agent(connection, name)


def ask(
    base: Engine, stored: StoredCampaign, who: AgentRow, *, now: datetime = NOON
) -> PracticeTalk | None:
    with writing(base) as connection:
        return practice.talk_for(connection, stored, who, now=now)


def practise(
    base: Engine, stored: StoredCampaign, who: AgentRow, result: Result | None = None
) -> str:
    talk = ask(base, stored, who)
    assert talk is not None
    with writing(base) as connection:
        given = result or said(stored, DispositionKind.SUCCESS)
        return practice.finish(connection, stored, talk, given, now=NOON)


def accompany(
    base: Engine, stored: StoredCampaign, who: AgentRow, by: AgentRow,
    until: datetime = NOON + FOUR_HOURS,
) -> None:  # fmt: skip
    with writing(base) as connection:
        training.accompany(connection, stored, who, by, until=until, now=NOON)


def standing(base: Engine, stored: StoredCampaign, who: AgentRow) -> Trained:
    with reading(base) as connection:
        (found,) = training.training_of(connection, stored, [who]).values()
    return found


def taken(
    base: Engine, stored: StoredCampaign, *some: AgentRow, now: datetime = NOON
) -> frozenset[int]:
    with reading(base) as connection:
        ids = [one.id for one in some]
        return training.may_take(connection, stored, ids, now=now)


def call(
    base: Engine, stored: StoredCampaign, who: AgentRow, *, now: datetime = NOON, laws: Laws = LAWS
) -> int:
    """Take the next person, say what came of it, and return the attempt."""
    with writing(base) as connection:
        lease = desk.next_person(connection, stored, laws, who.id, now=now)
        assert lease is not None
        desk.give_result(connection, stored, lease, said(stored, DispositionKind.REFUSAL), now=now)
        return connection.execute(select(func.max(attempts.c.id))).scalar_one()


# Practice


def test_a_newcomer_gets_a_demo_person_and_the_same_one_when_asked_twice(
    base: Engine, spring: StoredCampaign, bo: AgentRow
):
    first = ask(base, spring, bo)
    assert first is not None
    assert first.person == demo_people()[0]
    assert ask(base, spring, bo) == first
    practise(base, spring, bo)
    second = ask(base, spring, bo)
    assert second is not None
    assert second.person == demo_people()[1]


def test_a_practice_talk_touches_nobody(base: Engine, spring: StoredCampaign, bo: AgentRow):
    with reading(base) as connection:
        before = connection.execute(select(campaign_leads).order_by(campaign_leads.c.id)).all()
    practise(base, spring, bo, said(spring, DispositionKind.DO_NOT_CALL, note="never again"))
    practise(base, spring, bo, said(spring, DispositionKind.DECEASED))
    with reading(base) as connection:
        after = connection.execute(select(campaign_leads).order_by(campaign_leads.c.id)).all()
        assert after == before
        for table in (attempts, claims, answers, suppressions, accesses):
            assert connection.scalar(select(func.count()).select_from(table)) == 0, table.name
        kept = connection.scalars(select(practice_talks.c.result)).all()
    assert [one["disposition"] for one in kept] == ["do_not_call", "deceased"]
    assert kept[0]["note"] == "never again"


def test_the_document_of_a_demo_person_has_all_that_the_one_of_a_person_has(
    base: Engine, spring: StoredCampaign, bo: AgentRow, anna: AgentRow
):
    talk = ask(base, spring, bo)
    assert talk is not None
    demo: dict[str, Any] = practice.practice_document(spring, talk, agent="bo", now=NOON)
    with writing(base) as connection:
        lease = desk.next_person(connection, spring, LAWS, anna.id, now=NOON)
        assert lease is not None
        person: dict[str, Any] = desk_document.person_document(
            connection, spring, LAWS, lease, now=NOON
        )
    assert set(person) <= set(demo)
    assert set(person["lead"]) <= set(demo["lead"])
    assert (person["practice"], demo["practice"]) == (False, True)
    assert demo["questions"] == person["questions"]
    assert demo["dispositions"] == person["dispositions"]
    assert demo["phone"] is None
    assert demo["phone_masked"] == "+1202*****01"
    assert demo["local_time"] == "2026-06-02T06:00"


@pytest.mark.parametrize(
    ("kind", "more", "told"),
    [
        (DispositionKind.DO_NOT_CALL, {}, "nobody would call this number again, for any campaign"),
        (DispositionKind.SUCCESS, {}, "would not be called again for this campaign: the last word"),
        (
            DispositionKind.NO_CONTACT,
            {},
            "would be called again from 2026-06-02T10:00 their time on: a number rests",
        ),
        (
            DispositionKind.CALLBACK,
            {"callback_at": NOON + timedelta(days=1)},
            "would be called again from 2026-06-03T06:00 their time on: a call was promised",
        ),
        (
            DispositionKind.REFUSAL,
            {"reason": "bound_elsewhere", "detail": "2026-12-24"},
            "and be offered winter from 2026-11-24 on",
        ),
    ],
)
def test_it_is_told_what_would_have_followed_by_the_campaigns_own_rules(
    base: Engine, spring: StoredCampaign, bo: AgentRow, kind: DispositionKind, more: dict[str, Any],
    told: str,
):  # fmt: skip
    offers = (
        '[[refusal_reasons]]\ncode = "bound_elsewhere"\nneeds = "date"\n'
        'offer = { campaign = "winter", before = "30d" }'
    )
    stored = started(base, definition("autumn", mode="manual", training=TRAINING, offers=offers))
    assert told in practise(base, stored, bo, said(stored, kind, **more))


def test_what_is_typed_of_a_demo_person_is_read_as_that_of_a_person(spring: StoredCampaign):
    with pytest.raises(UsageError, match="a refusal needs its reason"):
        read_result(spring.campaign, Words(disposition="refusal"), now=NOON)
    assert person_named("price").character


def test_a_talk_that_is_broken_off_does_not_count(
    base: Engine, spring: StoredCampaign, bo: AgentRow
):
    talk = ask(base, spring, bo)
    assert talk is not None
    with writing(base) as connection:
        practice.break_off(connection, talk, now=NOON)
        assert practice.find_talk(connection, talk.lease) is None
    assert standing(base, spring, bo).practised == 0
    again = ask(base, spring, bo)
    assert again is not None
    assert again.person == talk.person
    assert again.lease != talk.lease


def test_a_talk_in_another_campaign_takes_its_place(
    base: Engine, spring: StoredCampaign, bo: AgentRow
):
    autumn = started(base, definition("autumn", mode="manual", training=TRAINING))
    first, other = ask(base, spring, bo), ask(base, autumn, bo)
    assert first is not None
    assert other is not None
    assert other.campaign_id == autumn.id
    with writing(base) as connection:
        assert practice.find_talk(connection, first.lease) is None


def test_a_lease_on_a_person_is_no_practice_talk(
    base: Engine, spring: StoredCampaign, anna: AgentRow
):
    with writing(base) as connection:
        lease = desk.next_person(connection, spring, LAWS, anna.id, now=NOON)
        assert lease is not None
        assert practice.find_talk(connection, lease.lease) is None


def test_who_has_a_person_already_talks_to_them_first(base: Engine, bo: AgentRow):
    import_people(base, [("Åse", phone(1))])
    easy = started(base, definition("easy", mode="manual"))
    with writing(base) as connection:
        assert desk.next_person(connection, easy, LAWS, bo.id, now=NOON) is not None
    hard = started(base, definition("hard", mode="manual", training=TRAINING))
    assert ask(base, hard, bo) is None


# In company


def test_after_practice_nobody_is_given_without_company_and_it_says_whom_to_ask(
    base: Engine, spring: StoredCampaign, bo: AgentRow, anna: AgentRow
):
    for _ in range(2):
        practise(base, spring, bo)
    with pytest.raises(NotAllowedError) as refused:
        ask(base, spring, bo)
    told = str(refused.value)
    assert "0 of 2 calls in company are done, and nobody accompanies them now; ask anna" in told
    assert told.endswith("ringbank agents accompany bo --campaign spring")
    accompany(base, spring, bo, anna)
    assert ask(base, spring, bo) is None


def test_calls_in_company_count_and_name_the_supervisor(
    base: Engine, spring: StoredCampaign, bo: AgentRow, anna: AgentRow
):
    for _ in range(2):
        practise(base, spring, bo)
    accompany(base, spring, bo, anna)
    kept = [attempt_row(base, call(base, spring, bo, now=NOON + minutes(n))) for n in (1, 2)]
    assert [one.accompanied_by for one in kept] == [anna.id, anna.id]
    done = standing(base, spring, bo)
    assert (done.supervised, done.step.kind) == (2, StepKind.ALONE)


@pytest.mark.parametrize(("late", "counted"), [(-1, 1), (0, 0), (1, 0)])
def test_company_ends_at_its_second(
    base: Engine, spring: StoredCampaign, bo: AgentRow, anna: AgentRow, late: int, counted: int
):
    for _ in range(2):
        practise(base, spring, bo)
    accompany(base, spring, bo, anna, until=NOON + minutes(30))
    moment = NOON + minutes(30) + timedelta(seconds=late)
    assert (bo.id in taken(base, spring, bo, now=moment)) is bool(counted)
    call(base, spring, bo, now=moment)
    assert standing(base, spring, bo).supervised == counted


def test_a_result_given_once_more_counts_once(base: Engine, bo: AgentRow, anna: AgentRow):
    import_people(base, [("Åse", phone(1))])
    stored = started(base, definition(training="[training]\nsupervised = 2"))
    accompany(base, stored, bo, anna)
    talk = dial_next(base, stored)
    with writing(base) as connection:
        ledger.note_agent(connection, talk.id, bo.id)
        for kind in (DispositionKind.REFUSAL, DispositionKind.SUCCESS):
            record_result(connection, stored, talk.id, said(stored, kind), now=NOON)
    close(base, stored, talk, Outcome.CONNECTED, agent_id=bo.id)
    assert standing(base, stored, bo).supervised == 1


def test_a_result_taken_back_counts_no_more_and_given_anew_counts_again(
    base: Engine, bo: AgentRow, anna: AgentRow
):
    import_people(base, [("Åse", phone(1))])
    stored = started(base, definition(training="[training]\nsupervised = 2"))
    accompany(base, stored, bo, anna)
    talk = dial_next(base, stored)
    with writing(base) as connection:
        ledger.note_agent(connection, talk.id, bo.id)
    close(base, stored, talk, Outcome.CONNECTED, agent_id=bo.id)
    for kind in (DispositionKind.REFUSAL, DispositionKind.SUCCESS):
        with writing(base) as connection:
            record_result(connection, stored, talk.id, said(stored, kind), now=NOON)
        assert standing(base, stored, bo).supervised == 1
        assert attempt_row(base, talk.id).accompanied_by == anna.id
        with writing(base) as connection:
            taking_back.undo(connection, stored, talk.id, by="bo", now=NOON)
        assert standing(base, stored, bo).supervised == 0
        assert attempt_row(base, talk.id).accompanied_by is None


def test_company_that_ended_is_none(
    base: Engine, spring: StoredCampaign, bo: AgentRow, anna: AgentRow
):
    for _ in range(2):
        practise(base, spring, bo)
    accompany(base, spring, bo, anna)
    with writing(base) as connection:
        training.leave_alone(connection, spring, bo)
    assert taken(base, spring, bo) == set()


def test_who_cannot_vouch_for_a_newcomer_is_refused(
    base: Engine, spring: StoredCampaign, bo: AgentRow, anna: AgentRow
):
    cleo = agent(base, "cleo")
    with pytest.raises(NotAllowedError, match="cleo is no supervisor; name one with --by, or"):
        accompany(base, spring, bo, cleo)
    with pytest.raises(NotAllowedError, match="anna cannot train themselves"):
        accompany(base, spring, anna, anna)
    with pytest.raises(UsageError, match="bo practises first: 0 of 2 talks"):
        accompany(base, spring, bo, anna)
    practise(base, spring, bo)
    practise(base, spring, bo)
    for length in (timedelta(), timedelta(days=1, seconds=1)):
        with pytest.raises(UsageError, match="for a day at most"):
            accompany(base, spring, bo, anna, until=NOON + length)
    accompany(base, spring, bo, anna, until=NOON + timedelta(days=1))


# Alone


def test_who_is_released_calls_alone_and_it_is_kept_on_whose_word(
    base: Engine, spring: StoredCampaign, bo: AgentRow, anna: AgentRow
):
    with writing(base) as connection:
        training.let_call_alone(connection, spring, bo, anna, now=NOON)
    assert ask(base, spring, bo) is None
    alone = standing(base, spring, bo)
    assert (alone.released_by, alone.released_at) == ("anna", NOON)
    assert attempt_row(base, call(base, spring, bo)).accompanied_by is None


def test_the_engine_may_give_people_to_those_only_who_are_so_far(
    base: Engine, spring: StoredCampaign, bo: AgentRow, anna: AgentRow
):
    cleo, dora = agent(base, "cleo"), agent(base, "dora", Role.MANAGER)
    for _ in range(2):
        practise(base, spring, cleo)
    everybody = (anna, bo, cleo, dora)
    assert taken(base, spring, *everybody) == {anna.id, dora.id}
    accompany(base, spring, cleo, anna)
    assert taken(base, spring, *everybody) == {anna.id, cleo.id, dora.id}
    assert taken(base, spring, bo, cleo) == {cleo.id}
    easy = started(base, definition("easy"))
    assert taken(base, easy, *everybody) == {one.id for one in everybody}


def test_an_engine_is_told_who_may_be_given_nobody_of_which_campaign(
    base: Engine, spring: StoredCampaign, bo: AgentRow, anna: AgentRow
):
    easy = started(base, definition("easy"))
    for _ in range(2):
        practise(base, spring, bo)
    accompany(base, spring, bo, anna, until=NOON + minutes(30))
    for moment, barred in (
        (NOON, set()),
        (NOON + minutes(30) - timedelta(seconds=1), set()),
        (NOON + minutes(30), {(bo.id, spring.id)}),
    ):
        with reading(base) as connection:
            found = training.barred(connection, [spring, easy], [anna.id, bo.id], now=moment)
        assert found == barred


def test_a_step_done_in_one_campaign_counts_in_no_other(
    base: Engine, spring: StoredCampaign, bo: AgentRow
):
    practise(base, spring, bo)
    autumn = started(base, definition("autumn", mode="manual", training=TRAINING))
    assert standing(base, autumn, bo).practised == 0
