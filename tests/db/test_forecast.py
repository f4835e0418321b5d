"""What a forecast says of each hour is what the gates say in it; nothing is written for it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, update

from campaigns import forecasting
from campaigns.erasure import erase
from campaigns.facts import candidate, candidates, gather
from campaigns.forecast import HOUR
from campaigns.forecasting import Told
from campaigns.gates import evaluate
from campaigns.law import Laws
from campaigns.model import CampaignState, DispositionKind, Outcome
from campaigns.results import record_result
from campaigns.rules.loading import load as load_rules
from campaigns.rules.own import Own
from campaigns.store import StoredCampaign
from campaigns.tables import campaign_leads, queues
from leads import consents, registries
from leads.consent_rules import NewConsent
from leads.db import reading, writing
from leads.model import E164, LeadId, Suppression, SuppressionKind, SuppressionScope
from leads.suppression import add
from leads.tables import leads, lists
from tests.db.people import (
    LAWS,
    NOON,
    archive,
    call,
    create,
    definition,
    enrolled,
    import_people,
    import_text,
    lead_id_of,
    phone,
    put,
    said,
    started,
    suppress,
    take,
)

DAYS = 3
ALMOST = timedelta(minutes=59)
WINDOWS = '[hours]\nmon_fri = [["10:00", "20:00"]]\nsat = [["11:00", "13:00"]]'


def told(base: Engine, stored: StoredCampaign, laws: Laws = LAWS, *, days: int = DAYS) -> Told:
    with reading(base) as connection:
        return forecasting.of_campaign(connection, stored, laws, now=NOON, days=days)


def reasons(found: Told) -> dict[tuple[str, str | None], int]:
    return {(one.gate, one.rule): people for one, people in found.forecast.never.items()}


def by_gates(base: Engine, stored: StoredCampaign, moment: datetime, laws: Laws) -> int:
    """Count whom the gates let be called at a moment."""
    with reading(base) as connection:
        rows = connection.execute(candidates(stored.id, now=moment)).all()
        people = [candidate(row) for row in rows]
        found = gather(connection, stored, people, laws, now=moment)
    return sum(evaluate(facts).callable for facts in found)


def assert_as_the_gates_say(
    base: Engine, stored: StoredCampaign, found: Told, laws: Laws = LAWS
) -> None:
    """At the end of each hour the gates let call as many as the forecast says."""
    hours = [found.forecast.begin + n * HOUR for n in range(len(found.forecast.hours))]
    assert [by_gates(base, stored, hour + ALMOST, laws) for hour in hours] == [
        *found.forecast.hours
    ]


def people_in(base: Engine, stored: StoredCampaign) -> int:
    with reading(base) as connection:
        counted = select(func.count()).where(campaign_leads.c.campaign_id == stored.id)
        return connection.scalar(counted) or 0


def everything(base: Engine) -> list[object]:
    with reading(base) as connection:
        return [
            *connection.execute(select(campaign_leads).order_by(campaign_leads.c.id)),
            *connection.execute(select(queues).order_by(queues.c.id)),
        ]


def settle_places(base: Engine, **facts: dict[str, str]) -> None:
    with writing(base) as connection:
        for name, values in facts.items():
            connection.execute(update(leads).where(leads.c.name == name).values(**values))


def wish(base: Engine, subject: str, kind: SuppressionKind) -> None:
    entry = Suppression(subject=subject, kind=kind)
    with writing(base) as connection:
        assert add(connection, entry, source="command", now=NOON)


def consent(base: Engine, name: str, kind: str, given_at: datetime, **more: object) -> None:
    given = NewConsent(kind=kind, source="shop", given_at=given_at, **more)  # type: ignore[arg-type]
    with writing(base) as connection:
        consents.add(connection, LeadId(lead_id_of(base, name)), given, now=NOON)


def load_registry(base: Engine, folder: Path, numbers: Iterable[str], name: str = "mine") -> None:
    file = folder / f"{name}.txt"
    file.write_text("".join(f"{number}\n" for number in numbers))
    registries.load(base, folder, source=file, name=name, as_of=NOON.date(), region="NO", now=NOON)


@pytest.fixture
def crowd(base: Engine, tmp_path: Path) -> Engine:
    """People of every kind on three lists."""
    import_people(
        base,
        [
            ("Åse", phone(1)),
            ("Listed", phone(2)),
            ("Wished", phone(3)),
            ("Personal", phone(4)),
            ("Prefixed", "+4755000001"),
            ("Waits", phone(6)),
            ("Waits long", phone(7)),
            ("Sold", phone(8)),
            ("Busy", phone(9)),
            ("Nowhere", "+18002345678"),
            ("Iceland", "+3545551234"),
            ("Tampa", "+18132345678"),
            ("Denmark", "+4532123456"),
        ],
    )
    import_people(base, [("Archived", phone(20)), ("Both", phone(21))], "old")
    import_people(base, [("Both", phone(21)), ("Expires", phone(22))], "short")
    with writing(base) as connection:
        tomorrow = NOON.date() + timedelta(days=1)
        connection.execute(update(lists).where(lists.c.name == "short").values(expires_on=tomorrow))
    suppress(base, phone(3))
    wish(base, str(lead_id_of(base, "Personal")), SuppressionKind.LEAD)
    wish(base, "+4755", SuppressionKind.PREFIX)
    load_registry(base, tmp_path, [phone(2)])
    return base


def started_and_called(crowd: Engine) -> StoredCampaign:
    text = definition(on=["norway", "old", "short"], hours=WINDOWS)
    stored = started(crowd, text)
    rows = enrolled(crowd, stored)
    with writing(crowd) as connection:
        for name, values in {
            "Waits": {"state": "waiting", "turn": 3, "next_call_at": NOON + timedelta(hours=5)},
            "Waits long": {
                "state": "waiting",
                "next_call_at": NOON + timedelta(days=9),
                "held_by": "outcome:no_answer",
            },
            "Sold": {"state": "done", "held_by": "disposition:sale"},
            "Busy": {"state": "in_call"},
        }.items():
            connection.execute(
                update(campaign_leads).where(campaign_leads.c.id == rows[name].id).values(**values)
            )
    archive(crowd, "old")
    return stored


def test_each_hour_has_as_many_as_the_gates_let_call_in_it(crowd: Engine):
    stored = started_and_called(crowd)
    before = everything(crowd)
    found = told(crowd, stored)
    assert everything(crowd) == before
    assert_as_the_gates_say(crowd, stored, found)
    assert {*found.forecast.hours} >= {0, 1, 3, 4, 5, 6}
    assert found.forecast.people == people_in(crowd, stored) == 16
    assert reasons(found) == {
        ("registry", "registry:mine"): 1,
        ("suppression", "do_not_call:all"): 3,
        ("attempts", "outcome:no_answer"): 1,
        ("attempts", "disposition:sale"): 1,
        ("state", "in_call"): 1,
        ("place", "zone_unknown"): 1,
        ("place", "no_rules:IS"): 1,
        ("list", "on_list"): 1,
    }
    assert found.forecast.callable == 6


def test_who_is_in_no_queue_yet_or_not_even_enrolled_is_counted_alike(crowd: Engine):
    stored = create(crowd, definition(on=["norway", "old", "short"], hours=WINDOWS))
    fresh = told(crowd, stored)
    running = put(crowd, stored, CampaignState.RUNNING)
    placed = told(crowd, running)
    with writing(crowd) as connection:
        connection.execute(update(campaign_leads).values(queue_id=None))
    unplaced = told(crowd, running)
    assert fresh.forecast.hours == placed.forecast.hours == unplaced.forecast.hours
    assert reasons(fresh) == reasons(placed) == reasons(unplaced)
    assert fresh.forecast.people == 16
    assert sum(fresh.forecast.hours) > 0


def test_whom_the_where_does_not_mean_is_on_no_list_for_it(base: Engine):
    import_text(base, "Navn;Telefon;By\nÅse;22000001;Oslo\nPer;22000002;Bergen\n")
    stored = create(base, definition(top="where = 'By = \"Oslo\"'"))
    assert reasons(told(base, stored)) == {("list", "where"): 1}
    running = put(base, stored, CampaignState.RUNNING)
    assert reasons(told(base, running)) == {("list", "where"): 1}
    assert told(base, running).forecast.callable == 1


SALES = definition(hours=WINDOWS).replace('"service"', '"sales"')


@pytest.fixture
def customers(base: Engine, tmp_path: Path) -> Engine:
    """People who are in the register of Norway, and some in the United States."""
    norwegians = ["None", "Agreed", "Withdrew", "Expired", "Again", "Customer"]
    americans = ["Stranger", "Just", "Over", "Paper", "Word"]
    pairs = [(name, phone(n)) for n, name in enumerate(norwegians)]
    pairs += [(name, E164(f"+1212234567{n}")) for n, name in enumerate(americans)]
    import_people(base, pairs)
    load_registry(base, tmp_path, [number for _, number in pairs[:6]], "no-reservasjon")
    load_registry(base, tmp_path, [number for _, number in pairs[6:]], "us-ndncr")
    day = timedelta(days=1)
    long_ago = NOON - 900 * day
    marketing = "phone_marketing"
    consent(base, "Agreed", marketing, long_ago)
    consent(base, "Withdrew", marketing, long_ago, withdrawn_at=NOON - day)
    consent(base, "Expired", marketing, long_ago, expires_at=NOON - day)
    consent(base, "Again", marketing, long_ago, withdrawn_at=NOON - 9 * day)
    consent(base, "Again", marketing, NOON - 3 * day)
    consent(base, "Customer", "customer", long_ago)
    eighteen_months_before = NOON.replace(year=2024, month=12)
    consent(base, "Just", "customer", eighteen_months_before + 9 * day)
    consent(base, "Over", "customer", eighteen_months_before)
    consent(base, "Paper", "written_permission", long_ago, proof="form 7")
    consent(base, "Word", "written_permission", long_ago)
    return base


@pytest.mark.parametrize("consented", [(), (("consent", '["phone_marketing"]'),)])
def test_consents_and_relations_spare_as_the_gates_say(customers: Engine, consented: tuple):
    top = "".join(f"{key} = {value}\n" for key, value in consented)
    stored = started(customers, SALES.replace('mode = "prog', f'{top}mode = "prog'))
    found = told(customers, stored)
    assert_as_the_gates_say(customers, stored, found)
    assert found.forecast.people == 11
    gates = {gate for gate, _ in reasons(found)}
    assert gates == ({"registry", "consent"} if consented else {"registry"})
    assert max(found.forecast.hours) == (2 if consented else 6)


def test_what_only_the_call_itself_can_tell_is_said(base: Engine):
    import_people(base, [("Åse", "+12122345678"), ("Per", "+12122345679")])
    laws = Laws(load_rules(None, Own(max_per_day=1)))
    stored = started(base)
    assert told(base, stored, laws).not_known == ()
    call(base, stored, Outcome.NO_ANSWER, now=NOON + timedelta(hours=5))
    (sentence,) = told(base, stored, laws).not_known
    assert "caps and cool-downs are asked before each call" in sentence


def test_a_result_that_ended_the_work_is_counted_by_its_word(base: Engine):
    import_people(base, [("Åse", phone(1)), ("Per", phone(2))])
    stored = started(base)
    attempt = call(base, stored, Outcome.CONNECTED)
    with writing(base) as connection:
        record_result(
            connection, stored, attempt.id, said(stored, DispositionKind.SUCCESS), now=NOON
        )
    take(base, stored)
    found = told(base, stored)
    assert reasons(found) == {("attempts", "disposition:success"): 1, ("state", "in_call"): 1}
    assert (found.forecast.people, found.forecast.callable) == (2, 0)


def test_of_several_wishes_the_oldest_that_reaches_the_campaign_is_told(base: Engine):
    import_people(base, [("Åse", phone(1)), ("Per", "+4755000001"), ("Kari", phone(3))])
    suppress(base, phone(1), SuppressionScope.SELLER, "Another seller")
    suppress(base, phone(1), SuppressionScope.CAMPAIGN, "spring")
    wish(base, "+4755", SuppressionKind.PREFIX)
    suppress(base, E164("+4755000001"), SuppressionScope.SELLER, "Example Telecom AS")
    suppress(base, phone(3), SuppressionScope.SELLER, "Example Telecom AS")
    for subject, kind in (
        ("+4722", SuppressionKind.PREFIX),
        (str(lead_id_of(base, "Åse")), SuppressionKind.LEAD),
    ):
        wish(base, subject, kind)
    stored = started(base)
    assert reasons(told(base, stored)) == {
        ("suppression", "do_not_call:campaign"): 1,
        ("suppression", "do_not_call:all"): 1,
        ("suppression", "do_not_call:seller"): 1,
    }
    assert [by_gates(base, stored, NOON, LAWS), told(base, stored).forecast.callable] == [0, 0]


def test_wishes_of_erased_people_are_told_as_not_known(base: Engine):
    import_people(base, [("Åse", phone(1)), ("Per", phone(2))])
    suppress(base, phone(1))
    stored = started(base)
    with writing(base) as connection:
        erase(connection, lead_id_of(base, "Åse"), now=NOON)
    found = told(base, stored)
    assert reasons(found) == {("state", "erased"): 1}
    (sentence,) = found.not_known
    assert sentence.startswith("1 do-not-call entries of erased people are asked before each call")
