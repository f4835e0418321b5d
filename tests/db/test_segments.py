"""Whom a segment means: the same people in SQL, on both databases, as when it is read aloud."""

import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from sqlalchemy import Engine, insert, select

from campaigns import segment
from campaigns.tables import attempts, campaign_leads, campaigns
from leads.db import reading, writing
from leads.errors import UsageError
from leads.filters import attribute_names
from leads.segment_tree import (
    Ago,
    And,
    Compare,
    Field,
    HasConsent,
    InCampaign,
    InList,
    Kind,
    Known,
    Node,
    Not,
    OneOf,
    Op,
    Or,
    Suppressed,
    written,
)
from leads.tables import (
    consents,
    imports,
    lead_numbers,
    leads,
    list_members,
    lists,
    numbers,
    suppressions,
)
from tests.unit.leads.trees import ORDERS, TEXTS, leaves_of, trees

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
COLUMNS = ["Antall år", 'Sagt "ja"', "a.b", "By", "17", "\\"]
KINDS = {
    "name": Kind.TEXT,
    "external_id": Kind.TEXT,
    "country": Kind.TEXT,
    "phone": Kind.TEXT,
    "phone_kind": Kind.TEXT,
    "created_at": Kind.MOMENT,
    "attempts": Kind.NUMBER,
    "last_attempt_at": Kind.MOMENT,
    "last_outcome": Kind.TEXT,
    "last_disposition": Kind.TEXT,
    "refusal_reason": Kind.TEXT,
    "state": Kind.TEXT,
}
CELLS = [
    "Oslo",
    "ÅLESUND",
    "ålesund",
    "3",
    "3,5",
    "-1",
    "1e5",
    "2026-03-01",
    "1.3.2026",
    "a%b",
    "_x",
]


@dataclass(kw_only=True)
class Person:
    """One lead as plain values: `facts` by field, None where nothing is known."""

    lead_id: int
    facts: dict[str, Any]
    cells: dict[str, str]
    phones: dict[str, str]
    lists: set[str]
    campaigns: set[str]
    consents: set[str]
    suppressed: bool
    erased: bool
    calls: list[dict[str, Any]] = field(default_factory=list)


def made_up(lead_id: int, dice: random.Random) -> Person:
    calls = [
        {
            "dialed_at": NOW - timedelta(days=dice.randrange(60), minutes=dice.randrange(2) * 30),
            "outcome": dice.choice(["busy", "connected"]),
            "disposition": (said := dice.choice([None, "refusal", "sale", "Sale"])),
            "refusal_reason": dice.choice(["price", None]) if said == "refusal" else None,
        }
        for _ in range(dice.choice([0, 0, 1, 2, 3]))
    ]
    said = [call for call in calls if call["disposition"]]
    kinds = ["mobile", "fixed"]
    digits = [f"+47220000{lead_id:02}", f"+4670{lead_id:06}"][: dice.choice([1, 1, 2])]
    return Person(
        lead_id=lead_id,
        facts={
            "name": dice.choice([None, *CELLS]),
            "external_id": dice.choice([None, "3", "oslo", "x"]),
            "country": dice.choice([None, "NO", "SE"]),
            "created_at": NOW - timedelta(days=7 * (lead_id % 2)),
            "attempts": len(calls),
            "last_attempt_at": calls[-1]["dialed_at"] if calls else None,
            "last_outcome": calls[-1]["outcome"] if calls else None,
            "last_disposition": said[-1]["disposition"] if said else None,
            "refusal_reason": said[-1]["refusal_reason"] if said else None,
            "state": dice.choice(["new", "done"]) if lead_id % 3 else None,
        },
        cells={name: dice.choice(CELLS) for name in COLUMNS if dice.random() < 0.7},
        phones={number: dice.choice(kinds) for number in digits},
        lists={name for name in ("spring", "existing") if dice.random() < 0.5},
        campaigns={"x"} if lead_id % 3 else set(),
        consents={"Calls"} if dice.random() < 0.4 else set(),
        suppressed=dice.random() < 0.4,
        erased=dice.random() < 0.1,
        calls=calls,
    )


