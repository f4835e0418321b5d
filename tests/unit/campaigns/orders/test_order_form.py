"""An order form filled in: typed, checked against itself, every fault told at once."""

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.definition import read_definition
from campaigns.model import Campaign
from campaigns.orders.documents import form_document, form_of_document
from campaigns.orders.form import read_order, so_far, words_of_file, written
from campaigns.orders.model import FieldType, Order, OrderField, OrderForm
from campaigns.orders.numbers import read_money
from leads.problems import Problem

TODAY = date(2026, 11, 27)

HEAD = """
name = "orders"
lists = ["a"]
mode = "manual"
trunk = "main"
caller_id = "+4721000000"
seller = "Example AS"
purpose = "sales"
[[dispositions]]
code = "sale"
kind = "success"
form = "order"
"""

SWITCH = """
[order]
currency = "NOK"
[order.fields]
full_name = { type = "text", required = true, max = 80 }
service = { type = "choice", choices = ["fibre-100", "fibre-500"], required = true }
install_date = { type = "date", min = "tomorrow", max = "+60d", required_if = 'service == "fibre-500"' }
arrival = { type = "window", required = true, only_if = "install_date is known" }
material = { type = "items", only_if = "install_date is known" }
installation = { type = "money" }
amount_due = { type = "money", required = true }
at_home = { type = "told", text = "Be at home.", only_if = "install_date is known" }
[[order.rules]]
then = "amount_due == material + installation"
text = "the amount due is the material and the installation; add them up again"
"""

LOAN = """
[order]
currency = "SEK"
[order.fields]
amount = { type = "money", required = true, min = 5000, max = 500000 }
income = { type = "money", required = true }
obligations = { type = "money", required = true }
employment = { type = "choice", choices = ["employed", "self_employed", "none"], required = true }
employer = { type = "text", required_if = 'employment == "employed"', only_if = 'employment == "employed"' }
credit_check = { type = "flag", required = true }
[[order.rules]]
then = "obligations < income"
text = "they owe each month what they earn, or more; no loan can be applied for"
[[order.rules]]
then = "credit_check"
text = "without their yes to the credit check there is no application"
"""


def form_of(text: str) -> OrderForm:
    campaign = read_definition(HEAD + text)
    assert isinstance(campaign, Campaign), campaign
    assert campaign.order is not None
    return campaign.order


def taken(form: OrderForm, *words: str) -> dict[str, Any]:
    order = read_order(form, words, today=TODAY)
    assert isinstance(order, Order), order
    return dict(order.fields)


def faults(form: OrderForm, *words: str) -> dict[str, str]:
    problems = read_order(form, words, today=TODAY)
    assert not isinstance(problems, Order), problems
    return {problem.where.removeprefix("--order "): problem.why for problem in problems}


def of_type(kind: str, **more: Any) -> OrderForm:
    field = OrderField(key="x", type=FieldType(kind), label="X", **more)
    return OrderForm(fields=(field,), currency="NOK")


WHOLE = (
    "full_name=Åse Berg",
    "service=fibre-500",
    "install_date=04.12.2026",
    "arrival=8-12",
    "material=Router;1;499",
    "material=Cable;12.5;9,90",
    "installation=1 000",
    "amount_due=NOK 1.622,75",
    "at_home=yes",
)


def test_a_whole_order_is_kept_exactly() -> None:
    assert taken(form_of(SWITCH), *WHOLE) == {
        "full_name": "Åse Berg",
        "service": "fibre-500",
        "install_date": "2026-12-04",
        "arrival": "08:00-12:00",
        "material": [
            {"name": "Router", "quantity": "1", "price": "499.00"},
            {"name": "Cable", "quantity": "12.5", "price": "9.90"},
        ],
        "installation": "1000.00",
        "amount_due": "1622.75",
        "at_home": "yes",
    }


def test_what_is_only_for_some_orders_may_be_left_out_of_the_others() -> None:
    short = ("full_name=Per", "service=fibre-100", "amount_due=0", "installation=0")
    assert taken(form_of(SWITCH), *short)["amount_due"] == "0.00"
    assert faults(form_of(SWITCH), *short, "at_home=yes") == {
        "at_home": "is for orders in which install_date is known; leave it out"
    }


