"""Whose language an agent does not speak is left to others; who lacks a skill gets nobody."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from campaigns import desk, queues, turns
from campaigns.claims import claim
from campaigns.editing import edit
from campaigns.enrolment import enrol, judge_slice
from campaigns.leases import Lease
from campaigns.ledger import note_agent
from campaigns.model import DispositionKind, Outcome
from campaigns.results import record_result
from campaigns.store import StoredCampaign
from campaigns.tables import agents, campaign_leads
from campaigns.tables import queues as queue_table
from leads.db import reading, writing
from leads.errors import NotAllowedError
from leads.tables import leads
from tests.db.people import (
    LAWS,
    NOON,
    OPEN_10_TO_20,
    add_agent,
    close,
    definition,
    dial_next,
    import_text,
    lead_id_of,
    minutes,
    names_of,
    new_lease,
    said,
    started,
)

ZOFIA = "Zofia;+4722000001;pl\n"
PER = "Per;+4722000002;nb\n"
KIM = "Kim;+4722000003;\n"


def people(base: Engine, *rows: str) -> None:
    assert import_text(base, f"Navn;Telefon;Språk\n{''.join(rows)}").rejected == 0


def by_hand(**more: str) -> str:
    return definition(mode="manual", **more)


def agent(base: Engine, name: str, *languages: str, skills: tuple[str, ...] = ()) -> int:
    agent_id = add_agent(base, name)
    with writing(base) as connection:
        connection.execute(
            update(agents)
            .where(agents.c.id == agent_id)
            .values(languages=[*languages], skills=[*skills])
        )
    return agent_id


def taken_in(
    base: Engine,
    stored: StoredCampaign,
    languages: frozenset[str] | None,
    *,
    now: datetime = NOON,
    **more: Any,
) -> list[str]:
    """Claim as an engine does whose agents speak so, and return the names."""
    with writing(base) as connection:
        enrol(connection, stored, LAWS, now=now)
        found = claim(
            connection,
            stored,
            LAWS,
            limit=5,
            now=now,
            new_lease=new_lease,
            languages=languages,
            **more,
        )
    return sorted(names_of(base, found.taken))


def ask(
    base: Engine, stored: StoredCampaign, agent_id: int, *, now: datetime = NOON
) -> Lease | None:
    with writing(base) as connection:
        return desk.next_person(connection, stored, LAWS, agent_id, now=now)


@pytest.mark.parametrize(
    ("languages", "names"),
    [
        (None, ["Kim", "Per", "Zofia"]),
        (frozenset({"pl"}), ["Kim", "Zofia"]),
        (frozenset({"nb", "da"}), ["Kim", "Per"]),
        (frozenset({"nb", "pl"}), ["Kim", "Per", "Zofia"]),
        (frozenset({"de"}), ["Kim"]),
        (frozenset(), ["Kim"]),
    ],
)
def test_people_are_given_to_who_speaks_their_language(
    base: Engine, languages: frozenset[str] | None, names: list[str]
):
    people(base, ZOFIA, PER, KIM)
    assert taken_in(base, started(base), languages) == names


def test_people_of_one_place_are_in_one_queue_for_each_language(base: Engine):
    people(base, ZOFIA, PER, KIM, "Ola;+4722000004;nb\n")
    spring = started(base)
    with reading(base) as connection:
        found = queues.of_campaign(connection, spring.id)
        rows = connection.execute(select(campaign_leads.c.queue_id)).scalars().all()
    assert sorted(queue.language for queue in found) == ["", "nb", "pl"]
    assert len({queue.placing for queue in found}) == 1
    assert {queue.opens_at for queue in found} == {found[0].opens_at}
    assert sorted(rows.count(queue.id) for queue in found) == [1, 1, 2]


@pytest.mark.parametrize("asked_first", [1, 2, 20])
def test_people_of_several_languages_are_called_in_the_order_of_the_manager(
    base: Engine, monkeypatch: pytest.MonkeyPatch, asked_first: int
):
    monkeypatch.setattr(turns, "_FIRST_GROUPS", asked_first)
    text = "Navn;Telefon;Språk;Score\n" + "".join(
        f"P{n};+47220001{n:02};{('pl', '', 'nb')[n % 3]};{(n * 7) % 10}\n" for n in range(10)
    )
    assert import_text(base, text).rejected == 0
    spring = started(base, by_hand(queue='[queue]\nby = "-Score"'))
    by_score = sorted(range(10), key=lambda n: -((n * 7) % 10))
    names = []
    for number in range(4):
        lease = ask(base, spring, agent(base, f"agent_{number}"))
        assert lease is not None
        names.append(lease.lead_id)
    assert names == [lead_id_of(base, f"P{n}") for n in by_score[:4]]
    lease = ask(base, spring, agent(base, "zofia", "pl"))
    assert lease is not None
    first = next(n for n in by_score[4:] if n % 3 in (0, 1))
    assert lease.lead_id == lead_id_of(base, f"P{first}")


def test_an_agent_of_whom_nothing_is_told_gets_everybody(base: Engine):
    people(base, ZOFIA)
    assert ask(base, started(base, by_hand()), agent(base, "anna")) is not None


def test_an_agent_gets_whom_they_can_talk_to_and_is_told_of_the_others(base: Engine):
    people(base, ZOFIA, "Ewa;+4722000005;pl\n", PER)
    spring = started(base, by_hand())
    anna = agent(base, "anna", "nb")
    lease = ask(base, spring, anna)
    assert lease is not None
    assert lease.lead_id == lead_id_of(base, "Per")
    bo = agent(base, "bo", "nb", "sv")
    assert ask(base, spring, bo) is None
    with reading(base) as connection:
        why = desk.why_nobody(connection, spring, languages=frozenset({"nb", "sv"}), now=NOON)
        anybody = desk.why_nobody(connection, spring, now=NOON)
    assert {"gate": "language", "count": 2, "next_at": None} in why
    assert [one["gate"] for one in anybody] == ["state"]
    assert sum(int(str(one["count"])) for one in why) == 3
    assert ask(base, spring, agent(base, "ewa", "pl")) is not None


def test_who_waits_for_the_morning_and_another_language_is_told_of_as_the_latter(base: Engine):
    people(base, ZOFIA, PER)
    spring = started(base, by_hand(hours=OPEN_10_TO_20))
    late = NOON + minutes(660)
    assert ask(base, spring, agent(base, "anna", "nb"), now=late) is None
    with reading(base) as connection:
        why = desk.why_nobody(connection, spring, languages=frozenset({"nb"}), now=late)
    assert {one["gate"]: one["count"] for one in why} == {"language": 1, "hours": 1}


def test_an_edited_language_is_another_queue(base: Engine, tmp_path: Path):
    people(base, ZOFIA)
    spring = started(base)
    assert taken_in(base, spring, frozenset({"nb"})) == []
    with writing(base) as connection:
        edit(
            connection,
            lead_id_of(base, "Zofia"),
            ["language=nb"],
            region="NO",
            registry_folder=tmp_path,
            who="kari",
            now=NOON,
        )
    assert taken_in(base, spring, frozenset({"pl"})) == []
    assert taken_in(base, spring, frozenset({"nb"})) == ["Zofia"]


def test_a_language_that_an_import_brings_counts_at_once_and_moves_the_person(base: Engine):
    people(base, KIM)
    spring = started(base)
    people(base, "Kim;+4722000003;pl\n")
    # The gates see it before anybody has looked for their queue anew.
    assert taken_in(base, spring, frozenset({"nb"})) == []
    assert taken_in(base, spring, frozenset({"pl"})) == ["Kim"]


def test_the_slow_round_moves_whoever_has_another_language(base: Engine):
    people(base, KIM)
    spring = started(base)
    people(base, "Kim;+4722000003;pl\n")
    with writing(base) as connection:
        judge_slice(connection, spring, LAWS, after_lead_id=0, now=NOON)
        language = connection.scalar(
            select(queue_table.c.language).join(
                campaign_leads, campaign_leads.c.queue_id == queue_table.c.id
            )
        )
    assert language == "pl"


def test_a_language_that_is_forgotten_is_nobodys_hindrance(base: Engine):
    people(base, ZOFIA)
    spring = started(base)
    with writing(base) as connection:
        connection.execute(update(leads).values(language=None))
        judge_slice(connection, spring, LAWS, after_lead_id=0, now=NOON)
    assert taken_in(base, spring, frozenset({"de"})) == ["Zofia"]


@pytest.mark.parametrize("shut", [False, True])
def test_a_promise_is_kept_by_who_speaks_the_language(base: Engine, shut: bool):
    people(base, ZOFIA)
    spring = started(base)
    promised = NOON + minutes(60)
    attempt = dial_next(base, spring)
    anna = add_agent(base)
    with writing(base) as connection:
        note_agent(connection, attempt.id, anna)
        promise = said(spring, DispositionKind.CALLBACK, callback_at=promised)
        record_result(connection, spring, attempt.id, promise, now=NOON)
    close(base, spring, attempt, Outcome.CONNECTED, agent_id=anna)
    if shut:
        with writing(base) as connection:
            connection.execute(
                update(queue_table).values(
                    opens_at=promised + timedelta(hours=5), closes_at=promised + timedelta(hours=9)
                )
            )
    before = promised - timedelta(seconds=1)
    assert taken_in(base, spring, frozenset({"pl"}), now=before) == []
    assert taken_in(base, spring, frozenset({"nb"}), now=promised) == []
    assert taken_in(base, spring, frozenset({"pl"}), now=promised) == ["Zofia"]


def test_who_lacks_a_skill_gets_nobody_and_is_told_which(base: Engine):
    people(base, PER)
    spring = started(base, by_hand())
    skilled = replace(spring, campaign=replace(spring.campaign, skills=("loans", "norwegian")))
    with pytest.raises(NotAllowedError, match="bo lacks the skill 'norwegian', which 'spring'"):
        ask(base, skilled, agent(base, "bo", skills=("loans",)))
    assert ask(base, skilled, agent(base, "anna", skills=("norwegian", "loans", "x"))) is not None