def store_people(base: Engine, people: Collection[Person]) -> None:
    with writing(base) as connection:

        def put(table: Any, *rows: dict[str, Any]) -> None:
            for row in rows:
                connection.execute(insert(table).values(row))

        for list_id, name in enumerate(("spring", "existing"), start=1):
            put(lists, {"id": list_id, "name": name, "state": "active", "created_at": NOW})
        for days in (0, 7):
            put(imports, {
                "id": days + 1, "list_id": 1, "file": "x", "encoding": "utf-8", "mapping": {},
                "attributes": COLUMNS, "started_at": NOW - timedelta(days=days),
                "read": 0, "imported": 0, "joined": 0, "rejected": 0,
            })  # fmt: skip
        put(campaigns, {
            "id": 1, "name": "x", "state": "stopped", "definition": "", "created_at": NOW,
            "updated_at": NOW,
        })  # fmt: skip
        for person in people:
            store_person(put, person)


def store_person(put: Any, person: Person) -> None:
    lead_id, facts = person.lead_id, person.facts
    put(leads, {
        "id": lead_id, "name": facts["name"], "external_id": facts["external_id"],
        "country": facts["country"], "attributes": person.cells,
        "import_id": 8 if lead_id % 2 else 1, "erased_at": NOW if person.erased else None,
    })  # fmt: skip
    for position, (e164, kind) in enumerate(person.phones.items(), start=1):
        number_id = int(e164[1:])
        put(numbers, {"id": number_id, "kind": kind, "region": None, "zones": []})
        put(lead_numbers, {"lead_id": lead_id, "position": position, "number_id": number_id})
    for name in person.lists:
        list_id = 1 if name == "spring" else 2
        put(list_members, {"list_id": list_id, "import_id": 1, "lead_id": lead_id})
    if person.campaigns:
        put(campaign_leads, {
            "campaign_id": 1, "lead_id": lead_id, "list_id": 1, "state": facts["state"],
            "next_call_at": NOW,
        })  # fmt: skip
    for kind in person.consents:
        put(consents, {
            "lead_id": lead_id, "kind": kind, "source": "x", "given_at": NOW, "recorded_at": NOW
        })  # fmt: skip
    put(consents, {
        "lead_id": lead_id, "kind": "mail", "source": "x", "given_at": NOW, "recorded_at": NOW,
        **({"withdrawn_at": NOW} if lead_id % 2 else {"expires_at": NOW}),
    })  # fmt: skip
    last = [*person.phones][-1]
    wishes = [("number", last), ("lead", str(lead_id)), ("prefix", last[:-1])]
    if person.suppressed:
        kind, subject = wishes[lead_id % 2]
        put(suppressions, wish(kind, subject))
    put(suppressions, wish("number", last, scope="seller", scope_name=f"s{lead_id}"))
    for number, call in enumerate(person.calls):
        put(attempts, {
            "channel_id": f"{lead_id}-{number}", "campaign_id": 1, "list_id": 1,
            "lead_id": lead_id, "clock": "real", "mode": "manual", "trunk": "main",
            "caller_id": "+4721000000", "attempt_no": 1, "rule_set": "x", "seller": "x", "decision": {}, "ended_at": NOW, **call,
        })  # fmt: skip
    if lead_id % 5 == 0:  # one that has not ended is not there yet
        put(attempts, {
            "channel_id": f"{lead_id}-open", "campaign_id": 1, "list_id": 1, "lead_id": lead_id,
            "clock": "real", "mode": "manual", "trunk": "main", "caller_id": "+4721000000",
            "attempt_no": 1, "rule_set": "x", "seller": "x", "decision": {}, "dialed_at": NOW,
        })  # fmt: skip


def wish(kind: str, subject: str, **more: str) -> dict[str, str]:
    return {
        "kind": kind, "subject": subject, "scope": "all", "scope_name": "", "source": "x",
        "created_at": NOW, **more,
    }  # fmt: skip


# The same, read aloud


