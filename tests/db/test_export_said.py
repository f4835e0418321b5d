"""Exports of what people said: answers, refusals, and wishes not to be called."""

from typing import Any

from sqlalchemy import Engine, insert, update

from campaigns.exports.content import Choice, Content
from campaigns.exports.export import CONTENTS
from campaigns.model import DispositionKind, Outcome
from campaigns.results import record_result
from campaigns.store import StoredCampaign, load
from campaigns.tables import answers, attempts
from leads import suppression
from leads.db import reading, writing
from leads.model import SuppressionScope
from leads.tables import lead_numbers, leads, suppressions
from tests.db.people import (
    NOON,
    add_agent,
    attempt_row,
    call,
    definition,
    import_people,
    lead_id_of,
    minutes,
    phone,
    said,
    started,
    suppress,
)

QUESTIONS = """
[[questions]]
key = "provider"
text = "Who is your provider?"
type = "multi"
choices = ["Telia", "Telenor", "other"]
"""


def found(
    base: Engine, what: str, *, campaign: str | None = None, where: Any = None
) -> list[dict[str, Any]]:
    """Return the rows of an export, by column."""
    with reading(base) as connection:
        stored = load(connection, campaign) if campaign else None
        content: Content = CONTENTS[what](connection, Choice(campaign=stored, where=where))
        names = [column.name for column in content.columns]
        return [dict(zip(names, row, strict=True)) for part in content.parts for row in part.rows]


def lead_ids(base: Engine, what: str) -> list[int]:
    with reading(base) as connection:
        parts = CONTENTS[what](connection, Choice()).parts
        return [lead_id for part in parts for lead_id in part.lead_ids]


def talk(base: Engine, stored: StoredCampaign, kind: DispositionKind, **more: Any) -> int:
    """Call the next person, and write what anna says of it; return the attempt."""
    agent_id = more.pop("agent_id", None)
    attempt = call(base, stored, Outcome.CONNECTED, agent_id=agent_id)
    with writing(base) as connection:
        record_result(
            connection, stored, attempt.id, said(stored, kind, **more), now=NOON + minutes(1)
        )
    return attempt.id


def asking(base: Engine, name: str = "spring") -> StoredCampaign:
    return started(base, definition(name, questions=QUESTIONS))


def test_every_answer_is_a_row(base: Engine):
    import_people(base, [("Åse", phone(1)), ("Per", phone(2))])
    stored = asking(base)
    both = {"provider": ["Telia", "other"]}
    first = talk(base, stored, DispositionKind.COMPLETED, answers=both)
    talk(base, stored, DispositionKind.REFUSAL)
    with writing(base) as connection:
        other = answers.c.answer == "other"
        connection.execute(update(answers).where(other).values(text="Ice", script_version="v2"))
    common = {
        "attempt_id": first,
        "lead_id": lead_id_of(base, "Åse"),
        "campaign": "spring",
        "question": "provider",
        "answered_at": NOON + minutes(1),
    }
    telia, other_one = found(base, "answers")
    assert list(telia) == [
        "attempt_id",
        "lead_id",
        "campaign",
        "question",
        "answer",
        "text",
        "script_version",
        "answered_at",
    ]
    assert telia == common | {"answer": "Telia", "text": None, "script_version": None}
    assert other_one == common | {"answer": "other", "text": "Ice", "script_version": "v2"}
    assert lead_ids(base, "answers") == [lead_id_of(base, "Åse")] * 2


def test_a_refusal_is_a_row_with_its_reason_and_the_note(base: Engine):
    import_people(
        base, [("Åse", phone(1)), ("Per", phone(2)), ("Kari", phone(3)), ("Bo", phone(4))]
    )
    stored = started(base)
    why = {"reason": "price", "note": "=too dear", "agent_id": add_agent(base)}
    first = talk(base, stored, DispositionKind.REFUSAL, **why)
    talk(base, stored, DispositionKind.SUCCESS)
    third = talk(base, stored, DispositionKind.REFUSAL)
    fourth = talk(base, stored, DispositionKind.REFUSAL, detail="2027-03-01", note="asked twice")
    dear, other, bound = found(base, "refusals")
    assert list(dear.items()) == [
        ("attempt_id", first),
        ("lead_id", lead_id_of(base, "Åse")),
        ("campaign", "spring"),
        ("agent", "anna"),
        ("reason", "price"),
        ("detail", "=too dear"),
        ("refused_at", NOON + minutes(1)),
        ("reoffer_campaign", None),
        ("reoffer_at", None),
    ]
    assert (other["attempt_id"], other["agent"], other["reason"]) == (third, None, None)
    assert (bound["attempt_id"], bound["detail"]) == (fourth, "2027-03-01")


def test_a_campaign_and_a_condition_choose_among_what_was_said(base: Engine):
    import_people(base, [("Åse", phone(1)), ("Per", phone(2))])
    for stored in (asking(base), asking(base, "summer")):
        for answer in ("Telia", "other"):
            talk(base, stored, DispositionKind.REFUSAL, answers={"provider": [answer]})
    per = leads.c.name == "Per"
    for what in ("answers", "refusals", "attempts"):
        assert len(found(base, what)) == 4
        assert [row["campaign"] for row in found(base, what, campaign="summer")] == ["summer"] * 2
        mine = found(base, what, campaign="summer", where=per)
        assert [row["lead_id"] for row in mine] == [lead_id_of(base, "Per")]
    for campaign in (None, "summer"):
        chosen = found(base, "leads", campaign=campaign, where=per)
        assert [row["name"] for row in chosen] == ["Per"]