def test_every_fault_is_told_at_once_with_what_to_write() -> None:
    assert faults(
        form_of(SWITCH),
        "service=fibre-50",
        "install_date=27.11.2026",
        "installation=ten",
        "amount_due=1.299",
        "instal_date=red",
        "full_name",
    ) == {
        "'instal_date'": "is no field of this order; the nearest is 'install_date'",
        "'full_name'": "is no KEY=VALUE; write for example KEY=TEXT",
        "full_name": "Full name is missing; add --order full_name=TEXT",
        "service": "'fibre-50' is no choice, the nearest is 'fibre-500'; "
        "write fibre-100 or fibre-500",
        "install_date": "2026-11-27 is too early; the first day is 2026-11-28",
        "installation": "'ten' is no number; write it like 1299.00",
        "amount_due": "'1.299' may mean two numbers; write it like 1299.00",
    }


def test_what_has_to_be_told_is_told_before_the_order_is_taken() -> None:
    untold = [word for word in WHOLE if not word.startswith("at_home")]
    why = "the customer has to be told: Be at home. Tell them, and add --order at_home=yes"
    assert faults(form_of(SWITCH), *untold) == {"at_home": why}
    assert "tell it, and write yes" in faults(form_of(SWITCH), *untold, "at_home=no")["at_home"]


def test_an_amount_that_does_not_add_up_is_refused_at_its_field() -> None:
    wrong = [word for word in WHOLE if not word.startswith("amount")]
    assert faults(form_of(SWITCH), *wrong, "amount_due=1622.74") == {
        "amount_due": "the amount due is the material and the installation; add them up again"
    }


@pytest.mark.parametrize(
    ("day", "fits"),
    [(0, False), (1, True), (60, True), (61, False)],
)
def test_a_date_is_within_its_days(day: int, fits: bool) -> None:
    words = [word for word in WHOLE if not word.startswith("install_date")]
    when = TODAY + timedelta(days=day)
    read = read_order(form_of(SWITCH), [*words, f"install_date={when}"], today=TODAY)
    assert isinstance(read, Order) is fits


GOOD_LOAN = ("amount=5000", "income=30000", "employment=none", "credit_check=yes")


@pytest.mark.parametrize(("owed", "fits"), [("29999.99", True), ("30000", False)])
def test_who_owes_what_they_earn_applies_for_no_loan(owed: str, fits: bool) -> None:
    read = read_order(form_of(LOAN), [*GOOD_LOAN, f"obligations={owed}"], today=TODAY)
    assert isinstance(read, Order) is fits


def test_a_loan_needs_the_employer_of_the_employed_alone() -> None:
    words = [w for w in GOOD_LOAN if not w.startswith("employment")] + ["obligations=1"]
    assert faults(form_of(LOAN), *words, "employment=employed") == {
        "employer": "Employer is missing; add --order employer=TEXT"
    }
    assert (
        "leave it out" in faults(form_of(LOAN), *words, "employment=none", "employer=X")["employer"]
    )


def test_a_rule_is_not_judged_by_a_field_that_could_not_be_read() -> None:
    assert [*faults(form_of(LOAN), *GOOD_LOAN, "obligations=much")] == ["obligations"]


def test_a_loan_without_their_yes_is_none() -> None:
    words = [w for w in GOOD_LOAN if not w.startswith("credit")] + ["obligations=1"]
    assert [*faults(form_of(LOAN), *words, "credit_check=no")] == ["credit_check"]