def meant(node: Node, person: Person) -> bool:
    match node:
        case And(parts):
            return all(meant(part, person) for part in parts)
        case Or(parts):
            return any(meant(part, person) for part in parts)
        case Not(part):
            return not meant(part, person)
        case InList(name):
            return name in person.lists
        case InCampaign(name):
            return name in person.campaigns
        case HasConsent(kind):
            return kind.lower() in {given.lower() for given in person.consents}
        case Suppressed():
            return person.suppressed
        case Known(of, known):
            return bool(values(of.name, of.quoted, person)) is known
        case OneOf(of, wanted):
            return any(meant(Compare(of, Op.EQ, value), person) for value in wanted)
        case Compare(of, Op.NE, value):
            return not meant(Compare(of, Op.EQ, value), person)
        case Compare(of, op, value):
            if of.name == "phone" and isinstance(value, str) and op in {Op.EQ, Op.STARTS}:
                value = value.replace(" ", "")
            return any(holds(one, op, value) for one in values(of.name, of.quoted, person))


def values(name: str, quoted: bool, person: Person) -> list[Any]:
    """Return what is known of a field: nothing, one value, or several of which one is enough."""
    if quoted:
        found = [person.cells.get(name)]
    elif name == "phone":
        found = [*person.phones]
    elif name == "phone_kind":
        found = [*person.phones.values()]
    else:
        found = [person.facts[name]]
    reason = person.facts["refusal_reason"]
    if name == "last_disposition" and not quoted and reason is not None:
        found.append(f"{found[0]}:{reason}")
    return [value for value in found if value is not None]


