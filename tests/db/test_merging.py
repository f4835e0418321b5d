"""Two leads become one: nothing is lost, the rules decide anew, and it is remembered."""

import json

import pytest
from sqlalchemy import Engine, func, insert, select, update

from campaigns import enrolment
from campaigns.erasure import erase
from campaigns.merging import Merged, merge
from campaigns.model import DispositionKind, Outcome
from campaigns.person import person_document
from campaigns.results import record_result
from campaigns.tables import answers, attempts, campaign_leads
from campaigns.undo import undo
from leads import store
from leads.consent_rules import NewConsent
from leads.consents import add as add_consent
from leads.db import reading, writing
from leads.errors import NotAllowedError, UsageError
from leads.model import LeadId
from leads.tables import consents, lead_changes, leads, list_members, lists, merges, suppressions
from tests.db.people import (
    LAWS,
    NOON,
    call,
    claim_rows,
    definition,
    enrolled,
    import_text,
    lead_id_of,
    minutes,
    phone,
    said,
    started,
    take,
)

OLA, OLAF = "Ola Nordmann", "Olaf Nordmann"
FIRST = f"Kundenr;Navn;Telefon;By\n1;{OLA};22448201;Oslo\n"
SECOND = f"Kundenr;Navn;Telefon;By;Merke\n2;{OLAF};22448202;Bergen;blå\n"


def both(base: Engine) -> tuple[int, int]:
    import_text(base, FIRST)
    import_text(base, SECOND, "sweden")
    return lead_id_of(base, OLA), lead_id_of(base, OLAF)


def unite(base: Engine, kept: int, merged: int) -> Merged:
    with writing(base) as connection:
        return merge(connection, kept, merged, who="anna", now=NOON + minutes(60))


def test_the_kept_lead_gets_what_only_the_other_knew(base: Engine) -> None:
    kept, merged = both(base)
    assert unite(base, kept, merged) == Merged(
        kept_id=kept, merged_id=merged, filled=("Merke",),
        numbers=1, lists=1, attempts=0, campaigns=0,
    )  # fmt: skip
    with reading(base) as connection:
        lead = store.known_lead(connection, kept)
        assert store.lead(connection, merged) is None
        assert store.merged_into(connection, merged) == kept
    assert (lead.name, lead.external_id) == (OLA, "1")
    assert lead.attributes == {"By": "Oslo", "Merke": "blå"}
    assert [one.e164 for one in lead.phones] == ["+4722448201", "+4722448202"]
    assert lead.lists == ("norway", "sweden")


def test_a_name_comes_from_whoever_has_one(base: Engine) -> None:
    import_text(base, "Navn;Telefon\n;22448201\n")
    import_text(base, SECOND)
    with reading(base) as connection:
        nameless = connection.execute(select(leads.c.id).where(leads.c.name_key.is_(None)))
        kept = nameless.scalar_one()
    assert unite(base, kept, lead_id_of(base, OLAF)).filled[:2] == ("external_id", "name")
    with reading(base) as connection:
        row = connection.execute(select(leads)).one()
        before = connection.scalar(select(lead_changes.c.before))
    assert (row.name, row.name_key, row.external_id) == (OLAF, "nordmann olaf", "2")
    assert before["name"] is None


def test_everything_the_merged_lead_was_is_kept(base: Engine) -> None:
    kept, merged = both(base)
    stored = started(base, definition(on=["sweden"]))
    call(base, stored, Outcome.NO_ANSWER)
    unite(base, kept, merged)
    with reading(base) as connection:
        row = connection.execute(select(merges)).one()
    assert (row.kept_id, row.merged_by, row.merged_at) == (kept, "anna", NOON + minutes(60))
    (facts,) = row.merged["facts"]
    assert (facts["name"], facts["external_id"]) == (OLAF, "2")
    assert [one["e164"] for one in row.merged["numbers"]] == ["+4722448202"]
    assert [one["list"] for one in row.merged["lists"]] == ["sweden"]
    assert [one["outcome"] for one in row.merged["attempts"]] == ["no_answer"]
    assert [one["campaign"] for one in row.merged["campaigns"]] == ["spring"]


