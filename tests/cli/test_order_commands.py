"""Orders and tasks by commands: taken, checked by somebody else, exported, followed up."""

import csv
import io
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet
from python_calamine import CalamineWorkbook

from tests.cli.conftest import CAMPAIGN, Say

ANNA = "next --campaign tariff-switch --agent anna"
FORM = """
[[dispositions]]
code = "sale"
kind = "success"
form = "order"

[order]
currency = "NOK"
[order.fields]
full_name = { type = "text", label = "Full name", required = true }
service = { type = "choice", choices = ["fibre-100", "fibre-500"], required = true }
install_date = { type = "date", min = "tomorrow", required_if = 'service == "fibre-500"' }
material = { type = "items" }
amount_due = { type = "money", required = true }
at_home = { type = "told", text = "Be at home.", only_if = "install_date is known" }
[[order.rules]]
then = "amount_due == material"
text = "the amount due is the material; add it up again"
"""
GOOD = (
    "--order full_name='Åse Lunde' --order service=fibre-500 --order install_date=+7d "
    "--order 'material=Router;1;499' --order 'material=Cable;2;10.50' "
    "--order amount_due=520 --order at_home=yes"
)


@pytest.fixture
def selling(office: Path, say: Say) -> Path:
    """Give an office whose campaign takes orders, and runs."""
    (office / "tariff-switch.toml").write_text(CAMPAIGN + FORM, encoding="utf-8")
    told = say("campaigns update tariff-switch.toml").stdout
    assert 'order.currency: none -> "NOK"' in told
    say("campaigns start tariff-switch")
    return office


@pytest.fixture
def sold(selling: Path, facts: Any) -> int:
    """Give an order of Åse's that anna has taken."""
    facts(f"result {facts(ANNA)['lease']} --disposition sale {GOOD}")
    (order,) = facts("orders list")
    return int(order["order_id"])


def test_an_agent_sees_what_to_fill_in(selling: Path, say: Say, facts: Any) -> None:
    document = facts(ANNA)
    assert document["order"]["currency"] == "NOK"
    assert document["order"]["fields"][0]["label"] == "Full name"
    screen = say(ANNA).stdout
    assert "Order, with --disposition sale:" in screen
    assert "--order full_name=TEXT  Full name (required)" in screen
    assert 'say "Be at home."' in screen


def test_every_fault_of_an_order_is_told_at_once_and_the_lease_stays(
    selling: Path, say: Say, facts: Any
) -> None:
    lease = facts(ANNA)["lease"]
    typed = "--order service=fibre-500 --order install_date=today --order amount_due=5"
    told = say(f"result {lease} --disposition sale {typed}", status=2).stderr
    assert told.startswith("ringbank: the order is not complete:\n  --order install_date: ")
    assert "is too early; the first day is" in told
    assert "--order full_name: Full name is missing; add --order full_name=TEXT" in told
    refused = say(f"result {lease} --disposition no_contact --order service=x", status=2).stderr
    assert "'no_contact' takes no order, only sale does; leave out --order" in refused
    assert facts(ANNA)["lease"] == lease
    assert facts("orders list") == []


def test_an_order_may_come_from_a_file(selling: Path, say: Say, facts: Any) -> None:
    lease = facts(ANNA)["lease"]
    document = {
        "service": "fibre-500",
        "install_date": "+7d",
        "material": [{"name": "Router", "quantity": 1, "price": 499.0}],
        "amount_due": 499,
        "at_home": True,
    }
    (selling / "order.json").write_text(json.dumps(document), encoding="utf-8")
    (selling / "bad.json").write_text("[]", encoding="utf-8")
    (selling / "latin.json").write_bytes('{"full_name": "Åse"}'.encode("latin-1"))
    for file, why in (
        ("none.json", "cannot be read"),
        ("bad.json", "must be an object"),
        ("latin.json", "is not UTF-8"),
    ):
        failed = say(f"result {lease} --disposition sale --order-file {file}", status=2)
        assert why in failed.stderr
    facts(f"result {lease} --disposition sale --order-file order.json --order full_name=Åse")
    fields = facts("orders show 1")["fields"]
    assert (fields["full_name"], fields["amount_due"]) == ("Åse", "499.00")


def test_a_second_person_verifies(sold: int, say: Say, facts: Any) -> None:
    (campaign,) = facts("status")["campaigns"]
    assert campaign["orders"] == {"submitted": 1, "verified": 0, "cancelled": 0}
    assert campaign["successes"] == 0
    told = say(f"orders verify {sold} --by anna", status=3).stderr
    assert "is neither supervisor nor manager" in told
    say("agents roles anna operator supervisor")
    told = say(f"orders verify {sold} --by anna", status=3).stderr
    assert "somebody else has to verify it" in told
    assert "there is no agent 'maria'" in say(f"orders verify {sold} --by maria", status=2).stderr
    say("agents add maria --role supervisor")
    verified = facts(f"orders verify {sold} --by maria")
    assert (verified["state"], verified["verified_by"]) == ("verified", "maria")
    assert facts("campaigns status tariff-switch")["successes"] == 1
    screen = say("campaigns status tariff-switch").stdout
    assert "successes 1" in screen
    assert "orders    cancelled 0, submitted 0, verified 1" in screen
    assert "is verified; only a submitted order" in say(f"orders verify {sold}", status=3).stderr
    cancelled = facts(f"orders cancel {sold} --reason 'withdrawn by letter'")
    assert cancelled["state"] == "cancelled"
    assert cancelled["verified_at"] == verified["verified_at"]
    assert facts("status")["campaigns"][0]["successes"] == 0
    history = [one for one in facts("leads show 1")["history"] if one["what"] == "order"]
    assert [one["state"] for one in history] == ["submitted", "verified", "cancelled"]
    assert "cancelled by" in say("leads show 1").stdout


