"""A campaign that is for some of its lists' people only, while they change."""

from collections.abc import Collection
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from campaigns import enrolment, report, segment, store
from campaigns.claims import claim
from campaigns.desk import why_nobody
from campaigns.enrolment import judge_slice
from campaigns.explain import explain_number
from campaigns.model import CampaignState, DispositionKind, Outcome
from campaigns.results import record_result
from campaigns.store import StoredCampaign
from leads.db import reading, writing
from leads.tables import imports, leads
from tests.db.people import (
    LAWS,
    NOON,
    archive,
    call,
    close,
    create,
    definition,
    dial_next,
    enrolled,
    import_text,
    lead_id_of,
    names_of,
    new_lease,
    phone,
    put,
    said,
    started,
    take,
    understood,
)

LATER = NOON + timedelta(hours=5)
OSLO = definition(top="where = 'by = \"oslo\"'")


@pytest.fixture
def town(base: Engine) -> Engine:
    rows = [("Åse", "Oslo"), ("Per", "Bergen"), ("Kari", "Oslo"), ("Ola", "")]
    lines = "".join(f"{name};{phone(n)};{city}\n" for n, (name, city) in enumerate(rows))
    import_text(base, f"Navn;Telefon;By\n{lines}")
    return base


def move(base: Engine, name: str, city: str) -> None:
    with writing(base) as connection:
        connection.execute(
            update(leads).where(leads.c.name == name).values(attributes={"By": city})
        )


def stands(base: Engine, stored: StoredCampaign) -> dict[str, tuple[str, str | None]]:
    return {name: (row.state, row.held_by) for name, row in enrolled(base, stored).items()}


def judge(base: Engine, stored: StoredCampaign) -> None:
    with writing(base) as connection:
        assert judge_slice(connection, stored, LAWS, after_lead_id=0, now=NOON) is None


def why_not(base: Engine, stored: StoredCampaign, number: int) -> Collection[tuple[str, str]]:
    with reading(base) as connection:
        decision, _ = explain_number(
            connection,
            phone(number),
            stored.campaign.name,
            at=None,
            now=NOON,
            region=None,
            registries=Path("none"),
            laws=LAWS,
        )
    return [(refusal.rule, refusal.why) for refusal in decision.refusals]


def test_whom_the_filter_leaves_out_is_enrolled_and_done(town: Engine):
    stored = started(town, OSLO)
    assert stands(town, stored) == {
        "Åse": ("new", None),
        "Per": ("done", "list"),
        "Kari": ("new", None),
        "Ola": ("done", "list"),
    }
    with reading(town) as connection:
        standing = report.standing(connection, stored.id, now=NOON)
        assert standing.leads == {"new": 2, "done": 2}
        assert standing.done_by == {"list": 2}
        (reason,) = (r for r in why_nobody(connection, stored, now=NOON) if r["gate"] == "list")
        assert reason["count"] == 2


def test_only_those_it_means_are_called_and_then_nothing_is_left(town: Engine):
    stored = started(town, OSLO)
    for _ in range(2):
        call(town, stored, Outcome.UNALLOCATED)
    assert take(town, stored) == ()
    with reading(town) as connection:
        assert not report.work_left(connection, stored.id)


def test_explain_says_that_somebody_is_not_meant(town: Engine):
    stored = started(town, OSLO)
    assert why_not(town, stored, 0) == []
    assert ("where", 'does not match where: by = "oslo"') in why_not(town, stored, 1)
    stopped = create(town, definition("other", top="where = 'by = \"oslo\"'"))
    assert "where" in [rule for rule, _ in why_not(town, stopped, 1)]
    assert "where" not in [rule for rule, _ in why_not(town, stopped, 0)]


def test_who_is_not_meant_any_more_is_refused_at_the_claim(town: Engine):
    stored = started(town, OSLO)
    move(town, "Åse", "Bergen")
    assert names_of(town, take(town, stored, 5)) == ["Kari"]
    assert stands(town, stored)["Åse"] == ("done", "list")


@pytest.mark.parametrize("how", ["start", "update", "engine"])
def test_who_comes_to_be_meant_is_called_and_who_does_not_any_more_is_not(town: Engine, how: str):
    stored = started(town, OSLO)
    call(town, stored, Outcome.BUSY)
    move(town, "Åse", "Bergen")
    move(town, "Kari", "Bergen")
    move(town, "Ola", "Oslo")
    if how == "start":
        put(town, stored, CampaignState.RUNNING)
    elif how == "update":
        with writing(town) as connection:
            problems = store.change(
                connection, stored, stored.campaign,
                definition=OSLO, script=None, file=None, now=NOON,
            )  # fmt: skip
            assert problems == ()
    else:
        judge(town, stored)
    assert stands(town, stored) == {
        "Åse": ("done", "list"),
        "Per": ("done", "list"),
        "Kari": ("done", "list"),
        "Ola": ("new", None),
    }
    move(town, "Åse", "Oslo")
    judge(town, stored)
    assert stands(town, stored)["Åse"] == ("waiting", None)