@pytest.mark.parametrize(
    ("kind", "more", "typed", "kept"),
    [
        ("text", {}, " two\nlines ", "two\nlines"),
        ("text", {"pattern": "[0-9]{4}"}, "0150", "0150"),
        ("choice", {"choices": ("Yes", "No")}, "yes", "Yes"),
        ("date", {}, "2026-12-01", "2026-12-01"),
        ("date", {}, "Tomorrow", "2026-11-28"),
        ("date", {}, "+7d", "2026-12-04"),
        ("time", {}, "8:05", "08:05"),
        ("time", {}, "14.30", "14:30"),
        ("time", {}, "9", "09:00"),
        ("window", {}, "08:00-24:00", "08:00-24:00"),
        ("window", {}, "16 \N{EN DASH} 20", "16:00-20:00"),
        ("money", {}, "1299", "1299.00"),
        ("money", {}, "1299,5", "1299.50"),
        ("money", {}, "1 299,50", "1299.50"),
        ("money", {}, "1\N{NO-BREAK SPACE}299,50 nok", "1299.50"),
        ("money", {}, "1.299.000,50", "1299000.50"),
        ("money", {}, "1,299.50", "1299.50"),
        ("money", {}, "1'299.50", "1299.50"),
        ("money", {}, "0.500", "0.50"),
        ("money", {}, "\N{ARABIC-INDIC DIGIT SEVEN}", "7.00"),
        ("money", {"low": Decimal(-5)}, "\N{MINUS SIGN}5", "-5.00"),
        ("number", {}, "12.50", "12.5"),
        ("number", {"whole": True}, "007", "7"),
        ("number", {}, "100", "100"),
        ("number", {}, "-0", "0"),
        ("phone", {"region": "NO"}, "22 44 82 01", "+4722448201"),
        ("phone", {}, "+47 22448201", "+4722448201"),
        ("email", {}, "åse@example.org", "åse@example.org"),
        ("flag", {}, "Y", "yes"),
        ("flag", {}, "false", "no"),
        ("told", {"text": "a"}, "true", "yes"),
    ],
)
def test_a_value_is_kept_as_one_writing(kind: str, more: Any, typed: str, kept: str) -> None:
    assert taken(of_type(kind, **more), f"x={typed}") == {"x": kept}


@pytest.mark.parametrize(
    ("kind", "more", "typed", "why"),
    [
        ("text", {"high": Decimal(3)}, "four", "4 letters is too much; the most is 3"),
        ("text", {"low": Decimal(3)}, "ab", "2 letters is too little; the least is 3"),
        ("text", {"pattern": "[0-9]{4}"}, "015", "does not look as it should"),
        ("text", {"pattern": "a+"}, "a" * 101, "does not look as it should"),
        ("text", {}, "a\x00b", "cannot be seen"),
        ("text", {}, "a" * 2001, "longer than 2000"),
        ("date", {}, "31.02.2026", "is no date; write it like 2026-12-01"),
        ("date", {}, "2026-12-01T10:00", "is no date"),
        ("date", {}, "12/01/2026", "is no date"),
        ("date", {"high": date(2026, 12, 1)}, "2026-12-02", "the last day is 2026-12-01"),
        ("time", {}, "24:00", "is no time"),
        ("time", {}, "8:60", "is no time"),
        ("window", {}, "12-8", "ends before it begins"),
        ("window", {}, "8", "is no window"),
        ("money", {}, "1,299", "may mean two numbers"),
        ("money", {}, "1299.999", "has more than 2 decimals"),
        ("money", {}, "1.299.5.0", "is no number"),
        ("money", {}, "EUR 5", "is no number"),
        ("money", {}, "1e3", "is no number"),
        ("money", {}, "NaN", "is no number"),
        ("money", {}, "", "is missing"),
        ("money", {"low": Decimal(0)}, "-1", "is too little; the least is 0"),
        ("money", {"high": Decimal(10)}, "10.01", "10.01 NOK is too much; the most is 10"),
        ("money", {}, "1000000000000", "too much to be true"),
        ("number", {"whole": True}, "1.5", "has decimals"),
        ("number", {}, "1.0000001", "more than 6 decimals"),
        ("number", {}, "1" * 16, "too long"),
        ("phone", {"region": "NO"}, "2244", "is no telephone number (too short for NO)"),
        ("phone", {}, "22448201", "no region is given"),
        ("email", {}, "ase@example", "is no e-mail address"),
        ("email", {}, "a@b@example.org", "is no e-mail address"),
        ("flag", {}, "maybe", "is neither yes nor no"),
        ("items", {}, "Router", "is no item; write it like Router;1;499.00"),
        ("items", {}, "Router;0;499", "is no quantity"),
        ("items", {}, "Router;1;-5", "is no price of an item"),
        ("items", {"choices": ("Router",)}, "Modem;1;5", "is no choice"),
        ("items", {"high": Decimal(10)}, "Router;3;4", "12.00 NOK in all is too much"),
    ],
)
def test_a_value_that_cannot_be_is_refused(kind: str, more: Any, typed: str, why: str) -> None:
    (told,) = faults(of_type(kind, required=True, **more), f"x={typed}").values()
    assert why in told


