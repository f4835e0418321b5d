"""What agents were shown to say is kept, and an answer keeps the version it was given to."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from campaigns import desk, desk_document, leases, store, tasks
from campaigns.desk_tables import script_versions
from campaigns.exports.export import export
from campaigns.leases import Lease
from campaigns.ledger import note_agent
from campaigns.model import CampaignState, DispositionKind, Outcome
from campaigns.result_words import Result, Words
from campaigns.results import record_result
from campaigns.rules.own import Own
from campaigns.scripts import checking, previews, versions
from campaigns.scripts.shown import note_shown, words_for
from campaigns.scripts.texts import ScriptTexts
from campaigns.store import StoredCampaign
from campaigns.tables import answers, claims
from campaigns.tasks import NewTask
from dialer.desk import Desk
from leads.access import accesses_to
from leads.db import reading, writing
from leads.errors import UsageError
from leads.site import Settings, Site
from tests.db.people import (
    LAWS,
    NOON,
    add_agent,
    attempt_row,
    call,
    close,
    create,
    definition,
    dial_next,
    import_text,
    lead_id_of,
    minutes,
    phone,
    put,
    said,
    understood,
)

TALK = """[script]
file = "spring.md"
about = "your contract"
[script.languages]
nb = "spring.nb.md"

[[questions]]
key = "provider"
text = "Who is your provider?"
type = "choice"
choices = ["Telia", "other"]"""

FIRST = ScriptTexts(
    texts={
        "": "Hi {{ lead.first_name }} of {{ lead.By }}!\n"
        "{% if answers.provider == 'Telia' %}Telia.{% endif %}\n## ? Too dear\nNo.",
        "nb": "Hei {{ lead.name }}!",
    },
    about={"": "your contract"},
)
SECOND = ScriptTexts(texts={"": "Good day, {{ lead.name }}."}, about={"": "your contract"})


def text(mode: str = "manual") -> str:
    return definition("spring", mode=mode, talk=TALK)


@pytest.fixture
def anna(base: Engine) -> int:
    return add_agent(base)


def begun(base: Engine, mode: str = "manual") -> StoredCampaign:
    """Return a campaign that runs with a script, with Åse and Per on its list."""
    import_text(
        base,
        f"Id;Navn;Telefon;By;Språk\n17;Åse Lunde;{phone(1)};Oslo;\n18;Per Lunde;{phone(2)};;nb\n",
    )
    with writing(base) as connection:
        problems = store.create(
            connection, understood(text(mode)), definition=text(mode), script=FIRST,
            file=None, now=NOON,
        )  # fmt: skip
        assert problems == ()
        stored = store.load(connection, "spring")
    return put(base, stored, store.CampaignState.RUNNING)


def change_script(base: Engine, stored: StoredCampaign, script: ScriptTexts) -> StoredCampaign:
    with writing(base) as connection:
        assert not store.change(
            connection, stored, stored.campaign, definition=stored.definition, script=script,
            file=None, now=NOON + minutes(1),
        )  # fmt: skip
        return store.load(connection, "spring")


def held(base: Engine, stored: StoredCampaign, agent_id: int) -> Lease:
    with writing(base) as connection:
        lease = desk.next_person(connection, stored, LAWS, agent_id, now=NOON)
    assert lease is not None
    return lease


def shown(base: Engine, stored: StoredCampaign, agent_id: int) -> dict[str, Any]:
    """Show the next person to an agent as `Desk.next` does."""
    lease = held(base, stored, agent_id)
    with reading(base) as connection:
        document = desk_document.person_document(connection, stored, LAWS, lease, now=NOON)
    with writing(base) as connection:
        note_shown(connection, lease, document["script_version"])  # type: ignore[arg-type]
    return document


def give(base: Engine, stored: StoredCampaign, agent_id: int, **given: str) -> int:
    """Give a result with answers; return the attempt's id."""
    lease = held(base, stored, agent_id)
    result = said(
        stored, DispositionKind.COMPLETED, answers={key: [value] for key, value in given.items()}
    )
    with writing(base) as connection:
        desk.give_result(connection, stored, lease, result, now=NOON)
        return int(
            connection.scalars(select(answers.c.attempt_id).order_by(answers.c.id.desc())).first()
            or 0
        )


def kept_answers(base: Engine) -> list[tuple[str, str | None]]:
    with reading(base) as connection:
        rows = connection.execute(select(answers).order_by(answers.c.id))
        return [(row.answer, row.script_version) for row in rows]


def test_the_script_is_kept_by_its_version_and_read_back(base: Engine):
    stored = begun(base)
    assert stored.script == FIRST
    with reading(base) as connection:
        assert store.load_id(connection, stored.id) == stored
        assert store.load_all(connection) == (stored,)
        assert versions.load(connection, FIRST.version) == FIRST
        assert versions.load(connection, "000000000000") is None
    back = change_script(base, change_script(base, stored, SECOND), FIRST)
    assert back.script == FIRST
    with reading(base) as connection:
        kept = connection.execute(select(script_versions.c.version, script_versions.c.kept_at))
        assert {(row.version, row.kept_at) for row in kept} == {
            (FIRST.version, NOON),
            (SECOND.version, NOON + minutes(1)),
        }