def test_another_filter_is_for_other_people(town: Engine):
    stored = started(town, OSLO)
    text = definition(top="where = 'by is unknown'")
    with writing(town) as connection:
        assert store.change(
            connection, stored, understood(text), definition=text, script=None, file=None, now=NOON
        ) == ()  # fmt: skip
    assert {name for name, (state, _) in stands(town, stored).items() if state == "new"} == {"Ola"}
    with writing(town) as connection:
        changed = store.load(connection, "spring")
        plain = definition()
        store.change(
            connection, changed, understood(plain),
            definition=plain, script=None, file=None, now=NOON,
        )  # fmt: skip
    assert {state for state, _ in stands(town, stored).values()} == {"new"}


def test_the_rounds_of_the_engine_leave_alone_whom_an_archived_list_holds(town: Engine):
    stored = started(town, OSLO)
    archive(town, "norway")
    assert take(town, stored, 5) == ()
    before = stands(town, stored)
    judge(town, stored)
    assert stands(town, stored) == before


def test_a_large_campaign_is_judged_slice_by_slice(town: Engine, monkeypatch: pytest.MonkeyPatch):
    stored = started(town, OSLO)
    for name in ("Åse", "Per", "Kari", "Ola"):
        move(town, name, "Bergen" if name in {"Åse", "Kari"} else "Oslo")
    monkeypatch.setattr(enrolment, "_SLICE", 3)
    with writing(town) as connection:
        last = judge_slice(connection, stored, LAWS, after_lead_id=0, now=NOON)
    assert last == lead_id_of(town, "Kari")
    assert [state for state, _ in stands(town, stored).values()] == ["done", "new", "done", "done"]
    with writing(town) as connection:
        assert judge_slice(connection, stored, LAWS, after_lead_id=last, now=NOON) is None
    assert stands(town, stored)["Ola"] == ("new", None)


def test_an_own_call_does_not_take_anybody_out_of_a_new_offer(town: Engine):
    first = started(town, definition("first") + '[[refusal_reasons]]\ncode = "price"\n')
    attempt = dial_next(town, first)
    close(town, first, attempt, Outcome.CONNECTED)
    with writing(town) as connection:
        result = said(first, DispositionKind.REFUSAL, reason="price")
        record_result(connection, first, attempt.id, result, now=NOON)
    put(town, first, CampaignState.STOPPED)
    again = started(town, definition("again", top="where = 'last_disposition = \"refusal:price\"'"))
    assert {n for n, (state, _) in stands(town, again).items() if state == "new"} == {"Åse"}
    call(town, again, Outcome.NO_ANSWER)
    judge(town, again)
    assert stands(town, again)["Åse"][0] == "waiting"
    attempt = dial_next(town, again, now=LATER)
    close(town, again, attempt, Outcome.CONNECTED)
    with writing(town) as connection:
        result = said(again, DispositionKind.CALLBACK, callback_at=LATER + timedelta(days=1))
        record_result(connection, again, attempt.id, result, now=LATER)
    judge(town, again)
    assert stands(town, again)["Åse"][0] == "callback"
    with reading(town) as connection:
        assert segment.count(connection, 'last_disposition = "callback"', now=LATER) == 1
        assert segment.count(connection, 'in campaign "again"', now=LATER) == 1


def test_a_filter_that_names_what_is_not_there_is_refused_with_its_place(town: Engine):
    filters = {
        'byy = "Oslo"': ("where, column 1", "did you mean 'by'?"),
        'in list "norwy"': ("where, column 9", "did you mean 'norway'?"),
        'not in campaign "spring"': ("where, column 17", "there is no campaign 'spring'"),
        'state = "new"': ("where, column 1", "cannot be used here"),
    }
    for where, (place, hint) in filters.items():
        text = definition(top=f"where = '{where}'")
        with writing(town) as connection:
            (problem,) = store.create(
                connection, understood(text), definition=text, script=None, file=None, now=NOON
            )
        assert problem.where == place
        assert hint in problem.why


def test_a_column_that_went_with_its_import_leaves_a_stored_campaign_with_nobody(town: Engine):
    stored = started(town, OSLO)
    with writing(town) as connection:
        connection.execute(update(imports).values(undone_at=NOON))
        taken = claim(connection, stored, LAWS, limit=3, now=NOON, new_lease=new_lease)
    assert taken.taken == ()
