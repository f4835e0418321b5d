"""Orders: submitted with a result, verified by somebody else, cancelled, gone with the person."""

import json
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import Engine, select

from campaigns import report, taking_back
from campaigns.desk_document import person_document
from campaigns.desk_tables import orders
from campaigns.erasure import erase
from campaigns.exports.content import Choice
from campaigns.exports.orders import orders_content
from campaigns.leases import find_lease
from campaigns.merging import merge
from campaigns.model import AttemptId, DispositionKind, Outcome
from campaigns.orders import store
from campaigns.orders.model import Order, OrderState
from campaigns.orders.store import OrderRow
from campaigns.person import person_document as held_of
from campaigns.result_words import Words, read_result
from campaigns.results import record_result
from campaigns.said import attempt_row
from campaigns.store import StoredCampaign, load
from leads.db import reading, writing
from leads.errors import NotAllowedError, UsageError
from tests.db.people import (
    LAWS,
    NOON,
    add_agent,
    call,
    definition,
    import_people,
    lead_id_of,
    minutes,
    phone,
    said,
    started,
    take,
)

FORM = """
[[dispositions]]
code = "sale"
kind = "success"
form = "order"

[order]
currency = "NOK"
[order.fields]
full_name = { type = "text", required = true }
extras = { type = "multi", choices = ["tv", "alarm"] }
phone = { type = "phone", region = "NO" }
due = { type = "money", min = -100 }
material = { type = "items" }
visit = { type = "date", min = "tomorrow" }
"""

ORDER = ("full_name==Åse", "extras=tv", "extras=alarm", "phone=22448201", "due=-12,50")


@pytest.fixture
def spring(base: Engine) -> StoredCampaign:
    import_people(base, [("Åse", phone(1)), ("Per", phone(2)), ("Kari", phone(3))])
    return started(base, definition(form=FORM))


def words(*order: str, disposition: str = "sale", **more: Any) -> Words:
    return Words(disposition=disposition, order=order, **more)


def give(base: Engine, stored: StoredCampaign, attempt_id: int, typed: Words) -> None:
    with writing(base) as connection:
        result = read_result(stored.campaign, typed, now=NOON)
        record_result(connection, stored, AttemptId(attempt_id), result, now=NOON + minutes(1))


def correct(base: Engine, stored: StoredCampaign, attempt_id: int, typed: Words) -> None:
    with writing(base) as connection:
        result = read_result(stored.campaign, typed, now=NOON)
        taking_back.correct(
            connection, stored, AttemptId(attempt_id), result, by="maria", why="misheard",
            now=NOON + minutes(90),
        )  # fmt: skip


def sell(base: Engine, stored: StoredCampaign, *typed: str, agent: int | None = None) -> OrderRow:
    """Call the next person, and submit an order of theirs."""
    attempt = call(base, stored, Outcome.CONNECTED, agent_id=agent)
    give(base, stored, attempt.id, words(*(typed or ORDER)))
    return listed(base)[-1]


def listed(base: Engine, **more: Any) -> tuple[OrderRow, ...]:
    with reading(base) as connection:
        return store.listed(connection, **more)


def verify(base: Engine, order_id: int, by: str = "maria") -> OrderRow:
    with writing(base) as connection:
        return store.verify(connection, order_id, by=by, now=NOON + minutes(2))


def cancel(base: Engine, order_id: int) -> OrderRow:
    with writing(base) as connection:
        return store.cancel(
            connection, order_id, reason="withdrawn", by="maria", now=NOON + minutes(3)
        )


def counted(base: Engine, stored: StoredCampaign) -> tuple[int, dict[str, int]]:
    with reading(base) as connection:
        found = report.standing(connection, stored.id, now=NOON)
    return found.successes, {state: count for state, count in found.orders.items() if count}


def test_an_order_is_submitted_with_its_result(base: Engine, spring: StoredCampaign) -> None:
    anna = add_agent(base)
    order = sell(base, spring, agent=anna)
    assert (order.campaign, order.name, order.agent) == ("spring", "Åse", "anna")
    assert (order.state, order.created_at) == (OrderState.SUBMITTED, NOON + minutes(1))
    assert order.fields == {
        "full_name": "=Åse",
        "extras": ["tv", "alarm"],
        "phone": "+4722448201",
        "due": "-12.50",
    }


def test_only_a_verified_order_is_a_success(base: Engine, spring: StoredCampaign) -> None:
    first, second = sell(base, spring), sell(base, spring)
    assert counted(base, spring) == (0, {"submitted": 2})
    assert verify(base, first.order_id).verified_by == "maria"
    assert counted(base, spring) == (1, {"submitted": 1, "verified": 1})
    cancel(base, second.order_id)
    assert counted(base, spring) == (1, {"verified": 1, "cancelled": 1})
    gone = cancel(base, first.order_id)
    assert (gone.state, gone.verified_at) == (OrderState.CANCELLED, NOON + minutes(2))
    assert (gone.cancelled_by, gone.cancel_reason) == ("maria", "withdrawn")
    assert counted(base, spring) == (0, {"cancelled": 2})


