"""Tasks: what has to be followed up, in the order in which it presses."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from campaigns import tasks
from campaigns.erasure import erase
from campaigns.merging import merge
from campaigns.model import Outcome
from campaigns.story import story
from campaigns.story_text import story_lines
from campaigns.tasks import NewTask, Task
from campaigns.undo import undo
from leads import store
from leads.db import reading, writing
from leads.errors import NotAllowedError, UsageError
from tests.db.people import (
    NOON,
    add_agent,
    call,
    import_people,
    lead_id_of,
    minutes,
    phone,
    started,
)


@pytest.fixture
def ase(base: Engine) -> int:
    import_people(base, [("Åse", phone(1)), ("Per", phone(2))])
    return lead_id_of(base, "Åse")


ADDED = NOON - minutes(60)


def add(base: Engine, lead_id: int, text: str = "nobody came", **more: Any) -> int:
    task = NewTask(lead_id=lead_id, text=text, **{"kind": "technician"} | more)
    with writing(base) as connection:
        return tasks.add(connection, task, by="anna", now=ADDED)


def listed(base: Engine, *, now: datetime = NOON, **more: Any) -> tuple[Task, ...]:
    with reading(base) as connection:
        return tasks.listed(connection, now=now, **more)


def texts(found: tuple[Task, ...]) -> list[str]:
    return [one.text for one in found]


def done(base: Engine, task_id: int, outcome: str | None = None) -> Task:
    with writing(base) as connection:
        return tasks.done(connection, task_id, outcome=outcome, by="maria", now=NOON + minutes(5))


def test_what_is_overdue_comes_first_then_what_presses_most(base: Engine, ase: int) -> None:
    add(base, ase, "third", priority=1)
    add(base, ase, "sixth")
    add(base, ase, "fifth", due_at=NOON + minutes(20))
    add(base, ase, "fourth", due_at=NOON + minutes(10))
    add(base, ase, "second", priority=5, due_at=NOON - minutes(2))
    add(base, ase, "first", priority=4, due_at=NOON - minutes(1))
    order = ["first", "second", "third", "fourth", "fifth", "sixth"]
    assert texts(listed(base)) == order
    assert texts(listed(base, overdue=True)) == order[:2]


def test_a_task_is_overdue_from_the_moment_after_it_is_due(base: Engine, ase: int) -> None:
    due = NOON + minutes(1)
    add(base, ase, due_at=due)
    at = [NOON, due, due + minutes(1 / 60)]
    assert [listed(base, now=now)[0].overdue for now in at] == [False, False, True]


def test_what_is_done_is_out_of_the_way_and_kept(base: Engine, ase: int) -> None:
    first, second = add(base, ase, "a", due_at=NOON - minutes(1)), add(base, ase, "b")
    finished = done(base, first, " a new day ")
    assert (finished.outcome, finished.done_by, finished.overdue) == ("a new day", "maria", False)
    assert texts(listed(base)) == ["b"]
    assert texts(listed(base, all_=True)) == ["b", "a"]
    with pytest.raises(NotAllowedError, match="was done by maria"):
        done(base, first)
    with pytest.raises(UsageError, match="no task 99"):
        done(base, 99)
    with pytest.raises(UsageError, match="payment card"):
        done(base, second, "paid by 4111 1111 1111 1111")


def test_tasks_are_narrowed_by_owner_and_class(base: Engine, ase: int) -> None:
    anna = add_agent(base)
    add(base, ase, "a", owner_id=anna)
    add(base, ase, "b", kind="complaint")
    add(base, lead_id_of(base, "Per"), "c")
    assert texts(listed(base, owner_id=anna)) == ["a"]
    assert texts(listed(base, kind="complaint")) == ["b"]
    assert texts(listed(base, lead_id=ase)) == ["a", "b"]
    assert [one.owner for one in listed(base)] == ["anna", None, None]


def test_an_open_task_gets_another_owner_or_time(base: Engine, ase: int) -> None:
    task = add(base, ase)
    nothing: dict[str, Any] = {"owner_id": None, "due_at": None, "priority": None}
    with writing(base) as connection:
        changes = {"due_at": NOON + minutes(9), "priority": 1}
        moved = tasks.move(connection, task, **nothing | changes, now=NOON)
        assert (moved.due_at, moved.priority, moved.owner) == (NOON + minutes(9), 1, None)
        for bad, why in (({}, "nothing is said"), ({"priority": 6}, "the priority 6 is none")):
            with pytest.raises(UsageError, match=why):
                tasks.move(connection, task, **nothing | bad, now=NOON)
    with writing(base) as connection, pytest.raises(UsageError, match="is past"):
        tasks.move(connection, task, **nothing | {"due_at": NOON}, now=NOON)
    done(base, task)
    with writing(base) as connection, pytest.raises(NotAllowedError, match="was done"):
        tasks.move(connection, task, **nothing | {"priority": 1}, now=NOON)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"kind": "No show"}, "cannot be a class"),
        ({"kind": ""}, "cannot be a class"),
        ({"kind": "4111111111111111"}, "payment card"),
        ({"priority": 0}, "the priority 0 is none"),
        ({"priority": 6}, "the priority 6 is none"),
        ({"due_at": ADDED}, r"--due 2026-06-02 09:00 UTC is past; name a time to come"),
        ({"due_at": ADDED - minutes(1)}, "is past"),
        ({"text": " "}, "--text is empty"),
        ({"text": "4111 1111 1111 1111"}, "payment card"),
        ({"text": "x" * 4001}, "longer than 4000"),
    ],
)
def test_what_is_no_task_is_refused(base: Engine, ase: int, more: Any, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        add(base, ase, **more)
    assert listed(base) == ()


def test_a_talk_is_named_by_its_attempt(base: Engine, ase: int) -> None:
    stored = started(base)
    attempt = call(base, stored, Outcome.CONNECTED)
    with reading(base) as connection:
        of_attempt = tasks.attempt_of(connection, attempt.id)
        assert of_attempt == (ase, attempt.id, stored.id)
        with pytest.raises(UsageError, match="no attempt 99"):
            tasks.attempt_of(connection, 99)


def test_whoever_talks_to_the_person_next_sees_what_is_open(base: Engine, ase: int) -> None:
    task = add(base, ase, "nobody came", priority=1, due_at=NOON)
    done(base, add(base, ase, "over"))
    with reading(base) as connection:
        assert tasks.open_documents(connection, ase, now=NOON) == [
            {
                "id": task,
                "class": "technician",
                "priority": 1,
                "text": "nobody came",
                "due_at": NOON,
            }
        ]


def test_a_task_is_in_the_persons_story(base: Engine, ase: int) -> None:
    add(base, ase, "nobody came", due_at=NOON, owner_id=add_agent(base))
    done(base, add(base, ase, "the bill", kind="complaint"), "paid back")
    with reading(base) as connection:
        lead = store.lead(connection, ase)
        assert lead is not None
        events = story(connection, lead, entries=(), given=(), now=NOON + minutes(9))
    told = "\n".join(story_lines(events, width=100))
    assert "task 1 technician (3, anna, due" in told
    assert ", overdue)" in told
    assert "nobody came" in told
    assert "task 2 complaint done by maria: paid back" in told


def test_tasks_follow_a_merged_person(base: Engine, ase: int) -> None:
    add(base, ase)
    per = lead_id_of(base, "Per")
    with writing(base) as connection:
        merge(connection, per, ase, who="maria", now=NOON)
    assert [one.lead_id for one in listed(base)] == [per]


def test_of_an_erased_person_nothing_is_left_to_do(base: Engine, ase: int) -> None:
    add(base, ase, "Åse is angry")
    done(base, add(base, ase, "Åse again"), "calmed Åse")
    with writing(base) as connection:
        erase(connection, ase, now=NOON + minutes(6))
    assert listed(base) == ()
    kept = listed(base, all_=True)
    assert [(one.text, one.outcome, one.kind) for one in kept] == [
        ("erased", None, "technician")
    ] * 2
    assert {one.done_by for one in kept} == {"erased", "maria"}


def test_an_import_whose_people_have_a_task_is_not_undone(base: Engine, ase: int) -> None:
    add(base, ase)
    with writing(base) as connection, pytest.raises(NotAllowedError, match="a task of their own"):
        undo(connection, 1, now=NOON)
