"""The campaign files of docs/orders.md are read, and the orders beside them are right."""

import re
import shlex
from datetime import date

import pytest

from campaigns.definition import read_definition
from campaigns.model import Campaign
from campaigns.orders.conditions import parse
from campaigns.orders.form import read_order, words_of_file
from campaigns.orders.model import FieldType, Order, OrderForm
from campaigns.orders.values import KINDS
from tests.conftest import CHECKOUT

PAGE = (CHECKOUT / "docs" / "orders.md").read_text(encoding="utf-8")
TODAY = date(2026, 11, 27)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def form_of(text: str) -> OrderForm:
    read = read_definition(text)
    assert isinstance(read, Campaign), read
    assert read.order is not None
    return read.order


SWITCH, LOAN = map(form_of, blocks("toml"))
TYPED_SWITCH, TYPED_LOAN = (
    [words[at + 1] for at, word in enumerate(words) if word == "--order"]
    for words in map(shlex.split, blocks("sh"))
    if "--order" in words
)


def taken(form: OrderForm, words: list[str]) -> dict[str, object]:
    read = read_order(form, words, today=TODAY)
    assert isinstance(read, Order), read
    return dict(read.fields)


def test_the_typed_switch_is_an_order() -> None:
    order = taken(SWITCH, TYPED_SWITCH)
    assert order["amount_due"] == "1622.75"
    assert order["install_date"] == "2026-12-04"
    assert len(TYPED_SWITCH) == 12


def test_the_file_of_the_switch_is_an_order() -> None:
    (text,) = blocks("json")
    words = words_of_file(text)
    assert isinstance(words, tuple)
    assert taken(SWITCH, [*words])["extras"] == ["tv", "alarm"]


def test_the_typed_loan_is_an_application() -> None:
    order = taken(LOAN, TYPED_LOAN)
    assert order["obligations"] == "12250.50"
    assert order["employed_since"] == "2019-03-01"


@pytest.mark.parametrize(
    ("form", "words", "drop", "add", "where"),
    [
        (SWITCH, TYPED_SWITCH, "amount_due", "amount_due=1622", "amount_due"),
        (SWITCH, TYPED_SWITCH, "passport_ready", "passport_ready=no", "passport_ready"),
        (SWITCH, TYPED_SWITCH, "install_date", "install_date=today", "install_date"),
        (SWITCH, TYPED_SWITCH, "no_cash", "", "no_cash"),
        (SWITCH, TYPED_SWITCH, "", "meter=12345", "meter"),
        (LOAN, TYPED_LOAN, "obligations", "obligations=31500", "obligations"),
        (LOAN, TYPED_LOAN, "credit_check", "credit_check=no", "credit_check"),
        (LOAN, TYPED_LOAN, "purpose", "purpose=other", "purpose_other"),
        (LOAN, TYPED_LOAN, "employer", "", "employer"),
        (LOAN, TYPED_LOAN, "employment", "employment=none", "amount"),
    ],
)
def test_what_the_rules_say_is_so(
    form: OrderForm, words: list[str], drop: str, add: str, where: str
) -> None:
    changed = [word for word in words if word.partition("=")[0] != drop] + [add] * bool(add)
    read = read_order(form, changed, today=TODAY)
    assert isinstance(read, tuple)
    assert f"--order {where}" in [problem.where for problem in read]


def test_every_type_of_field_is_told_of() -> None:
    told = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert told == [kind.value for kind in FieldType]


def test_every_condition_that_is_taught_can_be_read() -> None:
    section = PAGE.partition("## Conditions")[2].partition("## Verified")[0]
    rows = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    taught = [code for row in rows for code in re.findall(r"`(.*?)`", row) if " " in code]
    conditions = [code for code in taught if code not in {"is unknown", "( )"}]
    assert len(conditions) == 8
    kinds = {field.key: KINDS[field.type] for form in (SWITCH, LOAN) for field in form.fields}
    for condition in conditions:
        adapted = condition.replace('("a", "b")', '("fibre-100", "fibre-500")')
        parse(adapted, kinds)