def test_a_campaign_without_a_script_has_an_opening_all_the_same(base: Engine, anna: int):
    import_text(base, f"Navn;Telefon\nÅse;{phone(1)}\n")
    plain = put(base, create(base, definition(mode="manual")), store.CampaignState.RUNNING)
    document = shown(base, plain, anna)
    assert (document["script"], document["script_version"], document["drawer"]) == (None, None, [])
    assert document["opening"] == (
        "Hello, my name is Anna and I am calling on behalf of Example Telecom AS. "
        "This is a service call."
    )
    give(base, plain, anna)
    assert kept_answers(base) == []


def test_the_agent_sees_script_opening_and_drawer_of_the_person(base: Engine, anna: int):
    spring = begun(base)
    document = shown(base, spring, anna)
    assert document["script"] == "Hi Åse of Oslo!"
    assert document["drawer"] == [{"title": "Too dear", "text": "No."}]
    assert document["script_version"] == FIRST.version
    assert str(document["opening"]).endswith("I am calling about your contract.")
    per = shown(base, spring, add_agent(base, "bo"))
    assert per["script"] == "Hei Per Lunde!"
    assert str(per["opening"]).startswith("Hei, jeg heter Bo og ringer")


def test_the_words_follow_the_answers_given_so_far(base: Engine, anna: int):
    spring = begun(base)
    lease = held(base, spring, anna)

    def script(given: Mapping[str, list[str]] | None) -> object:
        with reading(base) as connection:
            return words_for(connection, spring, LAWS, lease, given=given, now=NOON)["script"]

    assert script({"provider": ["Telia"]}) == "Hi Åse of Oslo!\nTelia."
    assert script({"provider": ["other"]}) == "Hi Åse of Oslo!"
    assert script(None) == "Hi Åse of Oslo!"


def test_an_answer_keeps_the_version_it_was_given_to(base: Engine, anna: int, tmp_path: Any):
    spring = begun(base)
    assert shown(base, spring, anna)["script_version"] == FIRST.version
    changed = change_script(base, spring, SECOND)
    again = shown(base, changed, anna)  # the talk goes on with the words it began with
    assert (again["script"], again["script_version"]) == ("Hi Åse of Oslo!", FIRST.version)
    first = give(base, changed, anna, provider="Telia")
    assert attempt_row(base, first).script_version == FIRST.version
    assert shown(base, changed, anna)["script"] == "Good day, Per Lunde."
    second = give(base, changed, anna, provider="other")
    assert attempt_row(base, second).script_version == SECOND.version
    assert kept_answers(base) == [("Telia", FIRST.version), ("other", SECOND.version)]
    file = tmp_path / "answers.csv"
    export(base, "answers", output=str(file), now=NOON)
    written = file.read_text(encoding="utf-8-sig")
    assert FIRST.version in written
    assert SECOND.version in written
    with reading(base) as connection:
        found = [*versions.of_campaign(connection, spring.id)]
    assert [(one.version, one.calls, one.current) for one in found] == [
        (SECOND.version, 1, True),
        (FIRST.version, 1, False),
    ]


def test_who_was_shown_nothing_answered_to_no_version(base: Engine, anna: int):
    spring = begun(base)
    assert attempt_row(base, give(base, spring, anna, provider="Telia")).script_version is None
    assert kept_answers(base) == [("Telia", None)]


def test_where_the_engine_dials_the_attempt_keeps_what_was_shown(base: Engine, anna: int):
    spring = begun(base, "progressive")
    attempt = dial_next(base, spring)
    with writing(base) as connection:
        note_agent(connection, attempt.id, anna)
    assert attempt_row(base, attempt.id).script_version is None
    assert shown(base, spring, anna)["script"] == "Hi Åse of Oslo!"
    assert attempt_row(base, attempt.id).script_version == FIRST.version
    changed = change_script(base, spring, SECOND)
    assert shown(base, changed, anna)["script_version"] == FIRST.version
    result = Result(
        disposition=said(spring, DispositionKind.PARTIAL).disposition,
        answers={"provider": ["Telia"]},
    )
    with writing(base) as connection:
        record_result(connection, changed, attempt.id, result, now=NOON)
    assert kept_answers(base) == [("Telia", FIRST.version)]
    # What was answered already is there when the words are shown once more.
    with reading(base) as connection:
        lease = leases.lease_of(connection, anna)
        assert lease is not None
        again = words_for(connection, changed, LAWS, lease, now=NOON)
    assert again["script"] == "Hi Åse of Oslo!\nTelia."
    close(base, changed, attempt, Outcome.CONNECTED, agent_id=anna)


def test_a_call_that_nobody_was_shown_has_no_version(base: Engine):
    spring = begun(base, "progressive")
    assert attempt_row(base, call(base, spring, Outcome.BUSY).id).script_version is None


def test_a_version_shown_before_the_call_goes_with_it(base: Engine, anna: int):
    spring = begun(base)
    shown(base, spring, anna)
    with reading(base) as connection:
        assert connection.scalar(select(claims.c.script_version)) == FIRST.version
    lease = held(base, spring, anna)
    assert lease.script_version == FIRST.version