def holds(value: Any, op: Op, wanted: Any) -> bool:
    if isinstance(value, int):
        return ordered(Decimal(value), op, wanted)
    if isinstance(value, datetime):
        if isinstance(wanted, Ago):
            return ordered(value, op, wanted.before(NOW))
        if "T" not in wanted:
            return ordered(value.date().isoformat(), op, wanted)
        moment = datetime.fromisoformat(wanted)
        return ordered(value, op, moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    if isinstance(wanted, Decimal):
        number = {"3": "3", "3,5": "3.5", "-1": "-1"}.get(value)
        if value.startswith("+"):
            number = value
        return number is not None and ordered(Decimal(number), op, wanted)
    if op is Op.STARTS:
        return value.lower().startswith(wanted.lower())
    if op is Op.CONTAINS:
        return wanted.lower() in value.lower()
    if wanted.startswith("2026-"):
        day = {"2026-03-01": "2026-03-01", "1.3.2026": "2026-03-01"}.get(value)
        return day is not None and ordered(day, op, wanted)
    return ordered(value.lower(), op, wanted.lower())


def ordered(value: Any, op: Op, wanted: Any) -> bool:
    return {
        Op.EQ: value == wanted,
        Op.LT: value < wanted,
        Op.LE: value <= wanted,
        Op.GT: value > wanted,
        Op.GE: value >= wanted,
    }[op]


def found(base: Engine, text: str, **more: Any) -> set[int]:
    with reading(base) as connection:
        wanted = segment.condition(connection, text, now=NOW, **more)
        return set(connection.scalars(select(leads.c.id).where(wanted)))


def test_sql_means_whom_the_words_mean(base: Engine):
    dice = random.Random(20261127)
    people = [made_up(lead_id, dice) for lead_id in range(1, 41)]
    store_people(base, people)
    leaves = leaves_of(KINDS, COLUMNS, ["spring", "existing"], ["x"])

    @settings(max_examples=200, deadline=None)
    @given(trees(leaves))
    def agrees(tree: Node) -> None:
        expected = {one.lead_id for one in people if not one.erased and meant(tree, one)}
        assert found(base, written(tree)) == expected

    agrees()


def test_every_comparison_of_every_field_means_whom_it_says(base: Engine):
    dice = random.Random(4)
    people = [made_up(lead_id, dice) for lead_id in range(1, 31)]
    store_people(base, people)
    told: list[str] = []
    with reading(base) as connection:
        for node in comparisons():
            wanted = segment.condition(connection, written(node), now=NOW)
            given = {*connection.scalars(select(leads.c.id).where(wanted))}
            if given != {one.lead_id for one in people if not one.erased and meant(node, one)}:
                told.append(written(node))
    assert told == []


def comparisons() -> Iterator[Node]:
    for name, kind in [*KINDS.items(), ("By", Kind.TEXT)]:
        of = Field(name, quoted=name == "By")
        values, ops = VALUES[kind], [*ORDERS]
        if kind is Kind.TEXT:
            values = [*values, *TEXTS.get(name, [])]
            ops = [*Op]
        for op in ops:
            for value in values:
                if isinstance(value, str) or op in ORDERS:
                    yield Compare(of, op, value)


MOMENTS = [Ago(7, "day"), Ago(36, "hour"), "2026-11-20", "2026-11-27", "2026-11-20T12:00"]
VALUES = {
    Kind.TEXT: ["oslo", "Ålesund", "", "3", "2026-03-01", Decimal(3), Decimal("3.5"), Decimal(-1)],
    Kind.NUMBER: [Decimal(0), Decimal(1), Decimal("1.5")],
    Kind.MOMENT: [*MOMENTS, "2026-11-27T13:00+02:00"],
}


@pytest.fixture
def town(base: Engine) -> Engine:
    dice = random.Random(3)
    store_people(base, [made_up(lead_id, dice) for lead_id in range(1, 21)])
    return base


def test_names_of_columns_are_folded_and_several_spellings_are_one_field(town: Engine):
    with writing(town) as connection:
        connection.execute(
            leads.update().where(leads.c.id == 1).values(attributes={"ANTALL ÅR": "9"})
        )
        connection.execute(
            imports.update().where(imports.c.id == 1).values(attributes=["ANTALL ÅR"])
        )
        connection.execute(
            leads.update().where(leads.c.id == 2).values(attributes={"Antall år": "9"})
        )
        connection.execute(leads.update().where(leads.c.id.in_([1, 2])).values(erased_at=None))
    assert found(town, "antall_ar = 9") == {1, 2}
    assert found(town, 'attribute "Antall år" = 9') == {2}


def test_the_columns_of_an_import_that_was_undone_are_not_known(town: Engine):
    with writing(town) as connection:
        connection.execute(imports.update().values(undone_at=NOW))
    with reading(town) as connection:
        assert attribute_names(connection) == frozenset()
    with pytest.raises(UsageError, match="there is no field 'by'"):
        found(town, 'by = "Oslo"')


def test_suppressed_by_the_first_digits_of_a_number(town: Engine):
    before = found(town, "suppressed")
    with writing(town) as connection:
        connection.execute(insert(suppressions).values(wish("prefix", "+472200001")))
    theirs = found(town, 'phone starts with "+47 2200 001"')
    assert theirs
    assert theirs - before
    assert found(town, "suppressed") == before | theirs


def test_state_is_that_of_the_campaign_or_of_the_last_one(town: Engine):
    with writing(town) as connection:
        connection.execute(leads.update().values(erased_at=None))
        connection.execute(insert(campaigns).values(
            id=2, name="y", state="stopped", definition="", created_at=NOW, updated_at=NOW
        ))  # fmt: skip
        connection.execute(insert(campaign_leads).values(
            campaign_id=2, lead_id=1, list_id=1, state="callback", next_call_at=NOW
        ))  # fmt: skip
    assert found(town, 'state = "callback"') == {1}
    assert found(town, 'state = "callback"', campaign_id=2) == {1}
    assert found(town, 'state = "callback"', campaign_id=1) == set()
    assert 1 in found(town, 'state in ("new", "done")', campaign_id=1)


def test_a_filter_that_cannot_be_used_is_explained_with_its_place(town: Engine):
    with pytest.raises(UsageError, match=r"column 26: .*did you mean 'existing'") as raised:
        found(town, 'by is known and (in list "exsting")')
    assert "^" in str(raised.value)
    with pytest.raises(UsageError, match='write "Oslo"'):
        found(town, "by = Oslo")