def add_wish(base: Engine, kind: str, subject: str, **more: object) -> None:
    values = {"scope": "all", "source": "command", "created_at": NOON}
    with writing(base) as connection:
        connection.execute(insert(suppressions).values(kind=kind, subject=subject, **values | more))


def test_every_wish_is_a_row_those_taken_back_too(base: Engine):
    suppress(base, phone(1))
    suppress(base, phone(2), SuppressionScope.SELLER, "Example Telecom AS")
    with writing(base) as connection:
        suppression.remove(
            connection,
            phone(1),
            SuppressionScope.ALL,
            "",
            reason="a mistake",
            now=NOON + minutes(5),
        )
    add_wish(base, "prefix", "+4799", reason="ours")
    add_wish(base, "number_hash", "9f86d081884c7d65", source="erasure")
    first, *rest = found(base, "suppression")
    assert list(first.items()) == [
        ("subject_kind", "number"),
        ("number", phone(1)),
        ("scope", "all"),
        ("name", None),
        ("reason", "asked"),
        ("source", "command"),
        ("created_at", NOON),
        ("removed_at", NOON + minutes(5)),
        ("removed_reason", "a mistake"),
    ]
    assert [(row["subject_kind"], row["number"], row["scope"], row["name"]) for row in rest] == [
        ("number", phone(2), "seller", "Example Telecom AS"),
        ("prefix", "+4799", "all", None),
        ("number_hash", "9f86d081884c7d65", "all", None),
    ]


def test_a_campaign_and_a_condition_choose_among_the_wishes(base: Engine):
    import_people(base, [("Åse", phone(1)), ("Per", phone(2)), ("Kari", "+4799123456")])
    started(base)
    suppress(base, phone(1))
    suppress(base, phone(2), SuppressionScope.SELLER, "Example Telecom AS")
    suppress(base, phone(2), SuppressionScope.CAMPAIGN, "another")
    suppress(base, phone(9))
    add_wish(base, "prefix", "+4799")
    add_wish(base, "lead", str(lead_id_of(base, "Per")))
    add_wish(base, "number_hash", "z" * 64)

    def chosen(**more: Any) -> list[tuple[str, str]]:
        return [(row["subject_kind"], row["scope"]) for row in found(base, "suppression", **more)]

    assert chosen(campaign="spring") == [
        ("number", "all"),
        ("number", "seller"),
        ("number", "all"),
        ("prefix", "all"),
        ("lead", "all"),
        ("number_hash", "all"),
    ]
    assert chosen(where=leads.c.name == "Åse") == [("number", "all")]
    assert chosen(where=leads.c.name == "Per") == [
        ("number", "seller"),
        ("number", "campaign"),
        ("lead", "all"),
    ]
    assert chosen(where=leads.c.name == "Per", campaign="spring") == [
        ("number", "seller"),
        ("lead", "all"),
    ]
    assert chosen(where=leads.c.name == "Kari") == [("prefix", "all")]
    assert lead_ids(base, "suppression") == [lead_id_of(base, "Per")]


def test_a_lead_is_suppressed_by_its_number_its_first_digits_or_itself(base: Engine):
    names = ["Åse", "Per", "Kari", "Ola"]
    import_people(base, [*zip(names, [phone(1), phone(2), "+4799123456", phone(4)], strict=True)])
    suppress(base, phone(1))
    add_wish(base, "lead", str(lead_id_of(base, "Per")))
    add_wish(base, "prefix", "+4799")
    add_wish(base, "prefix", "+4", removed_at=NOON)
    add_wish(base, "lead", str(lead_id_of(base, "Ola")), removed_at=NOON)
    add_wish(base, "prefix", phone(4)[1:])
    add_wish(base, "number_hash", phone(4))
    assert {row["name"]: row["suppressed"] for row in found(base, "leads")} == {
        "Åse": True,
        "Per": True,
        "Kari": True,
        "Ola": False,
    }


def test_an_erased_person_is_no_lead_any_more_and_their_attempt_has_no_number(base: Engine):
    import_people(base, [("Åse", phone(1)), ("Per", phone(2))])
    stored = started(base)
    attempt_id = call(base, stored, Outcome.BUSY).id
    ase = lead_id_of(base, "Åse")
    erase(base, ase)
    assert attempt_row(base, attempt_id).phone is None
    assert [row["name"] for row in found(base, "leads")] == ["Per"]
    assert [row["name"] for row in found(base, "leads", campaign="spring")] == ["Per"]
    (attempt,) = found(base, "attempts")
    assert (attempt["lead_id"], attempt["phone"], attempt["outcome"]) == (ase, None, "busy")


def erase(base: Engine, lead_id: int) -> None:
    """Leave of a person what an erasure leaves."""
    with writing(base) as connection:
        connection.execute(lead_numbers.delete().where(lead_numbers.c.lead_id == lead_id))
        connection.execute(
            update(attempts).where(attempts.c.lead_id == lead_id).values(phone=None, number_id=None)
        )
        connection.execute(
            update(leads)
            .where(leads.c.id == lead_id)
            .values(name=None, external_id=None, attributes={}, erased_at=NOON)
        )
