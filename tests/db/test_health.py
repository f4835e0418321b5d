"""The health of an installation as a process besides the engine sees it."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from campaigns.model import CampaignState, Outcome
from campaigns.report import outlook, standing
from dialer import store
from dialer.health import Health
from dialer.health_check import check
from dialer.idle import Ground, Idle
from dialer.progress import Progress
from leads.db import reading, writing
from tests.db.engines import sign_on
from tests.db.people import (
    NOON,
    call,
    create,
    definition,
    dial_next,
    import_people,
    minutes,
    phone,
    put,
    started,
    take,
)

WELL = Progress(calls={"spring": 0}, agents={"ready": 1}).document()


def engine_shows(base: Engine, report: Mapping[str, object], *, age_s: float = 1) -> None:
    sign_on(base)
    with writing(base) as connection:
        store.beat(
            connection,
            name="default",
            token="one",
            report=report,
            now=NOON - timedelta(seconds=age_s),
        )


def health(base: Engine) -> Health:
    with reading(base) as connection:
        return check(connection, "default", now=NOON)


def reasons(base: Engine) -> list[str]:
    found = health(base)
    assert found.ok is not bool(found.held)
    return [idle.ground.value for idle in found.held.values()]


@pytest.fixture
def people(base: Engine) -> Engine:
    import_people(base, [("Anna", phone(1)), ("Bo", phone(2))])
    return base


def test_an_installation_without_a_running_campaign_is_well(people: Engine):
    create(people, definition())
    assert reasons(people) == []
    assert health(people).dialling == []


@pytest.mark.parametrize(("age_s", "gone"), [(9.9, False), (10, True)])
def test_an_engine_that_was_not_seen_for_ten_seconds_is_gone(
    people: Engine, age_s: float, gone: bool
):
    started(people)
    assert reasons(people) == ["no_engine"]
    engine_shows(people, WELL, age_s=age_s)
    assert reasons(people) == (["no_engine"] if gone else [])


@pytest.mark.parametrize(
    ("progress", "reason"),
    [
        (Progress(calls={"spring": 0}, stopping=True), "stopping"),
        (Progress(calls={"autumn": 0}), "other_campaigns"),
        (Progress(calls={"spring": 0}, agents={"paused": 2}), "none_ready"),
    ],
)
def test_what_the_engine_says_of_itself_counts(people: Engine, progress: Progress, reason: str):
    started(people)
    engine_shows(people, progress.document())
    assert reasons(people) == [reason]


def test_rules_that_cannot_be_read_are_a_warning(people: Engine):
    started(people)
    engine_shows(people, {**WELL, "rules_problem": "no.toml: line 3"})
    assert health(people).ok
    assert health(people).warnings == ["the rules that were in force stay so: no.toml: line 3"]


def test_outside_the_hours_it_says_when(people: Engine):
    stored = started(people, definition(hours='[hours]\nmon_fri = [["13:00", "20:00"]]'))
    engine_shows(people, WELL)
    assert take(people, stored) == ()  # it is twelve o'clock
    found = health(people)
    assert not found.ok
    opens = (NOON + minutes(60)).astimezone().strftime("%H:%M")
    assert str(found.held["spring"]) == f"no lead is callable until {opens} (hours)"
    assert found.held["spring"].ground is Ground.NOT_YET


def held(ground: Ground) -> dict[str, object]:
    limits = {"spring": Idle(ground, f"it is {ground}")}
    return Progress(calls={"spring": 0}, limits=limits).document()


@pytest.mark.parametrize(
    ("ground", "told"),
    [
        *((passing, "not_yet") for passing in ("no_agent", "none_ready", "lines", "budget")),
        ("by_hand", "not_yet"),
        ("asterisk", "asterisk"),
        ("registry", "registry"),
        ("no_trunk", "no_trunk"),
    ],
)
def test_outside_the_hours_only_what_does_not_end_with_them_is_told(
    people: Engine, ground: str, told: str
):
    stored = started(people, definition(hours='[hours]\nmon_fri = [["13:00", "20:00"]]'))
    engine_shows(people, held(Ground(ground)))
    assert take(people, stored) == ()
    assert reasons(people) == [told]


@pytest.mark.parametrize("ground", [None, "no_agent", "none_ready", "asterisk", "by_hand"])
def test_nothing_keeps_those_from_being_called_who_are_done(people: Engine, ground: str | None):
    stored = started(people)
    for _ in range(2):
        call(people, stored, Outcome.CONNECTED, answered_at=NOON, connected_at=NOON, talk_s=20.0)
    if ground is not None:  # else no engine runs any more
        engine_shows(people, held(Ground(ground)))
    assert health(people) == Health(ok=True, dialling=[], held={}, warnings=[])


def test_a_reason_of_a_newer_engine_is_told_in_its_words(people: Engine):
    started(people)
    newer = {"limits": {"spring": "the moon is full"}, "grounds": {"spring": "moon"}}
    engine_shows(people, {**WELL, **newer})
    assert health(people).held == {"spring": Idle(Ground.OTHER, "the moon is full")}


def test_people_who_are_resting_are_told_with_the_moment(people: Engine):
    stored = started(people)
    engine_shows(people, WELL)
    for _ in range(2):
        call(people, stored, Outcome.NO_ANSWER)
    found = health(people)
    assert not found.ok
    assert str(found.held["spring"]).startswith("no lead is callable until ")


def test_a_campaign_whose_people_are_done_is_well(people: Engine):
    stored = started(people)
    engine_shows(people, WELL)
    for _ in range(2):
        call(people, stored, Outcome.CONNECTED, answered_at=NOON, connected_at=NOON, talk_s=20.0)
    assert health(people) == Health(ok=True, dialling=[], held={}, warnings=[])


def test_what_is_looked_at_is_what_a_count_of_everybody_says(people: Engine):
    stored = started(people)
    for step in range(4):
        with reading(people) as connection:
            for now in (NOON, NOON + minutes(600)):
                assert (
                    outlook(connection, stored.id, now=now)
                    == standing(connection, stored.id, now=now).outlook
                )
        if step == 0:
            dial_next(people, stored)
        elif step == 1:
            call(people, stored, Outcome.BUSY)
        elif step == 2:
            put(people, stored, CampaignState.PAUSED)