def test_where_both_are_enrolled_the_rules_decide_from_all_attempts(base: Engine) -> None:
    """One no_answer each: with two allowed, neither was done, and both together are."""
    kept, merged = both(base)
    retry = '[retry]\nno_answer = { after = "4h", max = 2 }'
    stored = started(base, definition(on=["norway", "sweden"], retry=retry))
    call(base, stored, Outcome.NO_ANSWER)
    call(base, stored, Outcome.NO_ANSWER, now=NOON + minutes(5))
    assert {row.state for row in enrolled(base, stored).values()} == {"waiting"}
    done = unite(base, kept, merged)
    assert (done.attempts, done.campaigns) == (1, 1)
    ((name, row),) = enrolled(base, stored).items()
    assert (name, row.attempts, row.state, row.held_by) == (OLA, 2, "done", "retry:no_answer:max")
    assert row.last_attempt_at == NOON + minutes(5)
    with reading(base) as connection:
        assert {*connection.scalars(select(attempts.c.lead_id))} == {kept}


def test_a_refusal_of_the_merged_lead_ends_the_work_on_the_kept_one(base: Engine) -> None:
    kept, merged = both(base)
    stored = started(base, definition(on=["norway", "sweden"]))
    first = call(base, stored, Outcome.NO_ANSWER)
    assert first.lead_id == kept
    talk = call(base, stored, Outcome.CONNECTED)
    with writing(base) as connection:
        refused = said(stored, DispositionKind.REFUSAL, answers={"why": ["money"]})
        record_result(connection, stored, talk.id, refused, now=NOON)
    unite(base, kept, merged)
    ((_, row),) = enrolled(base, stored).items()
    assert (row.state, row.held_by, row.last_disposition) == (
        "done", "disposition:refusal", "refusal",
    )  # fmt: skip
    assert take(base, stored, 9, now=NOON + minutes(600)) == ()
    with reading(base) as connection:
        assert {*connection.scalars(select(answers.c.lead_id))} == {kept}


def test_where_only_the_merged_lead_is_enrolled_the_kept_one_takes_its_place(base: Engine) -> None:
    kept, merged = both(base)
    stored = started(base, definition(on=["sweden"]))
    call(base, stored, Outcome.BUSY)
    unite(base, kept, merged)
    ((name, row),) = enrolled(base, stored).items()
    assert (name, row.attempts, row.held_by) == (OLA, 1, "retry:busy")
    (claim,) = take(base, stored, now=NOON + minutes(60))
    assert claim.person.phone == "+4722448202"  # the number that was busy


def test_consents_and_wishes_follow_the_person(base: Engine) -> None:
    kept, merged = both(base)
    wish = {"kind": "lead", "scope": "all", "source": "command", "created_at": NOON}
    with writing(base) as connection:
        connection.execute(insert(suppressions).values(subject=str(merged), **wish))
        connection.execute(insert(suppressions).values(subject=str(kept), **wish))
        connection.execute(
            insert(suppressions).values(
                **wish | {"scope": "seller"}, scope_name="Example", subject=str(merged)
            )
        )
        connection.execute(
            insert(consents).values(
                lead_id=merged, kind="call", source="form", given_at=NOON, recorded_at=NOON
            )
        )
    unite(base, kept, merged)
    with reading(base) as connection:
        wishes = connection.execute(select(suppressions.c.subject, suppressions.c.scope)).all()
        assert sorted(map(tuple, wishes)) == [(str(kept), "all"), (str(kept), "seller")]
        assert connection.scalars(select(consents.c.lead_id)).all() == [kept]


def test_a_merge_into_a_merged_lead_leads_to_who_is_left(base: Engine) -> None:
    kept, merged = both(base)
    import_text(base, f"Navn;Telefon\nKari;{phone(3)}\n")
    kari = lead_id_of(base, "Kari")
    unite(base, kept, merged)
    unite(base, kari, kept)
    with reading(base) as connection:
        assert store.merged_into(connection, merged) == store.merged_into(connection, kept) == kari
        with pytest.raises(UsageError, match=f"merged into {kari}"):
            store.known_lead(connection, merged)
        document = json.dumps(person_document(connection, kari), default=str)
    assert OLAF in document
    assert OLA in document


def test_the_id_of_a_merged_lead_is_nobody_elses(base: Engine) -> None:
    kept, merged = both(base)
    unite(base, kept, merged)
    import_text(base, "Navn;Telefon\nKari;22448203\n")
    assert lead_id_of(base, "Kari") > merged