def test_orders_are_listed_and_shown(sold: int, say: Say, facts: Any) -> None:
    assert [one["name"] for one in facts("orders list --state submitted --agent anna")] == [
        "Åse Lunde"
    ]
    assert facts("orders list --state verified --campaign tariff-switch") == []
    assert "no order is 'open'; choose one of" in say("orders list --state open", status=2).stderr
    shown = say(f"orders show {sold}").stdout
    assert "field_material      1 Router at 499.00\n" in shown
    assert "                    2 Cable at 10.50\n" in shown
    assert "there is no order 9" in say("orders show 9", status=2).stderr
    assert (
        "payment card"
        in say(f"orders cancel {sold} --reason '4111 1111 1111 1111'", status=2).stderr
    )
    seen = [one["action"] for one in facts("leads access 1")]
    assert {"orders list", "orders show"} <= {*seen}


def test_orders_leave_in_every_format(sold: int, office: Path, say: Say, facts: Any) -> None:
    (row,) = csv.DictReader(io.StringIO(say("export orders --output -").stdout))
    assert ",".join([*row][:8]) == (
        "order_id,attempt_id,lead_id,campaign,agent,state,created_at,verified_at"
    )
    assert (row["agent"], row["state"], row["verified_at"]) == ("anna", "submitted", "")
    assert (row["field_full_name"], row["field_amount_due"]) == ("Åse Lunde", "520.00")
    assert say("export orders --output o.parquet").stderr == "wrote 1 orders to o.parquet\n"
    (kept,) = parquet.read_table(office / "o.parquet").to_pylist()
    assert kept["field_amount_due"] == "520.00"
    say(
        "export orders --campaign tariff-switch --where 'city is unknown' --output o.xlsx", status=2
    )
    say("export orders --campaign tariff-switch --output o.xlsx")
    head, line = CalamineWorkbook.from_path(office / "o.xlsx").get_sheet_by_index(0).to_python()
    assert dict(zip(head, line, strict=True))["field_service"] == "fibre-500"
    facts("leads erase 1 --yes")
    (erased,) = csv.DictReader(io.StringIO(say("export orders --output -").stdout))
    assert {erased[name] for name in erased if name.startswith("field_")} == {""}


def test_what_is_left_open_is_followed_up(office: Path, say: Say, facts: Any) -> None:
    say("campaigns start tariff-switch")
    lease = facts(ANNA)["lease"]
    added = facts(f"tasks add --lease {lease} --class technician --text 'Nobody came' --due 2d")
    assert added == {"task_id": 1, "lead_id": 1, "class": "technician"}
    late = "tasks add --phone '22 44 82 01' --class complaint --text Late --due {}"
    past = say(late.format("2020-01-01T12:00"), status=2).stderr
    assert "is past; name a time to come" in past
    facts(late.format("1h"))
    with sqlite3.connect(office / "ringbank.db") as base:  # the hour is over
        base.execute("UPDATE tasks SET due_at = '2020-01-01 12:00:00.000000' WHERE text = 'Late'")
    facts("tasks add --lead 2 --class complaint --text Rude --priority 1 --owner anna")
    assert [one["text"] for one in facts("tasks list")] == ["Late", "Rude", "Nobody came"]
    assert [one["text"] for one in facts("tasks list --overdue")] == ["Late"]
    assert [one["text"] for one in facts("tasks list --owner anna")] == ["Rude"]
    assert [one["text"] for one in facts("tasks list --class technician")] == ["Nobody came"]
    assert [one["class"] for one in facts(ANNA)["tasks"]] == ["complaint", "technician"]
    assert "Open: technician (3, due" in say(ANNA).stdout
    moved = facts("tasks move 1 --owner anna --due 4h --priority 2")
    assert (moved["owner"], moved["priority"]) == ("anna", 2)
    assert facts("tasks done 1 --outcome 'A new day'")["outcome"] == "A new day"
    assert "was done by" in say("tasks done 1", status=3).stderr
    assert len(facts("tasks list")) == 2
    assert len(facts("tasks list --all")) == 3
    whats = [one["what"] for one in facts("leads show 1")["history"]]
    assert whats.count("task") == 2
    assert whats.count("task_done") == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("--class a --text b", "say whose task it is with one of --lead"),
        ("--lead 1 --phone 22448201 --class a --text b", "with one of --lead"),
        ("--lead 99 --class a --text b", "no lead has the number or id '99'"),
        ("--lead 1 --class 'A b' --text b", "cannot be a class"),
        ("--lead 1 --class a --text b --due 2020-01-01T12:00", "is past; name a time to come"),
        ("--lead 1 --class a --text b --due soon", "--due 'soon' is no moment"),
        ("--lead 1 --class a --text b --owner nobody", "there is no agent 'nobody'"),
        ("--lease xyz --class a --text b", "there is no lease 'xyz'"),
    ],
)
def test_a_task_that_cannot_be_meant_is_refused(
    office: Path, say: Say, words: str, why: str
) -> None:
    assert why in say(f"tasks add {words}", status=2).stderr