def test_several_choices_are_given_one_by_one() -> None:
    form = of_type("multi", choices=("tv", "phone", "alarm"), high=Decimal(2))
    assert taken(form, "x=TV", "x=alarm", "x=tv") == {"x": ["tv", "alarm"]}
    assert "3 choices is too much" in faults(form, "x=tv", "x=alarm", "x=phone")["x"]


def test_one_value_is_given_once() -> None:
    assert faults(of_type("text"), "x=a", "x=b") == {
        "x": "is given more than once; keep one of them"
    }


@pytest.mark.parametrize("kind", [kind for kind in FieldType if kind is not FieldType.ITEMS])
def test_no_field_takes_the_number_of_a_card(kind: str) -> None:
    form = of_type(kind, choices=("a",), text="t", pattern="")
    told = faults(form, "x=4111 1111 1111 1111")["x"]
    assert "payment card" in told
    assert "4111" not in told


def test_no_item_is_a_card() -> None:
    assert "payment card" in faults(of_type("items"), "x=4111111111111111;1;5")["x"]


@pytest.mark.parametrize(("currency", "kept"), [("NOK", "5.00"), ("JPY", "5"), ("KWD", "5.000")])
def test_money_has_the_decimals_of_its_currency(currency: str, kept: str) -> None:
    field = OrderField(key="x", type=FieldType.MONEY, label="X")
    assert taken(OrderForm(fields=(field,), currency=currency), "x=5") == {"x": kept}


def test_what_an_item_costs_is_rounded_half_up() -> None:
    field = OrderField(key="x", type=FieldType.ITEMS, label="X")
    due = OrderField(key="due", type=FieldType.MONEY, label="Due")
    campaign = form_of(
        '[order]\ncurrency = "NOK"\n[order.fields]\nx = { type = "items" }\n'
        'due = { type = "money" }\n[[order.rules]]\nthen = "due == x"\ntext = "no"'
    )
    assert [one.key for one in campaign.fields] == [field.key, due.key]
    assert taken(campaign, "x=Cable;0.5;0.01", "due=0.01")
    assert faults(campaign, "x=Cable;0.5;0.01", "due=0")


FORMS = [form_of(SWITCH), form_of(LOAN)] + [
    of_type(kind, choices=("a", "b"), text="t") for kind in FieldType
]
TYPED = st.one_of(
    st.text(max_size=30),
    st.text("0123456789 .,-'+:;xNOK\N{NO-BREAK SPACE}\N{ARABIC-INDIC DIGIT TWO}", max_size=20),
    st.sampled_from(["yes", "a", "2026-12-04", "8-12", "Router;1;499", "fibre-500", "1299.50"]),
)


@given(st.data())
def test_no_words_make_reading_a_form_fail(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(FORMS))
    keys = st.sampled_from([*(field.key for field in form.fields), "other", ""])
    pairs = st.tuples(keys, TYPED).map("=".join)
    words = data.draw(st.lists(pairs | st.text(max_size=10), max_size=12))
    read = read_order(form, words, today=TODAY)
    if isinstance(read, Order):
        again = [f"{key}={text}" for key, kept in read.fields.items() for text in as_typed(kept)]
        assert read_order(form, again, today=TODAY) == read
    else:
        assert read
        assert all(isinstance(problem, Problem) for problem in read)


def as_typed(kept: Any) -> list[str]:
    values = kept if isinstance(kept, list) else [kept]
    return [";".join(one.values()) if isinstance(one, dict) else one for one in values]


@given(st.integers(0, 10**14 - 1), st.sampled_from(["", " ", ".", ",", "'"]), st.sampled_from(".,"))
def test_money_is_exact_to_the_last_decimal(minor: int, group: str, point: str) -> None:
    whole, fraction = divmod(minor, 100)
    text = f"{whole:,}".replace(",", group) + f"{point}{fraction:02}"
    read = read_money(text, "NOK")
    if group == point and whole > 999:
        assert isinstance(read, str)
    else:
        assert read == Decimal(minor).scaleb(-2)