def test_the_check_knows_the_columns_of_the_campaign_s_own_lists(base: Engine):
    stored = begun(base)
    import_text(base, f"Navn;Telefon;Farge\nKari;{phone(3)};red\n", "sweden")
    with reading(base) as connection:
        assert checking.columns_of(connection, stored.campaign) == {"By"}
        wrong = ScriptTexts(texts={"": "{{ lead.Farge }} {{ lead.By }}"})
        (finding,) = checking.findings(connection, stored.campaign, wrong)
        assert finding.error
        assert str(finding).startswith("spring.md, line 1: no list of the campaign has a column")


def test_the_check_tells_what_rules_ask_for_and_what_is_only_proposed(base: Engine):
    import_text(base, "Navn;Telefon\nSam;+12065550100\nLin;+886223456789\n", "far")
    sales = text().replace('"service"', '"sales"\ntopics = ["banking"]').replace("norway", "far")
    campaign = understood(sales)
    with reading(base) as connection:
        found, proposed = checking.of_rules(connection, None, campaign, None, LAWS, now=NOON)
        silent, _ = checking.of_rules(connection, None, campaign, FIRST, LAWS, now=NOON)
    assert [str(one) for one in found] == [
        "script.about: is missing: us.tsr.opening asks to say at once what is offered"
    ]
    assert silent == ()
    assert "tw.banks" in [one.rule for one in proposed]


def test_a_preview_is_for_somebody_or_for_a_made_up_person(base: Engine):
    stored = begun(base)
    with reading(base) as connection:
        person, _ = previews.a_person(
            connection, stored, LAWS, lead_id_of(base, "Per Lunde"), now=NOON
        )
        assert (person.name, person.language, person.phone_masked) == (
            "Per Lunde",
            "nb",
            "+4722****02",
        )
        assert isinstance(person.local_time, datetime)
        assert person.local_time.hour == 12
        someone, _ = previews.made_up(connection, stored, LAWS, now=NOON)
        assert someone.attributes == {"By": "(By)"}
        with pytest.raises(UsageError, match="no lead 99"):
            previews.a_person(connection, stored, LAWS, 99, now=NOON)


# At the desk


def desk_of(base: Engine, tmp_path: Path) -> Desk:
    site = Site(
        config_file=tmp_path / "config.toml",
        opener=lambda: base,
        settings=lambda: Settings(
            region=None, registries=tmp_path, trunks={}, engine="default", rules_folder=None,
            own_rules=Own().document(), require_token=False, pauses={},
        ),
    )  # fmt: skip
    return Desk(site)


def test_the_desk_keeps_what_it_showed_and_shows_it_for_other_answers(
    base: Engine, anna: int, tmp_path: Path
):
    spring = begun(base)
    at_desk = desk_of(base, tmp_path)
    person = at_desk.next("spring", "anna")
    lease = str(person["lease"])
    with reading(base) as connection:
        assert connection.scalar(select(claims.c.script_version)) == FIRST.version
    change_script(base, spring, SECOND)
    then = at_desk.script(lease, {"provider": ["Telia"]})
    assert then["script"] == "Hi Åse of Oslo!\nTelia."
    assert (then["opening"], then["drawer"]) == (person["opening"], person["drawer"])
    assert then["script_version"] == FIRST.version
    at_desk.give(lease, Words(disposition="completed", answers=("provider=Telia",)))
    assert kept_answers(base) == [("Telia", FIRST.version)]
    with pytest.raises(UsageError, match="no lease"):
        at_desk.script(lease, {})
    assert at_desk.next("spring", "anna")["script_version"] == SECOND.version


@pytest.mark.parametrize("mode", ["manual", "preview"])
def test_the_number_stands_nowhere_for_whoever_does_not_dial_it(
    base: Engine, anna: int, tmp_path: Path, mode: str
):
    import_text(
        base, "Id;Navn;Mobil;Telefon;WhatsApp\n22000001;Åse;22000001;22000003;22 00 00 01\n"
    )
    script = "Is {{ lead.attributes['WhatsApp'] }} yours?\n\n## ? Who\n{{ lead.WhatsApp }}"
    put(base, create(base, definition(mode=mode), script=script), CampaignState.RUNNING)
    with writing(base) as connection:
        new = NewTask(lead_id=lead_id_of(base, "Åse"), kind="other", text=f"use {phone(3)}")
        tasks.add(connection, new, by="bo", now=NOON)
    at_desk = desk_of(base, tmp_path)
    person = at_desk.next("spring", "anna")
    shown = [person, at_desk.script(str(person["lease"]), {})]
    digits = re.sub("[ .]", "", json.dumps(shown, default=str))
    seen = [digits.count("22000001") > 0, digits.count("22000003") > 0]
    assert seen == [mode == "manual"] * 2
    assert person["phone_masked"] == "+4722****01"
    with reading(base) as connection:
        (seen, *_) = accesses_to(connection, lead_id_of(base, "Åse")).accesses
    assert (seen.who, seen.action) == ("anna", "next")