def test_a_success_without_a_form_needs_no_verifying(base: Engine, spring: StoredCampaign) -> None:
    attempt = call(base, spring, Outcome.CONNECTED)
    with writing(base) as connection:
        record_result(
            connection, spring, attempt.id, said(spring, DispositionKind.SUCCESS), now=NOON
        )
    call(base, spring, Outcome.BUSY)
    assert counted(base, spring) == (1, {})


@pytest.mark.parametrize("by", ["anna", "Anna", " anna "])
def test_nobody_verifies_what_they_took(base: Engine, spring: StoredCampaign, by: str) -> None:
    order = sell(base, spring, agent=add_agent(base))
    with pytest.raises(NotAllowedError, match="somebody else has to verify it"):
        verify(base, order.order_id, by)
    assert listed(base)[0].state is OrderState.SUBMITTED


def test_what_is_over_is_not_done_again(base: Engine, spring: StoredCampaign) -> None:
    order = sell(base, spring)
    verify(base, order.order_id)
    with pytest.raises(NotAllowedError, match="is verified; only a submitted order"):
        verify(base, order.order_id)
    cancel(base, order.order_id)
    with pytest.raises(NotAllowedError, match="is cancelled; only a submitted order"):
        verify(base, order.order_id)
    with pytest.raises(NotAllowedError, match="cancelled already"):
        cancel(base, order.order_id)
    with pytest.raises(UsageError, match="no order 99"):
        verify(base, 99)


def test_a_corrected_result_has_the_corrected_order(base: Engine, spring: StoredCampaign) -> None:
    order = sell(base, spring)
    for name, changed in (("Berit", correct), ("Birgit", give)):
        changed(base, spring, order.attempt_id, words(f"full_name={name}"))
        (again,) = listed(base)
        assert (again.order_id, again.created_at) == (order.order_id, order.created_at)
        assert again.fields == {"full_name": name}
    give(base, spring, order.attempt_id, words(disposition="refusal", reason="too_expensive"))
    assert listed(base) == ()


def test_a_verified_order_has_to_be_cancelled_before_its_result_changes(
    base: Engine, spring: StoredCampaign
) -> None:
    order = sell(base, spring)
    verify(base, order.order_id)
    for typed in (words("full_name=Berit"), words(disposition="completed")):
        with pytest.raises(NotAllowedError, match=f"orders cancel {order.order_id} --reason"):
            give(base, spring, order.attempt_id, typed)
    with writing(base) as connection, pytest.raises(NotAllowedError, match="is verified"):
        store.withdraw(connection, order.attempt_id)
    cancel(base, order.order_id)
    give(base, spring, order.attempt_id, words(disposition="completed"))
    assert [one.state for one in listed(base)] == [OrderState.CANCELLED]  # it was dealt with
    give(base, spring, order.attempt_id, words("full_name=Berit"))
    (again,) = listed(base)
    assert (again.state, again.verified_at, again.cancel_reason) == ("submitted", None, None)


def test_an_undone_result_takes_its_order_along(base: Engine, spring: StoredCampaign) -> None:
    order = sell(base, spring)
    with writing(base) as connection:
        store.withdraw(connection, order.attempt_id)
        store.withdraw(connection, order.attempt_id)
    assert listed(base) == ()