@given(st.text("0123456789.,' -", max_size=14))
def test_money_is_never_guessed(text: str) -> None:
    read = read_money(text, "NOK")
    if isinstance(read, Decimal):
        digits = "".join(filter(str.isdigit, text))
        assert str(abs(read)).replace(".", "").strip("0") == digits.strip("0")


def test_a_file_says_the_same_as_words() -> None:
    document = {
        "full_name": "Per",
        "installation": 1000,
        "rate": 12.125,
        "at_home": True,
        "empty": None,
        "extras": ["tv", "alarm"],
        "material": [{"name": "Router", "quantity": 1, "price": 499.5}],
    }
    assert words_of_file(json.dumps(document)) == (
        "full_name=Per",
        "installation=1000",
        "rate=12.1250",  # not twelve thousand
        "at_home=yes",
        "empty=",
        "extras=tv",
        "extras=alarm",
        "material=Router;1;499.50",
    )


@pytest.mark.parametrize(
    "text",
    ["", "[]", "3", '{"a": {"b": 1}}', '{"a": [[1]]}', '{"a": [{"name": "x"}]}', "[" * 100_000],
)
def test_a_file_that_is_no_order_is_refused(text: str) -> None:
    assert isinstance(words_of_file(text), Problem)


@given(st.text())
def test_any_file_is_read_or_refused(text: str) -> None:
    assert isinstance(words_of_file(text), tuple | Problem)


def test_an_agent_is_shown_the_form() -> None:
    document = form_document(form_of(SWITCH))
    assert document is not None
    assert document["currency"] == "NOK"
    fields: Any = document["fields"]
    assert [field["key"] for field in fields][:2] == ["full_name", "service"]
    (told,) = (field for field in fields if field["key"] == "at_home")
    assert (told["type"], told["text"], told["required"]) == ("told", "Be at home.", True)
    assert form_document(None) is None


def test_values_are_written_as_one_text() -> None:
    assert written("a") == "a"
    assert written(["tv", "alarm"]) == "tv;alarm"
    assert json.loads(written([{"name": "å"}])) == [{"name": "å"}]


@pytest.mark.parametrize("text", [SWITCH, LOAN])
def test_a_form_is_the_same_read_back_from_its_document(text: str) -> None:
    form = form_of(text)
    document = json.loads(json.dumps(form_document(form)))
    assert form_of_document(document) == replace(form, rules=())
    assert form_of_document(None) is None


DAY_FIELDS = {"arrival", "material", "at_home"}
"""What a switch asks only where the day of the technician is known."""


@pytest.mark.parametrize(
    ("words", "offered", "required", "wrong"),
    [
        ([], set(), set(), set()),
        (["service=fibre-500"], set(), {"install_date"}, set()),
        (["install_date=2026-11-27"], DAY_FIELDS, set(), {"install_date"}),
        (["install_date=2026-11-28"], DAY_FIELDS, {"arrival", "at_home"}, set()),
        (["arrival=never"], set(), set(), set()),
        (["full_name=4111 1111 1111 1111"], set(), set(), {"full_name"}),
    ],
)
def test_what_is_offered_and_needed_follows_what_was_typed(
    words: list[str], offered: set[str], required: set[str], wrong: set[str]
) -> None:
    found = so_far(form_of(SWITCH), words, today=TODAY)
    always = {"full_name", "service", "install_date", "installation", "amount_due"}
    assert found.offered == always | offered
    assert found.required - {"full_name", "service", "amount_due"} == required
    assert set(found.faults) == wrong


@given(st.lists(st.sampled_from(["install_date=2026-12-04", "install_date=x", *WHOLE, "bogus"])))
def test_what_is_wrong_half_way_is_wrong_in_the_whole(words: list[str]) -> None:
    form = form_of(SWITCH)
    found = so_far(form, words, today=TODAY)
    assert found.required <= found.offered
    kept = [word for word in words if word.partition("=")[0] in found.offered]
    told = read_order(form, kept, today=TODAY)
    problems = {} if isinstance(told, Order) else {one.where: one.why for one in told}
    for key, why in found.faults.items():
        assert problems[f"--order {key}"] == why