def test_an_erased_person_takes_what_was_merged_along(base: Engine) -> None:
    kept, merged = both(base)
    unite(base, kept, merged)
    with writing(base) as connection:
        erase(connection, kept, now=NOON)
        assert connection.scalar(select(func.count()).select_from(merges)) == 0
    with pytest.raises(UsageError, match="was erased"):
        unite(base, kept, merged)


def test_nobody_is_merged_from_under_a_caller(base: Engine) -> None:
    kept, merged = both(base)
    take(base, started(base, definition(on=["sweden"])))
    for pair in ((kept, merged), (merged, kept)):
        with pytest.raises(NotAllowedError, match=f"lead {merged} is in a call"):
            unite(base, *pair)
    assert len(claim_rows(base)) == 1


def test_a_lead_is_not_merged_with_itself_or_with_nobody(base: Engine) -> None:
    kept, _ = both(base)
    with pytest.raises(UsageError, match="the same lead"):
        unite(base, kept, kept)
    with pytest.raises(UsageError, match="no lead 99"):
        unite(base, kept, 99)


@pytest.mark.parametrize("import_id", [1, 2])
def test_an_import_whose_people_were_merged_is_not_undone(base: Engine, import_id: int) -> None:
    kept, merged = both(base)
    unite(base, kept, merged)
    with (
        writing(base) as connection,
        pytest.raises(NotAllowedError, match="1 of its people has been merged"),
    ):
        undo(connection, import_id, now=NOON)


def test_an_import_that_completed_a_merged_lead_is_not_undone(base: Engine) -> None:
    kept, merged = both(base)
    report = import_text(base, f"Navn;Telefon;Ny\n{OLAF};22448202;x\n", "sweden")
    assert report.joined == 1
    unite(base, kept, merged)
    assert report.import_id is not None
    with writing(base) as connection, pytest.raises(NotAllowedError, match="been merged"):
        undo(connection, report.import_id, now=NOON)


def test_an_import_whose_people_were_erased_is_not_undone(base: Engine) -> None:
    kept, _ = both(base)
    with writing(base) as connection:
        erase(connection, kept, now=NOON)
    with writing(base) as connection, pytest.raises(NotAllowedError, match="been erased"):
        undo(connection, 1, now=NOON)
    with writing(base) as connection:
        assert undo(connection, 2, now=NOON).removed == 1


def test_an_expired_list_is_called_no_more(base: Engine) -> None:
    both(base)
    stored = started(base, definition(on=["norway", "sweden"]))
    with writing(base) as connection:
        connection.execute(
            update(lists).where(lists.c.name == "norway").values(expires_on=NOON.date())
        )
    names = [one.person.phone for one in take(base, stored, 9)]
    assert names == ["+4722448202"]
    assert enrolled(base, stored)[OLA].held_by == "list"


def test_no_member_or_row_of_a_merged_lead_is_left(base: Engine) -> None:
    kept, merged = both(base)
    import_text(base, SECOND, "norway")
    unite(base, kept, merged)
    with reading(base) as connection:
        for table in (list_members, campaign_leads, lead_changes):
            theirs = select(func.count()).where(table.c.lead_id == merged)
            assert connection.scalar(theirs) == 0


def test_a_campaign_looks_again_at_whoever_a_merge_gave_a_consent(base: Engine) -> None:
    kept, merged = both(base)
    with writing(base) as connection:
        given = NewConsent(kind="call", source="fair", given_at=NOON)
        add_consent(connection, LeadId(merged), given, now=NOON)
    stored = started(base, definition(top='consent = ["call"]'))
    assert take(base, stored) == ()
    unite(base, kept, merged)
    assert [claim.person.lead_id for claim in take(base, stored)] == [kept]


def test_who_is_merged_while_a_list_is_being_enrolled_is_enrolled(
    base: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_text(base, FIRST)  # on no list of the campaign, and with the lowest id
    kept = lead_id_of(base, OLA)
    import_text(base, "Navn;Telefon\nPer;22448205\n" + f"{OLAF};22448202\n", "sweden")
    monkeypatch.setattr(enrolment, "ENROL_AT_ONCE", 1)
    stored = started(base, definition(on=["sweden"]))
    assert set(enrolled(base, stored)) == {"Per"}
    unite(base, kept, lead_id_of(base, OLAF))
    with writing(base) as connection:
        while enrolment.has_newcomers(connection, stored.id):
            enrolment.enrol(connection, stored, LAWS, now=NOON)
    assert set(enrolled(base, stored)) == {"Per", OLA}