def test_the_number_of_a_withdrawn_order_is_nobody_elses(
    base: Engine, spring: StoredCampaign
) -> None:
    gone = sell(base, spring)
    with writing(base) as connection:
        store.withdraw(connection, gone.attempt_id)
    assert sell(base, spring).order_id > gone.order_id
    with pytest.raises(UsageError, match=f"no order {gone.order_id}"):
        verify(base, gone.order_id)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        (words(), "--order full_name: Full name is missing"),
        (words("full_name=A", "visit=today"), "--order visit: 2026-06-02 is too early"),
        (words("full_name=4111 1111 1111 1111"), "payment card"),
        (words("full_name=A", note="pays with 4111111111111111"), "--note: holds what looks"),
        (words("full_name=A", answers=("why=4111-1111-1111-1111",)), "--answer why: holds"),
        (
            words("full_name=A", disposition="refusal", reason="too_expensive"),
            "'refusal' takes no order, only sale does; leave out --order",
        ),
        (words("full_name=A", disposition="success"), "'success' takes no order"),
    ],
)
def test_what_is_no_order_is_refused_whole(spring: StoredCampaign, typed: Words, why: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_result(spring.campaign, typed, now=NOON)
    assert why in str(refused.value)


def test_a_campaign_without_a_form_takes_no_order(base: Engine, spring: StoredCampaign) -> None:
    plain = started(base, definition("plain"))
    with pytest.raises(UsageError, match="no disposition of this campaign does"):
        read_result(plain.campaign, words("a=b", disposition="success"), now=NOON)


def test_lists_are_narrowed(base: Engine, spring: StoredCampaign) -> None:
    anna = add_agent(base)
    first, second = sell(base, spring, agent=anna), sell(base, spring)
    verify(base, first.order_id)
    ids = [
        [one.order_id for one in listed(base, **only)]
        for only in (
            {},
            {"state": OrderState.SUBMITTED},
            {"agent_id": anna},
            {"campaign_id": spring.id + 1},
        )
    ]
    assert ids == [[first.order_id, second.order_id], [second.order_id], [first.order_id], []]


def exported(base: Engine, campaign: str | None = None) -> list[dict[str, Any]]:
    with reading(base) as connection:
        stored = load(connection, campaign) if campaign else None
        content = orders_content(connection, Choice(campaign=stored))
        names = [column.name for column in content.columns]
        return [dict(zip(names, row, strict=True)) for part in content.parts for row in part.rows]


FIXED = [
    "order_id",
    "attempt_id",
    "lead_id",
    "campaign",
    "agent",
    "state",
    "created_at",
    "verified_at",
]


def test_the_export_has_a_column_for_each_field(base: Engine, spring: StoredCampaign) -> None:
    order = sell(base, spring, "full_name=Åse", "extras=tv", "extras=alarm", "material=Box;2;10")
    verify(base, order.order_id)
    (row,) = exported(base, "spring")
    fields = ["full_name", "extras", "phone", "due", "material", "visit"]
    assert [*row] == FIXED + [f"field_{key}" for key in fields]
    assert (row["order_id"], row["lead_id"]) == (order.order_id, lead_id_of(base, "Åse"))
    assert (row["state"], row["verified_at"]) == ("verified", NOON + minutes(2))
    assert (row["field_extras"], row["field_due"]) == ("tv;alarm", None)
    assert json.loads(row["field_material"]) == [{"name": "Box", "quantity": "2", "price": "10.00"}]


def test_the_fields_of_an_older_form_stay_in_the_export(
    base: Engine, spring: StoredCampaign
) -> None:
    sell(base, spring)
    with writing(base) as connection:
        connection.execute(orders.update().values(fields={"full_name": "Åse", "old_key": "=1"}))
    (row,) = exported(base)
    assert [*row][-2:] == ["field_visit", "field_old_key"]
    assert row["field_old_key"] == "=1"


def test_only_what_may_be_a_formula_is_defused(base: Engine, spring: StoredCampaign) -> None:
    sell(base, spring)
    with reading(base) as connection:
        kinds = {
            column.name: column.kind.name for column in orders_content(connection, Choice()).columns
        }
    assert (kinds["field_phone"], kinds["field_due"]) == ("OWN", "OWN")
    assert kinds["field_full_name"] == "TEXT"


def test_of_an_erased_person_the_order_is_a_count(base: Engine, spring: StoredCampaign) -> None:
    order = sell(base, spring)
    verify(base, order.order_id)
    cancel(base, order.order_id)
    with writing(base) as connection:
        erase(connection, order.lead_id, now=NOON)
    (left,) = listed(base)
    assert (left.fields, left.cancel_reason, left.state) == ({}, None, OrderState.CANCELLED)
    (row,) = exported(base)
    assert {row[name] for name in row if name.startswith("field_")} == {None}
    assert counted(base, spring) == (0, {"cancelled": 1})


def test_orders_follow_a_merged_person_and_are_told(base: Engine, spring: StoredCampaign) -> None:
    order = sell(base, spring)
    per = lead_id_of(base, "Per")
    with writing(base) as connection:
        merge(connection, per, order.lead_id, who="maria", now=NOON)
        document = held_of(connection, per)
        (row,) = connection.execute(select(orders)).all()
    assert row.lead_id == per
    (told,) = document["orders"]  # type: ignore[misc]
    assert (told["campaign"], told["fields"]) == ("spring", dict(order.fields))


def test_an_agent_is_shown_the_form_and_who_takes_it(base: Engine, spring: StoredCampaign) -> None:
    (claim,) = take(base, spring)
    with reading(base) as connection:
        lease = find_lease(connection, claim.lease)
        document: Any = person_document(connection, spring, LAWS, lease, now=NOON)
    assert [field["key"] for field in document["order"]["fields"]][:2] == ["full_name", "extras"]
    assert [one["code"] for one in document["dispositions"] if one["form"]] == ["sale"]


def test_two_supervisors_verify_an_order_once(base: Engine, spring: StoredCampaign) -> None:
    order = sell(base, spring)
    both, came = Barrier(2), []

    def check(name: str) -> None:
        both.wait()
        try:
            came.append(verify(base, order.order_id, name).verified_by)
        except NotAllowedError:
            came.append(None)

    threads = [Thread(target=check, args=(name,)) for name in ("maria", "nils")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert came.count(None) == 1
    assert listed(base)[0].verified_by in came


def test_an_order_is_submitted_with_the_row_of_its_attempt(
    base: Engine, spring: StoredCampaign
) -> None:
    attempt = call(base, spring, Outcome.CONNECTED)
    with writing(base) as connection:
        row = attempt_row(connection, attempt.id)
        store.submit(connection, row, Order(fields={"full_name": "A"}), now=NOON)
        assert store.find(connection, 1).fields == {"full_name": "A"}
        assert [one.order_id for one in store.of_lead(connection, attempt.lead_id)] == [1]
